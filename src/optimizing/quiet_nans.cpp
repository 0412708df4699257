#include "optimizing/quiet_nans.hpp"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/IntrinsicInst.h>

namespace weir::optimizing {

namespace {

using llvm::Instruction;
using llvm::Intrinsic::ID;

ID intrinsic_of(const llvm::Value* v)
{
    const auto* const call = llvm::dyn_cast<llvm::IntrinsicInst>(v);
    return call == nullptr ? llvm::Intrinsic::not_intrinsic : call->getIntrinsicID();
}
bool is_quieting(const llvm::Value* v) { return intrinsic_of(v) == llvm::Intrinsic::canonicalize; }

bool is_arithmetic(const llvm::Value* v)
{
    const auto* const operation = llvm::dyn_cast<llvm::BinaryOperator>(v);
    return operation != nullptr && operation->getType()->isFPOrFPVectorTy();
}

/// Whether a value is no signaling NaN by what made it.
bool is_quiet(const llvm::Value* v)
{
    if (is_quieting(v) || is_arithmetic(v)) return true;
    if (llvm::isa<llvm::SIToFPInst, llvm::UIToFPInst, llvm::FPExtInst, llvm::FPTruncInst>(v)) return true;
    switch (intrinsic_of(v)) {
    case llvm::Intrinsic::sqrt:
    case llvm::Intrinsic::ceil:
    case llvm::Intrinsic::floor:
    case llvm::Intrinsic::trunc:
    case llvm::Intrinsic::roundeven:
    case llvm::Intrinsic::fma: return true;
    default: return false;
    }
}

/// The value of a constant, of all its lanes. Null: they are several, or no numbers.
const llvm::ConstantFP* number_of(const llvm::Constant* constant)
{
    if (constant->getType()->isVectorTy()) constant = constant->getSplatValue();
    const auto* const number = llvm::dyn_cast_if_present<llvm::ConstantFP>(constant);
    return number == nullptr || number->isNaN() ? nullptr : number;
}

/// Whether an operation with this constant as this operand may leave every number as it is, or change its sign only; or the other operand may do so
/// to this one.
bool is_neutral(const llvm::Constant* constant, const Instruction& operation, unsigned operand)
{
    const llvm::ConstantFP* const number = number_of(constant);
    if (number == nullptr) return true;
    const bool is_zero = number->isZero(), is_one = number->isExactlyValue(1.0) || number->isExactlyValue(-1.0);
    switch (operation.getOpcode()) {
    case Instruction::FAdd:
    case Instruction::FSub: return is_zero;
    case Instruction::FMul: return is_one;
    case Instruction::FDiv: return is_one && operand == 1;
    default: return is_zero || is_one;  // fma
    }
}

/// The values that an operation works on: of an intrinsic its arguments.
auto operands_of(const Instruction& operation)
{
    const auto* const call = llvm::dyn_cast<llvm::CallBase>(&operation);
    return call == nullptr ? llvm::make_range(operation.op_begin(), operation.op_end())
                           : llvm::make_range(call->arg_begin(), call->arg_end());
}

/// Whether later passes, which unroll loops and compute what comes of it, might still find that a value is a constant. What is in memory they do
/// not look for.
bool may_become_constant(const llvm::Value* v, llvm::SmallPtrSetImpl<const llvm::Value*>& seen)
{
    constexpr size_t patience = 16;
    if (llvm::isa<llvm::Constant>(v)) return true;
    const auto* const instruction = llvm::dyn_cast<Instruction>(v);
    if (instruction == nullptr || llvm::isa<llvm::LoadInst>(v) || !seen.insert(v).second) return false;
    if (llvm::isa<llvm::CallInst>(v) && !llvm::isa<llvm::IntrinsicInst>(v)) return false;
    if (seen.size() > patience) return true;
    const auto may = [&](const llvm::Value* o) { return may_become_constant(o, seen); };
    if (const auto* const select = llvm::dyn_cast<llvm::SelectInst>(v))
        return may(select->getTrueValue()) || may(select->getFalseValue());
    return llvm::isa<llvm::PHINode>(v) ? llvm::any_of(operands_of(*instruction), may)
                                       : llvm::all_of(operands_of(*instruction), may);
}

/// Whether a promoted value goes nowhere but into operations, comparisons and memory: a demotion would undo the promotion.
bool is_used_up(const Instruction& quieting)
{
    return llvm::all_of(quieting.users(), [](const llvm::User* user) {
        return is_arithmetic(user) || llvm::isa<llvm::FCmpInst, llvm::StoreInst>(user);
    });
}

bool is_operation(const llvm::Value* v) { return is_arithmetic(v) || intrinsic_of(v) == llvm::Intrinsic::fma; }

/// Whether the operation that is to quiet is there, and will be.
bool is_safe(const Instruction& quieting)
{
    if (const auto* const constant = llvm::dyn_cast<llvm::Constant>(quieting.getOperand(0))) return number_of(constant) != nullptr;
    const auto* const operation = llvm::dyn_cast<Instruction>(quieting.getOperand(0));
    if (operation == nullptr) return false;
    if (llvm::isa<llvm::FPExtInst>(operation)) return is_used_up(quieting);
    if (!is_operation(operation)) return is_quiet(operation);
    return llvm::none_of(llvm::enumerate(operands_of(*operation)), [&](const auto& operand) {
        const llvm::Value* const v = operand.value();
        if (const auto* const c = llvm::dyn_cast<llvm::Constant>(v))
            return is_neutral(c, *operation, static_cast<unsigned>(operand.index()));
        llvm::SmallPtrSet<const llvm::Value*, 16> seen;
        return may_become_constant(v, seen);
    });
}

/// A value that nothing later knows.
llvm::Value* fenced(llvm::IRBuilderBase& builder, llvm::Value* v)
{
    return builder.CreateIntrinsic(llvm::Intrinsic::arithmetic_fence, {v->getType()}, {v});
}

/// What quiets in the place of a canonicalize.
llvm::Value* lowered(llvm::IRBuilderBase& builder, const Instruction& quieting)
{
    llvm::Value* const v = quieting.getOperand(0);
    auto* const operation = llvm::dyn_cast<Instruction>(v);
    if (is_safe(quieting)) return v;
    if (operation != nullptr && is_operation(operation)) {
        // It stays, if code generation does not see the constants.
        bool has_constants = false;
        for (const auto& [i, operand] : llvm::enumerate(operands_of(*operation)))
            if (const auto* const c = llvm::dyn_cast<llvm::Constant>(operand.get());
                c != nullptr && is_neutral(c, *operation, static_cast<unsigned>(i)))
                has_constants = true;
        if (!has_constants) return v;
        if (operation->hasOneUse()) {
            builder.SetInsertPoint(operation);
            for (llvm::Use& operand : operation->operands())
                if (llvm::isa<llvm::ConstantFP, llvm::ConstantDataVector, llvm::ConstantVector, llvm::ConstantAggregateZero>(
                        operand.get()))
                    operand.set(fenced(builder, operand.get()));
            return v;
        }
    }
    return builder.CreateFMul(v, fenced(builder, llvm::ConstantFP::get(v->getType(), 1.0)));
}

template <class Replace>
llvm::PreservedAnalyses replace_quieting(llvm::Function& function, Replace replace)
{
    llvm::SmallVector<Instruction*> found;
    for (llvm::BasicBlock& block : function)
        for (Instruction& instruction : block)
            if (is_quieting(&instruction)) found.push_back(&instruction);
    bool has_changed = false;
    for (Instruction* const quieting : found) {
        llvm::Value* const by = replace(*quieting);
        if (by == nullptr) continue;
        quieting->replaceAllUsesWith(by);
        quieting->eraseFromParent();
        has_changed = true;
    }
    if (!has_changed) return llvm::PreservedAnalyses::all();
    llvm::PreservedAnalyses preserved;
    preserved.preserveSet<llvm::CFGAnalyses>();
    return preserved;
}

}  // namespace

llvm::Value* keep_quieting(llvm::IRBuilderBase& builder, llvm::Value* result)
{
    const auto quiet = [&] { return builder.CreateUnaryIntrinsic(llvm::Intrinsic::canonicalize, result); };
    // What LLVM makes of two constants it may have made by the same rules.
    if (const auto* const constant = llvm::dyn_cast<llvm::Constant>(result))
        return number_of(constant) != nullptr ? result : quiet();
    const auto* const operation = llvm::dyn_cast<Instruction>(result);
    if (operation == nullptr) return quiet();
    const auto operands = operands_of(*operation);
    if (llvm::all_of(operands, [](const llvm::Value* o) { return is_quiet(o); })) return result;
    // With another constant nothing is left as it is.
    if (is_arithmetic(operation) && llvm::any_of(llvm::enumerate(operands), [&](const auto& operand) {
            const auto* const c = llvm::dyn_cast<llvm::Constant>(operand.value().get());
            return c != nullptr && !is_neutral(c, *operation, static_cast<unsigned>(operand.index()));
        }))
        return result;
    return quiet();
}

llvm::PreservedAnalyses ReleaseQuieting::run(llvm::Function& function, llvm::FunctionAnalysisManager&)
{
    return replace_quieting(function, [](Instruction& quieting) { return is_safe(quieting) ? quieting.getOperand(0) : nullptr; });
}

llvm::PreservedAnalyses LowerQuieting::run(llvm::Function& function, llvm::FunctionAnalysisManager&)
{
    return replace_quieting(function, [](Instruction& quieting) {
        llvm::IRBuilder<> builder{&quieting};
        return lowered(builder, quieting);
    });
}

}  // namespace weir::optimizing
