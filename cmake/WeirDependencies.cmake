# Libraries that weir stands on, looked for once so that every folder sees the same targets:
#   fmt::fmt         formatting: libstdc++ 12 has neither <format> nor <print>
#   asmjit::asmjit   encoding of x86-64 instructions, for the baseline compiler
#   weir_llvm        LLVM 22, for the optimizing compiler
#   weir_xxhash      XXH3, for checksums of what the cache keeps
#   weir_sha256      SHA-256 of OpenSSL, which names modules in the cache
#   CLI11::CLI11     the command line
#   GTest::gtest     tests
find_package(Threads REQUIRED)
if(WEIR_STATIC)
  # Debian has fmt as a shared library only; its headers hold all of it.
  find_path(WEIR_FMT_INCLUDE_DIR fmt/format-inl.h REQUIRED)
  add_library(weir_fmt STATIC "${CMAKE_CURRENT_LIST_DIR}/fmt.cpp")
  target_include_directories(weir_fmt SYSTEM PUBLIC "${WEIR_FMT_INCLUDE_DIR}")
  set_target_properties(weir_fmt PROPERTIES CXX_STANDARD 20 CXX_EXTENSIONS OFF)
  add_library(fmt::fmt ALIAS weir_fmt)
  # With all targets of the package there, a find_package(fmt) elsewhere adds none of its own.
  add_library(weir_fmt_header_only INTERFACE)
  target_compile_definitions(weir_fmt_header_only INTERFACE FMT_HEADER_ONLY=1)
  add_library(fmt::fmt-header-only ALIAS weir_fmt_header_only)
else()
  find_package(fmt 9 REQUIRED)
endif()
if(WEIR_LLVM)
  find_package(LLVM 22.1 REQUIRED CONFIG)
  add_library(weir_llvm INTERFACE)
  target_include_directories(weir_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
  target_link_libraries(weir_llvm INTERFACE LLVM)
endif()
find_package(asmjit REQUIRED)
# Inlined from its header.
find_path(WEIR_XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(weir_xxhash INTERFACE)
target_include_directories(weir_xxhash SYSTEM INTERFACE "${WEIR_XXHASH_INCLUDE_DIR}")
if(WEIR_STATIC)
  set(OPENSSL_USE_STATIC_LIBS ON)
endif()
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
add_library(weir_sha256 INTERFACE)
target_link_libraries(weir_sha256 INTERFACE OpenSSL::Crypto)
find_package(CLI11 2.1 REQUIRED)
if(WEIR_TESTS)
  find_package(GTest REQUIRED)
endif()
