#pragma once

#include "runtime/outcome.hpp"

#include <string>

namespace weir::serve {

/// A trap as the client is told of it, in the words of the platform's own local server.
[[nodiscard]] std::string describe_trap(const runtime::Trap& trap);

}  // namespace weir::serve
