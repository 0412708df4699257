#include "runtime/memory_image.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace weir::runtime {

Result<std::shared_ptr<const MemoryImage>, SysError> MemoryImage::create(std::span<const std::byte> bytes)
{
    UniqueFd file{::memfd_create("weir-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!file) return Unexpected{last_error("memfd_create")};
    for (size_t done = 0; done < bytes.size();) {
        const ssize_t n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno != EINTR) return Unexpected{last_error("write", "a memory image")};
        if (n > 0) done += static_cast<size_t>(n);
    }
    // Nobody shall change what all instances share, not even by mistake.
    if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return Unexpected{last_error("fcntl", "a memory image")};
    WEIR_TRY(content, Mapping::map(bytes.size(), PROT_READ, MAP_PRIVATE, file.get()));
    return std::shared_ptr<const MemoryImage>{new MemoryImage{std::move(file), std::move(content)}};
}

bool MemoryImage::map_at(std::byte* address) const noexcept
{
    return ::mmap(address, size_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, m_file.get(), 0) !=
           MAP_FAILED;
}

}  // namespace weir::runtime
