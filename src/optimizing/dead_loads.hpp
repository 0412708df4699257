#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/ValueHandle.h>

#include <cstdint>
#include <deque>
#include <set>
#include <unordered_map>

namespace weir::optimizing {

/// Keeps traps of loads whose value nobody needs. LLVM may delete such a load, and where its address is out of bounds that loses a trap. To make
/// all loads volatile would keep every one, and vectorize none; so loads are watched, and what was deleted without a replacement is
/// volatile when the function is compiled again. Hardly any load of a real program is: its compiler has deleted them already.
class DeadLoads {
public:
    /// Makes a load of the instruction at this offset of the body volatile, or watches it.
    void add(llvm::LoadInst* load, uint32_t wasm_offset);
    /// Before a pass that may make another load of one, or one of several whose values meet in a phi node (InstCombine): notes where their
    /// values go, so that the loads do not count as lost.
    void note_users(const llvm::Function& function);

    /// Ends watching, before the function goes. True if loads were lost: then the function is to be compiled again.
    bool finish();
    /// While off, loads may go: those that no path leads to.
    void set_watching(bool on) { m_is_watching = on; }

private:
    using Offsets = llvm::SmallVector<uint32_t, 1>;

    class Watch final : public llvm::CallbackVH {
    public:
        Watch(llvm::LoadInst* load, DeadLoads& owner);
        void deleted() override;
        void allUsesReplacedWith(llvm::Value* value) override;

        Offsets offsets;  // of the instructions in the body whose trap it stands for
        bool is_replaced = false;

    private:
        DeadLoads& m_owner;
    };
    class UserWatch final : public llvm::CallbackVH {
    public:
        UserWatch(llvm::Instruction* user, DeadLoads& owner) : CallbackVH(user), m_owner(owner) {}
        void allUsesReplacedWith(llvm::Value* value) override;

    private:
        DeadLoads& m_owner;
    };

    void watch(llvm::LoadInst* load, const Offsets& wasm_offsets);

    std::set<uint32_t> m_volatile;  // offsets in the body
    std::deque<Watch> m_watches;
    std::unordered_map<const llvm::Value*, Watch*> m_watch_of;
    std::deque<UserWatch> m_users;
    bool m_has_lost = false;
    bool m_is_watching = true;
};

}  // namespace weir::optimizing
