#include "cli/tracing.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weir::cli {

Result<TraceTarget, Problem> open_trace(const TraceOptions& options, std::span<const runtime::HostModule> modules)
{
    if (const std::string unknown = trace::find_unknown(options.only, modules); !unknown.empty())
        return Unexpected{
            Problem{.error = fmt::format("--trace={}: there is no such group or function of the host", printable(unknown)),
                    .because = {},
                    .hint = fmt::format("groups are {}; functions have the names of their module, e.g. --trace=fd_write,clock",
                                        fmt::join(trace::groups_of(modules), ", ")),
                    .exit_code = exit_usage}};
    int output = STDERR_FILENO;
    if (!options.output.empty()) {
        // Open until the process ends. Appending: the guest may have been granted the same file.
        output = ::open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
        if (output < 0)
            return Unexpected{Problem{.error = fmt::format("cannot write the trace to '{}'", printable(options.output)),
                                      .because = std::strerror(errno),
                                      .hint = {}}};
    }
    trace::Options to_trace{.colours = wants_colour(output) ? trace::Colours::ansi : trace::Colours::none,
                            .has_summary = options.has_summary,
                            .only = options.only};
    if (options.is_json) to_trace.calls = trace::Options::Calls::json;
    // --trace-summary alone is `strace -c`: the table and no calls.
    else if (options.has_summary && !options.shows_calls) to_trace.calls = trace::Options::Calls::none;
    return TraceTarget{std::move(to_trace), output};
}

}  // namespace weir::cli
