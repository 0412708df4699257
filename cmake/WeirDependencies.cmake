# Libraries that weir stands on, looked for once so that every folder sees the same targets:
#   fmt::fmt         formatting: libstdc++ 12 has neither <format> nor <print>
#   asmjit::asmjit   encoding of x86-64 instructions, for the baseline compiler
#   CLI11::CLI11     the command line
#   GTest::gtest     tests
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(asmjit REQUIRED)
find_package(CLI11 2.1 REQUIRED)
if(WEIR_TESTS)
  find_package(GTest REQUIRED)
endif()
