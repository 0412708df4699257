#pragma once

#include "http/h1_parser.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::http {

/// Finds a head's end while it arrives, looking at each byte once, and refuses lines that parsers are known to disagree about.
class HeadScanner {
public:
    explicit HeadScanner(H1Limits limits) : m_limits(limits) {}

    /// `input` begins with the head. The answer is its size with the empty line, 0 when that is not there yet, or why it is refused.
    Result<size_t, H1Error> scan(std::string_view input)
    {
        for (;;) {
            const size_t line_end = input.find('\n', m_scanned);
            const size_t seen = line_end == std::string_view::npos ? input.size() : line_end + 1;
            if (seen > m_limits.max_header_bytes) {
                return Unexpected{m_lines == 0 ? H1Error::target_too_long : H1Error::header_too_large};
            }
            if (line_end == std::string_view::npos) {
                m_scanned = input.size();
                return size_t{0};
            }
            const std::string_view line = input.substr(m_line_begin, line_end - m_line_begin);
            // The only CR of a line stands before its LF.
            if (line.find('\r') != line.size() - 1 || line.empty()) return Unexpected{H1Error::malformed};
            if (line.size() == 1 && m_lines > 0) {
                m_scanned = m_line_begin = 0;
                m_lines = 0;
                return line_end + 1;
            }
            if (line.size() == 1) return Unexpected{H1Error::malformed};
            if (m_lines > 0 && (line.front() == ' ' || line.front() == '\t')) return Unexpected{H1Error::malformed};
            if (++m_lines > m_limits.max_header_count + 1) return Unexpected{H1Error::header_too_large};
            m_scanned = m_line_begin = line_end + 1;
        }
    }

private:
    H1Limits m_limits;
    size_t m_scanned = 0;  // no LF up to here
    size_t m_line_begin = 0;
    size_t m_lines = 0;
};

}  // namespace weir::http
