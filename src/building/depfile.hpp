#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::building {

/// The prerequisites in a makefile with one rule, as compilers write it for -MD.
[[nodiscard]] std::vector<std::string> parse_depfile(std::string_view text);

}  // namespace weir::building
