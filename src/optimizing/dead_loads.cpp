#include "optimizing/dead_loads.hpp"

#include <llvm/IR/InstrTypes.h>

#include <utility>

namespace weir::optimizing {

DeadLoads::Watch::Watch(llvm::LoadInst* load, uint32_t wasm_offset, DeadLoads& owner)
    : CallbackVH(load), m_wasm_offset(wasm_offset), m_owner(owner)
{
}

void DeadLoads::Watch::deleted()
{
    if (!m_is_replaced && m_owner.m_is_watching) {
        m_owner.m_volatile.insert(m_wasm_offset);
        m_owner.m_has_lost = true;
    }
    setValPtr(nullptr);
}

void DeadLoads::Watch::allUsesReplacedWith(llvm::Value* value)
{
    // A load of another type or width in its place has to be watched instead; any other value stands for an access that was checked.
    while (auto* const cast = llvm::dyn_cast<llvm::CastInst>(value)) value = cast->getOperand(0);
    if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(value)) m_owner.m_watches.emplace_back(load, m_wasm_offset, m_owner);
    m_is_replaced = true;
}

void DeadLoads::add(llvm::LoadInst* load, uint32_t wasm_offset)
{
    if (m_volatile.contains(wasm_offset)) load->setVolatile(true);
    else m_watches.emplace_back(load, wasm_offset, *this);
}

bool DeadLoads::finish()
{
    m_watches.clear();
    return std::exchange(m_has_lost, false);
}

}  // namespace weir::optimizing
