#pragma once

#include "cli/run.hpp"

namespace weir::cli {

/// `weir run --watch`: runs a program in a process of its own, and starts it anew whenever what it is made of has changed and can be built.
/// Ends by SIGINT or SIGTERM, with their exit code.
[[nodiscard]] int run_watching(const RunOptions& options);

}  // namespace weir::cli
