#include "host/wasip1/world.hpp"

#include <sched.h>

#include <array>

// The guest as a process.

namespace weir::wasip1 {

namespace {

using host::host_fn;
using host::Stop;

/// Ends the guest. 0 to 255 pass through to weir's own exit code; more is 255 there, lest a failure become success. Spec: proc_exit.
Stop proc_exit(Context&, uint32_t code) noexcept { return {code}; }

/// Does what a signal does to a process without handlers, which is all that a guest can be: most end it with 128 plus their number,
/// as a shell reports it; some are ignored.
/// @error inval   `signal` names none.
/// @error notsup  It would stop the process: there is no one to continue a guest.
/// Spec: proc_raise. POSIX: raise(3), signal(7) for the dispositions.
HostResult<Nothing> proc_raise(Context& cx, Signal signal) noexcept
{
    switch (signal) {
    case Signal::none:  // tests whether one could
    case Signal::chld:
    case Signal::cont:
    case Signal::urg:
    case Signal::winch: return nothing;
    case Signal::stop:
    case Signal::tstp:
    case Signal::ttin:
    case Signal::ttou: return Errno::notsup;
    default: break;
    }
    if (signal > Signal::sys) return Errno::inval;
    const auto number = static_cast<uint32_t>(signal);
    // WASI left out Linux' 16, SIGSTKFLT.
    cx.exit_code = 128 + number + (signal >= Signal::chld ? 1 : 0);
    return nothing;
}

/// Lets others run. Spec: sched_yield. POSIX: sched_yield(2).
HostResult<Nothing> sched_yield(Context&) noexcept
{
    ::sched_yield();
    return nothing;
}

constexpr std::array functions{
    host_fn<"proc_exit", proc_exit>("rval"),
    host_fn<"proc_raise", proc_raise>("sig"),
    host_fn<"sched_yield", sched_yield>(""),
};

}  // namespace

const std::span<const runtime::HostFunction> proc_functions{functions};

}  // namespace weir::wasip1
