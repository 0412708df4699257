#pragma once

#include "base/mapping.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace weir::runtime {

/// Address space for one guard-mode memory: [front guard | memory and what lies behind it]. Bytes up to `accessible_bytes` behind the
/// front guard are readable, writable and zero; all others fault.
struct MemorySlot {
    Mapping reservation;
    uint64_t accessible_bytes = 0;  // a multiple of the host's page size
};

/// Slots of memories that ended, for those that come: no mapping is made or given up, and one of the usual size is ready as it
/// is. reset() is the only way back in, so nothing of one guest reaches another. Thread-safe.
class MemoryPool {
public:
    /// Keeps at most `max_idle` slots; what comes beyond is unmapped.
    explicit MemoryPool(size_t max_idle) : m_max_idle(max_idle) {}

    /// A slot, preferably one with just `accessible_bytes`; the caller adapts another's protection.
    Result<MemorySlot, SysError> take(uint64_t accessible_bytes);
    /// Resets and keeps a slot.
    void give_back(MemorySlot slot) noexcept;
    [[nodiscard]] size_t idle_count() const;

private:
    static bool reset(MemorySlot& slot) noexcept;

    const size_t m_max_idle;
    mutable std::mutex m_mutex;  // guards m_idle
    std::vector<MemorySlot> m_idle;
};

}  // namespace weir::runtime
