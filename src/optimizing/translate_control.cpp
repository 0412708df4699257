#include "optimizing/translator.hpp"

#include <llvm/IR/CFG.h>
#include <llvm/IR/MDBuilder.h>

// Structured control becomes basic blocks; what a label's operands are becomes phi nodes.

namespace weir::optimizing {

using wasm::Opcode;

void FunctionTranslator::push_control(Opcode kind, const wasm::BlockType& type)
{
    Control c;
    c.kind = kind;
    c.is_dead_outside = m_dead;
    c.type = type;
    if (m_dead) {
        m_control.push_back(std::move(c));
        return;
    }
    c.height = m_stack.size() - type.params.size();
    if (m_host.loop_offset != 0) keep_operands_below(c.height);
    for (size_t i = c.height; i < m_stack.size(); ++i) {
        m_stack[i] = operand(i);
        c.params.push_back(m_stack[i]);
    }
    c.label = new_block();
    for (const wasm::ValType t : kind == Opcode::loop ? type.params : type.results)
        c.phis.push_back(llvm::PHINode::Create(type_of(t), 2, "", c.label));
    m_control.push_back(std::move(c));
}

void FunctionTranslator::translate(Opcode op, const wasm::BlockType& type)
{
    llvm::Value* const condition = op == Opcode::if_ && !m_dead ? pop_bool() : nullptr;
    push_control(op, type);
    if (m_dead) return;
    Control& c = m_control.back();
    if (op == Opcode::loop) {
        add_incoming(c);
        m_b.CreateBr(c.label);
        m_b.SetInsertPoint(c.label);
        m_stack.resize(c.height);
        m_stack.insert(m_stack.end(), c.phis.begin(), c.phis.end());
        if (m_loop_entry != nullptr && m_wasm_offset == m_host.loop_offset) enter_here(c);
        if (m_stack.empty()) m_dispatching_loop = m_control.size() - 1;
    } else if (op == Opcode::if_) {
        llvm::BasicBlock* const then_block = new_block();
        c.else_block = new_block();
        m_b.CreateCondBr(condition, then_block, c.else_block);
        m_b.SetInsertPoint(then_block);
    }
}

void FunctionTranslator::else_of_if()
{
    Control& c = m_control.back();
    if (c.is_dead_outside) return;
    if (!m_dead) branch(c);
    m_b.SetInsertPoint(c.else_block);
    c.else_block = nullptr;
    m_stack.resize(c.height);
    m_stack.insert(m_stack.end(), c.params.begin(), c.params.end());
    m_dead = false;
}

void FunctionTranslator::end_of_block()
{
    if (m_control.back().else_block != nullptr) else_of_if();  // without else: parameters and results have the same types
    const Control c = std::move(m_control.back());
    if (c.is_dead_outside) {
        m_control.pop_back();
        return;
    }
    if (c.kind != Opcode::loop) {
        if (!m_dead) {
            add_incoming(m_control.back() = c);
            m_b.CreateBr(c.label);
        }
        m_stack.resize(c.height);
        m_dead = llvm::pred_empty(c.label);
        if (m_dead) {
            c.label->eraseFromParent();
        } else {
            m_b.SetInsertPoint(c.label);
            m_stack.insert(m_stack.end(), c.phis.begin(), c.phis.end());
        }
    } else if (m_dead) {
        m_stack.resize(c.height);
    }
    m_control.pop_back();
    if (m_control.empty() && !m_dead) emit_return();
}

// --- entry at a loop ---

llvm::AllocaInst* FunctionTranslator::home_of_operand(size_t position, llvm::Type* type)
{
    llvm::AllocaInst*& home = m_operand_homes[{position, type}];
    if (home == nullptr) {
        llvm::BasicBlock& first = m_function->getEntryBlock();
        home = llvm::IRBuilder<>{&first, first.begin()}.CreateAlloca(type);
    }
    return home;
}

void FunctionTranslator::keep_operands_below(size_t height)
{
    for (size_t i = 0; i < height; ++i) {
        if (llvm::isa<llvm::AllocaInst>(m_stack[i])) continue;
        llvm::AllocaInst* const home = home_of_operand(i, m_stack[i]->getType());
        m_b.CreateStore(m_stack[i], home);
        m_stack[i] = home;
    }
}

void FunctionTranslator::enter_here(const Control& loop)
{
    llvm::BasicBlock* const header = m_b.GetInsertBlock();
    m_b.SetInsertPoint(m_loop_entry);
    for (size_t i = 0; i < loop.height; ++i) {
        auto* const home = llvm::cast<llvm::AllocaInst>(m_stack[i]);
        m_b.CreateStore(load_transferred(m_locals.size() + i, home->getAllocatedType()), home);
    }
    for (size_t i = 0; i < loop.phis.size(); ++i)
        loop.phis[i]->addIncoming(load_transferred(m_locals.size() + loop.height + i, loop.phis[i]->getType()), m_loop_entry);
    m_b.CreateBr(header);
    m_b.SetInsertPoint(header);
    m_loop_entry = nullptr;
}

void FunctionTranslator::add_incoming(Control& target)
{
    const size_t base = m_stack.size() - target.phis.size();
    for (size_t i = 0; i < target.phis.size(); ++i) {
        m_stack[base + i] = operand(base + i);  // once: a br_table's edges to one label must bring one value
        target.phis[i]->addIncoming(m_stack[base + i], m_b.GetInsertBlock());
    }
}

void FunctionTranslator::branch(Control& target)
{
    add_incoming(target);
    m_b.CreateBr(target.label);
    set_dead();
}

void FunctionTranslator::branch_if(llvm::Value* condition, Control& target, bool is_unlikely)
{
    llvm::BasicBlock* const going_on = new_block();
    add_incoming(target);
    m_b.CreateCondBr(condition, target.label, going_on,
                     is_unlikely ? llvm::MDBuilder{m_context}.createUnlikelyBranchWeights() : nullptr);
    m_b.SetInsertPoint(going_on);
}

void FunctionTranslator::set_dead()
{
    m_dead = true;
    m_b.ClearInsertionPoint();
}

void FunctionTranslator::translate(Opcode op, const wasm::LabelIdx& label)
{
    Control& target = control_at(label);
    switch (op) {
    case Opcode::br:
        if (!branch_through_dispatch(target)) branch(target);
        return;
    case Opcode::br_if: {
        // What a call answers in such a function is whether the goroutine is being left.
        const bool is_leaving = m_is_resumable && llvm::isa<llvm::CallInst>(m_stack.back());
        llvm::Value* const condition = pop_bool();
        return branch_if(condition, target, is_leaving);
    }
    case Opcode::br_on_null: {
        llvm::Value* const ref = pop();
        branch_if(m_b.CreateICmpEQ(ref, const_u64(0)), target);
        return push(ref);
    }
    case Opcode::br_on_non_null:
        branch_if(m_b.CreateICmpNE(operand(m_stack.size() - 1), const_u64(0)), target);
        m_stack.pop_back();
        return;
    default: return refuse();
    }
}

void FunctionTranslator::translate(Opcode, const wasm::BrTable& table)
{
    llvm::Value* const index = pop();
    Control& last = control_at(table.default_label);
    note_dispatch(table);
    add_incoming(last);
    for (const uint32_t label : table.labels)
        add_incoming(control_at(wasm::LabelIdx{label}));  // a phi wants an entry for each edge
    llvm::SwitchInst* const jump = m_b.CreateSwitch(index, last.label, static_cast<unsigned>(table.labels.size()));
    for (uint32_t i = 0; i < table.labels.size(); ++i)
        jump->addCase(const_u32(i), control_at(wasm::LabelIdx{table.labels[i]}).label);
    set_dead();
}

void FunctionTranslator::emit_return()
{
    const auto& results = m_type->results;
    for (size_t i = 1; i < results.size(); ++i) {
        llvm::StoreInst* const store = m_b.CreateAlignedStore(operand(i), transfer_slot(i - 1), llvm::Align{8});
        store->setMetadata(llvm::LLVMContext::MD_tbaa, m_alias_transfer);
    }
    if (results.empty()) m_b.CreateRetVoid();
    else m_b.CreateRet(operand(0));
}

}  // namespace weir::optimizing
