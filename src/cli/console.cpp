#include "cli/console.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace weir::cli {

namespace {

bool wants_colour()
{
    const char* const no_colour = std::getenv("NO_COLOR");
    if (no_colour != nullptr && *no_colour != '\0') return false;  // https://no-color.org
    if (::isatty(STDERR_FILENO) == 0) return false;
    const char* const terminal = std::getenv("TERM");
    return terminal != nullptr && std::string_view{terminal} != "dumb";
}

}  // namespace

int report(const Problem& problem)
{
    if (problem.is_told) return problem.exit_code;
    const bool colour = wants_colour();
    const auto label = [&](std::string_view text, std::string_view code) {
        return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
    };
    std::string text = label("error:", "1;31") + " " + problem.error + "\n";
    if (!problem.because.empty()) text += label("because", "1") + " " + problem.because + "\n";
    if (!problem.hint.empty()) text += label("hint:", "1;36") + " " + problem.hint + "\n";
    print(STDERR_FILENO, text);
    return problem.exit_code;
}

void print(int fd, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno != EINTR) return;
        if (n > 0) text.remove_prefix(static_cast<size_t>(n));
    }
}

std::string printable(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) out += fmt::format("\\x{:02x}", byte);
        else out += c;
    }
    return out;
}

size_t edit_distance(std::string_view a, std::string_view b)
{
    // Rows i - 2, i - 1 and i of the table of optimal string alignment.
    std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

bool is_near(std::string_view a, std::string_view b)
{
    if (a.size() > 256 || b.size() > 256) return false;
    return edit_distance(a, b) <= std::max<size_t>(1, std::max(a.size(), b.size()) / 4);
}

}  // namespace weir::cli
