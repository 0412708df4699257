#include "serve/once.hpp"

#include "http/headers.hpp"
#include "http/url.hpp"
#include "serve/message.hpp"
#include "serve/worker.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <optional>
#include <utility>

namespace weir::serve {

namespace {

using cli::Problem;

Problem wrong_request(std::string because)
{
    return {
        .error = "the request is not understood",
        .because = std::move(because),
        .hint =
            "it has the form of HTTP/1.1:  GET /path HTTP/1.1, header lines, an empty line, a body; the first line alone is enough",
        .exit_code = cli::exit_usage};
}

/// Takes a line, without its end, off a text.
std::string_view take_line(std::string_view& text)
{
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// What one run is waiting for; ends the loop when it has both.
struct Run {
    http::EventLoop& loop;
    std::optional<GuestEnd> end;
    bool has_answered = false;
    bool is_cut = false;

    void stop_if_over()
    {
        if (end && has_answered) loop.stop();
    }
};

/// Writes a response to standard output: status line and headers, an empty line, the body.
class Printer : public std::enable_shared_from_this<Printer> {
public:
    Printer(Run& run, http::BodyReader body) : m_run(run), m_body(std::move(body)) {}

    void print(const http::ResponseHead& head)
    {
        std::string text = fmt::format("HTTP/1.1 {}\n", head.status);
        for (const http::HeaderView field : head.headers) text += fmt::format("{}: {}\n", field.name, field.value);
        cli::print(STDOUT_FILENO, text + '\n');
    }
    void go_on(OnceOutput output)
    {
        while (!m_body.readable().empty()) {
            const size_t size = m_body.readable().size();
            if (output == OnceOutput::response) cli::print(STDOUT_FILENO, m_body.readable());
            m_body.consume(size);
        }
        if (!m_body.is_ready()) return m_body.on_readable([self = shared_from_this(), output] { self->go_on(output); });
        m_run.is_cut = m_body.cut().has_value();
        m_run.has_answered = true;
        m_run.stop_if_over();
    }

private:
    Run& m_run;
    http::BodyReader m_body;
};

class PrintingDownstream final : public fastly::Downstream {
public:
    PrintingDownstream(Run& run, OnceOutput output) : m_run(run), m_output(output) {}
    void respond(fastly::Response response, fastly::Body body) override
    {
        const auto printer = std::make_shared<Printer>(m_run, std::move(body).to_reader(m_run.loop));
        if (m_output == OnceOutput::response) printer->print(to_head(std::move(response)));
        printer->go_on(m_output);
    }
    void respond_with(std::unique_ptr<fastly::Exchange> exchange, std::vector<fastly::HeaderEdit> edits) override
    {
        respond_when_done(std::move(exchange), std::move(edits), std::make_unique<PrintingDownstream>(m_run, m_output));
    }

private:
    Run& m_run;
    OnceOutput m_output;
};

/// The connection that there would be: from this machine to the port that is the server's unless it is told another.
std::shared_ptr<const http::ConnectionInfo> local_connection()
{
    constexpr uint16_t server_port = 7676;
    auto connection = std::make_shared<http::ConnectionInfo>();
    for (http::Address* const end : {&connection->local, &connection->remote}) {
        end->family = http::Address::Family::ipv4;
        end->ip = {127, 0, 0, 1};
    }
    connection->local.port = server_port;
    return connection;
}

}  // namespace

Result<OnceRequest, Problem> parse_once_request(std::string_view text)
{
    OnceRequest request;
    const std::string_view first = take_line(text);
    const size_t space = first.find(' ');
    if (space == std::string_view::npos) return Unexpected{wrong_request(fmt::format("'{}' has no target", cli::printable(first)))};
    request.head.method = first.substr(0, space);
    std::string_view target = http::trim_blanks(first.substr(space));
    if (const size_t version = target.find(' '); version != std::string_view::npos) target = target.substr(0, version);
    if (!http::is_token(request.head.method))
        return Unexpected{wrong_request(fmt::format("'{}' is no method", cli::printable(request.head.method)))};
    request.head.scheme = "http";
    if (const auto url = http::parse_url(target)) {
        request.head.authority = url->authority.to_string();
        request.head.target = url->path_and_query();
    } else {
        if (target != "*" && !http::is_valid_path_and_query(target))
            return Unexpected{wrong_request(fmt::format("'{}' is no target: it begins with / or http://", cli::printable(target)))};
        request.head.target = target;
    }
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        const size_t colon = line.find(':');
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = colon == std::string_view::npos ? line : http::trim_blanks(line.substr(colon + 1));
        if (colon == std::string_view::npos || !http::is_valid_header_name(name) || !http::is_valid_header_value(value))
            return Unexpected{wrong_request(fmt::format("'{}' is no header", cli::printable(line)))};
        request.head.headers.append(name, value);
    }
    request.body = text;
    const auto host = request.head.headers.find("host");
    if (request.head.authority.empty()) request.head.authority = host ? std::string{*host} : "localhost";
    if (!http::parse_authority(request.head.authority))
        return Unexpected{wrong_request(fmt::format("'{}' is no host", cli::printable(request.head.authority)))};
    return request;
}

int serve_once(const std::shared_ptr<const Loaded>& loaded, OnceRequest request, OnceOutput output)
{
    http::EventLoop loop;
    http::Metrics metrics;
    GuestMetrics guest_metrics{metrics};
    Worker worker{loop, guest_metrics, [](const fastly::DownstreamRequest&) {}};  // there is one request only
    const Ticker ticker{[&] { worker.preemption().tick(); }};
    Run run{.loop = loop, .end = {}};
    fastly::DownstreamRequest to_serve{.request = to_request(std::move(request.head), 0, local_connection()),
                                       .body = fastly::Body{std::move(request.body)},
                                       .downstream = std::make_unique<PrintingDownstream>(run, output)};
    loop.post([&] {
        worker.keep_only(loaded);
        Guest::serve(loaded, worker.environment(), std::move(to_serve), [&](const GuestEnd& end) {
            run.end = end;
            run.stop_if_over();
        });
    });
    loop.run();
    if (loaded->keeper != nullptr) loaded->keeper->finish();
    if (run.is_cut) loaded->log->write(Level::error, nullptr, "the response's body was cut before its end");
    return run.end->exit_code == 0 && run.is_cut ? cli::exit_cannot_run : run.end->exit_code;
}

}  // namespace weir::serve
