#pragma once

#include "cli/console.hpp"
#include "runtime/linker.hpp"

#include <string>

namespace weir::cli {

/// Everything that a module imports and nothing provides, by the world that it belongs to, with the nearest known names.
[[nodiscard]] Problem link_problem(const std::string& file, const runtime::LinkError& error);

}  // namespace weir::cli
