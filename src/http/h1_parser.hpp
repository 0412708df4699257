#pragma once

#include "http/message.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace weir::http {

struct H1Limits {
    uint32_t max_header_bytes;
    uint32_t max_header_count;
    uint32_t max_target_bytes;
};

/// Why a message is refused, and with which status if it is a request; 0 stands for closing without an answer.
enum class H1Error : uint8_t {
    not_http,              // nothing: the first line is no request's, and nobody knows how to answer
    malformed,             // 400
    header_too_large,      // 431
    target_too_long,       // 414
    method_unsupported,    // 501: CONNECT
    encoding_unsupported,  // 501: a transfer coding other than chunked
    version_unsupported,   // 505
};
[[nodiscard]] uint16_t status_of(H1Error error) noexcept;

/// What a head says about its message.
struct H1Framing {
    bool keep_alive = false;
    bool is_chunked = false;
    bool until_close = false;  // a response whose end is the connection's
    bool expects_continue = false;
    std::optional<uint64_t> content_length;
};

/// Takes HTTP/1 messages apart, one after another. Does no I/O and keeps no input: the caller offers what it has, in one piece, and removes
/// what was consumed. Over Boost.Beast's parser, in front of which a scan of each head refuses what RFC 9112 lets a recipient refuse and
/// others have read differently: bare CR or LF, folded lines, several framing fields, spaces before the colon. RFC 9112.
class H1Parser {
public:
    enum class Kind : uint8_t { request, response };
    H1Parser(Kind kind, H1Limits limits);
    ~H1Parser();
    H1Parser(const H1Parser&) = delete;
    H1Parser& operator=(const H1Parser&) = delete;

    enum class Step : uint8_t {
        need_more,  // offer more input, the unconsumed in front
        head,       // request_head() or response_head(), and framing(), can be taken
        body,       // `body` holds bytes of it
        complete,   // the message is over; trailers() can be taken. begin() before the next one
        error,      // error() says why; nothing more can be read
    };
    struct Progress {
        Step step;
        size_t consumed;
        std::string_view body;  // points into the input
    };
    /// Goes on by one step. No more than `room` bytes of body are taken; with none, body bytes stay unconsumed (need_more).
    Progress step(std::string_view input, size_t room);
    /// The input has ended. True if the message is complete by that; then step() says so.
    bool finish();

    /// Readies it for the next message. A response to HEAD has no body, whatever its fields say.
    void begin(bool is_answer_to_head = false);
    /// Whether the message's first byte has been seen.
    [[nodiscard]] bool has_begun() const noexcept;

    [[nodiscard]] RequestHead& request_head() noexcept;
    [[nodiscard]] ResponseHead& response_head() noexcept;
    [[nodiscard]] const H1Framing& framing() const noexcept;
    [[nodiscard]] Headers& trailers() noexcept;
    [[nodiscard]] H1Error error() const noexcept;

    struct Impl;

private:
    std::unique_ptr<Impl> m_impl;
};

}  // namespace weir::http
