// HTTP/2 for one connection of a server. RFC 9113. Frames, HPACK, flow control and most rules for messages are nghttp2's; here are exchanges, bodies,
// and limits on what a client can do in excess.
#include "http/exchange.hpp"
#include "http/h2_session.hpp"
#include "http/response_rules.hpp"
#include "http/server_connection.hpp"
#include "http/url.hpp"
#include "http/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace weir::http {

namespace {

// Of all streams of a connection together: bytes that came and that no handler has taken.
constexpr int32_t connection_window_bytes = 1024 * 1024;
// So long, and a handler's turn, an answer may wait for those of requests that came together with its own.
constexpr std::chrono::milliseconds longest_gathering{1};

/// Allows `burst` at once and `rate_per_s` in the long run.
class TokenBucket {
public:
    TokenBucket(uint32_t burst, uint32_t rate_per_s) : m_burst(burst), m_rate_per_s(rate_per_s), m_tokens(burst) {}
    [[nodiscard]] bool take()
    {
        const auto now = Clock::now();
        const std::chrono::duration<double> passed = now - m_refilled;
        m_refilled = now;
        m_tokens = std::min(static_cast<double>(m_burst), m_tokens + passed.count() * m_rate_per_s);
        if (m_tokens < 1) return false;
        m_tokens -= 1;
        return true;
    }

private:
    uint32_t m_burst;
    double m_rate_per_s;
    double m_tokens;
    Clock::time_point m_refilled = Clock::now();
};

class H2Server;

// An exchange and its stream.
class H2Exchange final : public Exchange {
public:
    H2Exchange(H2Server& server, Worker& worker, std::shared_ptr<const ConnectionInfo> info, int32_t id)
        : Exchange(worker, std::move(info)), m_server(&server), m_stream(id)
    {
    }
    bool send_informational(uint16_t status, const Headers& headers) override;
    bool send(ResponseHead head, BodyReader body, Framing framing) override;
    void abort() override;

private:
    friend class H2Server;

    H2Server* m_server;  // null when the stream is closed
    const int32_t m_stream;

    // The request while it comes.
    RequestHead m_head;
    std::string m_host;  // the field, beside :authority
    size_t m_header_bytes = 0;
    size_t m_header_count = 0;
    bool m_is_too_large = false;
    bool m_head_is_complete = false;
    Headers m_trailers;
    BodyWriter m_body;
    bool m_body_is_complete = false;
    bool m_continue_is_due = false;
    uint64_t m_received = 0;
    uint64_t m_given_back = 0;  // to the flow-control windows
    uint64_t m_received_at_check = 0;

    // The answer.
    BodyReader m_answer;
    std::optional<uint64_t> m_answer_left;
    bool m_is_streaming = false;
    bool m_is_cut = false;  // by its writer
    bool m_is_sent = false;
    uint64_t m_sent = 0;
    uint64_t m_sent_at_check = 0;
};
using ExchangePtr = std::shared_ptr<H2Exchange>;

class H2Server final : public ServerProtocol {
public:
    explicit H2Server(ServerConnection& connection);
    ~H2Server() override;

    size_t on_input(std::string_view input) override;
    void on_input_end(bool is_clean) override;
    void on_output_room() override { pump(); }
    void on_failure(ExchangeEnd how) override;
    void on_deadline() override;
    void drain() override;

    // For exchanges.
    bool send_informational(H2Exchange& exchange, uint16_t status, const Headers& headers);
    bool send(H2Exchange& exchange, ResponseHead head, BodyReader body, Framing framing);
    void abort(H2Exchange& exchange);

private:
    static H2Callbacks callbacks();
    friend struct H2Events<H2Server>;
    static H2Server& self(void* user) { return H2Events<H2Server>::self(user); }
    H2Exchange* find(int32_t stream);

    int begin_frame(const nghttp2_frame_hd& header);
    int begin_head(const nghttp2_frame& frame);
    int add_field(const nghttp2_frame& frame, std::string_view name, std::string_view value);
    int frame_received(const nghttp2_frame& frame);
    int data_received(int32_t stream, std::string_view bytes);
    int stream_closed(int32_t stream, uint32_t error_code);
    int frame_sent(const nghttp2_frame& frame);
    ssize_t read_answer(H2Exchange& exchange, uint8_t* to, size_t size, uint32_t& flags);

    void head_is_complete(H2Exchange& exchange, bool is_last);
    void call_handlers();
    [[nodiscard]] uint16_t check_head(H2Exchange& exchange) const;
    void body_is_complete(H2Exchange& exchange);
    void give_back(H2Exchange& exchange);
    void reject(H2Exchange& exchange, uint16_t status);
    void reset(H2Exchange& exchange, uint32_t code);

    void pump();
    void pump_later();
    void pump_soon();
    void close_if_done();
    void arm_deadlines();
    void check_progress();

    ServerConnection& m_connection;
    Worker& m_worker;
    const ServerLimits& m_limits;
    H2Session m_session;
    std::unordered_map<int32_t, ExchangePtr> m_streams;
    std::vector<std::pair<Request, ExchangePtr>> m_to_handle;  // read, and not yet given to the handler
    bool m_others_are_to_be_handled = false;                   // behind the one whose handler runs
    bool m_is_in_nghttp2 = false;                              // which then must not be called
    int32_t m_last_stream = 0;
    std::array<int32_t, 64> m_reset_streams{};  // by us, the latest
    size_t m_resets = 0;
    TokenBucket m_control_frames;
    Timer m_progress_timer;
    Clock::time_point m_head_began = Clock::time_point::max();  // of a head that has not come in full
    uint64_t m_requests = 0;
    bool m_is_draining = false;
    bool m_is_over = false;
    bool m_pump_is_scheduled = false;
};

bool H2Exchange::send_informational(uint16_t status, const Headers& headers)
{
    return m_server != nullptr && !is_answered() && m_server->send_informational(*this, status, headers);
}
bool H2Exchange::send(ResponseHead head, BodyReader body, Framing framing)
{
    return m_server != nullptr && !is_answered() && m_server->send(*this, std::move(head), std::move(body), framing);
}
void H2Exchange::abort()
{
    if (m_server != nullptr) m_server->abort(*this);
}

H2Callbacks H2Server::callbacks()
{
    H2Callbacks made = H2Events<H2Server>::callbacks();
    nghttp2_session_callbacks* c = made.get();
    nghttp2_session_callbacks_set_on_begin_frame_callback(
        c, [](nghttp2_session*, const nghttp2_frame_hd* header, void* user) { return self(user).begin_frame(*header); });
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        c, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return self(user).begin_head(*frame); });
    return made;
}

H2Server::H2Server(ServerConnection& connection)
    : m_connection(connection), m_worker(connection.worker()), m_limits(m_worker.limits()),
      m_control_frames(m_limits.max_control_frames, 100), m_progress_timer(m_worker.loop(), [this] { check_progress(); })
{
    static const H2Callbacks shared = callbacks();
    const H2Option option = make_h2_option();
    // Windows open as handlers take what came, and not as it comes.
    nghttp2_option_set_no_auto_window_update(option.get(), 1);
    nghttp2_option_set_stream_reset_rate_limit(option.get(), m_limits.max_resets, 50);
    nghttp2_option_set_max_send_header_block_length(option.get(), size_t{256} * 1024);
    nghttp2_session* session = nullptr;
    nghttp2_session_server_new2(&session, shared.get(), this, option.get());
    m_session.reset(session);
    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, m_limits.max_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, m_limits.body_buffer_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, m_limits.max_header_bytes},
    }};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, connection_window_bytes);
    m_connection.set_deadline(m_limits.header_timeout);
    pump_later();
}

H2Server::~H2Server()
{
    if (!m_is_over) on_failure(ExchangeEnd::aborted);
}

H2Exchange* H2Server::find(int32_t stream)
{
    const auto found = m_streams.find(stream);
    return found == m_streams.end() ? nullptr : found->second.get();
}

size_t H2Server::on_input(std::string_view input)
{
    if (m_is_over) return input.size();
    m_is_in_nghttp2 = true;
    const ssize_t taken = nghttp2_session_mem_recv(m_session.get(), reinterpret_cast<const uint8_t*>(input.data()), input.size());
    m_is_in_nghttp2 = false;
    if (taken < 0) {
        // What nghttp2 does not answer by itself with GOAWAY: no preface, or a callback's refusal.
        nghttp2_session_terminate_session(m_session.get(), taken == NGHTTP2_ERR_CALLBACK_FAILURE ? NGHTTP2_ENHANCE_YOUR_CALM
                                                                                                 : NGHTTP2_PROTOCOL_ERROR);
    }
    call_handlers();
    pump();
    if (taken < 0 && !m_is_over) {
        on_failure(ExchangeEnd::client_gone);
        m_connection.finish();
    }
    return input.size();
}

void H2Server::on_input_end(bool)
{
    // Without the client's WINDOW_UPDATE and RST_STREAM nothing can go on in an orderly way.
    if (m_is_over) return;
    on_failure(ExchangeEnd::client_gone);
    m_connection.finish();
}

void H2Server::on_failure(ExchangeEnd how)
{
    m_is_over = true;
    m_progress_timer.clear();
    const CutReason reason = how == ExchangeEnd::timed_out ? CutReason::timed_out
                           : how == ExchangeEnd::aborted   ? CutReason::shutting_down
                                                           : CutReason::peer_closed;
    for (const auto& [stream, exchange] : std::exchange(m_streams, {})) {
        exchange->m_body.cut(reason);
        exchange->m_answer = {};
        exchange->m_server = nullptr;
        if (exchange->m_head_is_complete) exchange->end(how);
    }
}

void H2Server::on_deadline()
{
    if (m_is_over) return;
    m_is_draining = true;
    nghttp2_session_terminate_session(m_session.get(), NGHTTP2_NO_ERROR);
    pump();
}

void H2Server::drain()
{
    if (m_is_over || std::exchange(m_is_draining, true)) return;
    nghttp2_submit_goaway(m_session.get(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(m_session.get()),
                          NGHTTP2_NO_ERROR, nullptr, 0);
    pump_later();
}

// nghttp2 passes over a head on a stream that is closed, or that was skipped. RFC 9113, 5.1 and 5.1.1, want the connection ended, except
// where we reset the stream and the client could not know yet.
int H2Server::begin_frame(const nghttp2_frame_hd& header)
{
    if (header.type != NGHTTP2_HEADERS) return 0;
    if (header.stream_id > m_last_stream) {
        m_last_stream = header.stream_id;
        return 0;
    }
    if (find(header.stream_id) != nullptr || std::ranges::find(m_reset_streams, header.stream_id) != m_reset_streams.end())
        return 0;
    nghttp2_session_terminate_session(m_session.get(), NGHTTP2_STREAM_CLOSED);
    return 0;
}

int H2Server::begin_head(const nghttp2_frame& frame)
{
    m_head_began = Clock::now();
    if (frame.hd.type != NGHTTP2_HEADERS || frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    m_streams.emplace(frame.hd.stream_id, std::make_shared<H2Exchange>(*this, m_worker, m_connection.info(), frame.hd.stream_id));
    m_connection.clear_deadline();
    arm_deadlines();
    return 0;
}

int H2Server::add_field(const nghttp2_frame& frame, std::string_view name, std::string_view value)
{
    H2Exchange* exchange = find(frame.hd.stream_id);
    if (exchange == nullptr) return 0;
    // RFC 9113, 6.5.2: each field counts 32 bytes more than it has.
    exchange->m_header_bytes += name.size() + value.size() + 32;
    ++exchange->m_header_count;
    if (exchange->m_header_bytes > m_limits.max_header_bytes || exchange->m_header_count > m_limits.max_header_count + size_t{4}) {
        exchange->m_is_too_large = true;
        // A few indexed bytes can stand for a large field. Who goes far beyond the limit wants the work done, not an answer.
        if (exchange->m_header_bytes > 4 * size_t{m_limits.max_header_bytes}) return NGHTTP2_ERR_CALLBACK_FAILURE;
        return 0;
    }
    if (exchange->m_head_is_complete) {
        if (!is_forbidden_trailer(name)) exchange->m_trailers.append(name, value);
        return 0;
    }
    RequestHead& head = exchange->m_head;
    if (name == ":method") head.method = value;
    else if (name == ":scheme") head.scheme = value;
    else if (name == ":authority") head.authority = value;
    else if (name == ":path") head.target = value;
    else head.headers.append(name, value);
    return 0;
}

int H2Server::frame_received(const nghttp2_frame& frame)
{
    const bool is_last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
        m_head_began = Clock::time_point::max();
        if (H2Exchange* exchange = find(frame.hd.stream_id)) {
            if (!exchange->m_head_is_complete) head_is_complete(*exchange, is_last);
            else if (is_last) body_is_complete(*exchange);
        }
        return 0;
    case NGHTTP2_DATA:
        if (is_last) {
            if (H2Exchange* exchange = find(frame.hd.stream_id)) body_is_complete(*exchange);
            return 0;
        }
        if (frame.hd.length > 0) return 0;
        break;
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PRIORITY: break;
    default: return 0;
    }
    // Frames that cost the client nothing.
    return m_control_frames.take() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/// The status with which a request is refused, or 0.
uint16_t H2Server::check_head(H2Exchange& exchange) const
{
    RequestHead& head = exchange.m_head;
    if (exchange.m_is_too_large) return 431;
    if (head.target.size() > m_limits.max_target_bytes) return 414;
    if (!is_token(head.method) || head.method.size() > 64) return 400;
    if (head.method == "CONNECT") return 501;
    if (!is_valid_path_and_query(head.target) && (head.target != "*" || head.method != "OPTIONS")) return 400;
    const size_t hosts = head.headers.count("host");
    if (hosts > 1) return 400;
    if (hosts == 1) {
        const std::string host{*head.headers.find("host")};
        if (head.authority.empty()) head.authority = host;
        else if (!equals_ignoring_case(host, head.authority)) return 400;
    }
    if (!parse_authority(head.authority)) return 400;
    for (const auto& [name, value] : head.headers) {
        if (!is_valid_header_value(value)) return 400;
    }
    return 0;
}

void H2Server::head_is_complete(H2Exchange& exchange, bool is_last)
{
    exchange.m_head_is_complete = true;
    exchange.m_header_bytes = exchange.m_header_count = 0;  // trailers are counted anew
    RequestHead& head = exchange.m_head;
    head.version = Version::http_2;
    const uint16_t refused_with = check_head(exchange);
    const auto length = parse_content_length(head.headers.find("content-length").value_or(""));
    if (refused_with != 0 || length.value_or(0) > m_limits.max_body_bytes) {
        reject(exchange, refused_with != 0 ? refused_with : 413);
        return;
    }
    // RFC 9113, 8.2.3: a cookie may come in pieces, which only HTTP/2 puts together again.
    if (head.headers.count("cookie") > 1) {
        std::string cookie;
        for (const auto& [name, value] : head.headers) {
            if (equals_ignoring_case(name, "cookie")) cookie.append(cookie.empty() ? "" : "; ").append(value);
        }
        head.headers.set("cookie", cookie);
    }
    ++m_requests;
    const ExchangePtr keep = m_streams[exchange.m_stream];
    Request request;
    request.id = exchange.begin(head);
    exchange.m_continue_is_due = !is_last && has_element(head.headers, "expect", "100-continue");
    request.head = std::move(head);
    // What the client says of the scheme is not what was used.
    request.head.scheme = m_connection.info()->tls ? "https" : "http";
    request.connection = m_connection.info();
    if (is_last) {
        exchange.m_body_is_complete = true;
    } else {
        BodyPipe pipe = make_body_pipe(m_worker.loop(), m_limits.body_buffer_bytes, length);
        request.body = std::move(pipe.reader);
        exchange.m_body = std::move(pipe.writer);
        exchange.m_body.on_consumed([this, at = &exchange] { give_back(*at); });
        if (exchange.m_continue_is_due) {
            exchange.m_body.on_wanted([this, at = &exchange] {
                if (std::exchange(at->m_continue_is_due, false) && !at->is_answered()) send_informational(*at, 100, {});
            });
        }
    }
    if (m_limits.max_requests_per_connection != 0 && m_requests >= m_limits.max_requests_per_connection) drain();
    m_to_handle.emplace_back(std::move(request), keep);
}

// Once nghttp2 is done with the input: a handler may run on for long after it has answered, and its answer is not to wait for that.
void H2Server::call_handlers()
{
    auto requests = std::exchange(m_to_handle, {});
    auto pumped = Clock::now();
    for (size_t i = 0; i < requests.size(); ++i) {
        auto& [request, exchange] = requests[i];
        if (exchange->m_server == nullptr) continue;  // the client has taken it back
        m_others_are_to_be_handled = i + 1 < requests.size();
        m_worker.handler().handle(std::move(request), Responder{exchange});
        if (!m_others_are_to_be_handled || Clock::now() - pumped < longest_gathering) continue;
        pump();
        pumped = Clock::now();
    }
    m_others_are_to_be_handled = false;
}

int H2Server::data_received(int32_t stream, std::string_view bytes)
{
    H2Exchange* exchange = find(stream);
    if (exchange == nullptr) {
        nghttp2_session_consume_connection(m_session.get(), bytes.size());
        return 0;
    }
    exchange->m_continue_is_due = false;
    exchange->m_received += bytes.size();
    exchange->count_request_body(bytes.size());
    if (exchange->m_received > m_limits.max_body_bytes) {
        exchange->m_body.cut(CutReason::too_large);
        reset(*exchange, NGHTTP2_CANCEL);
        return 0;
    }
    // The windows let no more come than there is room for.
    exchange->m_body.write(bytes);
    if (exchange->m_body.is_reader_gone()) give_back(*exchange);
    return 0;
}

// Opens the windows by what the handler has taken; by all of it when nobody takes any more.
void H2Server::give_back(H2Exchange& exchange)
{
    const bool is_gone = exchange.m_body.is_reader_gone();
    const uint64_t taken = is_gone ? exchange.m_received : exchange.m_body.consumed_bytes();
    const auto count = static_cast<size_t>(taken - std::exchange(exchange.m_given_back, taken));
    // With the answer sent and much of the request unwanted, the client is told to stop. RFC 9113, 8.1. Not sooner: curl 7.88 loses an answer
    // that a reset follows.
    if (is_gone && exchange.m_is_sent && !exchange.m_body_is_complete && exchange.m_received > m_limits.max_unread_body_bytes) {
        nghttp2_session_consume_connection(m_session.get(), count);
        reset(exchange, NGHTTP2_NO_ERROR);
        return;
    }
    nghttp2_session_consume(m_session.get(), exchange.m_stream, count);
    pump_later();
}

void H2Server::body_is_complete(H2Exchange& exchange)
{
    if (std::exchange(exchange.m_body_is_complete, true)) return;
    if (exchange.m_is_too_large) exchange.m_body.cut(CutReason::too_large);
    exchange.m_body.finish(std::move(exchange.m_trailers));
}

int H2Server::stream_closed(int32_t stream, uint32_t error_code)
{
    const auto found = m_streams.find(stream);
    if (found == m_streams.end()) return 0;
    const ExchangePtr exchange = std::move(found->second);
    m_streams.erase(found);
    const auto left = static_cast<size_t>(exchange->m_received - exchange->m_given_back);
    if (left > 0) nghttp2_session_consume_connection(m_session.get(), left);
    exchange->m_server = nullptr;
    exchange->m_body.cut(CutReason::peer_closed);
    // Callbacks of its end are on this object, which may outlive the stream.
    exchange->m_body = {};
    exchange->m_answer = {};
    if (exchange->m_head_is_complete) {
        if (exchange->m_is_cut) exchange->end(ExchangeEnd::cut);
        else
            exchange->end(error_code == NGHTTP2_NO_ERROR && exchange->m_is_sent ? ExchangeEnd::complete : ExchangeEnd::client_gone);
    }
    m_head_began = Clock::time_point::max();
    arm_deadlines();
    pump_later();
    return 0;
}

int H2Server::frame_sent(const nghttp2_frame& frame)
{
    if (frame.hd.type != NGHTTP2_DATA && frame.hd.type != NGHTTP2_HEADERS) return 0;
    if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    H2Exchange* exchange = find(frame.hd.stream_id);
    if (exchange == nullptr) return 0;
    exchange->m_is_sent = true;
    exchange->m_is_streaming = false;
    if (!exchange->m_is_cut) exchange->end(ExchangeEnd::complete);
    return 0;
}

void H2Server::reset(H2Exchange& exchange, uint32_t code)
{
    m_reset_streams[m_resets++ % m_reset_streams.size()] = exchange.m_stream;
    nghttp2_submit_rst_stream(m_session.get(), NGHTTP2_FLAG_NONE, exchange.m_stream, code);
    pump_later();
}

void H2Server::reject(H2Exchange& exchange, uint16_t status)
{
    const std::string body = fmt::format("{} {}\n", status, reason_phrase(status));
    ResponseHead head{.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}};
    send(exchange, std::move(head), BodyReader{body}, Framing::automatic);
    exchange.m_body.cut(CutReason::abandoned);
    exchange.end(ExchangeEnd::rejected);
}

void H2Server::abort(H2Exchange& exchange)
{
    if (exchange.m_is_sent) return;
    exchange.end(ExchangeEnd::aborted);
    exchange.m_is_cut = true;
    reset(exchange, NGHTTP2_INTERNAL_ERROR);
}

bool H2Server::send_informational(H2Exchange& exchange, uint16_t status, const Headers& headers)
{
    Headers fields = headers;
    if (!plan_informational(status, fields)) return false;
    if (status == 100) exchange.m_continue_is_due = false;
    H2Fields head;
    head.add(":status", fmt::format_int(status).c_str());
    head.add_all(fields);
    const auto& view = head.view();
    const int result =
        nghttp2_submit_headers(m_session.get(), NGHTTP2_FLAG_NONE, exchange.m_stream, nullptr, view.data(), view.size(), nullptr);
    pump_soon();
    return result == 0;
}

bool H2Server::send(H2Exchange& exchange, ResponseHead head, BodyReader body, Framing framing)
{
    const auto plan = plan_response(head, body, exchange.method(), framing, m_worker.shared().options.server_header);
    if (!plan) {
        abort(exchange);
        return false;
    }
    H2Fields fields;
    fields.add(":status", fmt::format_int(head.status).c_str());
    fields.add_all(head.headers);
    exchange.answered(head.status);
    exchange.m_answer = plan->has_body ? std::move(body) : BodyReader{};
    exchange.m_answer_left = plan->length;
    const bool is_empty = !plan->has_body || (exchange.m_answer.is_complete() && exchange.m_answer.trailers().is_empty() &&
                                              plan->length.value_or(0) == 0);
    nghttp2_data_provider provider{};
    provider.source.ptr = &exchange;
    provider.read_callback = [](nghttp2_session*, int32_t, uint8_t* to, size_t size, uint32_t* flags, nghttp2_data_source* source,
                                void* user) {
        return self(user).read_answer(*static_cast<H2Exchange*>(source->ptr), to, size, *flags);
    };
    const auto& view = fields.view();
    exchange.m_is_streaming = !is_empty;
    if (nghttp2_submit_response(m_session.get(), exchange.m_stream, view.data(), view.size(), is_empty ? nullptr : &provider) !=
        0) {
        abort(exchange);
        return false;
    }
    if (plan->wants_close) drain();
    pump_soon();
    return true;
}

ssize_t H2Server::read_answer(H2Exchange& exchange, uint8_t* to, size_t size, uint32_t& flags)
{
    BodyReader& body = exchange.m_answer;
    const std::string_view bytes = body.readable().substr(0, size);
    const auto cut = [&]() -> ssize_t {
        exchange.m_is_cut = true;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    };
    if (exchange.m_answer_left && bytes.size() > *exchange.m_answer_left) return cut();  // more than was declared
    if (bytes.empty() && !body.is_ready()) {
        body.on_readable([this, weak = exchange.weak_from_this(), at = &exchange] {
            const auto alive = weak.lock();
            if (!alive || at->m_server == nullptr) return;
            nghttp2_session_resume_data(m_session.get(), at->m_stream);
            pump();
        });
        return NGHTTP2_ERR_DEFERRED;
    }
    std::memcpy(to, bytes.data(), bytes.size());
    body.consume(bytes.size());
    exchange.m_sent += bytes.size();
    exchange.count_response_body(bytes.size());
    if (exchange.m_answer_left) *exchange.m_answer_left -= bytes.size();
    if (body.cut() && bytes.empty()) return cut();
    if (body.is_complete()) {
        if (exchange.m_answer_left.value_or(0) != 0) {
            // Less than was declared: what is there goes, and then the cut.
            return bytes.empty() ? cut() : static_cast<ssize_t>(bytes.size());
        }
        flags |= NGHTTP2_DATA_FLAG_EOF;
        H2Fields trailers;
        size_t count = 0;
        for (const auto& [name, value] : body.trailers()) {
            if (!is_valid_header_name(name) || !is_valid_header_value(value) || is_forbidden_trailer(name)) continue;
            trailers.add(name, value);
            ++count;
        }
        if (count > 0) {
            flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            const auto& view = trailers.view();
            nghttp2_submit_trailer(m_session.get(), exchange.m_stream, view.data(), view.size());
        }
    }
    return static_cast<ssize_t>(bytes.size());
}

void H2Server::pump_later()
{
    if (std::exchange(m_pump_is_scheduled, true)) return;
    m_worker.loop().defer([weak = m_connection.weak_from_this(), this] {
        const auto connection = weak.lock();
        if (!connection || !m_pump_is_scheduled) return;
        pump();
    });
}

// Answers at once, unless other handlers are about to be called: what they answer goes with it, which spares many a write.
void H2Server::pump_soon()
{
    if (m_is_in_nghttp2 || m_others_are_to_be_handled) pump_later();
    else pump();
}

// Never from within nghttp2, which calls back while it receives and sends.
void H2Server::pump()
{
    m_pump_is_scheduled = false;
    if (m_is_over) return;
    Transport& transport = m_connection.transport();
    for (;;) {
        while (transport.output_room() > 0) {
            const uint8_t* data = nullptr;
            m_is_in_nghttp2 = true;
            const ssize_t size = nghttp2_session_mem_send(m_session.get(), &data);
            m_is_in_nghttp2 = false;
            if (size <= 0) {
                transport.flush();
                close_if_done();
                return;
            }
            transport.write(h2_text(data, static_cast<size_t>(size)));
        }
        transport.flush();
        if (transport.output_room() == 0) return;  // on_output_room()
    }
}

void H2Server::close_if_done()
{
    const bool is_drained = m_is_draining && m_streams.empty() && nghttp2_session_want_write(m_session.get()) == 0;
    const bool is_ended = nghttp2_session_want_read(m_session.get()) == 0 && nghttp2_session_want_write(m_session.get()) == 0;
    if (!is_drained && !is_ended) return;
    on_failure(ExchangeEnd::client_gone);
    m_connection.finish();
}

void H2Server::arm_deadlines()
{
    if (m_is_over) return;
    if (m_streams.empty()) {
        m_progress_timer.clear();
        m_connection.set_deadline(m_limits.idle_timeout);
    } else if (!m_progress_timer.is_set()) {
        m_progress_timer.set_after(m_limits.progress_timeout);
    }
}

// Ends streams in which the client lets wait: for its request's body, or for taking its answer.
void H2Server::check_progress()
{
    const auto now = Clock::now();
    if (m_head_began != Clock::time_point::max() && now - m_head_began > m_limits.header_timeout) {
        on_failure(ExchangeEnd::timed_out);
        m_connection.finish();
        return;
    }
    for (const auto& [stream, exchange] : m_streams) {
        const bool waits_for_body = exchange->m_head_is_complete && !exchange->m_body_is_complete && !exchange->m_continue_is_due &&
                                    exchange->m_received == exchange->m_given_back;
        const bool waits_for_taking = exchange->m_is_streaming && !exchange->m_answer.readable().empty();
        const uint64_t received = exchange->m_received - std::exchange(exchange->m_received_at_check, exchange->m_received);
        const uint64_t sent = exchange->m_sent - std::exchange(exchange->m_sent_at_check, exchange->m_sent);
        if ((waits_for_body && received < m_limits.min_progress_bytes) ||
            (waits_for_taking && sent < m_limits.min_progress_bytes)) {
            exchange->m_body.cut(CutReason::timed_out);
            exchange->end(ExchangeEnd::timed_out);
            reset(*exchange, NGHTTP2_CANCEL);
        }
    }
    arm_deadlines();
}

}  // namespace

std::unique_ptr<ServerProtocol> make_h2_server(ServerConnection& connection) { return std::make_unique<H2Server>(connection); }

}  // namespace weir::http
