#include "optimizing/translator.hpp"

#include "optimizing/quiet_nans.hpp"

#include <cmath>

// Integer and floating-point instructions on scalars.

namespace weir::optimizing {

using llvm::CmpInst;
using runtime::TrapKind;
using wasm::Opcode;

void FunctionTranslator::compare(CmpInst::Predicate predicate)
{
    llvm::Value* const b = pop();
    llvm::Value* const a = pop();
    push_bool(CmpInst::isFPPredicate(predicate) ? m_b.CreateFCmp(predicate, a, b) : m_b.CreateICmp(predicate, a, b));
}

void FunctionTranslator::divide(bool is_signed, bool is_remainder)
{
    llvm::Value* const divisor = pop();
    llvm::Value* const dividend = pop();
    llvm::Type* const type = divisor->getType();
    trap_if(m_b.CreateICmpEQ(divisor, llvm::ConstantInt::get(type, 0)), TrapKind::integer_divide_by_zero);
    if (!is_signed) return push(is_remainder ? m_b.CreateURem(dividend, divisor) : m_b.CreateUDiv(dividend, divisor));
    llvm::Value* const is_minus_one = m_b.CreateICmpEQ(divisor, llvm::ConstantInt::getAllOnesValue(type));
    if (is_remainder) {  // anything modulo -1 is 0, as it is modulo 1
        llvm::Value* const safe = m_b.CreateSelect(is_minus_one, llvm::ConstantInt::get(type, 1), divisor);
        return push(m_b.CreateSRem(dividend, safe));
    }
    llvm::Value* const smallest = llvm::ConstantInt::get(type, llvm::APInt::getSignedMinValue(type->getIntegerBitWidth()));
    trap_if(m_b.CreateAnd(is_minus_one, m_b.CreateICmpEQ(dividend, smallest)), TrapKind::integer_overflow);
    push(m_b.CreateSDiv(dividend, divisor));
}

bool FunctionTranslator::translate_integer(Opcode op)
{
    const auto binary = [&](llvm::Instruction::BinaryOps operation) {
        llvm::Value* const b = pop();
        llvm::Value* const a = pop();
        push(m_b.CreateBinOp(operation, a, b));
        return true;
    };
    const auto shift = [&](llvm::Instruction::BinaryOps operation) {
        llvm::Value* const count = pop();
        llvm::Value* const a = pop();
        llvm::Value* const mask = llvm::ConstantInt::get(a->getType(), a->getType()->getIntegerBitWidth() - 1);
        push(m_b.CreateBinOp(operation, a, m_b.CreateAnd(count, mask)));
        return true;
    };
    const auto rotate = [&](llvm::Intrinsic::ID direction) {
        llvm::Value* const count = pop();
        llvm::Value* const a = pop();
        push(m_b.CreateIntrinsic(direction, {a->getType()}, {a, a, count}));
        return true;
    };
    const auto count_bits = [&](llvm::Intrinsic::ID id) {
        llvm::Value* const a = pop();
        if (id == llvm::Intrinsic::ctpop) push(m_b.CreateIntrinsic(id, {a->getType()}, {a}));
        else push(m_b.CreateIntrinsic(id, {a->getType()}, {a, m_b.getFalse()}));
        return true;
    };
    const auto sign_extend = [&](uint32_t bits) {
        llvm::Value* const a = pop();
        push(m_b.CreateSExt(m_b.CreateTrunc(a, m_b.getIntNTy(bits)), a->getType()));
        return true;
    };
    const auto compares = [&](CmpInst::Predicate predicate) {
        compare(predicate);
        return true;
    };
    const auto divides = [&](bool is_signed, bool is_remainder) {
        divide(is_signed, is_remainder);
        return true;
    };
    const auto wide = [&](llvm::Value* low, llvm::Value* high) {
        llvm::Type* const i128 = m_b.getIntNTy(128);
        return m_b.CreateOr(m_b.CreateZExt(low, i128), m_b.CreateShl(m_b.CreateZExt(high, i128), 64));
    };
    const auto push_wide = [&](llvm::Value* v) {
        push(m_b.CreateTrunc(v, m_b.getInt64Ty()));
        push(m_b.CreateTrunc(m_b.CreateLShr(v, 64), m_b.getInt64Ty()));
        return true;
    };
    const auto wide_add = [&](llvm::Instruction::BinaryOps operation) {
        llvm::Value* const b_high = pop();
        llvm::Value* const b_low = pop();
        llvm::Value* const a_high = pop();
        llvm::Value* const a_low = pop();
        return push_wide(m_b.CreateBinOp(operation, wide(a_low, a_high), wide(b_low, b_high)));
    };
    const auto wide_multiply = [&](bool is_signed) {
        llvm::Type* const i128 = m_b.getIntNTy(128);
        llvm::Value* const b = pop();
        llvm::Value* const a = pop();
        return push_wide(is_signed ? m_b.CreateMul(m_b.CreateSExt(a, i128), m_b.CreateSExt(b, i128))
                                   : m_b.CreateMul(m_b.CreateZExt(a, i128), m_b.CreateZExt(b, i128)));
    };
#define WEIR_BOTH(name)      \
    case Opcode::i32_##name: \
    case Opcode::i64_##name
    switch (op) {
        WEIR_BOTH(eqz) : push_bool(m_b.CreateNot(pop_bool()));
        return true;
        WEIR_BOTH(eq) : return compares(CmpInst::ICMP_EQ);
        WEIR_BOTH(ne) : return compares(CmpInst::ICMP_NE);
        WEIR_BOTH(lt_s) : return compares(CmpInst::ICMP_SLT);
        WEIR_BOTH(lt_u) : return compares(CmpInst::ICMP_ULT);
        WEIR_BOTH(gt_s) : return compares(CmpInst::ICMP_SGT);
        WEIR_BOTH(gt_u) : return compares(CmpInst::ICMP_UGT);
        WEIR_BOTH(le_s) : return compares(CmpInst::ICMP_SLE);
        WEIR_BOTH(le_u) : return compares(CmpInst::ICMP_ULE);
        WEIR_BOTH(ge_s) : return compares(CmpInst::ICMP_SGE);
        WEIR_BOTH(ge_u) : return compares(CmpInst::ICMP_UGE);
        WEIR_BOTH(clz) : return count_bits(llvm::Intrinsic::ctlz);
        WEIR_BOTH(ctz) : return count_bits(llvm::Intrinsic::cttz);
        WEIR_BOTH(popcnt) : return count_bits(llvm::Intrinsic::ctpop);
        WEIR_BOTH(add) : return binary(llvm::Instruction::Add);
        WEIR_BOTH(sub) : return binary(llvm::Instruction::Sub);
        WEIR_BOTH(mul) : return binary(llvm::Instruction::Mul);
        WEIR_BOTH(and) : return binary(llvm::Instruction::And);
        WEIR_BOTH(or) : return binary(llvm::Instruction::Or);
        WEIR_BOTH(xor) : return binary(llvm::Instruction::Xor);
        WEIR_BOTH(div_s) : return divides(true, false);
        WEIR_BOTH(div_u) : return divides(false, false);
        WEIR_BOTH(rem_s) : return divides(true, true);
        WEIR_BOTH(rem_u) : return divides(false, true);
        WEIR_BOTH(shl) : return shift(llvm::Instruction::Shl);
        WEIR_BOTH(shr_s) : return shift(llvm::Instruction::AShr);
        WEIR_BOTH(shr_u) : return shift(llvm::Instruction::LShr);
        WEIR_BOTH(rotl) : return rotate(llvm::Intrinsic::fshl);
        WEIR_BOTH(rotr) : return rotate(llvm::Intrinsic::fshr);
        WEIR_BOTH(extend8_s) : return sign_extend(8);
        WEIR_BOTH(extend16_s) : return sign_extend(16);
    case Opcode::i64_extend32_s: return sign_extend(32);
    case Opcode::ref_eq: return compares(CmpInst::ICMP_EQ);
    case Opcode::i64_add128: return wide_add(llvm::Instruction::Add);
    case Opcode::i64_sub128: return wide_add(llvm::Instruction::Sub);
    case Opcode::i64_mul_wide_s: return wide_multiply(true);
    case Opcode::i64_mul_wide_u: return wide_multiply(false);
    default: return false;
    }
#undef WEIR_BOTH
}

// --- floating point ---

/// Minimum or maximum of the standard: a NaN if either is one, quiet; -0 is below +0. For scalars and vectors.
llvm::Value* FunctionTranslator::float_extreme(llvm::Value* a, llvm::Value* b, bool is_max)
{
    llvm::Value* const is_unordered = m_b.CreateFCmpUNO(a, b);
    llvm::CallInst* const ordered =
        m_b.CreateIntrinsic(is_max ? llvm::Intrinsic::maximum : llvm::Intrinsic::minimum, {a->getType()}, {a, b});
    return m_b.CreateSelect(is_unordered, keep_quieting(m_b, m_b.CreateFAdd(a, b)), ordered);
}

bool FunctionTranslator::translate_float(Opcode op)
{
    const auto binary = [&](llvm::Instruction::BinaryOps operation) {
        llvm::Value* const b = pop();
        llvm::Value* const a = pop();
        push(keep_quieting(m_b, m_b.CreateBinOp(operation, a, b)));
        return true;
    };
    const auto unary = [&](llvm::Intrinsic::ID id) {
        llvm::Value* const a = pop();
        push(m_b.CreateIntrinsic(id, {a->getType()}, {a}));
        return true;
    };
    const auto compares = [&](CmpInst::Predicate predicate) {
        compare(predicate);
        return true;
    };
    const auto extreme = [&](bool is_max) {
        llvm::Value* const b = pop();
        llvm::Value* const a = pop();
        push(float_extreme(a, b, is_max));
        return true;
    };
#define WEIR_BOTH(name)      \
    case Opcode::f32_##name: \
    case Opcode::f64_##name
    switch (op) {
        WEIR_BOTH(eq) : return compares(CmpInst::FCMP_OEQ);
        WEIR_BOTH(ne) : return compares(CmpInst::FCMP_UNE);
        WEIR_BOTH(lt) : return compares(CmpInst::FCMP_OLT);
        WEIR_BOTH(gt) : return compares(CmpInst::FCMP_OGT);
        WEIR_BOTH(le) : return compares(CmpInst::FCMP_OLE);
        WEIR_BOTH(ge) : return compares(CmpInst::FCMP_OGE);
        WEIR_BOTH(add) : return binary(llvm::Instruction::FAdd);
        WEIR_BOTH(sub) : return binary(llvm::Instruction::FSub);
        WEIR_BOTH(mul) : return binary(llvm::Instruction::FMul);
        WEIR_BOTH(div) : return binary(llvm::Instruction::FDiv);
        WEIR_BOTH(abs) : return unary(llvm::Intrinsic::fabs);
        WEIR_BOTH(neg) : push(m_b.CreateFNeg(pop()));
        return true;
        WEIR_BOTH(sqrt) : return unary(llvm::Intrinsic::sqrt);
        WEIR_BOTH(ceil) : return unary(llvm::Intrinsic::ceil);
        WEIR_BOTH(floor) : return unary(llvm::Intrinsic::floor);
        WEIR_BOTH(trunc) : return unary(llvm::Intrinsic::trunc);
        WEIR_BOTH(nearest) : return unary(llvm::Intrinsic::roundeven);
        WEIR_BOTH(min) : return extreme(false);
        WEIR_BOTH(max) : return extreme(true);
        WEIR_BOTH(copysign) :
        {
            llvm::Value* const sign = pop();
            llvm::Value* const magnitude = pop();
            push(m_b.CreateIntrinsic(llvm::Intrinsic::copysign, {sign->getType()}, {magnitude, sign}));
            return true;
        }
    default: return false;
    }
#undef WEIR_BOTH
}

// --- conversions ---

void FunctionTranslator::truncate_trapping(llvm::Type* to, bool is_signed)
{
    llvm::Value* const v = pop();
    llvm::Type* const from = v->getType();
    const int bits = static_cast<int>(to->getIntegerBitWidth());
    const int mantissa_bits = from->isFloatTy() ? 24 : 53;
    trap_if(m_b.CreateFCmpUNO(v, v), TrapKind::invalid_conversion);
    // Valid are the values above the smallest integer minus one, and below the largest plus one. Where that minus one is no number of the
    // type, the smallest integer itself is the bound, and valid.
    const double upper = std::ldexp(1.0, is_signed ? bits - 1 : bits);
    const bool is_exact = !is_signed || bits - 1 < mantissa_bits;
    const double lower = !is_signed ? -1.0 : is_exact ? -upper - 1.0 : -upper;
    llvm::Value* const is_above = is_exact ? m_b.CreateFCmpOGT(v, llvm::ConstantFP::get(from, lower))
                                           : m_b.CreateFCmpOGE(v, llvm::ConstantFP::get(from, lower));
    llvm::Value* const is_below = m_b.CreateFCmpOLT(v, llvm::ConstantFP::get(from, upper));
    trap_if(m_b.CreateNot(m_b.CreateAnd(is_above, is_below)), TrapKind::integer_overflow);
    push(is_signed ? m_b.CreateFPToSI(v, to) : m_b.CreateFPToUI(v, to));
}

llvm::Value* FunctionTranslator::truncate_saturating(llvm::Value* v, llvm::Type* to, bool is_signed)
{
    return m_b.CreateIntrinsic(is_signed ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat, {to, v->getType()}, {v});
}

bool FunctionTranslator::translate_conversion(Opcode op)
{
    llvm::Type* const i32 = m_b.getInt32Ty();
    llvm::Type* const i64 = m_b.getInt64Ty();
    llvm::Type* const f32 = m_b.getFloatTy();
    llvm::Type* const f64 = m_b.getDoubleTy();
    const auto truncate = [&](llvm::Type* to, bool is_signed) {
        truncate_trapping(to, is_signed);
        return true;
    };
    const auto saturate = [&](llvm::Type* to, bool is_signed) {
        push(truncate_saturating(pop(), to, is_signed));
        return true;
    };
    const auto cast = [&](llvm::Instruction::CastOps operation, llvm::Type* to) {
        push(m_b.CreateCast(operation, pop(), to));
        return true;
    };
    using llvm::Instruction;
    switch (op) {
    case Opcode::i32_wrap_i64: return cast(Instruction::Trunc, i32);
    case Opcode::i64_extend_i32_s: return cast(Instruction::SExt, i64);
    case Opcode::i64_extend_i32_u: return cast(Instruction::ZExt, i64);
    case Opcode::i32_trunc_f32_s:
    case Opcode::i32_trunc_f64_s: return truncate(i32, true);
    case Opcode::i32_trunc_f32_u:
    case Opcode::i32_trunc_f64_u: return truncate(i32, false);
    case Opcode::i64_trunc_f32_s:
    case Opcode::i64_trunc_f64_s: return truncate(i64, true);
    case Opcode::i64_trunc_f32_u:
    case Opcode::i64_trunc_f64_u: return truncate(i64, false);
    case Opcode::i32_trunc_sat_f32_s:
    case Opcode::i32_trunc_sat_f64_s: return saturate(i32, true);
    case Opcode::i32_trunc_sat_f32_u:
    case Opcode::i32_trunc_sat_f64_u: return saturate(i32, false);
    case Opcode::i64_trunc_sat_f32_s:
    case Opcode::i64_trunc_sat_f64_s: return saturate(i64, true);
    case Opcode::i64_trunc_sat_f32_u:
    case Opcode::i64_trunc_sat_f64_u: return saturate(i64, false);
    case Opcode::f32_convert_i32_s:
    case Opcode::f32_convert_i64_s: return cast(Instruction::SIToFP, f32);
    case Opcode::f32_convert_i32_u:
    case Opcode::f32_convert_i64_u: return cast(Instruction::UIToFP, f32);
    case Opcode::f64_convert_i32_s:
    case Opcode::f64_convert_i64_s: return cast(Instruction::SIToFP, f64);
    case Opcode::f64_convert_i32_u:
    case Opcode::f64_convert_i64_u: return cast(Instruction::UIToFP, f64);
    case Opcode::f32_demote_f64: return cast(Instruction::FPTrunc, f32);
    case Opcode::f64_promote_f32: push(keep_quieting(m_b, m_b.CreateFPExt(pop(), f64))); return true;
    case Opcode::i32_reinterpret_f32: return cast(Instruction::BitCast, i32);
    case Opcode::i64_reinterpret_f64: return cast(Instruction::BitCast, i64);
    case Opcode::f32_reinterpret_i32: return cast(Instruction::BitCast, f32);
    case Opcode::f64_reinterpret_i64: return cast(Instruction::BitCast, f64);
    default: return false;
    }
}

}  // namespace weir::optimizing
