#pragma once

#include "cli/run.hpp"
#include "runtime/store.hpp"

namespace weir::cli {

/// From now on SIGINT, SIGTERM and, if options.timeout_ns says so, time stop the guest of this store, which must live as long as the
/// process. A second signal of a kind has its default effect; one that is ignored stays so.
void stop_on_signals(runtime::Store& store, const RunOptions& options);

/// Says why the guest was stopped, where that is not plain, and answers the exit code.
[[nodiscard]] int report_interruption(const runtime::Store& store, const RunOptions& options);

}  // namespace weir::cli
