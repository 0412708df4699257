#pragma once

#include "weir/async.hpp"
#include "weir/http/connection.hpp"
#include "weir/http/date.hpp"
#include "weir/http/head.hpp"
#include "weir/http/status.hpp"
#include "weir/net.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir::http {

struct ServerOptions {
    Limits limits;
    async::Duration idle_timeout = std::chrono::seconds{60};   // from one request to the next, and to the first
    async::Duration head_timeout = std::chrono::seconds{10};   // from a request's first byte to the end of its head; then 408
    async::Duration stall_timeout = std::chrono::seconds{30};  // without a byte of a body coming, or of a response being taken
    /// After a last response, for the client to notice: what it still sends is read and thrown away, so that the response is not lost.
    async::Duration linger_timeout = std::chrono::seconds{2};
    /// Of a body that a handler did not read, so much is read in order to keep the connection; with more to come, it is closed.
    uint64_t max_drained_bytes = uint64_t{256} * 1024;
    size_t max_connections = 20'000;  // further ones wait until one of these ends
};

namespace detail {
template <class F>
class ServedConnection;
}

/// A request, as a handler sees it. What it answers with views lives until the handler returns.
class Request {
public:
    [[nodiscard]] std::string_view method() const noexcept { return m_head.method; }
    /// "/a/b", as it came: with its percent signs. "*" of OPTIONS *.
    [[nodiscard]] std::string_view path() const noexcept { return m_head.path; }
    /// Behind the "?".
    [[nodiscard]] std::string_view query() const noexcept { return m_head.query; }
    /// Whom it is for; empty at most in HTTP/1.0.
    [[nodiscard]] std::string_view host() const noexcept { return m_head.authority; }
    [[nodiscard]] const Fields& fields() const noexcept { return m_head.fields; }
    /// A field by its name, in any case.
    [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const noexcept { return m_head.fields.find(name); }
    [[nodiscard]] const RequestHead& head() const noexcept { return m_head; }
    [[nodiscard]] Result<net::Address> peer_address() const { return m_connection.stream.socket().peer_address(); }

    /// Whether a body comes, or has come. How long it is, Content-Length may say.
    [[nodiscard]] bool has_body() const noexcept { return !m_head.framing.is_empty(); }
    /// `Result<size_t> n = co_await request.read(buffer);` 0 is the end of the body. The client sends no faster than this is called.
    /// When the body is not what it should be, the response is one that says so, whatever the handler answers; one that has begun is broken off.
    [[nodiscard]] async::Task<Result<size_t>> read(std::span<std::byte> into)
    {
        say_continue();
        return m_connection.read_body(into);
    }
    /// The whole body.
    /// @error EMSGSIZE  It has more than `max_bytes`.
    [[nodiscard]] async::Task<Result<std::string>> read_all(size_t max_bytes)
    {
        if (m_head.framing.length <= max_bytes) say_continue();
        return m_connection.read_all(max_bytes);
    }

private:
    template <class F>
    friend class detail::ServedConnection;

    explicit Request(detail::Connection& connection) noexcept : m_connection(connection) {}
    void say_continue()
    {
        if (is_body_withheld() && !m_connection.has_unread() && !m_connection.has_body_ended())
            m_connection.out += "HTTP/1.1 100 Continue\r\n\r\n";
        m_has_continued = true;
    }
    /// Whether the client may not have begun to send the body, waiting to be told.
    [[nodiscard]] bool is_body_withheld() const noexcept { return m_head.expects_continue && !m_has_continued; }

    detail::Connection& m_connection;
    RequestHead m_head;
    bool m_has_continued = false;
};

/// The answer to a request. A handler gives it whole, by set_body(), or in parts, by write(); status and fields come before the first part.
class Response {
public:
    /// 200 unless set. From 200 to 599.
    void set_status(int status) noexcept { m_status = status; }
    /// Adds a field.
    /// @error EINVAL  Not the form of one, which would make another response of it; or one that is computed, such as Content-Length.
    Result<void> add_field(std::string_view name, std::string_view value)
    {
        if (!detail::is_writable_field(name, value) || detail::is_framing_field(name))
            return Error{EINVAL, "no field that can be set"};
        m_has_date |= detail::equals_ignoring_case(name, "date");
        m_fields.append(name).append(": ").append(value).append("\r\n");
        return {};
    }
    /// The connection ends after this response.
    void close_connection() noexcept { m_keeps_alive = false; }

    /// The whole body, sent when the handler returns.
    void set_body(std::string_view body) { m_body.assign(body); }
    void set_body(std::string&& body) noexcept { m_body = std::move(body); }
    void set_body(const char* body) { m_body.assign(body); }

    /// How long the parts will be together; without it they are sent in chunks. Of no effect once the first is sent.
    void set_length(uint64_t length) noexcept
    {
        if (!m_is_committed) m_length = length;
    }
    /// Sends a part of the body; returns when the client, or the buffers on the way to it, have taken it.
    /// @error EINVAL  More than the length that was set.  @error EPIPE, ECONNRESET, ETIMEDOUT  The client is gone, or takes nothing.
    [[nodiscard]] async::Task<Result<void>> write(std::string_view part)
    {
        if (m_has_failed) co_return Error{EPIPE, "an earlier part could not be sent"};
        if (!m_is_committed) commit(std::nullopt);
        if (part.empty()) co_return co_await m_connection.flush();
        if (m_length) {
            if (part.size() > *m_length - m_written) co_return Error{EINVAL, "the body is longer than it was said to be"};
            m_written += part.size();
        }
        if (m_has_no_body) co_return co_await m_connection.flush();
        if (!m_is_chunked) co_return note(co_await m_connection.flush(part));
        detail::append_number(m_connection.out, part.size(), 16);
        m_connection.out += "\r\n";
        // In one call where it is small, else in parts, since slow is not stalled.
        if (part.size() <= small_bytes) {
            m_connection.out.append(part).append("\r\n");
            co_return note(co_await m_connection.flush());
        }
        const auto written = co_await m_connection.flush(part);
        m_connection.out += "\r\n";
        co_return note(written);
    }

private:
    template <class F>
    friend class detail::ServedConnection;
    static constexpr size_t small_bytes = size_t{16} * 1024;

    explicit Response(detail::Connection& connection) noexcept : m_connection(connection) {}

    void reset(const RequestHead& request, std::string_view date)
    {
        m_request_is_head = request.method == "HEAD";
        m_is_minor_0 = request.minor_version == 0;
        m_keeps_alive = request.keeps_alive;
        m_date = date;
        m_status = 200;
        m_fields.clear();
        m_body.clear();
        m_length.reset();
        m_written = 0;
        m_is_committed = m_is_chunked = m_has_no_body = m_has_failed = m_has_date = false;
    }
    Result<void> note(Result<void> written) noexcept
    {
        if (!written) m_has_failed = true;
        return written;
    }
    /// Appends the head to what the connection has to write.
    /// @param body_bytes  Of the whole body, where it is known and not set by set_length().
    void commit(std::optional<uint64_t> body_bytes)
    {
        m_is_committed = true;
        if (m_status < 200 || m_status > 599) m_status = 500;
        const bool never_has_body = m_status == 204 || m_status == 304;
        m_has_no_body = never_has_body || m_request_is_head;
        if (m_length) body_bytes = m_length;
        m_is_chunked = !body_bytes && !m_is_minor_0 && !never_has_body;
        if (!body_bytes && m_is_minor_0 && !never_has_body) m_keeps_alive = false;  // the end is where the connection ends

        std::string& out = m_connection.out;
        out += "HTTP/1.1 ";
        detail::append_number(out, static_cast<unsigned>(m_status));
        out.append(" ").append(reason_phrase(m_status)).append("\r\n");
        if (!m_has_date) out.append("Date: ").append(m_date).append("\r\n");
        out.append(m_fields);
        if (m_is_chunked) {
            out += "Transfer-Encoding: chunked\r\n";
        } else if (body_bytes && !never_has_body) {
            out += "Content-Length: ";
            detail::append_number(out, *body_bytes);
            out += "\r\n";
        }
        if (!m_keeps_alive) out += "Connection: close\r\n";
        else if (m_is_minor_0) out += "Connection: keep-alive\r\n";
        out += "\r\n";
    }
    /// Appends or writes what is still to be sent. Whether the client can tell where the response ends.
    async::Task<Result<void>> finish()
    {
        if (!m_is_committed) {
            if (m_length && *m_length != m_body.size() && !m_request_is_head) {  // promised, and not given
                m_status = 500;
                m_length.reset();
                m_body.clear();
            }
            commit(m_body.size());
            if (m_has_no_body) co_return {};
            if (m_body.size() > small_bytes) co_return co_await m_connection.flush(m_body);
            m_connection.out += m_body;
            co_return {};
        }
        if (m_has_failed) co_return Error{ECONNRESET};
        if (m_length && m_written != *m_length && !m_has_no_body)
            co_return Error{EINVAL, "the body is shorter than it was said to be"};
        if (m_is_chunked && !m_has_no_body) m_connection.out += "0\r\n\r\n";
        co_return {};
    }

    detail::Connection& m_connection;
    std::string_view m_date;
    std::string m_fields, m_body;
    std::optional<uint64_t> m_length;
    uint64_t m_written = 0;
    int m_status = 200;
    bool m_request_is_head = false, m_is_minor_0 = false, m_keeps_alive = true;
    bool m_is_committed = false, m_is_chunked = false, m_has_no_body = false, m_has_failed = false, m_has_date = false;
};

/// What answers requests: a coroutine, or a function that does not wait.
template <class F>
concept Handler = requires(F& handler, Request& request, Response& response) {
    { handler(request, response) } -> std::same_as<async::Task<void>>;
} || requires(F& handler, Request& request, Response& response) {
    { handler(request, response) } -> std::same_as<void>;
};

namespace detail {

/// A connection of a server's, from its first request to its last.
template <class F>
class ServedConnection {
public:
    ServedConnection(async::Loop& loop, async::Connection connection, F& handler, const ServerOptions& options, DateCache& date)
        : m_loop(loop), m_handler(handler), m_options(options), m_date(date),
          m_connection(loop, std::move(connection), options.limits, options.stall_timeout), m_request(m_connection),
          m_response(m_connection)
    {
        static_cast<void>(m_connection.stream.socket().set_no_delay(true));  // of a unix socket there is no such thing
    }

    async::Task<void> run()
    {
        while (co_await serve_one()) {}
    }

private:
    using HeadState = Connection::HeadState;
    static constexpr size_t most_gathered_bytes = size_t{64} * 1024;

    /// Serves a request. Whether there may be another.
    async::Task<bool> serve_one()
    {
        const auto got = co_await m_connection.read_head(m_options.idle_timeout, m_options.head_timeout);
        if (got.state == HeadState::refused) co_return co_await refuse(got.refusal);
        if (got.state == HeadState::failed && got.error == ETIMEDOUT && got.has_begun)
            co_return co_await refuse({408, "the request did not come in time"});
        if (got.state != HeadState::complete) co_return false;

        m_request.m_has_continued = false;
        if (const auto refusal = parse_request(got.head, m_options.limits, m_request.m_head)) co_return co_await refuse(*refusal);
        m_connection.begin_body(m_request.m_head.framing);
        m_response.reset(m_request.m_head, m_date.at(m_loop.now()));
        if constexpr (std::is_void_v<std::invoke_result_t<F&, Request&, Response&>>) m_handler(m_request, m_response);
        else co_await m_handler(m_request, m_response);

        if (m_connection.refusal()) {
            // A response that has begun is broken off: an end of it would say that all was well.
            if (m_response.m_is_committed) co_return co_await end();
            co_return co_await refuse(*m_connection.refusal());
        }
        // What is left of the body, unless it is too much: then the connection ends.
        if (m_request.is_body_withheld() || !co_await drain()) m_response.m_keeps_alive = false;
        if (const auto finished = co_await m_response.finish(); !finished) co_return false;
        if (!m_response.m_keeps_alive) co_return co_await end();
        // Responses to requests that came together leave together, unless they are many.
        if (m_connection.out.size() > most_gathered_bytes) co_return bool{co_await m_connection.flush()};
        co_return true;
    }

    /// Reads what a handler left of the body. Whether that was all of it.
    async::Task<bool> drain()
    {
        for (uint64_t left = m_options.max_drained_bytes; !m_connection.has_body_ended();) {
            std::array<std::byte, 4096> unwanted;
            const auto size = co_await m_connection.read_body(unwanted);
            if (!size || *size > left) co_return false;
            left -= *size;
        }
        co_return true;
    }
    /// Answers what is no request, or none that is served. Ends the connection: nobody knows where the next request begins.
    async::Task<bool> refuse(Refusal refusal)
    {
        m_response.reset({}, m_date.at(m_loop.now()));
        m_response.close_connection();
        m_response.set_status(refusal.status);
        static_cast<void>(m_response.add_field("Content-Type", "text/plain"));
        m_response.set_body(std::string{refusal.reason} + "\n");
        static_cast<void>(co_await m_response.finish());
        co_return co_await end();
    }
    /// Ends the connection so that what was written reaches the client. Closed with bytes unread, it would be reset, and what the client has
    /// not read yet be lost.
    async::Task<bool> end()
    {
        if (!co_await m_connection.flush()) co_return false;
        static_cast<void>(m_connection.stream.socket().finish_writing());
        m_connection.set_deadline(m_options.linger_timeout);
        std::array<std::byte, 4096> unwanted;
        for (;;)
            if (const auto size = co_await m_connection.stream.read(unwanted); !size || *size == 0) co_return false;
    }

    async::Loop& m_loop;
    F& m_handler;
    const ServerOptions& m_options;
    DateCache& m_date;
    Connection m_connection;
    Request m_request;
    Response m_response;
};

template <class F>
async::Task<void> serve_connection(async::Loop& loop, async::Connection connection, F& handler, const ServerOptions& options,
                                   DateCache& date)
{
    ServedConnection<F> served{loop, std::move(connection), handler, options, date};
    co_await served.run();
}

}  // namespace detail

/// Serves HTTP/1.1 and 1.0 on a listening socket: keep-alive, pipelined requests, chunked bodies. What is no request, or beyond the limits, is
/// answered by 4xx or 5xx before a handler sees it. Runs until the listener fails, or the task is destroyed, which ends all connections.
/// @param handler  Called for each request, of many connections by turns; see Handler.
/// @error         Why nothing can be accepted any more.
template <Handler F>
async::Task<Result<void>> serve(async::Loop& loop, net::Listener socket, F handler, ServerOptions options = {})
{
    detail::DateCache date;
    async::Listener listener{loop, std::move(socket)};
    async::Group connections{loop};
    constexpr async::Duration pause = std::chrono::milliseconds{50};
    for (;;) {
        while (connections.size() >= options.max_connections) co_await loop.sleep(pause);
        auto accepted = co_await listener.accept();
        if (accepted) {
            connections.spawn(detail::serve_connection(loop, std::move(*accepted), handler, options, date));
            continue;
        }
        switch (const Error error = accepted.error(); error.code) {
        case ECONNABORTED:
        case EINTR:
        case EPROTO: break;  // that connection is gone
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: co_await loop.sleep(pause); break;  // until connections end
        default: co_return error;
        }
    }
}

}  // namespace weir::http
