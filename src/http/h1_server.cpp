// HTTP/1.1 and 1.0 for one connection of a server. RFC 9112.
#include "http/exchange.hpp"
#include "http/h1_parser.hpp"
#include "http/response_rules.hpp"
#include "http/server_connection.hpp"
#include "http/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace weir::http {

namespace {

class H1Server;

class H1Exchange final : public Exchange {
public:
    H1Exchange(H1Server& server, Worker& worker, std::shared_ptr<const ConnectionInfo> info)
        : Exchange(worker, std::move(info)), m_server(&server)
    {
    }
    bool send_informational(uint16_t status, const Headers& headers) override;
    bool send(ResponseHead head, BodyReader body, Framing framing) override;
    void abort() override;
    /// The connection goes on without it, or is gone.
    void detach() noexcept { m_server = nullptr; }

private:
    H1Server* m_server;
};

// One exchange at a time: pipelined requests wait in the transport. An exchange is over for the connection when its answer has been written and
// its request's body has been read to the end; a body that nobody reads is read and dropped, within bounds.
class H1Server final : public ServerProtocol {
public:
    explicit H1Server(ServerConnection& connection)
        : m_connection(connection), m_worker(connection.worker()), m_limits(m_worker.limits()),
          m_parser(H1Parser::Kind::request, {m_limits.max_header_bytes, m_limits.max_header_count, m_limits.max_target_bytes}),
          m_body_timer(m_worker.loop(), [this] { check_body_progress(); })
    {
    }
    ~H1Server() override
    {
        if (m_exchange) m_exchange->detach();
    }

    size_t on_input(std::string_view input) override;
    void on_input_end(bool is_clean) override;
    void on_output_room() override { pump_response(); }
    void on_failure(ExchangeEnd how) override;
    void on_deadline() override;
    void drain() override;

    // For the exchange.
    bool send_informational(uint16_t status, const Headers& headers);
    bool send(ResponseHead head, BodyReader body, Framing framing);
    void abort(ExchangeEnd how);

private:
    enum class Answer : uint8_t { none, streaming, done };

    void begin_exchange();
    [[nodiscard]] size_t body_room() const;
    bool take_body(std::string_view bytes);
    void want_body();
    void body_is_complete();
    void reject(uint16_t status);
    void check_body_progress();

    void write_head(uint16_t status, const Headers& headers, std::string_view connection_field);
    void pump_response();
    void write_body(std::string_view bytes);
    void answer_is_written();
    void answer_is_cut();
    void next_request();
    void read_what_is_there();
    [[nodiscard]] bool keeps_alive() const { return m_parser.framing().keep_alive && !m_closes_after && !m_worker.is_stopping(); }
    /// Writes no more and ends the connection; the client sees what was written.
    void finish();

    ServerConnection& m_connection;
    Worker& m_worker;
    const ServerLimits& m_limits;
    H1Parser m_parser;
    std::shared_ptr<H1Exchange> m_exchange;
    uint32_t m_requests = 0;
    bool m_is_http_1_0 = false;
    bool m_closes_after = false;  // the connection ends with this exchange
    bool m_is_finished = false;
    bool m_input_ended = false;

    // The request's body.
    BodyWriter m_body;
    bool m_body_is_complete = false;
    bool m_continue_is_due = false;  // the client waits for 100 Continue
    uint64_t m_body_bytes = 0;
    uint64_t m_dropped_bytes = 0;
    Timer m_body_timer;
    uint64_t m_body_bytes_at_check = 0;

    // The answer.
    Answer m_answer = Answer::none;
    BodyReader m_answer_body;
    std::optional<uint64_t> m_answer_left;  // of a declared length
    bool m_is_chunked = false;
    bool m_is_until_close = false;
    std::string m_head;  // kept for its memory
};

bool H1Exchange::send_informational(uint16_t status, const Headers& headers)
{
    return m_server != nullptr && !is_answered() && m_server->send_informational(status, headers);
}
bool H1Exchange::send(ResponseHead head, BodyReader body, Framing framing)
{
    return m_server != nullptr && !is_answered() && m_server->send(std::move(head), std::move(body), framing);
}
void H1Exchange::abort()
{
    if (m_server != nullptr) m_server->abort(ExchangeEnd::aborted);
}

size_t H1Server::on_input(std::string_view input)
{
    size_t used = 0;
    while (!m_is_finished) {
        const std::string_view rest = input.substr(used);
        if (m_exchange && m_body_is_complete) {
            // A pipelined request waits its turn; how much of it is kept is bounded.
            if (rest.size() >= m_limits.max_header_bytes) m_connection.transport().pause_input();
            return used;
        }
        const bool had_begun = m_parser.has_begun();
        const H1Parser::Progress progress = m_parser.step(rest, body_room());
        used += progress.consumed;
        switch (progress.step) {
        case H1Parser::Step::need_more:
            if (!m_exchange && !had_begun && m_parser.has_begun()) m_connection.set_deadline(m_limits.header_timeout);
            if (m_exchange && body_room() == 0) want_body();
            return used;
        case H1Parser::Step::head: begin_exchange(); break;
        case H1Parser::Step::body:
            if (!take_body(progress.body)) return input.size();
            break;
        case H1Parser::Step::complete: body_is_complete(); break;
        case H1Parser::Step::error:
            if (!m_exchange) {
                reject(status_of(m_parser.error()));
            } else {
                m_body.cut(CutReason::malformed);
                m_closes_after = true;
                m_body_timer.clear();
                m_connection.transport().pause_input();
                if (m_answer == Answer::done) finish();
            }
            return input.size();
        }
    }
    return input.size();
}

void H1Server::begin_exchange()
{
    m_connection.clear_deadline();
    const H1Framing& framing = m_parser.framing();
    if (framing.content_length.value_or(0) > m_limits.max_body_bytes) {
        reject(413);
        return;
    }
    ++m_requests;
    m_closes_after = m_limits.max_requests_per_connection != 0 && m_requests >= m_limits.max_requests_per_connection;
    m_exchange = std::make_shared<H1Exchange>(*this, m_worker, m_connection.info());
    Request request;
    request.head = std::move(m_parser.request_head());
    m_is_http_1_0 = request.head.version == Version::http_1_0;
    request.head.scheme = m_connection.info()->tls ? "https" : "http";
    request.id = m_exchange->begin(request.head);
    request.connection = m_connection.info();

    m_answer = Answer::none;
    m_body_is_complete = false;
    m_body_bytes = m_body_bytes_at_check = m_dropped_bytes = 0;
    const bool has_body = framing.is_chunked || framing.content_length.value_or(0) > 0;
    m_continue_is_due = has_body && framing.expects_continue;
    if (has_body) {
        BodyPipe pipe = make_body_pipe(m_worker.loop(), m_limits.body_buffer_bytes, framing.content_length);
        request.body = std::move(pipe.reader);
        m_body = std::move(pipe.writer);
        if (m_continue_is_due) {
            m_body.on_wanted([this] {
                if (!m_continue_is_due || m_answer != Answer::none || m_body.is_reader_gone()) return;
                m_continue_is_due = false;
                m_connection.transport().write("HTTP/1.1 100 Continue\r\n\r\n");
                m_connection.transport().flush();
            });
        }
        m_body_timer.set_after(m_limits.progress_timeout);
    } else {
        m_body_is_complete = true;  // on_input() does not go on into a pipelined request
    }
    m_worker.handler().handle(std::move(request), Responder{m_exchange});
}

size_t H1Server::body_room() const
{
    if (!m_exchange) return 0;
    return m_body.is_reader_gone() ? m_limits.body_buffer_bytes : m_body.room();
}

bool H1Server::take_body(std::string_view bytes)
{
    m_continue_is_due = false;  // it did not wait
    m_body_bytes += bytes.size();
    m_exchange->count_request_body(bytes.size());
    if (m_body_bytes > m_limits.max_body_bytes) {
        m_body.cut(CutReason::too_large);
        m_closes_after = true;
        m_body_timer.clear();
        m_connection.transport().pause_input();
        if (m_answer == Answer::done) finish();
        return false;
    }
    if (!m_body.is_reader_gone()) {
        m_body.write(bytes);
        return true;
    }
    m_dropped_bytes += bytes.size();
    if (m_dropped_bytes <= m_limits.max_unread_body_bytes) return true;
    m_closes_after = true;
    m_body_timer.clear();
    m_connection.transport().pause_input();
    if (m_answer == Answer::done) finish();
    return false;
}

// The buffer is full: the client has to wait for the handler.
void H1Server::want_body()
{
    m_connection.transport().pause_input();
    m_body.on_writable([this] { m_connection.transport().resume_input(); });
}

void H1Server::body_is_complete()
{
    m_body_timer.clear();
    m_body_is_complete = true;
    m_body.finish(std::move(m_parser.trailers()));
    m_body = {};
    if (m_answer == Answer::done) next_request();
}

void H1Server::check_body_progress()
{
    // Only while it is the client that the body waits for.
    const bool is_clients_turn = !m_connection.transport().is_input_paused() && !m_continue_is_due;
    if (!is_clients_turn || m_body_bytes - m_body_bytes_at_check >= m_limits.min_progress_bytes) {
        m_body_bytes_at_check = m_body_bytes;
        m_body_timer.set_after(m_limits.progress_timeout);
        return;
    }
    m_closes_after = true;
    m_body.cut(CutReason::timed_out);
    m_connection.transport().pause_input();
    if (m_answer == Answer::done) finish();
}

void H1Server::on_input_end(bool)
{
    m_input_ended = true;
    if (!m_exchange && m_connection.transport().has_input()) {
        read_what_is_there();
    } else if (!m_exchange) {
        // Between requests that is how connections end; within a head there is nobody left to answer.
        m_is_finished = true;
        m_connection.close();
    } else if (!m_body_is_complete) {
        m_body.cut(CutReason::peer_closed);
        m_body_timer.clear();
        m_closes_after = true;
        if (m_answer == Answer::done) finish();
    }
    // Otherwise the client has only ended its own side, and waits for its answer.
}

void H1Server::on_failure(ExchangeEnd how)
{
    m_is_finished = true;
    m_body_timer.clear();
    m_body.cut(how == ExchangeEnd::timed_out ? CutReason::timed_out
                                             : (how == ExchangeEnd::aborted ? CutReason::shutting_down : CutReason::peer_closed));
    m_answer_body = {};
    if (!m_exchange) return;
    if (m_answer != Answer::done) m_exchange->end(how);
    m_exchange->detach();
}

void H1Server::on_deadline()
{
    if (m_exchange) return;
    if (m_parser.has_begun()) {
        reject(408);
    } else {
        m_is_finished = true;
        m_connection.finish();
    }
}

void H1Server::drain()
{
    // A head that has begun to come is still answered; its deadline bounds the wait.
    if (m_exchange || m_parser.has_begun() || m_is_finished) return;
    m_is_finished = true;
    m_connection.finish();
}

// An answer of the server's own. Nothing more is read: where the next request begins is not known.
void H1Server::reject(uint16_t status)
{
    if (!m_exchange) m_exchange = std::make_shared<H1Exchange>(*this, m_worker, m_connection.info());
    if (status == 0) {
        m_exchange->end(ExchangeEnd::rejected);
        finish();
        return;
    }
    m_exchange->answered(status);
    const std::string body = fmt::format("{} {}\n", status, reason_phrase(status));
    Headers headers{{"Content-Type", "text/plain; charset=utf-8"}, {"Date", http_date()}};
    headers.append("Content-Length", fmt::format_int(body.size()).c_str());
    write_head(status, headers, "close");
    m_connection.transport().write(body);
    m_exchange->end(ExchangeEnd::rejected);
    finish();
}

void H1Server::finish()
{
    m_is_finished = true;
    m_body_timer.clear();
    m_body.cut(CutReason::abandoned);
    m_answer_body = {};
    if (m_exchange) m_exchange->detach();
    m_connection.transport().flush();
    m_connection.finish();
}

void H1Server::abort(ExchangeEnd how)
{
    if (m_answer == Answer::done) return;
    m_exchange->end(how);
    m_exchange->detach();
    m_is_finished = true;
    m_body_timer.clear();
    m_body.cut(CutReason::abandoned);
    m_answer_body = {};
    if (m_answer == Answer::none) m_connection.close();
    else m_connection.reset();
}

bool H1Server::send_informational(uint16_t status, const Headers& headers)
{
    Headers fields = headers;
    if (m_is_http_1_0 || m_is_finished) return false;
    if (!plan_informational(status, fields)) return false;
    if (status == 100) m_continue_is_due = false;
    write_head(status, fields, {});
    m_connection.transport().flush();
    return true;
}

bool H1Server::send(ResponseHead head, BodyReader body, Framing framing)
{
    const auto plan = plan_response(head, body, m_exchange->method(), framing, m_worker.shared().options.server_header);
    if (!plan) {
        abort(ExchangeEnd::aborted);
        return false;
    }
    m_answer = Answer::streaming;
    m_exchange->answered(head.status);
    m_answer_left = plan->has_body ? plan->length : std::optional<uint64_t>{0};
    m_is_chunked = plan->has_body && !plan->length && !m_is_http_1_0;
    m_is_until_close = plan->has_body && !plan->length && m_is_http_1_0;
    // Whoever waits for 100 Continue and gets this may send the body or not: what comes next could be either.
    m_closes_after |= plan->wants_close || m_is_until_close || m_continue_is_due;
    m_answer_body = plan->has_body ? std::move(body) : BodyReader{};
    if (m_is_chunked) head.headers.append("Transfer-Encoding", "chunked");
    const bool keeps = keeps_alive();
    write_head(head.status, head.headers, keeps ? (m_is_http_1_0 ? "keep-alive" : "") : "close");
    if (!keeps) m_closes_after = true;
    pump_response();
    return true;
}

void H1Server::write_head(uint16_t status, const Headers& headers, std::string_view connection_field)
{
    m_head.clear();
    fmt::format_to(std::back_inserter(m_head), "HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
    for (const auto& [name, value] : headers) m_head.append(name).append(": ").append(value).append("\r\n");
    if (!connection_field.empty()) m_head.append("Connection: ").append(connection_field).append("\r\n");
    m_head.append("\r\n");
    m_connection.transport().write(m_head);
}

void H1Server::pump_response()
{
    if (m_answer != Answer::streaming || m_is_finished) return;
    Transport& transport = m_connection.transport();
    for (;;) {
        const size_t room = transport.output_room();
        std::string_view bytes = m_answer_body.readable();
        if (bytes.empty() || m_answer_left == uint64_t{0}) break;
        if (room == 0) {
            transport.flush();
            if (transport.output_room() == 0) return;  // on_output_room()
            continue;
        }
        bytes = bytes.substr(0, room);
        if (m_answer_left) bytes = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(*m_answer_left, bytes.size())));
        write_body(bytes);
        m_answer_body.consume(bytes.size());
    }
    if (m_answer_left == uint64_t{0}) {
        // What is more than was declared cannot be sent; only this connection's end can say so.
        if (!m_answer_body.readable().empty()) answer_is_cut();
        else answer_is_written();
    } else if (m_answer_body.is_complete()) {
        if (m_answer_left) answer_is_cut();  // less than was declared
        else answer_is_written();
    } else if (m_answer_body.cut()) {
        answer_is_cut();
    } else {
        transport.flush();
        m_answer_body.on_readable([this] { pump_response(); });
    }
}

void H1Server::write_body(std::string_view bytes)
{
    Transport& transport = m_connection.transport();
    if (m_is_chunked) transport.write(fmt::format("{:x}\r\n", bytes.size()));
    transport.write(bytes);
    if (m_is_chunked) transport.write("\r\n");
    m_exchange->count_response_body(bytes.size());
    if (m_answer_left) *m_answer_left -= bytes.size();
}

void H1Server::answer_is_written()
{
    Transport& transport = m_connection.transport();
    if (m_is_chunked) {
        std::string end = "0\r\n";
        for (const auto& [name, value] : m_answer_body.trailers()) {
            if (is_valid_header_name(name) && is_valid_header_value(value) && !is_forbidden_trailer(name)) {
                end.append(name).append(": ").append(value).append("\r\n");
            }
        }
        transport.write(end.append("\r\n"));
    }
    m_answer = Answer::done;
    m_answer_body = {};
    transport.flush();
    m_exchange->end(ExchangeEnd::complete);
    if (m_closes_after) finish();
    else if (m_body_is_complete) next_request();
    // Otherwise the rest of the request's body is read first.
}

void H1Server::answer_is_cut()
{
    m_exchange->end(ExchangeEnd::cut);
    m_answer = Answer::done;
    if (m_is_until_close) {
        // An orderly end would look like the body's.
        m_is_finished = true;
        m_exchange->detach();
        m_body.cut(CutReason::abandoned);
        m_answer_body = {};
        m_connection.reset();
    } else {
        finish();
    }
}

void H1Server::next_request()
{
    if (m_worker.is_stopping()) {
        finish();
        return;
    }
    m_exchange->detach();
    m_exchange.reset();
    m_body_is_complete = false;
    m_parser.begin();
    m_connection.set_deadline(m_limits.idle_timeout);
    if (m_input_ended) read_what_is_there();
    else m_connection.transport().resume_input();
}

// Requests that came before the client ended its side.
void H1Server::read_what_is_there()
{
    m_connection.transport().resume_input();
    m_worker.loop().defer([weak = m_connection.weak_from_this(), this] {
        const auto connection = weak.lock();
        if (connection && !m_is_finished && !m_exchange) finish();
    });
}

}  // namespace

std::unique_ptr<ServerProtocol> make_h1_server(ServerConnection& connection) { return std::make_unique<H1Server>(connection); }

}  // namespace weir::http
