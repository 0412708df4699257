#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string_view>

namespace weir::cli {

/// A bar on standard error, for what people wait for: on a terminal, after 300 ms. Thread-safe.
class Progress {
public:
    /// `unit` says what is counted, and lives as long.
    Progress(size_t total, std::string_view unit);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(size_t done);

private:
    using Clock = std::chrono::steady_clock;

    const size_t m_total;
    const std::string_view m_unit;
    const bool m_is_on;
    std::mutex m_mutex;  // guards what follows
    Clock::time_point m_next;
    bool m_is_shown = false;
};

}  // namespace weir::cli
