#pragma once

#include "http/event_loop.hpp"
#include "serve/guest.hpp"
#include "serve/network.hpp"
#include "serve/preemption.hpp"

#include <functional>
#include <memory>
#include <unordered_set>

namespace weir::serve {

/// What guests of one thread share. Made and destroyed on that thread; with it end the guests that still wait.
class Worker {
public:
    /// `serve` starts an instance for a request; it is called from the loop.
    Worker(http::EventLoop& loop, GuestMetrics& metrics, std::function<void(fastly::DownstreamRequest)> serve)
        : m_network(make_network(loop)), m_waiting(std::move(serve)), m_instances(metrics),
          m_environment{loop, *m_network, m_preemption, m_guests, m_waiting, m_instances, metrics}
    {
    }
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    [[nodiscard]] const WorkerEnvironment& environment() const { return m_environment; }
    [[nodiscard]] Preemption& preemption() { return m_preemption; }
    /// What requests are served by from here on: idle instances of other versions go, and guests of them get no more requests.
    void keep_only(const std::shared_ptr<const Loaded>& version)
    {
        m_waiting.keep_only(version);
        m_instances.keep_only(version);
    }

private:
    std::unique_ptr<fastly::Network> m_network;
    Preemption m_preemption;
    WaitingGuests m_waiting;
    InstancePool m_instances;
    std::unordered_set<std::shared_ptr<Guest>> m_guests;
    WorkerEnvironment m_environment;
};

}  // namespace weir::serve
