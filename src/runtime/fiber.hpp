#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_HAS_ASAN 1
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_feature(thread_sanitizer)
#define WEIR_HAS_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif
#endif

namespace weir::runtime {

/// Tells sanitizers of a guest's stack that is left and come back to, with frames of C++ on it: they keep shadows of stacks. Does nothing in
/// other builds. Used on the host's stack, just before and just behind the switch, which is not C++ and so does not mind.
class Fiber {
public:
    Fiber() = default;
    ~Fiber() { end(); }
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    void enter([[maybe_unused]] const void* stack, [[maybe_unused]] size_t stack_bytes) noexcept
    {
#ifdef WEIR_HAS_ASAN
        __sanitizer_start_switch_fiber(&m_host_frames, stack, stack_bytes);
        __sanitizer_finish_switch_fiber(m_guest_frames, &m_host_stack, &m_host_stack_bytes);
#endif
#ifdef WEIR_HAS_TSAN
        m_host = __tsan_get_current_fiber();
        if (m_guest == nullptr) m_guest = __tsan_create_fiber(0);
        __tsan_switch_to_fiber(m_guest, 0);
#endif
    }
    void leave([[maybe_unused]] bool has_ended) noexcept
    {
#ifdef WEIR_HAS_ASAN
        __sanitizer_start_switch_fiber(has_ended ? nullptr : &m_guest_frames, m_host_stack, m_host_stack_bytes);
        __sanitizer_finish_switch_fiber(m_host_frames, nullptr, nullptr);
        if (has_ended) m_guest_frames = nullptr;
#endif
#ifdef WEIR_HAS_TSAN
        __tsan_switch_to_fiber(m_host, 0);
        if (has_ended) end();
#endif
    }

private:
    void end() noexcept
    {
#ifdef WEIR_HAS_TSAN
        if (m_guest != nullptr) __tsan_destroy_fiber(m_guest);
        m_guest = nullptr;
#endif
    }
#ifdef WEIR_HAS_ASAN
    void* m_host_frames = nullptr;
    void* m_guest_frames = nullptr;
    const void* m_host_stack = nullptr;
    size_t m_host_stack_bytes = 0;
#endif
#ifdef WEIR_HAS_TSAN
    void* m_host = nullptr;
    void* m_guest = nullptr;
#endif
};

}  // namespace weir::runtime
