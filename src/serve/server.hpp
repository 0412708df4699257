#pragma once

#include "cli/console.hpp"
#include "http/server.hpp"
#include "serve/loaded.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::serve {

struct ServerConfig {
    std::vector<http::ListenAddress> addresses;
    std::string tls_certificate, tls_key;  // files; both or none
    std::string tls_client_ca;      // file of authorities whose certificates clients are asked for; empty: they are not asked
    unsigned workers = 0;           // 0: one for each processor
    uint32_t max_instances = 1000;  // at a time; further requests are answered 503
    std::optional<http::ListenAddress> metrics_address;  // where metrics are served; none: nowhere
    std::string access_log;                              // a file, or "-" for standard output; empty: none
    bool watches = false;                                // loads module and configuration again when their files change
};

/// Serves until SIGINT or SIGTERM, which finish what runs; a second one ends it at once. Answers an exit code.
[[nodiscard]] int serve_requests(std::shared_ptr<const Loaded> loaded, const ServerConfig& config);

}  // namespace weir::serve
