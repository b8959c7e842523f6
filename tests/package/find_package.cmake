# Builds docs/examples as a project of its own that finds the installed library.
include(${CMAKE_CURRENT_LIST_DIR}/examples.cmake)
set(build ${ROOM}/find_package)
file(REMOVE_RECURSE ${build})
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${EXAMPLES} -B ${build} -D CMAKE_PREFIX_PATH=${PREFIX}
    -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
  COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS ${build}/CMakeCache.txt found REGEX "^sonda_DIR")
if(NOT found MATCHES "${PREFIX}/")
  message(FATAL_ERROR "found another sonda than the installed one: ${found}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} COMMAND_ERROR_IS_FATAL ANY)
run_examples(${build})
