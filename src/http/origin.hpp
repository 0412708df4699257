#pragma once

#include "http/client.hpp"
#include "http/tls_session.hpp"

#include <memory>
#include <string>

namespace weir::http {

struct Origin::Impl {
    OriginOptions options;
    std::shared_ptr<const TlsClientContext> tls;  // null for cleartext
    std::string key;                              // all options as one text
    std::string default_authority;                // host[:port], without the scheme's own port
};

/// "host:port", for messages.
[[nodiscard]] std::string name_of(const OriginOptions& options);

}  // namespace weir::http
