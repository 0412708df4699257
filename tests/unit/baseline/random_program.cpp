#include "unit/baseline/random_program.hpp"

#include <algorithm>
#include <cstring>

namespace weir::test {

using runtime::TrapKind;
using wasm::Opcode;
using wasm::ValKind;
using wasm::ValType;
using Kind = Instruction::Kind;

namespace {

constexpr ValKind kinds[] = {ValKind::i32, ValKind::i64, ValKind::f32, ValKind::f64};
constexpr uint32_t width_of(ValKind k) { return k == ValKind::i32 || k == ValKind::f32 ? 4 : 8; }

struct CalleeType {
    std::vector<ValKind> params, results;
};
const CalleeType& type_of(Callee callee)
{
    using enum wasm::ValKind;
    static const CalleeType types[] = {
        {{i64, f64, i32}, {i64}},                                // a + trunc_sat(b) + c
        {{i32}, {i32, f64, i64}},                                // a + 1, 2.5, a * 3
        {{i64, i64, i64, i64, i64, i64, i64, f64, i32}, {i64}},  // more than there are registers: a sum
    };
    return types[static_cast<size_t>(callee)];
}

// --- making ---

class Maker {
public:
    explicit Maker(uint64_t seed) : m_random(seed) {}

    Program make()
    {
        Program p;
        p.locals = {ValKind::i32, ValKind::i64, ValKind::f32, ValKind::f64, ValKind::i32};
        for (uint32_t n = below(16); n > 0; --n) p.locals.push_back(any_kind());
        for (uint32_t n = below(4); n > 0; --n) p.results.push_back(any_kind());
        m_program = &p;
        m_max_depth = 2 + below(22);
        m_length = 4 + below(24);
        m_labels.push_back(p.results);
        p.body = sequence({}, p.results, 0);
        return p;
    }

private:
    uint32_t below(uint32_t n) { return static_cast<uint32_t>(m_random() % n); }
    bool one_in(uint32_t n) { return below(n) == 0; }
    ValKind any_kind() { return kinds[below(4)]; }

    /// Instructions that turn `stack` (a block's parameters) into `results`.
    Sequence sequence(std::vector<ValKind> stack, const std::vector<ValKind>& results, uint32_t nesting)
    {
        Sequence out;
        for (uint32_t n = 1 + below(m_length); n > 0; --n) step(out, stack, nesting);
        while (!stack.empty() && stack != results && !is_prefix(stack, results)) {
            out.push_back({Kind::drop});
            stack.pop_back();
        }
        for (size_t i = stack.size(); i < results.size(); ++i) out.push_back(leaf(results[i]));
        return out;
    }
    static bool is_prefix(const std::vector<ValKind>& a, const std::vector<ValKind>& b)
    {
        return a.size() <= b.size() && std::equal(a.begin(), a.end(), b.begin());
    }

    Instruction constant(ValKind type)
    {
        const auto edges = edge_values(type);
        Instruction i{Kind::constant, type};
        i.bits = one_in(3) ? below(5) : edges[below(static_cast<uint32_t>(edges.size()))];
        if ((type == ValKind::f32 || type == ValKind::f64) && one_in(2))
            i.bits = type == ValKind::f32 ? f32(static_cast<float>(below(1000)) / 8).bits
                                          : f64(static_cast<double>(below(1000)) / 8).bits;
        return i;
    }
    Instruction leaf(ValKind type)
    {
        std::vector<uint32_t> candidates;
        for (uint32_t i = 0; i < m_program->locals.size(); ++i)
            if (m_program->locals[i] == type) candidates.push_back(i);
        if (candidates.empty() || one_in(3)) return constant(type);
        Instruction i{Kind::local_get};
        i.index = candidates[below(static_cast<uint32_t>(candidates.size()))];
        return i;
    }
    std::optional<uint32_t> settable_local(ValKind type)
    {
        for (int attempt = 0; attempt < 4; ++attempt) {
            const uint32_t i = below(static_cast<uint32_t>(m_program->locals.size()));
            if (m_program->locals[i] == type && i != Program::fuel_local) return i;
        }
        return std::nullopt;
    }
    /// Makes the top of the stack `types`, mostly by pushing what is missing.
    void supply(Sequence& out, std::vector<ValKind>& stack, const std::vector<ValKind>& types)
    {
        size_t present = std::min(types.size(), stack.size());
        while (present > 0 && !std::equal(types.begin(), types.begin() + static_cast<std::ptrdiff_t>(present),
                                          stack.end() - static_cast<std::ptrdiff_t>(present)))
            --present;
        for (size_t i = present; i < types.size(); ++i) {
            out.push_back(leaf(types[i]));
            stack.push_back(types[i]);
        }
    }
    static void pop(std::vector<ValKind>& stack, size_t n) { stack.resize(stack.size() - n); }
    static void push(std::vector<ValKind>& stack, const std::vector<ValKind>& types)
    {
        stack.insert(stack.end(), types.begin(), types.end());
    }

    void push_leaf(Sequence& out, std::vector<ValKind>& stack)
    {
        const ValKind type = any_kind();
        out.push_back(leaf(type));
        stack.push_back(type);
    }

    void step(Sequence& out, std::vector<ValKind>& stack, uint32_t nesting)
    {
        const uint32_t choice = below(100);
        if (stack.size() < m_max_depth && (stack.empty() || choice < 30)) return push_leaf(out, stack);
        if (choice < 62) return numeric(out, stack);
        if (choice < 72) return set_local(out, stack);
        if (choice < 75) return global(out, stack);
        if (choice < 80) return select(out, stack);
        if (choice < 85) return memory(out, stack);
        if (choice < 93 && nesting < 4) return structured(out, stack, nesting);
        if (choice < 96) return branch(out, stack);
        if (choice < 98) return call(out, stack);
        out.push_back({Kind::drop});
        stack.pop_back();
    }

    void numeric(Sequence& out, std::vector<ValKind>& stack)
    {
        const auto ops = numeric_ops();
        const NumericOp& op = ops[below(static_cast<uint32_t>(ops.size()))];
        const wasm::Signature s = signature_of(op.opcode);
        std::vector<ValKind> operands;
        for (size_t i = 0; i < s.operand_count; ++i) operands.push_back(s.operands[i].kind());
        supply(out, stack, operands);
        Instruction i{Kind::numeric};
        i.op = &op;
        out.push_back(i);
        pop(stack, operands.size());
        stack.push_back(s.results[0].kind());
    }
    void set_local(Sequence& out, std::vector<ValKind>& stack)
    {
        const auto local = settable_local(stack.back());
        if (!local) return push_leaf(out, stack);
        Instruction i{one_in(3) ? Kind::local_tee : Kind::local_set};
        i.index = *local;
        if (i.kind == Kind::local_set) stack.pop_back();
        out.push_back(i);
    }
    void global(Sequence& out, std::vector<ValKind>& stack)
    {
        const uint32_t index = below(4);
        const bool is_set = stack.back() == kinds[index];
        Instruction i{is_set ? Kind::global_set : Kind::global_get};
        i.index = index;
        out.push_back(i);
        if (is_set) stack.pop_back();
        else stack.push_back(kinds[index]);
    }
    void select(Sequence& out, std::vector<ValKind>& stack)
    {
        const ValKind type = stack.back();
        supply(out, stack, {type, type, ValKind::i32});
        out.push_back({Kind::select});
        pop(stack, 2);
    }
    void memory(Sequence& out, std::vector<ValKind>& stack)
    {
        // The address is masked so that it stays within what is compared.
        const auto mask = [&] {
            Instruction c{Kind::constant};
            c.bits = Program::memory_bytes / 2 - 1;
            out.push_back(c);
            Instruction i{Kind::numeric};
            const auto ops = numeric_ops();
            i.op = &*std::find_if(ops.begin(), ops.end(), [](const NumericOp& o) { return o.opcode == Opcode::i32_and; });
            out.push_back(i);
        };
        const ValKind type = any_kind();
        supply(out, stack, {ValKind::i32});
        mask();
        Instruction i{Kind::load, type};
        i.bits = below(Program::memory_bytes / 2);
        pop(stack, 1);
        if (one_in(2)) {
            i.kind = Kind::store;
            out.push_back(leaf(type));
        } else {
            stack.push_back(type);
        }
        out.push_back(i);
    }
    void structured(Sequence& out, std::vector<ValKind>& stack, uint32_t nesting)
    {
        Instruction i{Kind::block};
        const uint32_t choice = below(3);
        i.kind = choice == 0 ? Kind::block : choice == 1 ? Kind::loop : Kind::if_;
        for (uint32_t n = below(3); n > 0; --n) i.params.push_back(any_kind());
        for (uint32_t n = below(3); n > 0; --n) i.results.push_back(any_kind());
        const bool has_else = i.kind == Kind::if_ && (one_in(2) || i.params != i.results);
        std::vector<ValKind> needed = i.params;
        if (i.kind == Kind::if_) needed.push_back(ValKind::i32);
        supply(out, stack, needed);
        m_labels.push_back(i.kind == Kind::loop ? i.params : i.results);
        i.body = sequence(i.params, i.results, nesting + 1);
        if (has_else) i.else_body = sequence(i.params, i.results, nesting + 1);
        m_labels.pop_back();
        pop(stack, needed.size());
        push(stack, i.results);
        i.index = has_else;
        out.push_back(i);
    }
    void branch(Sequence& out, std::vector<ValKind>& stack)
    {
        Instruction i{Kind::br};
        const uint32_t choice = below(8);
        i.index = below(static_cast<uint32_t>(m_labels.size()));
        std::vector<ValKind> types = m_labels[m_labels.size() - 1 - i.index];
        if (choice < 5) {
            i.kind = Kind::br_if;
        } else if (choice == 5) {
            i.kind = Kind::br_table;
            for (uint32_t n = one_in(2) ? below(3) : below(12); n > 0; --n) {
                const uint32_t other = below(static_cast<uint32_t>(m_labels.size()));
                if (m_labels[m_labels.size() - 1 - other] == types) i.labels.push_back(other);
            }
            i.labels.push_back(i.index);
        } else if (choice == 6) {
            i.kind = one_in(4) ? Kind::unreachable : Kind::return_;
            types = i.kind == Kind::return_ ? m_labels.front() : std::vector<ValKind>{};
        }
        if (i.kind == Kind::br_if || i.kind == Kind::br_table) types.push_back(ValKind::i32);
        supply(out, stack, types);
        out.push_back(i);
        if (i.kind == Kind::br_if) stack.pop_back();
        // What follows the others is dead, and typed as if they were not there.
        else pop(stack, types.size());
        if (i.kind != Kind::br_if && stack.empty()) push_leaf(out, stack);
    }
    void call(Sequence& out, std::vector<ValKind>& stack)
    {
        Instruction i{Kind::call};
        i.index = below(static_cast<uint32_t>(Callee::count_));
        const CalleeType& type = type_of(static_cast<Callee>(i.index));
        supply(out, stack, type.params);
        out.push_back(i);
        pop(stack, type.params.size());
        push(stack, type.results);
    }

    std::mt19937_64 m_random;
    Program* m_program = nullptr;
    uint32_t m_max_depth = 0, m_length = 0;
    std::vector<std::vector<ValKind>> m_labels;
};

// --- encoding ---

std::vector<ValType> types(const std::vector<ValKind>& from) { return {from.begin(), from.end()}; }

class Encoder {
public:
    Encoder(ModuleBuilder& module, const std::array<uint32_t, static_cast<size_t>(Callee::count_)>& callees,
            std::optional<uint32_t> scratch)
        : m_module(module), m_callees(callees), m_scratch(scratch)
    {
    }

    void encode(const Sequence& sequence, Code& code)
    {
        for (const Instruction& i : sequence) encode(i, code);
    }

private:
    void encode(const Instruction& i, Code& code)
    {
        switch (i.kind) {
        case Kind::constant: code.constant(i.type, i.bits); return;
        case Kind::local_get: code.local_get(i.index); return;
        case Kind::local_set: code.local_set(i.index); return;
        case Kind::local_tee: code.local_tee(i.index); return;
        case Kind::global_get: code.op(Opcode::global_get, i.index); return;
        case Kind::global_set: code.op(Opcode::global_set, i.index); return;
        case Kind::numeric:
            code.op(i.op->opcode);
            if (m_scratch) make_canonical(signature_of(i.op->opcode).results[0].kind(), code);
            return;
        case Kind::drop: code.op(Opcode::drop); return;
        case Kind::select: code.op(Opcode::select); return;
        case Kind::load:
            code.mem(by_type(i.type, Opcode::i32_load, Opcode::i64_load, Opcode::f32_load, Opcode::f64_load), 0, i.bits);
            return;
        case Kind::store:
            code.mem(by_type(i.type, Opcode::i32_store, Opcode::i64_store, Opcode::f32_store, Opcode::f64_store), 0, i.bits);
            return;
        case Kind::block: return structured(i, Opcode::block, code);
        case Kind::loop: return structured(i, Opcode::loop, code);
        case Kind::if_: return structured(i, Opcode::if_, code);
        case Kind::br: code.op(Opcode::br, i.index); return;
        case Kind::br_if: code.op(Opcode::br_if, i.index); return;
        case Kind::br_table:
            code.op(Opcode::br_table, i.labels.size() - 1);
            for (const uint32_t l : i.labels) code.u32(l);
            return;
        case Kind::return_: code.op(Opcode::return_); return;
        case Kind::call: code.op(Opcode::call, m_callees[i.index]); return;
        case Kind::unreachable: code.op(Opcode::unreachable); return;
        }
    }
    static Opcode by_type(ValKind type, Opcode a, Opcode b, Opcode c, Opcode d)
    {
        return type == ValKind::i32 ? a : type == ValKind::i64 ? b : type == ValKind::f32 ? c : d;
    }
    void make_canonical(ValKind type, Code& code)
    {
        if (type != ValKind::f32 && type != ValKind::f64) return;
        const bool is_double = type == ValKind::f64;
        const uint32_t value = *m_scratch + (is_double ? 1 : 0);
        code.local_tee(value).constant(type, is_double ? 0x7ff8'0000'0000'0000 : 0x7fc0'0000);
        code.local_get(value).local_get(value).op(is_double ? Opcode::f64_eq : Opcode::f32_eq).op(Opcode::select);
    }
    void structured(const Instruction& i, Opcode opcode, Code& code)
    {
        code.open_typed(opcode, m_module.type(types(i.params), types(i.results)));
        if (i.kind == Kind::loop) {
            code.local_get(Program::fuel_local).i32_const(1).op(Opcode::i32_sub).local_tee(Program::fuel_local).op(Opcode::i32_eqz);
            code.open(Opcode::if_).op(Opcode::unreachable).end();
        }
        encode(i.body, code);
        if (i.index != 0) {
            code.op(Opcode::else_);
            encode(i.else_body, code);
        }
        code.end();
    }

    ModuleBuilder& m_module;
    const std::array<uint32_t, static_cast<size_t>(Callee::count_)>& m_callees;
    const std::optional<uint32_t> m_scratch;  // locals of type f32 and f64, where NaNs are made canonical
};

// --- interpreting ---

class Interpreter {
public:
    Interpreter(const Program& program, State& state) : m_program(program), m_state(state) {}

    Interpreted run(const std::array<uint64_t, 4>& arguments)
    {
        m_locals.assign(m_program.locals.size(), 0);
        std::copy(arguments.begin(), arguments.end(), m_locals.begin());
        m_locals[Program::fuel_local] = Program::initial_fuel;
        const Flow flow = run(m_program.body);
        Interpreted result;
        result.is_unknown = flow.kind == Flow::unknown;
        result.trap = m_trap;
        if (flow.kind == Flow::trap || flow.kind == Flow::unknown) return result;
        const size_t count = m_program.results.size();
        for (size_t i = 0; i < count; ++i) result.results.push_back({m_program.results[i], m_stack[m_stack.size() - count + i], 0});
        return result;
    }

private:
    struct Flow {
        enum Kind : uint8_t { next, branch, return_, trap, unknown } kind = next;
        uint32_t depth = 0;
    };

    uint64_t pop()
    {
        const uint64_t v = m_stack.back();
        m_stack.pop_back();
        return v;
    }
    Flow trap(TrapKind kind)
    {
        m_trap = kind;
        return {Flow::trap, 0};
    }
    Flow run(const Sequence& sequence)
    {
        for (const Instruction& i : sequence)
            if (const Flow flow = run(i); flow.kind != Flow::next) return flow;
        return {};
    }
    Flow run(const Instruction& i)
    {
        switch (i.kind) {
        case Kind::constant: m_stack.push_back(i.bits); return {};
        case Kind::local_get: m_stack.push_back(m_locals[i.index]); return {};
        case Kind::local_set: m_locals[i.index] = pop(); return {};
        case Kind::local_tee: m_locals[i.index] = m_stack.back(); return {};
        case Kind::global_get: m_stack.push_back(m_state.globals[i.index]); return {};
        case Kind::global_set: m_state.globals[i.index] = pop(); return {};
        case Kind::numeric: return numeric(*i.op);
        case Kind::drop: pop(); return {};
        case Kind::select: {
            const uint64_t condition = pop(), b = pop(), a = pop();
            m_stack.push_back(condition != 0 ? a : b);
            return {};
        }
        case Kind::load: {
            uint64_t bits = 0;
            std::memcpy(&bits, m_state.memory.data() + pop() + i.bits, width_of(i.type));
            m_stack.push_back(bits);
            return {};
        }
        case Kind::store: {
            const uint64_t bits = pop();
            std::memcpy(m_state.memory.data() + pop() + i.bits, &bits, width_of(i.type));
            return {};
        }
        case Kind::block: return block(i, i.body);
        case Kind::if_: return pop() != 0 ? block(i, i.body) : block(i, i.else_body);
        case Kind::loop: return loop(i);
        case Kind::br: return {Flow::branch, i.index};
        case Kind::br_if: return pop() != 0 ? Flow{Flow::branch, i.index} : Flow{};
        case Kind::br_table: {
            const uint64_t index = pop();
            return {Flow::branch, i.labels[std::min<uint64_t>(index, i.labels.size() - 1)]};
        }
        case Kind::return_: return {Flow::return_, 0};
        case Kind::call: call(static_cast<Callee>(i.index)); return {};
        case Kind::unreachable: return trap(TrapKind::unreachable);
        }
        return {};
    }
    void keep(size_t height, size_t count)
    {
        m_stack.erase(m_stack.begin() + static_cast<std::ptrdiff_t>(height), m_stack.end() - static_cast<std::ptrdiff_t>(count));
    }
    Flow block(const Instruction& i, const Sequence& body)
    {
        const size_t height = m_stack.size() - i.params.size();
        const Flow flow = run(body);
        if (flow.kind != Flow::branch) return flow;
        if (flow.depth != 0) return {Flow::branch, flow.depth - 1};
        keep(height, i.results.size());
        return {};
    }
    Flow loop(const Instruction& i)
    {
        const size_t height = m_stack.size() - i.params.size();
        for (;;) {
            if (--m_locals[Program::fuel_local] == 0) return trap(TrapKind::unreachable);
            const Flow flow = run(i.body);
            if (flow.kind != Flow::branch) return flow;
            if (flow.depth != 0) return {Flow::branch, flow.depth - 1};
            keep(height, i.params.size());
        }
    }
    Flow numeric(const NumericOp& op)
    {
        const uint64_t b = signature_of(op.opcode).operand_count == 2 ? pop() : 0;
        const uint64_t a = pop();
        const Reference r = op.evaluate(a, b);
        if (r.trap != TrapKind::none) return trap(r.trap);
        if (r.nan != Reference::Nan::not_nan) return {Flow::unknown, 0};
        m_stack.push_back(r.bits);
        return {};
    }
    void call(Callee callee)
    {
        const auto trunc_sat = [](uint64_t bits) {
            const auto ops = numeric_ops();
            return std::find_if(ops.begin(), ops.end(), [](const NumericOp& o) { return o.opcode == Opcode::i64_trunc_sat_f64_s; })
                ->evaluate(bits, 0)
                .bits;
        };
        switch (callee) {
        case Callee::mix: {
            const uint64_t c = pop(), b = pop(), a = pop();
            m_stack.push_back(a + trunc_sat(b) + c);
            return;
        }
        case Callee::pair: {
            const uint64_t a = pop();
            m_stack.push_back(static_cast<uint32_t>(a + 1));
            m_stack.push_back(f64(2.5).bits);
            m_stack.push_back(a * 3);
            return;
        }
        case Callee::many: {
            const uint64_t i = pop();
            uint64_t sum = trunc_sat(pop()) + i;
            for (uint64_t k = 7; k > 0; --k) sum = sum + pop() * k;
            m_stack.push_back(sum);
            return;
        }
        case Callee::count_: return;
        }
    }

    const Program& m_program;
    State& m_state;
    std::vector<uint64_t> m_locals, m_stack;
    TrapKind m_trap = TrapKind::none;
};

Code callee_code(Callee callee)
{
    Code c;
    switch (callee) {
    case Callee::mix:
        c.local_get(0)
            .local_get(1)
            .op(Opcode::i64_trunc_sat_f64_s)
            .op(Opcode::i64_add)
            .local_get(2)
            .op(Opcode::i64_extend_i32_u)
            .op(Opcode::i64_add);
        break;
    case Callee::pair:
        c.local_get(0)
            .i32_const(1)
            .op(Opcode::i32_add)
            .f64_const(f64(2.5).bits)
            .local_get(0)
            .op(Opcode::i64_extend_i32_u)
            .i64_const(3)
            .op(Opcode::i64_mul);
        break;
    case Callee::many:
        c.local_get(7).op(Opcode::i64_trunc_sat_f64_s).local_get(8).op(Opcode::i64_extend_i32_u).op(Opcode::i64_add);
        for (uint32_t k = 0; k < 7; ++k) c.local_get(k).i64_const(k + 1).op(Opcode::i64_mul).op(Opcode::i64_add);
        break;
    case Callee::count_: break;
    }
    return c;
}

}  // namespace

Program make_program(uint64_t seed) { return Maker{seed}.make(); }

std::vector<std::byte> encode(const Program& program, Nans nans)
{
    ModuleBuilder module;
    module.memory(1);
    const State initial;
    for (size_t i = 0; i < 4; ++i)
        module.global(ValType{kinds[i]}, true, Code{}.constant(kinds[i], initial.globals[i]), "g" + std::to_string(i));
    std::array<uint32_t, static_cast<size_t>(Callee::count_)> callees{};
    for (uint32_t i = 0; i < callees.size(); ++i) {
        const CalleeType& type = type_of(static_cast<Callee>(i));
        callees[i] = module.function(module.type(types(type.params), types(type.results)), "", callee_code(static_cast<Callee>(i)));
    }
    Code code;
    code.i32_const(Program::initial_fuel).local_set(Program::fuel_local);
    const std::vector<ValKind> params{program.locals.begin(), program.locals.begin() + Program::param_count};
    std::vector<ValKind> locals{program.locals.begin() + Program::param_count, program.locals.end()};
    std::optional<uint32_t> scratch;
    if (nans == Nans::canonical) {
        scratch = static_cast<uint32_t>(program.locals.size());
        locals.insert(locals.end(), {ValKind::f32, ValKind::f64});
    }
    Encoder{module, callees, scratch}.encode(program.body, code);
    module.function(module.type(types(params), types(program.results)), "run", code, types(locals));
    return module.build();
}

Interpreted interpret(const Program& program, const std::array<uint64_t, 4>& arguments, State& state)
{
    return Interpreter{program, state}.run(arguments);
}

}  // namespace weir::test
