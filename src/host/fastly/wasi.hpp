#pragma once

#include "host/fastly/network.hpp"
#include "host/wasip1/world.hpp"

#include <span>

namespace weir::fastly {

/// The functions of WASI that wait, for guests that share a thread: they suspend the guest. Its files are standard input, which is empty, and
/// output and error, so that only clocks are waited for.
struct WasiWaits {
    static constexpr wasip1::Errno fault = wasip1::Errno::fault;
    static constexpr wasip1::Errno invalid_argument = wasip1::Errno::inval;

    Scheduler& scheduler;
};
extern const std::span<const runtime::HostFunction> wasi_wait_preview1_functions, wasi_wait_unstable_functions;

}  // namespace weir::fastly
