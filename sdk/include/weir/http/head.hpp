#pragma once

#include "weir/http/fields.hpp"
#include "weir/http/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

// The heads of HTTP/1.1 messages (RFC 9112), as pure functions of bytes. Where the standard leaves a choice between tolerating and refusing,
// they refuse: what two parsers read differently is how requests are smuggled past one of them.

namespace weir::http {

/// How a message's body is delimited.
struct Framing {
    enum class Kind : uint8_t { length, chunked, until_close };
    Kind kind = Kind::length;
    uint64_t length = 0;
    [[nodiscard]] bool is_empty() const noexcept { return kind == Kind::length && length == 0; }
};

/// Views into the bytes that were parsed.
struct RequestHead {
    std::string_view method;
    std::string_view target;     // as it came
    std::string_view path;       // "/a/b" of the target, "*" for OPTIONS *
    std::string_view query;      // behind the "?", without it
    std::string_view authority;  // whom it is for: of the target, else of Host; may be empty in HTTP/1.0
    int minor_version = 1;       // HTTP/1.0 or HTTP/1.1
    Fields fields;
    Framing framing;
    bool keeps_alive = true;
    bool expects_continue = false;
};

struct ResponseHead {
    int status = 0;
    std::string_view reason;
    int minor_version = 1;
    Fields fields;
    Framing framing;
    bool keeps_alive = true;
};

/// Finds the end of a head in bytes that come little by little.
class HeadScanner {
public:
    struct Outcome {
        std::optional<Refusal> refusal;
        size_t begin = 0, end = 0;  // of the head, empty line included; nothing is found yet when `end` is 0
    };

    /// @param bytes  From the message's first byte on: those of the last call, and more.
    Outcome scan(std::string_view bytes, const Limits& limits) noexcept
    {
        for (;;) {
            const auto* const found = static_cast<const char*>(
                m_scanned < bytes.size() ? std::memchr(bytes.data() + m_scanned, '\n', bytes.size() - m_scanned) : nullptr);
            const size_t line_end = found != nullptr ? static_cast<size_t>(found - bytes.data()) : bytes.size();
            // Limits come first: so the verdict does not depend on how many bytes come at once. The 1 is the CR's.
            if (m_is_first_line && line_end - m_line > limits.max_line_bytes + 1)
                return {Refusal{414, "the request line is too long"}};
            if (line_end + (found != nullptr ? 1 : 0) > limits.max_head_bytes)
                return {Refusal{431, "the header fields are too long"}};
            if (found == nullptr) {
                m_scanned = bytes.size();
                return {};
            }
            if (line_end == m_line || bytes[line_end - 1] != '\r') return {Refusal{400, "a line ends with CR LF"}};
            const bool is_empty = line_end - m_line == 1;
            m_line = m_scanned = line_end + 1;
            if (is_empty && !m_is_first_line) return {{}, m_begin, m_line};
            // Empty lines in front of a message are skipped, as RFC 9112 section 2.2 asks for.
            if (is_empty) m_begin = m_line;
            else m_is_first_line = false;
        }
    }

private:
    size_t m_begin = 0, m_line = 0, m_scanned = 0;
    bool m_is_first_line = true;
};

namespace detail {

/// Takes a line, without its end, off a head that the scanner found.
inline std::string_view next_line(std::string_view& head) noexcept
{
    const size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    return line;
}

/// Parses "Name: value" lines up to the empty one.
inline std::optional<Refusal> parse_fields(std::string_view lines, const Limits& limits, Fields& fields)
{
    for (std::string_view line = next_line(lines); !line.empty(); line = next_line(lines)) {
        if (fields.size() == limits.max_fields) return Refusal{431, "too many header fields"};
        const size_t colon = line.find(':');
        // Also refuses folded lines, which begin with a space, and spaces before the colon.
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
            return Refusal{400, "a header field is NAME: VALUE"};
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (!consists_of(value, value_char)) return Refusal{400, "a control character in a header field"};
        fields.add({line.substr(0, colon), value});
    }
    return std::nullopt;
}

/// Decimal digits, nothing else. Nothing when it does not fit.
inline std::optional<uint64_t> parse_length(std::string_view text) noexcept
{
    if (text.empty() || text.size() > 18) return std::nullopt;  // below 2^63 in any case
    uint64_t length = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        length = length * 10 + static_cast<uint64_t>(c - '0');
    }
    return length;
}

/// What the fields say that are about the message itself.
struct MessageFields {
    std::optional<std::string_view> host;
    std::optional<uint64_t> length;
    bool has_transfer_encoding = false, is_chunked = false;
    bool has_close = false, has_keep_alive = false;
    bool expects_continue = false;

    std::optional<Refusal> read(const Fields& fields)
    {
        for (const Field& field : fields)
            if (const auto refusal = read(field)) return refusal;
        if (has_transfer_encoding && !is_chunked) return Refusal{400, "the last transfer coding is not chunked"};
        if (has_transfer_encoding && length) return Refusal{400, "Content-Length and Transfer-Encoding exclude each other"};
        return std::nullopt;
    }

private:
    std::optional<Refusal> read(const Field& field)
    {
        // By length first: most fields are none of these.
        switch (field.name.size()) {
        case 4:
            if (!equals_ignoring_case(field.name, "host")) break;
            if (host) return Refusal{400, "more than one Host"};
            if (!consists_of(field.value, host_char)) return Refusal{400, "Host is no host"};
            host = field.value;
            break;
        case 6:
            if (!equals_ignoring_case(field.name, "expect")) break;
            if (!equals_ignoring_case(field.value, "100-continue")) return Refusal{417, "nothing but 100-continue can be expected"};
            expects_continue = true;
            break;
        case 10:
            if (!equals_ignoring_case(field.name, "connection")) break;
            for (std::string_view list = field.value; const auto option = next_element(list);) {
                has_close |= equals_ignoring_case(*option, "close");
                has_keep_alive |= equals_ignoring_case(*option, "keep-alive");
            }
            break;
        case 14:
            if (!equals_ignoring_case(field.name, "content-length")) break;
            if (length) return Refusal{400, "more than one Content-Length"};
            length = parse_length(field.value);
            if (!length) return Refusal{400, "Content-Length is no number"};
            break;
        case 17:
            if (!equals_ignoring_case(field.name, "transfer-encoding")) break;
            has_transfer_encoding = true;
            for (std::string_view list = field.value; const auto coding = next_element(list);) {
                if (is_chunked) return Refusal{400, "a transfer coding behind chunked"};
                if (!equals_ignoring_case(*coding, "chunked")) return Refusal{501, "no transfer coding but chunked is known"};
                is_chunked = true;
            }
            break;
        default: break;
        }
        return std::nullopt;
    }
};

/// "HTTP/1.0" and "HTTP/1.1"; later minor versions are understood as the latter (RFC 9110 section 2.5).
inline std::optional<Refusal> parse_version(std::string_view text, int& minor_version) noexcept
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7]))
        return Refusal{400, "the first line names no HTTP version"};
    if (text[5] != '1') return Refusal{505, "HTTP/1.1 is spoken here"};
    minor_version = text[7] == '0' ? 0 : 1;
    return std::nullopt;
}

inline std::optional<Refusal> parse_target(RequestHead& head)
{
    std::string_view rest = head.target;
    if (head.method == "CONNECT") return Refusal{501, "this is no proxy"};
    if (rest == "*" && head.method == "OPTIONS") {
        head.path = rest;
        return std::nullopt;
    }
    if (!rest.starts_with('/')) {  // http://HOST/PATH, which outranks Host (RFC 9112 section 3.2.2)
        constexpr std::string_view scheme = "http://";
        if (rest.size() < scheme.size() || !equals_ignoring_case(rest.substr(0, scheme.size()), scheme))
            return Refusal{400, "the request's target is no path and no http:// address"};
        rest.remove_prefix(scheme.size());
        head.authority = rest.substr(0, rest.find_first_of("/?"));
        if (head.authority.empty() || !consists_of(head.authority, host_char))
            return Refusal{400, "the request's target names no host"};
        rest.remove_prefix(head.authority.size());
    }
    const size_t mark = rest.find('?');
    head.path = rest.substr(0, mark);
    if (head.path.empty()) head.path = "/";
    if (mark != std::string_view::npos) head.query = rest.substr(mark + 1);
    return std::nullopt;
}

}  // namespace detail

/// Parses what the scanner found.
inline std::optional<Refusal> parse_request(std::string_view bytes, const Limits& limits, RequestHead& head)
{
    using namespace detail;
    Fields fields = std::move(head.fields);  // its memory serves again
    fields.clear();
    head = {};
    head.fields = std::move(fields);
    const std::string_view line = next_line(bytes);
    const size_t method_end = line.find(' ');
    const size_t target_end = line.rfind(' ');
    if (method_end == std::string_view::npos || method_end == target_end)
        return Refusal{400, "a request begins with METHOD TARGET VERSION"};
    head.method = line.substr(0, method_end);
    head.target = line.substr(method_end + 1, target_end - method_end - 1);
    if (!is_token(head.method)) return Refusal{400, "the method is no name"};
    if (head.target.empty() || !consists_of(head.target, target_char))
        return Refusal{400, "the request's target has a character that none has"};
    if (const auto refusal = parse_version(line.substr(target_end + 1), head.minor_version)) return refusal;
    if (const auto refusal = parse_fields(bytes, limits, head.fields)) return refusal;

    MessageFields said;
    if (const auto refusal = said.read(head.fields)) return refusal;
    if (head.minor_version == 0 && said.has_transfer_encoding) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
    if (head.minor_version == 1 && !said.host) return Refusal{400, "there is no Host"};
    if (const auto refusal = parse_target(head)) return refusal;
    if (head.authority.empty()) head.authority = said.host.value_or("");
    if (said.is_chunked) head.framing = {Framing::Kind::chunked, 0};
    else head.framing = {Framing::Kind::length, said.length.value_or(0)};
    if (head.framing.length > limits.max_body_bytes) return Refusal{413, "the body is too long"};
    head.keeps_alive = head.minor_version == 1 ? !said.has_close : said.has_keep_alive && !said.has_close;
    head.expects_continue = said.expects_continue && head.minor_version == 1;
    return std::nullopt;
}

/// Parses what the scanner found.
/// @param method  Of the request that this answers: what is not there after HEAD depends on it.
inline std::optional<Refusal> parse_response(std::string_view bytes, std::string_view method, const Limits& limits,
                                             ResponseHead& head)
{
    using namespace detail;
    Fields fields = std::move(head.fields);  // its memory serves again
    fields.clear();
    head = {};
    head.fields = std::move(fields);
    const std::string_view line = next_line(bytes);
    if (parse_version(line.substr(0, 8), head.minor_version)) return Refusal{502, "the answer is not HTTP/1.1"};
    const auto is_digit = [&](size_t i) { return line[i] >= '0' && line[i] <= '9'; };
    if (line.size() < 12 || line[8] != ' ' || line[9] < '1' || line[9] > '5' || !is_digit(10) || !is_digit(11) ||
        (line.size() > 12 && line[12] != ' '))
        return Refusal{502, "the answer's status is no number"};
    head.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    head.reason = line.size() > 13 ? line.substr(13) : "";
    if (!consists_of(head.reason, value_char)) return Refusal{502, "a control character in the answer's first line"};
    if (const auto refusal = parse_fields(bytes, limits, head.fields)) return Refusal{502, refusal->reason};

    MessageFields said;
    // What only requests have is of no interest here.
    Fields about_message;
    for (const Field& field : head.fields)
        if (!equals_ignoring_case(field.name, "host") && !equals_ignoring_case(field.name, "expect")) about_message.add(field);
    if (const auto refusal = said.read(about_message)) return Refusal{502, refusal->reason};
    if (head.minor_version == 0 && said.has_transfer_encoding) return Refusal{502, "HTTP/1.0 has no Transfer-Encoding"};
    // RFC 9112 section 6.3.
    if (method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304) head.framing = {};
    else if (said.is_chunked) head.framing = {Framing::Kind::chunked, 0};
    else if (said.length) head.framing = {Framing::Kind::length, *said.length};
    else head.framing = {Framing::Kind::until_close, 0};
    if (head.framing.length > limits.max_body_bytes) return Refusal{502, "the answer's body is too long"};
    head.keeps_alive = head.framing.kind != Framing::Kind::until_close &&
                       (head.minor_version == 1 ? !said.has_close : said.has_keep_alive && !said.has_close);
    return std::nullopt;
}

}  // namespace weir::http
