#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::runtime {

/// Address ranges that signal handlers look things up in: written under a lock, read without one. `T` must outlive its entry.
template <class T, size_t capacity = 16384>
class RangeRegistry {
public:
    /// False when full.
    bool add(uintptr_t begin, uintptr_t end, T* value) noexcept
    {
        for (size_t i = 0; i < capacity; ++i) {
            Entry& e = m_entries[i];
            T* expected = nullptr;
            if (e.value.load(std::memory_order_relaxed) != nullptr || !e.value.compare_exchange_strong(expected, value)) continue;
            e.end.store(end, std::memory_order_relaxed);
            e.begin.store(begin, std::memory_order_release);
            size_t used = m_used.load(std::memory_order_relaxed);
            while (used < i + 1 && !m_used.compare_exchange_weak(used, i + 1)) {
            }
            return true;
        }
        return false;
    }
    void remove(T* value) noexcept
    {
        const size_t used = m_used.load(std::memory_order_acquire);
        for (size_t i = 0; i < used; ++i) {
            Entry& e = m_entries[i];
            if (e.value.load(std::memory_order_relaxed) != value) continue;
            e.begin.store(0, std::memory_order_relaxed);
            e.end.store(0, std::memory_order_relaxed);
            e.value.store(nullptr, std::memory_order_release);
            return;
        }
    }
    [[nodiscard]] T* find(uintptr_t address) const noexcept
    {
        const size_t used = m_used.load(std::memory_order_acquire);
        for (size_t i = 0; i < used; ++i) {
            const Entry& e = m_entries[i];
            const uintptr_t begin = e.begin.load(std::memory_order_acquire);
            if (begin != 0 && address >= begin && address < e.end.load(std::memory_order_relaxed)) return e.value.load(std::memory_order_relaxed);
        }
        return nullptr;
    }

private:
    struct Entry {
        std::atomic<uintptr_t> begin{0}, end{0};
        std::atomic<T*> value{nullptr};
    };
    std::array<Entry, capacity> m_entries{};
    std::atomic<size_t> m_used{0};
};

}  // namespace weir::runtime
