#pragma once

#include "host/fastly/budget.hpp"
#include "host/fastly/types.hpp"
#include "host/fastly/uri.hpp"
#include "http/headers.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// Requests and responses without their bodies.

namespace weir::fastly {

/// Facts about a request as it arrived; they do not change with what the guest does to it.
struct Arrival {
    uint64_t number = 0;  // in this process, from 0 on
    http::Headers original_headers;
    std::shared_ptr<const http::ConnectionInfo> connection;  // not null
};
/// 32 hexadecimal digits.
[[nodiscard]] std::string request_id(uint64_t number);
/// 4 or 16 bytes; none of a unix socket.
[[nodiscard]] std::string_view ip_bytes(const http::Address& address);

struct Request {
    std::string method = "GET";
    Uri uri{.scheme = {}, .authority = {}, .path_and_query = "/"};
    HttpVersion version = HttpVersion::http_11;
    http::Headers headers;
    Charge charge;  // for the headers
    FramingMode framing = FramingMode::automatic;
    bool decompresses_gzip = false;
    bool passes_cache = false;               // cache override "pass"
    std::shared_ptr<const Arrival> arrival;  // of clients' requests
};

struct Response {
    uint16_t status = 200;
    HttpVersion version = HttpVersion::http_11;
    http::Headers headers;
    Charge charge;  // for the headers
    FramingMode framing = FramingMode::automatic;
    std::optional<http::Address> backend_address;  // where it is from, when the request asked for that
};

}  // namespace weir::fastly
