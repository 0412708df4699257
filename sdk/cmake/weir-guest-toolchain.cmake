# Toolchain file for projects that are guests altogether:
#   cmake -DCMAKE_TOOLCHAIN_FILE=.../weir-guest-toolchain.cmake
# For Debian's clang, wasi-libc and libc++ for wasm32. The SDK's headers are found without more.
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_VERSION 1)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
# CMake knows no platform of this name, and says so in each configuration, unless there is a file for it.
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/platform")

if(NOT CMAKE_C_COMPILER)
  set(CMAKE_C_COMPILER clang-22)
endif()
if(NOT CMAKE_CXX_COMPILER)
  set(CMAKE_CXX_COMPILER clang++-22)
endif()
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
# Debian's libraries are laid out for the triple's older name, about which clang warns.
set(CMAKE_C_FLAGS_INIT "-Wno-deprecated")
set(CMAKE_CXX_FLAGS_INIT "-Wno-deprecated -fno-exceptions")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
# Packages such as weir-sdk are no part of the system that is compiled for.
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
