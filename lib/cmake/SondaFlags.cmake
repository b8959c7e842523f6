# Flags of everything that is compiled here: C++23, warnings are errors, hidden symbols.
add_library(sonda-flags INTERFACE)
target_compile_features(sonda-flags INTERFACE cxx_std_23)
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(sonda-flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual)
endif()
# GCC 12 warns of both where nothing is wrong (its bugs 105651 and 105562); clang and the sanitizers
# watch over the same mistakes.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(sonda-flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
# libstdc++ 12's stable_sort uses what it deprecates, and clang tells whoever calls it.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(sonda-flags INTERFACE -Wno-deprecated-declarations)
endif()
if(SONDA_SANITIZE)
  target_compile_options(sonda-flags INTERFACE
    -fsanitize=${SONDA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sonda-flags INTERFACE -fsanitize=${SONDA_SANITIZE})
  if(SONDA_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC doubles the code for these. No null pointer gets past ASan, and pointers are not cast;
    # clang's fuzzing builds keep them.
    target_compile_options(sonda-flags INTERFACE
      -fno-sanitize=null,alignment,vptr,object-size,nonnull-attribute,returns-nonnull-attribute)
  endif()
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# What most sources include. As a part of somebody's project (tests/package) nothing is precompiled,
# which shows that each file includes what it uses.
set(SONDA_PRECOMPILED_HEADERS <algorithm> <array> <chrono> <cstdint> <expected> <functional> <map>
  <memory> <optional> <ranges> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)
