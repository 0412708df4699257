#include "report.hpp"

#include <algorithm>
#include <charconv>

namespace weir::spec {

namespace {

constexpr std::string_view end_mark = "end";

std::string on_one_line(std::string text)
{
    std::ranges::replace(text, '\n', ' ');
    return text;
}

size_t parse_count(std::string_view text)
{
    size_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

}  // namespace

size_t Report::skipped() const
{
    size_t sum = 0;
    for (const auto& [reason, count] : skips) sum += count;
    return sum;
}

std::string Report::serialize() const
{
    std::string text = "p" + std::to_string(passed) + "\n";
    for (const auto& failure : failures) text += "f" + on_one_line(failure) + "\n";
    for (const auto& [reason, count] : skips) text += "s" + std::to_string(count) + " " + on_one_line(reason) + "\n";
    return text.append(end_mark).append("\n");
}

Report Report::parse(std::string_view text, bool& is_complete)
{
    Report report;
    is_complete = false;
    while (!text.empty()) {
        const size_t newline = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, newline);
        text.remove_prefix(std::min(newline + 1, text.size()));
        if (line == end_mark) {
            is_complete = true;
        } else if (line.starts_with('p')) {
            report.passed = parse_count(line.substr(1));
        } else if (line.starts_with('f')) {
            report.failures.emplace_back(line.substr(1));
        } else if (line.starts_with('s')) {
            const size_t space = line.find(' ');
            if (space != std::string_view::npos)
                report.skips[std::string{line.substr(space + 1)}] += parse_count(line.substr(1, space - 1));
        }
    }
    return report;
}

}  // namespace weir::spec
