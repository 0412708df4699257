# Flags of weir's own targets, as interface targets: nothing leaks into a project that contains weir.
#   weir_warnings  the warnings that weir's sources are clean of
#   weir_flags     how weir's sources are compiled, sanitizers included

add_library(weir_warnings INTERFACE)
target_compile_options(weir_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${WEIR_WERROR}>:-Werror>)

add_library(weir_flags INTERFACE)
# Frame pointers: backtraces walk them, through guest frames and ours alike.
target_compile_options(weir_flags INTERFACE -fno-omit-frame-pointer)
# With the linker's --gc-sections, which sources do not need is not in the program: fewer pages to load at a start.
target_compile_options(weir_flags INTERFACE -ffunction-sections -fdata-sections)
# Thread-local variables of a shared library as fast as a program's: each call into a guest reads some. They are few, so dlopen() has room for them.
target_compile_options(weir_flags INTERFACE $<$<BOOL:${BUILD_SHARED_LIBS}>:-ftls-model=initial-exec>)
target_compile_definitions(weir_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

# -fno-sanitize=function: that check reads a type signature in front of every function it calls through a pointer;
# code that weir generates has none there.
set(weir_undefined_flags -fsanitize=undefined -fno-sanitize=function -fno-sanitize-recover=all)
if(WEIR_SANITIZE STREQUAL "address")
  set(weir_sanitizer_flags -fsanitize=address ${weir_undefined_flags})
elseif(WEIR_SANITIZE STREQUAL "thread")
  set(weir_sanitizer_flags -fsanitize=thread)
elseif(WEIR_SANITIZE STREQUAL "fuzzer")
  set(weir_sanitizer_flags -fsanitize=fuzzer-no-link,address ${weir_undefined_flags})
elseif(WEIR_SANITIZE)
  message(FATAL_ERROR "WEIR_SANITIZE is '${WEIR_SANITIZE}'; it can be empty, address, thread or fuzzer")
endif()
if(WEIR_SANITIZE)
  target_compile_options(weir_flags INTERFACE ${weir_sanitizer_flags})
  target_link_options(weir_flags INTERFACE ${weir_sanitizer_flags})
endif()

# What `weir --version` says, for every target: #include "weir/version.hpp".
configure_file("${CMAKE_CURRENT_LIST_DIR}/version.hpp.in" "${PROJECT_BINARY_DIR}/generated/weir/version.hpp" @ONLY)
