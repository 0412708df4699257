#pragma once

#include "runtime/compiler.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weir::listing {

struct Line {
    std::string text;
    std::optional<uint32_t> code_offset;  // of the instruction, or of the one that a label stands before; none for data
};
/// What stands behind a call of a function, its name for example; may be empty.
using Comment = std::function<std::string(wasm::FuncIdx)>;

/// Code of one function as text, a line an instruction: jump targets and data have labels in place of numbers, sites stand behind
/// the instruction they belong to with their wasm offset. Everything that does not depend on where the code is.
std::vector<Line> disassemble(const runtime::CompiledCode& code, const Comment& comment = {});

}  // namespace weir::listing
