#include "http/request_rules.hpp"

#include "http/response_rules.hpp"

#include <algorithm>
#include <array>

namespace weir::http {

RequestPlan plan_request(ClientRequest& request)
{
    constexpr std::array<std::string_view, 5> bodiless_methods{"GET", "HEAD", "OPTIONS", "TRACE", "DELETE"};
    RequestPlan plan;
    plan.takes_trailers = has_element(request.headers, "te", "trailers");
    const bool has_own_length = request.framing == Framing::declared && request.headers.contains("content-length");
    plan.length = take_length(request.headers, request.body, request.framing);
    remove_hop_by_hop(request.headers);
    request.headers.remove("host");
    // The body is sent without waiting for a word.
    request.headers.remove("expect");
    plan.says_length = plan.length && (*plan.length > 0 || has_own_length ||
                                       std::ranges::find(bodiless_methods, request.method) == bodiless_methods.end());
    return plan;
}

bool is_idempotent(std::string_view method) noexcept
{
    constexpr std::array<std::string_view, 6> methods{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    return std::ranges::find(methods, method) != methods.end();
}

}  // namespace weir::http
