#include "baseline/trampolines.hpp"

#include "baseline/value_stack.hpp"

#include <cstddef>

namespace weir::baseline {

using runtime::ExecContext;
using runtime::HostFunctionContext;
using wasm::ValKind;

namespace {

constexpr int32_t transfer_offset(size_t slot) { return static_cast<int32_t>(offsetof(ExecContext, transfer) + 16 * slot); }

/// Walks parameters in order and says for each where the wasm convention has it.
template <class InRegister, class InTransfer>
void for_each_parameter(const wasm::FuncType& type, InRegister in_register, InTransfer in_transfer)
{
    size_t next_gp = 0, slot = 0;
    uint32_t next_xmm = 0;
    for (size_t i = 0; i < type.params.size(); ++i) {
        const ValKind kind = type.params[i].kind();
        if (is_gp(kind) && next_gp < std::size(gp_arguments)) in_register(i, kind, gp_arguments[next_gp++]);
        else if (!is_gp(kind) && next_xmm < xmm_argument_count) in_register(i, kind, xmm_reg(next_xmm++));
        else in_transfer(i, slot++);
    }
}

x86::Mem value_mem(x86::Gp values, size_t index) { return x86::ptr(values, static_cast<int32_t>(16 * index)); }

void copy_16_bytes(Masm& m, const x86::Mem& to, const x86::Mem& from)
{
    m.load_xmm(scratch_xmm, from, ValKind::v128);
    m.store_xmm(to, scratch_xmm, ValKind::v128);
}

}  // namespace

bool emit_entry(Masm& m, const wasm::FuncType& type, runtime::CompiledCode& out)
{
    m.start();
    // C arguments: rdi context, rsi the function's entry, rdx exec, rcx values. What results need behind the call is kept: values in rbx, exec in r12.
    const bool keeps_values = !type.results.empty(), keeps_exec = type.results.size() > 1;
    const x86::Gp values = keeps_values ? x86::rbx : x86::r10, exec = keeps_exec ? x86::r12 : x86::rdx;
    m.push(x86::rbp);
    m.mov(x86::rbp, x86::rsp);
    if (keeps_values) {
        m.push(x86::rbx);
        m.push(x86::r12);  // also where it is not used: rsp stays a multiple of 16
    }
    if (keeps_values || !type.params.empty()) m.mov(values, x86::rcx);
    if (keeps_exec) m.mov(exec, x86::rdx);
    m.mov(x86::rax, x86::rsi);
    for_each_parameter(
        type, [](size_t, ValKind, PhysReg) {},
        [&](size_t i, size_t slot) { copy_16_bytes(m, x86::ptr(exec, transfer_offset(slot)), value_mem(values, i)); });
    for_each_parameter(
        type,
        [&](size_t i, ValKind kind, PhysReg reg) {
            if (reg.is_xmm()) m.load_xmm(xmm(reg), value_mem(values, i), kind);
            else m.load_gp(gp64(reg), value_mem(values, i), kind);
        },
        [](size_t, size_t) {});
    m.call(x86::rax);
    m.call_site();
    for (size_t i = 0; i < type.results.size(); ++i) {
        const ValKind kind = type.results[i].kind();
        if (i > 0) copy_16_bytes(m, value_mem(values, i), x86::ptr(exec, transfer_offset(i - 1)));
        else if (is_gp(kind)) m.store_gp(value_mem(values, 0), x86::rax, kind);
        else m.store_xmm(value_mem(values, 0), x86::xmm0, kind);
    }
    if (keeps_values) {
        m.pop(x86::r12);
        m.pop(x86::rbx);
    }
    m.pop(x86::rbp);
    m.ret();
    return m.finish(out);
}

bool emit_host_call(Masm& m, const wasm::FuncType& type, runtime::CompiledCode& out)
{
    m.start();
    const auto values = static_cast<int32_t>(16 * std::max(type.params.size(), type.results.size()));
    m.push(x86::rbp);
    m.mov(x86::rbp, x86::rsp);
    m.push(x86::rbx);
    m.push(x86::r12);
    // Up to 1,000 values: 16 KiB, inside the reserve below the stack limit.
    if (values != 0) m.sub(x86::rsp, values);
    m.mov(x86::rbx, x86::rdi);
    m.mov(x86::r12, x86::qword_ptr(x86::rdi, offsetof(HostFunctionContext, exec)));
    for_each_parameter(
        type,
        [&](size_t i, ValKind kind, PhysReg reg) {
            // A narrow value is stored with whatever is above it in the register; readers look at its width only.
            if (reg.is_xmm()) m.store_xmm(value_mem(x86::rsp, i), xmm(reg), kind);
            else m.store_gp(value_mem(x86::rsp, i), gp64(reg), kind);
        },
        [&](size_t i, size_t slot) { copy_16_bytes(m, value_mem(x86::rsp, i), x86::ptr(x86::r12, transfer_offset(slot))); });
    // For backtraces: the frame of the guest function that called, and where in it.
    m.mov(x86::rax, x86::qword_ptr(x86::rbp));
    m.mov(x86::qword_ptr(x86::r12, offsetof(ExecContext, host_exit_rbp)), x86::rax);
    m.mov(x86::rax, x86::qword_ptr(x86::rbp, 8));
    m.mov(x86::qword_ptr(x86::r12, offsetof(ExecContext, host_exit_pc)), x86::rax);
    m.mov(x86::rsi, x86::rsp);
    m.call(x86::qword_ptr(x86::rdi, offsetof(HostFunctionContext, entry)));
    const asmjit::Label failed = m.newLabel();
    m.test(x86::al, x86::al);
    m.jz(failed);
    for (size_t i = type.results.size(); i-- > 0;) {
        const ValKind kind = type.results[i].kind();
        if (i > 0) copy_16_bytes(m, x86::ptr(x86::r12, transfer_offset(i - 1)), value_mem(x86::rsp, i));
        else if (is_gp(kind)) m.load_gp(x86::rax, value_mem(x86::rsp, 0), kind);
        else m.load_xmm(x86::xmm0, value_mem(x86::rsp, 0), kind);
    }
    m.mov(x86::r12, x86::qword_ptr(x86::rbp, -16));
    m.mov(x86::rbx, x86::qword_ptr(x86::rbp, -8));
    m.leave();
    m.ret();
    // Raise as if the guest's call instruction had trapped: this frame is left first, the backtrace starts in the guest's.
    m.bind(failed);
    m.mov(x86::rdi, x86::rbx);
    m.mov(scratch64, x86::qword_ptr(x86::rbx, offsetof(HostFunctionContext, builtins)));
    m.mov(scratch64, x86::qword_ptr(scratch64, static_cast<int32_t>(runtime::Builtin::raise_pending) * 8));
    m.mov(x86::r12, x86::qword_ptr(x86::rbp, -16));
    m.mov(x86::rbx, x86::qword_ptr(x86::rbp, -8));
    m.leave();
    m.jmp(scratch64);  // the return address on the stack is the guest's: raise_pending finds it like after a call
    return m.finish(out);
}

}  // namespace weir::baseline
