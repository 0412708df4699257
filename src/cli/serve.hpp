#pragma once

#include "cli/command_line.hpp"

namespace weir::cli {

/// Becomes weir-serve. Answers an exit code, after a report, when that is not there.
[[nodiscard]] int serve(const Serve& how);

}  // namespace weir::cli
