#include "base/mapping.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

namespace weir {

Result<Mapping, SysError> Mapping::reserve(size_t size_bytes)
{
    return map(size_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

Result<Mapping, SysError> Mapping::map(size_t size_bytes, int protection, int flags, int fd, size_t offset_bytes)
{
    void* const p = ::mmap(nullptr, size_bytes, protection, flags, fd, static_cast<off_t>(offset_bytes));
    if (p == MAP_FAILED) return Unexpected{last_error("mmap")};
    return Mapping{static_cast<std::byte*>(p), size_bytes};
}

Result<Mapping, SysError> Mapping::map_file(int fd, const std::string& subject)
{
    struct stat status{};
    if (::fstat(fd, &status) != 0) return Unexpected{last_error("fstat", subject)};
    if (status.st_size == 0) return Mapping{};
    void* const p = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) return Unexpected{last_error("mmap", subject)};
    return Mapping{static_cast<std::byte*>(p), static_cast<size_t>(status.st_size)};
}

void Mapping::unmap() noexcept
{
    if (m_data != nullptr) ::munmap(m_data, m_size);
    m_data = nullptr;
    m_size = 0;
}

}  // namespace weir
