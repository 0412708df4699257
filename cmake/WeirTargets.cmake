# The functions that a folder's CMakeLists.txt declares its targets with.
#
#   weir_add_library(weir_wasm SOURCES a.cpp ... LINKS weir_base ... [PRIVATE_LINKS asmjit::asmjit ...])
#   weir_add_executable(weir-spec-runner SOURCES ... LINKS ...)
#   weir_add_test(wasm_test SOURCES ... LINKS ...)     GoogleTest with its main(); one ctest entry
#   weir_add_fuzzer(decode_fuzzer SOURCES ... LINKS ...)    only in a build with WEIR_SANITIZE=fuzzer
#
# LINKS of a library are public: they are what its headers include. PRIVATE_LINKS are what only its sources include.
# Imported targets are system includes, so third-party headers give no warnings.

function(weir_setup_target target)
  target_compile_features(${target} PUBLIC cxx_std_23)
  set_target_properties(${target} PROPERTIES CXX_STANDARD 23 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${weir_SOURCE_DIR}/src>"
    "$<BUILD_INTERFACE:${weir_SOURCE_DIR}/include>"
    "$<BUILD_INTERFACE:${weir_BINARY_DIR}/generated>")
  target_link_libraries(${target} PRIVATE weir_warnings weir_flags)
endfunction()

# A static library, with the alias weir::wasm for weir_wasm. Without SOURCES it is an interface library.
function(weir_add_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;PRIVATE_LINKS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "weir_add_library(${target}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  string(REGEX REPLACE "^weir_" "" short_name "${target}")
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    weir_setup_target(${target})
    target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "$<BUILD_INTERFACE:${weir_SOURCE_DIR}/src>")
    target_link_libraries(${target} INTERFACE ${arg_LINKS})
  endif()
  add_library(weir::${short_name} ALIAS ${target})
endfunction()

function(weir_add_executable target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "weir_add_executable(${target}): needs SOURCES; unknown arguments '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  add_executable(${target} ${arg_SOURCES})
  weir_setup_target(${target})
  target_link_libraries(${target} PRIVATE ${arg_LINKS})
endfunction()

# A test binary is one ctest entry: a process for each single test would take longer than the tests.
# Arguments after ENVIRONMENT are NAME=VALUE pairs for the run; TIMEOUT is in seconds, 1800 unless given.
function(weir_add_test target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINKS;ENVIRONMENT")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "weir_add_test(${target}): needs SOURCES; unknown arguments '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 1800)
  endif()
  weir_add_executable(${target} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS} GTest::gtest_main)
  # Tests see what they share as "support/x.hpp".
  target_include_directories(${target} PRIVATE "${weir_SOURCE_DIR}/tests")
  add_test(NAME ${target} COMMAND ${target} WORKING_DIRECTORY "${weir_SOURCE_DIR}")
  set_tests_properties(${target} PROPERTIES TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction()

# A libFuzzer target, in <build>/fuzzers. It does nothing in other builds.
function(weir_add_fuzzer target)
  if(NOT WEIR_SANITIZE STREQUAL "fuzzer")
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  weir_add_executable(${target} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS})
  target_include_directories(${target} PRIVATE "${weir_SOURCE_DIR}/tests")
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${weir_BINARY_DIR}/fuzzers")
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers COMMENT "All fuzzers")
  endif()
  add_dependencies(fuzzers ${target})
endfunction()
