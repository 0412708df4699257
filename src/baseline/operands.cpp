#include "baseline/function_compiler.hpp"

#include <algorithm>
#include <cstddef>

// The abstract operand stack: where operands are, and how they get into registers and out of them.

namespace weir::baseline {

using wasm::ValKind;

// --- registers ---

HeldReg FunctionCompiler::hold(PhysReg reg)
{
    m_free.remove(reg);
    return HeldReg{this, reg};
}

HeldReg FunctionCompiler::alloc(bool is_xmm, RegSet avoid)
{
    const RegSet candidates = (m_temporaries & (is_xmm ? xmm_temporaries : gp_temporaries)).without(avoid);
    if (const RegSet free_ones = m_free & candidates; !free_ones.empty()) return hold(free_ones.lowest());
    // The deepest operand is needed last.
    RegSet owned = m_on_stack & candidates;
    if (owned.empty()) {  // every temporary is held by the emitter: none needs so many
        m_masm.fail();
        return HeldReg{nullptr, candidates.lowest()};
    }
    PhysReg victim = owned.lowest();
    for (RegSet rest = owned; !rest.empty(); rest.remove(rest.lowest()))
        if (m_position_of[rest.lowest().index] < m_position_of[victim.index]) victim = rest.lowest();
    spill_register(victim);
    return hold(victim);
}

HeldReg FunctionCompiler::alloc_gp(RegSet avoid) { return alloc(false, avoid); }
HeldReg FunctionCompiler::alloc_xmm() { return alloc(true, {}); }

HeldReg FunctionCompiler::alloc_fixed(PhysReg reg)
{
    if (m_free.has(reg)) return hold(reg);
    if (!m_on_stack.has(reg)) {
        m_masm.fail();
        return HeldReg{nullptr, reg};
    }
    const RegSet others = m_free & m_temporaries & (reg.is_xmm() ? xmm_temporaries : gp_temporaries);
    if (others.empty()) {
        spill_register(reg);
        return hold(reg);
    }
    const uint32_t position = m_position_of[reg.index];
    const PhysReg other = others.lowest();
    load_value(m_stack[position], position, other);
    m_stack[position].reg = other;
    m_free.remove(other);
    m_on_stack.remove(reg);
    m_on_stack.add(other);
    m_position_of[other.index] = position;
    return HeldReg{this, reg};
}

// --- moving values ---

x86::Mem FunctionCompiler::slot_mem(size_t position, ValKind type)
{
    m_max_slots = std::max(m_max_slots, static_cast<uint32_t>(position) + 1);
    const auto offset = -static_cast<int32_t>(m_fixed_frame_bytes) - 16 * (static_cast<int32_t>(position) + 1);
    return x86::ptr(x86::rbp, offset, type == ValKind::v128 ? 16 : is_64bit(type) || type == ValKind::f64 ? 8 : 4);
}

x86::Mem FunctionCompiler::home_mem(const LocalHome& home) const
{
    return x86::ptr(x86::rbp, home.frame_offset,
                    home.type == ValKind::v128                         ? 16
                    : is_64bit(home.type) || home.type == ValKind::f64 ? 8
                                                                       : 4);
}

std::optional<x86::Mem> FunctionCompiler::as_memory(const StackValue& v, size_t position)
{
    if (v.place == Place::spill) return slot_mem(position, v.type);
    if (v.place == Place::local && !m_locals[v.local].is_pinned) return home_mem(m_locals[v.local]);
    return std::nullopt;
}

void FunctionCompiler::load_value(const StackValue& v, size_t position, PhysReg dst)
{
    if (const auto memory = as_memory(v, position)) {
        if (dst.is_xmm()) m_masm.load_xmm(xmm(dst), *memory, v.type);
        else m_masm.load_gp(gp64(dst), *memory, v.type);
        return;
    }
    switch (v.place) {
    case Place::constant:
        if (dst.is_xmm()) m_masm.load_float_bits(xmm(dst), v.bits, v.type == ValKind::f64);
        else if (v.bits == 0 && !m_flags_live) m_masm.xor_(gp32(dst), gp32(dst));
        else m_masm.load_imm64(gp64(dst), v.bits);
        return;
    case Place::flags:
        m_masm.set(v.cond, x86::gpb(dst.id()));
        m_masm.movzx(gp32(dst), x86::gpb(dst.id()));
        m_flags_live = false;
        return;
    default: break;
    }
    const PhysReg from = v.place == Place::local ? m_locals[v.local].reg : v.reg;
    if (from == dst) return;
    if (dst.is_xmm()) m_masm.mov_xmm(xmm(dst), xmm(from));
    else if (v.type == ValKind::i32) m_masm.mov(gp32(dst), gp32(from));
    else m_masm.mov(gp64(dst), gp64(from));
}

void FunctionCompiler::store_value(const StackValue& v, size_t position, const x86::Mem& to, ValKind type)
{
    const bool in_register = v.place == Place::reg || (v.place == Place::local && m_locals[v.local].is_pinned);
    const PhysReg from = v.place == Place::local ? m_locals[v.local].reg : v.reg;
    if (is_gp(type)) {
        if (!in_register) load_value(v, position, r11);
        m_masm.store_gp(to, gp64(in_register ? from : r11), type);
    } else {
        if (!in_register) load_value(v, position, xmm_reg(15));
        m_masm.store_xmm(to, in_register ? xmm(from) : scratch_xmm, type);
    }
}

void FunctionCompiler::spill_position(size_t position, Constants constants)
{
    StackValue& v = m_stack[position];
    if (v.place == Place::spill || (v.place == Place::constant && constants == Constants::stay)) return;
    store_value(v, position, slot_mem(position, v.type), v.type);
    if (v.place == Place::reg && m_on_stack.has(v.reg)) {
        m_on_stack.remove(v.reg);
        m_free.add(v.reg);
    } else if (v.place == Place::local) {
        --m_locals[v.local].pending_gets;
    }
    v.place = Place::spill;
}

void FunctionCompiler::spill_register(PhysReg reg) { spill_position(m_position_of[reg.index]); }

void FunctionCompiler::flush_stack(size_t keep_top)
{
    const size_t end = m_stack.size() - keep_top;
    for (size_t i = m_canonical_height; i < end; ++i) spill_position(i);
    m_canonical_height = std::max(m_canonical_height, end);
}

void FunctionCompiler::materialize_gets_of(uint32_t local)
{
    // Deeper ones are read now and for all, so that hostile code cannot make every local.set search a deep stack.
    constexpr size_t max_search_depth = 64;
    flush_stack(std::min(m_stack.size(), max_search_depth));
    for (size_t i = m_stack.size(); m_locals[local].pending_gets != 0 && i-- > m_canonical_height;) {
        StackValue& v = m_stack[i];
        if (v.place != Place::local || v.local != local) continue;
        HeldReg reg = alloc(!is_gp(v.type), {});  // may spill other operands, this very one is in no temporary
        load_value(v, i, reg.phys());
        --m_locals[local].pending_gets;
        v.place = Place::reg;
        v.reg = reg.take();
        m_on_stack.add(v.reg);
        m_position_of[v.reg.index] = static_cast<uint32_t>(i);
    }
}

// --- pushing and popping ---

void FunctionCompiler::put_on_stack(StackValue v)
{
    if (v.place == Place::reg && m_temporaries.has(v.reg)) {
        m_on_stack.add(v.reg);
        m_position_of[v.reg.index] = static_cast<uint32_t>(m_stack.size());
    }
    m_stack.push_back(v);
}

StackValue FunctionCompiler::take_top()
{
    const StackValue v = m_stack.back();
    m_stack.pop_back();
    m_canonical_height = std::min(m_canonical_height, m_stack.size());
    if (v.place == Place::reg) m_on_stack.remove(v.reg);
    else if (v.place == Place::local) --m_locals[v.local].pending_gets;
    return v;
}

void FunctionCompiler::drop_top()
{
    const StackValue v = take_top();
    if (v.place == Place::reg && m_temporaries.has(v.reg)) m_free.add(v.reg);
    if (v.place == Place::flags) m_flags_live = false;
}

void FunctionCompiler::truncate_stack(size_t height)
{
    while (m_stack.size() > height) drop_top();
}

HeldReg FunctionCompiler::into_register(const StackValue& v, size_t position, RegSet avoid)
{
    if (v.place == Place::local && m_locals[v.local].is_pinned) return HeldReg{nullptr, m_locals[v.local].reg};
    if (v.place == Place::reg) {
        HeldReg held{m_temporaries.has(v.reg) ? this : nullptr, v.reg};
        if (!avoid.has(v.reg)) return held;
        HeldReg other = alloc(v.reg.is_xmm(), avoid);
        load_value(v, position, other.phys());
        return other;
    }
    HeldReg reg = alloc(!is_gp(v.type), avoid);
    load_value(v, position, reg.phys());
    return reg;
}

HeldReg FunctionCompiler::into_owned(const StackValue& v, size_t position, RegSet avoid)
{
    HeldReg reg = into_register(v, position, avoid);
    if (reg.is_owned()) return reg;
    HeldReg copy = alloc(reg.phys().is_xmm(), avoid);
    if (reg.phys().is_xmm()) m_masm.mov_xmm(copy.xmm(), reg.xmm());
    else m_masm.mov(copy.sized(v.type != ValKind::i32), reg.sized(v.type != ValKind::i32));
    return copy;
}

HeldReg FunctionCompiler::pop_gp(RegSet avoid)
{
    const StackValue v = take_top();
    return into_register(v, m_stack.size(), avoid);
}
HeldReg FunctionCompiler::pop_xmm() { return pop_gp(); }  // the class follows from the operand's type

HeldReg FunctionCompiler::pop_gp_owned(RegSet avoid)
{
    const StackValue v = take_top();
    return into_owned(v, m_stack.size(), avoid);
}
HeldReg FunctionCompiler::pop_xmm_owned() { return pop_gp_owned(); }

HeldReg FunctionCompiler::pop_gp_fixed(PhysReg reg)
{
    const StackValue v = take_top();
    if (v.place == Place::reg && v.reg == reg) return HeldReg{this, reg};
    HeldReg held = alloc_fixed(reg);
    load_value(v, m_stack.size(), reg);
    if (v.place == Place::reg && m_temporaries.has(v.reg)) m_free.add(v.reg);
    return held;
}

std::optional<uint64_t> FunctionCompiler::pop_constant()
{
    if (top().place != Place::constant) return std::nullopt;
    return take_top().bits;
}

void FunctionCompiler::push(ValKind type, HeldReg&& reg)
{
    StackValue v;
    v.type = type;
    v.place = Place::reg;
    if (!reg.is_owned() && m_hint != reg.phys()) {  // a pinned local's register: its value may change, ours may not
        HeldReg copy = alloc(reg.phys().is_xmm(), {});
        if (reg.phys().is_xmm()) m_masm.mov_xmm(copy.xmm(), reg.xmm());
        else m_masm.mov(copy.sized(type != ValKind::i32), reg.sized(type != ValKind::i32));
        v.reg = copy.take();
    } else {
        v.reg = reg.take();
    }
    m_hint.reset();
    put_on_stack(v);
}

void FunctionCompiler::push_constant(ValKind type, uint64_t bits)
{
    StackValue v;
    v.type = type;
    v.place = Place::constant;
    v.bits = bits;
    put_on_stack(v);
}

void FunctionCompiler::push_condition(x86::CondCode cond)
{
    using enum wasm::Opcode;
    const uint8_t next = next_opcode();
    m_flags_live = true;
    StackValue v;
    v.place = Place::flags;
    v.cond = cond;
    if (next == static_cast<uint8_t>(br_if) || next == static_cast<uint8_t>(if_) || next == static_cast<uint8_t>(select) ||
        next == static_cast<uint8_t>(i32_eqz)) {
        put_on_stack(v);
        return;
    }
    HeldReg reg = alloc_result_gp();
    load_value(v, 0, reg.phys());
    push(ValKind::i32, std::move(reg));
}

// --- looking ahead ---

size_t FunctionCompiler::next_offset() const
{
    size_t p = m_offset - m_code_offset;
    const auto byte = [&](size_t at) { return at < m_body.size() ? std::to_integer<uint8_t>(m_body[at]) : uint8_t{0x0b}; };
    const auto read_leb = [&] {  // 32 bits or fewer matter
        uint32_t value = 0;
        for (uint32_t shift = 0;; shift += 7) {
            const uint8_t b = byte(p++);
            if (shift < 32) value |= (b & 0x7fU) << shift;
            if ((b & 0x80U) == 0) return value;
        }
    };
    const auto skip_mem_arg = [&] {  // flags, memory index if bit 6 says so, offset
        if ((read_leb() & 0x40U) != 0) read_leb();
        read_leb();
    };
    const uint8_t opcode = byte(p++);
    if (opcode >= 0x28 && opcode <= 0x3e) skip_mem_arg();
    if ((opcode >= 0x20 && opcode <= 0x26) || opcode == 0x3f) read_leb();  // a local, global, table or memory
    if (opcode < 0xfc || opcode > 0xfe) return p;
    const uint32_t sub_opcode = read_leb();
    const uint32_t code = uint32_t{opcode} << 16 | sub_opcode;
    using enum wasm::Opcode;
    const auto is_between = [&](wasm::Opcode first, wasm::Opcode last) {
        return code >= static_cast<uint32_t>(first) && code <= static_cast<uint32_t>(last);
    };
    if (is_between(v128_const, i8x16_shuffle)) p += 16;
    else if (is_between(i8x16_extract_lane_s, f64x2_replace_lane)) ++p;
    else if (is_between(v128_load8_lane, v128_store64_lane)) skip_mem_arg(), ++p;
    else if (is_between(v128_load, v128_store) || is_between(v128_load32_zero, v128_load64_zero)) skip_mem_arg();
    else if (is_between(atomic_fence, atomic_fence)) ++p;
    else if (opcode == 0xfe) skip_mem_arg();
    return p;
}

uint8_t FunctionCompiler::next_opcode() const
{
    const size_t p = next_offset();
    return p < m_body.size() ? std::to_integer<uint8_t>(m_body[p]) : uint8_t{0x0b};
}

std::optional<uint32_t> FunctionCompiler::next_set_local() const
{
    size_t p = next_offset();
    if (p >= m_body.size()) return std::nullopt;
    const auto opcode = std::to_integer<uint8_t>(m_body[p]);
    if (opcode != static_cast<uint8_t>(wasm::Opcode::local_set) && opcode != static_cast<uint8_t>(wasm::Opcode::local_tee))
        return std::nullopt;
    uint32_t index = 0;
    for (uint32_t shift = 0; shift < 28 && ++p < m_body.size(); shift += 7) {
        const auto byte = std::to_integer<uint8_t>(m_body[p]);
        index |= static_cast<uint32_t>(byte & 0x7fU) << shift;
        if ((byte & 0x80U) == 0) return index;
    }
    return std::nullopt;
}

std::optional<HeldReg> FunctionCompiler::hinted(bool is_xmm, const HeldReg* a, const HeldReg* b)
{
    const auto local = next_set_local();
    if (!local || *local >= m_locals.size()) return std::nullopt;
    const LocalHome& home = m_locals[*local];
    const bool is_read_later = (a != nullptr && a->phys() == home.reg) || (b != nullptr && b->phys() == home.reg);
    if (!home.is_pinned || home.pending_gets != 0 || home.reg.is_xmm() != is_xmm || is_read_later) return std::nullopt;
    m_hint = home.reg;
    return HeldReg{nullptr, home.reg};
}

HeldReg FunctionCompiler::alloc_result(bool is_xmm, const HeldReg* a, const HeldReg* b)
{
    if (auto hint = hinted(is_xmm, a, b)) return std::move(*hint);
    return alloc(is_xmm, {});
}
HeldReg FunctionCompiler::alloc_result_gp(const HeldReg* a, const HeldReg* b) { return alloc_result(false, a, b); }
HeldReg FunctionCompiler::alloc_result_xmm(const HeldReg* a, const HeldReg* b) { return alloc_result(true, a, b); }

HeldReg FunctionCompiler::result_over(HeldReg& operand, const HeldReg* read_later)
{
    const bool is_xmm = operand.phys().is_xmm();
    if (auto hint = hinted(is_xmm, read_later, nullptr)) return std::move(*hint);
    if (operand.is_owned()) return std::move(operand);
    return alloc(is_xmm, {});
}

}  // namespace weir::baseline
