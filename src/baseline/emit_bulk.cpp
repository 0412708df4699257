#include "baseline/function_compiler.hpp"

#include <cstddef>

// Bulk memory and table instructions, most of them calls of builtins; table.get, table.set and table.size inline.

namespace weir::baseline {

using runtime::Builtin;
using runtime::TableHeader;
using runtime::TrapKind;
using wasm::ValKind;

namespace {
constexpr uint64_t packed(uint32_t a, uint32_t b) { return uint64_t{a} << 32 | b; }
}  // namespace

/// Calls a builtin with (context, indices, the topmost `count` operands), popping these. `traps`: it answers a TrapKind.
void FunctionCompiler::call_bulk(Builtin builtin, uint64_t indices, uint32_t count, BulkResult result, ValKind type)
{
    const size_t base = m_stack.size() - count;
    for (RegSet live = m_on_stack; !live.empty(); live.remove(live.lowest()))
        if (m_position_of[live.lowest().index] < base) spill_register(live.lowest());
    save_caller_saved_locals();
    pop_builtin_arguments(count, 1);
    m_masm.load_imm64(x86::rsi, indices);
    m_masm.call_builtin(builtin);
    if (result == BulkResult::trap_kind) m_masm.trap_if_builtin_failed();
    reload_after_call();
    if (result != BulkResult::value) return;
    HeldReg reg = hold(rax);
    if (type == ValKind::i32) m_masm.mov(x86::eax, x86::eax);  // ~0 becomes -1
    push(type, std::move(reg));
}

void FunctionCompiler::on_memory_grow(const wasm::MemoryIdx& m)
{
    call_bulk(Builtin::memory_grow, m.value, 1, BulkResult::value, is_memory64(m) ? ValKind::i64 : ValKind::i32);
}
void FunctionCompiler::on_memory_copy(const wasm::MemoryCopyImm& i)
{
    call_bulk(Builtin::memory_copy, packed(i.destination.value, i.source.value), 3, BulkResult::trap_kind);
}
void FunctionCompiler::on_memory_fill(const wasm::MemoryIdx& m)
{
    call_bulk(Builtin::memory_fill, m.value, 3, BulkResult::trap_kind);
}
void FunctionCompiler::on_memory_init(const wasm::MemoryInitImm& i)
{
    call_bulk(Builtin::memory_init, packed(i.memory.value, i.data.value), 3, BulkResult::trap_kind);
}
void FunctionCompiler::on_data_drop(const wasm::DataIdx& d) { call_bulk(Builtin::data_drop, d.value, 0, BulkResult::nothing); }

void FunctionCompiler::on_table_grow(const wasm::TableIdx& t)
{
    call_bulk(Builtin::table_grow, t.value, 2, BulkResult::value, is_table64(t) ? ValKind::i64 : ValKind::i32);
}
void FunctionCompiler::on_table_fill(const wasm::TableIdx& t) { call_bulk(Builtin::table_fill, t.value, 3, BulkResult::trap_kind); }
void FunctionCompiler::on_table_copy(const wasm::TableCopyImm& i)
{
    call_bulk(Builtin::table_copy, packed(i.destination.value, i.source.value), 3, BulkResult::trap_kind);
}
void FunctionCompiler::on_table_init(const wasm::TableInitImm& i)
{
    call_bulk(Builtin::table_init, packed(i.table.value, i.elem.value), 3, BulkResult::trap_kind);
}
void FunctionCompiler::on_elem_drop(const wasm::ElemIdx& e) { call_bulk(Builtin::elem_drop, e.value, 0, BulkResult::nothing); }

void FunctionCompiler::on_table_size(const wasm::TableIdx& table)
{
    HeldReg dst = alloc_gp();
    m_masm.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->table(table))));
    m_masm.mov(dst.r64(), x86::qword_ptr(scratch64, offsetof(TableHeader, size)));
    push(is_table64(table) ? ValKind::i64 : ValKind::i32, std::move(dst));
}

/// Pops an index, checks it; r11 and the returned register form the entry's address.
HeldReg FunctionCompiler::pop_table_entry(wasm::TableIdx table, x86::Mem& entry)
{
    HeldReg index = pop_gp();
    open_table(table);
    m_masm.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->table(table))));
    m_masm.cmp(index.r64(), x86::qword_ptr(scratch64, offsetof(TableHeader, size)));
    m_masm.jae(m_masm.trap_label(TrapKind::table_out_of_bounds));
    m_masm.mov(scratch64, x86::qword_ptr(scratch64, offsetof(TableHeader, elements)));
    entry = x86::qword_ptr(scratch64, index.r64(), 3);
    return index;
}

void FunctionCompiler::on_table_get(const wasm::TableIdx& table)
{
    x86::Mem entry;
    HeldReg index = pop_table_entry(table, entry);
    HeldReg dst = result_over(index);
    m_masm.mov(dst.r64(), entry);
    push(ValKind::ref, std::move(dst));
}

void FunctionCompiler::on_table_set(const wasm::TableIdx& table)
{
    const HeldReg value = pop_gp();
    x86::Mem entry;
    const HeldReg index = pop_table_entry(table, entry);
    m_masm.mov(entry, value.r64());
}

// --- references ---

void FunctionCompiler::on_ref_null(const wasm::HeapTypeImm&) { push_constant(ValKind::ref, 0); }

void FunctionCompiler::on_ref_func(const wasm::FuncIdx& f)
{
    HeldReg dst = alloc_gp();
    if (m_module->is_imported(f)) {  // the imported function's own identity
        m_masm.mov(dst.r64(), x86::qword_ptr(context, static_cast<int32_t>(m_layout->imported_function(f))));
    } else {
        m_masm.mov(dst.r64(), x86::qword_ptr(context, offsetof(runtime::InstanceContext, functions)));
        m_masm.mov(scratch32, x86::dword_ptr(dst.r64(), static_cast<int32_t>(f.value * sizeof(uint32_t))));
        m_masm.add(dst.r64(), scratch64);
        m_masm.test(scratch32, scratch32);
        make_if_zero({.maker = Builtin::function_reference, .index = f.value, .to = dst.r64()});
    }
    push(ValKind::ref, std::move(dst));
}

void FunctionCompiler::on_ref_is_null(const wasm::NoImm&) { int_eqz(true); }

void FunctionCompiler::on_ref_as_non_null(const wasm::NoImm&)
{
    HeldReg ref = pop_gp_owned();
    m_masm.test(ref.r64(), ref.r64());
    m_masm.jz(m_masm.trap_label(TrapKind::null_reference));
    push(ValKind::ref, std::move(ref));
}

void FunctionCompiler::on_br_on_null(const wasm::LabelIdx& label)
{
    HeldReg ref = pop_gp_owned();
    m_masm.test(ref.r64(), ref.r64());
    m_flags_live = true;
    // The reference is no operand of the branch, but of what follows; its register survives the branch's moves, which
    // write rax, xmm0 and memory on the taken path only.
    branch_if(x86::CondCode::kE, control_at(label));
    push(ValKind::ref, std::move(ref));
}

void FunctionCompiler::on_br_on_non_null(const wasm::LabelIdx& label)
{
    HeldReg ref = pop_gp_owned();
    m_masm.test(ref.r64(), ref.r64());
    m_flags_live = true;
    push(ValKind::ref, std::move(ref));
    branch_if(x86::CondCode::kNE, control_at(label));
    drop_top();
}

}  // namespace weir::baseline
