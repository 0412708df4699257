#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::cli::syntax {

enum class Shell : unsigned char { bash, zsh, fish };
[[nodiscard]] std::optional<Shell> parse_shell(std::string_view name);

/// A script that teaches a shell weir's commands, their options and the values that these can have; files and folders where such are
/// meant. What stands behind a program's file is completed as files.
[[nodiscard]] std::string completions(Shell shell);

}  // namespace weir::cli::syntax
