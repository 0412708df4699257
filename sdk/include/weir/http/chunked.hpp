#pragma once

#include "weir/http/fields.hpp"
#include "weir/http/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::http {

/// Decodes a chunked body (RFC 9112 section 7.1) from bytes that come little by little. Extensions and trailers are checked and left out.
class ChunkedDecoder {
public:
    explicit ChunkedDecoder(const Limits& limits) noexcept
        : m_max_line_bytes(limits.max_chunk_line_bytes), m_max_trailer_bytes(limits.max_trailer_bytes),
          m_max_body_bytes(limits.max_body_bytes)
    {
    }

    struct Step {
        size_t consumed = 0;    // of the bytes that were given; those behind come again with the next call
        std::string_view data;  // of the body, the last of what was consumed
        std::optional<Refusal> refusal;
    };

    /// Decodes up to the next data, and at most `max_data` bytes of it. Without data: all bytes are consumed, or the body is at its end.
    Step next(std::string_view bytes, size_t max_data) noexcept
    {
        size_t i = 0;
        while (i < bytes.size() && m_state != State::done) {
            if (m_state == State::data) {
                const auto size = static_cast<size_t>(std::min<uint64_t>({m_left, bytes.size() - i, max_data}));
                m_left -= size;
                if (m_left == 0) m_state = State::data_cr;
                return {i + size, bytes.substr(i, size), {}};
            }
            if (const auto refusal = take(bytes[i++])) return {i, {}, refusal};
        }
        return {i, {}, {}};
    }
    [[nodiscard]] bool is_done() const noexcept { return m_state == State::done; }
    /// Of the chunk that has begun, bytes that are still to come: they may be read past the decoder, see skip().
    [[nodiscard]] uint64_t left_in_chunk() const noexcept { return m_state == State::data ? m_left : 0; }
    /// Says that so many bytes of the chunk, at most left_in_chunk(), were read past the decoder.
    void skip(size_t size) noexcept
    {
        m_left -= size;
        if (m_left == 0) m_state = State::data_cr;
    }

private:
    enum class State : uint8_t { size, extension, size_lf, data, data_cr, data_lf, trailer, trailer_lf, done };

    /// Takes a byte that is not data.
    std::optional<Refusal> take(char c) noexcept
    {
        switch (m_state) {
        case State::size: return take_size(c);
        case State::extension:
            if (++m_line_bytes > m_max_line_bytes) return Refusal{400, "the line of a chunk is too long"};
            if (c == '\r') m_state = State::size_lf;
            else if ((detail::char_classes[static_cast<uint8_t>(c)] & detail::value_char) == 0)
                return Refusal{400, "a control character in the line of a chunk"};
            break;
        case State::size_lf:
            if (c != '\n') return Refusal{400, "the line of a chunk ends with CR LF"};
            m_line_bytes = 0;
            m_state = m_left == 0 ? State::trailer : State::data;
            break;
        case State::data_cr:
        case State::data_lf:
            if (c != (m_state == State::data_cr ? '\r' : '\n')) return Refusal{400, "a chunk ends with CR LF"};
            m_state = m_state == State::data_cr ? State::data_lf : State::size;
            break;
        case State::trailer: return take_trailer(c);
        case State::trailer_lf:
            if (c != '\n') return Refusal{400, "a line of the trailer ends with CR LF"};
            m_state = m_line_bytes == 0 ? State::done : State::trailer;
            if (m_line_bytes != 0 && !m_has_colon) return Refusal{400, "a line of the trailer is NAME: VALUE"};
            m_line_bytes = 0;
            m_has_colon = false;
            break;
        case State::data:
        case State::done: break;
        }
        return std::nullopt;
    }
    std::optional<Refusal> take_size(char c) noexcept
    {
        const char lower = detail::to_lower(c);
        const bool is_digit = c >= '0' && c <= '9', is_letter = lower >= 'a' && lower <= 'f';
        if (is_digit || is_letter) {
            // 15 digits are less than 2^60: what is added up stays far from wrapping around.
            if (++m_line_bytes > 15) return Refusal{400, "the size of a chunk is too long"};
            m_left = m_left * 16 + static_cast<uint64_t>(is_digit ? c - '0' : lower - 'a' + 10);
            return std::nullopt;
        }
        if (m_line_bytes == 0) return Refusal{400, "a chunk begins with its size"};
        if (m_left > m_max_body_bytes - m_body_bytes) return Refusal{413, "the body is too long"};
        m_body_bytes += m_left;
        if (c == '\r') m_state = State::size_lf;
        else if (c == ';' || c == ' ' || c == '\t') m_state = State::extension;
        else return Refusal{400, "the size of a chunk is hexadecimal"};
        return std::nullopt;
    }
    std::optional<Refusal> take_trailer(char c) noexcept
    {
        if (++m_trailer_bytes > m_max_trailer_bytes) return Refusal{431, "the trailer is too long"};
        if (c == '\r') {
            m_state = State::trailer_lf;
            return std::nullopt;
        }
        ++m_line_bytes;
        if (c == ':' && m_line_bytes > 1) m_has_colon = true;
        const uint8_t wanted = m_has_colon ? detail::value_char : detail::token_char;
        if ((detail::char_classes[static_cast<uint8_t>(c)] & wanted) == 0)
            return Refusal{400, "a character in the trailer that none has"};
        return std::nullopt;
    }

    size_t m_max_line_bytes, m_max_trailer_bytes;
    uint64_t m_max_body_bytes;
    uint64_t m_left = 0;        // of the chunk
    uint64_t m_body_bytes = 0;  // announced by all chunks so far, at most m_max_body_bytes
    size_t m_line_bytes = 0, m_trailer_bytes = 0;
    bool m_has_colon = false;
    State m_state = State::size;
};

}  // namespace weir::http
