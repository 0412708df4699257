#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace weir::optimizing {

/// What a module's DWARF sections, or the table that Go's linker makes (go/line_table.hpp), say of places in its code, as lines of text: for each place one for each function that was inlined there,
/// innermost first, then one for the function itself, function, file, line and column with tabs between; an empty one ends the place. Numbers are 0 where
/// nothing is known; a place of which nothing is known is the empty line alone.
/// @param places  Offsets of instructions from the beginning of the module.
/// DWARF for WebAssembly: https://yurydelendik.github.io/webassembly-dwarf/: addresses count from the beginning of the code section's content.
std::string describe_places(std::span<const std::byte> module, std::span<const uint64_t> places);

}  // namespace weir::optimizing
