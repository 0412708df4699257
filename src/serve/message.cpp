#include "serve/message.hpp"

#include <algorithm>
#include <utility>

namespace weir::serve {

fastly::HttpVersion to_version(http::Version version)
{
    switch (version) {
    case http::Version::http_1_0: return fastly::HttpVersion::http_10;
    case http::Version::http_2: return fastly::HttpVersion::h2;
    case http::Version::http_1_1: break;
    }
    return fastly::HttpVersion::http_11;
}

http::Framing to_framing(fastly::FramingMode mode)
{
    return mode == fastly::FramingMode::manual ? http::Framing::declared : http::Framing::automatic;
}

http::Headers to_sendable(http::Headers headers)
{
    const auto has_blanks = [](const http::HeaderView& field) {
        return http::trim_blanks(field.value).size() != field.value.size();
    };
    if (std::ranges::none_of(headers, has_blanks)) return headers;
    http::Headers trimmed;
    for (const http::HeaderView field : headers) trimmed.append(field.name, http::trim_blanks(field.value));
    return trimmed;
}

fastly::Request to_request(http::RequestHead head, uint64_t number, std::shared_ptr<const http::ConnectionInfo> connection)
{
    fastly::Request request;
    request.method = std::move(head.method);
    request.uri = {
        .scheme = std::move(head.scheme), .authority = std::move(head.authority), .path_and_query = std::move(head.target)};
    request.version = to_version(head.version);
    if (!head.headers.contains("host")) head.headers.set("host", request.uri.authority);  // HTTP/2 has it elsewhere
    request.headers = std::move(head.headers);
    request.arrival = std::make_shared<const fastly::Arrival>(
        fastly::Arrival{.number = number, .original_headers = request.headers, .connection = std::move(connection)});
    return request;
}

http::ResponseHead to_head(fastly::Response response)
{
    http::ResponseHead head;
    head.status = response.status;
    head.headers = to_sendable(std::move(response.headers));
    return head;
}

namespace {

struct Handover {
    std::unique_ptr<fastly::Exchange> exchange;
    std::vector<fastly::HeaderEdit> edits;
    std::unique_ptr<fastly::Downstream> downstream;
};

}  // namespace

void respond_when_done(std::unique_ptr<fastly::Exchange> exchange, std::vector<fastly::HeaderEdit> edits,
                       std::unique_ptr<fastly::Downstream> downstream)
{
    auto handover = std::make_shared<Handover>(std::move(exchange), std::move(edits), std::move(downstream));
    fastly::Exchange& pending = *handover->exchange;
    // The exchange keeps what it calls until then.
    pending.on_done([handover = std::move(handover)] {
        auto answer = handover->exchange->take();
        const auto outcome = answer ? fastly::PendingTarget::response : fastly::PendingTarget::error;
        fastly::BackendResponse response = answer ? std::move(*answer) : fastly::gateway_response(answer.error());
        fastly::apply(handover->edits, outcome, response.response.headers);
        handover->downstream->respond(std::move(response.response), std::move(response.body));
    });
}

}  // namespace weir::serve
