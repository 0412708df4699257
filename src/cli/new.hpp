#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"

#include <span>
#include <string>
#include <string_view>

namespace weir::cli {

/// `weir new`.
struct NewProjectOptions {
    std::string kind = "command";
    std::string language = "cpp";
    std::string folder;  // to be made; its last part is the project's name
};

extern const std::string_view new_help;
/// Understands the words behind `weir new`.
[[nodiscard]] Result<NewProjectOptions, Problem> parse_new(std::span<const char* const> words);

/// Makes a project that can be built and run at once; answers the process's exit code.
[[nodiscard]] int make_project(const NewProjectOptions& options);

}  // namespace weir::cli
