#include "baseline/masm.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace weir::baseline {

using asmjit::Label;
using runtime::CodeSite;
using runtime::TrapKind;

Masm::Masm(const CpuFeatures& features) : m_features(features) {}

Masm::~Masm()
{
    take_buffer_back();
    m_code.reset(asmjit::ResetPolicy::kHard);
    std::free(m_buffer);
}

// Made by malloc, as asmjit's own are: it may make it larger by realloc.
void Masm::lend_buffer()
{
    asmjit::CodeBuffer& buffer = m_code.textSection()->buffer();
    buffer._data = std::exchange(m_buffer, nullptr);
    buffer._capacity = std::exchange(m_buffer_bytes, 0);
}

void Masm::take_buffer_back()
{
    if (!m_code.isInitialized()) return;
    asmjit::CodeBuffer& buffer = m_code.textSection()->buffer();
    m_buffer = std::exchange(buffer._data, nullptr);
    m_buffer_bytes = std::exchange(buffer._capacity, 0);
    buffer._size = 0;
}

void Masm::start()
{
    take_buffer_back();
    m_code.reset(asmjit::ResetPolicy::kSoft);
    m_code.init(asmjit::Environment(asmjit::Arch::kX64));
    lend_buffer();
    m_code.setErrorHandler(&m_errors);
    m_code.attach(this);
    m_failed = false;
    m_wasm_offset = 0;
    m_lines = nullptr;
    m_sites.clear();
    m_relocations.clear();
    m_traps.clear();
    m_raises.clear();
    m_jump_tables.clear();
    m_pool.clear();
}

bool Masm::finish(runtime::CompiledCode& out)
{
    if (m_lines != nullptr) m_lines->push_back({here(), runtime::CodeLine::no_instruction});
    emit_cold();
    emit_tables();
    emit_pool();
    if (m_failed || m_code.hasUnresolvedLinks()) return false;
    const asmjit::CodeBuffer& buffer = m_code.textSection()->buffer();
    const auto* data = reinterpret_cast<std::byte*>(m_code.textSection()->buffer().data());
    out.bytes.assign(data, data + buffer.size());
    for (const JumpTable& table : m_jump_tables) {
        for (size_t i = 0; i < table.targets.size(); ++i) {
            const auto distance = static_cast<int32_t>(m_code.labelOffset(table.targets[i])) - static_cast<int32_t>(table.offset);
            std::memcpy(out.bytes.data() + table.offset + i * sizeof distance, &distance, sizeof distance);
        }
    }
    // Cold code's sites come last already; only sites recorded out of order need the sort.
    const auto by_offset = [](const CodeSite& a, const CodeSite& b) { return a.code_offset < b.code_offset; };
    if (!std::is_sorted(m_sites.begin(), m_sites.end(), by_offset)) std::sort(m_sites.begin(), m_sites.end(), by_offset);
    out.sites = m_sites;
    out.relocations = m_relocations;
    return true;
}

void Masm::memory_site()
{
    m_sites.push_back({here(), m_wasm_offset, CodeSite::Kind::memory_access, TrapKind::memory_out_of_bounds});
}

void Masm::call_site() { m_sites.push_back({here(), m_wasm_offset, CodeSite::Kind::call, TrapKind::none}); }

Label Masm::trap_label(TrapKind kind)
{
    if (!m_traps.empty() && m_traps.back().kind == kind && m_traps.back().wasm_offset == m_wasm_offset) return m_traps.back().label;
    m_traps.push_back({newLabel(), kind, m_wasm_offset});
    return m_traps.back().label;
}

void Masm::trap(TrapKind kind)
{
    m_sites.push_back({here(), m_wasm_offset, CodeSite::Kind::trap, kind});
    ud2();
}

void Masm::trap_if_builtin_failed()
{
    m_raises.push_back({newLabel(), m_wasm_offset});
    test(x86::eax, x86::eax);
    jnz(m_raises.back().label);
}

void Masm::call_slot(wasm::FuncIdx target)
{
    // The displacement counts from the end of the instruction; zero until the code has its place.
    call(x86::ptr(x86::rip, 0, 8));
    m_relocations.push_back({here() - 4, target});
    call_site();
}

void Masm::jump_slot(wasm::FuncIdx target)
{
    jmp(x86::ptr(x86::rip, 0, 8));
    m_relocations.push_back({here() - 4, target});
}

void Masm::count_down(wasm::FuncIdx function, runtime::Relocation::Kind counter)
{
    sub(x86::ptr(x86::rip, 0, 4), 1);
    m_relocations.push_back({here() - 5, function, counter});
}

void Masm::call_builtin(runtime::Builtin builtin)
{
    mov(x86::rdi, context);
    mov(scratch64, x86::qword_ptr(context, offsetof(runtime::InstanceContext, builtins)));
    call(x86::qword_ptr(scratch64, static_cast<int32_t>(builtin) * 8));
    call_site();
}

void Masm::jump_table(x86::Gp index, std::vector<Label> targets)
{
    m_jump_tables.push_back({newLabel(), std::move(targets)});
    lea(scratch64, x86::ptr(m_jump_tables.back().label));
    movsxd(index.r64(), x86::dword_ptr(scratch64, index.r64(), 2));
    add(scratch64, index.r64());
    jmp(scratch64);
}

x86::Mem Masm::pool(uint64_t low, uint64_t high, uint32_t size_bytes)
{
    // Few constants are distinct in one function; only the newest are compared so that hostile input stays linear.
    const size_t from = m_pool.size() > 16 ? m_pool.size() - 16 : 0;
    for (size_t i = m_pool.size(); i-- > from;) {
        const PoolEntry& e = m_pool[i];
        if (e.size_bytes == size_bytes && e.low == low && e.high == high) return x86::ptr(e.label, 0, size_bytes);
    }
    m_pool.push_back({newLabel(), low, high, size_bytes});
    return x86::ptr(m_pool.back().label, 0, size_bytes);
}
x86::Mem Masm::pool128(uint64_t low, uint64_t high) { return pool(low, high, 16); }
x86::Mem Masm::pool64(uint64_t bits) { return pool(bits, 0, 8); }
x86::Mem Masm::pool32(uint32_t bits) { return pool(bits, 0, 4); }

void Masm::load_imm64(x86::Gp dst, uint64_t value)
{
    if (value <= 0xffff'ffffU) mov(dst.r32(), static_cast<uint32_t>(value));  // zero-extends
    else mov(dst.r64(), value);
}

void Masm::load_float_bits(x86::Xmm dst, uint64_t bits, bool is_double)
{
    if (bits == 0) op3(x86::Inst::kIdXorps, x86::Inst::kIdVxorps, dst, dst, dst);
    else if (is_double) load_xmm(dst, pool64(bits), wasm::ValKind::f64);
    else load_xmm(dst, pool32(static_cast<uint32_t>(bits)), wasm::ValKind::f32);
}

void Masm::mov_xmm(x86::Xmm dst, x86::Xmm src)
{
    if (dst.id() == src.id()) return;
    op2(x86::Inst::kIdMovaps, x86::Inst::kIdVmovaps, dst, src);
}

void Masm::load_xmm(x86::Xmm dst, const x86::Mem& src, wasm::ValKind kind)
{
    switch (kind) {
    case wasm::ValKind::f32: return op2(x86::Inst::kIdMovss, x86::Inst::kIdVmovss, dst, src);
    case wasm::ValKind::f64: return op2(x86::Inst::kIdMovsd, x86::Inst::kIdVmovsd, dst, src);
    default: return op2(x86::Inst::kIdMovups, x86::Inst::kIdVmovups, dst, src);
    }
}

void Masm::store_xmm(const x86::Mem& dst, x86::Xmm src, wasm::ValKind kind)
{
    const bool avx = m_features.avx;
    switch (kind) {
    case wasm::ValKind::f32: emit(avx ? x86::Inst::kIdVmovss : x86::Inst::kIdMovss, dst, src); return;
    case wasm::ValKind::f64: emit(avx ? x86::Inst::kIdVmovsd : x86::Inst::kIdMovsd, dst, src); return;
    default: emit(avx ? x86::Inst::kIdVmovups : x86::Inst::kIdMovups, dst, src); return;
    }
}

void Masm::load_gp(x86::Gp dst, const x86::Mem& src, wasm::ValKind kind)
{
    if (kind == wasm::ValKind::i32) mov(dst.r32(), src);
    else mov(dst.r64(), src);
}

void Masm::store_gp(const x86::Mem& dst, x86::Gp src, wasm::ValKind kind)
{
    if (kind == wasm::ValKind::i32) mov(dst, src.r32());
    else mov(dst, src.r64());
}

void Masm::op3(uint32_t sse, uint32_t avx, x86::Xmm dst, x86::Xmm a, const asmjit::Operand_& b)
{
    if (m_features.avx) {
        emit(avx, dst, a, b);
        return;
    }
    const bool b_is_dst = x86::Reg::isXmm(b) && b.id() == dst.id();
    if (dst.id() == a.id()) {
        emit(sse, dst, b);
    } else if (b_is_dst) {
        movaps(scratch_xmm, dst);
        movaps(dst, a);
        emit(sse, dst, scratch_xmm);
    } else {
        movaps(dst, a);
        emit(sse, dst, b);
    }
}

void Masm::op2(uint32_t sse, uint32_t avx, x86::Xmm dst, const asmjit::Operand_& src)
{
    emit(m_features.avx ? avx : sse, dst, src);
}

void Masm::op3i(uint32_t sse, uint32_t avx, x86::Xmm dst, x86::Xmm a, const asmjit::Operand_& b, int imm)
{
    const asmjit::Imm i(imm);
    if (m_features.avx) {
        emit(avx, dst, a, b, i);
        return;
    }
    const bool b_is_dst = x86::Reg::isXmm(b) && b.id() == dst.id();
    if (dst.id() != a.id() && b_is_dst) {
        movaps(scratch_xmm, dst);
        movaps(dst, a);
        emit(sse, dst, scratch_xmm, i);
        return;
    }
    if (dst.id() != a.id()) movaps(dst, a);
    emit(sse, dst, b, i);
}

void Masm::op2i(uint32_t sse, uint32_t avx, x86::Xmm dst, const asmjit::Operand_& src, int imm)
{
    emit(m_features.avx ? avx : sse, dst, src, asmjit::Imm(imm));
}

void Masm::shift_imm(uint32_t sse, uint32_t avx, x86::Xmm dst, x86::Xmm a, int imm)
{
    if (m_features.avx) {
        emit(avx, dst, a, asmjit::Imm(imm));
        return;
    }
    if (dst.id() != a.id()) movaps(dst, a);
    emit(sse, dst, asmjit::Imm(imm));
}

void Masm::emit_cold()
{
    for (const ColdTrap& t : m_traps) {
        bind(t.label);
        m_wasm_offset = t.wasm_offset;
        trap(t.kind);
    }
    for (const ColdRaise& r : m_raises) {
        bind(r.label);
        m_wasm_offset = r.wasm_offset;
        mov(x86::esi, x86::eax);
        call_builtin(runtime::Builtin::raise);
    }
}

void Masm::emit_tables()
{
    for (JumpTable& table : m_jump_tables) {
        align(asmjit::AlignMode::kData, 4);
        bind(table.label);
        table.offset = here();
        for (size_t i = 0; i < table.targets.size(); ++i) dd(0);
    }
}

void Masm::emit_pool()
{
    for (const uint32_t size : {16U, 8U, 4U}) {
        for (const PoolEntry& e : m_pool) {
            if (e.size_bytes != size) continue;
            align(asmjit::AlignMode::kData, size);
            bind(e.label);
            embed(&e.low, std::min(size, 8U));
            if (size == 16) embed(&e.high, 8);
        }
    }
}

}  // namespace weir::baseline
