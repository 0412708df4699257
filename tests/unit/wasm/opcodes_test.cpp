#include "wasm/opcodes.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace weir::wasm {
namespace {

static_assert(static_cast<uint32_t>(Opcode::i32_add) == 0x6a);
static_assert(static_cast<uint32_t>(Opcode::i32_trunc_sat_f32_s) == 0xfc0000);
static_assert(static_cast<uint32_t>(Opcode::i16x8_relaxed_q15mulr_s) == 0xfd0111);
static_assert(find_op(0x28)->text() == "i32.load" && find_op(0x28)->align_log2 == 2);
static_assert(find_op(0x06) == nullptr && find_op(0xfb0027) == nullptr && find_op(0xffffffff) == nullptr);
static_assert(is_constant_op(Opcode::i64_mul) && is_constant_op(Opcode::array_new_fixed));
static_assert(!is_constant_op(Opcode::i32_xor) && !is_constant_op(Opcode::call) && !is_constant_op(Opcode::local_get));
static_assert(signatures::addr_i32_i64_to_i32.operand_count == 3 && signatures::addr_i32_i64_to_i32.operands[2] == i64);
static_assert(signatures::i64_i64_i64_i64_to_i64_i64.result_count == 2);

TEST(Opcodes, every_row_has_its_mnemonic)
{
    for (const OpInfo& info : op_table) EXPECT_EQ(mnemonic(info.opcode), info.text());
    EXPECT_EQ(mnemonic(Opcode::memory_atomic_wait32), "memory.atomic.wait32");
    EXPECT_EQ(mnemonic(static_cast<Opcode>(0x06)), "?");
}

TEST(Opcodes, mnemonics_are_unique_but_for_select)
{
    std::multiset<std::string_view> texts;
    for (const OpInfo& info : op_table) texts.insert(info.text());
    for (const OpInfo& info : op_table) {
        const std::string_view text = info.text();
        EXPECT_EQ(texts.count(text), text == "select" ? 2U : 1U) << text;
    }
}

/// The identifier is the mnemonic with `_` for what an identifier cannot hold.
TEST(Opcodes, identifiers_follow_mnemonics)
{
    static constexpr std::string_view identifiers[] = {
#define WEIR_OP(code, ident, ...) #ident,
#include "wasm/opcodes.def"
#undef WEIR_OP
    };
    for (size_t i = 0; i < std::size(op_table); ++i) {
        std::string expected{op_table[i].text()};
        for (char& c : expected)
            if (c == '.' || c == ' ') c = '_';
        std::string_view ident = identifiers[i];
        if (ident == "select_t") continue;
        if (ident.ends_with('_')) ident.remove_suffix(1);
        EXPECT_EQ(ident, expected);
    }
}

/// A number in the mnemonic of a memory access says how many bits it moves; they are its natural alignment.
TEST(Opcodes, natural_alignment_is_the_width_of_the_access)
{
    const struct {
        Opcode opcode;
        uint8_t align_log2;
    } cases[] = {
        {Opcode::i32_load8_s, 0},
        {Opcode::i64_load16_u, 1},
        {Opcode::i64_load32_s, 2},
        {Opcode::f64_store, 3},
        {Opcode::v128_load, 4},
        {Opcode::v128_load8x8_s, 3},
        {Opcode::v128_load8_splat, 0},
        {Opcode::v128_load64_zero, 3},
        {Opcode::v128_store16_lane, 1},
        {Opcode::i64_atomic_load, 3},
        {Opcode::i64_atomic_rmw8_add_u, 0},
        {Opcode::memory_atomic_wait64, 3},
        {Opcode::memory_atomic_notify, 2},
        {Opcode::i32_add, none},
    };
    for (const auto& c : cases) EXPECT_EQ(find_op(static_cast<uint32_t>(c.opcode))->align_log2, c.align_log2) << mnemonic(c.opcode);
}

}  // namespace
}  // namespace weir::wasm
