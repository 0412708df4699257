#include "optimizing/resume_points.hpp"

#include "optimizing/translator.hpp"
#include "wasm/reader.hpp"

#include <llvm/IR/MDBuilder.h>

#include <type_traits>

namespace weir::optimizing {

namespace {

/// Reads a function as far as it has the form.
struct FormFinder {
    bool is_found = false;
    bool has_loop = false;
    bool has_parameter = false;  // on top of the operand stack

    void at(uint32_t) {}
#define WEIR_OP(code, ident, text, imm, ...) \
    bool ident(const wasm::imm& i) { return read(wasm::Opcode::ident, i); }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    /// Whether to read on.
    template <class Imm>
    bool read(wasm::Opcode op, const Imm& i)
    {
        using enum wasm::Opcode;
        const bool had_parameter = std::exchange(has_parameter, false);
        if (op == br_table) is_found = has_loop && had_parameter;
        if (op == loop) has_loop = true;
        if constexpr (std::is_same_v<Imm, wasm::LocalIdx>) {
            if (op == local_get) has_parameter = i.value == 0;
            else if (i.value == 0) return false;
        }
        return op == block || op == loop || op == global_get || op == local_get || op == local_set;
    }
};

}  // namespace

bool is_resumable(const wasm::Module& module, const wasm::FuncType& type, std::span<const std::byte> code)
{
    if (type.params.size() != 1 || type.params[0].kind() != wasm::ValKind::i32) return false;
    FormFinder finder;
    wasm::read_trusted(module, code, 0, finder);
    return finder.is_found;
}

void FunctionTranslator::resume_in_first_code()
{
    llvm::Value* const point = m_has_tail_calls ? from_register(m_function->getArg(1), m_b.getInt32Ty()) : m_function->getArg(1);
    llvm::BasicBlock* const resuming = new_block();
    llvm::BasicBlock* const beginning = new_block();
    m_b.CreateCondBr(m_b.CreateICmpNE(point, const_u32(0)), resuming, beginning,
                     llvm::MDBuilder{m_context}.createUnlikelyBranchWeights());
    m_b.SetInsertPoint(resuming);
    Values arguments;
    for (llvm::Argument& argument : m_function->args()) arguments.push_back(&argument);
    llvm::CallInst* const call =
        m_b.CreateCall(m_function->getFunctionType(), load_code_cell(m_b, {runtime::Relocation::Kind::first, m_index}), arguments);
    call->setTailCallKind(llvm::CallInst::TCK_MustTail);
    call->setDoesNotThrow();
    if (m_type->results.empty()) m_b.CreateRetVoid();
    else m_b.CreateRet(call);
    m_b.SetInsertPoint(beginning);
}

void FunctionTranslator::finish_instruction(wasm::Opcode op)
{
    using enum wasm::Opcode;
    if (op != block && op != loop && op != local_get) m_dispatching_loop.reset();
    m_previous_opcode = op;
}

void FunctionTranslator::note_dispatch(const wasm::BrTable& table)
{
    if (!m_dispatching_loop || m_previous_opcode != wasm::Opcode::local_get || !m_stack.empty()) return;
    Control& loop = m_control[*m_dispatching_loop];
    const auto has_operands = [&](uint32_t depth) { return !control_at(wasm::LabelIdx{depth}).phis.empty(); };
    std::vector<llvm::BasicBlock*> targets;
    for (const uint32_t label : table.labels) {
        if (has_operands(label)) return;
        targets.push_back(control_at(wasm::LabelIdx{label}).label);
    }
    if (has_operands(table.default_label.value)) return;
    targets.push_back(control_at(table.default_label).label);
    loop.dispatch = std::move(targets);
    loop.dispatch_local = m_last_got_local;
}

bool FunctionTranslator::branch_through_dispatch(const Control& loop)
{
    const bool is_known =
        !loop.dispatch.empty() && m_known_local.local == loop.dispatch_local && m_known_local.block == m_b.GetInsertBlock();
    if (!is_known) return false;
    m_b.CreateBr(loop.dispatch[std::min<uint64_t>(m_known_local.value, loop.dispatch.size() - 1)]);
    set_dead();
    return true;
}

}  // namespace weir::optimizing
