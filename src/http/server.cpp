#include "http/server.hpp"

#include "http/access_log.hpp"
#include "http/listen.hpp"
#include "http/worker.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <latch>
#include <thread>
#include <utility>

namespace weir::http {

namespace {

unsigned usable_processors()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

std::shared_ptr<Metrics> registry_of(const ServerOptions& options)
{
    return options.metrics ? options.metrics : std::make_shared<Metrics>();
}

Counter& requests_counter(Metrics& metrics, std::string_view protocol)
{
    const Metrics::Label label{"protocol", protocol};
    return metrics.counter("weir_http_requests_total", "Requests that were begun to be handled.", {&label, 1});
}

Counter& responses_counter(Metrics& metrics, std::string_view status_class)
{
    const Metrics::Label label{"class", status_class};
    return metrics.counter("weir_http_responses_total", "Answers that were begun, by the first digit of their status.",
                           {&label, 1});
}

}  // namespace

ServerShared::ServerShared(ServerOptions o)
    : options(std::move(o)), registry(registry_of(options)),
      connections_total(registry->counter("weir_http_connections_total", "Connections accepted.")),
      connections_open(registry->gauge("weir_http_connections_open", "Connections open now.")),
      tls_failures_total(registry->counter("weir_http_tls_failures_total", "TLS handshakes and connections that failed.")),
      requests_http1_total(requests_counter(*registry, "http1")), requests_http2_total(requests_counter(*registry, "http2")),
      requests_active(registry->gauge("weir_http_requests_active", "Requests being handled now.")),
      rejected_total(
          registry->counter("weir_http_rejected_total", "Requests that the server refused: malformed, too large, too slow.")),
      responses_by_class{&responses_counter(*registry, "1xx"), &responses_counter(*registry, "2xx"),
                         &responses_counter(*registry, "3xx"), &responses_counter(*registry, "4xx"),
                         &responses_counter(*registry, "5xx")},
      cut_total(registry->counter("weir_http_cut_total", "Exchanges that ended before their answer was complete.")),
      duration(registry->histogram("weir_http_request_duration_seconds", "From a request's head to its answer's last byte."))
{
}

class Worker::Acceptor {
public:
    Acceptor(Worker& worker, Listener listener)
        : m_worker(worker), m_address(std::move(listener.address)), m_watch(worker.loop(), std::move(listener.fd)),
          m_retry(worker.loop(), [this] { m_worker.accept_from(*this); })
    {
    }
    void wait()
    {
        m_watch.wait_readable([this] { m_worker.accept_from(*this); });
    }
    void wait_a_little() { m_retry.set_after(std::chrono::milliseconds{50}); }
    [[nodiscard]] int fd() const { return m_watch.fd(); }
    [[nodiscard]] const Address& address() const { return m_address; }

private:
    Worker& m_worker;
    Address m_address;
    FdWatch m_watch;
    Timer m_retry;
};

Worker::Worker(std::shared_ptr<ServerShared> shared, std::vector<Listener> listeners)
    : m_shared(std::move(shared)), m_grace(m_loop, [this] { end_grace(); })
{
    for (Listener& listener : listeners) m_acceptors.push_back(std::make_unique<Acceptor>(*this, std::move(listener)));
}

Worker::~Worker() = default;

void Worker::run(std::unique_ptr<Handler> handler)
{
    m_handler = std::move(handler);
    for (const auto& acceptor : m_acceptors) acceptor->wait();
    m_loop.run();
    m_acceptors.clear();
    end_grace();
    // What the handler still holds of exchanges goes before what they stand on.
    m_handler.reset();
    m_connections.clear();
}

void Worker::accept_from(Acceptor& acceptor)
{
    // A few at a time, so that connections that are here get their turn.
    for (int i = 0; i < 16; ++i) {
        if (m_shared->connections.load(std::memory_order_relaxed) >= limits().max_connections) {
            acceptor.wait_a_little();
            return;
        }
        sockaddr_storage storage{};
        socklen_t size = sizeof storage;
        UniqueFd socket{::accept4(acceptor.fd(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!socket) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                acceptor.wait_a_little();
                return;
            }
            continue;  // that client is gone already
        }
        add_connection(std::move(socket), acceptor.address(), address_of(storage));
    }
    acceptor.wait();
}

void Worker::add_connection(UniqueFd socket, const Address& local, Address remote)
{
    static std::atomic<uint64_t> next_id{0};
    ConnectionInfo info;
    info.id = next_id.fetch_add(1, std::memory_order_relaxed);
    // Which of several addresses it was shows only on the connection.
    info.local = local.family == Address::Family::unix_ ? local : local_address(socket.get());
    info.remote = std::move(remote);
    if (info.remote.family != Address::Family::unix_) {
        const int on = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    std::unique_ptr<TlsSession> tls;
    if (m_shared->options.tls) {
        tls = TlsSession::accept(*m_shared->options.tls);
        if (!tls) return;
    }
    m_shared->connections.fetch_add(1, std::memory_order_relaxed);
    m_shared->connections_total.add();
    m_shared->connections_open.add(1);
    const auto connection = std::make_shared<ServerConnection>(*this, std::move(socket), std::move(tls), std::move(info));
    m_connections.insert(connection);
    connection->start();
}

void Worker::remove(ServerConnection& connection)
{
    m_shared->connections.fetch_sub(1, std::memory_order_relaxed);
    m_shared->connections_open.add(-1);
    // It may be on the stack.
    m_loop.defer([this, self = connection.shared_from_this()] {
        m_connections.erase(self);
        finish_if_idle();
    });
}

void Worker::stop(Duration grace)
{
    const auto end = Clock::now() + grace;
    if (end < m_grace_end) {
        m_grace_end = end;
        m_grace.set(end);
    }
    if (!std::exchange(m_is_stopping, true)) {
        m_acceptors.clear();
        const std::vector<std::shared_ptr<ServerConnection>> connections{m_connections.begin(), m_connections.end()};
        for (const auto& connection : connections) connection->drain();
    }
    finish_if_idle();
}

void Worker::end_grace()
{
    m_is_stopping = true;
    const std::vector<std::shared_ptr<ServerConnection>> connections{m_connections.begin(), m_connections.end()};
    for (const auto& connection : connections) connection->cut(ExchangeEnd::aborted);
    finish_if_idle();
}

void Worker::finish_if_idle()
{
    if (m_is_stopping && m_connections.empty()) m_loop.stop();
}

class Server::Impl {
public:
    ~Impl()
    {
        stop(Duration{0});
        wait();
    }

    void stop(Duration grace)
    {
        for (const auto& worker : m_workers) {
            worker->loop().post([&at = *worker, grace] { at.stop(grace); });
        }
    }
    void wait()
    {
        for (std::thread& thread : m_threads) {
            if (thread.joinable()) thread.join();
        }
        for (const std::string& path : std::exchange(m_unix_paths, {})) ::unlink(path.c_str());
    }

    std::shared_ptr<ServerShared> m_shared;
    std::vector<Address> m_addresses;
    std::vector<std::string> m_unix_paths;  // sockets that this server made
    std::vector<std::unique_ptr<Worker>> m_workers;
    std::vector<std::thread> m_threads;
};

Server::Server(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>, std::string> Server::start(ServerOptions options, HandlerFactory make_handler)
{
    const unsigned count = options.workers != 0 ? options.workers : usable_processors();
    auto impl = std::make_unique<Impl>();
    std::vector<std::vector<Listener>> for_worker(count);
    for (const ListenAddress& listen : options.listen) {
        WEIR_TRY(listeners, listen_at(listen, count));
        impl->m_addresses.push_back(listeners.front().address);
        if (listen.kind == ListenAddress::Kind::unix_path) impl->m_unix_paths.push_back(listen.path);
        for (unsigned i = 0; i < count; ++i) for_worker[i].push_back(std::move(listeners[i]));
    }
    for (const ListenAddress& listen : options.listen) {
        if (listen.kind == ListenAddress::Kind::inherited) ::close(listen.fd);  // the workers have copies
    }
    impl->m_shared = std::make_shared<ServerShared>(std::move(options));
    for (unsigned i = 0; i < count; ++i)
        impl->m_workers.push_back(std::make_unique<Worker>(impl->m_shared, std::move(for_worker[i])));

    const auto factory = std::make_shared<HandlerFactory>(std::move(make_handler));
    // The first worker's handler is made before the others', which may build on what it found out.
    const auto first_is_made = std::make_shared<std::latch>(1);
    for (unsigned i = 0; i < count; ++i) {
        impl->m_threads.emplace_back([&worker = *impl->m_workers[i], factory, first_is_made, i, count] {
            if (i > 0) first_is_made->wait();
            auto handler = (*factory)({worker.loop(), i, count});
            if (i == 0) first_is_made->count_down();
            worker.run(std::move(handler));
        });
    }
    return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

const std::vector<Address>& Server::addresses() const noexcept { return m_impl->m_addresses; }
void Server::stop(Duration grace) { m_impl->stop(grace); }
void Server::wait() { m_impl->wait(); }
uint64_t Server::active_exchanges() const noexcept { return m_impl->m_shared->active_exchanges.load(std::memory_order_relaxed); }

}  // namespace weir::http
