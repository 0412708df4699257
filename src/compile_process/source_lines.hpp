#pragma once

#include "runtime/outcome.hpp"

#include <string_view>
#include <vector>

namespace weir::compile_process {

/// The places in source files where a trap's frames are, as far as the modules' DWARF sections or Go's tables say: an element a frame, each as
/// runtime::SourcePlaces. Another process reads these, installed_compiler(), for they are a guest's and their readers are
/// large. Where that fails, or takes more than some seconds, nothing is known.
[[nodiscard]] std::vector<runtime::SourcePlaces> find_source_lines(const runtime::Trap& trap);

/// Reads what optimizing::describe_places() writes, of `count` places.
[[nodiscard]] std::vector<runtime::SourcePlaces> parse_source_places(std::string_view text, size_t count);

}  // namespace weir::compile_process
