#pragma once

#include "runtime/outcome.hpp"

#include <string>

namespace weir::runtime {

/// A place as messages name it, "run.c:7:3", without what is not known; made printable.
[[nodiscard]] std::string to_text(const SourcePlace& place);

}  // namespace weir::runtime
