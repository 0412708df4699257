#include "host/wasip1/fd_table.hpp"

#include <algorithm>
#include <new>

namespace weir::wasip1 {

std::optional<Fd> FdTable::add(std::unique_ptr<OpenFile> file) noexcept
{
    if (m_open >= m_limit) return std::nullopt;
    uint32_t i = m_lowest_free;
    while (i < m_files.size() && m_files[i]) ++i;
    if (i == m_files.size()) {
        try {
            m_files.emplace_back();
        } catch (const std::bad_alloc&) {
            return std::nullopt;
        }
    }
    m_files[i] = std::move(file);
    m_lowest_free = i + 1;
    ++m_open;
    return static_cast<Fd>(i);
}

std::unique_ptr<OpenFile> FdTable::take(Fd fd) noexcept
{
    if (find(fd) == nullptr) return nullptr;
    forget_registration(fd);
    const auto i = static_cast<uint32_t>(fd);
    m_lowest_free = std::min(m_lowest_free, i);
    --m_open;
    return std::move(m_files[i]);
}

bool FdTable::renumber(Fd from, Fd to) noexcept
{
    if (find(from) == nullptr || find(to) == nullptr) return false;
    if (from == to) return true;
    forget_registration(from);
    forget_registration(to);
    m_files[static_cast<uint32_t>(to)] = std::move(m_files[static_cast<uint32_t>(from)]);
    m_lowest_free = std::min(m_lowest_free, static_cast<uint32_t>(from));
    --m_open;
    return true;
}

}  // namespace weir::wasip1
