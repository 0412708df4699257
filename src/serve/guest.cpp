#include "serve/guest.hpp"

#include "cli/console.hpp"
#include "runtime/linker.hpp"
#include "runtime/suspension.hpp"
#include "serve/trap_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <utility>

namespace weir::serve {

namespace {

uint64_t thread_cpu_ns() noexcept
{
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

/// Opened once; what guests find as standard input.
int empty_input()
{
    static const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd;
}

std::vector<std::string> environment_of(uint64_t request)
{
    constexpr std::string_view no_id = "0000000000000000000000";
    return {
        "FASTLY_CACHE_GENERATION=0",
        fmt::format("FASTLY_CUSTOMER_ID={}", no_id),
        "FASTLY_HOSTNAME=localhost",
        "FASTLY_IS_STAGING=0",
        "FASTLY_POP=XXX",
        "FASTLY_REGION=Somewhere",
        fmt::format("FASTLY_SERVICE_ID={}", no_id),
        "FASTLY_SERVICE_VERSION=0",
        fmt::format("FASTLY_TRACE_ID={}", fastly::request_id(request)),
    };
}

}  // namespace

Guest::Guest(std::shared_ptr<const Loaded> loaded, const WorkerEnvironment& environment,
             std::function<void(const GuestEnd&)> on_end)
    : m_loaded(std::move(loaded)), m_environment(environment), m_on_end(std::move(on_end)),
      m_wake_timer(environment.loop, [this] { wake(); }), m_timeout_timer(environment.loop, [this] { stop_for_timeout(); })
{
}

Guest::~Guest() = default;

void Guest::abandon()
{
    if (m_world != nullptr) m_world->take_downstream().reset();
    end({.how = GuestEnd::How::abandoned, .exit_code = cli::exit_cannot_run, .text = {}});
}

void Guest::serve(std::shared_ptr<const Loaded> loaded, const WorkerEnvironment& environment, fastly::DownstreamRequest request,
                  std::function<void(const GuestEnd&)> on_end)
{
    const auto guest = std::make_shared<Guest>(std::move(loaded), environment, std::move(on_end));
    environment.guests.insert(guest);
    environment.metrics.running.add(1);
    guest->begin(std::move(request));
}

Result<const runtime::Function*, std::string> Guest::prepare(fastly::DownstreamRequest request)
{
    const GuestOptions& options = *m_loaded->options;
    m_world = std::make_unique<fastly::World>(m_loaded->service, m_environment.network, *this, std::move(request), options.limits);
    wasip1::WorldConfig config;
    config.args = options.args;
    // What precedes a snapshot is seen by later requests.
    config.environment = environment_of(options.takes_snapshots ? 0 : m_arrival->number);
    config.stdin_fd = empty_input();
    if (options.limits.max_logged_bytes != UINT64_MAX) config.max_output_bytes = options.limits.max_logged_bytes;
    auto wasi = wasip1::World::create(std::move(config));
    if (!wasi) return Unexpected{wasi.error().to_string()};
    m_wasi = std::move(*wasi);
    if (m_loaded->trace) {
        WEIR_TRY(instance, make_traced_instance());
        m_instance = std::move(instance);
    } else {
        WEIR_TRY(instance, m_environment.instances.take(m_loaded));
        m_instance = std::move(instance);
        m_instance->bind(*m_world, *m_wasi);
    }
    if (const auto start = m_loaded->code->module()->start; start && !m_instance->has_snapshot()) {
        const runtime::Outcome outcome = m_instance->store->call(*m_instance->instance->function(*start), &m_instance->none);
        if (const auto* const trap = std::get_if<runtime::Trap>(&outcome)) return Unexpected{describe_trap(*trap)};
        if (std::holds_alternative<runtime::Exit>(outcome))
            return Unexpected{std::string{"the service ended while it was instantiated"}};
    }
    const auto entry = m_instance->instance->find_export("_start");
    return std::get<const runtime::Function*>(*entry);  // that there is one was tested when it was loaded
}

Result<std::unique_ptr<GuestInstance>, std::string> Guest::make_traced_instance()
{
    m_tracer = std::make_unique<trace::Tracer>(m_loaded->trace->options, m_loaded->trace->output);
    runtime::Linker linker;
    linker.set_adapter(*m_tracer);
    m_world->add_to(linker);
    m_wasi->add_to(linker);
    return GuestInstance::create(m_loaded, linker);
}

void Guest::begin(fastly::DownstreamRequest request)
{
    m_arrival = request.request.arrival;
    if (m_loaded->options->timeout.count() != 0) m_timeout_timer.set_after(m_loaded->options->timeout);
    const auto start = prepare(std::move(request));
    if (!start) {
        end({.how = GuestEnd::How::not_started, .exit_code = cli::exit_cannot_run, .text = start.error()});
        return;
    }
    turn([&] {
        return m_instance->has_snapshot() ? m_instance->store->resume() : m_instance->store->start(**start, &m_instance->none);
    });
}

template <class Run>
void Guest::turn(Run run)
{
    const auto self = shared_from_this();
    m_turn_started_ns = thread_cpu_ns();
    m_is_running = true;
    const runtime::Progress progress = [&] {
        const Preemption::Turn its_turn{m_environment.preemption, *m_instance->store};
        runtime::Progress came_to = run();
        if (!m_instance->is_at_snapshot) return came_to;
        m_instance->take_snapshot(*m_wasi);
        return m_instance->store->resume();
    }();
    m_is_running = false;
    m_cpu_before_ns += thread_cpu_ns() - m_turn_started_ns;
    if (const auto* const suspended = std::get_if<runtime::Suspended>(&progress)) {
        if (suspended->by != runtime::Suspended::By::interrupt) return;
        m_is_waiting = true;
        wake();  // it could go on at once: when the others have had their turn
        return;
    }
    if (const auto* const trap = std::get_if<runtime::Trap>(&progress)) {
        if (m_has_timed_out)
            end({.how = GuestEnd::How::timed_out,
                 .exit_code = cli::exit_timeout,
                 .text = "the service took longer than it may (--request-timeout)"});
        else end({.how = GuestEnd::How::trapped, .exit_code = cli::exit_trap, .text = describe_trap(*trap)});
    } else if (const auto* const exit = std::get_if<runtime::Exit>(&progress); exit != nullptr && exit->code != 0) {
        end({.how = GuestEnd::How::exited,
             .exit_code = exit->code <= 255 ? static_cast<int>(exit->code) : 255,
             .text = fmt::format("Exited with i32 exit status {}", exit->code)});
    } else {
        end({});
    }
}

void Guest::resume()
{
    m_is_resume_posted = false;
    if (!m_is_waiting) return;
    m_is_waiting = false;
    turn([this] { return m_instance->store->resume(); });
}

bool Guest::wait(runtime::HostFunctionContext& call, std::optional<fastly::Clock::time_point> deadline) noexcept
{
    const bool yields = deadline && *deadline <= fastly::Clock::now();
    if (!yields && std::exchange(m_is_woken, false)) return true;
    m_is_waiting = true;
    if (yields) wake();
    else if (deadline) m_wake_timer.set(*deadline);
    const runtime::Resumption resumption = runtime::suspend(call);
    m_is_waiting = m_is_woken = false;
    m_wake_timer.clear();
    return resumption == runtime::Resumption::resumed;
}

void Guest::wake() noexcept
{
    if (!m_is_waiting) {
        m_is_woken = true;
        return;
    }
    if (std::exchange(m_is_resume_posted, true)) return;
    m_environment.loop.post([self = shared_from_this()] { self->resume(); });
}

uint64_t Guest::guest_cpu_ns() const noexcept { return m_cpu_before_ns + (m_is_running ? thread_cpu_ns() - m_turn_started_ns : 0); }

std::unique_ptr<fastly::Promise> Guest::next_request(std::chrono::milliseconds timeout)
{
    if (m_further_requests == WaitingGuests::most_requests) return nullptr;
    ++m_further_requests;
    // What it may take counts anew, from the latest time at which the request can come.
    if (m_loaded->options->timeout.count() != 0) m_timeout_timer.set_after(timeout + m_loaded->options->timeout);
    return m_environment.waiting.wait(*m_loaded, m_environment.loop, timeout);
}

void Guest::stop_for_timeout()
{
    if (m_instance == nullptr || !m_instance->store->is_suspended()) return;
    m_has_timed_out = true;
    m_is_waiting = false;
    turn([this]() -> runtime::Progress {
        runtime::Outcome outcome = m_instance->store->stop(turn_is_over);
        return std::visit([](auto& how) -> runtime::Progress { return std::move(how); }, outcome);
    });
}

void Guest::count(GuestEnd::How how) noexcept
{
    GuestMetrics& metrics = m_environment.metrics;
    metrics.cpu.observe_ns(m_cpu_before_ns);
    switch (how) {
    case GuestEnd::How::returned: metrics.returned.add(); break;
    case GuestEnd::How::exited: metrics.exited.add(); break;
    case GuestEnd::How::trapped: metrics.trapped.add(); break;
    case GuestEnd::How::timed_out: metrics.timed_out.add(); break;
    case GuestEnd::How::not_started: metrics.not_started.add(); break;
    case GuestEnd::How::abandoned: metrics.abandoned.add(); break;
    }
    metrics.running.add(-1);  // last: who sees that nothing runs finds everything counted
}

void Guest::end(GuestEnd how)
{
    const auto self = shared_from_this();
    m_timeout_timer.clear();
    m_wake_timer.clear();
    m_is_waiting = false;  // a resumption that is posted finds nothing to do
    count(how.how);
    if (m_world != nullptr) m_arrival = m_world->current().arrival;
    if (m_tracer) m_tracer->finish();
    if (m_loaded->log->shows(Level::info) && m_instance != nullptr)
        m_loaded->log->write(Level::info, m_arrival.get(),
                             fmt::format("request completed using {} ms of CPU", m_cpu_before_ns / 1'000'000));
    if (!how.text.empty())
        m_loaded->log->write(Level::error, m_arrival.get(),
                             (how.exit_code == cli::exit_trap ? "WebAssembly trapped: " : "WebAssembly exited with error: ") +
                                 how.text);
    if (auto downstream = m_world == nullptr ? nullptr : m_world->take_downstream()) {
        fastly::Response response;
        if (!how.text.empty()) {
            response.status = 500;
            response.headers.append("content-type", "text/plain");
        }
        downstream->respond(std::move(response), fastly::Body{how.text});
    }
    // The guest first: what it left in the middle of a host function refers to the worlds.
    if (m_instance != nullptr) {
        static_cast<void>(m_instance->store->stop());
        m_environment.instances.give_back(std::move(m_instance));
    }
    m_world.reset();
    m_wasi.reset();
    m_environment.guests.erase(self);
    const auto on_end = std::exchange(m_on_end, nullptr);
    if (on_end) on_end(how);
}

}  // namespace weir::serve
