#pragma once

#include "runtime/contract.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <type_traits>

// Interruption: a guest is asked to stop by a signal to its thread, wherever it is, and pays nothing until then. docs/design.md, C9.
//
//   Store::request_interrupt notes the reasons in ExecContext::interrupt, then signals the thread. The signal's handler looks where
//   the thread is:
//   - in generated code, or in a stub on its way into it: it goes on in weir_interrupted (stubs.S), which saves every register and
//     asks the store's InterruptHandler. Such code owns nothing and can be left at any instruction.
//   - about to block in a system call of interruptible_syscall: the call is not made, and is EINTR.
//   - anywhere else, also where another store's guest runs on the thread meanwhile: nothing. The stubs through which host functions, builtins and the compiler return look at
//     ExecContext::interrupt, and are code of the first kind from that look on, so nothing comes in between.

namespace weir::runtime {

/// Why a guest is interrupted: bits, whose meaning is the embedder's.
using InterruptReasons = uint32_t;
inline constexpr InterruptReasons all_interrupt_reasons = 0x7fff'ffff;

enum class InterruptAnswer : uint8_t {
    go_on,
    stop,
    yield,  // suspends the guest, and host functions that called it, where can_suspend says so; else as go_on
};
/// Called on the guest's thread and stack, once for the reasons that came since the last time. May use what the store's owner may use, but
/// neither calls nor destroys the store.
using InterruptHandler = InterruptAnswer (*)(InterruptReasons reasons, void* data) noexcept;

/// A system call that may block, made so that no request for interruption is missed, not even one that comes between a look and the
/// call. Answers -1 with errno as the C library does; EINTR for any signal or request. Outside of a guest's host functions, an ordinary system call.
long try_interruptible_syscall(long number, const std::array<long, 6>& arguments) noexcept;

/// For host functions after EINTR: asks the handler if there is a request; `yield` is as `go_on` here. True: the guest is to be stopped, which happens as soon as the
/// host function returns, whatever it answers. It should do so at once.
bool must_stop() noexcept;

template <class T>
long to_syscall_argument(T value) noexcept
{
    if constexpr (std::is_pointer_v<T>) return reinterpret_cast<long>(value);
    else return static_cast<long>(value);
}

/// A system call for host functions, made again after signals. EINTR is answered only when the guest is to be stopped (must_stop).
template <class... Args>
long interruptible_syscall(long number, Args... arguments) noexcept
{
    const std::array<long, 6> words{to_syscall_argument(arguments)...};
    for (;;) {
        const long n = try_interruptible_syscall(number, words);
        if (n != -1 || errno != EINTR || must_stop()) return n;
    }
}

/// Installs the process's handler for interrupt_signal. Once.
void install_interrupt_handler() noexcept;
/// Lets the signal through on this thread and answers the thread's id, for request_interrupt.
int32_t admit_interrupts() noexcept;

}  // namespace weir::runtime
