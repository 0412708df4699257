#pragma once

// HTTP/1.1 over weir/net.hpp and weir/async.hpp: a server, a client, and the parsers they stand on.

#include "weir/async.hpp"        // IWYU pragma: export
#include "weir/http/client.hpp"  // IWYU pragma: export
#include "weir/http/head.hpp"    // IWYU pragma: export
#include "weir/http/server.hpp"  // IWYU pragma: export
#include "weir/net.hpp"          // IWYU pragma: export
