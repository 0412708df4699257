#include "base/printable.hpp"
#include "runtime/activation.hpp"
#include "runtime/code_space.hpp"
#include "runtime/interrupt.hpp"
#include "runtime/memory.hpp"
#include "runtime/module_code.hpp"
#include "runtime/outcome.hpp"
#include "runtime/source_place.hpp"
#include "wasm/names.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <array>
#include <cstdio>
#include <mutex>

// How a guest is stopped: by a signal at a listed instruction, or by a call of raise. Both note the pending trap and a
// backtrace in the activation and give up the guest's frames, which own nothing.

namespace weir::runtime {

constinit thread_local ExecContext* current_exec = nullptr;
constinit thread_local GuestThread guest_thread;

std::string_view to_string(TrapKind kind)
{
    switch (kind) {
    case TrapKind::none: return "no trap";
#define WEIR_TRAP(ident, text) \
    case TrapKind::ident: return text;
#include "runtime/trap_kind.def"
#undef WEIR_TRAP
    }
    return "?";
}

void stop_at(Activation& activation, TrapKind trap, uintptr_t pc, uintptr_t rbp) noexcept
{
    activation.trap = trap;
    activation.frame_count = 0;
    activation.is_truncated = false;
    for (;;) {
        // Trampolines are code without an owner: the entry from the host ends the walk.
        const CodeSpace* const space = CodeSpace::find_space(pc);
        if (space == nullptr || space->owner == nullptr) return;
        if (activation.frame_count == Activation::max_frames) {
            activation.is_truncated = true;
            return;
        }
        activation.pcs[activation.frame_count++] = pc;
        pc = *reinterpret_cast<const uintptr_t*>(rbp + 8);
        rbp = *reinterpret_cast<const uintptr_t*>(rbp);
    }
}

extern "C" void weir_stop_guest(ExecContext* exec) noexcept
{
    Activation& activation = *exec->activation;
    stop_at(activation, exec->pending_trap, exec->host_exit_pc, exec->host_exit_rbp);
    weir_leave_guest(&activation);
}

namespace {

constexpr std::array handled_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE};
std::array<struct sigaction, handled_signals.size()> previous_actions;

/// The trap that a signal at `pc` stands for; none when it is not the guest's doing.
TrapKind trap_of(int signal, uintptr_t pc, uintptr_t fault_address) noexcept
{
    CodeSpace* const space = CodeSpace::find_space(pc);
    if (space == nullptr || space->owner == nullptr) return TrapKind::none;
    const auto piece = space->find(pc);
    const CodeSite* const site = !piece ? nullptr : space->find_site(*piece, pc, CodeSpace::PcKind::interrupted);
    if (site == nullptr) return TrapKind::none;
    if (signal == SIGILL && site->kind == CodeSite::Kind::trap) return site->trap;
    if ((signal == SIGSEGV || signal == SIGBUS) && site->kind == CodeSite::Kind::memory_access &&
        Memory::is_in_reservation(fault_address))
        return site->trap;
    return TrapKind::none;
}

void pass_on(int signal, siginfo_t* info, void* context) noexcept
{
    for (size_t i = 0; i < handled_signals.size(); ++i) {
        if (handled_signals[i] != signal) continue;
        const struct sigaction& previous = previous_actions[i];
        if ((previous.sa_flags & SA_SIGINFO) != 0) {
            previous.sa_sigaction(signal, info, context);
        } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
            previous.sa_handler(signal);
        } else {  // returning repeats the fault, now without a handler
            struct sigaction by_default{};
            by_default.sa_handler = SIG_DFL;
            ::sigaction(signal, &by_default, nullptr);
        }
    }
}

void on_signal(int signal, siginfo_t* info, void* context) noexcept
{
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const auto pc = static_cast<uintptr_t>(registers[REG_RIP]);
    ExecContext* const exec = current_exec;
    // si_code: a signal that another process or thread sent is no fault, and has no address.
    const bool is_guest_fault = exec != nullptr && exec->activation != nullptr && info->si_code > 0;
    const TrapKind trap = is_guest_fault ? trap_of(signal, pc, reinterpret_cast<uintptr_t>(info->si_addr)) : TrapKind::none;
    if (trap == TrapKind::none) {
        pass_on(signal, info, context);
        return;
    }
    Activation& activation = *exec->activation;
    stop_at(activation, trap, pc, static_cast<uintptr_t>(registers[REG_RBP]));
    // The kernel's return from this handler goes on in the stub, with the activation as its argument.
    registers[REG_RDI] = static_cast<greg_t>(reinterpret_cast<uintptr_t>(&activation));
    registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<uintptr_t>(&weir_leave_guest));
}

/// This thread's alternate signal stack, unless the host program set one of its own.
class SignalStack {
public:
    SignalStack()
    {
        stack_t existing{};
        if (::sigaltstack(nullptr, &existing) == 0 && (existing.ss_flags & SS_DISABLE) == 0) return;
        constexpr size_t size_bytes = size_t{64} * 1024;
        auto mapping = Mapping::map(size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        if (!mapping) return;
        m_mapping = std::move(*mapping);
        const stack_t stack{.ss_sp = m_mapping.data(), .ss_flags = 0, .ss_size = m_mapping.size_bytes()};
        ::sigaltstack(&stack, nullptr);
    }
    ~SignalStack()
    {
        if (m_mapping.data() == nullptr) return;
        const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
        ::sigaltstack(&none, nullptr);
    }
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

private:
    Mapping m_mapping;
};

}  // namespace

int32_t prepare_thread_at_first()
{
    static std::once_flag installed;
    std::call_once(installed, [] {
        struct sigaction action{};
        action.sa_sigaction = on_signal;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        sigemptyset(&action.sa_mask);
        for (size_t i = 0; i < handled_signals.size(); ++i) ::sigaction(handled_signals[i], &action, &previous_actions[i]);
        install_interrupt_handler();
    });
    thread_local const SignalStack stack;
    return admit_interrupts();
}

std::string Trap::message() const
{
    std::string text{to_string(kind)};
    if (!detail.empty()) text += ": " + detail;
    return text;
}

std::string to_text(const SourcePlace& place)
{
    std::string text = printable(place.file);
    if (place.line != 0) text += ":" + std::to_string(place.line);
    if (place.line != 0 && place.column != 0) text += ":" + std::to_string(place.column);
    return text;
}

namespace {

bool is_same_place(const Frame& a, const Frame& b)
{
    return a.code == b.code && a.function == b.function && a.wasm_offset == b.wasm_offset;
}

}  // namespace

std::string format_backtrace(const Trap& trap, std::span<const SourcePlaces> places)
{
    std::string text;
    const wasm::Module* named = nullptr;
    std::optional<wasm::FunctionNames> names;
    for (size_t i = 0; i < trap.frames.size(); ++i) {
        const Frame& frame = trap.frames[i];
        const wasm::Module& module = *frame.code->module();
        if (named != &module) {
            names.emplace(module);
            named = &module;
        }
        const std::string_view name = names->name_of(frame.function);
        text += (i < 10 ? "  " : " ") + std::to_string(i) + ": ";
        const std::span<const SourcePlace> here = i < places.size() ? std::span{places[i]} : std::span<const SourcePlace>{};
        for (size_t inlined = 0; inlined + 1 < here.size(); ++inlined)
            text += printable(here[inlined].function) + " at " + to_text(here[inlined]) + ", inlined\n     ";
        char line[64];
        std::snprintf(line, sizeof line, " (function %u, byte 0x%zx)", frame.function.value,
                      module.body_of(frame.function).offset_bytes + frame.wasm_offset);
        text += (name.empty() ? std::string{"<unnamed>"} : printable(name)) + line +
                (here.empty() ? "" : " at " + to_text(here.back())) + "\n";
        // Endless recursion shows itself in a line.
        size_t same = 0;
        while (i + same + 1 < trap.frames.size() && is_same_place(trap.frames[i + same + 1], frame)) ++same;
        if (same < 3) continue;
        text += "  ... the same " + std::to_string(same) + " times more\n";
        i += same;
    }
    if (trap.is_truncated) text += "  ... more frames\n";
    return text;
}

}  // namespace weir::runtime
