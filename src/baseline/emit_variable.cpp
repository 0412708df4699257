#include "baseline/function_compiler.hpp"

// Constants, locals, globals, drop and select.

namespace weir::baseline {

using wasm::ValKind;

void FunctionCompiler::on_i32_const(const wasm::I32Const& c) { push_constant(ValKind::i32, static_cast<uint32_t>(c.value)); }
void FunctionCompiler::on_i64_const(const wasm::I64Const& c) { push_constant(ValKind::i64, static_cast<uint64_t>(c.value)); }
void FunctionCompiler::on_f32_const(const wasm::F32Const& c) { push_constant(ValKind::f32, c.bits); }
void FunctionCompiler::on_f64_const(const wasm::F64Const& c) { push_constant(ValKind::f64, c.bits); }

void FunctionCompiler::on_drop(const wasm::NoImm&) { drop_top(); }

void FunctionCompiler::on_local_get(const wasm::LocalIdx& local)
{
    LocalHome& home = m_locals[local.value];
    ++home.pending_gets;
    put_on_stack({.type = home.type, .place = Place::local, .local = local.value});
}

void FunctionCompiler::on_local_set(const wasm::LocalIdx& local)
{
    const StackValue v = take_top();
    const LocalHome& home = m_locals[local.value];
    if (v.place == Place::local && v.local == local.value) return;
    HeldReg held;  // keeps the value's register while pending reads of the local are emitted
    if (v.place == Place::reg && m_temporaries.has(v.reg)) held = HeldReg{this, v.reg};
    if (home.pending_gets != 0) materialize_gets_of(local.value);
    if (home.is_pinned) load_value(v, m_stack.size(), home.reg);
    else store_value(v, m_stack.size(), home_mem(home), home.type);
}

void FunctionCompiler::on_local_tee(const wasm::LocalIdx& local)
{
    on_local_set(local);
    on_local_get(local);
}

void FunctionCompiler::on_global_get(const wasm::GlobalIdx& global)
{
    const ValKind type = m_module->globals[global.value].type.type.kind();
    x86::Mem cell = x86::ptr(context, static_cast<int32_t>(m_layout->global(global)));
    if (m_layout->is_global_indirect(global)) {
        m_masm.mov(scratch64, cell);
        cell = x86::ptr(scratch64);
    }
    if (is_gp(type)) {
        HeldReg dst = alloc_result_gp();
        m_masm.load_gp(dst.r64(), cell, type);
        push(type, std::move(dst));
    } else {
        HeldReg dst = alloc_result_xmm();
        m_masm.load_xmm(dst.xmm(), cell, type);
        push(type, std::move(dst));
    }
}

void FunctionCompiler::on_global_set(const wasm::GlobalIdx& global)
{
    const ValKind type = m_module->globals[global.value].type.type.kind();
    const HeldReg value = pop_gp();
    x86::Mem cell = x86::ptr(context, static_cast<int32_t>(m_layout->global(global)));
    if (m_layout->is_global_indirect(global)) {
        m_masm.mov(scratch64, cell);
        cell = x86::ptr(scratch64);
    }
    if (is_gp(type)) m_masm.store_gp(cell, value.r64(), type);
    else m_masm.store_xmm(cell, value.xmm(), type);
}

void FunctionCompiler::on_select(const wasm::NoImm&) { select_value(); }
void FunctionCompiler::on_select_t(const wasm::SelectTypes&) { select_value(); }

void FunctionCompiler::select_value()
{
    const x86::CondCode cond = pop_condition();  // the flags stay live: all below moves only
    const ValKind type = top().type;
    if (is_gp(type)) {
        const HeldReg second = pop_gp();
        HeldReg first = pop_gp_owned(RegSet{second.phys().bit()});
        if (type == ValKind::i32) m_masm.cmov(x86::negateCond(cond), first.r32(), second.r32());
        else m_masm.cmov(x86::negateCond(cond), first.r64(), second.r64());
        m_flags_live = false;
        push(type, std::move(first));
        return;
    }
    const HeldReg second = pop_xmm();
    HeldReg first = pop_xmm_owned();
    const asmjit::Label keep = m_masm.newLabel();
    m_masm.j(cond, keep);
    m_flags_live = false;
    m_masm.mov_xmm(first.xmm(), second.xmm());
    m_masm.bind(keep);
    push(type, std::move(first));
}

}  // namespace weir::baseline
