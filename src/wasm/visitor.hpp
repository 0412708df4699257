#pragma once

#include "wasm/immediates.hpp"

#include <concepts>
#include <cstdint>

namespace weir::wasm {

/// What reads a function's instructions: a method for each row of opcodes.def. `true` means go on; a visitor that
/// answers `false` keeps its reason to itself. `at` comes before each instruction with its offset in the module.
template <class V>
concept OpVisitor = requires(V& v, uint32_t offset_bytes) {
    v.at(offset_bytes);
#define WEIR_OP(code, ident, text, imm, ...)          \
    requires requires(const imm& immediate) {         \
        { v.ident(immediate) } -> std::same_as<bool>; \
    };
#include "wasm/opcodes.def"
#undef WEIR_OP
};

}  // namespace weir::wasm
