#include "baseline/function_compiler.hpp"

#include "wasm/reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

// A function's frame: which locals live in registers, where the others live, prologue and epilogue.
//
//   [rbp + 8]    return address
//   [rbp]        caller's rbp
//   [rbp - 8..]  saved registers: r15, then r14 and pinned callee-saved ones as used
//   ...          locals in memory, and homes over calls of locals pinned in caller-saved registers
//   ...          a 16-byte spill slot for each position of the operand stack

namespace weir::baseline {

using wasm::ValKind;

namespace {

// A pinned local costs a save and a restore, or a move of a parameter: below so many uses memory is as good.
constexpr uint32_t min_uses_to_pin = 3;
// A local pinned in a caller-saved register costs a store and a load for each call.
constexpr uint32_t uses_per_call_to_pin = 3;
// The base of memory 0 is loaded for each access below so many of them.
constexpr uint32_t min_accesses_for_base = 3;
// Frames beyond this are refused: no sane compiler makes them, and guard pages must be reached by the stack check first.
constexpr uint32_t max_frame_bytes = 1U << 24;
// Branches and calls that move hundreds of values take kilobytes each. No code space has room for more than 32 bytes per byte of wasm
// (module_code.cpp), so code that grows beyond is given up before it takes the host's memory.
constexpr size_t min_code_limit = size_t{1} << 20, max_code_limit = size_t{1} << 27, code_limit_per_wasm_byte = 32;
// The largest imm32 keeps asmjit from choosing the short form; patched once the frame's size is known.
constexpr int32_t frame_placeholder = 0x7fff'fff0;
constexpr size_t inline_zero_limit_bytes = 128;

}  // namespace

void FunctionCompiler::assign_homes(const wasm::FuncType& type, std::span<const wasm::ValType> declared)
{
    m_locals.clear();
    for (const wasm::ValType t : type.params) m_locals.push_back({.type = t.kind()});
    for (const wasm::ValType t : declared) m_locals.push_back({.type = t.kind()});

    // The hottest locals of each class, hottest first.
    std::array<uint32_t, 6> gp{};
    std::array<uint32_t, 7> xm{};
    size_t gp_count = 0, xmm_count = 0;
    const auto insert = [&](auto& best, size_t& count, uint32_t local) {
        size_t at = count;
        while (at > 0 && m_ranking.uses[best[at - 1]] < m_ranking.uses[local]) --at;
        if (at == best.size()) return;
        count = std::min(count + 1, best.size());
        std::copy_backward(best.begin() + static_cast<std::ptrdiff_t>(at), best.begin() + static_cast<std::ptrdiff_t>(count) - 1,
                           best.begin() + static_cast<std::ptrdiff_t>(count));
        best[at] = local;
    };
    for (uint32_t i = 0; i < m_locals.size(); ++i) {
        if (m_ranking.uses[i] < min_uses_to_pin) continue;
        if (is_gp(m_locals[i].type)) insert(gp, gp_count, i);
        else insert(xm, xmm_count, i);
    }

    m_temporaries = gp_temporaries | xmm_temporaries;
    m_caller_saved_locals.clear();
    m_saved.assign(1, r15);
    m_has_memory0_base = m_ranking.memory0_accesses >= min_accesses_for_base;
    if (m_has_memory0_base) m_saved.push_back(r14);

    const auto pin = [&](uint32_t local, PhysReg reg, bool is_caller_saved) {
        m_locals[local].is_pinned = true;
        m_locals[local].reg = reg;
        if (is_caller_saved) {
            m_temporaries.remove(reg);
            if (m_ranking.call_count != 0) m_caller_saved_locals.push_back(local);
        } else {
            m_saved.push_back(reg);
        }
    };
    const auto pays_over_calls = [&](uint32_t local) {
        return m_ranking.uses[local] / uses_per_call_to_pin >= m_ranking.call_weight;
    };
    size_t next_callee = 0, next_caller = 0;
    for (size_t i = 0; i < gp_count; ++i) {
        const bool caller_first = m_ranking.call_count == 0;
        if (caller_first && next_caller < std::size(caller_saved_gp_pins)) pin(gp[i], caller_saved_gp_pins[next_caller++], true);
        else if (next_callee < std::size(callee_saved_pins)) pin(gp[i], callee_saved_pins[next_callee++], false);
        else if (next_caller < std::size(caller_saved_gp_pins) && pays_over_calls(gp[i]))
            pin(gp[i], caller_saved_gp_pins[next_caller++], true);
    }
    for (size_t i = 0; i < xmm_count; ++i)
        if (pays_over_calls(xm[i])) pin(xm[i], xmm_reg(8 + static_cast<uint32_t>(i)), true);

    // Homes in memory: vectors first, so that they are aligned without gaps.
    uint32_t bytes = static_cast<uint32_t>((m_saved.size() + 1) / 2 * 16);
    for (const bool vectors : {true, false}) {
        for (LocalHome& home : m_locals) {
            const bool needs_home = !home.is_pinned || m_ranking.call_count != 0;
            if ((home.type == ValKind::v128) != vectors || !needs_home) continue;
            bytes += vectors ? 16 : 8;
            home.frame_offset = -static_cast<int32_t>(bytes);
        }
    }
    m_fixed_frame_bytes = (bytes + 15) / 16 * 16;
    m_skips_stack_check =
        m_ranking.call_count == 0 && m_fixed_frame_bytes <= runtime::leaf_frame_bytes / 2 && !m_forces_stack_check;
    m_free = m_temporaries;
    m_on_stack = {};
}

void FunctionCompiler::emit_prologue(const wasm::FuncType& type)
{
    Masm& m = m_masm;
    m.push(x86::rbp);
    m.mov(x86::rbp, x86::rsp);
    if (m_skips_stack_check) {
        m.sub(x86::rsp, frame_placeholder);
        m_frame_patch_offset = m.here() - 4;
    } else {
        m.lea(scratch64, x86::ptr(x86::rsp, -frame_placeholder));
        m_frame_patch_offset = m.here() - 4;
        m.mov(x86::rax, x86::qword_ptr(x86::rdi, offsetof(runtime::InstanceContext, exec)));
        m.cmp(scratch64, x86::qword_ptr(x86::rax, offsetof(runtime::ExecContext, stack_limit)));
        m.jb(m.trap_label(runtime::TrapKind::call_stack_exhausted));
        m.mov(x86::rsp, scratch64);
    }
    for (size_t i = 0; i < m_saved.size(); ++i) m.mov(x86::qword_ptr(x86::rbp, -8 * static_cast<int32_t>(i + 1)), gp64(m_saved[i]));
    m.mov(context, x86::rdi);
    if (m_has_memory0_base) m.mov(memory0_base, x86::qword_ptr(context, offsetof(runtime::InstanceContext, memory0_base)));
    place_parameters(type);
    zero_locals(type.params.size());
}

void FunctionCompiler::place_parameters(const wasm::FuncType& type)
{
    m_moves.clear();
    size_t next_gp = 0;
    uint32_t next_xmm = 0;
    std::vector<uint32_t> in_transfer;
    for (uint32_t i = 0; i < type.params.size(); ++i) {
        const LocalHome& home = m_locals[i];
        PhysReg from;
        if (is_gp(home.type) && next_gp < std::size(gp_arguments)) {
            from = gp_arguments[next_gp++];
        } else if (!is_gp(home.type) && next_xmm < xmm_argument_count) {
            from = xmm_reg(next_xmm++);
        } else {
            in_transfer.push_back(i);
            continue;
        }
        if (m_ranking.uses[i] == 0) continue;
        if (home.is_pinned) m_moves.push_back({home.reg, from, home.type});
        else if (is_gp(home.type)) m_masm.store_gp(home_mem(home), gp64(from), home.type);
        else m_masm.store_xmm(home_mem(home), xmm(from), home.type);
    }
    emit_parallel_moves(m_moves);
    if (in_transfer.empty()) return;
    m_masm.mov(scratch64, x86::qword_ptr(context, offsetof(runtime::InstanceContext, exec)));
    for (size_t k = 0; k < in_transfer.size(); ++k) {
        const LocalHome& home = m_locals[in_transfer[k]];
        const auto from = x86::ptr(scratch64, static_cast<int32_t>(offsetof(runtime::ExecContext, transfer) + 16 * k));
        if (home.is_pinned && !home.reg.is_xmm()) {
            m_masm.load_gp(gp64(home.reg), from, home.type);
        } else if (home.is_pinned) {
            m_masm.load_xmm(xmm(home.reg), from, home.type);
        } else {
            // Through a vector register, whatever the type: the upper bits of a narrower value are never read.
            m_masm.load_xmm(scratch_xmm, from, home.type == ValKind::v128 ? ValKind::v128 : ValKind::f64);
            m_masm.store_xmm(home_mem(home), scratch_xmm, home.type == ValKind::v128 ? ValKind::v128 : ValKind::f64);
        }
    }
}

void FunctionCompiler::emit_parallel_moves(std::span<RegMove> moves)
{
    const auto move = [&](const RegMove& m) {
        if (m.to.is_xmm()) m_masm.mov_xmm(xmm(m.to), xmm(m.from));
        else if (m.type == ValKind::i32) m_masm.mov(gp32(m.to), gp32(m.from));  // also to itself: zero-extends
        else if (!(m.to == m.from)) m_masm.mov(gp64(m.to), gp64(m.from));
    };
    size_t pending = moves.size();
    while (pending != 0) {
        bool progressed = false;
        for (size_t i = 0; i < pending;) {
            const bool is_blocked = std::any_of(moves.begin(), moves.begin() + static_cast<std::ptrdiff_t>(pending),
                                                [&](const RegMove& o) { return &o != &moves[i] && o.from == moves[i].to; });
            if (is_blocked) {
                ++i;
                continue;
            }
            move(moves[i]);
            moves[i] = moves[--pending];
            progressed = true;
        }
        if (progressed || pending == 0) continue;
        // Only cycles are left. Swapping the first one's registers satisfies it; who wanted its target finds it in its source.
        const PhysReg a = moves[0].to, b = moves[0].from;
        if (a.is_xmm()) {
            m_masm.mov_xmm(scratch_xmm, xmm(a));
            m_masm.mov_xmm(xmm(a), xmm(b));
            m_masm.mov_xmm(xmm(b), scratch_xmm);
        } else {
            m_masm.xchg(gp64(a), gp64(b));
        }
        for (size_t i = 0; i < pending; ++i) {
            if (moves[i].from == a) moves[i].from = b;
            else if (moves[i].from == b) moves[i].from = a;
        }
    }
}

void FunctionCompiler::zero_locals(size_t first)
{
    int32_t lowest = 0, highest = INT32_MIN;
    for (size_t i = first; i < m_locals.size(); ++i) {
        const LocalHome& home = m_locals[i];
        if (home.is_pinned) {
            if (home.reg.is_xmm())
                m_masm.op3(x86::Inst::kIdXorps, x86::Inst::kIdVxorps, xmm(home.reg), xmm(home.reg), xmm(home.reg));
            else m_masm.xor_(gp32(home.reg), gp32(home.reg));
            continue;
        }
        if (m_ranking.uses[i] == 0) continue;
        lowest = std::min(lowest, home.frame_offset);
        highest = std::max(highest, home.frame_offset + (home.type == ValKind::v128 ? 16 : 8));
    }
    if (highest == INT32_MIN) return;
    // Parameters may have homes between declared locals (vectors come first): those are kept by zeroing one by one.
    const auto is_param_home = [&](const LocalHome& h) {
        return h.frame_offset >= lowest && h.frame_offset < highest && !h.is_pinned;
    };
    const bool is_mixed = std::any_of(m_locals.begin(), m_locals.begin() + static_cast<std::ptrdiff_t>(first), is_param_home);
    const auto count = static_cast<uint32_t>(highest - lowest);
    if (is_mixed || count <= inline_zero_limit_bytes) {
        m_masm.xor_(x86::eax, x86::eax);
        for (size_t i = first; i < m_locals.size(); ++i) {
            const LocalHome& home = m_locals[i];
            if (home.is_pinned || m_ranking.uses[i] == 0) continue;
            m_masm.mov(x86::qword_ptr(x86::rbp, home.frame_offset), x86::rax);
            if (home.type == ValKind::v128) m_masm.mov(x86::qword_ptr(x86::rbp, home.frame_offset + 8), x86::rax);
        }
        return;
    }
    m_masm.lea(x86::rdi, x86::ptr(x86::rbp, lowest));
    m_masm.mov(x86::ecx, count / 8);
    m_masm.xor_(x86::eax, x86::eax);
    m_masm.rep().stosq();
}

void FunctionCompiler::emit_epilogue()
{
    for (size_t i = m_saved.size(); i-- > 0;)
        m_masm.mov(gp64(m_saved[i]), x86::qword_ptr(x86::rbp, -8 * static_cast<int32_t>(i + 1)));
    m_masm.leave();
}

void FunctionCompiler::patch_frame(runtime::CompiledCode& out) const
{
    const auto size = static_cast<int32_t>(m_fixed_frame_bytes + 16 * m_max_slots);
    const int32_t field = m_skips_stack_check ? size : -size;
    std::memcpy(out.bytes.data() + m_frame_patch_offset, &field, sizeof field);
}

Result<void, runtime::CompileError> FunctionCompiler::compile(const wasm::Module& module, const runtime::ContextLayout& layout,
                                                              const runtime::CompileOptions& options, wasm::FuncIdx function,
                                                              runtime::CompiledCode& out)
{
    using runtime::CompileError;
    m_module = &module;
    m_layout = &layout;
    m_options = &options;
    m_function = function;
    m_type = &module.func_type(function);
    const wasm::FunctionBody& body = module.body_of(function);
    const auto locals = wasm::read_locals(module, body);
    if (!locals) return Unexpected{CompileError{"the local declarations do not decode"}};
    m_body = body.bytes.subspan(locals->code_begin);
    m_body_offset = body.offset_bytes;
    m_code_offset = body.offset_bytes + locals->code_begin;
    m_ranking.rank(module, m_body, m_code_offset, m_type->params.size() + locals->types.size());
    m_forces_stack_check = false;
    m_max_code_bytes = static_cast<uint32_t>(std::min(min_code_limit + m_body.size() * code_limit_per_wasm_byte, max_code_limit));

    for (;;) {
        m_masm.start();
        if (out.wants_lines) {
            out.lines.clear();
            m_masm.note_lines(&out.lines);
        }
        m_stack.clear();
        m_control.clear();
        m_fuel_charge = {};
        m_fuel_charges.clear();
        m_lazy_parts.clear();
        m_hot_checks.clear();
        m_hot_operands.clear();
        m_canonical_height = 0;
        m_max_slots = 0;
        m_dead = m_flags_live = false;
        m_refused = nullptr;
        m_hint.reset();
        assign_homes(*m_type, locals->types);
        m_offset = m_code_offset;
        emit_prologue(*m_type);
        if (options.counts) count_entry();
        m_return_label = m_masm.newLabel();
        push_control(ControlKind::function, wasm::BlockType{{}, m_type->results});
        wasm::read_trusted(module, m_body, m_code_offset, *this);
        if (m_refused != nullptr) return Unexpected{CompileError{std::string{"not compiled by this tier: "} + m_refused}};

        emit_lazy_parts();
        emit_hot_checks();
        const uint64_t frame_bytes = m_fixed_frame_bytes + uint64_t{16} * m_max_slots;
        if (frame_bytes > max_frame_bytes) return Unexpected{CompileError{"the function's frame is too large"}};
        if (m_skips_stack_check && frame_bytes > runtime::leaf_frame_bytes) {
            m_forces_stack_check = true;
            continue;
        }
        break;
    }
    if (!m_masm.finish(out)) return Unexpected{CompileError{"the assembler ran out of memory or of reach"}};
    patch_frame(out);
    patch_fuel(out);
    return {};
}

bool FunctionCompiler::refuse(const char* text)
{
    m_refused = text;
    return false;
}

}  // namespace weir::baseline
