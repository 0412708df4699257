#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "host/trace/tracer.hpp"

#include <memory>

namespace weir::cli {

/// A tracer as the options say, with its file open. Refuses names that no host module has.
[[nodiscard]] Result<std::unique_ptr<trace::Tracer>, Problem> create_tracer(const TraceOptions& options);

}  // namespace weir::cli
