#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "http/event_loop.hpp"
#include "http/message.hpp"
#include "http/tls.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// An HTTP/1.1 and HTTP/2 server. Each worker is a thread with an event loop, its own listening socket and its own handler; a
// connection stays with the worker that accepted it, so that handlers need no locks. docs/http.md has the reasons and a table of limits.

namespace weir::http {

class AccessLog;
class Metrics;

/// What a client may send, and how long it may take. Every limit holds for each connection, or each stream of HTTP/2.
struct ServerLimits {
    uint32_t max_header_bytes = 64 * 1024;  // a request's line and fields, or its trailers
    uint32_t max_header_count = 256;
    uint32_t max_target_bytes = 16 * 1024;
    uint64_t max_body_bytes = uint64_t{1} << 30;
    uint32_t body_buffer_bytes = 64 * 1024;       // per direction; the client waits when it is full
    uint32_t max_unread_body_bytes = 256 * 1024;  // read and dropped of a body that no handler wants, before it is given up
    uint32_t max_connections = 10'000;            // of the server; accepting pauses at it
    uint32_t max_streams = 100;                   // at once, on one HTTP/2 connection
    uint32_t max_resets = 200;                    // streams a client may reset in a row; one comes back each 1/50 s
    uint32_t max_control_frames = 1'000;          // PING, SETTINGS, PRIORITY and empty DATA in a row; one comes back each 1/100 s
    uint32_t max_requests_per_connection = 0;     // 0: any number

    Duration tls_handshake_timeout = std::chrono::seconds{10};
    Duration header_timeout = std::chrono::seconds{15};  // from the connection's begin, or a head's first byte, to its last
    Duration idle_timeout = std::chrono::seconds{75};    // between requests
    /// While the server wants more of a body, or has bytes to send: in each such span at least `min_progress_bytes` have to pass.
    Duration progress_timeout = std::chrono::seconds{30};
    uint32_t min_progress_bytes = 1024;
    Duration linger_timeout = std::chrono::seconds{2};  // for a refused request's sender to read the answer
};

/// Where a server listens.
struct ListenAddress {
    enum class Kind : uint8_t { tcp, unix_path, inherited };
    Kind kind = Kind::tcp;
    std::string host;   // tcp: an address, or "localhost"
    uint16_t port = 0;  // tcp: 0 lets the system choose
    std::string path;   // unix_path: a socket left there by a process that is gone is replaced
    int fd = -1;        // inherited: a listening stream socket, which the server takes

    /// "127.0.0.1:80", "[::1]:80", ":80" (any address), "localhost:80", "unix:PATH", "fd:3". The error says what was expected.
    static Result<ListenAddress, std::string> parse(std::string_view text);
};
/// The sockets that systemd or another parent handed over (LISTEN_PID, LISTEN_FDS; sd_listen_fds(3)). The variables are removed.
[[nodiscard]] std::vector<ListenAddress> inherited_listeners();

struct ServerOptions {
    std::vector<ListenAddress> listen;
    std::shared_ptr<const TlsServerContext> tls;  // null: cleartext, HTTP/2 by prior knowledge
    unsigned workers = 0;                         // 0: one for each processor the process may use
    ServerLimits limits;
    std::shared_ptr<AccessLog> access_log;  // may be null
    std::shared_ptr<Metrics> metrics;       // may be null; names begin with weir_http_
    std::string server_header;              // value of the field Server; empty: none
};

class Exchange;

/// The way to answer one request. Move-only. Dropping it unanswered aborts the exchange: the connection, or the HTTP/2 stream, is closed
/// without an answer. It may be kept and used at any later time on its worker's thread.
class Responder {
public:
    Responder() = default;
    explicit Responder(std::shared_ptr<Exchange> exchange) noexcept : m_exchange(std::move(exchange)) {}
    Responder(Responder&&) noexcept = default;
    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    /// Sends a head of 1xx other than 101 ahead of the answer: 103 Early Hints. False when that is not possible: another status, an
    /// HTTP/1.0 client, already answered, client gone.
    bool send_informational(uint16_t status, const Headers& headers);

    /// Answers. The body is sent as it comes, at the client's pace; to stream, give the reader of a pipe and keep its writer. A body that
    /// is cut never looks finished to the client. Fields of one connection (is_hop_by_hop) are removed, but "Connection: close"
    /// closes it after the answer; Date is added where it is missing. False when the client is gone or a field, or the status, may not
    /// be sent; then nothing has been sent, and the exchange is aborted.
    bool send(ResponseHead head, BodyReader body, Framing framing = Framing::automatic);

    /// Gives no answer, or no more of it.
    void abort();

    [[nodiscard]] bool is_answered() const noexcept;
    [[nodiscard]] bool is_client_gone() const noexcept;
    /// Calls `waker` once, from the loop, when the client is gone before the answer was sent in full. A client that only ends its own side of a
    /// connection is not gone.
    void on_client_gone(Task waker);

private:
    std::shared_ptr<Exchange> m_exchange;
};

struct Request {
    uint64_t id = 0;  // counts within the process, from 0
    RequestHead head;
    BodyReader body;  // known_length() with a Content-Length
    std::shared_ptr<const ConnectionInfo> connection;
};

/// A worker's answer to requests. Called on that worker's thread only; made and destroyed there as well.
class Handler {
public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;

    /// Begins to handle a request. Must not block: others wait. Answers by `responder`, now or later.
    virtual void handle(Request request, Responder responder) = 0;
};

/// What a handler is made with.
struct WorkerContext {
    EventLoop& loop;
    unsigned index;  // 0 .. workers-1
    unsigned count;
};
/// Called once for each worker, on its thread, before it accepts; the first one's call comes first, the others' may run at the same time.
using HandlerFactory = std::function<std::unique_ptr<Handler>(const WorkerContext&)>;

class Server {
public:
    /// Listens, starts the workers and serves. The error names the address and what the system said.
    static Result<std::unique_ptr<Server>, std::string> start(ServerOptions options, HandlerFactory make_handler);
    /// Stops at once what still runs.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Where it listens, in the order of ServerOptions::listen, with the ports that the system chose.
    [[nodiscard]] const std::vector<Address>& addresses() const noexcept;

    /// Graceful stop: listening ends, idle connections are closed, running exchanges finish (HTTP/2: GOAWAY), and after `grace` what
    /// is left is cut. From any thread, returns at once. A later call with a shorter time counts.
    void stop(Duration grace);
    /// Waits until stop() was called and has been carried out. From one thread that is no worker.
    void wait();
    /// Exchanges that run now. From any thread.
    [[nodiscard]] uint64_t active_exchanges() const noexcept;

    class Impl;

private:
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

}  // namespace weir::http
