#include "runtime/interrupt.hpp"

#include "runtime/activation.hpp"
#include "runtime/code_space.hpp"
#include "runtime/store.hpp"

#include <cpuid.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>

extern "C" {
// stubs.S. Labels, whose addresses are what matters.
extern const char weir_enter_checked[], weir_enter_called[];
extern const char weir_call_checked[], weir_call_called[], weir_call_interrupted[], weir_call_end[];
extern const char weir_lazy_compiled[], weir_lazy_end[];
extern const char weir_call_out_returned[], weir_call_out_ret[], weir_call_out_end[];
extern const char weir_keeping_returned[], weir_keeping_ret[], weir_keeping_end[];
extern const char weir_few_bytes_begin[], weir_few_bytes_end[];  // few_bytes.S
extern const char weir_interrupted[], weir_interrupted_restore[], weir_interrupted_leave[], weir_interrupted_popf[],
    weir_interrupted_ret[];
extern const char weir_syscall_begin[], weir_syscall_end[], weir_syscall_cancelled[];
long weir_interruptible_syscall(const std::atomic<uint32_t>* interrupt, long number, const long* arguments);

// What weir_interrupted saves: the XSAVE components (0: FXSAVE) and the room that they take. Known before the first request is noted.
std::atomic<uint64_t> weir_vector_state_mask{0}, weir_vector_state_bytes{0};
}

namespace weir::runtime {

namespace {

// Ignored by default, never queued (so it can always be sent), used by nothing in libc, and expected by programs to come without reason.
constexpr int interrupt_signal = SIGURG;
constexpr uint32_t stopping = ~all_interrupt_reasons;

struct sigaction previous_action;
const std::atomic<uint32_t> no_request{0};

void change_signal_mask(int how) noexcept
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, interrupt_signal);
    ::pthread_sigmask(how, &set, nullptr);
}

void release_signal() noexcept
{
    if (guest_thread.ready_id == guest_thread.id) return;
    guest_thread.ready_id = guest_thread.id;
    change_signal_mask(SIG_UNBLOCK);
}

uintptr_t address_of(const char* label) noexcept { return reinterpret_cast<uintptr_t>(label); }
bool is_within(uintptr_t pc, const char* begin, const char* end) noexcept
{
    return pc >= address_of(begin) && pc < address_of(end);
}

/// Whether the thread is in code that can be left and come back to at any instruction, and goes to the guest from there.
bool can_divert(uintptr_t pc) noexcept
{
    return CodeSpace::find_space(pc) != nullptr || is_within(pc, weir_enter_checked, weir_enter_called) ||
           is_within(pc, weir_call_checked, weir_call_called) || is_within(pc, weir_call_interrupted, weir_call_end) ||
           is_within(pc, weir_lazy_compiled, weir_lazy_end) || is_within(pc, weir_call_out_returned, weir_call_out_end) ||
           is_within(pc, weir_keeping_returned, weir_keeping_end) || is_within(pc, weir_few_bytes_begin, weir_few_bytes_end);
}

/// What of the vector state is in use: x87, SSE, AVX, AVX-512. The rest (protection keys, tiles) is no guest's.
void measure_vector_state() noexcept
{
    if (weir_vector_state_bytes.load(std::memory_order_relaxed) != 0) return;
    constexpr uint64_t fxsave_bytes = 512, used = 0b1110'0111;
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_OSXSAVE) == 0) {
        weir_vector_state_bytes = fxsave_bytes;
        return;
    }
    unsigned low = 0, high = 0;
    asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    const uint64_t mask = low & used;
    uint64_t bytes = fxsave_bytes + 64;  // and the header
    for (unsigned i = 2; i < 8; ++i)
        if ((mask >> i & 1U) != 0 && __get_cpuid_count(0xd, i, &a, &b, &c, &d) != 0)
            bytes = std::max<uint64_t>(bytes, uint64_t{a} + b);
    weir_vector_state_mask = mask;
    weir_vector_state_bytes = bytes;
}

uint64_t pop(gregset_t& registers) noexcept
{
    const auto value = *reinterpret_cast<const uint64_t*>(registers[REG_RSP]);
    registers[REG_RSP] += 8;
    return value;
}

/// weir_interrupted's last three instructions undo what a second visit would need: they are done here instead.
void finish_return(gregset_t& registers) noexcept
{
    const auto is_at = [&](const char* label) { return static_cast<uintptr_t>(registers[REG_RIP]) == address_of(label); };
    if (is_at(weir_interrupted_leave)) {
        registers[REG_RSP] = registers[REG_RBP];
        registers[REG_RBP] = static_cast<greg_t>(pop(registers));
        registers[REG_RIP] = static_cast<greg_t>(address_of(weir_interrupted_popf));
    }
    if (is_at(weir_interrupted_popf)) {
        registers[REG_EFL] = static_cast<greg_t>(pop(registers));
        registers[REG_RIP] = static_cast<greg_t>(address_of(weir_interrupted_ret));
    }
    if (is_at(weir_interrupted_ret)) registers[REG_RIP] = static_cast<greg_t>(pop(registers));
}

void redirect(gregset_t& registers) noexcept
{
    finish_return(registers);
    const auto pc = static_cast<uintptr_t>(registers[REG_RIP]);
    if (is_within(pc, weir_interrupted_restore, weir_interrupted_leave)) {  // has all it needs to begin again
        registers[REG_RIP] = static_cast<greg_t>(address_of(weir_interrupted_restore));
    } else if (is_within(pc, weir_syscall_begin, weir_syscall_end)) {
        registers[REG_RIP] = static_cast<greg_t>(address_of(weir_syscall_cancelled));
    } else if (can_divert(pc)) {
        // As if the instruction before had been a call: there is no red zone, and the stack's reserve has room for the state.
        registers[REG_RSP] -= 8;
        *reinterpret_cast<uint64_t*>(registers[REG_RSP]) = pc;
        registers[REG_RIP] = static_cast<greg_t>(address_of(weir_interrupted));
    }
}

void on_interrupt_signal(int signal, siginfo_t* info, void* context) noexcept
{
    const ExecContext* const exec = current_exec;
    if (exec != nullptr && exec->activation != nullptr && exec->interrupt.load(std::memory_order_relaxed) != 0)
        redirect(static_cast<ucontext_t*>(context)->uc_mcontext.gregs);
    // Others' and ours may have become one.
    if ((previous_action.sa_flags & SA_SIGINFO) != 0) previous_action.sa_sigaction(signal, info, context);
    else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) previous_action.sa_handler(signal);
}

/// What weir_interrupted has pushed.
struct InterruptedFrame {
    uintptr_t rbp, flags, pc;
    uintptr_t next;  // what was on top of the stack
};

/// Where the guest's backtrace begins. False when nothing on the stack says so reliably.
bool find_guest_frame(uintptr_t& pc, uintptr_t& rbp) noexcept
{
    const bool is_in_call_out = is_within(pc, weir_call_out_returned, weir_call_out_end) && pc != address_of(weir_call_out_ret);
    const bool is_in_keeping = is_within(pc, weir_keeping_returned, weir_keeping_end) && pc != address_of(weir_keeping_ret);
    for (int frames = is_in_call_out || is_in_keeping ? 2 : 0;; --frames) {  // the stub's, and a host function's trampoline's
        const CodeSpace* const space = CodeSpace::find_space(pc);
        if (space != nullptr && space->owner != nullptr) return true;
        if (frames == 0) return false;
        pc = *reinterpret_cast<const uintptr_t*>(rbp + 8);
        rbp = *reinterpret_cast<const uintptr_t*>(rbp);
    }
}

}  // namespace

/// Called by weir_interrupted. Answers the context when the guest shall go on.
extern "C" ExecContext* weir_on_interrupt(const InterruptedFrame* frame) noexcept
{
    ExecContext* const exec = current_exec;
    switch (exec->store->answer_interrupt()) {
    case InterruptAnswer::go_on: return exec;
    case InterruptAnswer::yield:
        // What came meanwhile, such as a stop, is seen on the way back.
        static_cast<void>(exec->store->leave_suspended(Suspended::By::interrupt));
        return exec;
    case InterruptAnswer::stop: break;
    }
    Activation& activation = *exec->activation;
    // In a prologue or epilogue rbp is the caller's already or still, whose frame is then missing.
    uintptr_t pc = frame->pc, rbp = frame->rbp;
    if (is_within(pc, weir_few_bytes_begin, weir_few_bytes_end)) pc = frame->next;  // these have no frame
    if (!find_guest_frame(pc, rbp)) pc = 0;
    stop_at(activation, TrapKind::interrupted, pc, rbp);
    weir_leave_guest(&activation);
}

void install_interrupt_handler() noexcept
{
    struct sigaction action{};
    action.sa_sigaction = on_interrupt_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;  // not SA_RESTART: blocked system calls shall end
    sigemptyset(&action.sa_mask);
    ::sigaction(interrupt_signal, &action, &previous_action);
    ::pthread_atfork(nullptr, nullptr, [] { guest_thread = {}; });
}

int32_t admit_interrupts() noexcept
{
    // Held back for a store whose guest does not run now: those that do must hear.
    release_signal();
    if (guest_thread.id == 0) {
        change_signal_mask(SIG_UNBLOCK);
        guest_thread.id = guest_thread.ready_id = static_cast<int32_t>(::gettid());
    }
    return guest_thread.id;
}

void Store::request_interrupt(InterruptReasons reasons) noexcept
{
    measure_vector_state();
    // The thread notes itself before it looks at the request, and the request is noted before the thread is looked for: one sees the other.
    m_exec->interrupt.fetch_or(reasons & all_interrupt_reasons, std::memory_order_seq_cst);
    const int32_t thread = m_thread.load(std::memory_order_seq_cst);
    if (thread == 0) return;
    const int saved_errno = errno;
    if (thread == guest_thread.id) {
        // Perhaps from another signal's handler, where the signal would meet the handler instead of what it has interrupted. It is held back:
        // returning from a handler restores the mask. Elsewhere the way back to the guest does.
        change_signal_mask(SIG_BLOCK);
        guest_thread.ready_id = 0;
    }
    ::syscall(SYS_tgkill, ::getpid(), thread, interrupt_signal);
    errno = saved_errno;
}

void Store::withdraw_interrupts(InterruptReasons reasons) noexcept
{
    m_exec->interrupt.fetch_and(~(reasons & all_interrupt_reasons), std::memory_order_relaxed);
}

InterruptAnswer Store::answer_interrupt() noexcept
{
    release_signal();
    const uint32_t request = m_exec->interrupt.fetch_and(stopping, std::memory_order_acquire);
    if ((request & stopping) != 0) return InterruptAnswer::stop;  // every call of the guest ends, to the outermost
    if (request == 0) return InterruptAnswer::go_on;
    if (m_interrupt_handler != nullptr)
        if (const InterruptAnswer answer = m_interrupt_handler(request, m_interrupt_data); answer != InterruptAnswer::stop)
            return answer;
    m_stopped_for = request;
    begin_stopping();
    return InterruptAnswer::stop;
}

void Store::begin_stopping() noexcept
{
    measure_vector_state();  // Store::stop comes here without a request
    m_exec->interrupt.fetch_or(stopping, std::memory_order_relaxed);
}

void Store::finish_stopping() noexcept
{
    if ((m_exec->interrupt.load(std::memory_order_relaxed) & stopping) != 0)
        m_exec->interrupt.fetch_and(all_interrupt_reasons, std::memory_order_relaxed);
}

bool must_stop() noexcept { return current_exec != nullptr && current_exec->store->answer_interrupt() == InterruptAnswer::stop; }

long try_interruptible_syscall(long number, const std::array<long, 6>& arguments) noexcept
{
    const long n =
        weir_interruptible_syscall(current_exec != nullptr ? &current_exec->interrupt : &no_request, number, arguments.data());
    if (n >= 0) return n;
    errno = static_cast<int>(-n);
    return -1;
}

}  // namespace weir::runtime
