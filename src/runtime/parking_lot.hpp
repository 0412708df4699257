#pragma once

#include <atomic>
#include <cstdint>

namespace weir::runtime {

/// What memory.atomic.wait answers, and `interrupted`, which no guest sees: it is being stopped. Threads proposal.
enum class ParkResult : uint32_t { woken, not_equal, timed_out, interrupted };

/// Sleeps while *address == expected until unparked. A negative timeout is for ever. Thread-safe; wakes for unpark alone, or when the guest
/// is to be stopped.
ParkResult park(const std::atomic<uint32_t>* address, uint32_t expected, int64_t timeout_ns) noexcept;
ParkResult park(const std::atomic<uint64_t>* address, uint64_t expected, int64_t timeout_ns) noexcept;
/// Wakes at most `count` sleepers of the address, longest first; answers how many.
uint32_t unpark(const void* address, uint32_t count) noexcept;

}  // namespace weir::runtime
