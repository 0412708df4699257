#include "baseline/function_compiler.hpp"

#include <cstddef>

// Effective addresses, and the scalar loads and stores that use them.

namespace weir::baseline {

using runtime::MemoryHeader;
using runtime::MemoryMode;
using runtime::TrapKind;
using wasm::MemArg;
using wasm::ValKind;

// The effective address is zext(index) + offset in unbounded arithmetic (spec 4.6.9), computed here and nowhere else:
//
//   guard mode    32-bit index and offset: the sum is below 2^33, and base + sum + width stays inside the reservation.
//                 base + index (64-bit register, upper half zero) + disp32 when offset < 2^31, else index + offset in a register.
//   checked mode  end = index + (offset + width), carries trap, end > size traps; the access is base + end - width.
GuestAddress FunctionCompiler::pop_address(const MemArg& arg, uint32_t size_bytes, uint32_t alignment_bytes)
{
    Masm& m = m_masm;
    const bool is_guarded = m_options->memory_modes[arg.memory.value] == MemoryMode::guard;
    const auto base_of = [&](wasm::MemoryIdx memory) {
        if (memory.value == 0 && m_has_memory0_base) return memory0_base;
        m.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->memory_base(memory))));
        return scratch64;
    };
    if (alignment_bytes > 1) {
        // The effective address is wanted on its own; the rest sees an index with the offset added already.
        HeldReg address = pop_effective_address(arg);
        m.test(address.r32(), alignment_bytes - 1);
        m.jnz(m.trap_label(TrapKind::unaligned_atomic));
        if (is_guarded) {  // below 2^33 by construction
            const x86::Gp base = base_of(arg.memory);
            return {x86::ptr(base, address.r64(), 0, 0, size_bytes), std::move(address)};
        }
        push(ValKind::i64, std::move(address));
        return checked_address(arg.memory, 0, size_bytes, true);
    }
    if (!is_guarded) return checked_address(arg.memory, arg.offset, size_bytes, is_memory64(arg.memory));

    constexpr uint64_t displacement_limit = uint64_t{1} << 31;
    if (top().place == Place::constant) {
        const uint64_t address = top().bits + arg.offset;
        drop_top();
        const x86::Gp base = base_of(arg.memory);
        if (address < displacement_limit) return {x86::ptr(base, static_cast<int32_t>(address), size_bytes), {}};
        HeldReg index = alloc_gp();
        m.load_imm64(index.r64(), address);
        return {x86::ptr(base, index.r64(), 0, 0, size_bytes), std::move(index)};
    }
    if (arg.offset < displacement_limit) {
        HeldReg index = pop_gp();
        const x86::Gp base = base_of(arg.memory);
        return {x86::ptr(base, index.r64(), 0, static_cast<int32_t>(arg.offset), size_bytes), std::move(index)};
    }
    HeldReg index = pop_gp_owned();
    m.load_imm64(scratch64, arg.offset);
    m.add(index.r64(), scratch64);
    const x86::Gp base = base_of(arg.memory);
    return {x86::ptr(base, index.r64(), 0, 0, size_bytes), std::move(index)};
}

GuestAddress FunctionCompiler::checked_address(wasm::MemoryIdx memory, uint64_t offset, uint32_t size_bytes, bool is_64)
{
    Masm& m = m_masm;
    const asmjit::Label out_of_bounds = m.trap_label(TrapKind::memory_out_of_bounds);
    HeldReg end = pop_gp_owned();
    if (offset > UINT64_MAX - size_bytes) {
        m.jmp(out_of_bounds);
    } else {
        const uint64_t distance = offset + size_bytes;
        if (distance <= INT32_MAX) {
            m.add(end.r64(), static_cast<int32_t>(distance));
        } else {
            m.load_imm64(scratch64, distance);
            m.add(end.r64(), scratch64);
        }
        if (is_64) m.jc(out_of_bounds);
    }
    m.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->memory_header(memory))));
    m.cmp(end.r64(), x86::qword_ptr(scratch64, offsetof(MemoryHeader, size_bytes)));
    m.ja(out_of_bounds);
    x86::Gp base = memory0_base;
    if (memory.value != 0 || !m_has_memory0_base) {
        m.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->memory_base(memory))));
        base = scratch64;
    }
    return {x86::ptr(base, end.r64(), 0, -static_cast<int32_t>(size_bytes), size_bytes), std::move(end)};
}

HeldReg FunctionCompiler::pop_effective_address(const MemArg& arg)
{
    HeldReg address = pop_gp_owned();
    if (arg.offset == 0) return address;
    if (arg.offset <= INT32_MAX) {
        m_masm.add(address.r64(), static_cast<int32_t>(arg.offset));
    } else {
        m_masm.load_imm64(scratch64, arg.offset);
        m_masm.add(address.r64(), scratch64);
    }
    if (is_memory64(arg.memory)) m_masm.jc(m_masm.trap_label(TrapKind::memory_out_of_bounds));
    return address;
}

void FunctionCompiler::load_int(const MemArg& arg, uint32_t bits, Extension extension, bool to_64)
{
    GuestAddress address = pop_address(arg, bits / 8);
    HeldReg dst;
    if (address.index.is_owned() || address.mem.hasIndex()) dst = result_over(address.index);
    else dst = alloc_result_gp();
    const x86::Gp d = dst.sized(to_64);
    m_masm.memory_site();
    if (extension == Extension::none || (extension == Extension::zero && bits == 32))
        m_masm.mov(bits == 64 ? dst.r64() : dst.r32(), address.mem);
    else if (extension == Extension::zero) m_masm.movzx(dst.r32(), address.mem);
    else if (bits == 32) m_masm.movsxd(d, address.mem);
    else m_masm.movsx(d, address.mem);
    push(to_64 ? ValKind::i64 : ValKind::i32, std::move(dst));
}

void FunctionCompiler::store_int(const MemArg& arg, uint32_t bits)
{
    const StackValue value = take_top();
    const bool is_immediate =
        value.place == Place::constant &&
        (bits < 64 || static_cast<int64_t>(value.bits) == static_cast<int32_t>(static_cast<uint32_t>(value.bits)));
    HeldReg reg;
    if (!is_immediate) reg = into_register(value, m_stack.size(), {});
    const GuestAddress address = pop_address(arg, bits / 8);
    m_masm.memory_site();
    if (is_immediate) {
        const auto low = static_cast<uint32_t>(value.bits);
        const int32_t imm = bits == 8  ? static_cast<int8_t>(low)
                          : bits == 16 ? static_cast<int16_t>(low)
                                       : static_cast<int32_t>(low);
        m_masm.mov(address.mem, imm);
    } else if (bits == 64) {
        m_masm.mov(address.mem, reg.r64());
    } else if (bits == 32) {
        m_masm.mov(address.mem, reg.r32());
    } else if (bits == 16) {
        m_masm.mov(address.mem, x86::gpw(reg.phys().id()));
    } else {
        m_masm.mov(address.mem, x86::gpb(reg.phys().id()));
    }
}

void FunctionCompiler::load_float(const MemArg& arg, bool is_double)
{
    const GuestAddress address = pop_address(arg, is_double ? 8 : 4);
    HeldReg dst = alloc_result_xmm();
    m_masm.memory_site();
    m_masm.load_xmm(dst.xmm(), address.mem, is_double ? ValKind::f64 : ValKind::f32);
    push(is_double ? ValKind::f64 : ValKind::f32, std::move(dst));
}

void FunctionCompiler::store_float(const MemArg& arg, bool is_double)
{
    const HeldReg value = pop_xmm();
    const GuestAddress address = pop_address(arg, is_double ? 8 : 4);
    m_masm.memory_site();
    m_masm.store_xmm(address.mem, value.xmm(), is_double ? ValKind::f64 : ValKind::f32);
}

void FunctionCompiler::on_memory_size(const wasm::MemoryIdx& memory)
{
    HeldReg dst = alloc_result_gp();
    m_masm.mov(scratch64, x86::qword_ptr(context, static_cast<int32_t>(m_layout->memory_header(memory))));
    m_masm.mov(dst.r64(), x86::qword_ptr(scratch64, offsetof(MemoryHeader, size_bytes)));
    const uint32_t page_log2 = m_module->memories[memory.value].page_size_log2;
    if (page_log2 != 0) m_masm.shr(dst.r64(), page_log2);
    push(is_memory64(memory) ? ValKind::i64 : ValKind::i32, std::move(dst));
}

// clang-format off
void FunctionCompiler::on_i32_load(const MemArg& a) { load_int(a, 32, Extension::none, false); }
void FunctionCompiler::on_i64_load(const MemArg& a) { load_int(a, 64, Extension::none, true); }
void FunctionCompiler::on_f32_load(const MemArg& a) { load_float(a, false); }
void FunctionCompiler::on_f64_load(const MemArg& a) { load_float(a, true); }
void FunctionCompiler::on_i32_load8_s(const MemArg& a) { load_int(a, 8, Extension::sign, false); }
void FunctionCompiler::on_i32_load8_u(const MemArg& a) { load_int(a, 8, Extension::zero, false); }
void FunctionCompiler::on_i32_load16_s(const MemArg& a) { load_int(a, 16, Extension::sign, false); }
void FunctionCompiler::on_i32_load16_u(const MemArg& a) { load_int(a, 16, Extension::zero, false); }
void FunctionCompiler::on_i64_load8_s(const MemArg& a) { load_int(a, 8, Extension::sign, true); }
void FunctionCompiler::on_i64_load8_u(const MemArg& a) { load_int(a, 8, Extension::zero, true); }
void FunctionCompiler::on_i64_load16_s(const MemArg& a) { load_int(a, 16, Extension::sign, true); }
void FunctionCompiler::on_i64_load16_u(const MemArg& a) { load_int(a, 16, Extension::zero, true); }
void FunctionCompiler::on_i64_load32_s(const MemArg& a) { load_int(a, 32, Extension::sign, true); }
void FunctionCompiler::on_i64_load32_u(const MemArg& a) { load_int(a, 32, Extension::zero, true); }
void FunctionCompiler::on_i32_store(const MemArg& a) { store_int(a, 32); }
void FunctionCompiler::on_i64_store(const MemArg& a) { store_int(a, 64); }
void FunctionCompiler::on_f32_store(const MemArg& a) { store_float(a, false); }
void FunctionCompiler::on_f64_store(const MemArg& a) { store_float(a, true); }
void FunctionCompiler::on_i32_store8(const MemArg& a) { store_int(a, 8); }
void FunctionCompiler::on_i32_store16(const MemArg& a) { store_int(a, 16); }
void FunctionCompiler::on_i64_store8(const MemArg& a) { store_int(a, 8); }
void FunctionCompiler::on_i64_store16(const MemArg& a) { store_int(a, 16); }
void FunctionCompiler::on_i64_store32(const MemArg& a) { store_int(a, 32); }
// clang-format on

}  // namespace weir::baseline
