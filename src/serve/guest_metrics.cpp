#include "serve/guest_metrics.hpp"

#include <string_view>

namespace weir::serve {

namespace {

http::Counter& ended(http::Metrics& metrics, std::string_view how)
{
    const http::Metrics::Label label{"end", how};
    return metrics.counter("weir_guests_total", "Guests that have ended, by how they did.", {&label, 1});
}

http::Counter& taken(http::Metrics& metrics, std::string_view how)
{
    const http::Metrics::Label label{"from", how};
    return metrics.counter("weir_instances_total", "Instances that guests were given: made for them, or used before and restored.",
                           {&label, 1});
}

}  // namespace

GuestMetrics::GuestMetrics(http::Metrics& metrics)
    : running(metrics.gauge("weir_guests", "Guests that run or wait.")),
      idle(metrics.gauge("weir_instances_idle", "Instances that are kept for the next requests.")),
      returned(ended(metrics, "returned")), exited(ended(metrics, "exited")), trapped(ended(metrics, "trapped")),
      timed_out(ended(metrics, "timed_out")), not_started(ended(metrics, "not_started")), abandoned(ended(metrics, "abandoned")),
      refused(metrics.counter("weir_requests_refused_total", "Requests that were answered 503, for too many guests ran.")),
      made(taken(metrics, "made")), used_again(taken(metrics, "pool")),
      cpu(metrics.histogram("weir_guest_cpu_seconds", "Processor time of guests, from their start to their end."))
{
}

}  // namespace weir::serve
