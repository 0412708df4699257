#include "baseline/function_compiler.hpp"

#include <cstddef>

// Elements of tables, and functions that are referred to, are made when they are first looked at (C15 in docs/design.md).

namespace weir::baseline {

using runtime::Builtin;
using runtime::TableHeader;
using runtime::TrapKind;

void FunctionCompiler::make_if_zero(LazyPart part)
{
    part.cold = m_masm.newLabel();
    part.back = m_masm.newLabel();
    part.wasm_offset = m_masm.wasm_offset();
    m_masm.jz(part.cold);
    m_masm.bind(part.back);
    m_lazy_parts.push_back(part);
}

void FunctionCompiler::open_table(wasm::TableIdx table)
{
    if (!m_layout->may_be_lazy(table)) return;
    m_masm.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->table(table))));
    m_masm.cmp(x86::qword_ptr(scratch64, offsetof(TableHeader, is_lazy)), 1);  // it is 0 or 1
    make_if_zero({.maker = Builtin::open_table, .index = table.value});
}

void FunctionCompiler::emit_lazy_parts()
{
    // What the makers change, and what a call of them may change on its way. A multiple of 16 bytes.
    constexpr std::array kept{x86::rax, x86::rdi, x86::rsi, x86::rdx};
    for (const LazyPart& part : m_lazy_parts) {
        m_masm.bind(part.cold);
        m_masm.set_wasm_offset(part.wasm_offset);
        for (const x86::Gp& r : kept) m_masm.push(r);
        if (part.with) m_masm.mov(x86::rdx, *part.with);
        m_masm.mov(x86::esi, part.index);
        m_masm.call_builtin(part.maker);
        m_masm.mov(scratch64, x86::rax);
        for (size_t i = kept.size(); i > 0; --i) m_masm.pop(kept[i - 1]);
        if (part.if_null != TrapKind::none) {
            m_masm.test(scratch64, scratch64);
            m_masm.jz(m_masm.trap_label(part.if_null));
        }
        if (part.to && *part.to != scratch64) m_masm.mov(*part.to, scratch64);
        m_masm.jmp(part.back);
    }
}

}  // namespace weir::baseline
