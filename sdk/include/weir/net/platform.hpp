#pragma once

// The calls that sockets are made of, for each platform under the same names: they take and give plain values, answer 0 or an errno, and
// nothing outside of the SDK calls them.

#ifdef __wasi__
#include "weir/net/platform_wasi.hpp"  // IWYU pragma: export
#else
#include "weir/net/platform_linux.hpp"  // IWYU pragma: export
#endif
