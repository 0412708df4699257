#pragma once

#include "runtime/contract.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::runtime {

/// One entry from the host into guest code. Activations nest when a host function calls the guest again.
struct Activation {
    uintptr_t host_rsp;       // stubs.S: the host's stack, its callee-saved registers on top
    uintptr_t suspended_rsp;  // while suspended: the guest's stack, likewise
    Activation* previous;
    // Written by stop_at, when the guest is stopped: a call that returns pays for none of it. Innermost frame first; in a signal handler, so
    // of fixed size.
    static constexpr size_t max_frames = 64;
    std::array<uintptr_t, max_frames> pcs;
    size_t frame_count;
    bool is_truncated;
    TrapKind trap;  // none: the guest asked to exit
};
static_assert(offsetof(Activation, host_rsp) == 0 && offsetof(Activation, suspended_rsp) == 8 &&
                  offsetof(ExecContext, host_exit_rbp) == 16 && offsetof(ExecContext, host_exit_pc) == 24 &&
                  offsetof(ExecContext, pending_trap) == 40 && offsetof(ExecContext, interrupt) == 44 &&
                  offsetof(ExecContext, fuel) == 48 && offsetof(InstanceContext, memory0_base) == 24 &&
                  offsetof(InstanceContext, memory0) == 32 && offsetof(MemoryHeader, size_bytes) == 8 &&
                  offsetof(HostFunctionContext, function) == 40,
              "stubs.S and few_bytes.S have these offsets");

/// Notes why the guest is stopped and, by walking frame pointers from a guest frame outwards, the pcs of guest frames. A `pc` that is none of a
/// guest's makes an empty backtrace. Async-signal-safe.
void stop_at(Activation& activation, TrapKind trap, uintptr_t pc, uintptr_t rbp) noexcept;

/// The execution that this thread is in, for the signal handlers.
extern constinit thread_local ExecContext* current_exec;

/// What the runtime knows of a thread that runs guests.
struct GuestThread {
    int32_t id = 0;        // 0: not prepared
    int32_t ready_id = 0;  // the same, unless interrupt.cpp holds the signal back
};
extern constinit thread_local GuestThread guest_thread;

/// Installs the handlers of the process once and an alternate signal stack for this thread.
int32_t prepare_thread_at_first();
/// The same where it has not been done. Idempotent, thread-safe. Answers the thread's id.
inline int32_t prepare_thread_for_guests()
{
    if (guest_thread.ready_id != 0) [[likely]]
        return guest_thread.ready_id;
    return prepare_thread_at_first();
}

extern "C" {
// How the guest's stack was left: weir_enter_guest and weir_resume_guest answer one of these.
inline constexpr int guest_returned = 0, guest_stopped = 1, guest_suspended = 2;
/// For a call that is not suspended: exec->activation is set and not entered yet. `stack_top` null: on the stack where this thread is.
int weir_call_guest(void* context, const void* function, ExecContext* exec, Value* values, const void* entry, void* stack_top);
int weir_enter_guest(Activation* activation, void* stack_top, const void* entry, void* context, const void* function,
                     ExecContext* exec, Value* values);
int weir_resume_guest(Activation* activation);
void weir_suspend_guest(Activation* activation);
[[noreturn]] void weir_leave_guest(Activation* activation);
void weir_raise();
void weir_raise_pending();
void weir_lazy_entry();
bool weir_call_host(HostFunctionContext& context, Value* values) noexcept;
[[noreturn]] void weir_stop_guest(ExecContext* exec) noexcept;
const void* weir_hot(InstanceContext* context, uint32_t function, uint32_t loop_offset) noexcept;
const void* weir_compile_on_call(InstanceContext* context, uint32_t function) noexcept;
}

}  // namespace weir::runtime
