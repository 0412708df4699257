# find_package(weir-sdk): the function weir_add_guest, for this SDK as it is installed.
get_filename_component(WEIR_SDK_INCLUDE_DIR "${CMAKE_CURRENT_LIST_DIR}/../../../include/weir-sdk" ABSOLUTE)
include("${CMAKE_CURRENT_LIST_DIR}/WeirGuest.cmake")
