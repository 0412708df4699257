#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

namespace weir::fastly {

/// Objects that a guest knows by number: from 0 on, one more each time, never the same again. What is kept is bounded by the objects
/// there are at a time.
template <class Handle, class T>
class HandleTable {
public:
    explicit HandleTable(uint32_t limit) : m_limit(limit) {}

    /// Empty when the guest has too many, or has used up the numbers.
    [[nodiscard]] std::optional<Handle> add(T object)
    {
        constexpr uint32_t last = 0xffff'fff0;
        if (m_objects.size() >= m_limit || m_next >= last) return std::nullopt;
        m_objects.emplace(m_next, std::move(object));
        return Handle{m_next++};
    }
    /// Null for a number that stands for nothing. Stays valid until the object is taken.
    [[nodiscard]] T* find(Handle handle) noexcept
    {
        const auto found = m_objects.find(static_cast<uint32_t>(handle));
        return found == m_objects.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::optional<T> take(Handle handle) noexcept
    {
        const auto found = m_objects.find(static_cast<uint32_t>(handle));
        if (found == m_objects.end()) return std::nullopt;
        std::optional<T> object{std::move(found->second)};
        m_objects.erase(found);
        return object;
    }

private:
    uint32_t m_limit;
    uint32_t m_next = 0;
    std::unordered_map<uint32_t, T> m_objects;
};

}  // namespace weir::fastly
