#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "http/server.hpp"
#include "http/worker.hpp"

#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

namespace weir::http {

/// One listening socket for each worker: with SO_REUSEPORT for TCP, so that the kernel spreads connections; copies of one descriptor
/// otherwise. The error is a sentence.
Result<std::vector<Listener>, std::string> listen_at(const ListenAddress& listen, unsigned workers);

[[nodiscard]] Address address_of(const sockaddr_storage& storage);
[[nodiscard]] Address local_address(int fd);

}  // namespace weir::http
