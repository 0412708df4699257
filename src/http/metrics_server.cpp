#include "http/metrics_server.hpp"

#include "http/metrics.hpp"

#include <utility>

namespace weir::http {

namespace {

class MetricsHandler final : public Handler {
public:
    explicit MetricsHandler(std::shared_ptr<Metrics> metrics) : m_metrics(std::move(metrics)) {}

    void handle(Request request, Responder responder) override
    {
        const RequestHead& head = request.head;
        const std::string_view path = std::string_view{head.target}.substr(0, head.target.find('?'));
        if (head.method != "GET" && head.method != "HEAD") {
            responder.send({.status = 405, .headers = {{"Allow", "GET, HEAD"}}}, BodyReader{});
        } else if (path == "/metrics") {
            responder.send({.headers = {{"Content-Type", Metrics::content_type}}}, BodyReader{m_metrics->to_text()});
        } else if (path == "/healthz") {
            responder.send({.headers = {{"Content-Type", "text/plain; charset=utf-8"}}}, BodyReader{"ok\n"});
        } else {
            responder.send({.status = 404, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}},
                           BodyReader{"There are /metrics and /healthz.\n"});
        }
    }

private:
    std::shared_ptr<Metrics> m_metrics;
};

}  // namespace

Result<std::unique_ptr<Server>, std::string> serve_metrics(ListenAddress address, std::shared_ptr<Metrics> metrics)
{
    ServerOptions options;
    options.listen.push_back(std::move(address));
    options.workers = 1;
    options.limits.max_connections = 100;
    options.limits.max_body_bytes = 0;
    // Not into the same registry: scraping is none of the service's requests.
    return Server::start(std::move(options), [metrics = std::move(metrics)](const WorkerContext&) {
        return std::make_unique<MetricsHandler>(metrics);
    });
}

}  // namespace weir::http
