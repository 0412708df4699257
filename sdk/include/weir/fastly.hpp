#pragma once

// Edge services for Fastly Compute, which weir serves as well (`weir serve`): typed, move-only, errors as values. A service is a program whose
// main function hands a handler to `serve`:
//
//     int main() {
//         return weir::fastly::serve([](weir::fastly::Request&) { return weir::fastly::Response("Hello World!\n"); });
//     }

#include "weir/fastly/backend.hpp"   // IWYU pragma: export
#include "weir/fastly/body.hpp"      // IWYU pragma: export
#include "weir/fastly/client.hpp"    // IWYU pragma: export
#include "weir/fastly/lookups.hpp"   // IWYU pragma: export
#include "weir/fastly/message.hpp"   // IWYU pragma: export
#include "weir/fastly/platform.hpp"  // IWYU pragma: export
#include "weir/fastly/serve.hpp"     // IWYU pragma: export
#include "weir/fastly/stores.hpp"    // IWYU pragma: export
#include "weir/result.hpp"           // IWYU pragma: export
