#pragma once

#include "http/metrics.hpp"
#include "http/server.hpp"
#include "http/server_connection.hpp"

#include <atomic>
#include <memory>
#include <unordered_set>
#include <vector>

namespace weir::http {

/// What a server's workers share.
struct ServerShared {
    explicit ServerShared(ServerOptions o);

    const ServerOptions options;
    std::atomic<uint64_t> active_exchanges{0};
    std::atomic<uint32_t> connections{0};

    // All of them exist, with or without a registry to show them.
    std::shared_ptr<Metrics> registry;
    Counter& connections_total;
    Gauge& connections_open;
    Counter& tls_failures_total;
    Counter& requests_http1_total;
    Counter& requests_http2_total;
    Gauge& requests_active;
    Counter& rejected_total;
    std::array<Counter*, 5> responses_by_class;  // 1xx .. 5xx
    Counter& cut_total;
    Histogram& duration;
};

/// A socket that a worker accepts from.
struct Listener {
    UniqueFd fd;
    Address address;
};

/// One thread's share of a server. All but the constructor on that thread.
class Worker {
public:
    Worker(std::shared_ptr<ServerShared> shared, std::vector<Listener> listeners);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    [[nodiscard]] EventLoop& loop() noexcept { return m_loop; }
    [[nodiscard]] ServerShared& shared() noexcept { return *m_shared; }
    [[nodiscard]] const ServerLimits& limits() const noexcept { return m_shared->options.limits; }
    [[nodiscard]] Handler& handler() noexcept { return *m_handler; }
    [[nodiscard]] bool is_stopping() const noexcept { return m_is_stopping; }

    /// Serves until stopped.
    void run(std::unique_ptr<Handler> handler);
    void stop(Duration grace);

    /// From a connection that is over; it is let go of later.
    void remove(ServerConnection& connection);

private:
    class Acceptor;
    void accept_from(Acceptor& acceptor);
    void add_connection(UniqueFd socket, const Address& local, Address remote);
    void end_grace();
    void finish_if_idle();

    EventLoop m_loop;
    std::shared_ptr<ServerShared> m_shared;
    std::vector<std::unique_ptr<Acceptor>> m_acceptors;
    std::unordered_set<std::shared_ptr<ServerConnection>> m_connections;
    std::unique_ptr<Handler> m_handler;
    Timer m_grace;
    Clock::time_point m_grace_end = Clock::time_point::max();
    bool m_is_stopping = false;
};

}  // namespace weir::http
