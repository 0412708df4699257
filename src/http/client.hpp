#pragma once

#include "base/result.hpp"
#include "http/event_loop.hpp"
#include "http/message.hpp"
#include "http/tls.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

// Sending requests to origins, as a proxy does: header fields keep their order and bytes, bodies stream both ways, trailers and cut
// bodies pass as what they are. A client belongs to one event loop; its connections are pooled by origin.

namespace weir::http {

class Metrics;

/// Which HTTP an origin is spoken to in.
enum class OriginProtocol : uint8_t {
    http1,      // HTTP/1.1
    http2,      // HTTP/2 only: by ALPN, or by prior knowledge without TLS. For gRPC.
    automatic,  // what ALPN chooses; HTTP/1.1 without TLS
};

struct OriginOptions {
    std::string host;  // a name, or an address without brackets
    uint16_t port = 0;
    std::string unix_path;  // connect there instead; `host` is then only a name
    std::optional<TlsClientOptions> tls;
    OriginProtocol protocol = OriginProtocol::http1;
    bool prefer_ipv4 = false;

    /// Limits in time; zero: none.
    Duration connect_timeout = std::chrono::seconds{5};  // looking up the name, connecting, TLS handshake; for each try
    Duration first_byte_timeout =
        std::chrono::seconds{60};  // from the request's end, or the last progress of sending it, to the head
    Duration between_bytes_timeout = std::chrono::seconds{30};  // while more of the body is wanted

    bool keep_alive = true;                            // whether connections are used again
    Duration idle_timeout = std::chrono::seconds{60};  // how long one waits in the pool
    uint32_t max_connections = 0;  // at once, for each client (that is, worker); more requests wait. 0: any number
    uint32_t max_use = 0;          // requests on one connection; 0: any number
    Duration max_lifetime{0};      // of a connection that is used again; zero: any
    struct TcpKeepalive {
        uint32_t time_s;
        uint32_t interval_s;
        uint32_t probes;
    };
    std::optional<TcpKeepalive> tcp_keepalive;

    uint32_t max_header_bytes = 128 * 1024;  // of a response
    uint32_t max_header_count = 512;
    uint32_t body_buffer_bytes = 64 * 1024;
};

/// Somewhere to send requests to. Equal options give the same object as long as it lives, so that pools and TLS set-up are shared.
class Origin {
public:
    /// Reads certificates and keys; the error says what is wrong with them. From any thread.
    static Result<std::shared_ptr<const Origin>, std::string> create(OriginOptions options);
    ~Origin();
    Origin(const Origin&) = delete;
    Origin& operator=(const Origin&) = delete;

    [[nodiscard]] const OriginOptions& options() const noexcept;

    struct Impl;
    [[nodiscard]] const Impl& impl() const noexcept { return *m_impl; }

private:
    explicit Origin(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// Why no answer came.
struct ClientError {
    enum class Kind : uint8_t {
        dns_error,  // the name is unknown, or could not be looked up
        dns_timeout,
        connection_refused,
        connection_timeout,
        connection_terminated,  // closed or reset before a complete head
        unreachable,            // no route, or the address is not allowed
        connection_limit,       // waited for one of max_connections until connect_timeout passed
        tls_certificate,        // the origin's certificate does not verify
        tls_configuration,      // no protocol version, cipher or ALPN protocol in common
        tls_alert,              // the origin ended the handshake; tls_alert says how
        tls_protocol,
        response_malformed,   // not HTTP, or broken framing
        response_incomplete,  // the connection ended within the head
        response_header_too_large,
        response_timeout,  // first_byte_timeout
        http2_error,       // the origin reset the stream, or the connection broke the protocol; http2_code says how
        request_invalid,   // a method, target or field that may not be sent
        request_body_cut,  // the request's own body was cut before an answer came
        cancelled,         // by the caller, or the client is being destroyed
        internal,
    };
    Kind kind = Kind::internal;
    std::string text;         // one sentence for people, with the origin in it
    uint8_t tls_alert = 0;    // RFC 8446, 6: of tls_alert
    uint32_t http2_code = 0;  // RFC 9113, 7: of http2_error
    int dns_code = 0;         // getaddrinfo's EAI_* of dns_error
};
[[nodiscard]] std::string_view to_string(ClientError::Kind kind) noexcept;

struct Response {
    ResponseHead head;  // of a final response; 1xx are not reported
    BodyReader body;    // cut when the connection ends too early
    Address remote;     // the end that answered
};

struct ClientRequest {
    std::string method = "GET";
    std::string target = "/";  // path and query, or "*"
    std::string authority{};   // Host or :authority; empty: the origin's
    Headers headers{};         // Host among them is left out, hop-by-hop fields as well; TE: trailers is kept
    BodyReader body{};
    Framing framing = Framing::automatic;
};

class Client;

/// A request on its way. Move-only. Dropping it cancels the request if no answer came yet; after that, dropping the response's body does.
class PendingRequest {
public:
    PendingRequest() = default;
    PendingRequest(PendingRequest&&) noexcept = default;
    PendingRequest& operator=(PendingRequest&& other) noexcept;
    PendingRequest(const PendingRequest&) = delete;
    PendingRequest& operator=(const PendingRequest&) = delete;
    ~PendingRequest();
    /// No call of `on_done` follows.
    void cancel();

    struct State;

private:
    friend class Client;
    explicit PendingRequest(std::shared_ptr<State> state) noexcept : m_state(std::move(state)) {}
    std::shared_ptr<State> m_state;
};

/// Sends requests from one loop's thread.
class Client {
public:
    using OnDone = std::move_only_function<void(Result<Response, ClientError>)>;

    /// `metrics` may be null; names begin with weir_http_client_.
    explicit Client(EventLoop& loop, std::shared_ptr<Metrics> metrics = {});
    /// Cuts what still runs.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends a request. `on_done` is called once, from the loop and never from within send(). The response's body streams on after it; the request's
    /// body may still be being sent then. A request is tried again, once, on a new connection only when a pooled connection
    /// turned out closed before any byte of an answer, and nothing of the body had been taken, and the method is safe to repeat (RFC 9110, 9.2.2)
    /// or the origin said that it had not looked at it (HTTP/2 REFUSED_STREAM, GOAWAY).
    PendingRequest send(const std::shared_ptr<const Origin>& origin, ClientRequest request, OnDone on_done);

    class Impl;

private:
    std::shared_ptr<Impl> m_impl;
};

}  // namespace weir::http
