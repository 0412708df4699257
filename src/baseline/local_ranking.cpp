#include "baseline/local_ranking.hpp"

#include "wasm/opcodes.hpp"
#include "wasm/reader.hpp"
#include "wasm/visitor.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace weir::baseline {
namespace {

// A use in a loop counts as 8 outside of it, down to four loops: deeper nesting says nothing more.
constexpr uint32_t weight_shift_per_loop = 3;
constexpr uint32_t max_counted_depth = 4;

class RankingVisitor {
public:
    explicit RankingVisitor(LocalRanking& ranking) : m_ranking(ranking) {}

    void at(uint32_t /*offset_bytes*/) {}

#define WEIR_OP(code, ident, text, imm, signature, align, feature) \
    bool ident(const wasm::imm& i)                                 \
    {                                                              \
        visit<wasm::Opcode::ident>(i);                             \
        return true;                                               \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    template <wasm::Opcode op, class Imm>
    void visit(const Imm& imm)
    {
        using enum wasm::Opcode;
        if constexpr (std::is_same_v<Imm, wasm::LocalIdx>) {
            add(m_ranking.uses[imm.value]);
        } else if constexpr (std::is_same_v<Imm, wasm::MemArg>) {
            m_ranking.memory0_accesses += imm.memory.value == 0;
        } else if constexpr (std::is_same_v<Imm, wasm::MemArgLane>) {
            m_ranking.memory0_accesses += imm.mem.memory.value == 0;
        }
        if constexpr (op == block || op == if_ || op == try_table) {
            push(false);
        } else if constexpr (op == loop) {
            push(true);
        } else if constexpr (op == end) {
            pop();
        } else if constexpr (is_call(op)) {
            add(m_ranking.call_weight);
            ++m_ranking.call_count;
        }
    }

    static constexpr bool is_call(wasm::Opcode op)
    {
        using enum wasm::Opcode;
        switch (op) {
        case call:
        case call_indirect:
        case call_ref:
        case return_call_indirect:  // may ask a builtin about types
        case memory_grow:
        case memory_copy:
        case memory_fill:
        case memory_init:
        case data_drop:
        case table_grow:
        case table_fill:
        case table_copy:
        case table_init:
        case elem_drop:
        case memory_atomic_wait32:
        case memory_atomic_wait64:
        case memory_atomic_notify: return true;
        default: return false;
        }
    }

    void add(uint32_t& counter) const
    {
        const uint32_t weight = 1U << (weight_shift_per_loop * std::min(m_loop_depth, max_counted_depth));
        counter = counter > UINT32_MAX - weight ? UINT32_MAX : counter + weight;
    }
    void push(bool is_loop)
    {
        m_is_loop.push_back(is_loop);
        m_loop_depth += is_loop;
    }
    void pop()
    {
        if (m_is_loop.empty()) return;  // the function's own end
        m_loop_depth -= m_is_loop.back();
        m_is_loop.pop_back();
    }

    LocalRanking& m_ranking;
    uint32_t m_loop_depth = 0;
    std::vector<bool> m_is_loop;
};

}  // namespace

void LocalRanking::rank(const wasm::Module& module, std::span<const std::byte> code, size_t offset_bytes, size_t local_count)
{
    uses.assign(local_count, 0);
    call_weight = call_count = memory0_accesses = 0;
    RankingVisitor visitor{*this};
    wasm::read_trusted(module, code, offset_bytes, visitor);
}

}  // namespace weir::baseline
