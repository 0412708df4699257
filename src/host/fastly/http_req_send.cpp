#include "host/fastly/support.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

// fastly_http_req: sending requests to backends, and requests that are on their way.

namespace weir::fastly {

namespace {

using Waited = World::Waited;
using Answer = std::pair<ResponseHandle, BodyHandle>;

/// Tells the guest what went wrong. What it has room for beyond the tag it says itself.
void write_error_detail(const Context& cx, GuestPtr<SendErrorDetail> to, ErrorTag tag, uint8_t tls_alert)
{
    if (!cx.memory.write(GuestPtr<uint32_t>{to.address}, static_cast<uint32_t>(tag)) || tls_alert == 0) return;
    const auto mask = WEIR_FIELD(cx, to.address, SendErrorDetail, mask);
    constexpr uint32_t detail_tls_alert = 8;
    constexpr auto offset = static_cast<uint32_t>(offsetof(SendErrorDetail, tls_alert_id));
    if (!mask || (*mask & detail_tls_alert) == 0 || to.address > UINT32_MAX - offset) return;
    static_cast<void>(store(cx, GuestPtr<uint8_t>{to.address + offset}, tls_alert));  // without room for it: as without the bit
}

/// What a request that is done came to, as handles.
/// @error  That of the request: error, http_invalid, http_incomplete, http_user.   @error limit_exceeded  Too many handles.
HostResult<Answer> take_answer(Context& cx, Exchange& exchange, GuestPtr<SendErrorDetail>* detail)
{
    auto response = exchange.take();
    if (!response) {
        const SendError& error = response.error();
        if (detail != nullptr) write_error_detail(cx, *detail, error.tag, error.tls_alert);
        cx.world.warn(error.text);
        return error.status;
    }
    if (detail != nullptr) write_error_detail(cx, *detail, ErrorTag::ok, 0);
    if (!may_keep(cx, response->response)) return Status::limit_exceeded;
    const auto head = cx.world.responses.add(std::move(response->response));
    if (!head) return Status::limit_exceeded;
    const auto body = cx.world.add<BodyHandle>(std::move(response->body));
    if (!body) return Status::limit_exceeded;
    return Answer{*head, *body};
}

/// Takes request and body, whatever comes of it, and sends them.
/// @error badf  No request, or no body, or one that is being sent.   @error inval  No such backend.   @error error  Its name is no text.
/// @param streams  Whether the guest goes on writing the body: its handle stays.
Result<std::unique_ptr<Exchange>, Status> start(Context& cx, RequestHandle h, BodyHandle b, GuestSpan<char> backend_name,
                                                bool streams)
{
    if (cx.world.requests.find(h) == nullptr || cx.world.find<Body>(b) == nullptr) return Unexpected{Status::badf};
    Request request = std::move(*cx.world.requests.take(h));
    Body body;
    if (streams) {
        AsyncItem& item = *cx.world.items.find(AsyncHandle{static_cast<uint32_t>(b)});
        body = std::get<Body>(std::move(item));
        auto pipe = http::make_body_pipe(cx.world.scheduler().loop());
        body.append(std::move(pipe.reader));
        item = StreamingBody{.writer = std::move(pipe.writer), .trailers = {}};
    } else {
        body = std::move(*cx.world.take<Body>(b));
    }
    const auto name = read_text(cx, backend_name);
    if (!name) return Unexpected{cx.memory.range(backend_name) ? Status::error : Status::inval};
    auto backend = cx.world.find_backend(*name);
    if (backend == nullptr) {
        std::string known;
        for (const auto& [known_name, ignored] : cx.world.service().backends) known += (known.empty() ? "" : ", ") + known_name;
        cx.world.warn("there is no backend '" + *name + "'; those of the configuration are: " + (known.empty() ? "none" : known));
        return Unexpected{Status::inval};
    }
    auto exchange = cx.world.network().send(std::move(request), std::move(body), std::move(backend));
    return exchange;
}

HostResult<Answer> send_and_wait(Context& cx, RequestHandle h, BodyHandle b, GuestSpan<char> backend,
                                 GuestPtr<SendErrorDetail>* detail)
{
    WEIR_TRY(exchange, start(cx, h, b, backend, false));
    if (cx.world.wait_done(cx, *exchange) != Waited::is_ready) return Status::error;
    return take_answer(cx, *exchange, detail);
}

/// Sends a request and waits for the head of the response. Request and body are consumed even when it fails.
/// @error badf  No request or body.   @error inval  No such backend.   @error error  No connection, or not in time.
/// @error http_invalid  The answer is no HTTP.   @error http_incomplete  It ends too early.   @error http_user  It cannot be sent.
/// Spec: send.
HostResult<Answer> send(Context& cx, RequestHandle h, BodyHandle b, GuestSpan<char> backend)
{
    return send_and_wait(cx, h, b, backend, nullptr);
}
/// The same, with details of an error. Spec: send_v2, send_v3.
HostResult<Answer> send_v2(Context& cx, RequestHandle h, BodyHandle b, GuestSpan<char> backend, GuestPtr<SendErrorDetail> detail)
{
    return send_and_wait(cx, h, b, backend, &detail);
}

HostResult<PendingRequestHandle> start_pending(Context& cx, RequestHandle h, BodyHandle b, GuestSpan<char> backend, bool streams)
{
    WEIR_TRY(exchange, start(cx, h, b, backend, streams));
    return or_limit(cx.world.add<PendingRequestHandle>(PendingRequest{.exchange = std::move(exchange), .edits = {}}));
}
/// Sends a request and does not wait. What goes wrong on the way is told when the response is asked for.
/// @error badf  No request or body.   @error inval  No such backend.   @error limit_exceeded
/// Spec: send_async.
HostResult<PendingRequestHandle> send_async(Context& cx, RequestHandle h, BodyHandle b, GuestSpan<char> backend)
{
    return start_pending(cx, h, b, backend, false);
}
/// The same; with `streaming` the guest goes on writing the body. Spec: send_async_v2.
HostResult<PendingRequestHandle> send_async_v2(Context& cx, RequestHandle h, BodyHandle b, GuestSpan<char> backend,
                                               uint32_t streaming)
{
    return start_pending(cx, h, b, backend, streaming != 0);
}
/// Spec: send_async_streaming.
HostResult<PendingRequestHandle> send_async_streaming(Context& cx, RequestHandle h, BodyHandle b, GuestSpan<char> backend)
{
    return start_pending(cx, h, b, backend, true);
}

// Header edits wait until the response is handed to the client by send_downstream_pending.

HostResult<Nothing> edit(Context& cx, PendingRequestHandle h, HeaderEdit::Kind kind, GuestSpan<char> name, GuestSpan<char>* value,
                         PendingTarget target)
{
    constexpr size_t max_edits = 1000;
    PendingRequest* const pending = cx.world.find<PendingRequest>(h);
    if (pending == nullptr) return Status::badf;
    WEIR_TRY(header, read_header_name(cx, name));
    HeaderEdit edit{.kind = kind, .target = target, .name = std::move(header), .value = {}};
    if (value != nullptr) {
        WEIR_TRY(text, read_header_value(cx, *value));
        edit.value = std::move(text);
    }
    const auto is_undone = [&](const HeaderEdit& e) { return e.name == edit.name && e.target == edit.target; };
    if (kind == HeaderEdit::Kind::remove) std::erase_if(pending->edits, is_undone);
    size_t size_bytes = edit.value.size();
    for (const HeaderEdit& e : pending->edits) size_bytes += e.value.size();
    if (pending->edits.size() >= max_edits || size_bytes > cx.world.limits().max_header_bytes) return Status::limit_exceeded;
    pending->edits.push_back(std::move(edit));
    return nothing;
}
/// @error badf   @error inval  No such target.   @error error  No name or value.   @error limit_exceeded  Spec: pending_req_header_insert.
HostResult<Nothing> pending_req_header_insert(Context& cx, PendingRequestHandle h, GuestSpan<char> name, GuestSpan<char> value,
                                              PendingTarget target)
{
    return edit(cx, h, HeaderEdit::Kind::insert, name, &value, target);
}
/// @error  As for insert. Spec: pending_req_header_append.
HostResult<Nothing> pending_req_header_append(Context& cx, PendingRequestHandle h, GuestSpan<char> name, GuestSpan<char> value,
                                              PendingTarget target)
{
    return edit(cx, h, HeaderEdit::Kind::append, name, &value, target);
}
/// Also undoes earlier edits of the name. @error  As for insert. Spec: pending_req_header_remove.
HostResult<Nothing> pending_req_header_remove(Context& cx, PendingRequestHandle h, GuestSpan<char> name, PendingTarget target)
{
    return edit(cx, h, HeaderEdit::Kind::remove, name, nullptr, target);
}

using PolledAnswer = std::tuple<uint32_t, ResponseHandle, BodyHandle>;
constexpr auto no_response = ResponseHandle{no_handle};
constexpr auto no_body = BodyHandle{no_handle};

HostResult<PolledAnswer> poll(Context& cx, PendingRequestHandle h, GuestPtr<SendErrorDetail>* detail)
{
    PendingRequest* const pending = cx.world.find<PendingRequest>(h);
    if (pending == nullptr) return Status::badf;
    if (!pending->exchange->is_done()) cx.world.let_others_run(cx);
    if (!pending->exchange->is_done()) return PolledAnswer{0, no_response, no_body};
    const auto taken = cx.world.take<PendingRequest>(h);
    const HostResult<Answer> answer = take_answer(cx, *taken->exchange, detail);
    if (answer.status() != Status::ok) return answer.status();
    return PolledAnswer{1, answer.value().first, answer.value().second};
}
/// Whether the response is there: 1 and its handles, then the pending request is consumed, or 0 and no handles.
/// @error badf   @error  That of the request, as for send.
/// Spec: pending_req_poll, pending_req_poll_v2.
HostResult<PolledAnswer> pending_req_poll(Context& cx, PendingRequestHandle h) { return poll(cx, h, nullptr); }
HostResult<PolledAnswer> pending_req_poll_v2(Context& cx, PendingRequestHandle h, GuestPtr<SendErrorDetail> detail)
{
    return poll(cx, h, &detail);
}

HostResult<Answer> wait_for_answer(Context& cx, PendingRequestHandle h, GuestPtr<SendErrorDetail>* detail)
{
    const auto pending = cx.world.take<PendingRequest>(h);
    if (!pending) return Status::badf;
    if (cx.world.wait_done(cx, *pending->exchange) != Waited::is_ready) return Status::error;
    return take_answer(cx, *pending->exchange, detail);
}
/// Waits for the response; the pending request is consumed.
/// @error badf   @error  That of the request, as for send.
/// Spec: pending_req_wait, pending_req_wait_v2.
HostResult<Answer> pending_req_wait(Context& cx, PendingRequestHandle h) { return wait_for_answer(cx, h, nullptr); }
HostResult<Answer> pending_req_wait_v2(Context& cx, PendingRequestHandle h, GuestPtr<SendErrorDetail> detail)
{
    return wait_for_answer(cx, h, &detail);
}

HostResult<PolledAnswer> select(Context& cx, GuestSpan<PendingRequestHandle> handles, GuestPtr<SendErrorDetail>* detail)
{
    if (handles.count == 0) return Status::inval;
    if (handles.count > cx.world.limits().max_handles) return Status::inval;
    WEIR_TRY(bytes, read_bytes(cx, handles.address, handles.count * static_cast<uint32_t>(sizeof(uint32_t))));
    std::vector<uint32_t> list(handles.count);
    std::ranges::copy(std::as_bytes(std::span{bytes}), std::as_writable_bytes(std::span{list}).begin());
    std::vector<PendingRequest*> pending;
    for (const uint32_t h : list) {
        pending.push_back(cx.world.find<PendingRequest>(PendingRequestHandle{h}));
        if (pending.back() == nullptr) return Status::badf;
    }
    const auto find_done = [&] { return std::ranges::find_if(pending, [](const auto* p) { return p->exchange->is_done(); }); };
    const auto listen = [&] {
        for (PendingRequest* const p : pending) p->exchange->on_done(cx.world.waker());
    };
    if (cx.world.wait(cx, [&] { return find_done() != pending.end(); }, listen) != Waited::is_ready) return Status::error;
    const auto index = static_cast<uint32_t>(find_done() - pending.begin());
    const auto winner = cx.world.take<PendingRequest>(PendingRequestHandle{list[index]});
    const HostResult<Answer> answer = take_answer(cx, *winner->exchange, detail);
    if (answer.status() != Status::ok) return PolledAnswer{index, no_response, no_body};
    return PolledAnswer{index, answer.value().first, answer.value().second};
}
/// Waits for the first of several: its index in the list and its handles, none when it failed. It is consumed, the others are not.
/// @error inval  The list is empty.   @error badf  One is no pending request.
/// Spec: pending_req_select, pending_req_select_v2.
HostResult<PolledAnswer> pending_req_select(Context& cx, GuestSpan<PendingRequestHandle> handles)
{
    return select(cx, handles, nullptr);
}
HostResult<PolledAnswer> pending_req_select_v2(Context& cx, GuestSpan<PendingRequestHandle> handles,
                                               GuestPtr<SendErrorDetail> detail)
{
    return select(cx, handles, &detail);
}

// The client's connection is not handed over here: a service that asks for it goes on without, as with Viceroy started so.

/// @error unsupported  Spec: upgrade_websocket, redirect_to_websocket_proxy, redirect_to_grip_proxy and their second versions.
HostResult<Nothing> upgrade_websocket(Context&, GuestSpan<char> /*backend*/) { return Status::unsupported; }
HostResult<Nothing> redirect(Context& cx, GuestSpan<char> /*backend*/)
{
    return cx.world.current().downstream == nullptr ? Status::error : Status::unsupported;
}
HostResult<Nothing> redirect_v2(Context& cx, RequestHandle h, GuestSpan<char> backend)
{
    if (cx.world.requests.find(h) == nullptr) return Status::badf;
    return redirect(cx, backend);
}

constexpr std::array functions{
    fastly_fn<"send", send>("request body backend backend_len response response_body"),
    fastly_fn<"send_v2", send_v2>("request body backend backend_len error_detail response response_body"),
    fastly_fn<"send_v3", send_v2>("request body backend backend_len error_detail response response_body"),
    fastly_fn<"send_async", send_async>("request body backend backend_len pending"),
    fastly_fn<"send_async_v2", send_async_v2>("request body backend backend_len streaming pending"),
    fastly_fn<"send_async_streaming", send_async_streaming>("request body backend backend_len pending"),
    fastly_fn<"pending_req_header_insert", pending_req_header_insert>("pending name name_len value value_len target"),
    fastly_fn<"pending_req_header_append", pending_req_header_append>("pending name name_len value value_len target"),
    fastly_fn<"pending_req_header_remove", pending_req_header_remove>("pending name name_len target"),
    fastly_fn<"pending_req_poll", pending_req_poll>("pending is_done response body"),
    fastly_fn<"pending_req_poll_v2", pending_req_poll_v2>("pending error_detail is_done response body"),
    fastly_fn<"pending_req_wait", pending_req_wait>("pending response body"),
    fastly_fn<"pending_req_wait_v2", pending_req_wait_v2>("pending error_detail response body"),
    fastly_fn<"pending_req_select", pending_req_select>("pending pending_count index response body"),
    fastly_fn<"pending_req_select_v2", pending_req_select_v2>("pending pending_count error_detail index response body"),
    fastly_fn<"upgrade_websocket", upgrade_websocket>("backend backend_len"),
    fastly_fn<"redirect_to_websocket_proxy", redirect>("backend backend_len"),
    fastly_fn<"redirect_to_grip_proxy", redirect>("backend backend_len"),
    fastly_fn<"redirect_to_websocket_proxy_v2", redirect_v2>("request backend backend_len"),
    fastly_fn<"redirect_to_grip_proxy_v2", redirect_v2>("request backend backend_len"),
};

}  // namespace

const std::span<const runtime::HostFunction> http_req_send_functions{functions};

}  // namespace weir::fastly
