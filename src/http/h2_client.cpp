// HTTP/2 on a connection to an origin, many requests at once. RFC 9113.
#include "http/client_connection.hpp"
#include "http/h2_session.hpp"
#include "http/request_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace weir::http {

namespace {

using Kind = ClientError::Kind;

// Of all streams together: bytes that came and that nobody has taken.
constexpr int32_t connection_window_bytes = 4 * 1024 * 1024;

class H2Client;

struct Stream {
    Stream(H2Client& client, EventLoop& loop, RequestPtr r);

    int32_t id = 0;
    RequestPtr request;  // until its answer's head is here
    BodyReader request_body;
    std::optional<uint64_t> request_left;
    bool is_sent = false;
    bool request_was_cut = false;

    ResponseHead head{.status = 0};
    size_t header_bytes = 0;
    size_t header_count = 0;
    bool is_too_large = false;
    bool has_head = false;
    Headers trailers{};
    BodyWriter body;
    uint64_t received = 0;
    uint64_t given_back = 0;
    std::optional<CutReason> ended_early;
    std::optional<ClientError> error;  // ours, of a stream that we reset
    Timer timer;
};
using StreamPtr = std::shared_ptr<Stream>;

class H2Client final : public ClientProtocol {
public:
    explicit H2Client(ClientConnection& connection);
    ~H2Client() override = default;

    [[nodiscard]] bool has_room() const override;
    [[nodiscard]] bool is_idle() const override { return m_streams.empty(); }
    [[nodiscard]] bool speaks_http1() const override { return false; }
    void start(const RequestPtr& request) override;
    void cancel(RequestState& request) override;

    size_t on_input(std::string_view input) override;
    void on_input_end(bool is_clean) override;
    void on_output_room() override { pump(); }
    void on_failure(const ClientError& error) override;

    void timed_out(Stream& stream);

private:
    friend struct H2Events<H2Client>;
    static H2Client& self(void* user) { return H2Events<H2Client>::self(user); }
    StreamPtr find(int32_t id) const;

    int add_field(const nghttp2_frame& frame, std::string_view name, std::string_view value);
    int frame_received(const nghttp2_frame& frame);
    int data_received(int32_t id, std::string_view bytes);
    int stream_closed(int32_t id, uint32_t error_code);
    int frame_sent(const nghttp2_frame& frame);
    ssize_t read_request(Stream& stream, uint8_t* to, size_t size, uint32_t& flags);

    void head_is_here(Stream& stream);
    void give_back(Stream& stream);
    void wait_for_head(Stream& stream);
    void wait_for_bytes(Stream& stream);
    void reset(Stream& stream, uint32_t code);
    void pump();
    void pump_later();

    ClientConnection& m_connection;
    const OriginOptions& m_options;
    H2Session m_session;
    std::unordered_map<int32_t, StreamPtr> m_streams;
    bool m_is_going = false;  // the origin takes no more streams
    bool m_is_over = false;
    bool m_pump_is_scheduled = false;
};

Stream::Stream(H2Client& client, EventLoop& loop, RequestPtr r)
    : request(std::move(r)), timer(loop, [this, &client] { client.timed_out(*this); })
{
}

H2Client::H2Client(ClientConnection& connection) : m_connection(connection), m_options(connection.options())
{
    static const H2Callbacks shared = H2Events<H2Client>::callbacks();
    const H2Option option = make_h2_option();
    nghttp2_option_set_no_auto_window_update(option.get(), 1);
    nghttp2_option_set_max_send_header_block_length(option.get(), size_t{256} * 1024);
    nghttp2_session* session = nullptr;
    nghttp2_session_client_new2(&session, shared.get(), this, option.get());
    m_session.reset(session);
    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, m_options.body_buffer_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, m_options.max_header_bytes},
    }};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, connection_window_bytes);
    pump_later();
}

StreamPtr H2Client::find(int32_t id) const
{
    const auto found = m_streams.find(id);
    return found == m_streams.end() ? nullptr : found->second;
}

bool H2Client::has_room() const
{
    return !m_is_over && !m_is_going && nghttp2_session_check_request_allowed(m_session.get()) != 0 &&
           m_streams.size() < nghttp2_session_get_remote_settings(m_session.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

void H2Client::start(const RequestPtr& request)
{
    auto stream = std::make_shared<Stream>(*this, m_connection.loop(), request);
    const ClientRequest& r = request->request;
    H2Fields fields;
    fields.add(":method", r.method);
    fields.add(":scheme", m_options.tls ? "https" : "http");
    fields.add(":authority", r.authority);
    fields.add(":path", r.target);
    fields.add_all(r.headers);
    if (request->plan.says_length) fields.add("content-length", fmt::format_int(*request->plan.length).c_str());
    if (request->plan.takes_trailers) fields.add("te", "trailers");
    stream->request_body = std::move(request->request.body);
    stream->request_left = request->plan.length;
    const bool is_empty = request->plan.length == uint64_t{0} && stream->request_body.readable().empty();
    nghttp2_data_provider provider{};
    provider.source.ptr = stream.get();
    provider.read_callback = [](nghttp2_session*, int32_t, uint8_t* to, size_t size, uint32_t* flags, nghttp2_data_source* source,
                                void* user) {
        return self(user).read_request(*static_cast<Stream*>(source->ptr), to, size, *flags);
    };
    const auto& view = fields.view();
    stream->id =
        nghttp2_submit_request(m_session.get(), nullptr, view.data(), view.size(), is_empty ? nullptr : &provider, stream.get());
    if (stream->id < 0) {
        request->finish(Unexpected{m_connection.error(Kind::internal, nghttp2_strerror(stream->id))});
        return;
    }
    request->running_on = this;
    m_streams.emplace(stream->id, stream);
    wait_for_head(*stream);
    pump_later();
}

ssize_t H2Client::read_request(Stream& stream, uint8_t* to, size_t size, uint32_t& flags)
{
    BodyReader& body = stream.request_body;
    const std::string_view bytes = body.readable().substr(0, size);
    const auto cut = [&]() -> ssize_t {
        stream.request_was_cut = true;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    };
    if (stream.request_left && bytes.size() > *stream.request_left) return cut();
    if (bytes.empty() && !body.is_ready()) {
        if (stream.request) stream.timer.clear();  // it is not the origin that lets wait
        body.on_readable([this, id = stream.id] {
            if (!find(id)) return;
            nghttp2_session_resume_data(m_session.get(), id);
            pump();
        });
        return NGHTTP2_ERR_DEFERRED;
    }
    if (bytes.empty() && body.cut()) return cut();
    std::memcpy(to, bytes.data(), bytes.size());
    if (stream.request && !bytes.empty()) stream.request->body_was_taken = true;
    body.consume(bytes.size());
    if (stream.request_left) *stream.request_left -= bytes.size();
    if (stream.request) wait_for_head(stream);
    if (!body.is_complete()) return static_cast<ssize_t>(bytes.size());
    if (stream.request_left.value_or(0) != 0) return bytes.empty() ? cut() : static_cast<ssize_t>(bytes.size());
    flags |= NGHTTP2_DATA_FLAG_EOF;
    H2Fields trailers;
    bool has_trailers = false;
    for (const auto& [name, value] : body.trailers()) {
        if (!is_valid_header_name(name) || !is_valid_header_value(value) || is_forbidden_trailer(name)) continue;
        trailers.add(name, value);
        has_trailers = true;
    }
    if (has_trailers) {
        flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const auto& view = trailers.view();
        nghttp2_submit_trailer(m_session.get(), stream.id, view.data(), view.size());
    }
    return static_cast<ssize_t>(bytes.size());
}

int H2Client::frame_sent(const nghttp2_frame& frame)
{
    const bool ends =
        (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!ends) return 0;
    if (const StreamPtr stream = find(frame.hd.stream_id)) {
        stream->is_sent = true;
        if (stream->request) wait_for_head(*stream);
    }
    return 0;
}

int H2Client::add_field(const nghttp2_frame& frame, std::string_view name, std::string_view value)
{
    const StreamPtr stream = find(frame.hd.stream_id);
    if (!stream) return 0;
    stream->header_bytes += name.size() + value.size() + 32;
    ++stream->header_count;
    if (stream->header_bytes > m_options.max_header_bytes || stream->header_count > m_options.max_header_count + size_t{1}) {
        stream->is_too_large = true;
        if (stream->header_bytes > 4 * size_t{m_options.max_header_bytes}) return NGHTTP2_ERR_CALLBACK_FAILURE;
        return 0;
    }
    if (stream->has_head) {
        if (!is_forbidden_trailer(name)) stream->trailers.append(name, value);
    } else if (name == ":status") {
        std::from_chars(value.data(), value.data() + value.size(), stream->head.status);
    } else if (!name.starts_with(':')) {
        stream->head.headers.append(name, value);
    }
    return 0;
}

int H2Client::frame_received(const nghttp2_frame& frame)
{
    if (frame.hd.type == NGHTTP2_GOAWAY) m_is_going = true;
    const StreamPtr stream = find(frame.hd.stream_id);
    if (!stream) return 0;
    if (frame.hd.type == NGHTTP2_HEADERS && !stream->has_head) head_is_here(*stream);
    const bool is_last =
        (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (is_last && stream->has_head) {
        stream->timer.clear();
        if (stream->is_too_large) stream->body.cut(CutReason::too_large);
        stream->body.finish(std::move(stream->trailers));
        // An origin that answers before it has read all is not sent the rest.
        if (!stream->is_sent) reset(*stream, NGHTTP2_NO_ERROR);
    }
    return 0;
}

void H2Client::head_is_here(Stream& stream)
{
    if (stream.is_too_large) {
        stream.error = m_connection.error(Kind::response_header_too_large, "the answer's head is too large");
        reset(stream, NGHTTP2_CANCEL);
        return;
    }
    stream.header_bytes = stream.header_count = 0;
    if (stream.head.status < 200) {
        stream.head = {.status = 0};
        return;
    }
    stream.has_head = true;
    Response response;
    response.head = std::move(stream.head);
    response.head.version = Version::http_2;
    response.remote = m_connection.remote();
    const bool has_no_body = stream.request && stream.request->request.method == "HEAD";
    const auto length = has_no_body || response.head.status == 304 || response.head.status == 204
                          ? std::nullopt
                          : parse_content_length(response.head.headers.find("content-length").value_or(""));
    BodyPipe pipe = make_body_pipe(m_connection.loop(), m_options.body_buffer_bytes, length);
    response.body = std::move(pipe.reader);
    stream.body = std::move(pipe.writer);
    stream.body.on_consumed([this, at = &stream] { give_back(*at); });
    stream.timer.clear();
    wait_for_bytes(stream);
    if (const RequestPtr request = std::exchange(stream.request, nullptr)) request->finish(std::move(response));
}

int H2Client::data_received(int32_t id, std::string_view bytes)
{
    const StreamPtr stream = find(id);
    if (!stream) {
        nghttp2_session_consume_connection(m_session.get(), bytes.size());
        return 0;
    }
    stream->received += bytes.size();
    stream->body.write(bytes);
    wait_for_bytes(*stream);
    if (stream->body.is_reader_gone()) give_back(*stream);
    return 0;
}

void H2Client::give_back(Stream& stream)
{
    const bool is_gone = stream.body.is_reader_gone();
    const uint64_t taken = is_gone ? stream.received : stream.body.consumed_bytes();
    const auto count = static_cast<size_t>(taken - std::exchange(stream.given_back, taken));
    nghttp2_session_consume(m_session.get(), stream.id, count);
    if (is_gone && stream.body.is_open()) {
        stream.ended_early = CutReason::abandoned;
        reset(stream, NGHTTP2_CANCEL);
    }
    wait_for_bytes(stream);
    pump_later();
}

int H2Client::stream_closed(int32_t id, uint32_t error_code)
{
    const auto found = m_streams.find(id);
    if (found == m_streams.end()) return 0;
    const StreamPtr stream = std::move(found->second);
    m_streams.erase(found);
    stream->timer.clear();
    if (stream->received > stream->given_back) {
        nghttp2_session_consume_connection(m_session.get(), static_cast<size_t>(stream->received - stream->given_back));
    }
    stream->body.cut(
        stream->ended_early.value_or(error_code == NGHTTP2_PROTOCOL_ERROR ? CutReason::malformed : CutReason::peer_closed));
    stream->body = {};
    if (const RequestPtr request = std::exchange(stream->request, nullptr)) {
        const bool may_retry =
            error_code == NGHTTP2_REFUSED_STREAM && !stream->error && !request->was_retried && !request->body_was_taken;
        if (may_retry) {
            stream->request_body.on_readable(nullptr);
            request->request.body = std::move(stream->request_body);
            request->running_on = nullptr;
            // From the loop: nghttp2 is on the stack.
            m_connection.loop().defer([request] {
                if (!request->is_over()) request->pool->retry(request);
            });
        } else if (stream->error) {
            request->finish(Unexpected{*stream->error});
        } else if (stream->request_was_cut) {
            request->finish(Unexpected{m_connection.error(Kind::request_body_cut, "the request's body was cut")});
        } else {
            ClientError error =
                m_connection.error(Kind::http2_error, fmt::format("the stream was reset: {}", nghttp2_http2_strerror(error_code)));
            error.http2_code = error_code;
            request->finish(Unexpected{std::move(error)});
        }
    }
    m_connection.loop().defer([weak = m_connection.weak_from_this()] {
        if (const auto connection = weak.lock()) connection->request_is_over();
    });
    pump_later();
    return 0;
}

void H2Client::wait_for_head(Stream& stream)
{
    if (m_options.first_byte_timeout.count() > 0) stream.timer.set_after(m_options.first_byte_timeout);
}

// Only while it is the origin that the reader waits for.
void H2Client::wait_for_bytes(Stream& stream)
{
    if (!stream.has_head || !stream.body.is_open()) return;
    if (stream.body.room() == 0) stream.timer.clear();
    else if (m_options.between_bytes_timeout.count() > 0) stream.timer.set_after(m_options.between_bytes_timeout);
}

void H2Client::timed_out(Stream& stream)
{
    if (stream.has_head) stream.ended_early = CutReason::timed_out;
    else stream.error = m_connection.error(Kind::response_timeout, "no answer came in time");
    reset(stream, NGHTTP2_CANCEL);
}

void H2Client::cancel(RequestState& request)
{
    for (const auto& [id, stream] : m_streams) {
        if (stream->request.get() != &request) continue;
        stream->request = nullptr;
        reset(*stream, NGHTTP2_CANCEL);
        return;
    }
}

void H2Client::reset(Stream& stream, uint32_t code)
{
    nghttp2_submit_rst_stream(m_session.get(), NGHTTP2_FLAG_NONE, stream.id, code);
    pump_later();
}

size_t H2Client::on_input(std::string_view input)
{
    if (m_is_over) return input.size();
    const ssize_t taken = nghttp2_session_mem_recv(m_session.get(), reinterpret_cast<const uint8_t*>(input.data()), input.size());
    if (taken < 0) {
        ClientError error =
            m_connection.error(Kind::http2_error, fmt::format("not valid HTTP/2: {}", nghttp2_strerror(static_cast<int>(taken))));
        error.http2_code = NGHTTP2_PROTOCOL_ERROR;
        on_failure(error);
        m_connection.close();
        return input.size();
    }
    pump();
    return input.size();
}

void H2Client::on_input_end(bool)
{
    if (m_is_over) return;
    on_failure(m_connection.error(Kind::connection_terminated, "the connection was closed"));
    m_connection.close();
}

void H2Client::on_failure(const ClientError& error)
{
    if (m_is_over) return;
    m_is_over = true;
    for (const auto& [id, stream] : std::exchange(m_streams, {})) {
        stream->timer.clear();
        stream->body.cut(
            stream->ended_early.value_or(error.kind == Kind::cancelled ? CutReason::shutting_down : CutReason::peer_closed));
        stream->body = {};
        const RequestPtr request = std::exchange(stream->request, nullptr);
        if (!request) continue;
        const bool may_retry = error.kind == Kind::connection_terminated && m_connection.is_reused() && !request->was_retried &&
                               !request->body_was_taken && is_idempotent(request->request.method);
        if (!may_retry) {
            request->finish(Unexpected{error});
            continue;
        }
        stream->request_body.on_readable(nullptr);
        request->request.body = std::move(stream->request_body);
        request->running_on = nullptr;
        m_connection.loop().defer([request] {
            if (!request->is_over()) request->pool->retry(request);
        });
    }
}

void H2Client::pump_later()
{
    if (std::exchange(m_pump_is_scheduled, true)) return;
    m_connection.loop().defer([weak = m_connection.weak_from_this(), this] {
        const auto connection = weak.lock();
        if (connection && m_pump_is_scheduled) pump();
    });
}

void H2Client::pump()
{
    m_pump_is_scheduled = false;
    if (m_is_over) return;
    Transport& transport = m_connection.transport();
    for (;;) {
        while (transport.output_room() > 0) {
            const uint8_t* data = nullptr;
            const ssize_t size = nghttp2_session_mem_send(m_session.get(), &data);
            if (size <= 0) {
                transport.flush();
                const bool is_ended =
                    nghttp2_session_want_read(m_session.get()) == 0 && nghttp2_session_want_write(m_session.get()) == 0;
                if (!is_ended && !(m_is_going && m_streams.empty())) return;
                ClientError error = m_connection.error(Kind::http2_error, "the connection broke HTTP/2's rules, or was ended");
                error.http2_code = NGHTTP2_PROTOCOL_ERROR;
                on_failure(error);
                m_connection.close();
                return;
            }
            transport.write(h2_text(data, static_cast<size_t>(size)));
        }
        transport.flush();
        if (transport.output_room() == 0) return;
    }
}

}  // namespace

std::unique_ptr<ClientProtocol> make_h2_client(ClientConnection& connection) { return std::make_unique<H2Client>(connection); }

}  // namespace weir::http
