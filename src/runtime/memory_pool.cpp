#include "runtime/memory_pool.hpp"

#include "runtime/contract.hpp"

#include <sys/mman.h>

#include <algorithm>

namespace weir::runtime {

namespace {
// A memory that grew far leaves page tables and a large accessible range behind; unmapping is then cheaper than keeping.
constexpr uint64_t max_kept_accessible_bytes = uint64_t{64} << 20;
}  // namespace

Result<MemorySlot, SysError> MemoryPool::take(uint64_t accessible_bytes)
{
    {
        const std::scoped_lock lock{m_mutex};
        if (!m_idle.empty()) {
            // From the back: the slot used last is the one whose page tables are still in the processor's caches.
            const auto same = std::find_if(m_idle.rbegin(), m_idle.rend(),
                                           [&](const MemorySlot& s) { return s.accessible_bytes == accessible_bytes; });
            if (same != m_idle.rend()) std::swap(*same, m_idle.back());
            MemorySlot slot = std::move(m_idle.back());
            m_idle.pop_back();
            return slot;
        }
    }
    WEIR_TRY(reservation, Mapping::reserve(front_guard_bytes + guard_reservation_bytes));
    return MemorySlot{std::move(reservation), 0};
}

void MemoryPool::give_back(MemorySlot slot) noexcept
{
    if (m_max_idle == 0 || !reset(slot)) return;
    const std::scoped_lock lock{m_mutex};
    if (m_idle.capacity() == 0) {
        try {
            m_idle.reserve(m_max_idle);
        } catch (const std::bad_alloc&) {
            return;
        }
    }
    if (m_idle.size() < m_max_idle) m_idle.push_back(std::move(slot));
}

size_t MemoryPool::idle_count() const
{
    const std::scoped_lock lock{m_mutex};
    return m_idle.size();
}

bool MemoryPool::reset(MemorySlot& slot) noexcept
{
    if (slot.accessible_bytes > max_kept_accessible_bytes) return false;
    // Private anonymous pages read as zero after MADV_DONTNEED; the kernel frees just those that were touched.
    return slot.accessible_bytes == 0 ||
           ::madvise(slot.reservation.data() + front_guard_bytes, slot.accessible_bytes, MADV_DONTNEED) == 0;
}

}  // namespace weir::runtime
