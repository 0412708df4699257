#pragma once

#include "http/body.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace weir::http {

/// Standard reason phrases; empty for statuses without one. RFC 9110, 15.
[[nodiscard]] std::string_view reason_phrase(uint16_t status) noexcept;

/// The time now as Date has it. Made anew once a second, for each thread. RFC 9110, 5.6.7.
[[nodiscard]] std::string_view http_date();

/// How an answer is framed.
struct ResponsePlan {
    bool has_body = true;
    std::optional<uint64_t> length;  // of the body that is sent; it is in the head as well
    bool wants_close = false;        // the head said "Connection: close"
};

/// Checks an answer's head and completes it: no fields of a connection, Content-Length by the body or as declared, Date, Server.
/// Nothing if it may not be sent. RFC 9110, 8.6; RFC 9112, 6.
[[nodiscard]] std::optional<ResponsePlan> plan_response(ResponseHead& head, const BodyReader& body, std::string_view method,
                                                        Framing framing, std::string_view server_header);
/// The same for a 1xx: false if it may not be sent.
[[nodiscard]] bool plan_informational(uint16_t status, Headers& headers);

/// Content-Length by the body, or as declared: what requests and responses have in common. Removes Content-Length and Transfer-Encoding
/// and answers the length that is to be said, if any.
[[nodiscard]] std::optional<uint64_t> take_length(Headers& headers, const BodyReader& body, Framing framing);

/// Whether all names and values may be sent.
[[nodiscard]] bool are_valid_fields(const Headers& headers) noexcept;

}  // namespace weir::http
