#pragma once

#include "http/client.hpp"
#include "http/metrics.hpp"
#include "http/origin.hpp"
#include "http/request_rules.hpp"
#include "http/resolver.hpp"
#include "http/transport.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

// How a client's parts know each other: a Client has a Pool for each origin, a Pool connections and requests that wait for one, a connection
// a protocol that runs one request or several.

namespace weir::http {

class ClientConnection;
class ClientProtocol;
class Pool;

struct PendingRequest::State : std::enable_shared_from_this<PendingRequest::State> {
    State(EventLoop& l, std::shared_ptr<Pool> p, ClientRequest r, Client::OnDone d);

    EventLoop& loop;
    std::shared_ptr<Pool> pool;  // null when over
    ClientRequest request;
    RequestPlan plan;
    Client::OnDone on_done;
    ClientProtocol* running_on = nullptr;
    bool was_retried = false;
    bool body_was_taken = false;
    Timer wait_timer;

    /// The outcome, told from the loop. Only the first counts.
    void finish(Result<Response, ClientError> result);
    void cancel();
    [[nodiscard]] bool is_over() const noexcept { return pool == nullptr; }
};
using RequestState = PendingRequest::State;
using RequestPtr = std::shared_ptr<RequestState>;

/// What speaks HTTP on a connection to an origin.
class ClientProtocol {
public:
    ClientProtocol() = default;
    ClientProtocol(const ClientProtocol&) = delete;
    ClientProtocol& operator=(const ClientProtocol&) = delete;
    virtual ~ClientProtocol() = default;

    /// Whether start() may be called now.
    [[nodiscard]] virtual bool has_room() const = 0;
    [[nodiscard]] virtual bool is_idle() const = 0;
    [[nodiscard]] virtual bool speaks_http1() const = 0;
    virtual void start(const RequestPtr& request) = 0;
    /// The request's sender does not want an answer any more.
    virtual void cancel(RequestState& request) = 0;

    virtual size_t on_input(std::string_view input) = 0;
    virtual void on_input_end(bool is_clean) = 0;
    virtual void on_output_room() = 0;
    /// The connection is broken: everything on it ends with this.
    virtual void on_failure(const ClientError& error) = 0;
};
std::unique_ptr<ClientProtocol> make_h1_client(ClientConnection& connection);
std::unique_ptr<ClientProtocol> make_h2_client(ClientConnection& connection);

/// A connection to an origin, from looking up its name on.
class ClientConnection final : public TransportUser, public std::enable_shared_from_this<ClientConnection> {
public:
    explicit ClientConnection(Pool& pool);
    ~ClientConnection() override;

    void connect();

    [[nodiscard]] Pool& pool() const noexcept { return m_pool; }
    [[nodiscard]] const OriginOptions& options() const noexcept;
    [[nodiscard]] EventLoop& loop() const noexcept;
    [[nodiscard]] Transport& transport() const noexcept { return *m_transport; }
    [[nodiscard]] const Address& remote() const noexcept { return m_remote; }
    [[nodiscard]] ClientProtocol* protocol() const noexcept { return m_protocol.get(); }
    [[nodiscard]] ClientError error(ClientError::Kind kind, std::string_view what) const;

    [[nodiscard]] bool is_connecting() const noexcept { return !m_protocol && !m_has_left; }
    [[nodiscard]] bool is_usable() const;
    void run(const RequestPtr& request);
    [[nodiscard]] bool is_open() const noexcept { return !m_has_left; }
    [[nodiscard]] bool was_used() const noexcept { return m_uses > 0; }
    /// Whether the request that runs is not the first.
    [[nodiscard]] bool is_reused() const noexcept { return m_uses > 1; }

    // From the protocol.
    /// A request is over, and the connection may be used for another.
    void request_is_over();
    void close();

    void on_ready() override;
    size_t on_input(std::string_view input) override;
    void on_input_end(bool is_clean) override;
    void on_output_room() override;
    void on_failure(const TransportFailure& failure) override;
    void on_closed() override {}

private:
    void try_next();
    void connected();
    void use(UniqueFd socket);
    void give_up(const ClientError& error);
    void deadline_passed();
    void leave();

    Pool& m_pool;
    std::vector<Address> m_addresses;
    size_t m_next = 0;
    std::unique_ptr<FdWatch> m_connecting;
    int m_last_error = 0;
    Address m_remote;
    Clock::time_point m_deadline = Clock::time_point::max();
    Clock::time_point m_made = Clock::now();
    std::shared_ptr<Transport> m_transport;
    std::unique_ptr<ClientProtocol> m_protocol;
    Timer m_timer;  // connecting, then idle
    bool m_is_looking_up = false;
    uint32_t m_uses = 0;
    bool m_has_left = false;
};

/// The connections to one origin, and what waits for one.
class Pool : public std::enable_shared_from_this<Pool> {
public:
    Pool(Client::Impl& client, std::shared_ptr<const Origin> origin);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    [[nodiscard]] Client::Impl& client() noexcept { return m_client; }
    [[nodiscard]] const Origin& origin() const noexcept { return *m_origin; }
    void add(const RequestPtr& request);
    void remove(const RequestState& request);
    /// Once more, on another connection.
    void retry(const RequestPtr& request);

    void connection_is_ready();
    void connecting_failed(const ClientError& error);
    void connection_has_left(ClientConnection& connection);
    void shut_down();

private:
    void dispatch();

    Client::Impl& m_client;
    std::shared_ptr<const Origin> m_origin;
    std::vector<std::shared_ptr<ClientConnection>> m_connections;
    std::deque<RequestPtr> m_waiting;
    bool m_speaks_http1 = false;
    bool m_is_shut_down = false;
};

class Client::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(EventLoop& l, std::shared_ptr<Metrics> m);
    ~Impl();

    EventLoop& loop;
    Resolver resolver;
    std::unordered_map<std::string, std::shared_ptr<Pool>> pools;  // by Origin::Impl::key
    bool is_closing = false;

    std::shared_ptr<Metrics> registry;
    Counter& requests_total;
    Counter& errors_total;
    Counter& retries_total;
    Counter& connections_total;
    Gauge& connections_open;
};

}  // namespace weir::http
