#include "host/fastly/header_functions.hpp"

#include <array>

// fastly_http_req: heads of requests. Sending them is in http_req_send.cpp, facts about downstream requests in downstream.cpp.

namespace weir::fastly {

namespace {

/// A new request: GET /, HTTP/1.1, without headers. @error limit_exceeded  The guest has too many. Spec: new.
HostResult<RequestHandle> new_(Context& cx) { return or_limit(cx.world.requests.add({})); }

/// Drops a request. @error badf  Spec: close.
HostResult<Nothing> close(Context& cx, RequestHandle h)
{
    if (!cx.world.requests.take(h)) return Status::badf;
    return nothing;
}

/// The current downstream request and its body: the same handles each time, also when they were consumed. Spec: body_downstream_get.
HostResult<std::pair<RequestHandle, BodyHandle>> body_downstream_get(Context& cx)
{
    return std::pair{cx.world.current().request, cx.world.current().body};
}

/// Notes what a cache in front of the backend is to do with the response. There is none; "pass" has a request tell where its response is from.
HostResult<Nothing> override_cache(Context& cx, RequestHandle h, CacheOverrideTag tag)
{
    Request* const request = cx.world.requests.find(h);
    if (request == nullptr) return Status::badf;
    request->passes_cache = (tag & override_pass) != 0;
    return nothing;
}
/// @error badf   @error inval  A tag that does not exist. Spec: cache_override_set.
HostResult<Nothing> cache_override_set(Context& cx, RequestHandle h, CacheOverrideTag tag, uint32_t /*ttl*/,
                                       uint32_t /*stale_while_revalidate*/)
{
    return override_cache(cx, h, tag);
}
/// @error inval  The surrogate keys are no value of headers. Spec: cache_override_v2_set.
HostResult<Nothing> cache_override_v2_set(Context& cx, RequestHandle h, CacheOverrideTag tag, uint32_t /*ttl*/,
                                          uint32_t /*stale_while_revalidate*/, GuestSpan<char> surrogate_keys)
{
    if (!read_header_value(cx, surrogate_keys)) return Status::inval;
    return override_cache(cx, h, tag);
}
/// @error inval  As above. Spec: cache_override_v3_set.
HostResult<Nothing> cache_override_v3_set(Context& cx, RequestHandle h, CacheOverrideTag tag, GuestPtr<CacheOverride> options)
{
    WEIR_TRY(keys, WEIR_FIELD(cx, options.address, CacheOverride, surrogate_keys));
    if (!read_header_value(cx, GuestSpan<char>{keys.address, keys.size_bytes})) return Status::inval;
    return override_cache(cx, h, tag);
}

/// @error badf   @error buflen  Spec: method_get.
HostResult<Nothing> method_get(Context& cx, RequestHandle h, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    const Request* const request = cx.world.requests.find(h);
    if (request == nullptr) return Status::badf;
    return write_value(cx, request->method, buffer, written);
}
/// @error badf   @error inval  Not text.   @error error  Not a token. Spec: method_set.
HostResult<Nothing> method_set(Context& cx, RequestHandle h, GuestSpan<char> method)
{
    constexpr size_t max_method_bytes = 1024;
    Request* const request = cx.world.requests.find(h);
    if (request == nullptr) return Status::badf;
    WEIR_TRY(text, read_text(cx, method));
    if (!http::is_token(text) || text.size() > max_method_bytes) return Status::error;
    request->method = std::move(text);
    return nothing;
}

/// @error badf   @error buflen  Spec: uri_get.
HostResult<Nothing> uri_get(Context& cx, RequestHandle h, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    const Request* const request = cx.world.requests.find(h);
    if (request == nullptr) return Status::badf;
    return write_value(cx, request->uri.to_string(), buffer, written);
}
/// @error badf   @error error  Not a URI. Spec: uri_set.
HostResult<Nothing> uri_set(Context& cx, RequestHandle h, GuestSpan<char> uri)
{
    Request* const request = cx.world.requests.find(h);
    if (request == nullptr) return Status::badf;
    WEIR_TRY(text, read_bytes(cx, uri));
    auto parsed = Uri::parse(text);
    if (!parsed) return Status::error;
    request->uri = std::move(*parsed);
    return nothing;
}

/// Whether the host unpacks a response packed with gzip. @error badf   @error inval  An encoding that does not exist. Spec: auto_decompress_response_set.
HostResult<Nothing> auto_decompress_response_set(Context& cx, RequestHandle h, ContentEncodings encodings)
{
    Request* const request = cx.world.requests.find(h);
    if (request == nullptr) return Status::badf;
    request->decompresses_gzip = (encodings & encoding_gzip) != 0;
    return nothing;
}

/// What the security service says of a request: here always that it may pass.
/// @error badf   @error inval  `corp` or `workspace` are missing or empty, or the address has neither 0, 4 nor 16 bytes.
/// @error buflen  The answer, whose length is not told.
/// Spec: inspect.
HostResult<uint32_t> inspect(Context& cx, RequestHandle h, BodyHandle body, InspectMask mask, GuestPtr<InspectInfo> info,
                             GuestSpan<char> buffer)
{
    if (cx.world.requests.find(h) == nullptr || cx.world.find<Body>(body) == nullptr) return Status::badf;
    if ((mask & inspect_corp) == 0 || (mask & inspect_workspace) == 0) return Status::inval;
    WEIR_TRY(corp_slice, WEIR_FIELD(cx, info.address, InspectInfo, corp));
    WEIR_TRY(workspace_slice, WEIR_FIELD(cx, info.address, InspectInfo, workspace));
    WEIR_TRY(corp, read_text(cx, corp_slice));
    WEIR_TRY(workspace, read_text(cx, workspace_slice));
    if (corp.empty() || workspace.empty()) return Status::inval;
    if ((mask & inspect_client_ip) != 0) {
        WEIR_TRY(ip, WEIR_FIELD(cx, info.address, InspectInfo, client_ip));
        if (ip.size_bytes != 0 && ip.size_bytes != 4 && ip.size_bytes != 16) return Status::inval;
    }
    constexpr std::string_view answer = R"({"waf_response":200,"redirect_url":"","tags":[],"verdict":"allow","decision_ms":0})";
    const auto room = cx.memory.range(buffer);
    if (buffer.count < answer.size()) return Status::buflen;
    if (!room) return Status::inval;
    std::ranges::copy(std::as_bytes(std::span{answer}), room->begin());
    return static_cast<uint32_t>(answer.size());
}

/// @error unsupported  Always: requests on behalf of other services are the platform's own. Spec: on_behalf_of.
HostResult<Nothing> on_behalf_of(Context&, RequestHandle, GuestSpan<char> /*service*/) { return Status::unsupported; }

using H = RequestHandle;
constexpr std::array functions{
    fastly_fn<"new", new_>("request"),
    fastly_fn<"close", close>("request"),
    fastly_fn<"body_downstream_get", body_downstream_get>("request body"),
    fastly_fn<"cache_override_set", cache_override_set>("request tag ttl stale_while_revalidate"),
    fastly_fn<"cache_override_v2_set", cache_override_v2_set>(
        "request tag ttl stale_while_revalidate surrogate_keys surrogate_keys_len"),
    fastly_fn<"cache_override_v3_set", cache_override_v3_set>("request tag options"),
    fastly_fn<"header_names_get", header_names_get<H>>("request >names[nwritten] names_len cursor ending_cursor nwritten"),
    fastly_fn<"header_value_get", header_value_get<H>>("request name name_len >value[nwritten] value_len nwritten"),
    fastly_fn<"header_values_get", header_values_get<H>>(
        "request name name_len >values[nwritten] values_len cursor ending_cursor nwritten"),
    fastly_fn<"header_values_set", header_values_set<H>>("request name name_len values values_len"),
    fastly_fn<"header_insert", header_insert<H>>("request name name_len value value_len"),
    fastly_fn<"header_append", header_append<H>>("request name name_len value value_len"),
    fastly_fn<"header_remove", header_remove<H>>("request name name_len"),
    fastly_fn<"method_get", method_get>("request >method[nwritten] method_len nwritten"),
    fastly_fn<"method_set", method_set>("request method method_len"),
    fastly_fn<"uri_get", uri_get>("request >uri[nwritten] uri_len nwritten"),
    fastly_fn<"uri_set", uri_set>("request uri uri_len"),
    fastly_fn<"version_get", version_get<H>>("request version"),
    fastly_fn<"version_set", version_set<H>>("request version"),
    fastly_fn<"framing_headers_mode_set", framing_headers_mode_set<H>>("request mode"),
    fastly_fn<"auto_decompress_response_set", auto_decompress_response_set>("request encodings"),
    fastly_fn<"inspect", inspect>("request body mask info >answer answer_len answer_size"),
    fastly_fn<"on_behalf_of", on_behalf_of>("request service service_len"),
};

}  // namespace

const std::span<const runtime::HostFunction> http_req_functions{functions};

}  // namespace weir::fastly
