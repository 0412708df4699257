#include "go/program_counter.hpp"

#include "wasm/reader.hpp"

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::go {

namespace {

/// Reads a function as far as the instruction, and keeps count of PC_B: each block that the dispatch (a br_table at the beginning) leads out of ends
/// where a resume point begins, and before each call its return address is stored, as a constant.
class BlockFinder {
public:
    BlockFinder(uint64_t function_number, uint32_t wanted_offset) : m_number(function_number), m_wanted(wanted_offset) {}

    [[nodiscard]] uint32_t block() const { return m_block; }

    void at(uint32_t offset_bytes) { m_offset = offset_bytes; }
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
        const bool is_call = op == call || op == call_indirect;
        const bool is_wanted = m_offset >= m_wanted;
        if (is_wanted) {
            // Where a call returns to may be another statement's; what is before that is the call's own.
            if (is_call && m_return_block.value_or(0) != 0) m_block = *m_return_block - 1;
            return false;
        }
        if (is_call && m_return_block) m_block = *std::exchange(m_return_block, std::nullopt);
        if constexpr (std::is_same_v<Imm, wasm::I64Const>) {
            if (static_cast<uint64_t>(i.value) >> 16 == m_number) m_return_block = static_cast<uint32_t>(i.value) & 0xFFFF;
        }
        if constexpr (std::is_same_v<Imm, wasm::BrTable>) note_dispatch(i);
        if (op == block || op == loop || op == if_ || op == try_table) m_entries.emplace_back();
        if (op == end && !m_entries.empty()) {
            if (m_entries.back()) m_block = *m_entries.back();
            m_entries.pop_back();
        }
        return true;
    }

    void note_dispatch(const wasm::BrTable& table)
    {
        if (std::exchange(m_has_dispatch, true)) return;
        uint32_t number = 0;
        for (const uint32_t depth : table.labels) {
            if (depth < m_entries.size()) {
                auto& entry = m_entries[m_entries.size() - 1 - depth];
                if (!entry) entry = number;  // numbers in between lead to the same point
            }
            ++number;
        }
    }

    uint64_t m_number;
    uint32_t m_wanted;
    uint32_t m_offset = 0;
    uint32_t m_block = 0;
    std::optional<uint32_t> m_return_block;  // of the next call
    bool m_has_dispatch = false;
    std::vector<std::optional<uint32_t>> m_entries;  // of open blocks: PC_B behind their end
};

}  // namespace

uint32_t block_at(const wasm::Module& module, wasm::FuncIdx function, uint32_t wasm_offset)
{
    const wasm::FunctionBody& body = module.body_of(function);
    const auto locals = wasm::read_locals(module, body);
    if (!locals) return 0;
    BlockFinder finder{first_function_number + function.value - module.imported_function_count, wasm_offset};
    wasm::ByteReader reader{body.bytes.subspan(locals->code_begin), locals->code_begin};
    wasm::read_instructions(module, reader, finder);
    return finder.block();
}

}  // namespace weir::go
