#pragma once

// Sockets for guests (WasmEdge's extension of WASI preview 1), and, from the same source, for native programs on Linux.

#include "weir/net/address.hpp"  // IWYU pragma: export
#include "weir/net/resolve.hpp"  // IWYU pragma: export
#include "weir/net/socket.hpp"   // IWYU pragma: export
#include "weir/result.hpp"       // IWYU pragma: export
