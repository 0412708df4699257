# Writes the header OUTPUT, which names a build: the hash of the files of LIST and of SETTINGS. Run as a script, cmake -P.
file(STRINGS "${LIST}" sources)
set(text "${SETTINGS}\n")
foreach(source IN LISTS sources)
  file(SHA256 "${source}" hash)
  get_filename_component(name "${source}" NAME)
  string(APPEND text "${name} ${hash}\n")
endforeach()
string(SHA256 id "${text}")
string(SUBSTRING "${id}" 0 32 id)
string(REGEX REPLACE "(..)" "0x\\1, " bytes "${id}")
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "#define WEIR_BUILD_ID {${bytes}}\n")  # untouched when it is the same
