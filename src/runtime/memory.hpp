#pragma once

#include "base/result.hpp"
#include "runtime/contract.hpp"
#include "runtime/memory_image.hpp"
#include "runtime/memory_pool.hpp"
#include "wasm/types.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

namespace weir::runtime {

/// A linear memory. Never moves: its largest size is reserved, behind an inaccessible front guard. Growth is thread-safe.
/// Standard: Core 3.0, 4.2.9 "Memory Instances".
class Memory : public MemoryHeader {
public:
    /// `mode` guard needs a 32-bit address type and 64 KiB pages. `limit_bytes` bounds growth beyond the type's own maximum. Guard-mode
    /// memories take their address space from `pool`, which must outlive them.
    static Result<std::unique_ptr<Memory>, SysError> create(const wasm::MemoryType& type, MemoryMode mode, uint64_t limit_bytes,
                                                            MemoryPool& pool);
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    /// The type with the current size as minimum, for import matching.
    [[nodiscard]] wasm::MemoryType type() const;
    [[nodiscard]] MemoryMode mode() const { return m_mode; }
    [[nodiscard]] uint64_t pages() const { return size_bytes.load(std::memory_order_acquire) >> m_type.page_size_log2; }
    [[nodiscard]] std::span<std::byte> bytes() const { return {base, size_bytes.load(std::memory_order_acquire)}; }
    /// The old size in pages; ~0 when the type, the limit or the system refuses.
    uint64_t grow(uint64_t delta_pages) noexcept;
    /// From here on, and after each reset, the first bytes are the image's. They must be so already. Not for shared memories. False when the system
    /// refuses.
    bool use_image(std::shared_ptr<const MemoryImage> image) noexcept;
    /// From here on, and after each reset, its bytes are what they are now: they become an image of its own. Not for shared memories, nor for small
    /// pages. False when the system refuses; then it is as it was, or of no use when a reset fails.
    bool make_image() noexcept;
    /// Makes all bytes zero, or the image's, and the size `bytes`, which it had before; not while somebody uses it. False when the system refuses.
    bool reset(uint64_t bytes) noexcept;
    /// Whether [address, address + n) lies inside.
    [[nodiscard]] bool contains(uint64_t address, uint64_t n) const
    {
        const uint64_t size = size_bytes.load(std::memory_order_acquire);
        return n <= size && address <= size - n;
    }

    /// Whether the address lies in some memory's reservation, guards included. Async-signal-safe.
    static bool is_in_reservation(uintptr_t address) noexcept;

private:
    explicit Memory(MemoryPool& pool) : m_pool(pool) {}
    /// Makes just the first `bytes`, a multiple of the host's page size, accessible. False when the system refuses.
    bool make_accessible(uint64_t bytes) noexcept;
    /// Makes the pages that were written what they were, and keeps them. False: that is not possible, or not wanted this time.
    bool restore_written_pages() noexcept;

    MemoryPool& m_pool;
    bool m_is_registered = false;
    wasm::MemoryType m_type;
    MemoryMode m_mode = MemoryMode::checked;
    MemorySlot m_slot;
    uint64_t m_capacity_bytes = 0;
    std::shared_ptr<const MemoryImage> m_image;
    uint32_t m_resets = 0;
    std::mutex m_grow_mutex;  // guards growth: m_slot.accessible_bytes and the writes of size_bytes
};

}  // namespace weir::runtime
