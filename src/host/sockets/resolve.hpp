#pragma once

#include "base/result.hpp"
#include "host/sockets/address.hpp"

#include <string>
#include <vector>

namespace weir::sockets {

struct Lookup {
    std::string node;     // empty: none
    std::string service;  // empty: none
    int flags = 0;        // AI_... of the host
    int family = 0, type = 0, protocol = 0;
};
struct Found {
    SocketAddress address;
    int type, protocol;
};
struct Answers {
    std::vector<Found> found;
    std::string canonical_name;  // where AI_CANONNAME was asked
};

/// getaddrinfo(3) on a thread of its own: it cannot be interrupted, but waiting for it can. A lookup that is given up ends by itself.
/// @error intr  The guest is to be stopped.   @error ai...  As getaddrinfo.   @error nomem  No thread can be made.
[[nodiscard]] Result<Answers, Errno> resolve(const Lookup& lookup) noexcept;

}  // namespace weir::sockets
