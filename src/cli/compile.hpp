#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "runtime/engine.hpp"

#include <string>

namespace weir::cli {

struct CompileProgramOptions {
    std::string file;
    std::string output;    // empty: `file` with another ending
    unsigned level = 1;    // 0: the baseline alone; to 3: LLVM takes more and more time
    unsigned threads = 0;  // 0: one for each processor
    runtime::BoundsPolicy bounds = runtime::BoundsPolicy::automatic;
};

/// Compiles the module at `options.file` and writes the program to a file that is empty or ends at a page; `options.output` plays no part.
[[nodiscard]] Result<void, Problem> compile_to(int file, const CompileProgramOptions& options, const std::string& module_path);

/// Compiles a module to a program, which `weir run` maps; answers the process's exit code.
[[nodiscard]] int compile(const CompileProgramOptions& options);

}  // namespace weir::cli
