#pragma once

#include "cli/run.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The tools in whose place weir can stand: what each one's command line has, and what of weir's that is. One table a tool, in a file of
// its own; the parser, the help, docs/drop-in.md and the tests read it.

namespace weir::cli::persona {

/// What becomes of a flag.
enum class Meaning : uint8_t {
    option,     // weir's option `weir`, with the same value
    converted,  // what `convert` makes of the value; `weir` says what that is
    needless,   // accepted, with nothing to do; `weir` says why
    always_on,  // a switch: weir always does so, and refuses to be told not to
    never_on,   // a switch: weir never does so, and refuses to be told to
    refused,    // `weir` says what does the job, or that nothing does
    group,      // a list of keys, each a row of its own: "-W" of "-W timeout"
    function,   // names the function to call
    output,     // names the file to write
    help,
    version,
};

/// Weir's own words so far. A conversion adds to them; it answers what is wrong with the value, or nothing.
using Convert = std::string (*)(std::string_view value, std::vector<std::string>& words);

struct Flag {
    std::string_view
        names;  // as they are written, separated by commas: "-C,--config". In a group with its name: "-W timeout". A '*' ends a prefix
    std::string_view value;  // its form; empty for none; begins with '[' when it can be left out
    Meaning meaning;
    std::string_view weir;
    Convert convert = nullptr;
};

enum class Action : uint8_t {
    run,         // weir run FILE ARGS...
    run_invoke,  // the same; with --reactor the first of ARGS is the function
    compile,     // weir compile FILE [OUT]
    check,       // weir inspect --compile-all FILE
    serve,       // weir serve FILE
    as_command,  // weir serve --as-command FILE ARGS...
    version,
    help,
    refused,
};

/// How a tool tells its own flags from the program's words.
enum class FlagsEnd : uint8_t {
    at_file,          // all after the file is the program's
    at_double_dash,   // flags may follow the file; the program's words come after "--", and words that are no flags
    after_file_dash,  // at the file; a "--" that follows it is dropped
};

struct Command {
    std::string_view name;
    Action action;
    std::span<const Flag> flags;
    FlagsEnd flags_end = FlagsEnd::at_file;
    std::string_view weir = {};                  // why it is refused
    std::span<const std::string_view> own = {};  // weir's own words that come first
    std::span<const Flag> common = {};           // more flags, which other commands have as well
};

/// How flags are written.
enum class Writing : uint8_t {
    gnu,  // --name VALUE, --name=VALUE, -n VALUE, -nVALUE, -n=VALUE
    go,   // -name VALUE, -name=VALUE, with one dash or two
};

struct Tool {
    std::string_view name;
    std::string_view version;       // the release whose command line this is
    std::string_view version_line;  // {0}: that, {1}: weir's own version
    Writing writing;
    std::string_view default_command;  // when the first word names none
    std::span<const Command> commands;
    Manners manners;
    std::string_view differs;  // what else is as the tool does it, or is not: for the documentation
};

extern const Tool wasmtime, wazero, wasmedge, wasmer, wasirun, viceroy;
[[nodiscard]] std::span<const Tool* const> tools();
/// By the name of a program's file, with or without its folder. Null for weir's own.
[[nodiscard]] const Tool* find_tool(std::string_view program);

}  // namespace weir::cli::persona
