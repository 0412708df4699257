#include "serve/log.hpp"

#include "cli/console.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <chrono>

namespace weir::serve {

void Log::write(Level level, const fastly::Arrival* request, std::string_view text) const
{
    constexpr std::array<std::string_view, 4> names{"ERROR", " WARN", " INFO", "DEBUG"};
    if (!shows(level)) return;
    using namespace std::chrono;
    const auto now = system_clock::now();
    const auto us = duration_cast<microseconds>(now.time_since_epoch()).count() % 1'000'000;
    std::string shown;
    for (size_t start = 0, end = 0; start <= text.size(); start = end + 1) {
        end = std::min(text.find('\n', start), text.size());
        shown += (start == 0 ? "" : "\n") + cli::printable(text.substr(start, end - start));
    }
    const std::string id = request == nullptr ? std::string{} : fmt::format("request{{id={}}}: ", request->number);
    const std::string line = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z {} {}{}\n", fmt::gmtime(system_clock::to_time_t(now)), us,
                                         names[static_cast<size_t>(level)], id, shown);
    cli::print(level == Level::error ? STDERR_FILENO : m_output, line);
}

void Log::write_entry(std::string_view endpoint, std::string_view message) const
{
    if (message.ends_with('\n')) message.remove_suffix(1);
    if (message.empty()) return;
    std::string line = fmt::format("{} :: ", endpoint);
    for (const char c : message) {
        if (c == '\n') line += "\\n";
        else line += c;
    }
    cli::print(m_output, line + '\n');
}

}  // namespace weir::serve
