#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "host/trace/tracer.hpp"

#include <span>

namespace weir::cli {

/// What a tracer is made with.
struct TraceTarget {
    trace::Options options;
    int output;  // open until the process ends
};
/// As the options say. Refuses names that none of the modules has.
[[nodiscard]] Result<TraceTarget, Problem> open_trace(const TraceOptions& options, std::span<const runtime::HostModule> modules);

}  // namespace weir::cli
