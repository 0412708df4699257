#include "runtime/parking_lot.hpp"

#include "runtime/interrupt.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <mutex>

namespace weir::runtime {

namespace {

/// A thread that waits, on its own stack. It sleeps on a word of its own, by a system call that an interruption ends: a condition variable
/// would sleep on.
struct Sleeper {
    const void* address;
    std::atomic<uint32_t> is_woken{0};
    Sleeper* before = nullptr;
    Sleeper* after = nullptr;
};
static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));

/// Sleepers in the order of their coming. One lot for the process: waits are rare and long beside the lock.
struct Lot {
    std::mutex mutex;
    Sleeper* first = nullptr;
    Sleeper* last = nullptr;

    void add(Sleeper& s) noexcept
    {
        s.before = last;
        (last != nullptr ? last->after : first) = &s;
        last = &s;
    }
    void remove(Sleeper& s) noexcept
    {
        (s.before != nullptr ? s.before->after : first) = s.after;
        (s.after != nullptr ? s.after->before : last) = s.before;
    }
};
constinit Lot lot;

/// Until woken, interrupted or, when there is one, the deadline. Also without reason.
int sleep_on(std::atomic<uint32_t>& word, const timespec* deadline) noexcept
{
    const std::array<long, 6> arguments{to_syscall_argument(&word),
                                        FUTEX_WAIT_BITSET_PRIVATE,
                                        0,
                                        to_syscall_argument(deadline),
                                        0,
                                        static_cast<long>(FUTEX_BITSET_MATCH_ANY)};
    return try_interruptible_syscall(SYS_futex, arguments) == 0 ? 0 : errno;
}

timespec deadline_after(int64_t timeout_ns) noexcept
{
    constexpr int64_t second_ns = 1'000'000'000;
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    const int64_t ns = t.tv_nsec + timeout_ns % second_ns;
    return {.tv_sec = t.tv_sec + timeout_ns / second_ns + ns / second_ns, .tv_nsec = ns % second_ns};
}

template <class T>
ParkResult park_on(const std::atomic<T>* address, T expected, int64_t timeout_ns) noexcept
{
    const timespec deadline = timeout_ns < 0 ? timespec{} : deadline_after(timeout_ns);
    Sleeper self{address};
    {
        const std::scoped_lock lock{lot.mutex};
        // Compared under the lock: a notify after the compare finds this sleeper in the lot.
        if (address->load(std::memory_order_seq_cst) != expected) return ParkResult::not_equal;
        lot.add(self);
    }
    auto gives_up_as = ParkResult::woken;
    while (gives_up_as == ParkResult::woken && self.is_woken.load(std::memory_order_acquire) == 0) {
        const int error = sleep_on(self.is_woken, timeout_ns < 0 ? nullptr : &deadline);
        if (error == ETIMEDOUT) gives_up_as = ParkResult::timed_out;
        else if (error == EINTR && must_stop()) gives_up_as = ParkResult::interrupted;
    }
    // Also when woken: who wakes a sleeper holds the lock for as long as it touches it.
    const std::scoped_lock lock{lot.mutex};
    if (self.is_woken.load(std::memory_order_relaxed) != 0) return ParkResult::woken;
    lot.remove(self);
    return gives_up_as;
}

}  // namespace

ParkResult park(const std::atomic<uint32_t>* address, uint32_t expected, int64_t timeout_ns) noexcept
{
    return park_on(address, expected, timeout_ns);
}
ParkResult park(const std::atomic<uint64_t>* address, uint64_t expected, int64_t timeout_ns) noexcept
{
    return park_on(address, expected, timeout_ns);
}

uint32_t unpark(const void* address, uint32_t count) noexcept
{
    const std::scoped_lock lock{lot.mutex};
    uint32_t woken = 0;
    for (Sleeper* s = lot.first; s != nullptr && woken < count;) {
        Sleeper& sleeper = *s;
        s = s->after;
        if (sleeper.address != address) continue;
        lot.remove(sleeper);
        sleeper.is_woken.store(1, std::memory_order_release);
        ::syscall(SYS_futex, &sleeper.is_woken, FUTEX_WAKE_PRIVATE, 1);
        ++woken;
    }
    return woken;
}

}  // namespace weir::runtime
