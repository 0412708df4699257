#pragma once

#include "base/result.hpp"
#include "runtime/compiler.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace weir::listing {

/// The functions that somebody means by an index, or by a name of the name section or of an export: several may have one name.
[[nodiscard]] std::vector<wasm::FuncIdx> find_functions(const wasm::Module& module, std::string_view wanted);
/// Names that are like one that no function has, the most likely first, no more than `limit`.
[[nodiscard]] std::vector<std::string> nearest_names(const wasm::Module& module, std::string_view wanted, size_t limit);

/// "function 3 serve (i32) -> (i32), 45 bytes from 0x1d8"; names made printable.
[[nodiscard]] std::string heading(const wasm::Module& module, wasm::FuncIdx function);

/// Machine code of a defined function beside its instructions: above each piece of code what it was made of, with its offset in the module.
[[nodiscard]] Result<std::string, runtime::CompileError> list_code(const runtime::Compiler& compiler, const wasm::Module& module,
                                                                   wasm::FuncIdx function);

}  // namespace weir::listing
