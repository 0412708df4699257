#pragma once

#include "base/result.hpp"
#include "host/fastly/network.hpp"
#include "host/fastly/world.hpp"
#include "host/trace/tracer.hpp"
#include "host/wasip1/world.hpp"
#include "http/event_loop.hpp"
#include "runtime/outcome.hpp"
#include "serve/guest_metrics.hpp"
#include "serve/instance_pool.hpp"
#include "serve/loaded.hpp"
#include "serve/preemption.hpp"
#include "serve/reuse.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

namespace weir::serve {

class Guest;

/// What an instance has of its worker, which outlives it.
struct WorkerEnvironment {
    http::EventLoop& loop;
    fastly::Network& network;
    Preemption& preemption;
    std::unordered_set<std::shared_ptr<Guest>>& guests;  // those that have not ended: it is what keeps them
    WaitingGuests& waiting;
    InstancePool& instances;
    GuestMetrics& metrics;
};

/// How a guest ended.
struct GuestEnd {
    enum class How : uint8_t { returned, exited, trapped, timed_out, not_started, abandoned } how = How::returned;
    int exit_code = 0;  // what a process of it would end with: 134 for a trap, 124 for one that took too long
    std::string text;   // what went wrong, as the client is told who has no response yet; empty when nothing did
};

/// One instance of a service, serving a request. It runs on its worker's thread in turns: whenever it waits, or has run for long, the
/// loop goes on with others.
class Guest final : public fastly::Scheduler, public std::enable_shared_from_this<Guest> {
public:
    /// Begins to serve; runs until the guest waits for the first time. A client that has no response at the guest's end gets an empty one, or
    /// one that says what went wrong. `on_end` is called once, perhaps before this returns; the guest is kept in the environment until then.
    static void serve(std::shared_ptr<const Loaded> loaded, const WorkerEnvironment& environment, fastly::DownstreamRequest request,
                      std::function<void(const GuestEnd&)> on_end);
    ~Guest() override;
    /// Ends it where it waits, because the server ends. Its client gets no more.
    void abandon();

    bool wait(runtime::HostFunctionContext& call, std::optional<fastly::Clock::time_point> deadline) noexcept override;
    void wake() noexcept override;
    [[nodiscard]] http::EventLoop& loop() noexcept override { return m_environment.loop; }
    [[nodiscard]] uint64_t guest_cpu_ns() const noexcept override;
    [[nodiscard]] std::unique_ptr<fastly::Promise> next_request(std::chrono::milliseconds timeout) override;

    Guest(std::shared_ptr<const Loaded> loaded, const WorkerEnvironment& environment, std::function<void(const GuestEnd&)> on_end);

private:
    /// Everything up to the first instruction. The error is for the log.
    Result<const runtime::Function*, std::string> prepare(fastly::DownstreamRequest request);
    Result<std::unique_ptr<GuestInstance>, std::string> make_traced_instance();
    void begin(fastly::DownstreamRequest request);
    void resume();
    /// Runs the guest by `run`, until it waits or ends.
    template <class Run>
    void turn(Run run);
    void stop_for_timeout();
    void end(GuestEnd how);
    void count(GuestEnd::How how) noexcept;

    std::shared_ptr<const Loaded> m_loaded;
    WorkerEnvironment m_environment;
    std::function<void(const GuestEnd&)> m_on_end;
    std::shared_ptr<const fastly::Arrival> m_arrival;
    http::Timer m_wake_timer, m_timeout_timer;
    std::unique_ptr<fastly::World> m_world;
    std::unique_ptr<wasip1::World> m_wasi;
    std::unique_ptr<trace::Tracer> m_tracer;
    std::unique_ptr<GuestInstance> m_instance;
    uint32_t m_further_requests = 0;  // that it has asked for
    uint64_t m_cpu_before_ns = 0;     // of turns that are over
    uint64_t m_turn_started_ns = 0;   // of the thread's clock; while a turn runs
    bool m_is_running = false, m_is_waiting = false, m_is_woken = false, m_is_resume_posted = false, m_has_timed_out = false;
};

}  // namespace weir::serve
