#include "serve/server.hpp"

#include "http/metrics.hpp"
#include "http/metrics_server.hpp"
#include "http/server.hpp"
#include "serve/access_log.hpp"
#include "serve/guest_metrics.hpp"
#include "serve/message.hpp"
#include "serve/watch.hpp"
#include "serve/worker.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

namespace weir::serve {

namespace {

using cli::Problem;

/// How long requests that run may take once the server is told to end.
constexpr std::chrono::seconds grace{30};

/// What the workers share.
struct Shared {
    std::mutex mutex;                      // guards `loaded`
    std::shared_ptr<const Loaded> loaded;  // another after a change
    uint32_t max_instances;
    GuestMetrics metrics;
    std::atomic<uint32_t> instances{0};

    [[nodiscard]] std::shared_ptr<const Loaded> current()
    {
        const std::scoped_lock lock{mutex};
        return loaded;
    }
};

class HttpDownstream final : public fastly::Downstream {
public:
    HttpDownstream(http::EventLoop& loop, http::Responder responder) : m_loop(loop), m_responder(std::move(responder)) {}
    void respond(fastly::Response response, fastly::Body body) override
    {
        const http::Framing framing = to_framing(response.framing);
        // False: the client is gone, which is no business of the guest's.
        m_responder.send(to_head(std::move(response)), std::move(body).to_reader(m_loop), framing);
    }
    void respond_with(std::unique_ptr<fastly::Exchange> exchange, std::vector<fastly::HeaderEdit> edits) override
    {
        respond_when_done(std::move(exchange), std::move(edits), std::make_unique<HttpDownstream>(m_loop, std::move(m_responder)));
    }

private:
    http::EventLoop& m_loop;
    http::Responder m_responder;
};

/// Every worker, for other threads: the one ticker that there is, and what loads another version.
class Workers {
public:
    void add(Worker& worker)
    {
        const std::scoped_lock lock{m_mutex};
        m_workers.push_back(&worker);
    }
    void remove(Worker& worker)
    {
        const std::scoped_lock lock{m_mutex};
        std::erase(m_workers, &worker);
    }
    void tick()
    {
        const std::scoped_lock lock{m_mutex};
        for (Worker* const worker : m_workers) worker->preemption().tick();
    }
    /// Has each do this on its thread, where it then is: a task that is posted runs before the worker is destroyed, or not at all.
    void keep_only_current(Shared& shared)
    {
        const std::scoped_lock lock{m_mutex};
        for (Worker* const worker : m_workers)
            worker->environment().loop.post([worker, &shared] { worker->keep_only(shared.current()); });
    }

private:
    std::mutex m_mutex;  // guards what follows
    std::vector<Worker*> m_workers;
};

class Handler final : public http::Handler {
public:
    Handler(http::EventLoop& loop, Shared& shared, Workers& workers)
        : m_shared(shared), m_workers(workers),
          m_worker(loop, shared.metrics, [this](fastly::DownstreamRequest request) { serve_later(std::move(request)); })
    {
        m_workers.add(m_worker);
    }
    ~Handler() override { m_workers.remove(m_worker); }

    void handle(http::Request request, http::Responder responder) override
    {
        fastly::DownstreamRequest to_serve{
            .request = to_request(std::move(request.head), request.id, std::move(request.connection)),
            .body = fastly::Body{std::move(request.body)},
            .downstream = std::make_unique<HttpDownstream>(m_worker.environment().loop, std::move(responder))};
        const auto log = m_shared.current()->log;
        if (log->shows(Level::info))
            log->write(Level::info, to_serve.request.arrival.get(),
                       fmt::format("handling request {} {}", to_serve.request.method, to_serve.request.uri.to_string()));
        serve(std::move(to_serve));
    }

private:
    /// By an instance that waits for another request, or else by a new one.
    void serve(fastly::DownstreamRequest request)
    {
        auto version = m_shared.current();
        m_worker.keep_only(version);
        if (m_worker.environment().waiting.take(request)) return;
        if (m_shared.instances.fetch_add(1) >= m_shared.max_instances) {
            m_shared.instances.fetch_sub(1);
            m_shared.metrics.refused.add();
            fastly::Response busy;
            busy.status = 503;
            busy.headers.append("retry-after", "1");
            request.downstream->respond(std::move(busy), fastly::Body{"the server is busy\n"});
            return;
        }
        Guest::serve(std::move(version), m_worker.environment(), std::move(request),
                     [this](const GuestEnd&) { m_shared.instances.fetch_sub(1); });
    }
    /// A guest has gone away that the request was promised to: when that is over.
    void serve_later(fastly::DownstreamRequest request)
    {
        m_worker.environment().loop.post([this, request = std::move(request)]() mutable { serve(std::move(request)); });
    }

    Shared& m_shared;
    Workers& m_workers;
    Worker m_worker;
};

/// Loads module and configuration again; what runs goes on with what it began with. Answers what the new version depends on.
std::vector<std::string> reload(Shared& shared, Workers& workers)
{
    const auto old = shared.current();
    auto loaded = load(old->options, old->log);
    if (!loaded) {
        Problem& problem = loaded.error();
        old->log->write(Level::error, nullptr,
                        fmt::format("what changed cannot be served, the old version goes on: {}{}{}", problem.error,
                                    problem.because.empty() ? "" : "\n", problem.because));
        return {};
    }
    std::vector<std::string> inputs = (*loaded)->inputs;
    {
        const std::scoped_lock lock{shared.mutex};
        shared.loaded = std::move(*loaded);
    }
    workers.keep_only_current(shared);
    if (old->keeper != nullptr) old->keeper->stop();
    cli::print(STDOUT_FILENO, fmt::format("Reloaded {}\n", cli::printable(old->options->file)));
    return inputs;
}

/// Null when none is wanted.
Result<std::unique_ptr<http::Server>, Problem> start_metrics_server(const ServerConfig& config,
                                                                    const std::shared_ptr<http::Metrics>& metrics)
{
    if (!config.metrics_address) return std::unique_ptr<http::Server>{};
    auto server = http::serve_metrics(*config.metrics_address, metrics);
    if (!server) return Unexpected{Problem{.error = "cannot serve metrics", .because = server.error(), .hint = {}}};
    for (const http::Address& listening : (*server)->addresses())
        cli::print(STDOUT_FILENO, fmt::format("Metrics on http://{}/metrics\n", listening.to_string()));
    return std::move(*server);
}

Result<http::ServerOptions, Problem> server_options(const ServerConfig& config)
{
    http::ServerOptions options;
    options.workers = config.workers;
    options.listen = config.addresses;
    if (!config.access_log.empty()) {
        auto log = AccessLogFile::open(config.access_log);
        if (!log)
            return Unexpected{Problem{.error = fmt::format("cannot write --access-log '{}'", cli::printable(config.access_log)),
                                      .because = log.error().to_string(),
                                      .hint = {}}};
        options.access_log = std::move(*log);
    }
    for (http::ListenAddress& inherited : http::inherited_listeners()) options.listen.push_back(std::move(inherited));
    if (config.tls_certificate.empty()) return options;
    http::TlsServerOptions tls;
    tls.certificate_file = config.tls_certificate;
    tls.key_file = config.tls_key;
    tls.client_ca_file = config.tls_client_ca;
    auto context = http::TlsServerContext::create(tls);
    if (!context) return Unexpected{Problem{.error = "cannot serve TLS", .because = context.error(), .hint = {}}};
    options.tls = std::move(*context);
    return options;
}

/// SIGINT and SIGTERM come to the thread that asks for them, not to a handler. Before there are other threads.
sigset_t block_signals()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return set;
}

}  // namespace

int serve_requests(std::shared_ptr<const Loaded> loaded, const ServerConfig& config)
{
    auto options = server_options(config);
    if (!options) return cli::report(options.error());
    const sigset_t signals = block_signals();
    ::signal(SIGPIPE, SIG_IGN);
    const bool has_tls = options->tls != nullptr;
    const std::vector<std::string> files = loaded->inputs;

    const auto metrics = std::make_shared<http::Metrics>();
    options->metrics = metrics;
    const auto metrics_server = start_metrics_server(config, metrics);
    if (!metrics_server) return cli::report(metrics_server.error());
    Shared shared{
        .mutex = {}, .loaded = std::move(loaded), .max_instances = config.max_instances, .metrics = GuestMetrics{*metrics}};
    Workers workers;
    const Ticker ticker{[&] { workers.tick(); }};
    auto server = http::Server::start(std::move(*options), [&](const http::WorkerContext& context) {
        return std::make_unique<Handler>(context.loop, shared, workers);
    });
    if (!server) return cli::report({.error = server.error(), .because = {}, .hint = "--addr HOST:PORT  listens elsewhere"});
    std::unique_ptr<Watch> watch;
    if (config.watches) {
        auto made = Watch::create(files, [&] { return reload(shared, workers); });
        if (!made) return cli::report({.error = "cannot watch the files", .because = made.error().to_string(), .hint = {}});
        watch = std::move(*made);
    }
    // Tools wait for this line.
    for (const http::Address& address : (*server)->addresses())
        cli::print(STDOUT_FILENO, fmt::format("Listening on {}://{}\n", has_tls ? "https" : "http", address.to_string()));

    int signal = 0;
    ::sigwait(&signals, &signal);
    watch.reset();
    (*server)->stop(grace);
    // The next one has its usual effect.
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    (*server)->wait();
    if (const auto last = shared.current(); last->keeper != nullptr) last->keeper->finish();
    return 0;
}

}  // namespace weir::serve
