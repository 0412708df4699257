#include "base/pages.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace weir {

void make_pages(void* begin, size_t bytes) noexcept
{
    // A page that is there in part belongs to others, too: they have made it or will.
    constexpr uintptr_t page_bytes = 4096;
    const auto first = reinterpret_cast<uintptr_t>(begin);
    const uintptr_t skipped = -first % page_bytes;
    const uintptr_t end = (first + bytes) / page_bytes * page_bytes;
    if (end > first + skipped) ::madvise(static_cast<std::byte*>(begin) + skipped, end - (first + skipped), MADV_POPULATE_WRITE);
}

}  // namespace weir
