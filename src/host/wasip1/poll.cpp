#include "host/wasip1/support.hpp"
#include "runtime/interrupt.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>

// Waiting for time and for descriptors.

namespace weir::wasip1 {

namespace {

using host::GuestPtr;
using host::host_fn;

/// Go needs up to 65536. One that many takes some 6 MiB of the host's memory.
constexpr uint32_t max_subscriptions = 65'536;

/// An array whose size a guest chose: small ones are in place, others allocated without throwing.
template <class T, size_t in_place>
class GuestSizedArray {
public:
    [[nodiscard]] bool allocate(size_t size) noexcept
    {
        if (size > in_place) {
            m_heap.reset(new (std::nothrow) T[size]);
            if (!m_heap) return false;
        }
        m_span = {m_heap ? m_heap.get() : m_array.data(), size};
        return true;
    }
    [[nodiscard]] std::span<T> span() const noexcept { return m_span; }

private:
    std::array<T, in_place> m_array;
    std::unique_ptr<T[]> m_heap;
    std::span<T> m_span;
};

uint64_t now_ns(clockid_t clock) noexcept
{
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<uint64_t>(to_timestamp(t));
}

/// A subscription in either layout.
struct Wait {
    uint64_t userdata;
    EventType type;
    Errno error;          // known before waiting
    bool is_wall_clock;   // an absolute time of the realtime clock: setting the clock moves it
    Fd fd;                // of fd_read and fd_write
    uint32_t poll_index;  // into the poll set; of fd_read and fd_write without an error
    uint64_t due_ns;      // of clocks: on the monotonic clock, or the realtime clock for is_wall_clock
};

template <class Layout>
Wait to_wait(const Layout& s, uint64_t started_ns) noexcept
{
    Wait w{s.userdata, s.type, Errno::success, false, Fd{}, 0, 0};
    if (s.type != EventType::clock) {
        w.fd = s.fd;
        return w;
    }
    const bool is_absolute = (s.clock.flags & subclock_abstime) != 0;
    if ((s.clock.flags & ~all_subclockflags) != 0 || s.clock.id > ClockId::thread_cputime) {
        w.error = Errno::inval;
    } else if (s.clock.id > ClockId::monotonic) {
        w.error = Errno::notsup;  // these do not run while nothing runs
    } else if (is_absolute) {
        w.is_wall_clock = s.clock.id == ClockId::realtime;
        w.due_ns = static_cast<uint64_t>(s.clock.timeout);
    } else {  // both clocks run alike, but the realtime clock may be set meanwhile
        const auto timeout = static_cast<uint64_t>(s.clock.timeout);
        w.due_ns = timeout > std::numeric_limits<uint64_t>::max() - started_ns ? std::numeric_limits<uint64_t>::max()
                                                                               : started_ns + timeout;
    }
    return w;
}

/// What one call waits for.
class PollSet {
public:
    /// @error nomem
    [[nodiscard]] Errno allocate(uint32_t count, uint32_t fd_limit) noexcept
    {
        // One entry for a descriptor however often it is asked for: the kernel takes no more entries than descriptors may be open.
        if (!m_polls.allocate(size_t{std::min(count, fd_limit)} + 1)) return Errno::nomem;
        if (count > direct_search_count) {
            if (!m_index_of_fd.allocate(fd_limit)) return Errno::nomem;
            std::ranges::fill(m_index_of_fd.span(), no_index);
        }
        m_searches_directly = count <= direct_search_count;
        return Errno::success;
    }
    /// The index of the descriptor's entry, which then waits for `events` as well.
    uint32_t add(Fd fd, int host_fd, short events) noexcept
    {
        uint32_t index = no_index;
        if (m_searches_directly) {
            for (uint32_t i = 0; i < m_count && index == no_index; ++i)
                if (m_polls.span()[i].fd == host_fd) index = i;
        } else {
            index = m_index_of_fd.span()[static_cast<uint32_t>(fd)];
        }
        if (index == no_index) {
            index = m_count++;
            m_polls.span()[index] = {host_fd, 0, 0};
            if (!m_searches_directly) m_index_of_fd.span()[static_cast<uint32_t>(fd)] = index;
        }
        pollfd& p = m_polls.span()[index];
        p.events = static_cast<short>(p.events | events);
        return index;
    }
    [[nodiscard]] const pollfd& operator[](uint32_t index) const noexcept { return m_polls.span()[index]; }

    void expect_event() noexcept { m_is_ready = true; }
    void expect_at(const Wait& clock) noexcept
    {
        auto& earliest = clock.is_wall_clock ? m_wall_ns : m_monotonic_ns;
        earliest = std::min(earliest, clock.due_ns);
    }

    /// Sleeps until something expected has come; intr when the guest is to be stopped. The wall clock is waited for by a timer of the kernel's, which follows it when it is set.
    [[nodiscard]] Errno wait() noexcept
    {
        UniqueFd timer;
        uint32_t count = m_count;
        if (m_wall_ns != never && !m_is_ready) {
            timer = UniqueFd{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC)};
            if (!timer) return from_host(errno);
            itimerspec when{};
            when.it_value = to_timespec(Timestamp{std::clamp<uint64_t>(m_wall_ns, 1, INT64_MAX)});  // 0 would disarm it
            if (::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) return from_host(errno);
            m_polls.span()[count++] = {timer.get(), POLLIN, 0};
        }
        for (;;) {
            timespec timeout{};
            const bool is_bounded = m_is_ready || m_monotonic_ns != never;
            if (!m_is_ready && m_monotonic_ns != never) {
                const uint64_t now = now_ns(CLOCK_MONOTONIC);
                timeout = to_timespec(Timestamp{m_monotonic_ns > now ? std::min<uint64_t>(m_monotonic_ns - now, INT64_MAX) : 0});
            }
            const long n = runtime::try_interruptible_syscall(
                SYS_ppoll, {runtime::to_syscall_argument(m_polls.span().data()), static_cast<long>(count),
                            is_bounded ? runtime::to_syscall_argument(&timeout) : 0, 0, 0, 0});
            if (n < 0 && (errno != EINTR || runtime::must_stop())) return from_host(errno);
            // The kernel may be early by its own clock's tick; then it is asked again for the rest.
            if (n > 0 || m_is_ready || (m_monotonic_ns != never && now_ns(CLOCK_MONOTONIC) >= m_monotonic_ns))
                return Errno::success;
        }
    }

private:
    static constexpr uint32_t no_index = std::numeric_limits<uint32_t>::max();
    static constexpr uint64_t never = std::numeric_limits<uint64_t>::max();
    static constexpr uint32_t direct_search_count = 16;

    GuestSizedArray<pollfd, direct_search_count + 1> m_polls;
    GuestSizedArray<uint32_t, 1> m_index_of_fd;
    uint32_t m_count = 0;
    bool m_searches_directly = true;
    bool m_is_ready = false;
    uint64_t m_monotonic_ns = never, m_wall_ns = never;
};

/// The event of a subscription, or none yet.
std::optional<Event> event_of(const Wait& w, const PollSet& set, uint64_t monotonic_ns, uint64_t wall_ns) noexcept
{
    Event event{};
    event.userdata = w.userdata;
    event.type = w.type;
    event.error = w.error;
    if (w.error != Errno::success) return event;
    if (w.type == EventType::clock) {
        if (w.due_ns > (w.is_wall_clock ? wall_ns : monotonic_ns)) return std::nullopt;
        return event;
    }
    const pollfd& p = set[w.poll_index];
    const int wanted = (w.type == EventType::fd_read ? POLLIN : POLLOUT) | POLLERR | POLLHUP | POLLNVAL;
    if ((p.revents & wanted) == 0) return std::nullopt;
    if ((p.revents & POLLNVAL) != 0) event.error = Errno::badf;
    if ((p.revents & POLLHUP) != 0) event.flags = event_hangup;
    int available = 0;
    if (w.type == EventType::fd_read && ::ioctl(p.fd, FIONREAD, &available) == 0 && available > 0)
        event.nbytes = FileSize{static_cast<uint64_t>(available)};
    return event;
}

/// Waits until at least one subscription has its event. A subscription that cannot be waited for has one at once, with its error:
/// badf, notcapable, or of clocks inval and notsup.
/// @return        How many events were stored, in the order of their subscriptions.
/// @error inval   No subscriptions, or one of an unknown kind.   @error nomem  Too many at once.
/// @error fault   Subscriptions or events are not in memory.
/// Spec: poll_oneoff. POSIX: ppoll(2), clock_gettime(2).
template <class Layout>
HostResult<uint32_t> poll_oneoff(Context& cx, GuestPtr<Layout> in, GuestPtr<Event> out, uint32_t count) noexcept
{
    if (count == 0) return Errno::inval;
    const auto in_bytes = cx.memory.range(in.address, uint64_t{count} * sizeof(Layout));
    if (!in_bytes || !cx.memory.range(out.address, uint64_t{count} * sizeof(Event))) return Errno::fault;
    if (count > max_subscriptions) return Errno::nomem;
    GuestSizedArray<Wait, 16> wait_array;
    PollSet set;
    if (!wait_array.allocate(count) || set.allocate(count, cx.world.files().limit()) != Errno::success) return Errno::nomem;
    const std::span<Wait> waits = wait_array.span();

    const uint64_t started_ns = now_ns(CLOCK_MONOTONIC);
    for (uint32_t i = 0; i < count; ++i) {
        Layout subscription;
        std::memcpy(&subscription, in_bytes->data() + size_t{i} * sizeof subscription, sizeof subscription);
        if (subscription.type > EventType::fd_write) return Errno::inval;
        Wait& w = waits[i] = to_wait(subscription, started_ns);
        if (w.type != EventType::clock) {
            const auto file = file_for(cx, w.fd, right_poll_fd_readwrite);
            if (file) w.poll_index = set.add(w.fd, (*file)->host_fd, w.type == EventType::fd_read ? POLLIN : POLLOUT);
            else w.error = file.error();
        } else if (w.error == Errno::success) {
            set.expect_at(w);
        }
        if (w.error != Errno::success) set.expect_event();
    }
    if (const Errno e = set.wait(); e != Errno::success) return e;

    const uint64_t monotonic_ns = now_ns(CLOCK_MONOTONIC), wall_ns = now_ns(CLOCK_REALTIME);
    uint32_t stored = 0;
    for (const Wait& w : waits) {
        const auto event = event_of(w, set, monotonic_ns, wall_ns);
        if (!event) continue;
        const uint32_t address = out.address + stored * static_cast<uint32_t>(sizeof *event);  // in range, as tested above
        if (!cx.memory.write(GuestPtr<Event>{address}, *event)) return Errno::fault;
        ++stored;
    }
    return stored;
}

constexpr std::array preview1_functions{host_fn<"poll_oneoff", poll_oneoff<Subscription>>("in out nsubscriptions nevents")};
constexpr std::array unstable_functions{
    host_fn<"poll_oneoff", poll_oneoff<unstable::Subscription>>("in out nsubscriptions nevents")};

}  // namespace

const std::span<const runtime::HostFunction> poll_preview1_functions{preview1_functions};
const std::span<const runtime::HostFunction> poll_unstable_functions{unstable_functions};

}  // namespace weir::wasip1
