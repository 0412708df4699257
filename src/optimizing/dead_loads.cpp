#include "optimizing/dead_loads.hpp"

#include <llvm/IR/Function.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/InstrTypes.h>

#include <algorithm>
#include <utility>

namespace weir::optimizing {

DeadLoads::Watch::Watch(llvm::LoadInst* load, DeadLoads& owner) : CallbackVH(load), m_owner(owner) {}

void DeadLoads::Watch::deleted()
{
    if (!is_replaced && m_owner.m_is_watching) {
        m_owner.m_volatile.insert(offsets.begin(), offsets.end());
        m_owner.m_has_lost = true;
    }
    m_owner.m_watch_of.erase(getValPtr());
    setValPtr(nullptr);
}

void DeadLoads::Watch::allUsesReplacedWith(llvm::Value* value)
{
    // A load of another type or width in its place has to be watched instead; any other value stands for an access that was checked.
    while (auto* const cast = llvm::dyn_cast<llvm::CastInst>(value)) value = cast->getOperand(0);
    if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(value)) m_owner.watch(load, offsets);
    is_replaced = true;
}

// `phi(load a, load b)` becomes `load phi(a, b)`; `phi(f(load a), f(load b))` becomes `f(phi(load a, load b))` before; and `bitcast(load a)`
// becomes a load of the other type.
void DeadLoads::UserWatch::allUsesReplacedWith(llvm::Value* value)
{
    auto* const replacement = llvm::dyn_cast<llvm::Instruction>(value);
    if (replacement == nullptr) return;
    auto* const load = llvm::dyn_cast<llvm::LoadInst>(replacement);
    if (load == nullptr) {
        for (llvm::Value* const operand : replacement->operands())
            if (auto* const phi = llvm::dyn_cast<llvm::PHINode>(operand)) m_owner.m_users.emplace_back(phi, m_owner);
        return;
    }
    const auto* const user = llvm::cast<llvm::Instruction>(getValPtr());
    const auto* const phi = llvm::dyn_cast<llvm::PHINode>(user);
    for (unsigned i = 0; i < user->getNumOperands(); ++i) {
        // Where control may have gone elsewhere as well, that way has lost its trap.
        if (phi != nullptr && phi->getIncomingBlock(i)->getTerminator()->getNumSuccessors() != 1) continue;
        const auto found = m_owner.m_watch_of.find(user->getOperand(i));
        if (found == m_owner.m_watch_of.end() || found->first == load) continue;
        found->second->is_replaced = true;
        m_owner.watch(load, Offsets{found->second->offsets});
    }
}

void DeadLoads::watch(llvm::LoadInst* load, const Offsets& wasm_offsets)
{
    if (load->isVolatile()) return;  // it stays
    Watch*& watch = m_watch_of[load];
    if (watch == nullptr) watch = &m_watches.emplace_back(load, *this);
    watch->offsets.append(wasm_offsets.begin(), wasm_offsets.end());
}

void DeadLoads::add(llvm::LoadInst* load, uint32_t wasm_offset)
{
    if (m_volatile.contains(wasm_offset)) load->setVolatile(true);
    else watch(load, {wasm_offset});
}

void DeadLoads::note_users(const llvm::Function& function)
{
    m_users.clear();
    const auto is_load = [](const llvm::Value* v) { return llvm::isa<llvm::LoadInst>(v); };
    const auto is_from_load = [&](const llvm::Value* value) {
        const auto* const user = llvm::dyn_cast<llvm::Instruction>(value);
        return user != nullptr && (is_load(user) || std::ranges::any_of(user->operand_values(), is_load));
    };
    for (const llvm::Instruction& i : llvm::instructions(function)) {
        const bool is_phi = llvm::isa<llvm::PHINode>(i) && std::ranges::any_of(i.operand_values(), is_from_load);
        if (is_phi || (llvm::isa<llvm::BitCastInst>(i) && is_load(i.getOperand(0))))
            m_users.emplace_back(const_cast<llvm::Instruction*>(&i), *this);
    }
}

bool DeadLoads::finish()
{
    m_users.clear();
    m_watches.clear();
    m_watch_of.clear();
    return std::exchange(m_has_lost, false);
}

}  // namespace weir::optimizing
