#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The parts of RFC 3986 that HTTP needs. Lenient where clients are, as browsers send `|` and `{` unescaped: a path or query is
// any visible character but '#'. Strict where a host is chosen. Bytes stay as they are; nothing is decoded or normalized.

namespace weir::http {

/// host[:port]. The host is as written, an IPv6 address without its brackets.
struct Authority {
    std::string host;
    std::optional<uint16_t> port;
    bool is_ipv6 = false;

    /// host[:port] again, with brackets where they belong.
    [[nodiscard]] std::string to_string() const;
    bool operator==(const Authority&) const = default;
};

/// Parses host[:port]. No user information, no empty host, no percent-encoding; an empty port ("host:") counts as none.
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text);

/// scheme://authority/path?query. The fragment is no part of it: it is never sent.
struct Url {
    std::string scheme;  // in lower case
    Authority authority;
    std::string path;   // begins with '/'
    std::string query;  // without '?'
    bool has_query = false;

    /// The port, or the scheme's own.
    [[nodiscard]] uint16_t effective_port() const noexcept;
    /// Path and query: what a request's first line has.
    [[nodiscard]] std::string path_and_query() const;
    [[nodiscard]] std::string to_string() const;
    bool operator==(const Url&) const = default;
};

/// Parses an absolute URL of http, https, ws or wss. A fragment is dropped, an empty path becomes "/".
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

/// Whether it may stand as path and query in a request's first line: begins with '/', visible ASCII or bytes above 0x7f, no '#'.
[[nodiscard]] bool is_valid_path_and_query(std::string_view text) noexcept;

}  // namespace weir::http
