#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

// Sockets that a guest is given when it starts.

namespace weir::sockets {

/// A socket that listens at HOST:PORT. It stays open until the process ends.
[[nodiscard]] Result<int, std::string> listen_at(std::string_view endpoint);
/// A socket that is connected to HOST:PORT. The same.
[[nodiscard]] Result<int, std::string> dial_to(std::string_view endpoint);
/// Those that systemd passed on: descriptors from 3 on, LISTEN_FDS of them, if LISTEN_PID is this process. Empty when there are none.
[[nodiscard]] std::vector<int> sockets_of_systemd();

}  // namespace weir::sockets
