#pragma once

#include "http/server.hpp"

#include <memory>
#include <string>

namespace weir::http {

class Metrics;

/// Serves what a registry holds, on a thread and an address of its own: /metrics for Prometheus, /healthz, which answers "ok" as long as the process
/// lives. Apart from the service's address, for neither is for the service's clients.
Result<std::unique_ptr<Server>, std::string> serve_metrics(ListenAddress address, std::shared_ptr<Metrics> metrics);

}  // namespace weir::http
