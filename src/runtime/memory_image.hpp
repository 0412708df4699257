#pragma once

#include "base/mapping.hpp"
#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace weir::runtime {

/// The first bytes of a module's memory as its data segments make them, or of an instance's as they once were, in a file without a name that
/// instances map and so share until they write. Immutable.
class MemoryImage {
public:
    /// Where an image's bytes come from.
    class Writer {
    public:
        explicit Writer(int file) : m_file(file) {}
        /// False when the system refuses; errno says why.
        [[nodiscard]] bool write(size_t offset, std::span<const std::byte> bytes) noexcept;

    private:
        int m_file;
    };
    /// Of `size_bytes`, a multiple of the host's page size: zeros, and what `fill` writes over them. It answers whether it has.
    static Result<std::shared_ptr<const MemoryImage>, SysError> create(size_t size_bytes, const std::function<bool(Writer&)>& fill);
    /// A copy of `bytes`, whose size is a multiple of the host's page size.
    static Result<std::shared_ptr<const MemoryImage>, SysError> create(std::span<const std::byte> bytes);

    [[nodiscard]] size_t size_bytes() const { return m_content.size_bytes(); }
    [[nodiscard]] std::span<const std::byte> bytes() const { return m_content.bytes(); }
    /// Maps the image at an address, in place of what is there. False when the system refuses.
    [[nodiscard]] bool map_at(std::byte* address) const noexcept;

private:
    MemoryImage(UniqueFd file, Mapping content) : m_file(std::move(file)), m_content(std::move(content)) {}
    UniqueFd m_file;
    Mapping m_content;
};

}  // namespace weir::runtime
