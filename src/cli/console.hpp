#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir::cli {

/// weir's own exit codes; all others are the guest's.
enum ExitCode : int {
    exit_cannot_run = 1,  // the file is no module, or not one that this weir runs
    exit_usage = 2,       // the command line
    exit_timeout = 124,   // --timeout ran out, as timeout(1) reports it
    exit_sigint = 130,    // stopped by SIGINT or SIGTERM: what a shell reports for a process that they ended
    exit_sigterm = 143,
    exit_trap = 134,  // the guest trapped: what a shell reports for a process that aborted
};

/// What went wrong, why, and what to do about it: one or more lines each, without a final newline. Printed as
/// "error: ...", "because ...", "hint: ...".
struct Problem {
    std::string error;
    std::string because;  // may be empty
    std::string hint;     // may be empty
    int exit_code = exit_cannot_run;
    bool is_told = false;  // a compiler has said it already: there is nothing to print
};

/// What --color says.
enum class Colour : uint8_t {
    automatic,  // on a terminal that is not dumb, unless NO_COLOR (https://no-color.org) is set; CLICOLOR_FORCE colours elsewhere, too
    always,
    never,
};
[[nodiscard]] std::optional<Colour> parse_colour(std::string_view text);
/// For all that this process prints from now on.
void choose_colour(Colour colour);
/// Tells the program that this process is about to become, by its environment.
void pass_colour_on();
/// Whether what is written to `fd` is to be coloured.
[[nodiscard]] bool wants_colour(int fd);

/// What errors and hints become before report() prints them: in another tool's place weir names that tool's options. Before there are threads.
void reword_reports(std::function<std::string(std::string_view)> reword);
/// Prints to standard error, in colour if wanted, and answers the exit code.
int report(const Problem& problem);
/// Prints a help text to standard output, with headings and options coloured if wanted.
void print_help(std::string_view text);

/// Writes all of a text; gives up when the reader has gone.
void print(int fd, std::string_view text);

/// Text from a file or the guest, safe to show: control characters become \x1b forms.
[[nodiscard]] std::string printable(std::string_view text);

/// The number of insertions, deletions, replacements and swaps of neighbours that turn one name into the other.
[[nodiscard]] size_t edit_distance(std::string_view a, std::string_view b);
/// Whether a name is near enough to another to ask "did you mean".
[[nodiscard]] bool is_near(std::string_view a, std::string_view b);

}  // namespace weir::cli
