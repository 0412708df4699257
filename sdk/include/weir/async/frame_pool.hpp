#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace weir::async::detail {

/// Memory of coroutines' frames. Frames come and go with each request in the same few sizes, so what is given back is kept, up to some
/// hundred kilobytes, for the next of its size.
class FramePool {
public:
    static void* allocate(size_t size)
    {
        const size_t size_class = class_of(size);
        if (size_class >= class_count) return ::operator new(size);
        Free*& first = s_free[size_class].first;
        if (first == nullptr) return ::operator new((size_class + 1) * granule_bytes);
        Free* const taken = first;
        first = taken->next;
        --s_free[size_class].count;
        return taken;
    }
    static void release(void* memory, size_t size) noexcept
    {
        const size_t size_class = class_of(size);
        if (size_class >= class_count || s_free[size_class].count >= most_kept) return ::operator delete(memory);
        s_free[size_class].first = new (memory) Free{s_free[size_class].first};
        ++s_free[size_class].count;
    }

private:
    struct Free {
        Free* next;
    };
    struct List {
        Free* first;
        size_t count;
    };
    static constexpr size_t granule_bytes = 64, class_count = 32, most_kept = 32;
    static size_t class_of(size_t size) noexcept { return size == 0 ? 0 : (size - 1) / granule_bytes; }

    static thread_local inline std::array<List, class_count> s_free{};
};

/// What promises inherit for their frames to come from the pool.
struct PooledFrame {
    static void* operator new(size_t size) { return FramePool::allocate(size); }
    static void operator delete(void* memory, size_t size) noexcept { FramePool::release(memory, size); }
};

}  // namespace weir::async::detail
