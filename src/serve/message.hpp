#pragma once

#include "host/fastly/network.hpp"
#include "http/message.hpp"

#include <memory>
#include <string_view>

// Between messages as HTTP has them and as the edge world has them.

namespace weir::serve {

[[nodiscard]] fastly::HttpVersion to_version(http::Version version);
[[nodiscard]] http::Framing to_framing(fastly::FramingMode mode);
/// Headers that a guest may have set with blanks at the ends of values, without those.
[[nodiscard]] http::Headers to_sendable(http::Headers headers);

/// A client's request. Its URI becomes absolute, by scheme and authority.
[[nodiscard]] fastly::Request to_request(http::RequestHead head, uint64_t number,
                                         std::shared_ptr<const http::ConnectionInfo> connection);
[[nodiscard]] http::ResponseHead to_head(fastly::Response response);

/// A Downstream answers later with what a backend will: calls `respond` with the response, headers edited, or with one that tells of the error.
void respond_when_done(std::unique_ptr<fastly::Exchange> exchange, std::vector<fastly::HeaderEdit> edits,
                       std::unique_ptr<fastly::Downstream> downstream);

}  // namespace weir::serve
