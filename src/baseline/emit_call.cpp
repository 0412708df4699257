#include "baseline/function_compiler.hpp"

#include <cstddef>

// Calls, by the wasm convention of runtime/contract.hpp. Before a call no temporary is live but the arguments.

namespace weir::baseline {

using runtime::Builtin;
using runtime::ExecContext;
using runtime::Function;
using runtime::InstanceContext;
using runtime::TrapKind;
using wasm::ValKind;

namespace {
constexpr int32_t transfer_offset(size_t slot) { return static_cast<int32_t>(offsetof(ExecContext, transfer) + 16 * slot); }
}  // namespace

const wasm::FuncType& FunctionCompiler::func_type(wasm::TypeIdx t) const
{
    return m_module->sub_type(m_module->types[t.value]).func;
}

void FunctionCompiler::save_caller_saved_locals()
{
    for (const uint32_t local : m_caller_saved_locals) {
        const LocalHome& home = m_locals[local];
        if (home.reg.is_xmm()) m_masm.store_xmm(home_mem(home), xmm(home.reg), home.type);
        else m_masm.store_gp(home_mem(home), gp64(home.reg), home.type);
    }
}

void FunctionCompiler::spill_for_call()
{
    while (!m_on_stack.empty()) spill_register(m_on_stack.lowest());
    save_caller_saved_locals();
}

void FunctionCompiler::reload_after_call()
{
    for (const uint32_t local : m_caller_saved_locals) {
        const LocalHome& home = m_locals[local];
        if (home.reg.is_xmm()) m_masm.load_xmm(xmm(home.reg), home_mem(home), home.type);
        else m_masm.load_gp(gp64(home.reg), home_mem(home), home.type);
    }
}

/// Stores an operand to a transfer slot; r11 holds the ExecContext. Changes no other register but xmm15, and no flags.
void FunctionCompiler::store_to_transfer(const StackValue& v, size_t position, size_t slot)
{
    const bool in_register = v.place == Place::reg || (v.place == Place::local && m_locals[v.local].is_pinned);
    if (v.place == Place::constant) {
        const auto low = x86::dword_ptr(scratch64, transfer_offset(slot));
        m_masm.mov(low, static_cast<uint32_t>(v.bits));
        if (v.type != ValKind::i32 && v.type != ValKind::f32) m_masm.mov(low.cloneAdjusted(4), static_cast<uint32_t>(v.bits >> 32));
    } else if (in_register) {
        store_value(v, position, x86::ptr(scratch64, transfer_offset(slot)), v.type);
    } else {  // memory to memory; r11 is taken
        const ValKind width = v.type == ValKind::v128                    ? ValKind::v128
                            : is_64bit(v.type) || v.type == ValKind::f64 ? ValKind::f64
                                                                         : ValKind::f32;
        m_masm.load_xmm(scratch_xmm, *as_memory(v, position), width);
        m_masm.store_xmm(x86::ptr(scratch64, transfer_offset(slot)), scratch_xmm, width);
    }
}

void FunctionCompiler::emit_function_results()
{
    const auto& results = m_type->results;
    if (results.empty()) return;
    const size_t base = m_stack.size() - results.size();
    if (results.size() > 1) m_masm.mov(scratch64, x86::qword_ptr(context, offsetof(InstanceContext, exec)));
    for (size_t i = 1; i < results.size(); ++i) store_to_transfer(m_stack[base + i], base + i, i - 1);
    load_value(m_stack[base], base, is_gp(results[0].kind()) ? rax : xmm_reg(0));
}

/// Moves the topmost operands to their argument registers and transfer slots, and pops them. What is below must be spilled
/// already; temporaries of the arguments are free afterwards, and so the registers are only good for the call that follows.
void FunctionCompiler::move_operands(size_t count, std::span<const std::optional<PhysReg>> to)
{
    const size_t base = m_stack.size() - count;
    // Transfer slots first: the register moves may overwrite their sources.
    size_t slot = 0;
    for (size_t i = 0; i < count; ++i) {
        if (to[i]) continue;
        const StackValue& v = m_stack[base + i];
        if (slot == 0) m_masm.mov(scratch64, x86::qword_ptr(context, offsetof(InstanceContext, exec)));
        store_to_transfer(v, base + i, slot);
        ++slot;
    }
    m_moves.clear();
    for (size_t i = 0; i < count; ++i) {
        if (!to[i]) continue;
        const StackValue& v = m_stack[base + i];
        if (v.place == Place::reg) m_moves.push_back({*to[i], v.reg, v.type});
        else if (v.place == Place::local && m_locals[v.local].is_pinned) m_moves.push_back({*to[i], m_locals[v.local].reg, v.type});
    }
    emit_parallel_moves(m_moves);
    for (size_t i = 0; i < count; ++i) {
        if (!to[i]) continue;
        const StackValue& v = m_stack[base + i];
        const bool in_register = v.place == Place::reg || (v.place == Place::local && m_locals[v.local].is_pinned);
        if (!in_register) load_value(v, base + i, *to[i]);
    }
    truncate_stack(base);
}

void FunctionCompiler::pop_builtin_arguments(uint32_t count, uint32_t first)
{
    std::array<std::optional<PhysReg>, std::size(gp_c_arguments)> to;
    for (uint32_t i = 0; i < count; ++i) to[i] = gp_c_arguments[first + i];
    move_operands(count, to);
}

void FunctionCompiler::builtin_call(Builtin builtin)
{
    m_masm.call_builtin(builtin);
    reload_after_call();
}

void FunctionCompiler::move_arguments(const wasm::FuncType& type)
{
    std::vector<std::optional<PhysReg>> to(type.params.size());
    size_t next_gp = 0;
    uint32_t next_xmm = 0;
    for (size_t i = 0; i < to.size(); ++i) {
        if (is_gp(type.params[i].kind())) {
            if (next_gp < std::size(gp_arguments)) to[i] = gp_arguments[next_gp++];
        } else if (next_xmm < xmm_argument_count) {
            to[i] = xmm_reg(next_xmm++);
        }
    }
    move_operands(to.size(), to);
}

void FunctionCompiler::push_call_results(const wasm::FuncType& type)
{
    const auto& results = type.results;
    if (results.empty()) return;
    const ValKind first = results[0].kind();
    HeldReg reg = hold(is_gp(first) ? rax : xmm_reg(0));
    if (first == ValKind::i32) m_masm.mov(x86::eax, x86::eax);  // the contract leaves the upper half open
    push(first, std::move(reg));
    if (results.size() > 1) m_masm.mov(scratch64, x86::qword_ptr(context, offsetof(InstanceContext, exec)));
    for (size_t i = 1; i < results.size(); ++i) {
        const ValKind kind = results[i].kind();
        const ValKind width = kind == ValKind::v128 ? ValKind::v128 : ValKind::f64;
        m_masm.load_xmm(scratch_xmm, x86::ptr(scratch64, transfer_offset(i - 1)), width);
        m_masm.store_xmm(slot_mem(m_stack.size(), width), scratch_xmm, width);
        put_on_stack({.type = kind, .place = Place::spill});
    }
}

void FunctionCompiler::tail_or_call(wasm::FuncIdx function, CallMode mode)
{
    emit_call(m_module->func_type(function), mode, function);
}

/// `direct` empty: the callee is the Function in r11.
void FunctionCompiler::emit_call(const wasm::FuncType& type, CallMode mode, std::optional<wasm::FuncIdx> direct)
{
    const size_t count = type.params.size();
    const bool through_function = !direct || m_module->is_imported(*direct);
    if (mode == CallMode::normal) {
        // Operands below the arguments must survive; the arguments themselves move straight to their places.
        const size_t base = m_stack.size() - count;
        for (RegSet live = m_on_stack; !live.empty(); live.remove(live.lowest()))
            if (m_position_of[live.lowest().index] < base) spill_register(live.lowest());
        save_caller_saved_locals();
    }
    // More arguments than registers need r11 for the transfer area: the callee waits in a slot above the stack.
    size_t gp_count = 0, xmm_count = 0;
    for (const wasm::ValType p : type.params) ++(is_gp(p.kind()) ? gp_count : xmm_count);
    const bool uses_transfer = gp_count > std::size(gp_arguments) || xmm_count > xmm_argument_count;
    const size_t callee_slot = m_stack.size();
    if (!direct && uses_transfer) m_masm.mov(slot_mem(callee_slot, ValKind::i64), scratch64);
    move_arguments(type);
    if (!direct && uses_transfer) m_masm.mov(scratch64, slot_mem(callee_slot, ValKind::i64));
    if (direct && through_function)
        m_masm.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->imported_function(*direct))));

    if (through_function) {
        m_masm.mov(x86::rdi, x86::qword_ptr(scratch64, offsetof(Function, context)));
    } else {
        m_masm.mov(x86::rdi, context);
    }
    if (mode == CallMode::tail) {
        emit_epilogue();
        if (through_function) m_masm.jmp(x86::qword_ptr(scratch64, offsetof(Function, entry)));
        else m_masm.jump_slot(*direct);
        set_dead();
        return;
    }
    if (through_function) {
        m_masm.call(x86::qword_ptr(scratch64, offsetof(Function, entry)));
        m_masm.call_site();
    } else {
        m_masm.call_slot(*direct);
    }
    reload_after_call();
    push_call_results(type);
}

void FunctionCompiler::load_callee_indirect(const wasm::CallIndirectImm& imm)
{
    HeldReg index = pop_gp_owned();  // 32-bit ones are zero-extended: one comparison serves both address types
    m_masm.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->table(imm.table))));
    m_masm.cmp(index.r64(), x86::qword_ptr(scratch64, offsetof(runtime::TableHeader, size)));
    m_masm.jae(m_masm.trap_label(TrapKind::undefined_element));
    m_masm.mov(scratch64, x86::qword_ptr(scratch64, offsetof(runtime::TableHeader, elements)));
    m_masm.mov(scratch64, x86::qword_ptr(scratch64, index.r64(), 3));
    m_masm.test(scratch64, scratch64);
    if (m_layout->may_be_lazy(imm.table))
        make_if_zero({.maker = Builtin::table_element,
                      .index = imm.table.value,
                      .with = index.r64(),
                      .to = scratch64,
                      .if_null = TrapKind::uninitialized_element});
    else m_masm.jz(m_masm.trap_label(TrapKind::uninitialized_element));
    m_masm.mov(index.r32(), x86::dword_ptr(context, static_cast<int32_t>(m_layout->type_id(imm.type))));
    m_masm.cmp(x86::dword_ptr(scratch64, offsetof(Function, type)), index.r32());
    if (m_module->sub_type(m_module->types[imm.type.value]).is_final) {
        m_masm.jne(m_masm.trap_label(TrapKind::indirect_call_type));
        return;
    }
    const asmjit::Label matches = m_masm.newLabel();
    // The slow path spills everything, so the fast path must have it spilled as well.
    m_flags_live = true;
    m_masm.mov(slot_mem(m_stack.size(), ValKind::i64), scratch64);
    while (!m_on_stack.empty()) spill_register(m_on_stack.lowest());
    m_masm.je(matches);
    m_flags_live = false;
    save_caller_saved_locals();
    m_masm.mov(x86::edx, index.r32());
    m_masm.mov(scratch64, slot_mem(m_stack.size(), ValKind::i64));
    m_masm.mov(x86::esi, x86::dword_ptr(scratch64, offsetof(Function, type)));
    builtin_call(Builtin::is_subtype);
    m_masm.test(x86::eax, x86::eax);
    m_masm.jz(m_masm.trap_label(TrapKind::indirect_call_type));
    m_masm.bind(matches);
    m_masm.mov(scratch64, slot_mem(m_stack.size(), ValKind::i64));
}

void FunctionCompiler::tail_or_call_indirect(const wasm::CallIndirectImm& imm, CallMode mode)
{
    load_callee_indirect(imm);
    emit_call(func_type(imm.type), mode, std::nullopt);
}

void FunctionCompiler::tail_or_call_ref(wasm::TypeIdx type, CallMode mode)
{
    {
        const HeldReg callee = pop_gp();
        m_masm.mov(scratch64, callee.r64());
    }
    m_masm.test(scratch64, scratch64);
    m_masm.jz(m_masm.trap_label(TrapKind::null_function_reference));
    emit_call(func_type(type), mode, std::nullopt);
}

void FunctionCompiler::on_call(const wasm::FuncIdx& f) { tail_or_call(f, CallMode::normal); }
void FunctionCompiler::on_call_indirect(const wasm::CallIndirectImm& i) { tail_or_call_indirect(i, CallMode::normal); }
void FunctionCompiler::on_call_ref(const wasm::TypeIdx& t) { tail_or_call_ref(t, CallMode::normal); }
void FunctionCompiler::on_return_call(const wasm::FuncIdx& f) { tail_or_call(f, CallMode::tail); }
void FunctionCompiler::on_return_call_indirect(const wasm::CallIndirectImm& i) { tail_or_call_indirect(i, CallMode::tail); }
void FunctionCompiler::on_return_call_ref(const wasm::TypeIdx& t) { tail_or_call_ref(t, CallMode::tail); }

}  // namespace weir::baseline
