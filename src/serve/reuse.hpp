#pragma once

#include "host/fastly/network.hpp"
#include "http/event_loop.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace weir::serve {

struct Loaded;

/// The guests of a worker that have answered their request and wait for another, which spares it the start of an instance. All are of one
/// version of the service, the one that was given last to keep_only().
class WaitingGuests {
public:
    /// Most that wait at a time, and most requests that one gets beyond its first.
    static constexpr size_t most_waiting = 5;
    static constexpr uint32_t most_requests = 5;

    /// `serve` starts an instance for a request that was promised to a guest which went away without taking it.
    explicit WaitingGuests(std::function<void(fastly::DownstreamRequest)> serve) : m_serve(std::move(serve)) {}

    /// What a guest of this version waits with. Null when too many wait, or another version is served by now.
    [[nodiscard]] std::unique_ptr<fastly::Promise> wait(const Loaded& version, http::EventLoop& loop,
                                                        std::chrono::milliseconds timeout);
    /// Hands a request to the guest that began to wait last. False, and nothing is taken, when none waits.
    [[nodiscard]] bool take(fastly::DownstreamRequest& request);
    /// Only guests of this version may wait from here on. Others that do are told that no request comes.
    void keep_only(std::shared_ptr<const Loaded> version);

private:
    class Place;
    std::function<void(fastly::DownstreamRequest)> m_serve;
    std::shared_ptr<const Loaded> m_version;
    std::vector<Place*> m_places;
};

}  // namespace weir::serve
