#pragma once

#include "base/result.hpp"
#include "cli/cache_command.hpp"
#include "cli/compile.hpp"
#include "cli/console.hpp"
#include "cli/inspect.hpp"
#include "cli/persona/install.hpp"
#include "cli/run.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>

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
using Command = std::variant<RunOptions, InspectOptions, CacheOptions, CompileProgramOptions, PersonasOptions, Serve, Print, Show>;

/// Understands the words after the program's name. Options before FILE are weir's; everything after it is the guest's,
/// whatever it looks like.
[[nodiscard]] Result<Command, Problem> parse_command_line(std::span<const char* const> words);

}  // namespace weir::cli
