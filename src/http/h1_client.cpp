// HTTP/1.1 on a connection to an origin, one request at a time. RFC 9112.
#include "http/client_connection.hpp"
#include "http/h1_parser.hpp"
#include "http/request_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir::http {

namespace {

using Kind = ClientError::Kind;

class H1Client final : public ClientProtocol {
public:
    explicit H1Client(ClientConnection& connection)
        : m_connection(connection), m_options(connection.options()),
          m_parser(H1Parser::Kind::response, {m_options.max_header_bytes, m_options.max_header_count, m_options.max_header_bytes}),
          m_timer(connection.loop(), [this] { timed_out(); })
    {
    }

    [[nodiscard]] bool has_room() const override { return m_phase == Phase::idle && !m_is_over; }
    [[nodiscard]] bool is_idle() const override { return m_phase == Phase::idle; }
    [[nodiscard]] bool speaks_http1() const override { return true; }
    void start(const RequestPtr& request) override;
    void cancel(RequestState& request) override;

    size_t on_input(std::string_view input) override;
    void on_input_end(bool is_clean) override;
    void on_output_room() override { pump_request(); }
    void on_failure(const ClientError& error) override;

private:
    enum class Phase : uint8_t { idle, waiting, reading };  // for the head, then of the body

    void write_head();
    void pump_request();
    void request_is_sent();
    void wait_for_head();
    void head_is_here();
    void body_was_consumed();
    void response_is_complete(bool is_all);
    void timed_out();
    void fail(const ClientError& error);
    void end_early(CutReason reason);
    void close();

    ClientConnection& m_connection;
    const OriginOptions& m_options;
    H1Parser m_parser;
    Phase m_phase = Phase::idle;
    RequestPtr m_request;  // until its answer's head is here
    std::string m_method;
    bool m_is_over = false;

    BodyReader m_request_body;
    std::optional<uint64_t> m_request_left;
    bool m_is_chunked = false;
    bool m_is_sent = false;

    bool m_got_byte = false;
    BodyWriter m_body;
    Timer m_timer;  // for the first byte, then between bytes
};

void H1Client::start(const RequestPtr& request)
{
    m_request = request;
    request->running_on = this;
    m_phase = Phase::waiting;
    m_got_byte = false;
    m_is_sent = false;
    m_method = request->request.method;
    m_parser.begin(m_method == "HEAD");
    write_head();
    m_request_body = std::move(request->request.body);
    pump_request();
}

void H1Client::write_head()
{
    const ClientRequest& request = m_request->request;
    const RequestPlan& plan = m_request->plan;
    m_request_left = plan.length;
    m_is_chunked = !plan.length;
    std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, request.authority);
    for (const auto& [name, value] : request.headers) head.append(name).append(": ").append(value).append("\r\n");
    if (m_is_chunked) head += "Transfer-Encoding: chunked\r\n";
    else if (plan.says_length) head += fmt::format("Content-Length: {}\r\n", *plan.length);
    if (plan.takes_trailers) head += "TE: trailers\r\n";
    if (plan.takes_trailers && m_options.keep_alive) head += "Connection: TE\r\n";
    else if (!m_options.keep_alive) head += plan.takes_trailers ? "Connection: TE, close\r\n" : "Connection: close\r\n";
    m_connection.transport().write(head.append("\r\n"));
}

void H1Client::pump_request()
{
    if (m_phase == Phase::idle || m_is_sent || m_is_over) return;
    Transport& transport = m_connection.transport();
    for (;;) {
        std::string_view bytes = m_request_body.readable();
        if (bytes.empty() || m_request_left == uint64_t{0}) break;
        const size_t room = transport.output_room();
        if (room == 0) {
            transport.flush();
            if (transport.output_room() > 0) continue;
            if (m_phase == Phase::waiting) wait_for_head();  // the origin has to take it
            return;
        }
        bytes = bytes.substr(0, room);
        if (m_request_left) bytes = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(*m_request_left, bytes.size())));
        if (m_is_chunked) transport.write(fmt::format("{:x}\r\n", bytes.size()));
        transport.write(bytes);
        if (m_is_chunked) transport.write("\r\n");
        if (m_request_left) *m_request_left -= bytes.size();
        if (m_request) m_request->body_was_taken = true;
        m_request_body.consume(bytes.size());
    }
    const bool is_declared_done = m_request_left == uint64_t{0};
    if (is_declared_done ? m_request_body.readable().empty() : (m_request_body.is_complete() && !m_request_left)) {
        request_is_sent();
    } else if (is_declared_done || m_request_body.is_ready()) {
        // Cut, or not as long as it was declared. Only the connection's end tells the origin.
        transport.flush();
        if (m_phase == Phase::waiting) fail(m_connection.error(Kind::request_body_cut, "the request's body was cut"));
        else end_early(CutReason::peer_closed);
    } else {
        transport.flush();
        if (m_phase == Phase::waiting) m_timer.clear();  // it is not the origin that lets wait
        m_request_body.on_readable([this] { pump_request(); });
    }
}

void H1Client::request_is_sent()
{
    Transport& transport = m_connection.transport();
    if (m_is_chunked) {
        std::string end = "0\r\n";
        for (const auto& [name, value] : m_request_body.trailers()) {
            if (is_valid_header_name(name) && is_valid_header_value(value) && !is_forbidden_trailer(name)) {
                end.append(name).append(": ").append(value).append("\r\n");
            }
        }
        transport.write(end.append("\r\n"));
    }
    m_is_sent = true;
    m_request_body = {};
    transport.flush();
    if (m_phase == Phase::waiting) wait_for_head();
}

void H1Client::wait_for_head()
{
    if (m_options.first_byte_timeout.count() > 0) m_timer.set_after(m_options.first_byte_timeout);
}

size_t H1Client::on_input(std::string_view input)
{
    if (m_phase == Phase::idle) {
        // Nobody asked. Whoever is asked next must not get this for an answer.
        close();
        return input.size();
    }
    size_t used = 0;
    m_got_byte = true;
    while (!m_is_over && m_phase != Phase::idle) {
        const size_t room = m_phase == Phase::reading ? m_body.room() : 0;
        const H1Parser::Progress progress = m_parser.step(input.substr(used), room);
        used += progress.consumed;
        switch (progress.step) {
        case H1Parser::Step::need_more:
            if (m_phase == Phase::reading && m_body.room() == 0) {
                m_timer.clear();
                m_connection.transport().pause_input();
            }
            return used;
        case H1Parser::Step::head: head_is_here(); break;
        case H1Parser::Step::body:
            m_body.write(progress.body);
            if (m_options.between_bytes_timeout.count() > 0) m_timer.set_after(m_options.between_bytes_timeout);
            break;
        case H1Parser::Step::complete:
            if (m_phase == Phase::waiting) m_parser.begin(m_method == "HEAD");  // 1xx
            else response_is_complete(used == input.size());
            break;
        case H1Parser::Step::error:
            if (m_phase == Phase::reading) {
                end_early(CutReason::malformed);
            } else if (m_parser.error() == H1Error::header_too_large || m_parser.error() == H1Error::target_too_long) {
                fail(m_connection.error(Kind::response_header_too_large, "the answer's head is too large"));
            } else {
                fail(m_connection.error(Kind::response_malformed, "the answer is not valid HTTP"));
            }
            return input.size();
        }
    }
    return m_is_over ? input.size() : used;
}

void H1Client::head_is_here()
{
    if (m_parser.response_head().status < 200) return;
    const H1Framing& framing = m_parser.framing();
    Response response;
    response.head = std::move(m_parser.response_head());
    response.remote = m_connection.remote();
    BodyPipe pipe =
        make_body_pipe(m_connection.loop(), m_options.body_buffer_bytes,
                       m_method == "HEAD" || framing.is_chunked || response.head.status == 204 || response.head.status == 304
                           ? std::nullopt
                           : framing.content_length);
    response.body = std::move(pipe.reader);
    m_body = std::move(pipe.writer);
    m_body.on_consumed([this] { body_was_consumed(); });
    m_phase = Phase::reading;
    m_timer.clear();
    if (m_options.between_bytes_timeout.count() > 0) m_timer.set_after(m_options.between_bytes_timeout);
    std::exchange(m_request, nullptr)->finish(std::move(response));
}

void H1Client::body_was_consumed()
{
    if (m_phase != Phase::reading) return;
    if (m_body.is_reader_gone()) {
        // Nobody wants the rest. Reading it would take as long as the origin likes.
        end_early(CutReason::abandoned);
        return;
    }
    if (!m_connection.transport().is_input_paused() || m_body.room() == 0) return;
    if (m_options.between_bytes_timeout.count() > 0) m_timer.set_after(m_options.between_bytes_timeout);
    m_connection.transport().resume_input();
}

void H1Client::response_is_complete(bool is_all)
{
    m_timer.clear();
    m_body.finish(std::move(m_parser.trailers()));
    m_body = {};
    // An origin that answers before it has read all wants no more of it; what it did read is not known.
    // More bytes than the answer has would be taken for the next one.
    const bool is_reusable = m_parser.framing().keep_alive && m_is_sent && is_all;
    m_request_body = {};
    m_phase = Phase::idle;
    m_parser.begin();
    if (is_reusable) m_connection.request_is_over();
    else close();
}

void H1Client::on_input_end(bool is_clean)
{
    if (m_phase == Phase::idle) {
        close();
    } else if (m_phase == Phase::waiting) {
        if (m_parser.has_begun())
            fail(m_connection.error(Kind::response_incomplete, "the connection ended within the answer's head"));
        else fail(m_connection.error(Kind::connection_terminated, "the connection ended without an answer"));
    } else if (is_clean && m_parser.framing().until_close && m_parser.finish()) {
        response_is_complete(true);
    } else {
        end_early(CutReason::peer_closed);
    }
}

void H1Client::on_failure(const ClientError& error)
{
    if (m_is_over) return;
    if (m_phase == Phase::waiting) fail(error);
    else end_early(error.kind == Kind::cancelled ? CutReason::shutting_down : CutReason::peer_closed);
}

void H1Client::timed_out()
{
    if (m_phase == Phase::waiting) fail(m_connection.error(Kind::response_timeout, "no answer came in time"));
    else if (m_phase == Phase::reading) end_early(CutReason::timed_out);
}

void H1Client::cancel(RequestState&)
{
    m_request = nullptr;
    close();
}

// The request has no answer. It is tried once more if the connection turned out to have been closed before it.
void H1Client::fail(const ClientError& error)
{
    const RequestPtr request = std::exchange(m_request, nullptr);
    const bool may_retry = error.kind == Kind::connection_terminated && m_connection.is_reused() && !m_got_byte && request &&
                           !request->was_retried && !request->body_was_taken && is_idempotent(m_method);
    if (may_retry) {
        m_request_body.on_readable(nullptr);
        request->request.body = std::move(m_request_body);
        request->running_on = nullptr;
    }
    const std::shared_ptr<Pool> pool = may_retry ? request->pool : nullptr;
    close();
    if (may_retry) pool->retry(request);
    else if (request) request->finish(Unexpected{error});
}

void H1Client::end_early(CutReason reason)
{
    m_body.cut(reason);
    close();
}

void H1Client::close()
{
    m_is_over = true;
    m_phase = Phase::idle;
    m_timer.clear();
    m_body.cut(CutReason::peer_closed);
    m_body = {};
    m_request_body = {};
    m_connection.close();
}

}  // namespace

std::unique_ptr<ClientProtocol> make_h1_client(ClientConnection& connection) { return std::make_unique<H1Client>(connection); }

}  // namespace weir::http
