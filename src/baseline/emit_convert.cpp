#include "baseline/function_compiler.hpp"

#include <bit>

// Conversions between integers and floats.

namespace weir::baseline {

using runtime::TrapKind;
using wasm::NoImm;
using wasm::ValKind;
namespace Inst = x86::Inst;

namespace {
uint64_t float_bits(double value, bool is_double)
{
    return is_double ? std::bit_cast<uint64_t>(value) : std::bit_cast<uint32_t>(static_cast<float>(value));
}
}  // namespace

void FunctionCompiler::on_i32_wrap_i64(const NoImm&)
{
    const StackValue v = take_top();
    if (v.place == Place::constant) {
        push_constant(ValKind::i32, v.bits & 0xffff'ffffU);
        return;
    }
    HeldReg src = into_register(v, m_stack.size(), {});
    HeldReg dst = result_over(src);
    m_masm.mov(dst.r32(), src.r32());
    push(ValKind::i32, std::move(dst));
}

void FunctionCompiler::on_i64_extend_i32_s(const NoImm&)
{
    const StackValue v = take_top();
    if (v.place == Place::constant) {
        push_constant(ValKind::i64, static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(v.bits))));
        return;
    }
    if (const auto memory = as_memory(v, m_stack.size())) {
        HeldReg dst = alloc_result_gp();
        m_masm.movsxd(dst.r64(), *memory);
        push(ValKind::i64, std::move(dst));
        return;
    }
    HeldReg src = into_register(v, m_stack.size(), {});
    HeldReg dst = result_over(src);
    m_masm.movsxd(dst.r64(), src.r32());
    push(ValKind::i64, std::move(dst));
}

void FunctionCompiler::on_i64_extend_i32_u(const NoImm&)
{
    const StackValue v = take_top();
    if (v.place == Place::constant) {
        push_constant(ValKind::i64, v.bits);
        return;
    }
    HeldReg src = into_register(v, m_stack.size(), {});  // zero-extended already
    HeldReg dst = result_over(src);
    if (!(dst.phys() == src.phys())) m_masm.mov(dst.r32(), src.r32());
    push(ValKind::i64, std::move(dst));
}

void FunctionCompiler::truncate_float(bool to_64, bool is_signed, bool from_double, Truncation mode)
{
    Masm& m = m_masm;
    const HeldReg src = pop_xmm();
    HeldReg dst = alloc_gp();
    const x86::Xmm s = src.xmm();
    const auto compare = [&](const asmjit::Operand_& with) {
        m.op2(from_double ? Inst::kIdUcomisd : Inst::kIdUcomiss, from_double ? Inst::kIdVucomisd : Inst::kIdVucomiss, s, with);
    };
    const auto constant = [&](double value) {
        const uint64_t bits = float_bits(value, from_double);
        return from_double ? m.pool64(bits) : m.pool32(static_cast<uint32_t>(bits));
    };
    const auto convert = [&](x86::Gp to, x86::Xmm value) {
        m.emit(from_double ? (features().avx ? Inst::kIdVcvttsd2si : Inst::kIdCvttsd2si)
                           : (features().avx ? Inst::kIdVcvttss2si : Inst::kIdCvttss2si),
               to, value);
    };
    // An i32 fits in a 64-bit conversion, signed or not: the range check is all that differs. The limits are exclusive; the
    // lower one of a float that cannot hold it exactly is inclusive one step further (checked below).
    const double upper = is_signed ? (to_64 ? 0x1p63 : 0x1p31) : (to_64 ? 0x1p64 : 0x1p32);  // first value too large
    const bool lower_is_inclusive = is_signed && (to_64 || !from_double);                    // -2^63, or -2^31 as f32: itself valid
    const double lower = !is_signed ? -1.0 : to_64 ? -0x1p63 : (from_double ? -0x1p31 - 1.0 : -0x1p31);
    const uint64_t least = is_signed ? (to_64 ? uint64_t{1} << 63 : uint64_t{1} << 31) : 0;
    const uint64_t greatest = is_signed ? least - 1 : (to_64 ? UINT64_MAX : UINT32_MAX);

    const asmjit::Label done = m.newLabel();
    if (mode == Truncation::trapping) {
        compare(s);
        m.jp(m.trap_label(TrapKind::invalid_conversion));
        compare(constant(upper));
        m.jae(m.trap_label(TrapKind::integer_overflow));
        compare(constant(lower));
        if (lower_is_inclusive) m.jb(m.trap_label(TrapKind::integer_overflow));
        else m.jbe(m.trap_label(TrapKind::integer_overflow));
    } else {
        const asmjit::Label not_nan = m.newLabel(), not_large = m.newLabel(), in_range = m.newLabel();
        compare(s);
        m.jnp(not_nan);
        m.xor_(dst.r32(), dst.r32());
        m.jmp(done);
        m.bind(not_nan);
        compare(constant(upper));
        m.jb(not_large);
        m.load_imm64(dst.r64(), greatest);
        m.jmp(done);
        m.bind(not_large);
        compare(constant(lower));
        if (lower_is_inclusive) m.jae(in_range);
        else m.ja(in_range);
        m.load_imm64(dst.r64(), least);
        m.jmp(done);
        m.bind(in_range);
    }
    if (!to_64) {
        convert(is_signed ? dst.r32() : dst.r64(), s);
    } else if (is_signed) {
        convert(dst.r64(), s);
    } else {
        // Beyond 2^63 the signed conversion takes the value less 2^63, and the sign bit goes back on top.
        const asmjit::Label small = m.newLabel();
        const x86::Mem two63 = constant(0x1p63);
        compare(two63);
        m.jb(small);
        // Into the scratch register: an allocation here could spill on this path only.
        m.op3(from_double ? Inst::kIdSubsd : Inst::kIdSubss, from_double ? Inst::kIdVsubsd : Inst::kIdVsubss, scratch_xmm, s,
              two63);
        convert(dst.r64(), scratch_xmm);
        m.btc(dst.r64(), 63);
        m.jmp(done);
        m.bind(small);
        convert(dst.r64(), s);
    }
    m.bind(done);
    push(to_64 ? ValKind::i64 : ValKind::i32, std::move(dst));
}

void FunctionCompiler::convert_int(bool from_64, bool is_signed, bool to_double)
{
    Masm& m = m_masm;
    HeldReg src = pop_gp();
    HeldReg dst = alloc_result_xmm();
    const x86::Xmm d = dst.xmm();
    const auto convert = [&](x86::Gp value) {
        // The instruction merges into its target; clearing that first cuts the dependency.
        m.op3(Inst::kIdXorps, Inst::kIdVxorps, d, d, d);
        if (features().avx) m.emit(to_double ? Inst::kIdVcvtsi2sd : Inst::kIdVcvtsi2ss, d, d, value);
        else m.emit(to_double ? Inst::kIdCvtsi2sd : Inst::kIdCvtsi2ss, d, value);
    };
    if (!from_64) {
        convert(is_signed ? src.r32() : src.r64());  // an unsigned i32 is a positive 64-bit value
    } else if (is_signed) {
        convert(src.r64());
    } else {
        // A value with the top bit set is halved, its lost bit kept sticky for the rounding, and the result doubled.
        const asmjit::Label large = m.newLabel(), done = m.newLabel();
        const HeldReg half = alloc_gp();  // before the branch: it may spill
        m.test(src.r64(), src.r64());
        m.js(large);
        convert(src.r64());
        m.jmp(done);
        m.bind(large);
        m.mov(half.r64(), src.r64());
        m.mov(scratch32, src.r32());
        m.shr(half.r64(), 1);
        m.and_(scratch32, 1);
        m.or_(half.r64(), scratch64);
        convert(half.r64());
        m.op3(to_double ? Inst::kIdAddsd : Inst::kIdAddss, to_double ? Inst::kIdVaddsd : Inst::kIdVaddss, d, d, d);
        m.bind(done);
    }
    push(to_double ? ValKind::f64 : ValKind::f32, std::move(dst));
}

void FunctionCompiler::on_f32_demote_f64(const NoImm&) { convert_float(Inst::kIdCvtsd2ss, Inst::kIdVcvtsd2ss, ValKind::f32); }
void FunctionCompiler::on_f64_promote_f32(const NoImm&) { convert_float(Inst::kIdCvtss2sd, Inst::kIdVcvtss2sd, ValKind::f64); }

void FunctionCompiler::convert_float(uint32_t sse, uint32_t avx, ValKind to)
{
    HeldReg src = pop_xmm();
    HeldReg dst = result_over(src);
    if (features().avx) m_masm.emit(avx, dst.xmm(), src.xmm(), src.xmm());
    else m_masm.emit(sse, dst.xmm(), src.xmm());
    push(to, std::move(dst));
}

void FunctionCompiler::reinterpret(ValKind to)
{
    const StackValue v = take_top();
    if (v.place == Place::constant) {
        push_constant(to, v.bits);
        return;
    }
    const bool avx = features().avx, is_64 = to == ValKind::i64 || to == ValKind::f64;
    HeldReg src = into_register(v, m_stack.size(), {});
    HeldReg dst = is_gp(to) ? alloc_result_gp() : alloc_result_xmm();
    const uint32_t move = is_64 ? (avx ? Inst::kIdVmovq : Inst::kIdMovq) : (avx ? Inst::kIdVmovd : Inst::kIdMovd);
    if (is_gp(to)) m_masm.emit(move, dst.sized(is_64), src.xmm());
    else m_masm.emit(move, dst.xmm(), src.sized(is_64));
    push(to, std::move(dst));
}

// clang-format off
void FunctionCompiler::on_i32_reinterpret_f32(const NoImm&) { reinterpret(ValKind::i32); }
void FunctionCompiler::on_i64_reinterpret_f64(const NoImm&) { reinterpret(ValKind::i64); }
void FunctionCompiler::on_f32_reinterpret_i32(const NoImm&) { reinterpret(ValKind::f32); }
void FunctionCompiler::on_f64_reinterpret_i64(const NoImm&) { reinterpret(ValKind::f64); }

#define WEIR_TRUNC(to, from, to_64, from_double) \
    void FunctionCompiler::on_##to##_trunc_##from##_s(const NoImm&) { truncate_float(to_64, true, from_double, Truncation::trapping); } \
    void FunctionCompiler::on_##to##_trunc_##from##_u(const NoImm&) { truncate_float(to_64, false, from_double, Truncation::trapping); } \
    void FunctionCompiler::on_##to##_trunc_sat_##from##_s(const NoImm&) { truncate_float(to_64, true, from_double, Truncation::saturating); } \
    void FunctionCompiler::on_##to##_trunc_sat_##from##_u(const NoImm&) { truncate_float(to_64, false, from_double, Truncation::saturating); } \
    void FunctionCompiler::on_##from##_convert_##to##_s(const NoImm&) { convert_int(to_64, true, from_double); } \
    void FunctionCompiler::on_##from##_convert_##to##_u(const NoImm&) { convert_int(to_64, false, from_double); }
WEIR_TRUNC(i32, f32, false, false)
WEIR_TRUNC(i32, f64, false, true)
WEIR_TRUNC(i64, f32, true, false)
WEIR_TRUNC(i64, f64, true, true)
#undef WEIR_TRUNC
// clang-format on

}  // namespace weir::baseline
