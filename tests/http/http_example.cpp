// A server for the tests of src/http, and the least that is needed to use it. It prints the addresses it listens on, one to a line,
// and serves until SIGTERM or SIGINT, which let running requests finish.
//
//   http-example [--listen ADDRESS]... [--inherited] [--tls CERT KEY] [--client-ca FILE] [--workers N] [--quick-limits] [--grace-ms N]
//
// GET /hello        "Hello World!" and a newline
// POST /echo        the request's body and trailers, as they come
// GET /facts        what the server knows of the request, line by line
// GET /bytes/N      N bytes, as fast as the client takes them
// GET /cut/N        says 2 N bytes, sends N, and breaks off; /cut-chunked/N the same without saying how many
// GET /early        103 Early Hints, then the answer
// POST /ignore      answers without reading the body
// GET /wait         answers when somebody asks for /release
// GET /stay         answers, and keeps its thread until a byte comes on standard input
// GET /silence      gives no answer
// GET /metrics
#include "http/access_log.hpp"
#include "http/metrics.hpp"
#include "http/server.hpp"

#include <fmt/format.h>

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

using namespace weir::http;

namespace {

/// Writes `left` bytes as there is room, then ends the body in one way or the other.
class Pattern : public std::enable_shared_from_this<Pattern> {
public:
    Pattern(BodyWriter writer, uint64_t left, bool is_cut) : m_writer(std::move(writer)), m_left(left), m_is_cut(is_cut) {}
    void go_on()
    {
        static const std::string block(16 * 1024, 'x');
        while (m_left > 0 && m_writer.room() > 0) {
            m_left -=
                m_writer.write(std::string_view{block}.substr(0, static_cast<size_t>(std::min<uint64_t>(m_left, block.size()))));
        }
        if (m_writer.is_reader_gone()) return;
        if (m_left > 0) {
            m_writer.on_writable([self = shared_from_this()] { self->go_on(); });
        } else if (m_is_cut) {
            m_writer.cut(CutReason::abandoned);
        } else {
            m_writer.finish();
        }
    }

private:
    BodyWriter m_writer;
    uint64_t m_left;
    bool m_is_cut;
};

/// Reads a body to its end and calls `done` with it.
class Collector : public std::enable_shared_from_this<Collector> {
public:
    Collector(BodyReader reader, std::move_only_function<void(std::string, BodyReader&)> done)
        : m_reader(std::move(reader)), m_done(std::move(done))
    {
    }
    void go_on()
    {
        while (!m_reader.readable().empty()) {
            const std::string_view bytes = m_reader.readable();
            m_bytes.append(bytes);
            m_reader.consume(bytes.size());
        }
        if (m_reader.is_ready()) m_done(std::move(m_bytes), m_reader);
        else m_reader.on_readable([self = shared_from_this()] { self->go_on(); });
    }

private:
    BodyReader m_reader;
    std::string m_bytes;
    std::move_only_function<void(std::string, BodyReader&)> m_done;
};

std::string facts(const Request& request)
{
    const RequestHead& head = request.head;
    std::string text =
        fmt::format("{} {} {}\nauthority {}\nscheme {}\nremote {}\nlocal {}\n", head.method, head.target, to_string(head.version),
                    head.authority, head.scheme, request.connection->remote.host(), request.connection->local.host());
    if (request.connection->tls) {
        const TlsInfo& tls = *request.connection->tls;
        text += fmt::format("tls {} {} sni={} hello={} certificate={} verified={}\n", tls.protocol, tls.cipher, tls.servername,
                            tls.client_hello.size(), tls.client_certificate_der.size(), tls.client_certificate_verify_result);
    }
    for (const auto& [name, value] : head.headers) text += fmt::format("{}: {}\n", name, value);
    return text;
}

class Example final : public Handler {
public:
    Example(const WorkerContext& worker, std::shared_ptr<Metrics> metrics) : m_loop(worker.loop), m_metrics(std::move(metrics)) {}

    void handle(Request request, Responder responder) override
    {
        const std::string target = request.head.target;
        if (target == "/hello") {
            answer(responder, "Hello World!\n");
        } else if (target == "/echo") {
            echo(std::move(request), std::move(responder));
        } else if (target == "/collect") {
            collect(std::move(request), std::move(responder));
        } else if (target == "/facts") {
            answer(responder, facts(request));
        } else if (target.starts_with("/bytes/")) {
            pattern(std::move(responder), number(target), {}, false);
        } else if (target.starts_with("/cut/")) {
            pattern(std::move(responder), number(target), 2 * number(target), true);
        } else if (target.starts_with("/cut-chunked/")) {
            pattern(std::move(responder), number(target), {}, true);
        } else if (target == "/early") {
            responder.send_informational(103, {{"Link", "</style.css>; rel=preload"}});
            answer(responder, "after a hint\n");
        } else if (target == "/ignore") {
            answer(responder, "not interested\n");
        } else if (target == "/wait") {
            m_waiting.push_back(std::move(responder));
        } else if (target == "/release") {
            for (Responder& waiting : std::exchange(m_waiting, {})) answer(waiting, "released\n");
            answer(responder, "done\n");
        } else if (target == "/stay") {
            answer(responder, "here to stay\n");
            std::getchar();
        } else if (target == "/metrics") {
            answer(responder, m_metrics->to_text());
        } else if (target != "/silence") {
            answer(responder, "no such thing\n", 404);
        }
    }

private:
    static void answer(Responder& responder, std::string body, uint16_t status = 200)
    {
        responder.send({.status = status, .headers = {{"Content-Type", "text/plain"}}}, BodyReader{std::move(body)});
    }
    static void echo(Request request, Responder responder)
    {
        ResponseHead head;
        for (const auto& [name, value] : request.head.headers) {
            if (name.starts_with("X-") || name.starts_with("x-")) head.headers.append(name, value);
        }
        responder.send(std::move(head), std::move(request.body));
    }
    void collect(Request request, Responder responder)
    {
        auto collector = std::make_shared<Collector>(
            std::move(request.body), [r = std::move(responder)](std::string bytes, BodyReader& body) mutable {
                const auto cut = body.cut();
                answer(r, cut ? fmt::format("cut after {}: {}\n", bytes.size(), to_string(*cut))
                              : fmt::format("complete {}\n", bytes.size()));
            });
        collector->go_on();
    }
    void pattern(Responder responder, uint64_t count, std::optional<uint64_t> declared, bool is_cut)
    {
        BodyPipe pipe = make_body_pipe(m_loop, default_body_capacity_bytes, declared);
        responder.send({}, std::move(pipe.reader));
        std::make_shared<Pattern>(std::move(pipe.writer), count, is_cut)->go_on();
    }
    static uint64_t number(std::string_view target)
    {
        const std::string_view digits = target.substr(target.rfind('/') + 1);
        uint64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }

    EventLoop& m_loop;
    std::shared_ptr<Metrics> m_metrics;
    std::vector<Responder> m_waiting;
};

class StderrLog final : public AccessLog {
public:
    void record(const AccessRecord& r) noexcept override
    {
        fmt::print(stderr, "{} {} {} {} {} in={} out={} {}\n", r.request_id, r.method, r.target, to_string(r.version), r.status,
                   r.request_body_bytes, r.response_body_bytes, to_string(r.end));
    }
};

[[noreturn]] void fail(const std::string& why)
{
    fmt::print(stderr, "http-example: {}\n", why);
    std::exit(1);
}

}  // namespace

int main(int argc, char** argv)
{
    ServerOptions options;
    TlsServerOptions tls;
    Duration grace = std::chrono::seconds{10};
    options.workers = 1;
    options.metrics = std::make_shared<Metrics>();
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        const auto next = [&]() -> const char* { return ++i < argc ? argv[i] : ""; };
        if (option == "--listen") {
            auto address = ListenAddress::parse(next());
            if (!address) fail(address.error());
            options.listen.push_back(*std::move(address));
        } else if (option == "--inherited") {
            for (ListenAddress& address : inherited_listeners()) options.listen.push_back(std::move(address));
        } else if (option == "--tls") {
            tls.certificate_file = next();
            tls.key_file = next();
        } else if (option == "--client-ca") {
            tls.client_ca_file = next();
        } else if (option == "--workers") {
            options.workers = static_cast<unsigned>(std::atoi(next()));
        } else if (option == "--grace-ms") {
            grace = std::chrono::milliseconds{std::atoi(next())};
        } else if (option == "--log") {
            options.access_log = std::make_shared<StderrLog>();
        } else if (option == "--quick-limits") {
            // What the tests of time limits wait for.
            constexpr std::chrono::seconds limit{1};  // clients of the tests do in it what they do at all
            options.limits.header_timeout = options.limits.idle_timeout = options.limits.progress_timeout = limit;
            options.limits.tls_handshake_timeout = limit;
            options.limits.max_body_bytes = 1'000'000;
        } else {
            fail(fmt::format("unknown option '{}'", option));
        }
    }
    if (!tls.certificate_file.empty()) {
        auto context = TlsServerContext::create(tls);
        if (!context) fail(context.error());
        options.tls = *context;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const auto metrics = options.metrics;
    auto server =
        Server::start(std::move(options), [&](const WorkerContext& worker) { return std::make_unique<Example>(worker, metrics); });
    if (!server) fail(server.error());
    for (const Address& address : (*server)->addresses()) fmt::print("{}\n", address.to_string());
    std::fflush(stdout);

    int signal = 0;
    sigwait(&signals, &signal);
    (*server)->stop(grace);
    (*server)->wait();
    return 0;
}
