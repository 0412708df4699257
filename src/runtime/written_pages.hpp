#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::runtime {

inline constexpr size_t host_page_bytes = 4096;

namespace detail {
/// The kernel's entries of as many pages from `address` on. False when it does not tell: no /proc, say.
[[nodiscard]] bool read_page_entries(const std::byte* address, std::span<uint64_t> entries) noexcept;

/// Whether a page is this process's own: it is in memory or swapped out, and no file's. https://docs.kernel.org/admin-guide/mm/pagemap.html
constexpr bool is_own_page(uint64_t entry)
{
    constexpr uint64_t is_present = uint64_t{1} << 63, is_swapped = uint64_t{1} << 62, is_of_file = uint64_t{1} << 61;
    return (entry & (is_present | is_swapped)) != 0 && (entry & is_of_file) == 0;
}
}  // namespace detail

/// Calls `visit`, with a span, for each run of pages of a private mapping that has been written to since it was made or given back to the
/// kernel, in ascending order; for some more that were read, too. All that are not visited hold what the mapping began with: zeros, or
/// a file's bytes. `mapping` is whole pages. `visit` answers whether to go on. False when the system does not tell; maybe after some visits.
template <class Visit>
[[nodiscard]] bool visit_written_pages(std::span<std::byte> mapping, Visit visit)
{
    constexpr size_t pages_at_once = 1024;
    std::array<uint64_t, pages_at_once> entries;
    while (!mapping.empty()) {
        const auto some = std::span{entries}.first(std::min(pages_at_once, mapping.size() / host_page_bytes));
        if (!detail::read_page_entries(mapping.data(), some)) return false;
        for (size_t i = 0; i < some.size();) {
            size_t end = i;
            while (end < some.size() && detail::is_own_page(some[end])) ++end;
            if (end != i && !visit(mapping.subspan(i * host_page_bytes, (end - i) * host_page_bytes))) return true;
            i = end + 1;
        }
        mapping = mapping.subspan(some.size() * host_page_bytes);
    }
    return true;
}

}  // namespace weir::runtime
