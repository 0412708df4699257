#include "host/wasip1/world.hpp"

#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

// Waiting for time and for descriptors.

namespace weir::wasip1 {

namespace {

using host::GuestPtr;
using host::host_fn;

enum SubscriptionTag : uint8_t { clock_tag, fd_read_tag, fd_write_tag };
constexpr uint16_t clock_is_absolute = 1;
constexpr uint16_t event_hangup = 1;
constexpr uint32_t max_subscriptions = 65'536;  // budget of host memory for one call: some 4 MiB

Timestamp now(clockid_t clock) noexcept
{
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<Timestamp>(t.tv_sec) * 1'000'000'000U + static_cast<Timestamp>(t.tv_nsec);
}

struct Wait {
    Subscription subscription;
    size_t poll_index = SIZE_MAX;  // into the poll set; clocks and errors have none
    Timestamp remaining_ns = 0;    // of clocks, when the call began
    Errno error = Errno::success;
};

/// Waits until at least one subscription has its event.
/// @return        How many events were stored.
/// @error inval   No subscriptions, more than the budget, or an unknown kind.
/// @error fault   Subscriptions or events are not in memory.
/// Spec: poll_oneoff. POSIX: ppoll(2), clock_gettime(2).
HostResult<uint32_t> poll_oneoff(Context& cx, GuestPtr<Subscription> in, GuestPtr<Event> out, uint32_t count) noexcept
{
    if (count == 0 || count > max_subscriptions) return Errno::inval;
    const auto in_bytes = cx.memory.range(in.address, uint64_t{count} * sizeof(Subscription));
    if (!in_bytes || !cx.memory.range(out.address, uint64_t{count} * sizeof(Event))) return Errno::fault;

    std::vector<Wait> waits(count);
    std::vector<pollfd> poll_set;
    bool is_ready = false;  // an error is an event at once
    std::optional<Timestamp> shortest_ns;
    const Timestamp started = now(CLOCK_MONOTONIC);
    for (uint32_t i = 0; i < count; ++i) {
        Wait& w = waits[i];
        std::memcpy(&w.subscription, in_bytes->data() + size_t{i} * sizeof(Subscription), sizeof(Subscription));
        const Subscription& s = w.subscription;
        if (s.tag == clock_tag) {
            clockid_t clock;
            switch (static_cast<ClockId>(s.clock.id)) {
            case ClockId::realtime: clock = CLOCK_REALTIME; break;
            case ClockId::monotonic: clock = CLOCK_MONOTONIC; break;
            default: w.error = s.clock.id <= static_cast<uint32_t>(ClockId::thread_cputime) ? Errno::notsup : Errno::inval; break;
            }
            if (w.error != Errno::success) {
                is_ready = true;
                continue;
            }
            w.remaining_ns = s.clock.timeout;
            if ((s.clock.flags & clock_is_absolute) != 0) {
                const Timestamp t = now(clock);
                w.remaining_ns = s.clock.timeout > t ? s.clock.timeout - t : 0;
            }
            shortest_ns = std::min(shortest_ns.value_or(UINT64_MAX), w.remaining_ns);
        } else if (s.tag == fd_read_tag || s.tag == fd_write_tag) {
            const OpenFile* const file = cx.world.find(static_cast<Fd>(s.fd));
            if (file == nullptr) {
                w.error = Errno::badf;
                is_ready = true;
                continue;
            }
            w.poll_index = poll_set.size();
            poll_set.push_back({file->host_fd, static_cast<short>(s.tag == fd_read_tag ? POLLIN : POLLOUT), 0});
        } else {
            return Errno::inval;
        }
    }

    // Sleeps at most a day at a time: an absurd timeout must not overflow the host's time type.
    constexpr Timestamp max_sleep_ns = Timestamp{86'400} * 1'000'000'000U;
    for (;;) {
        const Timestamp elapsed = now(CLOCK_MONOTONIC) - started;
        std::optional<Timestamp> sleep_ns;
        if (is_ready)
            sleep_ns = 0;
        else if (shortest_ns)
            sleep_ns = std::min(*shortest_ns > elapsed ? *shortest_ns - elapsed : 0, max_sleep_ns);
        timespec timeout{};
        if (sleep_ns) timeout = {static_cast<time_t>(*sleep_ns / 1'000'000'000U), static_cast<long>(*sleep_ns % 1'000'000'000U)};
        const int n = ::ppoll(poll_set.data(), poll_set.size(), sleep_ns ? &timeout : nullptr, nullptr);
        if (n < 0 && errno != EINTR) return from_host(errno);
        if (n > 0 || is_ready) break;
        if (n == 0 && shortest_ns && now(CLOCK_MONOTONIC) - started >= *shortest_ns) break;
    }

    const Timestamp elapsed = now(CLOCK_MONOTONIC) - started;
    uint32_t stored = 0;
    for (const Wait& w : waits) {
        Event event{};
        event.userdata = w.subscription.userdata;
        event.type = w.subscription.tag;
        event.error = w.error;
        if (w.error == Errno::success && w.subscription.tag == clock_tag) {
            if (w.remaining_ns > elapsed) continue;
        } else if (w.error == Errno::success) {
            const pollfd& p = poll_set[w.poll_index];
            if (p.revents == 0) continue;
            if ((p.revents & POLLNVAL) != 0) event.error = Errno::badf;
            if ((p.revents & POLLHUP) != 0) event.flags = event_hangup;
            int available = 0;
            if (w.subscription.tag == fd_read_tag && ::ioctl(p.fd, FIONREAD, &available) == 0 && available > 0) event.nbytes = static_cast<uint64_t>(available);
        }
        // In range: the guest cannot run, and so not shrink anything, during this call.
        if (!cx.memory.write(GuestPtr<Event>{out.address + stored * static_cast<uint32_t>(sizeof event)}, event)) return Errno::fault;
        ++stored;
    }
    return stored;
}

constexpr std::array functions{
    host_fn<"poll_oneoff", poll_oneoff>("in out nsubscriptions nevents"),
};

}  // namespace

const std::span<const runtime::HostFunction> poll_functions{functions};

}  // namespace weir::wasip1
