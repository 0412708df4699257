#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"

#include <span>
#include <string>
#include <vector>

namespace weir::cli {

/// `weir build`.
struct BuildCommandOptions {
    std::string file = ".";
    std::string output;  // empty: named after `file`, in this folder
    bool is_executable = false;
    bool is_release = false;
    bool is_library = false;
    unsigned level = 1;               // of an executable: as for `weir compile`
    std::vector<std::string> grants;  // of an executable: words of `weir run`
};

extern const std::string_view build_help;
/// Understands the words behind `weir build`, before and behind FILE.
[[nodiscard]] Result<BuildCommandOptions, Problem> parse_build(std::span<const char* const> words);

/// Writes a module, or an executable; answers the process's exit code.
[[nodiscard]] int build(const BuildCommandOptions& options);

}  // namespace weir::cli
