#include "host/wasip1/support.hpp"

#include <array>
#include <ctime>

namespace weir::wasip1 {

namespace {

using host::host_fn;

std::optional<clockid_t> host_clock(ClockId id) noexcept
{
    switch (id) {
    case ClockId::realtime: return CLOCK_REALTIME;
    case ClockId::monotonic: return CLOCK_MONOTONIC;
    case ClockId::process_cputime: return CLOCK_PROCESS_CPUTIME_ID;
    case ClockId::thread_cputime: return CLOCK_THREAD_CPUTIME_ID;
    }
    return std::nullopt;
}

/// @return      The clock's resolution in ns.
/// @error inval `id` names no clock.
/// Spec: clock_res_get. POSIX: clock_getres(2).
HostResult<Timestamp> clock_res_get(Context&, ClockId id) noexcept
{
    const auto clock = host_clock(id);
    timespec t{};
    if (!clock) return Errno::inval;
    if (::clock_getres(*clock, &t) != 0) return from_host(errno);
    return to_timestamp(t);
}

/// @param precision  The largest lag the guest accepts, ns. Ignored: every clock read here is finer.
/// @return           Time in ns: since the Unix epoch for realtime, from an arbitrary start otherwise.
/// @error inval      `id` names no clock.
/// Spec: clock_time_get. POSIX: clock_gettime(2).
HostResult<Timestamp> clock_time_get(Context&, ClockId id, Timestamp /*precision*/) noexcept
{
    const auto clock = host_clock(id);
    timespec t{};
    if (!clock) return Errno::inval;
    if (::clock_gettime(*clock, &t) != 0) return from_host(errno);
    return to_timestamp(t);
}

constexpr std::array functions{
    host_fn<"clock_res_get", clock_res_get>("id resolution"),
    host_fn<"clock_time_get", clock_time_get>("id precision time"),
};

}  // namespace

const std::span<const runtime::HostFunction> clock_functions{functions};

}  // namespace weir::wasip1
