# Debian packages by CPack: `make deb`, or  cpack --config build/release/CPackConfig.cmake
#
#   weir         the command with its manual pages and completions
#   weir-sdk     headers and CMake files for guests in C++
#   libweir-dev  the library for programs that run guests
#
# What shared libraries a package needs dpkg-shlibdeps finds out.
foreach(component IN ITEMS weir embed sdk)
  set(package_of_weir weir)
  set(package_of_embed libweir-dev)
  set(package_of_sdk weir-sdk)
  set(doc_dir "${CMAKE_INSTALL_DATADIR}/doc/${package_of_${component}}")
  install(FILES "${weir_SOURCE_DIR}/LICENSE" DESTINATION "${doc_dir}" RENAME copyright COMPONENT ${component})
  install(FILES "${weir_SOURCE_DIR}/CHANGELOG.md" DESTINATION "${doc_dir}" COMPONENT ${component})
endforeach()
install(FILES "${weir_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/weir" COMPONENT weir)
install(DIRECTORY "${weir_SOURCE_DIR}/docs/" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/weir/docs" COMPONENT weir FILES_MATCHING PATTERN "*.md")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_CONTACT "weir's developers <weir@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "WASI runtime")
set(CPACK_RESOURCE_FILE_LICENSE "${weir_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL weir embed sdk)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_WEIR_PACKAGE_NAME weir)
set(CPACK_DEBIAN_WEIR_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_WEIR_DESCRIPTION
"runs WebAssembly programs: commands, servers, edge services, libraries
weir runs WebAssembly programs of WASI preview 1, network servers that use
WasmEdge's socket functions, services for Fastly Compute and functions of
libraries. A program reaches only what it was granted. What is hot is
compiled by LLVM while it runs.")

set(CPACK_DEBIAN_EMBED_PACKAGE_NAME libweir-dev)
set(CPACK_DEBIAN_EMBED_PACKAGE_SECTION libdevel)
# What weir.pc and weirConfig.cmake name.
set(CPACK_DEBIAN_EMBED_PACKAGE_DEPENDS "libasmjit-dev, libssl-dev, libc6-dev, libstdc++-12-dev | libstdc++-dev")
set(CPACK_COMPONENT_EMBED_DESCRIPTION
"library for C++ and C programs that run WebAssembly
The library of weir, a WASI runtime, with its headers, a CMake package and
a file for pkg-config.")

set(CPACK_DEBIAN_SDK_PACKAGE_NAME weir-sdk)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_SDK_PACKAGE_ARCHITECTURE all)
set(CPACK_COMPONENT_SDK_DESCRIPTION
"headers and CMake files for WebAssembly programs in C++
Sockets, HTTP, edge services and exports for programs in C++ that are
compiled to WebAssembly and run by weir.")

include(CPack)
