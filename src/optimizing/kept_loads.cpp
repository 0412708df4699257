#include "optimizing/kept_loads.hpp"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/IntrinsicInst.h>

namespace weir::optimizing {

namespace {

bool is_fake_use(const llvm::User* user)
{
    const auto* const call = llvm::dyn_cast<llvm::IntrinsicInst>(user);
    return call != nullptr && call->getIntrinsicID() == llvm::Intrinsic::fake_use;
}

/// Whether an instruction looks at a part of a value only. LLVM makes a smaller load of one whose value is looked at in part, which may succeed at the
/// edge of a memory, and none of one whose value turns out not to matter.
bool looks_at_part(const llvm::User* user)
{
    if (const auto* const operation = llvm::dyn_cast<llvm::BinaryOperator>(user)) {
        const auto opcode = operation->getOpcode();
        const bool keeps_all = opcode == llvm::Instruction::Add || opcode == llvm::Instruction::Sub ||
                               opcode == llvm::Instruction::Xor || opcode == llvm::Instruction::Mul ||
                               operation->getType()->isFPOrFPVectorTy();
        return !keeps_all && llvm::any_of(operation->operands(), [](const llvm::Use& o) { return llvm::isa<llvm::Constant>(o); });
    }
    return llvm::isa<llvm::TruncInst, llvm::BitCastInst, llvm::ExtractElementInst, llvm::InsertElementInst,
                     llvm::ShuffleVectorInst>(user);
}

/// Whether the load's block does something with its value that cannot go elsewhere: stores it, passes it on, branches on it, or hands it to a
/// phi node behind the block; itself or what was computed of all of it.
bool is_needed_in_its_block(const llvm::LoadInst& load)
{
    constexpr size_t patience = 32;  // instructions
    const llvm::BasicBlock* const block = load.getParent();
    llvm::SmallVector<const llvm::Instruction*, patience> pending{&load};
    llvm::SmallPtrSet<const llvm::Instruction*, patience> seen;
    while (!pending.empty() && seen.size() < patience) {
        const llvm::Instruction* const value = pending.pop_back_val();
        if (!seen.insert(value).second) continue;
        for (const llvm::Use& use : value->uses()) {
            const auto* const user = llvm::cast<llvm::Instruction>(use.getUser());
            if (const auto* const phi = llvm::dyn_cast<llvm::PHINode>(user)) {
                if (phi->getIncomingBlock(use) == block) return true;
            } else if (user->getParent() == block && !is_fake_use(user)) {
                if (user->isTerminator() || user->mayHaveSideEffects()) return true;
                if (!looks_at_part(user)) pending.push_back(user);
            }
        }
    }
    return false;
}

}  // namespace

void keep_load(llvm::IRBuilderBase& builder, llvm::LoadInst* load)
{
#ifndef WEIR_LOOSE_LOADS  // a build to compare with, which nobody runs guests on
    builder.CreateIntrinsic(builder.getVoidTy(), llvm::Intrinsic::fake_use, {load});
#else
    (void)builder;
    (void)load;
#endif
}

std::optional<llvm::StringRef> alias_set_of(const llvm::LoadInst& load)
{
    const llvm::MDNode* const tag = load.getMetadata(llvm::LLVMContext::MD_tbaa);
    const auto* const type = tag == nullptr ? nullptr : llvm::dyn_cast<llvm::MDNode>(tag->getOperand(1));
    const auto* const name = type == nullptr ? nullptr : llvm::dyn_cast<llvm::MDString>(type->getOperand(0));
    return name == nullptr ? std::nullopt : std::optional{name->getString()};
}

void keep_inlined_loads(llvm::Function& function)
{
    for (llvm::BasicBlock& block : function)
        for (llvm::Instruction& instruction : block) {
            auto* const load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
            if (load == nullptr || !load->isSimple() || llvm::any_of(load->users(), is_fake_use)) continue;
            if (alias_set_of(*load) != memory_alias_set) continue;
            llvm::IRBuilder<> builder{load->getNextNode()};
            keep_load(builder, load);
        }
}

llvm::PreservedAnalyses ReleaseKeptLoads::run(llvm::Function& function, llvm::FunctionAnalysisManager&)
{
    llvm::SmallVector<llvm::Instruction*> released;
    for (llvm::BasicBlock& block : function)
        for (llvm::Instruction& instruction : block) {
            if (!is_fake_use(&instruction)) continue;
            // What stands in place of the load stands for an access that was made; unless that is all it is for, as where the uses of two loads were
            // made one of a phi node.
            const auto* const value = llvm::dyn_cast<llvm::Instruction>(instruction.getOperand(0));
            const auto* const load = llvm::dyn_cast_if_present<llvm::LoadInst>(value);
            const bool is_needed = load != nullptr ? llvm::none_of(load->users(), looks_at_part) && is_needed_in_its_block(*load)
                                                   : value == nullptr || !llvm::all_of(value->users(), is_fake_use);
            if (is_needed) released.push_back(&instruction);
        }
    for (llvm::Instruction* const use : released) use->eraseFromParent();
    if (released.empty()) return llvm::PreservedAnalyses::all();
    llvm::PreservedAnalyses preserved;
    preserved.preserveSet<llvm::CFGAnalyses>();
    return preserved;
}

}  // namespace weir::optimizing
