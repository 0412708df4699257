#pragma once

#include "http/tls.hpp"

#include <memory>
#include <string>

namespace weir {

/// A certificate for localhost and 127.0.0.1 that signs itself, made once for each process.
[[nodiscard]] const std::string& test_certificate_pem();
/// Another one, that the first's server does not have.
[[nodiscard]] const std::string& other_certificate_pem();
/// A server's set-up with the first.
[[nodiscard]] std::shared_ptr<const http::TlsServerContext> test_server_context(bool offer_http2 = true);

}  // namespace weir
