#include "host/wasip1/poll.hpp"

#include "host/wasip1/poll_deadline.hpp"
#include "host/wasip1/support.hpp"
#include "runtime/interrupt.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <vector>

// Waiting for time and for descriptors.

namespace weir::wasip1 {

namespace {

using host::GuestPtr;
using host::host_fn;
using Trigger = Registrations::Trigger;

/// Go needs up to 65536. One that many takes some 6 MiB of the host's memory.
constexpr uint32_t max_subscriptions = 65'536;
/// Up to so many subscriptions are handed to ppoll, which takes some 60 ns for each and 180 more: less than one epoll_pwait2 with an event (350)
/// and what registering takes where subscriptions come and go.
constexpr uint32_t max_direct_subscriptions = 4;

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

/// A call's arguments, in memory as far as they reach.
template <class Layout>
struct Call {
    Context& cx;
    std::span<const std::byte> in;
    GuestPtr<Event> out;
    uint32_t count;

    [[nodiscard]] Layout subscription(uint32_t index) const noexcept
    {
        Layout s;
        std::memcpy(&s, in.data() + size_t{index} * sizeof s, sizeof s);
        return s;
    }
};

/// Stores events one behind the other.
class EventWriter {
public:
    EventWriter(const host::GuestMemory& memory, GuestPtr<Event> out) noexcept : m_memory(memory), m_out(out) {}

    void add_clock(uint64_t userdata, Errno error) noexcept { store(userdata, EventType::clock, error, 0, {}); }
    /// `events` are those of poll(2), which epoll's are as well.
    void add_descriptor(const Interest& interest, Errno error, uint32_t events, int host_fd) noexcept
    {
        uint64_t available = 0;
        int bytes = 0;
        if (error == Errno::success && interest.type == EventType::fd_read && ::ioctl(host_fd, FIONREAD, &bytes) == 0 && bytes > 0)
            available = static_cast<uint64_t>(bytes);
        store(interest.userdata, interest.type, error, available, (events & POLLHUP) != 0 ? event_hangup : EventRwFlags{});
    }
    [[nodiscard]] uint32_t stored() const noexcept { return m_stored; }

private:
    void store(uint64_t userdata, EventType type, Errno error, uint64_t available, EventRwFlags flags) noexcept
    {
        Event event{};
        event.userdata = userdata;
        event.type = type;
        event.error = error;
        event.nbytes = FileSize{available};
        event.flags = flags;
        const uint32_t address = m_out.address + m_stored * static_cast<uint32_t>(sizeof event);
        if (m_memory.write(GuestPtr<Event>{address}, event)) ++m_stored;  // in memory: tested at first
    }

    const host::GuestMemory& m_memory;
    GuestPtr<Event> m_out;
    uint32_t m_stored = 0;
};

/// A subscription to a time.
struct ClockWait {
    uint64_t userdata;
    Errno error;         // instead of a time
    bool is_wall_clock;  // an absolute time of the realtime clock: setting the clock moves it
    uint64_t due_ns;     // on the monotonic clock, or the realtime clock for is_wall_clock
};

template <class Layout>
ClockWait to_clock_wait(const Layout& s, uint64_t started_ns) noexcept
{
    ClockWait w{s.userdata, Errno::success, false, 0};
    const auto timeout = static_cast<uint64_t>(s.clock.timeout);
    if ((s.clock.flags & ~all_subclockflags) != 0 || s.clock.id > ClockId::thread_cputime) {
        w.error = Errno::inval;
    } else if (s.clock.id > ClockId::monotonic) {
        w.error = Errno::notsup;  // these do not run while nothing runs
    } else if ((s.clock.flags & subclock_abstime) != 0) {
        w.is_wall_clock = s.clock.id == ClockId::realtime;
        w.due_ns = timeout;
    } else {  // both clocks run alike, but the realtime clock may be set meanwhile
        w.due_ns = timeout > std::numeric_limits<uint64_t>::max() - started_ns ? std::numeric_limits<uint64_t>::max()
                                                                               : started_ns + timeout;
    }
    return w;
}

void expect(PollDeadline& deadline, const ClockWait& clock) noexcept
{
    if (clock.error != Errno::success) deadline.expect_now();
    else if (clock.is_wall_clock) deadline.expect_wall(clock.due_ns);
    else deadline.expect_monotonic(clock.due_ns);
}

/// The clocks' time after waiting.
struct Now {
    uint64_t monotonic_ns, wall_ns;

    static Now read() noexcept { return {now_ns(CLOCK_MONOTONIC), now_ns(CLOCK_REALTIME)}; }
    [[nodiscard]] bool has_event(const ClockWait& clock) const noexcept
    {
        return clock.error != Errno::success || clock.due_ns <= (clock.is_wall_clock ? wall_ns : monotonic_ns);
    }
};

/// A clock among the interests of a call with registrations.
struct PlacedClock : ClockWait {
    uint32_t index;  // of the first interest behind it
};

/// Waits with what is registered from the call before.
/// @return  Empty when the kernel does not do it.
template <class Layout>
std::optional<HostResult<uint32_t>> poll_registered(const Call<Layout>& call, Trigger trigger) noexcept
try {
    Registrations& registrations = call.cx.world.files().registrations(trigger);
    PollDeadline deadline;
    std::vector<PlacedClock> clocks;
    uint64_t started_ns = 0;
    registrations.begin();
    for (uint32_t i = 0; i < call.count; ++i) {
        const Layout s = call.subscription(i);
        if (s.type > EventType::fd_write) return Errno::inval;
        if (s.type == EventType::clock) {
            if (clocks.empty()) started_ns = now_ns(CLOCK_MONOTONIC);
            clocks.push_back({to_clock_wait(s, started_ns), registrations.count()});
            expect(deadline, clocks.back());
            continue;
        }
        const Interest interest{s.userdata, s.fd, s.type};
        if (registrations.keep(interest)) [[likely]]
            continue;
        const auto file = file_for(call.cx, s.fd, right_poll_fd_readwrite);
        if (file) registrations.change(interest, (*file)->host_fd);
        else registrations.settle(interest, file.error());
    }
    if (registrations.commit() != Errno::success) return std::nullopt;
    if (const Errno e = registrations.wait(deadline); e != Errno::success)
        return e == Errno::intr ? std::optional<HostResult<uint32_t>>{e} : std::nullopt;

    EventWriter events{call.cx.memory, call.out};
    const Now now = clocks.empty() ? Now{} : Now::read();
    auto clock = clocks.begin();
    const auto store_clocks_before = [&](uint32_t index) {
        for (; clock != clocks.end() && clock->index <= index; ++clock)
            if (now.has_event(*clock)) events.add_clock(clock->userdata, clock->error);
    };
    for (const auto& ready : registrations.ready()) {
        store_clocks_before(ready.index);
        events.add_descriptor(registrations[ready.index], ready.error, ready.events, ready.host_fd);
    }
    store_clocks_before(std::numeric_limits<uint32_t>::max());
    return events.stored();
} catch (const std::bad_alloc&) {
    return Errno::nomem;
}

/// A subscription of a call without registrations.
struct DirectWait {
    EventType type;
    uint32_t poll_index;  // into the poll set; of descriptors without an error
    Errno error;          // of descriptors
    Interest interest;    // likewise
    ClockWait clock;      // of clocks
};

/// What one call waits for, handed to ppoll.
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

    /// Sleeps until something expected has come; intr when the guest is to be stopped.
    [[nodiscard]] Errno wait(const PollDeadline& deadline) noexcept
    {
        UniqueFd timer;
        uint32_t count = m_count;
        if (deadline.needs_timer()) {
            timer = deadline.create_timer();
            if (!timer) return from_host(errno);
            m_polls.span()[count++] = {timer.get(), POLLIN, 0};
        }
        for (;;) {
            timespec storage{};
            const long n = runtime::try_interruptible_syscall(
                SYS_ppoll, {runtime::to_syscall_argument(m_polls.span().data()), static_cast<long>(count),
                            runtime::to_syscall_argument(deadline.timeout(storage)), 0, 0, 0});
            if (n < 0 && (errno != EINTR || runtime::must_stop())) return from_host(errno);
            if (n > 0 || deadline.is_due()) return Errno::success;
        }
    }

private:
    static constexpr uint32_t no_index = std::numeric_limits<uint32_t>::max();
    static constexpr uint32_t direct_search_count = 16;

    GuestSizedArray<pollfd, direct_search_count + 1> m_polls;
    GuestSizedArray<uint32_t, 1> m_index_of_fd;
    uint32_t m_count = 0;
    bool m_searches_directly = true;
};

/// Waits with ppoll.
template <class Layout>
HostResult<uint32_t> poll_directly(const Call<Layout>& call) noexcept
{
    GuestSizedArray<DirectWait, 16> wait_array;
    PollSet set;
    if (!wait_array.allocate(call.count) || set.allocate(call.count, call.cx.world.files().limit()) != Errno::success)
        return Errno::nomem;
    const std::span<DirectWait> waits = wait_array.span();
    PollDeadline deadline;
    bool has_clocks = false;
    uint64_t started_ns = 0;
    for (uint32_t i = 0; i < call.count; ++i) {
        const Layout s = call.subscription(i);
        if (s.type > EventType::fd_write) return Errno::inval;
        DirectWait& w = waits[i] = {s.type, 0, Errno::success, {}, {}};
        if (s.type == EventType::clock) {
            if (!std::exchange(has_clocks, true)) started_ns = now_ns(CLOCK_MONOTONIC);
            w.clock = to_clock_wait(s, started_ns);
            expect(deadline, w.clock);
            continue;
        }
        w.interest = {s.userdata, s.fd, s.type};
        const auto file = file_for(call.cx, s.fd, right_poll_fd_readwrite);
        if (file) {
            w.poll_index = set.add(s.fd, (*file)->host_fd, s.type == EventType::fd_read ? POLLIN : POLLOUT);
        } else {
            w.error = file.error();
            deadline.expect_now();
        }
    }
    if (const Errno e = set.wait(deadline); e != Errno::success) return e;

    EventWriter events{call.cx.memory, call.out};
    const Now now = has_clocks ? Now::read() : Now{};
    for (const DirectWait& w : waits) {
        if (w.type == EventType::clock) {
            if (now.has_event(w.clock)) events.add_clock(w.clock.userdata, w.clock.error);
        } else if (w.error != Errno::success) {
            events.add_descriptor(w.interest, w.error, 0, -1);
        } else {
            const pollfd& p = set[w.poll_index];
            const auto happened = static_cast<uint32_t>(
                p.revents & ((w.type == EventType::fd_read ? POLLIN : POLLOUT) | POLLERR | POLLHUP | POLLNVAL));
            if (happened == 0) continue;
            events.add_descriptor(w.interest, (happened & POLLNVAL) != 0 ? Errno::badf : Errno::success, happened, p.fd);
        }
    }
    return events.stored();
}

/// Tests the arguments of a call.
/// @error inval   No subscriptions.   @error nomem  Too many at once.   @error fault   Subscriptions or events are not in memory.
template <class Layout>
Result<Call<Layout>, Errno> begin_call(Context& cx, GuestPtr<Layout> in, GuestPtr<Event> out, uint32_t count) noexcept
{
    if (count == 0) return Unexpected{Errno::inval};
    const auto in_bytes = cx.memory.range(in.address, uint64_t{count} * sizeof(Layout));
    if (!in_bytes || !cx.memory.range(out.address, uint64_t{count} * sizeof(Event))) return Unexpected{Errno::fault};
    if (count > max_subscriptions) return Unexpected{Errno::nomem};
    return Call<Layout>{cx, *in_bytes, out, count};
}

/// Waits until at least one subscription has its event. A subscription that cannot be waited for has one at once, with its error:
/// badf, notcapable, or of clocks inval and notsup.
/// @return        How many events were stored, in the order of their subscriptions.
/// @error inval   No subscriptions, or one of an unknown kind.   @error nomem  Too many at once.
/// @error fault   Subscriptions or events are not in memory.
/// Spec: poll_oneoff. POSIX: ppoll(2), clock_gettime(2). Linux: epoll(7).
template <class Layout>
HostResult<uint32_t> poll_oneoff(Context& cx, GuestPtr<Layout> in, GuestPtr<Event> out, uint32_t count) noexcept
{
    WEIR_TRY(call, begin_call(cx, in, out, count));
    if (count > max_direct_subscriptions)
        if (const auto answer = poll_registered(call, Trigger::level)) return *answer;
    return poll_directly(call);
}

constexpr std::array preview1_functions{
    host_fn<"poll_oneoff", poll_oneoff<Subscription>>("in[nsubscriptions] >out[nevents] nsubscriptions nevents")};
constexpr std::array unstable_functions{
    host_fn<"poll_oneoff", poll_oneoff<unstable::Subscription>>("in[nsubscriptions] >out[nevents] nsubscriptions nevents")};

}  // namespace

HostResult<uint32_t> poll_edges(Context& cx, host::GuestPtr<Subscription> in, host::GuestPtr<Event> out, uint32_t count) noexcept
{
    WEIR_TRY(call, begin_call(cx, in, out, count));
    const auto answer = poll_registered(call, Trigger::edge);
    return answer ? *answer : HostResult<uint32_t>{Errno::notsup};
}

const std::span<const runtime::HostFunction> poll_preview1_functions{preview1_functions};
const std::span<const runtime::HostFunction> poll_unstable_functions{unstable_functions};

}  // namespace weir::wasip1
