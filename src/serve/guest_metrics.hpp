#pragma once

#include "http/metrics.hpp"

namespace weir::serve {

/// Numbers about a server's guests, beside those about its HTTP. Thread-safe; the registry must outlive it.
struct GuestMetrics {
    explicit GuestMetrics(http::Metrics& metrics);

    http::Gauge &running, &idle;
    http::Counter &returned, &exited, &trapped, &timed_out, &not_started, &abandoned;  // how guests ended
    http::Counter& refused;                                                            // requests that there was no room for
    http::Counter &made, &used_again;                                                  // instances
    http::Histogram& cpu;
};

}  // namespace weir::serve
