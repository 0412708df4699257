#pragma once

#include "http/access_log.hpp"
#include "http/message.hpp"
#include "http/server.hpp"
#include "http/transport.hpp"

#include <memory>
#include <string_view>

namespace weir::http {

class ServerConnection;
class Worker;

/// What speaks HTTP on an accepted connection.
class ServerProtocol {
public:
    ServerProtocol() = default;
    ServerProtocol(const ServerProtocol&) = delete;
    ServerProtocol& operator=(const ServerProtocol&) = delete;
    virtual ~ServerProtocol() = default;

    virtual size_t on_input(std::string_view input) = 0;
    virtual void on_input_end(bool is_clean) = 0;
    virtual void on_output_room() = 0;
    /// The connection is broken: exchanges that are not over end.
    virtual void on_failure(ExchangeEnd how) = 0;
    /// The deadline that ServerConnection::set_deadline() set has passed.
    virtual void on_deadline() = 0;
    /// Finishes what runs, begins nothing new, and closes the connection after it.
    virtual void drain() = 0;
};
std::unique_ptr<ServerProtocol> make_h1_server(ServerConnection& connection);
std::unique_ptr<ServerProtocol> make_h2_server(ServerConnection& connection);

/// An accepted connection: finds out which protocol it speaks and ends it in an orderly way.
class ServerConnection final : public TransportUser, public std::enable_shared_from_this<ServerConnection> {
public:
    ServerConnection(Worker& worker, UniqueFd socket, std::unique_ptr<TlsSession> tls, ConnectionInfo info);
    ~ServerConnection() override;

    void start();
    void drain();
    /// Ends everything at once.
    void cut(ExchangeEnd how);

    // For the protocol.
    [[nodiscard]] Worker& worker() const noexcept { return m_worker; }
    [[nodiscard]] Transport& transport() const noexcept { return *m_transport; }
    [[nodiscard]] const std::shared_ptr<const ConnectionInfo>& info() const noexcept { return m_shared_info; }
    void set_deadline(Duration delay) { m_deadline.set_after(delay); }
    void clear_deadline() noexcept { m_deadline.clear(); }
    /// Lets the client read what was sent, then closes.
    void finish();
    /// Closes at once.
    void close();
    /// Closes so that the client cannot take it for an end.
    void reset();

    void on_ready() override;
    size_t on_input(std::string_view input) override;
    void on_input_end(bool is_clean) override;
    void on_output_room() override;
    void on_failure(const TransportFailure& failure) override;
    void on_closed() override;

private:
    void choose(std::unique_ptr<ServerProtocol> protocol);
    void deadline_passed();
    void leave();

    Worker& m_worker;
    ConnectionInfo m_info;
    std::shared_ptr<const ConnectionInfo> m_shared_info;
    std::shared_ptr<Transport> m_transport;
    Timer m_deadline;
    std::unique_ptr<ServerProtocol> m_protocol;
    bool m_is_draining = false;
    bool m_is_finishing = false;
    bool m_has_left = false;
};

}  // namespace weir::http
