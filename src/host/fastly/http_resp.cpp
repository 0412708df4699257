#include "host/fastly/header_functions.hpp"

#include <array>

// fastly_http_resp: heads of responses, and sending them to the client.

namespace weir::fastly {

namespace {

/// A new response: 200, HTTP/1.1, without headers. @error limit_exceeded  Spec: new.
HostResult<ResponseHandle> new_(Context& cx) { return or_limit(cx.world.responses.add({})); }

/// Drops a response. @error badf  Spec: close.
HostResult<Nothing> close(Context& cx, ResponseHandle h)
{
    if (!cx.world.responses.take(h)) return Status::badf;
    return nothing;
}

/// @error badf  Spec: status_get. The place has two bytes.
HostResult<uint16_t> status_get(Context& cx, ResponseHandle h)
{
    const Response* const response = cx.world.responses.find(h);
    if (response == nullptr) return Status::badf;
    return response->status;
}
/// @error badf   @error inval  Not from 100 to 999. Spec: status_set.
HostResult<Nothing> status_set(Context& cx, ResponseHandle h, uint16_t status)
{
    constexpr uint16_t least = 100, most = 999;
    Response* const response = cx.world.responses.find(h);
    if (response == nullptr) return Status::badf;
    if (status < least || status > most) return Status::inval;
    response->status = status;
    return nothing;
}

/// Whether the client's connection is kept. @error badf   @error unsupported  To close it after the response. Spec: http_keepalive_mode_set.
HostResult<Nothing> http_keepalive_mode_set(Context& cx, ResponseHandle h, KeepaliveMode mode)
{
    if (cx.world.responses.find(h) == nullptr) return Status::badf;
    if (mode == KeepaliveMode::none) return Status::unsupported;
    return nothing;
}

/// The backend's address, 4 or 16 bytes. @error badf   @error none  Not from a backend, or the request did not pass the cache. Spec: get_addr_dest_ip.
HostResult<uint32_t> get_addr_dest_ip(Context& cx, ResponseHandle h, GuestPtr<uint8_t> octets)
{
    const Response* const response = cx.world.responses.find(h);
    if (response == nullptr) return Status::badf;
    if (!response->backend_address) return Status::none;
    return write_octets(cx, ip_bytes(*response->backend_address), octets);
}
/// @error  As for the address. Spec: get_addr_dest_port.
HostResult<uint16_t> get_addr_dest_port(Context& cx, ResponseHandle h)
{
    const Response* const response = cx.world.responses.find(h);
    if (response == nullptr) return Status::badf;
    if (!response->backend_address) return Status::none;
    return response->backend_address->port;
}

/// Sends the response to the current downstream request; response and body are consumed even when that fails. With `streaming` the body
/// goes on: its handle becomes the end that is written. A 103, which may come before, is accepted and not sent.
/// @error badf   No response, or no body, or one that is being sent.   @error error  The request has its response.
/// @error inval  Another status below 200.
/// Spec: send_downstream.
HostResult<Nothing> send_downstream(Context& cx, ResponseHandle h, BodyHandle b, uint32_t streaming)
{
    if (cx.world.responses.find(h) == nullptr || cx.world.find<Body>(b) == nullptr) return Status::badf;
    Response response = std::move(*cx.world.responses.take(h));
    Body body;
    if (streaming != 0) {
        AsyncItem& item = *cx.world.items.find(AsyncHandle{static_cast<uint32_t>(b)});
        body = std::get<Body>(std::move(item));
        auto pipe = http::make_body_pipe(cx.world.scheduler().loop());
        body.append(std::move(pipe.reader));
        item = StreamingBody{.writer = std::move(pipe.writer), .trailers = {}};
    } else {
        body = std::move(*cx.world.take<Body>(b));
    }
    constexpr uint16_t early_hints = 103, first_final = 200;
    if (response.status == early_hints) {
        if (cx.world.current().downstream == nullptr) return Status::error;
        cx.world.warn("a 103 (early hints) is not passed on");
        return nothing;
    }
    if (response.status < first_final) return Status::inval;
    if (!cx.world.respond(std::move(response), std::move(body))) return Status::error;
    return nothing;
}

/// Has the response to a pending request sent to the client as soon as it is there; the guest may end meanwhile. It is consumed.
/// @error badf   @error error  The request has its response.
/// Spec: send_downstream_pending.
HostResult<Nothing> send_downstream_pending(Context& cx, PendingRequestHandle h)
{
    auto pending = cx.world.take<PendingRequest>(h);
    if (!pending) return Status::badf;
    if (!cx.world.respond(std::move(*pending))) return Status::error;
    return nothing;
}

using H = ResponseHandle;
constexpr std::array functions{
    fastly_fn<"new", new_>("response"),
    fastly_fn<"close", close>("response"),
    fastly_fn<"header_names_get", header_names_get<H>>("response >names[nwritten] names_len cursor ending_cursor nwritten"),
    fastly_fn<"header_value_get", header_value_get<H>>("response name name_len >value[nwritten] value_len nwritten"),
    fastly_fn<"header_values_get", header_values_get<H>>(
        "response name name_len >values[nwritten] values_len cursor ending_cursor nwritten"),
    fastly_fn<"header_values_set", header_values_set<H>>("response name name_len values values_len"),
    fastly_fn<"header_insert", header_insert<H>>("response name name_len value value_len"),
    fastly_fn<"header_append", header_append<H>>("response name name_len value value_len"),
    fastly_fn<"header_remove", header_remove<H>>("response name name_len"),
    fastly_fn<"version_get", version_get<H>>("response version"),
    fastly_fn<"version_set", version_set<H>>("response version"),
    fastly_fn<"framing_headers_mode_set", framing_headers_mode_set<H>>("response mode"),
    fastly_fn<"status_get", status_get>("response status"),
    fastly_fn<"status_set", status_set>("response status"),
    fastly_fn<"http_keepalive_mode_set", http_keepalive_mode_set>("response mode"),
    fastly_fn<"get_addr_dest_ip", get_addr_dest_ip>("response octets octets_len"),
    fastly_fn<"get_addr_dest_port", get_addr_dest_port>("response port"),
    fastly_fn<"send_downstream", send_downstream>("response body streaming"),
    fastly_fn<"send_downstream_pending", send_downstream_pending>("pending"),
};

}  // namespace

const std::span<const runtime::HostFunction> http_resp_functions{functions};

}  // namespace weir::fastly
