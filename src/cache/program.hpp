#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "runtime/code_image.hpp"
#include "runtime/engine.hpp"
#include "wasm/module.hpp"

#include <string>
#include <string_view>

namespace weir::cache {

/// Writes a program to an empty file: a module with machine code for all of it, compiled with CompileOptions::counts. `module_name` is for people.
Result<void, SysError> write_program(int file, const runtime::CodeSnapshot& code, const runtime::Engine& engine,
                                     const wasm::Module& module, std::string_view module_name);
/// The same to a file beside `path` first, so that `path` is whole, or what it was.
Result<void, SysError> save_program(const std::string& path, const runtime::CodeSnapshot& code, const runtime::Engine& engine,
                                    const wasm::Module& module, std::string_view module_name);

}  // namespace weir::cache
