# Flags of everything that is compiled here: C++23, warnings are errors, hidden symbols.
add_library(sonda-flags INTERFACE)
target_compile_features(sonda-flags INTERFACE cxx_std_23)
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(sonda-flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual)
endif()
if(SONDA_SANITIZE)
  target_compile_options(sonda-flags INTERFACE
    -fsanitize=${SONDA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sonda-flags INTERFACE -fsanitize=${SONDA_SANITIZE})
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
