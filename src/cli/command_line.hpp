#pragma once

#include "base/result.hpp"
#include "cli/build.hpp"
#include "cli/cache_command.hpp"
#include "cli/compile.hpp"
#include "cli/console.hpp"
#include "cli/inspect.hpp"
#include "cli/new.hpp"
#include "cli/persona/install.hpp"
#include "cli/run.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::cli {

/// What the command line asks for. Shown text goes to standard output, with exit code 0.
struct Show {
    std::string text;
};
/// Text for other programs, as it is.
struct Print {
    std::string text;
};
/// What weir-serve, a program of its own, is started with.
struct Serve {
    std::span<const char* const> words;
};
using Command = std::variant<RunOptions, BuildCommandOptions, NewProjectOptions, InspectOptions, CacheOptions,
                             CompileProgramOptions, PersonasOptions, Serve, Print, Show>;

/// Understands the words after the program's name. Options before FILE are weir's; everything after it is the guest's,
/// whatever it looks like.
[[nodiscard]] Result<Command, Problem> parse_command_line(std::span<const char* const> words);

/// Options of `weir run`, and what it is to run with which arguments.
[[nodiscard]] Result<RunOptions, Problem> parse_run_words(const std::vector<std::string>& options, std::string file,
                                                          std::vector<std::string> args);
/// How many words the option of `weir run` takes that these begin with; a problem when its value is missing. Nothing when it is none.
[[nodiscard]] std::optional<Result<size_t, Problem>> words_of_run_option(std::span<const char* const> words);

}  // namespace weir::cli
