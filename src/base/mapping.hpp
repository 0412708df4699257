#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace weir {

/// Owns a range of address space made by mmap.
class Mapping {
public:
    Mapping() = default;
    Mapping(Mapping&& o) noexcept : m_data(std::exchange(o.m_data, nullptr)), m_size(std::exchange(o.m_size, 0)) {}
    Mapping& operator=(Mapping&& o) noexcept
    {
        if (this != &o) {
            unmap();
            m_data = std::exchange(o.m_data, nullptr);
            m_size = std::exchange(o.m_size, 0);
        }
        return *this;
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() { unmap(); }

    /// Inaccessible address space; nothing is committed.
    static Result<Mapping, SysError> reserve(size_t size_bytes);
    /// `protection` and `flags` as mmap(2) has them.
    static Result<Mapping, SysError> map(size_t size_bytes, int protection, int flags, int fd, size_t offset_bytes = 0);
    /// A whole file, read-only and private. An empty file gives an empty mapping.
    static Result<Mapping, SysError> map_file(int fd, const std::string& subject);

    [[nodiscard]] std::byte* data() const noexcept { return m_data; }
    [[nodiscard]] size_t size_bytes() const noexcept { return m_size; }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {m_data, m_size}; }

private:
    Mapping(std::byte* data, size_t size) noexcept : m_data(data), m_size(size) {}
    void unmap() noexcept;

    std::byte* m_data = nullptr;
    size_t m_size = 0;
};

}  // namespace weir
