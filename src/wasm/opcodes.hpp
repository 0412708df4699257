#pragma once

#include "wasm/features.hpp"
#include "wasm/types.hpp"

#include <array>
#include <cstdint>
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
#define WEIR_SIGNATURE(ident, operands, results) inline constexpr Signature ident = detail::make_signature(WEIR_LIST operands, WEIR_LIST results);
#include "wasm/signatures.def"
#undef WEIR_SIGNATURE
#undef WEIR_LIST
}  // namespace signatures

inline constexpr uint8_t none = 0xff;  // align_log2 of instructions without memory access

struct OpInfo {
    Opcode opcode;
    std::string_view text;
    SignatureId signature;
    uint8_t align_log2;
    Feature feature;
};

inline constexpr OpInfo op_table[] = {
#define WEIR_OP(code, ident, text, imm, signature, align, feature) \
    {Opcode::ident, text, SignatureId::signature, align, Feature::feature},
#include "wasm/opcodes.def"
#undef WEIR_OP
};

namespace detail {
constexpr bool is_unique()
{
    for (const OpInfo& a : op_table)
        for (const OpInfo& b : op_table)
            if (&a != &b && a.opcode == b.opcode) return false;
    return true;
}
}  // namespace detail

/// The mnemonic of the text format.
[[nodiscard]] std::string_view mnemonic(Opcode opcode);

}  // namespace weir::wasm
