#pragma once

#include "runtime/compiler.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace weir::compile_process {

/// A compiler whose work another process does, of the program `program`: LLVM is not loaded into this one, and when it fails on what
/// a guest made it compile, a function stays as it is and nothing else happens. The process starts with the first function.
/// Trampolines are those of `baseline`. Thread-safe; compiles one function at a time.
std::shared_ptr<const runtime::Compiler> create_remote_compiler(std::shared_ptr<const runtime::Compiler> baseline,
                                                                std::string program);
/// With installed_compiler().
std::shared_ptr<const runtime::Compiler> create_remote_compiler(std::shared_ptr<const runtime::Compiler> baseline);
/// With effort 1 to 3 instead of 2 (optimizing::create_compiler).
std::shared_ptr<const runtime::Compiler> create_remote_compiler(std::shared_ptr<const runtime::Compiler> baseline, unsigned effort);

/// A program as it is installed with the one that runs: beside it, or in ../libexec/weir.
[[nodiscard]] std::string installed_program(std::string_view name);
/// weir-llvm.
[[nodiscard]] std::string installed_compiler();

}  // namespace weir::compile_process
