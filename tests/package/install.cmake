# Installs a build under a fresh prefix, which is not the one it was configured for.
#   cmake -D BUILD=… -D PREFIX=… -P install.cmake
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} COMMAND_ERROR_IS_FATAL ANY)
