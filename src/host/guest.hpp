#pragma once

#include "runtime/instance.hpp"
#include "runtime/memory.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace weir::host {

/// An address in guest memory of a T that the guest chose: any 32 bits. Alignment is not demanded: all access is by copying.
template <class T>
struct GuestPtr {
    uint32_t address = 0;
};

/// A guest's address and count of T.
template <class T>
struct GuestSpan {
    uint32_t address = 0;
    uint32_t count = 0;
};

/// The memory that a host function works on. Ranges are tested in one place, `range`; what is read is copied out once, before it is
/// looked at. No host pointer into it is kept beyond a call that may grow or re-enter.
class GuestMemory {
public:
    explicit GuestMemory(runtime::Memory* memory) : m_memory(memory) {}

    /// The bytes [address, address + size), if all lie in memory. Size 0 is fine up to one past the end.
    [[nodiscard]] std::optional<std::span<std::byte>> range(uint64_t address, uint64_t size_bytes) const noexcept
    {
        if (m_memory == nullptr || !m_memory->contains(address, size_bytes)) return std::nullopt;
        return std::span{m_memory->base + address, static_cast<size_t>(size_bytes)};
    }

    template <class T>
    [[nodiscard]] std::optional<T> read(GuestPtr<T> at) const noexcept
    {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto bytes = range(at.address, sizeof(T));
        if (!bytes) return std::nullopt;
        T value;
        std::memcpy(&value, bytes->data(), sizeof value);
        return value;
    }
    template <class T>
    [[nodiscard]] bool write(GuestPtr<T> at, const T& value) const noexcept
    {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto bytes = range(at.address, sizeof(T));
        if (!bytes) return false;
        std::memcpy(bytes->data(), &value, sizeof value);
        return true;
    }
    template <class T>
    [[nodiscard]] std::optional<std::span<std::byte>> range(GuestSpan<T> span) const noexcept
    {
        return range(span.address, uint64_t{span.count} * sizeof(T));
    }

private:
    runtime::Memory* m_memory;
};

}  // namespace weir::host
