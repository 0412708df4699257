#include "host/fastly/wasi.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>

namespace weir::fastly {

namespace {

using Context = host::Context<WasiWaits>;
template <class T>
using Answer = host::HostResult<T, wasip1::Errno>;
using host::GuestPtr;
using host::host_fn;
using wasip1::Errno;
using wasip1::EventType;

constexpr uint32_t max_subscriptions = 65'536, file_count = 3;

uint64_t now_ns(wasip1::ClockId clock)
{
    using namespace std::chrono;
    const auto since = clock == wasip1::ClockId::realtime ? duration_cast<nanoseconds>(system_clock::now().time_since_epoch())
                                                          : duration_cast<nanoseconds>(steady_clock::now().time_since_epoch());
    return static_cast<uint64_t>(since.count());
}

template <class Layout>
struct Wait {
    Layout subscription{};
    Errno error = Errno::success;  // known before waiting
    Clock::time_point due{};       // of clocks; those of files are there at once
};

template <class Layout>
Wait<Layout> to_wait(const Layout& s, Clock::time_point now)
{
    Wait<Layout> wait{.subscription = s, .due = now};
    if (s.type != EventType::clock) {
        if (static_cast<uint32_t>(s.fd) >= file_count) wait.error = Errno::badf;
        return wait;
    }
    if ((s.clock.flags & ~wasip1::all_subclockflags) != 0 || s.clock.id > wasip1::ClockId::thread_cputime) {
        wait.error = Errno::inval;
    } else if (s.clock.id > wasip1::ClockId::monotonic) {
        wait.error = Errno::notsup;  // these do not run while nothing runs
    } else {
        auto delay_ns = static_cast<uint64_t>(s.clock.timeout);
        if ((s.clock.flags & wasip1::subclock_abstime) != 0) {
            const uint64_t clock_ns = now_ns(s.clock.id);
            delay_ns = delay_ns > clock_ns ? delay_ns - clock_ns : 0;
        }
        constexpr uint64_t longest_ns = uint64_t{1} << 60;  // 36 years
        wait.due = now + std::chrono::nanoseconds{std::min(delay_ns, longest_ns)};
    }
    return wait;
}

/// Waits until a subscription has its event. Spec: poll_oneoff; its errors are those of wasip1's.
template <class Layout>
Answer<uint32_t> poll_oneoff(Context& cx, GuestPtr<Layout> in, GuestPtr<wasip1::Event> out, uint32_t count) noexcept
try {
    if (count == 0) return Errno::inval;
    if (count > max_subscriptions) return Errno::nomem;
    if (!cx.memory.range(in.address, uint64_t{count} * sizeof(Layout)) ||
        !cx.memory.range(out.address, uint64_t{count} * sizeof(wasip1::Event)))
        return Errno::fault;
    const auto started = Clock::now();
    auto earliest = Clock::time_point::max();
    std::vector<Wait<Layout>> waits;
    for (uint32_t i = 0; i < count; ++i) {
        const auto subscription = cx.memory.read(GuestPtr<Layout>{in.address + i * static_cast<uint32_t>(sizeof(Layout))});
        if (!subscription) return Errno::fault;
        if (subscription->type > EventType::fd_write) return Errno::inval;
        waits.push_back(to_wait(*subscription, started));
        earliest = std::min(earliest, waits.back().due);
    }
    while (Clock::now() < earliest)
        if (!cx.world.scheduler.wait(cx.call, earliest)) return Errno::intr;
    const auto now = Clock::now();
    uint32_t stored = 0;
    for (const Wait<Layout>& wait : waits) {
        if (wait.due > now) continue;
        wasip1::Event event{};
        event.userdata = wait.subscription.userdata;
        event.type = wait.subscription.type;
        event.error = wait.error;
        const uint32_t address = out.address + stored * static_cast<uint32_t>(sizeof event);
        if (!cx.memory.write(GuestPtr<wasip1::Event>{address}, event)) return Errno::fault;
        ++stored;
    }
    return stored;
} catch (const std::exception&) {
    return Errno::nomem;
}

/// Lets others run. Spec: sched_yield.
Answer<std::monostate> sched_yield(Context& cx) noexcept
{
    cx.world.scheduler.wake();
    if (!cx.world.scheduler.wait(cx.call, Clock::now())) return Errno::intr;
    return std::monostate{};
}

constexpr std::array preview1{
    host_fn<"poll_oneoff", poll_oneoff<wasip1::Subscription>>("in[nsubscriptions] >out[nevents] nsubscriptions nevents"),
    host_fn<"sched_yield", sched_yield>(""),
};
constexpr std::array unstable{
    host_fn<"poll_oneoff", poll_oneoff<wasip1::unstable::Subscription>>("in[nsubscriptions] >out[nevents] nsubscriptions nevents"),
    host_fn<"sched_yield", sched_yield>(""),
};

}  // namespace

const std::span<const runtime::HostFunction> wasi_wait_preview1_functions{preview1};
const std::span<const runtime::HostFunction> wasi_wait_unstable_functions{unstable};

}  // namespace weir::fastly
