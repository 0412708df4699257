#pragma once

#include "cli/command_line.hpp"

#include <string_view>

namespace weir::cli {

/// Becomes weir-serve. Answers an exit code, after a report, when that is not there.
[[nodiscard]] int serve(const Serve& how);

/// Whether weir was called by the name of Fastly's local server, which `weir serve` stands in for.
[[nodiscard]] bool is_viceroy(std::string_view program);

}  // namespace weir::cli
