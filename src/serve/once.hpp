#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "serve/loaded.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::serve {

/// A request that comes from the command line or a file instead of a client.
struct OnceRequest {
    http::RequestHead head;
    std::string body;
};
/// A request as HTTP/1.1 has it, lines ending with LF or CRLF; the rest behind the empty line is the body, however long. The version and
/// all but the first line may be missing; without Host it is for localhost.
[[nodiscard]] Result<OnceRequest, cli::Problem> parse_once_request(std::string_view text);

enum class OnceOutput : uint8_t { response, nothing };
/// Serves one request without a network, writes the response to standard output, and answers an exit code: 0, or that of a guest that failed.
[[nodiscard]] int serve_once(const std::shared_ptr<const Loaded>& loaded, OnceRequest request, OnceOutput output);

}  // namespace weir::serve
