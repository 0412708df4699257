#pragma once

#include "base/result.hpp"
#include "host/fastly/body.hpp"
#include "host/fastly/message.hpp"
#include "host/fastly/service.hpp"
#include "host/fastly/types.hpp"
#include "http/event_loop.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// What the edge world needs of the outside, which whoever runs guests provides: clients, backends, and a way to wait for both. All on one
// thread, that of an event loop; nothing here blocks but Scheduler::wait, and that only its guest.

namespace weir::runtime {
struct HostFunctionContext;
}

namespace weir::fastly {

using http::Clock;

class Exchange;

/// A header edit that a pending request carries until its response goes to the client.
struct HeaderEdit {
    enum class Kind : uint8_t { remove, insert, append } kind;
    PendingTarget target;
    std::string name, value;
};
/// First what is removed, then what is inserted, then what is appended.
void apply(const std::vector<HeaderEdit>& edits, PendingTarget outcome, http::Headers& headers);

/// Where a request came from.
class Downstream {
public:
    virtual ~Downstream() = default;
    /// Sends the final response. Called once. The body may still be on its way.
    virtual void respond(Response response, Body body) = 0;
    /// The same with what a backend answers, as soon as it does, and with the headers edited.
    virtual void respond_with(std::unique_ptr<Exchange> exchange, std::vector<HeaderEdit> edits) = 0;
};

struct DownstreamRequest {
    Request request;
    Body body;
    std::unique_ptr<Downstream> downstream;
};

/// Why a backend gave no response.
struct SendError {
    Status status = Status::error;
    ErrorTag tag = ErrorTag::internal_error;
    uint16_t gateway_status = 500;  // of the response that the client gets when the guest leaves it to the host
    std::string text;
    uint8_t tls_alert = 0;
};
struct BackendResponse {
    Response response;
    Body body;
};
/// What a client is told when a backend gave no response and the guest has left it to the host.
[[nodiscard]] BackendResponse gateway_response(const SendError& error);

/// A request on its way to a backend. One that goes before it is done gives the request up.
class Exchange {
public:
    virtual ~Exchange() = default;
    [[nodiscard]] virtual bool is_done() const = 0;
    /// Once, when it is done.
    [[nodiscard]] virtual Result<BackendResponse, SendError> take() = 0;
    /// Calls `waker` once, from the loop, when it is done. A later call replaces it.
    virtual void on_done(http::Task waker) = 0;
};

class Network {
public:
    virtual ~Network() = default;
    [[nodiscard]] virtual std::unique_ptr<Exchange> send(Request request, Body body, std::shared_ptr<const Backend> backend) = 0;
};

/// A further request that a guest waits for.
class Promise {
public:
    virtual ~Promise() = default;
    [[nodiscard]] virtual bool is_done() const = 0;
    /// Once, when it is done. Empty: none came.
    [[nodiscard]] virtual std::optional<DownstreamRequest> take() = 0;
    /// As Exchange::on_done.
    virtual void on_done(http::Task waker) = 0;
};

/// How a guest waits, and what it has used.
class Scheduler {
public:
    virtual ~Scheduler() = default;
    /// Suspends the guest until `wake` is called or the time has come; others run meanwhile. A wake before the call counts. False: the guest
    /// is to be stopped, and the host function should return at once.
    virtual bool wait(runtime::HostFunctionContext& call, std::optional<Clock::time_point> deadline) noexcept = 0;
    /// From any callback of the loop, and from the guest's own host functions.
    virtual void wake() noexcept = 0;
    [[nodiscard]] virtual http::EventLoop& loop() noexcept = 0;
    /// What the guest has computed so far, without the time it waited.
    [[nodiscard]] virtual uint64_t guest_cpu_ns() const noexcept = 0;
    /// Begins to wait for another request; null when this guest gets no more.
    [[nodiscard]] virtual std::unique_ptr<Promise> next_request(std::chrono::milliseconds timeout) = 0;
};

}  // namespace weir::fastly
