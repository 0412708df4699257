#pragma once

#include "http/message.hpp"

#include <cstdint>
#include <string_view>

namespace weir::http {

/// How a server's exchange ended.
enum class ExchangeEnd : uint8_t {
    complete,     // the whole answer was handed to the system
    cut,          // the answer's body was cut by whoever wrote it
    client_gone,  // the client closed or reset the connection or the stream
    timed_out,    // the client was too slow
    aborted,      // the handler gave no answer, or the server was stopped
    rejected,     // the server answered by itself: the request was malformed or too large
};
[[nodiscard]] std::string_view to_string(ExchangeEnd end) noexcept;

/// What is known of an exchange when it is over. Views are valid during the call only. What a client sent may hold any visible byte:
/// escape it when it is written (base/printable.hpp).
struct AccessRecord {
    uint64_t request_id;
    const ConnectionInfo& connection;
    std::string_view method;  // empty when the request could not be parsed
    std::string_view authority;
    std::string_view target;
    std::string_view user_agent;
    std::string_view referer;
    Version version;
    uint16_t status;  // 0 when no answer was begun
    uint64_t request_body_bytes;
    uint64_t response_body_bytes;  // given to the connection
    Duration duration;             // from the head's last byte to the answer's
    ExchangeEnd end;
};

/// Sees every exchange when it is over, on its worker's thread; several threads may call at once. Must not block.
class AccessLog {
public:
    AccessLog() = default;
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;
    virtual ~AccessLog() = default;
    virtual void record(const AccessRecord& record) noexcept = 0;
};

}  // namespace weir::http
