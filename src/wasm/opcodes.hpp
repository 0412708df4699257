#pragma once

#include "wasm/features.hpp"
#include "wasm/types.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace weir::wasm {

/// One-byte opcodes as they are, prefixed ones as prefix << 16 | sub-opcode.
enum class Opcode : uint32_t {
#define WEIR_OP(code, ident, ...) ident = (code),
#include "wasm/opcodes.def"
#undef WEIR_OP
};

enum class SignatureId : uint8_t {
#define WEIR_SIGNATURE(ident, ...) ident,
#include "wasm/signatures.def"
#undef WEIR_SIGNATURE
};

/// `address` stands for the address type of the memory that the instruction names.
struct Signature {
    static constexpr ValType address{};  // bottom, never an operand type otherwise
    std::array<ValType, 4> operands{};
    std::array<ValType, 2> results{};
    uint8_t operand_count = 0;
    uint8_t result_count = 0;
};

namespace detail {
template <size_t N>
constexpr uint8_t fill(std::array<ValType, N>& into, std::initializer_list<ValType> from)
{
    uint8_t n = 0;
    for (const ValType t : from) into[n++] = t;
    return n;
}
constexpr Signature make_signature(std::initializer_list<ValType> operands, std::initializer_list<ValType> results)
{
    Signature s;
    s.operand_count = fill(s.operands, operands);
    s.result_count = fill(s.results, results);
    return s;
}
inline constexpr ValType addr = Signature::address;
}  // namespace detail

namespace signatures {
using detail::addr;
#define WEIR_LIST(...) {__VA_ARGS__}
#define WEIR_SIGNATURE(ident, operands, results) \
    inline constexpr Signature ident = detail::make_signature(WEIR_LIST operands, WEIR_LIST results);
#include "wasm/signatures.def"
#undef WEIR_SIGNATURE
#undef WEIR_LIST
}  // namespace signatures

inline constexpr uint8_t none = 0xff;  // align_log2 of instructions without memory access

/// A mnemonic that is part of its row. A table of pointers would be relocated, page by page, whenever a process starts.
class Mnemonic {
public:
    template <size_t n>
    consteval Mnemonic(const char (&text)[n]) : m_size(n - 1)
    {
        std::copy_n(text, n - 1, m_text.begin());
    }
    constexpr operator std::string_view() const { return {m_text.data(), m_size}; }

private:
    std::array<char, 39> m_text{};
    uint8_t m_size;
};

struct OpInfo {
    Opcode opcode;
    Mnemonic mnemonic;
    SignatureId signature;
    uint8_t align_log2;
    Feature feature;

    [[nodiscard]] constexpr std::string_view text() const { return mnemonic; }
};

inline constexpr OpInfo op_table[] = {
#define WEIR_OP(code, ident, text, imm, signature, align, feature) \
    {Opcode::ident, text, SignatureId::signature, align, Feature::feature},
#include "wasm/opcodes.def"
#undef WEIR_OP
};

namespace detail {
// Adding a row, even twice or in the wrong place, is told by the compiler.
constexpr bool is_ascending()
{
    for (size_t i = 1; i < std::size(op_table); ++i)
        if (op_table[i - 1].opcode >= op_table[i].opcode) return false;
    return true;
}
}  // namespace detail
static_assert(detail::is_ascending(), "rows of opcodes.def repeat a code or are out of order");

/// The row of an opcode; null for a number that is none.
[[nodiscard]] constexpr const OpInfo* find_op(uint32_t code)
{
    const OpInfo* const found = std::ranges::lower_bound(op_table, static_cast<Opcode>(code), {}, &OpInfo::opcode);
    return found == std::end(op_table) || found->opcode != static_cast<Opcode>(code) ? nullptr : found;
}

/// Whether a constant expression may hold the instruction. Standard: Core 3.0, 3.4.13 "Constant Expressions"; the descriptor forms
/// are the custom-descriptors proposal's.
[[nodiscard]] constexpr bool is_constant_op(Opcode op)
{
    using enum Opcode;
    switch (op) {
    case end:
    case i32_const:
    case i64_const:
    case f32_const:
    case f64_const:
    case v128_const:
    case i32_add:
    case i32_sub:
    case i32_mul:
    case i64_add:
    case i64_sub:
    case i64_mul:
    case global_get:
    case ref_null:
    case ref_func:
    case ref_i31:
    case struct_new:
    case struct_new_default:
    case struct_new_desc:
    case struct_new_default_desc:
    case array_new:
    case array_new_default:
    case array_new_fixed:
    case any_convert_extern:
    case extern_convert_any: return true;
    default: return false;
    }
}

/// The mnemonic of the text format.
[[nodiscard]] std::string_view mnemonic(Opcode opcode);

}  // namespace weir::wasm
