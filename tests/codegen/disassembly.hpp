#pragma once

#include "runtime/compiler.hpp"

#include <string>
#include <vector>

namespace weir::codegen {

/// Code of one function as text, a line an instruction: jump targets and data have labels in place of numbers, sites stand behind
/// the instruction they belong to with their wasm offset. Everything that does not depend on where the code is.
std::vector<std::string> disassemble(const runtime::CompiledCode& code);

}  // namespace weir::codegen
