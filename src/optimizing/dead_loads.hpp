#pragma once

#include <llvm/IR/Instructions.h>
#include <llvm/IR/ValueHandle.h>

#include <cstdint>
#include <deque>
#include <set>

namespace weir::optimizing {

/// Keeps traps of loads whose value nobody needs. LLVM may delete such a load, and where its address is out of bounds that loses a trap. To make
/// all loads volatile would keep every one, and vectorize none; so loads are watched, and what was deleted without a replacement is
/// volatile when the function is compiled again. Hardly any load of a real program is: its compiler has deleted them already.
class DeadLoads {
public:
    /// Makes a load of the instruction at this offset of the body volatile, or watches it.
    void add(llvm::LoadInst* load, uint32_t wasm_offset);

    /// Ends watching, before the function goes. True if loads were lost: then the function is to be compiled again.
    bool finish();
    /// While off, loads may go: those that no path leads to.
    void set_watching(bool on) { m_is_watching = on; }

private:
    class Watch final : public llvm::CallbackVH {
    public:
        Watch(llvm::LoadInst* load, uint32_t wasm_offset, DeadLoads& owner);
        void deleted() override;
        void allUsesReplacedWith(llvm::Value* value) override;

    private:
        uint32_t m_wasm_offset;
        DeadLoads& m_owner;
        bool m_is_replaced = false;
    };

    std::set<uint32_t> m_volatile;  // offsets in the body
    std::deque<Watch> m_watches;
    bool m_has_lost = false;
    bool m_is_watching = true;
};

}  // namespace weir::optimizing
