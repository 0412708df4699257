#pragma once

#include "runtime/compiler.hpp"
#include "runtime/module_code.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::compile_process {

/// A function of a module, compiled in advance.
struct WholeFunction {
    runtime::CompiledCode first;
    std::optional<runtime::CompiledCode> hot;  // nothing: the optimizer was not asked, or refused
};

struct WholeModuleOptions {
    unsigned threads = 1;
    /// 0: the optimizer is not asked. 1: for small functions that have loops and call nothing, where most of the time goes in many programs, and
    /// for the seventh of all code that matters most (importance.hpp). 2: for all, as for what becomes hot. 3: with more effort than mostly pays.
    unsigned level = 1;
    std::string optimizer = {};  // the program that has LLVM; empty: installed_compiler()
    /// Of a function's instructions. LLVM's time grows faster than what it compiles; larger functions stay as the baseline has them.
    size_t max_optimized_bytes = size_t{128} << 10;
    /// Called by any thread after each function, with their number so far.
    std::function<void(size_t done)> on_progress;
};

/// Compiles every function of a validated module, by the baseline, and by as many processes with LLVM as there are threads. The result depends on
/// the module and the options alone, unless a process falls over a function or takes too long for it. The error is the baseline's.
Result<std::vector<WholeFunction>, runtime::CompileError> compile_whole(const wasm::Module& module,
                                                                        const runtime::CompileOptions& code,
                                                                        const std::shared_ptr<const runtime::Compiler>& baseline,
                                                                        const WholeModuleOptions& options);

/// Gives what was compiled its place in the module's code space, in which nothing else is. False when there is no room.
[[nodiscard]] bool place(const std::vector<WholeFunction>& functions, runtime::ModuleCode& code);

}  // namespace weir::compile_process
