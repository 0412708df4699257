#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/PassManager.h>

namespace weir::optimizing {

// Keeps the quieting of NaNs. What an operation makes of a signaling NaN is quiet, but LLVM drops operations that leave every number as it is (x * 1,
// x - 0, demotion after promotion), and knows of a 1 long after translation: one that came from memory, a caller or a comparison. So the result
// of an operation on what may be a signaling NaN goes through llvm.canonicalize, which LLVM takes for no more than it is: it quiets. It becomes code
// only where the operation is gone, or might go.
// https://webassembly.github.io/spec/core/exec/numerics.html#nan-propagation

/// The result of an operation that was just made (a binary operation, fma or fpext), quiet whatever becomes of it.
llvm::Value* keep_quieting(llvm::IRBuilderBase& builder, llvm::Value* result);

/// Ends what is not needed any more: where an operation is there and has no operand that might still turn out to be such a number. To be run once, after
/// simplification and before vectorization.
class ReleaseQuieting : public llvm::PassInfoMixin<ReleaseQuieting> {
public:
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

/// Makes code of what is left: nothing where the operation is there, else a multiplication by 1 that code generation does not see through. To be run
/// once, last.
class LowerQuieting : public llvm::PassInfoMixin<LowerQuieting> {
public:
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace weir::optimizing
