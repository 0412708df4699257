#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

/// Owns bytes that are zero at first. Where there are many, those that nobody touches cost no memory: the C library's calloc() writes
/// zeros over what it uses again.
class ZeroedMemory {
public:
    ZeroedMemory() = default;
    /// Empty where the system refuses, or for no bytes. Aligned for any type.
    explicit ZeroedMemory(size_t size_bytes) noexcept;
    ZeroedMemory(ZeroedMemory&& o) noexcept;
    ZeroedMemory& operator=(ZeroedMemory&& o) noexcept;
    ZeroedMemory(const ZeroedMemory&) = delete;
    ZeroedMemory& operator=(const ZeroedMemory&) = delete;
    ~ZeroedMemory();

    /// The bytes stay what they are, perhaps at another place; those that are added are zero. False where the system refuses: nothing changed.
    [[nodiscard]] bool grow(size_t size_bytes) noexcept;
    [[nodiscard]] std::byte* data() const noexcept { return m_data; }
    [[nodiscard]] size_t size_bytes() const noexcept { return m_size; }

private:
    std::byte* m_data = nullptr;
    size_t m_size = 0;
};

}  // namespace weir
