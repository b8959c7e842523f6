# Proves that the check of the layers can fail: of rule_breakers/ it must print exactly expected.txt.
#   cmake -P check_layers_test.cmake
set(breakers ${CMAKE_CURRENT_LIST_DIR}/rule_breakers)
execute_process(
  COMMAND ${CMAKE_COMMAND} -D ROOT=${breakers} -P ${CMAKE_CURRENT_LIST_DIR}/check_layers.cmake
  RESULT_VARIABLE status ERROR_VARIABLE printed)
string(REGEX MATCHALL "lib/[^\n]*:[0-9]+: [^\n]*\n" told "${printed}")
string(JOIN "" told ${told})
file(READ ${breakers}/expected.txt expected)
if(status EQUAL 0)
  message(FATAL_ERROR "the check passed a tree full of violations")
elseif(NOT told STREQUAL expected)
  message(FATAL_ERROR "the check said\n${told}instead of\n${expected}")
endif()
