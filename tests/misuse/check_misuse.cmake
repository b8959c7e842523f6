# Compiles a program twice: as it is, which must pass, and with -D MISUSE, which must fail, the first
# of the compiler's errors being the one that the program's second line names.
#   cmake -D SOURCE=x.cpp -D "COMPILE=compiler;flags" -P check_misuse.cmake
cmake_minimum_required(VERSION 3.25)
set(ENV{LC_ALL} C)
file(STRINGS ${SOURCE} reason REGEX "^// refused: ")
if(NOT reason MATCHES "^// refused: (.+)$")
  message(FATAL_ERROR "${SOURCE} does not say why it must be refused")
endif()
set(reason "${CMAKE_MATCH_1}")
get_filename_component(name ${SOURCE} NAME)

execute_process(COMMAND ${COMPILE} -fsyntax-only ${SOURCE} RESULT_VARIABLE status ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${name} is right without MISUSE, and is refused:\n${said}")
endif()

execute_process(COMMAND ${COMPILE} -D MISUSE -fsyntax-only ${SOURCE}
  RESULT_VARIABLE status ERROR_VARIABLE said)
if(status EQUAL 0)
  message(FATAL_ERROR "${name} compiles although it must not")
endif()
string(REGEX MATCH "[^\n]*error: [^\n]*" first "${said}")
if(NOT first MATCHES "${name}:[0-9]+:[0-9]+: error: .*(${reason})")
  message(FATAL_ERROR "${name} is refused, but not because of \"${reason}\":\n${said}")
endif()
