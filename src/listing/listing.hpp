#pragma once

#include "base/result.hpp"
#include "runtime/compiler.hpp"
#include "runtime/outcome.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
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

/// Where instructions come from in source files, by offset in the function's body, where that is known: "shop.c:8:12", or
/// "take at shop.c:4:12, inlined at shop.c:8:12".
using InstructionPlaces = std::map<uint32_t, std::string>;
/// Of a defined function. `find` answers for offsets from the beginning of the module.
[[nodiscard]] InstructionPlaces find_places(
    const wasm::Module& module, wasm::FuncIdx function,
    const std::function<std::vector<runtime::SourcePlaces>(std::span<const uint64_t>)>& find);

/// Machine code of a defined function beside its instructions: above each piece of code what it was made of, with its offset in the module and its
/// place in a source file.
[[nodiscard]] Result<std::string, runtime::CompileError> list_code(const runtime::Compiler& compiler, const wasm::Module& module,
                                                                   wasm::FuncIdx function, const InstructionPlaces& places);

}  // namespace weir::listing
