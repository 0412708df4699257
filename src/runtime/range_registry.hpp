#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::runtime {

/// Address ranges that signal handlers look things up in: written by any thread, read without a lock. `T` must outlive its entry.
/// A reader that looks for a range which stays registered meanwhile finds it, whatever others add and remove beside it.
template <class T, size_t capacity = 16384>
class RangeRegistry {
public:
    /// False when full.
    bool add(uintptr_t begin, uintptr_t end, T* value) noexcept
    {
        for (size_t i = m_first_free_hint.load(std::memory_order_relaxed); i < capacity; ++i)
            if (try_take(i, begin, end, value)) return true;
        // The hint only saves time: a slot below it may have become free meanwhile.
        for (size_t i = 0; i < capacity; ++i)
            if (try_take(i, begin, end, value)) return true;
        return false;
    }
    void remove(T* value) noexcept
    {
        const size_t used = m_used.load(std::memory_order_acquire);
        for (size_t i = 0; i < used; ++i) {
            Entry& e = m_entries[i];
            if (e.value.load(std::memory_order_relaxed) != value) continue;
            e.begin_change();
            e.begin.store(0, std::memory_order_relaxed);
            e.end.store(0, std::memory_order_relaxed);
            e.end_change();
            e.value.store(nullptr, std::memory_order_release);
            size_t hint = m_first_free_hint.load(std::memory_order_relaxed);
            while (i < hint && !m_first_free_hint.compare_exchange_weak(hint, i)) {}
            return;
        }
    }
    /// Async-signal-safe.
    [[nodiscard]] T* find(uintptr_t address) const noexcept
    {
        const size_t used = m_used.load(std::memory_order_acquire);
        for (size_t i = 0; i < used; ++i) {
            const Entry& e = m_entries[i];
            // An entry that changes while it is read is another's: the one looked for stays.
            const uint32_t version = e.version.load(std::memory_order_acquire);
            if ((version & 1U) != 0) continue;
            const uintptr_t begin = e.begin.load(std::memory_order_acquire);
            const uintptr_t end = e.end.load(std::memory_order_acquire);
            T* const value = e.value.load(std::memory_order_acquire);
            if (e.version.load(std::memory_order_relaxed) == version && address >= begin && address < end) return value;
        }
        return nullptr;
    }

private:
    struct Entry {
        std::atomic<uint32_t> version{0};  // odd while begin and end change
        std::atomic<uintptr_t> begin{0}, end{0};
        std::atomic<T*> value{nullptr};  // null: free

        void begin_change() noexcept
        {
            version.fetch_add(1, std::memory_order_relaxed);
            std::atomic_thread_fence(std::memory_order_release);
        }
        void end_change() noexcept { version.fetch_add(1, std::memory_order_release); }
    };
    bool try_take(size_t i, uintptr_t begin, uintptr_t end, T* value) noexcept
    {
        Entry& e = m_entries[i];
        T* expected = nullptr;
        if (e.value.load(std::memory_order_relaxed) != nullptr || !e.value.compare_exchange_strong(expected, value)) return false;
        e.begin_change();
        e.begin.store(begin, std::memory_order_relaxed);
        e.end.store(end, std::memory_order_relaxed);
        e.end_change();
        size_t used = m_used.load(std::memory_order_relaxed);
        while (used < i + 1 && !m_used.compare_exchange_weak(used, i + 1, std::memory_order_release)) {}
        m_first_free_hint.store(i + 1, std::memory_order_relaxed);
        return true;
    }
    // In front of the entries, on the page of the first ones: most processes use no other.
    std::atomic<size_t> m_used{0};
    std::atomic<size_t> m_first_free_hint{0};
    std::array<Entry, capacity> m_entries{};
};

}  // namespace weir::runtime
