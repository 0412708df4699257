#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "cli/persona/tool.hpp"

#include <span>
#include <string>
#include <vector>

namespace weir::cli::persona {

/// What a tool's command line is in weir's words.
struct Translation {
    std::vector<std::string> words;  // the command first; empty: `text` is to be shown
    std::string text;
    const Command* command = nullptr;  // of the tool; null when `text` is to be shown
};

/// Translates the words after the program's name. Of the program's own words none is changed. A flag that the tool does not have, or that
/// weir cannot do, is a problem that names what weir has instead.
[[nodiscard]] Result<Translation, Problem> translate(const Tool& tool, std::span<const char* const> words);

/// A message that names options of weir's, with those of the tool's command in their place; what that does not have is said to be weir's.
[[nodiscard]] std::string in_words_of(const Command& command, std::string_view text);

/// What `--help` of a tool shows, and the line of `--version`.
[[nodiscard]] std::string help_of(const Tool& tool);
[[nodiscard]] std::string version_of(const Tool& tool);

}  // namespace weir::cli::persona
