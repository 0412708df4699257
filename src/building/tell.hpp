#pragma once

#include <string_view>

namespace weir::building {

/// Writes what a compiler said to standard error, as it said it.
void tell(std::string_view text);
/// Whether compilers are to use colours: standard error is a terminal, and NO_COLOR is not set.
[[nodiscard]] bool wants_colours();

}  // namespace weir::building
