#pragma once

#include "host/trace/decode.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Traces as text: lines for people, as strace writes them, and JSON for programs.

namespace weir::trace {

/// Whether a line has colours, by the escape sequences of terminals.
enum class Colours : uint8_t { none, ansi };
/// `fd_write(fd=1, iovs="Hello\n" (6 bytes)) = 6 (1.9 us)`, without the end of the line. In colour: the function, and answers that are errors.
[[nodiscard]] std::string to_line(const ShownCall& call, uint64_t duration_ns, Colours colours = Colours::none);
/// The same as an object on one line: {"module":...,"function":...,"arguments":{...},"status":...,"results":{...},"duration_ns":...}.
[[nodiscard]] std::string to_json(const ShownCall& call, uint64_t duration_ns);

/// What was counted of a function.
struct Count {
    std::string_view module, function;
    uint64_t calls = 0;
    uint64_t errors = 0;  // calls that answered another status than success
    uint64_t total_ns = 0;
};
/// A table like that of `strace -c`: what took longest first; functions never called are left out.
[[nodiscard]] std::string to_table(std::vector<Count> counts);
/// The same as an object per function, a line each.
[[nodiscard]] std::string to_json_lines(const std::vector<Count>& counts);

}  // namespace weir::trace
