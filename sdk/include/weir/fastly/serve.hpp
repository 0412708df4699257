#pragma once

#include "weir/fastly/message.hpp"

#include <type_traits>
#include <utility>

namespace weir::fastly {

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
    if constexpr (std::is_void_v<std::invoke_result_t<Handler&, Request&>>) {
        handler(request);
        return 0;
    } else {
        Response response = handler(request);
        return std::move(response).send() ? 0 : 1;
    }
}

}  // namespace weir::fastly
