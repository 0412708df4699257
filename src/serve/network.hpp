#pragma once

#include "host/fastly/network.hpp"
#include "http/event_loop.hpp"

#include <memory>

namespace weir::serve {

/// Sends guests' requests to backends, on a worker's loop, which must outlive it.
[[nodiscard]] std::unique_ptr<fastly::Network> make_network(http::EventLoop& loop);

}  // namespace weir::serve
