#include "baseline/function_compiler.hpp"

#include <algorithm>
#include <cstddef>

// Structured control. At the start of every block the operands below it are put into canonical form (constants stay, all
// else is in spill slots), so the paths that meet at a label agree without further moves. A label's single operand is
// in rax or xmm0, several are in the spill slots of their positions; so are all parameters of loops.

namespace weir::baseline {

using wasm::ValKind;
using x86::CondCode;

namespace {
PhysReg result_register(ValKind type) { return is_gp(type) ? rax : xmm_reg(0); }
}  // namespace

void FunctionCompiler::push_control(ControlKind kind, const wasm::BlockType& type)
{
    Control c;
    c.kind = kind;
    c.is_dead_outside = m_dead;
    c.type = type;
    if (!m_dead) {
        c.height = static_cast<uint32_t>(m_stack.size() - type.params.size());
        flush_stack();
        // Parameters live in their slots on every path; a constant would be right on the first one only.
        for (size_t i = c.height; i < m_stack.size(); ++i) spill_position(i, Constants::are_stored);
        c.label = kind == ControlKind::function ? m_return_label : m_masm.newLabel();
        if (kind == ControlKind::if_) c.else_label = m_masm.newLabel();
    } else {
        c.height = static_cast<uint32_t>(m_stack.size());
    }
    m_control.push_back(c);
}

void FunctionCompiler::set_dead()
{
    m_dead = true;
    truncate_stack(m_control.back().height);
}

void FunctionCompiler::on_unreachable(const wasm::NoImm&)
{
    m_masm.trap(runtime::TrapKind::unreachable);
    set_dead();
}

void FunctionCompiler::on_nop(const wasm::NoImm&) {}

void FunctionCompiler::on_block(const wasm::BlockType& type) { push_control(ControlKind::block, type); }

void FunctionCompiler::on_loop(const wasm::BlockType& type)
{
    push_control(ControlKind::loop, type);
    if (m_dead) return;
    m_masm.bind(m_control.back().label);
    if (m_options->counts) count_loop();
}

void FunctionCompiler::on_if_(const wasm::BlockType& type)
{
    if (m_dead) {
        push_control(ControlKind::if_, type);
        return;
    }
    const CondCode cond = pop_condition();
    push_control(ControlKind::if_, type);
    m_masm.j(x86::negateCond(cond), m_control.back().else_label);
    m_flags_live = false;
}

void FunctionCompiler::on_else_(const wasm::NoImm&)
{
    Control& c = m_control.back();
    if (c.is_dead_outside) {
        c.kind = ControlKind::else_;
        return;
    }
    if (!m_dead) {
        move_to_label(c);
        c.is_label_used = true;
        m_masm.jmp(c.label);
    }
    m_masm.bind(c.else_label);
    c.kind = ControlKind::else_;
    m_dead = false;
    truncate_stack(c.height);
    for (const wasm::ValType t : c.type.params) put_on_stack({.type = t.kind(), .place = Place::spill});
    m_canonical_height = m_stack.size();
}

void FunctionCompiler::on_end(const wasm::NoImm&)
{
    Control c = m_control.back();
    end_of_block(c);
    m_control.pop_back();
}

void FunctionCompiler::end_of_block(Control& c)
{
    if (c.is_dead_outside) return;
    if (c.kind == ControlKind::function) {
        if (!m_dead) emit_function_results();
        truncate_stack(0);
        m_masm.bind(m_return_label);
        emit_epilogue();
        m_masm.ret();
        return;
    }
    if (c.kind == ControlKind::loop) {  // its label is its start: nothing meets here
        if (m_dead) truncate_stack(c.height);
        return;
    }
    if (c.kind == ControlKind::if_) {  // without else: parameters and results have the same types
        const bool moves_result = c.type.results.size() == 1;
        if (!m_dead) {
            move_to_label(c);
            if (moves_result) m_masm.jmp(c.label);
        }
        m_masm.bind(c.else_label);
        truncate_stack(c.height);
        if (moves_result)
            load_value({.type = c.type.results[0].kind(), .place = Place::spill}, c.height,
                       result_register(c.type.results[0].kind()));
        m_masm.bind(c.label);
        push_label_results(c);
        return;
    }
    if (!c.is_label_used) {  // values stay where they are
        if (m_dead) truncate_stack(c.height);
        return;
    }
    if (!m_dead) move_to_label(c);
    m_masm.bind(c.label);
    push_label_results(c);
}

void FunctionCompiler::push_label_results(const Control& c)
{
    m_dead = false;
    truncate_stack(c.height);
    m_canonical_height = c.height;
    if (c.type.results.size() == 1) {
        const ValKind type = c.type.results[0].kind();
        push(type, hold(result_register(type)));
        return;
    }
    for (const wasm::ValType t : c.type.results) put_on_stack({.type = t.kind(), .place = Place::spill});
    m_canonical_height = m_stack.size();
}

bool FunctionCompiler::needs_moves(const Control& target) const
{
    const auto types = label_types(target);
    if (types.empty()) return false;
    if (types.size() > 1 || target.kind == ControlKind::loop) {
        if (target.kind == ControlKind::function) return true;
        for (size_t i = 0; i < types.size(); ++i) {
            const size_t position = m_stack.size() - types.size() + i;
            if (m_stack[position].place != Place::spill || position != target.height + i) return true;
        }
        return false;
    }
    return !(top().place == Place::reg && top().reg == result_register(top().type));
}

void FunctionCompiler::move_to_label(const Control& target)
{
    const auto types = label_types(target);
    if (types.empty()) return;
    if (target.kind == ControlKind::function) {
        emit_function_results();
        return;
    }
    const size_t base = m_stack.size() - types.size();
    if (types.size() == 1 && target.kind != ControlKind::loop) {
        load_value(m_stack[base], base, result_register(types[0].kind()));
        return;
    }
    // Ascending: a target slot is never above the slot that its operand may come from.
    for (size_t i = 0; i < types.size(); ++i) {
        const StackValue& v = m_stack[base + i];
        if (v.place == Place::spill && base == target.height) continue;
        store_value(v, base + i, slot_mem(target.height + i, v.type), v.type);
    }
}

void FunctionCompiler::branch_to(Control& target)
{
    target.is_label_used = true;
    move_to_label(target);
    m_masm.jmp(target.label);
}

void FunctionCompiler::branch_if(CondCode cond, Control& target)
{
    target.is_label_used = true;
    if (!needs_moves(target)) {
        m_masm.j(cond, target.label);
        m_flags_live = false;
        return;
    }
    const asmjit::Label skip = m_masm.newLabel();
    m_masm.j(x86::negateCond(cond), skip);
    m_flags_live = false;
    move_to_label(target);
    m_masm.jmp(target.label);
    m_masm.bind(skip);
}

CondCode FunctionCompiler::pop_condition()
{
    const StackValue v = take_top();
    if (v.place == Place::flags) return v.cond;
    if (const auto memory = as_memory(v, m_stack.size())) {
        m_masm.cmp(*memory, 0);
    } else {
        const HeldReg reg = into_register(v, m_stack.size(), {});
        m_masm.test(reg.r32(), reg.r32());
    }
    m_flags_live = true;
    return CondCode::kNE;
}

void FunctionCompiler::on_br(const wasm::LabelIdx& label)
{
    branch_to(control_at(label));
    set_dead();
}

void FunctionCompiler::on_br_if(const wasm::LabelIdx& label)
{
    const CondCode cond = pop_condition();
    branch_if(cond, control_at(label));
}

void FunctionCompiler::on_return_(const wasm::NoImm&)
{
    branch_to(m_control.front());
    set_dead();
}

void FunctionCompiler::on_br_table(const wasm::BrTable& table)
{
    HeldReg index = pop_gp_owned();
    const auto default_depth = table.default_label.value;
    if (table.labels.empty()) {
        branch_to(control_at(table.default_label));
        set_dead();
        return;
    }
    Control& fallback = control_at(table.default_label);
    // One place for each distinct target: the label itself, or a stub that moves the operands first.
    struct Target {
        uint32_t depth;
        asmjit::Label label;
        bool is_stub;
    };
    std::vector<Target> targets;
    m_target_of_depth.resize(std::max(m_target_of_depth.size(), m_control.size()), UINT32_MAX);
    const auto target_for = [&](uint32_t depth) {
        if (m_target_of_depth[depth] == UINT32_MAX) {
            Control& c = control_at(wasm::LabelIdx{depth});
            c.is_label_used = true;
            const bool is_stub = needs_moves(c);
            m_target_of_depth[depth] = static_cast<uint32_t>(targets.size());
            targets.push_back({depth, is_stub ? m_masm.newLabel() : c.label, is_stub});
        }
        return targets[m_target_of_depth[depth]].label;
    };
    fallback.is_label_used = true;
    const asmjit::Label default_label = target_for(default_depth);
    std::vector<asmjit::Label> labels;
    labels.reserve(table.labels.size());
    for (const uint32_t depth : table.labels) labels.push_back(target_for(depth));

    constexpr size_t max_compare_chain = 3;
    if (labels.size() <= max_compare_chain) {
        for (size_t i = 0; i < labels.size(); ++i) {
            if (i == 0) m_masm.test(index.r32(), index.r32());
            else m_masm.cmp(index.r32(), static_cast<uint32_t>(i));
            m_masm.je(labels[i]);
        }
        m_masm.jmp(default_label);
    } else {
        m_masm.cmp(index.r32(), static_cast<uint32_t>(labels.size()));
        m_masm.jae(default_label);
        m_masm.jump_table(index.r64(), std::move(labels));
    }
    for (const Target& t : targets) {
        m_target_of_depth[t.depth] = UINT32_MAX;
        if (!t.is_stub) continue;
        Control& c = control_at(wasm::LabelIdx{t.depth});
        m_masm.bind(t.label);
        move_to_label(c);
        m_masm.jmp(c.label);
    }
    set_dead();
}

}  // namespace weir::baseline
