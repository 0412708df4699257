#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/PassManager.h>

#include <optional>

namespace weir::optimizing {

// Keeps the traps of loads. To LLVM a load that nobody needs is nothing, and one that is needed on one path only may be done on that path;
// where the address is out of bounds, that loses a trap. Volatile loads would all stay, and no loop would be vectorized. So each load is
// followed by a use without code (llvm.fake.use), which has to happen where it stands, in the copies of a block too. Before LLVM
// vectorizes, the uses go where something in the same block needs the load as it is, which is nearly everywhere.

/// The alias set of guest memory: loads that are in it are the ones that are kept.
inline constexpr llvm::StringLiteral memory_alias_set{"memory"};

/// The alias set that the translator put a load in; nothing where LLVM has taken that away or there was none.
[[nodiscard]] std::optional<llvm::StringRef> alias_set_of(const llvm::LoadInst& load);

/// LLVM leaves these uses out of what it inlines: gives each load in a function that has none one again.
void keep_inlined_loads(llvm::Function& function);

/// To be called where the load stands.
void keep_load(llvm::IRBuilderBase& builder, llvm::LoadInst* load);

/// Ends the uses that are not needed any more. To be run once, after simplification and before vectorization.
class ReleaseKeptLoads : public llvm::PassInfoMixin<ReleaseKeptLoads> {
public:
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace weir::optimizing
