# Libraries that weir stands on, looked for once so that every folder sees the same targets:
#   fmt::fmt         formatting: libstdc++ 12 has neither <format> nor <print>
#   asmjit::asmjit   encoding of x86-64 instructions, for the baseline compiler
#   weir_llvm        LLVM 22, for the optimizing compiler
#   weir_xxhash      XXH3, for checksums of what the cache keeps
#   weir_sha256      SHA-256 of OpenSSL, which names modules in the cache
#   weir_boost       Boost.Asio (event loops) and Boost.Beast (parsing HTTP/1), headers only
#   weir_nghttp2     HTTP/2
#   OpenSSL::SSL     TLS
#   ZLIB::ZLIB       packed responses of backends
#   weir_tomlplusplus  configurations of edge services: TOML with positions, for messages
#   weir_re2         rules of user agents: expressions in time linear in the text, whatever a client sends
#   weir_yaml        the file that they are in (yaml-cpp)
#   CLI11::CLI11     the command line
#   Zydis::Zydis     decoding of x86-64 instructions, for weir inspect --asm and tests
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
if(WEIR_HTTP)
  find_package(Boost 1.81 REQUIRED)
  add_library(weir_boost INTERFACE)
  target_include_directories(weir_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
  # Without Boost.DateTime and the names that Asio keeps for older programs: headers are read faster.
  target_compile_definitions(weir_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_DATE_TIME)
  target_link_libraries(weir_boost INTERFACE Threads::Threads)
  find_path(WEIR_NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h REQUIRED)
  find_library(WEIR_NGHTTP2_LIBRARY nghttp2 REQUIRED)
  add_library(weir_nghttp2 INTERFACE)
  target_include_directories(weir_nghttp2 SYSTEM INTERFACE "${WEIR_NGHTTP2_INCLUDE_DIR}")
  target_link_libraries(weir_nghttp2 INTERFACE "${WEIR_NGHTTP2_LIBRARY}")
  find_package(OpenSSL 3.0 REQUIRED)
  find_package(ZLIB REQUIRED)
  find_path(WEIR_TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
  add_library(weir_tomlplusplus INTERFACE)
  target_include_directories(weir_tomlplusplus SYSTEM INTERFACE "${WEIR_TOMLPLUSPLUS_INCLUDE_DIR}")
  find_path(WEIR_RE2_INCLUDE_DIR re2/set.h REQUIRED)
  find_library(WEIR_RE2_LIBRARY re2 REQUIRED)
  add_library(weir_re2 INTERFACE)
  target_include_directories(weir_re2 SYSTEM INTERFACE "${WEIR_RE2_INCLUDE_DIR}")
  target_link_libraries(weir_re2 INTERFACE "${WEIR_RE2_LIBRARY}")
  find_path(WEIR_YAML_INCLUDE_DIR yaml-cpp/yaml.h REQUIRED)
  find_library(WEIR_YAML_LIBRARY yaml-cpp REQUIRED)
  add_library(weir_yaml INTERFACE)
  target_include_directories(weir_yaml SYSTEM INTERFACE "${WEIR_YAML_INCLUDE_DIR}")
  target_link_libraries(weir_yaml INTERFACE "${WEIR_YAML_LIBRARY}")
endif()
find_package(asmjit REQUIRED)
find_package(zydis 4 REQUIRED)
# Inlined from its header.
find_path(WEIR_XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(weir_xxhash INTERFACE)
target_include_directories(weir_xxhash SYSTEM INTERFACE "${WEIR_XXHASH_INCLUDE_DIR}")
# The command is static, whatever others take of OpenSSL.
find_path(WEIR_CRYPTO_INCLUDE_DIR openssl/sha.h REQUIRED)
if(WEIR_STATIC)
  find_library(WEIR_CRYPTO_LIBRARY libcrypto.a REQUIRED)
else()
  find_library(WEIR_CRYPTO_LIBRARY crypto REQUIRED)
endif()
add_library(weir_sha256 INTERFACE)
target_include_directories(weir_sha256 SYSTEM INTERFACE "${WEIR_CRYPTO_INCLUDE_DIR}")
target_link_libraries(weir_sha256 INTERFACE "${WEIR_CRYPTO_LIBRARY}")
find_package(CLI11 2.1 REQUIRED)
if(WEIR_TESTS)
  find_package(GTest REQUIRED)
endif()
