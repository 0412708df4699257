#pragma once

#include "http/access_log.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weir::http {

class Worker;

/// One request and its answer, as the protocols share it: what Responder stands on, and what the access log is told.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    Exchange(Worker& worker, std::shared_ptr<const ConnectionInfo> connection);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    virtual ~Exchange();

    virtual bool send_informational(uint16_t status, const Headers& headers) = 0;
    virtual bool send(ResponseHead head, BodyReader body, Framing framing) = 0;
    virtual void abort() = 0;

    [[nodiscard]] bool is_answered() const noexcept { return m_status != 0; }
    [[nodiscard]] bool is_client_gone() const noexcept { return m_is_client_gone; }
    void on_client_gone(Task waker);

    /// Notes what the access log wants of a request that was read, and gives it its number.
    uint64_t begin(const RequestHead& head);
    [[nodiscard]] const std::string& method() const noexcept { return m_method; }
    void answered(uint16_t status) noexcept { m_status = status; }
    void count_request_body(size_t bytes) noexcept { m_request_body_bytes += bytes; }
    void count_response_body(size_t bytes) noexcept { m_response_body_bytes += bytes; }
    /// The exchange is over: counted and recorded, the first time only. Unless complete, whoever waits for on_client_gone() is told.
    void end(ExchangeEnd how);
    [[nodiscard]] bool is_over() const noexcept { return m_is_over; }

private:
    Worker& m_worker;
    std::shared_ptr<const ConnectionInfo> m_connection;
    Clock::time_point m_began = Clock::now();
    uint64_t m_id = 0;
    bool m_has_begun = false;
    bool m_is_over = false;
    bool m_is_client_gone = false;
    Task m_on_client_gone;

    std::string m_method;
    std::string m_authority;
    std::string m_target;
    std::string m_user_agent;
    std::string m_referer;
    Version m_version = Version::http_1_1;
    uint16_t m_status = 0;
    uint64_t m_request_body_bytes = 0;
    uint64_t m_response_body_bytes = 0;
};

}  // namespace weir::http
