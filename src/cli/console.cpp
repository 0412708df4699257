#include "cli/console.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

namespace weir::cli {

namespace {

// Set while the command line is read, by the only thread.
Colour chosen_colour = Colour::automatic;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

std::function<std::string(std::string_view)>& rewording()
{
    static std::function<std::string(std::string_view)> reword;
    return reword;
}

bool is_set(const char* variable)
{
    const char* const value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

std::string coloured(std::string_view text, std::string_view code) { return fmt::format("\x1b[{}m{}\x1b[0m", code, text); }

/// Two spaces, then an option or a command, up to the two spaces in front of its description.
std::string coloured_help_line(std::string_view line)
{
    if (line.ends_with(':') && !line.starts_with(' ')) return coloured(line, "1");
    if (!line.starts_with("  -")) return std::string{line};
    const size_t end = std::min(line.find("  ", 2), line.size());
    return "  " + coloured(line.substr(2, end - 2), "36") + std::string{line.substr(end)};
}

}  // namespace

std::optional<Colour> parse_colour(std::string_view text)
{
    if (text == "auto") return Colour::automatic;
    if (text == "always") return Colour::always;
    if (text == "never") return Colour::never;
    return std::nullopt;
}

void choose_colour(Colour colour) { chosen_colour = colour; }

void pass_colour_on()
{
    if (chosen_colour == Colour::never) ::setenv("NO_COLOR", "1", 1);
    if (chosen_colour != Colour::always) return;
    ::unsetenv("NO_COLOR");
    ::setenv("CLICOLOR_FORCE", "1", 1);
}

bool wants_colour(int fd)
{
    if (chosen_colour != Colour::automatic) return chosen_colour == Colour::always;
    if (is_set("NO_COLOR")) return false;
    if (is_set("CLICOLOR_FORCE") && std::string_view{std::getenv("CLICOLOR_FORCE")} != "0") return true;
    return ::isatty(fd) != 0 && is_set("TERM") && std::string_view{std::getenv("TERM")} != "dumb";
}

void reword_reports(std::function<std::string(std::string_view)> reword) { rewording() = std::move(reword); }

int report(const Problem& problem)
{
    if (problem.is_told) return problem.exit_code;
    const auto reworded = [](const std::string& said) { return rewording() ? rewording()(said) : said; };
    const bool colour = wants_colour(STDERR_FILENO);
    const auto label = [&](std::string_view text, std::string_view code) {
        return colour ? coloured(text, code) : std::string{text};
    };
    std::string text = label("error:", "1;31") + " " + reworded(problem.error) + "\n";
    if (!problem.because.empty()) text += label("because", "1") + " " + problem.because + "\n";
    if (!problem.hint.empty()) text += label("hint:", "1;36") + " " + reworded(problem.hint) + "\n";
    print(STDERR_FILENO, text);
    return problem.exit_code;
}

void print_help(std::string_view text)
{
    if (!wants_colour(STDOUT_FILENO)) return print(STDOUT_FILENO, text);
    std::string out;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        out += coloured_help_line(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    print(STDOUT_FILENO, out);
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
