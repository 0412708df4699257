#include "runtime/written_pages.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace weir::runtime::detail {

bool read_page_entries(const std::byte* address, std::span<uint64_t> entries) noexcept
{
    // Of this process's memory for as long as it runs: a child that goes on without exec would read its parent's, and has no guests.
    static const int pagemap = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    const auto offset = static_cast<off_t>(reinterpret_cast<uintptr_t>(address) / host_page_bytes * sizeof(uint64_t));
    return pagemap >= 0 &&
           ::pread(pagemap, entries.data(), entries.size_bytes(), offset) == static_cast<ssize_t>(entries.size_bytes());
}

}  // namespace weir::runtime::detail
