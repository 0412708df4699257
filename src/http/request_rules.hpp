#pragma once

#include "http/client.hpp"

#include <optional>
#include <string_view>

namespace weir::http {

/// How a request is framed. Its head is ready for sending then: no fields of a connection but "TE: trailers", no Host, no Expect, Content-Length
/// by the body or as declared.
struct RequestPlan {
    std::optional<uint64_t> length;  // of the body; none: it is sent in chunks, or frames
    bool says_length = false;        // an empty body of a GET and its like needs no word
    bool takes_trailers = false;
};
[[nodiscard]] RequestPlan plan_request(ClientRequest& request);

/// Methods that may be sent again when it is not known whether they took effect. RFC 9110, 9.2.2.
[[nodiscard]] bool is_idempotent(std::string_view method) noexcept;

}  // namespace weir::http
