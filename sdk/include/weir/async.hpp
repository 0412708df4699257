#pragma once

// Coroutines that wait for sockets and for time, many at once on one thread.

#include "weir/async/group.hpp"    // IWYU pragma: export
#include "weir/async/io.hpp"       // IWYU pragma: export
#include "weir/async/loop.hpp"     // IWYU pragma: export
#include "weir/async/task.hpp"     // IWYU pragma: export
#include "weir/async/timeout.hpp"  // IWYU pragma: export
