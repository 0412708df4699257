#pragma once

#include <span>
#include <string_view>

// The words of weir's command line as data: what the parsers know options by, and what manual pages and completions are made from.
// One row an option. The short help of `--help` is hand-set text beside the parser; a test holds it against this.

namespace weir::cli::syntax {

/// An option, or a word that chooses what a command does.
struct Option {
    std::string_view name;
    std::string_view value;            // its form; empty for a flag; begins with '[' when it can be left out and else follows '='
    std::string_view text;             // what it does, for manual pages and completions: one sentence or more
    std::string_view short_name = {};  // "-C" of "--config"
};

struct Command {
    std::string_view name;  // the word after "weir"; empty: weir itself
    std::string_view synopsis;
    std::string_view summary;  // a few words
    std::string_view description;
    std::span<const Option> options;
    std::span<const Option> actions = {};  // the words that may come first, where a command has several
    std::string_view examples = {};        // lines
};

extern const std::span<const Option> run_options, inspect_options, compile_options, cache_options, cache_actions, serve_options,
    personas_options;

/// Every command, weir itself first.
[[nodiscard]] std::span<const Command> commands();

}  // namespace weir::cli::syntax
