#include "cli/progress.hpp"

#include "cli/console.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <string>

namespace weir::cli {

namespace {
constexpr std::chrono::milliseconds patience{300}, interval{100};
constexpr size_t width = 30;
}  // namespace

Progress::Progress(size_t total, std::string_view unit)
    : m_total(total), m_unit(unit), m_is_on(::isatty(STDERR_FILENO) != 0), m_next(Clock::now() + patience)
{
}

Progress::~Progress()
{
    if (m_is_shown) print(STDERR_FILENO, "\r\x1b[K");
}

void Progress::show(size_t done)
{
    // Who finds another one at it has something better to do.
    std::unique_lock lock{m_mutex, std::defer_lock};
    if (!m_is_on || !lock.try_lock()) return;
    const auto now = Clock::now();
    if (now < m_next) return;
    m_next = now + interval;
    m_is_shown = true;
    const size_t filled = width * std::min(done, m_total) / std::max<size_t>(m_total, 1);
    print(STDERR_FILENO, fmt::format("\r[{:<{}}] {}/{} {}\x1b[K", std::string(filled, '#'), width, done, m_total, m_unit));
}

}  // namespace weir::cli
