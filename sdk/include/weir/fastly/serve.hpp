#pragma once

#include "weir/fastly/message.hpp"

#include <type_traits>
#include <utility>

namespace weir::fastly {

namespace detail {

struct NextRequestOptions {
    uint64_t timeout_ms = 0;
};
extern "C" {
WEIR_FASTLY_IMPORT("http_downstream", "next_request", weir_fastly_next_request)
(uint32_t mask, const NextRequestOptions* options, uint32_t* promise);
WEIR_FASTLY_IMPORT("http_downstream", "next_request_wait", weir_fastly_next_request_wait)
(uint32_t promise, uint32_t* request, uint32_t* body);
}

/// Whether what the handler gave was sent.
template <class Handler>
bool serve_one(Handler& handler, Request& request)
{
    if constexpr (std::is_void_v<std::invoke_result_t<Handler&, Request&>>) {
        handler(request);
        return true;
    } else {
        Response response = handler(request);
        return static_cast<bool>(std::move(response).send());
    }
}

}  // namespace detail

/// Answers the client's request: `handler(Request&)` gives the Response, or sends one itself (Response::send, stream) and gives nothing. What
/// it answers is main's exit code.
template <class Handler>
int serve(Handler&& handler)
{
    constexpr uint64_t abi_version = 1;
    Request::FromHost from{detail::no_handle, detail::no_handle};
    if (detail::weir_fastly_init(abi_version) != detail::ok || detail::weir_fastly_downstream(&from.head, &from.body) != detail::ok)
        return 1;
    Request request{from};
    return detail::serve_one(handler, request) ? 0 : 1;
}

/// The same for one request after the other, in one instance: what the handler keeps is there for the next one. Ends when `most` were served, or
/// none comes for `patience_ms`; the host may end it before.
template <class Handler>
int serve_many(Handler&& handler, unsigned most, uint64_t patience_ms)
{
    constexpr uint32_t has_timeout = 2;
    const detail::NextRequestOptions options{patience_ms};
    if (const int code = serve(handler); code != 0) return code;
    for (unsigned served = 1; served < most; ++served) {
        uint32_t promise = detail::no_handle;
        Request::FromHost from{detail::no_handle, detail::no_handle};
        if (detail::weir_fastly_next_request(has_timeout, &options, &promise) != detail::ok ||
            detail::weir_fastly_next_request_wait(promise, &from.head, &from.body) != detail::ok)
            return 0;
        Request request{from};
        if (!detail::serve_one(handler, request)) return 1;
    }
    return 0;
}

}  // namespace weir::fastly
