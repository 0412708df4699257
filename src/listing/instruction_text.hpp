#pragma once

#include "wasm/module.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weir::listing {

struct InstructionText {
    uint32_t wasm_offset;  // from the start of the function's body
    uint32_t depth;        // in blocks, for indentation
    std::string text;      // the text format's, indices as numbers
};

/// The instructions of a defined function of a validated module, in order.
std::vector<InstructionText> instructions_of(const wasm::Module& module, wasm::FuncIdx function);

}  // namespace weir::listing
