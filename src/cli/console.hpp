#pragma once

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

/// Prints to standard error, in colour on a terminal unless NO_COLOR is set, and answers the exit code.
int report(const Problem& problem);

/// Writes all of a text; gives up when the reader has gone.
void print(int fd, std::string_view text);

/// Text from a file or the guest, safe to show: control characters become \x1b forms.
[[nodiscard]] std::string printable(std::string_view text);

/// The number of insertions, deletions, replacements and swaps of neighbours that turn one name into the other.
[[nodiscard]] size_t edit_distance(std::string_view a, std::string_view b);
/// Whether a name is near enough to another to ask "did you mean".
[[nodiscard]] bool is_near(std::string_view a, std::string_view b);

}  // namespace weir::cli
