#pragma once

#include "weir/async.hpp"
#include "weir/http/connection.hpp"
#include "weir/http/head.hpp"
#include "weir/http/url.hpp"
#include "weir/net.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace weir::http {

struct ClientOptions {
    Limits limits;
    async::Duration connect_timeout = std::chrono::seconds{10};  // for each address of the host
    async::Duration response_timeout =
        std::chrono::seconds{60};  // from the request's end to the response's first byte, and its head's end
    async::Duration stall_timeout = std::chrono::seconds{30};  // without a byte of a body coming, or being taken
};

/// A request that is to be sent.
class ClientRequest {
public:
    explicit ClientRequest(std::string_view method = "GET", std::string_view target = "/") : m_method(method), m_target(target) {}

    /// Adds a field.
    /// @error EINVAL  Not the form of one, or one that is computed: Host, Content-Length and the like.
    Result<void> add_field(std::string_view name, std::string_view value)
    {
        if (!detail::is_writable_field(name, value) || detail::is_framing_field(name) || detail::equals_ignoring_case(name, "host"))
            return Error{EINVAL, "no field that can be set"};
        m_fields.append(name).append(": ").append(value).append("\r\n");
        return {};
    }
    /// The whole body. For one in parts see Client::begin().
    void set_body(std::string body) noexcept { m_body = std::move(body); }

private:
    friend class Client;
    std::string m_method, m_target, m_fields, m_body;
};

/// A connection to a server, on which one request follows another. It stays where it is made.
class Client {
public:
    explicit Client(async::Loop& loop, ClientOptions options = {}) : m_loop(loop), m_options(options) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Connects to the first address of a host that answers. Looking up a name waits, and with it all tasks: see net::resolve().
    /// @param authority  What is sent as Host; when empty, host and port.
    [[nodiscard]] async::Task<Result<void>> connect(std::string host, uint16_t port, std::string authority = {})
    {
        const auto addresses = net::resolve(host, port);
        if (!addresses) co_return addresses.error();
        if (authority.empty()) {
            authority = host.find(':') == std::string_view::npos ? host : "[" + host + "]";
            if (port != 80) authority += ":" + std::to_string(port);
        }
        Result<void> connected;
        for (const net::Address& address : *addresses) {
            connected = co_await connect(address, authority);
            if (connected) break;
        }
        co_return connected;
    }
    /// Connects to an address, also of a unix socket.
    [[nodiscard]] async::Task<Result<void>> connect(net::Address address, std::string authority)
    {
        m_authority = std::move(authority);
        m_connection.reset();
        auto connection = co_await async::timeout(m_loop, m_options.connect_timeout, async::connect(m_loop, address));
        if (!connection) co_return connection.error();
        m_connection.emplace(m_loop, std::move(*connection), m_options.limits, m_options.stall_timeout);
        static_cast<void>(m_connection->stream.socket().set_no_delay(true));
        m_head.keeps_alive = true;
        co_return {};
    }
    /// Whether another request may be sent: the last response has been read, and the server keeps the connection.
    [[nodiscard]] bool is_reusable() const noexcept { return m_connection && m_head.keeps_alive && m_connection->has_body_ended(); }

    /// Sends a request and waits for the response's head; its body is for read(). The same as send() and receive(), but a response also counts
    /// that came before the whole request was taken.
    [[nodiscard]] async::Task<Result<void>> exchange(const ClientRequest& request)
    {
        const auto sent = co_await send(request);
        const auto received = co_await receive();
        co_return received || sent ? received : sent;
    }
    /// Sends a request whole.
    [[nodiscard]] async::Task<Result<void>> send(const ClientRequest& request)
    {
        const auto head = append_head(request, request.m_body.size());
        if (!head) co_return head;
        co_return co_await m_connection->flush(request.m_body);
    }

    /// Begins a request whose body comes in parts: then write(), then finish(), then receive().
    /// @param length  Of the body; without it, it is sent in chunks.
    [[nodiscard]] Result<void> begin(const ClientRequest& request, std::optional<uint64_t> length = {})
    {
        return append_head(request, length);
    }
    /// Sends a part of the body; returns when the server, or the buffers on the way to it, have taken it.
    /// @error EINVAL  More than the length that was said.
    [[nodiscard]] async::Task<Result<void>> write(std::string_view part)
    {
        if (!m_connection) co_return Error{ENOTCONN};
        if (m_length_left) {
            if (part.size() > *m_length_left) co_return Error{EINVAL, "the body is longer than it was said to be"};
            *m_length_left -= part.size();
        }
        if (m_length_left || part.empty()) co_return co_await m_connection->flush(part);
        detail::append_number(m_connection->out, part.size(), 16);
        m_connection->out += "\r\n";
        const auto written = co_await m_connection->flush(part);
        m_connection->out += "\r\n";
        co_return written;
    }
    /// @error EINVAL  Fewer than the length that was said.
    [[nodiscard]] async::Task<Result<void>> finish()
    {
        if (!m_connection) co_return Error{ENOTCONN};
        if (m_length_left.value_or(0) != 0) co_return Error{EINVAL, "the body is shorter than it was said to be"};
        if (!m_length_left) m_connection->out += "0\r\n\r\n";
        co_return co_await m_connection->flush();
    }

    /// Waits for the head of the response. Interim ones (100 Continue) are passed over.
    /// @error EPROTO      What came is no response.   @error ETIMEDOUT  Nothing came.
    /// @error ECONNRESET  The server ended the connection.
    [[nodiscard]] async::Task<Result<void>> receive()
    {
        using HeadState = detail::Connection::HeadState;
        if (!m_connection) co_return Error{ENOTCONN};
        for (;;) {
            const auto got = co_await m_connection->read_head(m_options.response_timeout, m_options.response_timeout);
            switch (got.state) {
            case HeadState::complete: break;
            case HeadState::closed: co_return give_up({ECONNRESET, "the server ended the connection without a response"});
            case HeadState::failed: co_return give_up(got.error);
            case HeadState::refused:
                co_return give_up(
                    {EPROTO, got.refusal.status == 400 ? got.refusal.reason : "the head of the response is too long"});
            }
            if (const auto refusal = parse_response(got.head, m_method, m_options.limits, m_head))
                co_return give_up({EPROTO, refusal->reason});
            if (m_head.status >= 200) break;
            if (m_head.status == 101) co_return give_up({EPROTO, "the server changes to another protocol unasked"});
        }
        m_connection->begin_body(m_head.framing);
        co_return {};
    }

    /// The head of the response; what it views lives until the next request.
    [[nodiscard]] const ResponseHead& response() const noexcept { return m_head; }
    /// `Result<size_t> n = co_await client.read(buffer);` 0 is the end of the body.
    [[nodiscard]] async::Task<Result<size_t>> read(std::span<std::byte> into)
    {
        if (!m_connection) co_return Error{ENOTCONN};
        co_return co_await m_connection->read_body(into);
    }
    /// The whole body.
    /// @error EMSGSIZE  It has more than `max_bytes`.
    [[nodiscard]] async::Task<Result<std::string>> read_all(size_t max_bytes)
    {
        if (!m_connection) co_return Error{ENOTCONN};
        co_return co_await m_connection->read_all(max_bytes);
    }

private:
    Result<void> append_head(const ClientRequest& request, std::optional<uint64_t> length)
    {
        if (!m_connection) return Error{ENOTCONN};
        if (!is_reusable()) return Error{EISCONN, "the last response is not read, or was the last one of the connection"};
        if (!detail::is_token(request.m_method) || request.m_target.empty() ||
            !detail::consists_of(request.m_target, detail::target_char))
            return Error{EINVAL, "no method or no target that can be sent"};
        m_method = request.m_method;
        m_length_left = length;
        std::string& out = m_connection->out;
        out.append(m_method).append(" ").append(request.m_target).append(" HTTP/1.1\r\nHost: ").append(m_authority).append("\r\n");
        out.append(request.m_fields);
        if (!length) {
            out += "Transfer-Encoding: chunked\r\n";
        } else if (*length != 0 || m_method == "POST" || m_method == "PUT" || m_method == "PATCH") {
            out += "Content-Length: ";
            detail::append_number(out, *length);
            out += "\r\n";
        }
        out += "\r\n";
        return {};
    }
    /// Of an exchange that failed: nobody knows what would come next.
    Error give_up(Error error) noexcept
    {
        m_head.keeps_alive = false;
        return error;
    }

    async::Loop& m_loop;
    ClientOptions m_options;
    std::string m_authority, m_method;
    std::optional<detail::Connection> m_connection;
    std::optional<uint64_t> m_length_left;
    ResponseHead m_head;
};

}  // namespace weir::http
