#include "baseline/function_compiler.hpp"

#include <cstddef>
#include <cstring>

// What the baseline does for the tier after it: counts calls and loops, and hands a running loop over. Conventions: runtime/contract.hpp.

namespace weir::baseline {

using runtime::ExecContext;
using wasm::ValKind;

namespace {
// Hostile input nests thousands of loops under thousands of operands. Loops beyond so many values stay in the baseline.
constexpr size_t max_noted_operands = 65'536;
// To leave a loop takes a dozen bytes of code for each local and operand. Where that becomes much, the loops behind stay, too.
constexpr size_t min_leaving_limit = 2048, leaving_limit_per_wasm_byte = 24;

constexpr int32_t transfer_offset(size_t slot) { return static_cast<int32_t>(offsetof(ExecContext, transfer) + 16 * slot); }
}  // namespace

void FunctionCompiler::count_entry()
{
    HotCheck& check = m_hot_checks.emplace_back();
    check.cold = m_masm.newLabel();
    check.back = m_masm.newLabel();
    m_masm.count_down(m_function, runtime::Relocation::Kind::calls);
    m_masm.js(check.cold);
    m_masm.bind(check.back);
}

void FunctionCompiler::count_loop()
{
    HotCheck& check = m_hot_checks.emplace_back();
    check.cold = m_masm.newLabel();
    check.back = m_masm.newLabel();
    check.wasm_offset = static_cast<uint32_t>(m_offset - m_body_offset);
    check.can_leave = m_locals.size() + m_stack.size() <= runtime::max_transfer_values &&
                      m_hot_operands.size() + m_stack.size() <= max_noted_operands;
    if (check.can_leave) {
        check.first_operand = m_hot_operands.size();
        check.operand_count = m_stack.size();
        m_hot_operands.insert(m_hot_operands.end(), m_stack.begin(), m_stack.end());
    }
    m_masm.count_down(m_function, runtime::Relocation::Kind::loops);
    m_masm.js(check.cold);
    m_masm.bind(check.back);
}

void FunctionCompiler::emit_hot_checks()
{
    const size_t limit = m_masm.here() + min_leaving_limit + m_body.size() * leaving_limit_per_wasm_byte;
    // At a function's entry and at a loop's header operands are in memory or constant: all temporaries are free.
    for (const HotCheck& check : m_hot_checks) {
        const bool can_leave = check.can_leave && m_masm.here() < limit;
        m_masm.bind(check.cold);
        m_masm.set_wasm_offset(check.wasm_offset);
        m_masm.mov(x86::esi, m_function.value);
        m_masm.mov(x86::edx, can_leave || check.wasm_offset == 0 ? check.wasm_offset : runtime::staying_loop);
        m_masm.call_builtin(runtime::Builtin::hot);
        if (can_leave) {
            m_masm.test(x86::rax, x86::rax);
            m_masm.jz(check.back);
            leave_for_other_tier(check);
        } else {
            m_masm.jmp(check.back);
        }
    }
}

void FunctionCompiler::leave_for_other_tier(const HotCheck& check)
{
    const x86::Gp exec = x86::rcx;
    m_masm.mov(exec, x86::qword_ptr(context, offsetof(runtime::InstanceContext, exec)));
    m_masm.mov(x86::qword_ptr(exec, offsetof(ExecContext, loop_entry)), x86::rax);
    const auto widest = [](ValKind type) { return type == ValKind::v128 ? ValKind::v128 : ValKind::f64; };
    for (size_t i = 0; i < m_locals.size(); ++i) {
        const LocalHome& home = m_locals[i];
        if (m_ranking.uses[i] == 0) continue;  // it was never given a value, and nobody reads it
        const auto to = x86::ptr(exec, transfer_offset(i));
        if (home.is_pinned && home.reg.is_xmm()) {
            m_masm.store_xmm(to, xmm(home.reg), widest(home.type));
        } else if (home.is_pinned) {
            m_masm.mov(to, gp64(home.reg));
        } else {  // through a vector register, whatever the type: the upper bits of a narrower value are never read
            m_masm.load_xmm(scratch_xmm, home_mem(home), widest(home.type));
            m_masm.store_xmm(to, scratch_xmm, widest(home.type));
        }
    }
    for (size_t i = 0; i < check.operand_count; ++i) {
        const StackValue& v = m_hot_operands[check.first_operand + i];
        const auto to = x86::ptr(exec, transfer_offset(m_locals.size() + i));
        if (v.place == Place::constant) {
            m_masm.load_imm64(x86::rax, v.bits);
            m_masm.mov(to, x86::rax);
        } else {
            m_masm.load_xmm(scratch_xmm, slot_mem(i, v.type), widest(v.type));
            m_masm.store_xmm(to, scratch_xmm, widest(v.type));
        }
    }
    m_masm.mov(x86::rdi, context);
    emit_epilogue();
    m_masm.mov(scratch64, x86::qword_ptr(x86::rdi, offsetof(runtime::InstanceContext, exec)));
    m_masm.jmp(x86::qword_ptr(scratch64, offsetof(ExecContext, loop_entry)));
}

// Fuel is subtracted where straight code begins, for all of it: there no flags are live.

void FunctionCompiler::begin_fuel_charge()
{
    constexpr int32_t placeholder = 0x7fff'ffff;
    m_masm.mov(scratch64, x86::qword_ptr(context, offsetof(runtime::InstanceContext, exec)));
    m_masm.sub(x86::qword_ptr(scratch64, offsetof(ExecContext, fuel)), placeholder);
    const uint32_t patch_offset = m_masm.here() - static_cast<uint32_t>(sizeof placeholder);
    if (m_fuel_charge.is_checked) m_masm.js(m_masm.trap_label(runtime::TrapKind::out_of_fuel));
    m_fuel_charge = {.is_open = true, .is_checked = false, .amount = 0, .patch_offset = patch_offset};
}

void FunctionCompiler::end_fuel_charge()
{
    if (m_fuel_charge.is_open) m_fuel_charges.push_back(m_fuel_charge);
    const bool is_checked = m_fuel_charge.is_checked;
    m_fuel_charge = {.is_checked = is_checked};
}

void FunctionCompiler::patch_fuel(runtime::CompiledCode& out) const
{
    for (const FuelCharge& charge : m_fuel_charges)
        std::memcpy(out.bytes.data() + charge.patch_offset, &charge.amount, sizeof charge.amount);
}

}  // namespace weir::baseline
