# weir_add_guest(NAME SOURCES... [REACTOR] [OPTIONS ...])
#   Builds NAME.wasm, a guest in C++20 that sees the SDK's headers, in the current binary folder.
#   REACTOR  a library: a module without main, whose exported functions others call
#   OPTIONS  more options for the compiler
#
# With weir's toolchain file NAME is an executable of CMake's. In other projects, which compile for the machine they run on, it is a custom
# target that calls clang itself; NAME's property WEIR_GUEST_FILE is the module's path in both.
if(NOT WEIR_SDK_INCLUDE_DIR)
  get_filename_component(WEIR_SDK_INCLUDE_DIR "${CMAKE_CURRENT_LIST_DIR}/../include" ABSOLUTE)
endif()

function(weir_add_guest name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "REACTOR" "" "OPTIONS")
  set(sources ${arg_UNPARSED_ARGUMENTS})
  if(NOT sources)
    message(FATAL_ERROR "weir_add_guest(${name}): no sources")
  endif()
  set(file "${CMAKE_CURRENT_BINARY_DIR}/${name}.wasm")
  set(compile_options -fno-exceptions ${arg_OPTIONS})
  # The linker's own 64 KiB are soon used up: frames of coroutines may be on the stack.
  set(link_options -Wl,-z,stack-size=1048576)
  if(arg_REACTOR)
    list(APPEND link_options -mexec-model=reactor)
  endif()

  if(CMAKE_SYSTEM_NAME STREQUAL "WASI")
    add_executable(${name} ${sources})
    target_compile_features(${name} PRIVATE cxx_std_20)
    target_include_directories(${name} SYSTEM PRIVATE "${WEIR_SDK_INCLUDE_DIR}")
    target_compile_options(${name} PRIVATE ${compile_options})
    target_link_options(${name} PRIVATE ${link_options})
    set_target_properties(${name} PROPERTIES SUFFIX .wasm RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  else()
    find_program(WEIR_GUEST_CXX NAMES clang++-22 REQUIRED DOC "Compiler for guests")
    set(objects)
    foreach(source IN LISTS sources)
      get_filename_component(source_path "${source}" ABSOLUTE)
      string(MAKE_C_IDENTIFIER "${source}" object_name)
      set(object "${CMAKE_CURRENT_BINARY_DIR}/${name}.guest/${object_name}.o")
      add_custom_command(OUTPUT "${object}"
        COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/${name}.guest"
        COMMAND "${WEIR_GUEST_CXX}" --target=wasm32-wasi -Wno-deprecated -std=c++20 $<IF:$<CONFIG:Debug>,-O0,-O2>
                -isystem "${WEIR_SDK_INCLUDE_DIR}" ${compile_options} -MMD -MF "${object}.d" -c "${source_path}" -o "${object}"
        DEPENDS "${source_path}" DEPFILE "${object}.d" VERBATIM COMMENT "Compiling ${source} for guest ${name}")
      list(APPEND objects "${object}")
    endforeach()
    add_custom_command(OUTPUT "${file}"
      COMMAND "${WEIR_GUEST_CXX}" --target=wasm32-wasi -Wno-deprecated ${link_options} ${objects} -o "${file}"
      DEPENDS ${objects} VERBATIM COMMENT "Linking guest ${name}.wasm")
    add_custom_target(${name} ALL DEPENDS "${file}")
  endif()
  set_target_properties(${name} PROPERTIES WEIR_GUEST_FILE "${file}")
endfunction()
