#include "runtime/memory_image.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace weir::runtime {

bool MemoryImage::Writer::write(size_t offset, std::span<const std::byte> bytes) noexcept
{
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(m_file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<size_t>(n));
        offset += static_cast<size_t>(n);
    }
    return true;
}

Result<std::shared_ptr<const MemoryImage>, SysError> MemoryImage::create(std::span<const std::byte> bytes)
{
    return create(bytes.size(), [&](Writer& to) { return to.write(0, bytes); });
}

Result<std::shared_ptr<const MemoryImage>, SysError> MemoryImage::create(size_t size_bytes,
                                                                         const std::function<bool(Writer&)>& fill)
{
    UniqueFd file{::memfd_create("weir-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!file) return Unexpected{last_error("memfd_create")};
    if (::ftruncate(file.get(), static_cast<off_t>(size_bytes)) != 0) return Unexpected{last_error("ftruncate", "a memory image")};
    Writer writer{file.get()};
    if (!fill(writer)) return Unexpected{last_error("pwrite", "a memory image")};
    // Nobody shall change what all instances share, not even by mistake.
    if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return Unexpected{last_error("fcntl", "a memory image")};
    WEIR_TRY(content, Mapping::map(size_bytes, PROT_READ, MAP_PRIVATE, file.get()));
    return std::shared_ptr<const MemoryImage>{new MemoryImage{std::move(file), std::move(content)}};
}

bool MemoryImage::map_at(std::byte* address) const noexcept
{
    return ::mmap(address, size_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, m_file.get(), 0) !=
           MAP_FAILED;
}

}  // namespace weir::runtime
