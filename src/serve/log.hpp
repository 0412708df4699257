#pragma once

#include "host/fastly/message.hpp"

#include <cstdint>
#include <string_view>

namespace weir::serve {

enum class Level : uint8_t { error, warn, info, debug };

/// What is told while services run, each in one write. Thread-safe.
class Log {
public:
    /// What is less important than `most` is not written. `output` is a descriptor for all that is no error.
    Log(Level most, int output) : m_most(most), m_output(output) {}
    [[nodiscard]] bool shows(Level level) const { return level <= m_most; }
    /// The server's own line: `2026-01-31T12:00:00.000000Z  WARN request{id=4}: text`. Errors go to standard error. `request` may be null. Line
    /// breaks in the text stay; other control characters are escaped.
    void write(Level level, const fastly::Arrival* request, std::string_view text) const;

    /// An entry of one of the service's log endpoints: `name :: message`, without one line break at its end, others as \n. Nothing for an empty
    /// one.
    void write_entry(std::string_view endpoint, std::string_view message) const;

private:
    Level m_most;
    int m_output;
};

}  // namespace weir::serve
