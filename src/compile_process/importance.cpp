#include "compile_process/importance.hpp"

#include "wasm/reader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <type_traits>

namespace weir::compile_process {

namespace {

constexpr double runs_of_loop = 8;
constexpr int max_loop_depth = 4;   // that is looked at
constexpr double calls_made = 0.5;  // of those that stand in a function, since most stand behind conditions
constexpr int rounds = 6;
constexpr double max_frequency = 1e12;  // recursion would have none

/// What of a function matters here.
struct Outline {
    struct Call {
        uint32_t offset;
        uint32_t callee;  // of defined functions
    };
    std::vector<Call> calls;
    std::map<uint32_t, uint32_t> loops;  // where one begins, and ends
};

/// Finds a function's calls and loops. In code with a dispatch (a loop that begins with a br_table of a local, which Go's compiler makes), a jump
/// to it with a known number is one to where the table leads, and a loop if that is further up; the dispatch itself is none.
class OutlineFinder {
public:
    explicit OutlineFinder(const wasm::Module& module) : m_module(module) { m_blocks.emplace_back(); }

    Outline outline;

    void at(uint32_t offset) { m_offset = offset; }
#define WEIR_OP(code, ident, text, imm, ...) \
    bool ident(const wasm::imm& i)           \
    {                                        \
        read(wasm::Opcode::ident, i);        \
        return true;                         \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    struct Block {
        bool is_loop = false;
        uint32_t begin = 0;
        size_t number = 0;  // of all blocks of the function
    };

    template <class Imm>
    void read(wasm::Opcode op, const Imm& i)
    {
        using enum wasm::Opcode;
        if constexpr (std::is_same_v<Imm, wasm::FuncIdx>) {
            if ((op == call || op == return_call) && !m_module.is_imported(i))
                outline.calls.push_back({m_offset, i.value - m_module.imported_function_count});
        }
        if constexpr (std::is_same_v<Imm, wasm::BrTable>) note_dispatch(i);
        if constexpr (std::is_same_v<Imm, wasm::I32Const>) m_constant = static_cast<uint32_t>(i.value);
        if constexpr (std::is_same_v<Imm, wasm::LabelIdx>) {
            if (op == br && m_previous == local_set) jump(i.value);
        }
        if (op == unreachable && !outline.calls.empty() && is_end_of(outline.calls.back())) outline.calls.pop_back();
        if (op == block || op == loop || op == if_ || op == try_table) {
            m_blocks.push_back({op == loop, m_offset, m_ends.size()});
            m_ends.push_back(0);
        } else if (op == end && m_blocks.size() > 1) {
            const Block closed = m_blocks.back();
            m_blocks.pop_back();
            m_ends[closed.number] = m_offset;
            if (closed.is_loop && closed.number != m_dispatching_loop) outline.loops.emplace(closed.begin, m_offset);
        }
        if (op != i32_const && op != local_set) m_constant.reset();
        m_previous = op;
    }

    /// Whether nothing but the way out of a function whose goroutine is being left stands between a call and here.
    [[nodiscard]] bool is_end_of(const Outline::Call& call) const { return m_offset - call.offset < 16; }

    void note_dispatch(const wasm::BrTable& table)
    {
        if (m_dispatching_loop || m_previous != wasm::Opcode::local_get) return;
        const auto innermost = std::ranges::find_if(m_blocks.rbegin(), m_blocks.rend(), &Block::is_loop);
        if (innermost == m_blocks.rend()) return;
        m_dispatching_loop = innermost->number;
        for (const uint32_t depth : table.labels)
            m_targets.push_back(depth + 1 < m_blocks.size() ? std::optional{m_blocks[m_blocks.size() - 1 - depth].number}
                                                            : std::nullopt);
    }

    void jump(uint32_t depth)
    {
        if (!m_constant || !m_dispatching_loop || depth + 1 >= m_blocks.size() || *m_constant >= m_targets.size()) return;
        if (m_blocks[m_blocks.size() - 1 - depth].number != m_dispatching_loop || !m_targets[*m_constant]) return;
        const uint32_t target = m_ends[*m_targets[*m_constant]];
        if (target != 0) outline.loops[target] = m_offset;  // the last jump is the end
    }

    const wasm::Module& m_module;
    uint32_t m_offset = 0;
    wasm::Opcode m_previous = wasm::Opcode::nop;
    std::optional<uint32_t> m_constant;  // that was given to a local just now
    std::vector<Block> m_blocks;         // open ones; the first is the function
    std::vector<uint32_t> m_ends;        // by number; 0: open
    std::optional<size_t> m_dispatching_loop;
    std::vector<std::optional<size_t>> m_targets;
};

/// How often a function's instructions run for each call of it.
struct Weights {
    double mean = 1;  // over its bytes
    std::vector<std::pair<uint32_t, double>> calls;
};

Weights weights_of(const Outline& outline, size_t size)
{
    std::vector<std::pair<uint32_t, int>> edges;
    for (const auto& [begin, end] : outline.loops) {
        edges.emplace_back(begin, 1);
        edges.emplace_back(end, -1);
    }
    std::ranges::sort(edges);
    std::array<double, max_loop_depth + 1> runs{1};
    for (size_t i = 1; i < runs.size(); ++i) runs[i] = runs[i - 1] * runs_of_loop;
    const auto runs_at = [&](int depth) { return runs[static_cast<size_t>(std::clamp(depth, 0, max_loop_depth))]; };

    Weights weights;
    double sum = 0;
    int depth = 0;
    uint32_t at = 0;
    auto call = outline.calls.begin();
    const auto go_to = [&](uint32_t offset) {
        for (; call != outline.calls.end() && call->offset < offset; ++call)
            weights.calls.emplace_back(call->callee, runs_at(depth) * calls_made);
        sum += (offset - at) * runs_at(depth);
        at = offset;
    };
    for (const auto& [offset, change] : edges) {
        go_to(offset);
        depth += change;
    }
    go_to(static_cast<uint32_t>(size));
    weights.mean = sum / static_cast<double>(size);
    return weights;
}

}  // namespace

std::vector<uint32_t> most_important(const wasm::Module& module, size_t max_bytes, size_t max_function_bytes)
{
    const size_t count = module.bodies.size();
    std::vector<Weights> weights;
    weights.reserve(count);
    for (const wasm::FunctionBody& body : module.bodies) {
        OutlineFinder finder{module};
        const auto locals = wasm::read_locals(module, body);
        if (locals) wasm::read_trusted(module, body.bytes.subspan(locals->code_begin), locals->code_begin, finder);
        weights.push_back(weights_of(finder.outline, body.bytes.size()));
    }
    // From outside, any function is called as often as any other.
    std::vector<double> frequencies(count, 1.0), next;
    for (int round = 0; round < rounds; ++round) {
        next.assign(count, 1.0);
        for (size_t i = 0; i < count; ++i)
            for (const auto& [callee, times] : weights[i].calls)
                next[callee] = std::min(next[callee] + frequencies[i] * times, max_frequency);
        frequencies.swap(next);
    }
    std::vector<uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
        const double of_a = frequencies[a] * weights[a].mean, of_b = frequencies[b] * weights[b].mean;
        return of_a != of_b ? of_a > of_b : a < b;
    });

    std::vector<uint32_t> chosen;
    size_t bytes = 0;
    for (const uint32_t i : order) {
        const size_t size = module.bodies[i].bytes.size();
        if (size > max_function_bytes || bytes + size > max_bytes) continue;
        bytes += size;
        chosen.push_back(i);
    }
    return chosen;
}

}  // namespace weir::compile_process
