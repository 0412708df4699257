#pragma once

#include "http/body.hpp"
#include "http/headers.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir::http {

enum class Version : uint8_t { http_1_0, http_1_1, http_2 };
/// "HTTP/1.1" and the like.
[[nodiscard]] std::string_view to_string(Version version) noexcept;

struct RequestHead {
    std::string method;
    std::string scheme;     // "http" or "https"
    std::string authority;  // host[:port]: Host, or the target's where that is absolute, or HTTP/2's :authority
    std::string target;     // path and query, or "*" of OPTIONS
    Version version = Version::http_1_1;
    Headers headers{};  // as received, Host among them in HTTP/1; HTTP/2's pseudo-headers are above, and not here
};

struct ResponseHead {
    uint16_t status = 200;                // 100..999
    Version version = Version::http_1_1;  // received ones only: what is sent is the connection's
    Headers headers{};
};

/// Who frames a message's body.
enum class Framing : uint8_t {
    automatic,  // Content-Length and Transfer-Encoding of the head are removed and computed from the body
    /// A single valid Content-Length of the head is kept, and a body that turns out shorter or longer is cut where it differs. Without
    /// one as automatic.
    declared,
};

/// An end of a connection.
struct Address {
    enum class Family : uint8_t { none, ipv4, ipv6, unix_ };
    Family family = Family::none;
    std::array<uint8_t, 16> ip{};  // 4 or 16 bytes in network order
    uint16_t port = 0;
    std::string path;  // of a Unix socket; empty for one without a name

    /// "127.0.0.1:80", "[::1]:80", "unix:/path".
    [[nodiscard]] std::string to_string() const;
    /// The same without a port or path: "127.0.0.1", "::1", "unix".
    [[nodiscard]] std::string host() const;
};

/// What a TLS handshake with a client brought.
struct TlsInfo {
    std::string protocol;                // OpenSSL's names: "TLSv1.3"
    std::string cipher;                  // "TLS_AES_256_GCM_SHA384"
    std::string servername;              // SNI; empty without
    std::string client_hello;            // the handshake message as sent, with its header of four bytes
    std::string client_certificate_der;  // empty without
    /// X509_V_OK (0) or another of OpenSSL's X509_V_ERR_*; meaningful with a certificate only.
    long client_certificate_verify_result = 0;
};

/// Facts of a connection that all its requests share.
struct ConnectionInfo {
    uint64_t id = 0;  // counts within the process
    Address local;
    Address remote;
    std::optional<TlsInfo> tls;
};

}  // namespace weir::http
