#include "runtime/parking_lot.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

namespace weir::runtime {

namespace {

struct Sleeper {
    const void* address;
    bool is_woken = false;
    std::condition_variable wake;
};

// One lot for the process: waits are rare and long beside the lock.
std::mutex lot_mutex;
std::list<Sleeper*>& lot()
{
    static std::list<Sleeper*> sleepers;
    return sleepers;
}

template <class T>
ParkResult park_on(const std::atomic<T>* address, T expected, int64_t timeout_ns) noexcept
{
    std::unique_lock lock{lot_mutex};
    // Compared under the lock: a notify after the compare finds this sleeper in the lot.
    if (address->load(std::memory_order_seq_cst) != expected) return ParkResult::not_equal;
    Sleeper self{address, false, {}};
    lot().push_back(&self);
    const auto woken = [&] { return self.is_woken; };
    if (timeout_ns < 0) {
        self.wake.wait(lock, woken);
    } else {
        // Far deadlines would overflow the clock; a century is for ever.
        const auto timeout =
            std::min(std::chrono::nanoseconds{timeout_ns}, std::chrono::nanoseconds{std::chrono::hours{24 * 365 * 100}});
        self.wake.wait_until(lock, std::chrono::steady_clock::now() + timeout, woken);
    }
    if (self.is_woken) return ParkResult::woken;
    lot().remove(&self);
    return ParkResult::timed_out;
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
    const std::scoped_lock lock{lot_mutex};
    uint32_t woken = 0;
    auto& sleepers = lot();
    for (auto it = sleepers.begin(); it != sleepers.end() && woken < count;) {
        if ((*it)->address != address) {
            ++it;
            continue;
        }
        (*it)->is_woken = true;
        (*it)->wake.notify_one();
        it = sleepers.erase(it);
        ++woken;
    }
    return woken;
}

}  // namespace weir::runtime
