#include "http/client.hpp"

#include "http/metrics.hpp"
#include "http/server.hpp"
#include "support/raw_origin.hpp"
#include "support/test_certificate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <future>
#include <string>
#include <vector>

namespace weir::http {
namespace {

/// A server whose handler is a function.
class FunctionHandler final : public Handler {
public:
    using Function = std::function<void(EventLoop&, Request, Responder)>;
    FunctionHandler(EventLoop& loop, Function function) : m_loop(loop), m_function(std::move(function)) {}
    void handle(Request request, Responder responder) override { m_function(m_loop, std::move(request), std::move(responder)); }

private:
    EventLoop& m_loop;
    Function m_function;
};

std::unique_ptr<Server> serve(FunctionHandler::Function function, std::shared_ptr<const TlsServerContext> tls = nullptr)
{
    ServerOptions options;
    options.listen = {*ListenAddress::parse("127.0.0.1:0")};
    options.tls = std::move(tls);
    options.workers = 1;
    auto server = Server::start(std::move(options), [function = std::move(function)](const WorkerContext& worker) {
        return std::make_unique<FunctionHandler>(worker.loop, function);
    });
    EXPECT_TRUE(server) << server.error();
    return *std::move(server);
}

void echo(EventLoop&, Request request, Responder responder)
{
    ResponseHead head;
    head.headers.append("x-method", request.head.method);
    head.headers.append("x-target", request.head.target);
    head.headers.append("x-authority", request.head.authority);
    head.headers.append("x-version", to_string(request.head.version));
    for (const auto& [name, value] : request.head.headers) head.headers.append("got-" + std::string{name}, value);
    responder.send(std::move(head), std::move(request.body));
}

struct Outcome {
    std::optional<ClientError> error;
    ResponseHead head;
    std::string body;
    std::optional<CutReason> cut;
    Headers trailers;

    [[nodiscard]] std::string field(std::string_view name) const { return std::string{head.headers.find(name).value_or("<none>")}; }
    [[nodiscard]] std::string error_kind() const { return error ? std::string{to_string(error->kind)} : "<none>"; }
};

class ClientTest : public testing::Test {
protected:
    EventLoop loop;
    std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>();
    std::optional<Client> client{std::in_place, loop, metrics};

    static OriginOptions at(uint16_t port)
    {
        OriginOptions options;
        options.host = "127.0.0.1";
        options.port = port;
        return options;
    }
    static OriginOptions at(const Server& server) { return at(server.addresses().front().port); }

    static std::shared_ptr<const Origin> origin(OriginOptions options)
    {
        auto made = Origin::create(std::move(options));
        EXPECT_TRUE(made) << made.error();
        return *made;
    }

    struct Fetch {
        Outcome outcome;
        BodyReader body;
        PendingRequest pending;
        bool is_done = false;
    };
    /// Sends a request; run_until() then sees it done.
    std::shared_ptr<Fetch> begin(const std::shared_ptr<const Origin>& to, ClientRequest request)
    {
        auto fetch = std::make_shared<Fetch>();
        fetch->pending = client->send(to, std::move(request), [this, fetch](Result<Response, ClientError> result) {
            if (!result) {
                fetch->outcome.error = result.error();
                done(*fetch);
                return;
            }
            fetch->outcome.head = std::move(result->head);
            fetch->body = std::move(result->body);
            read(fetch);
        });
        return fetch;
    }
    void run(const std::vector<std::shared_ptr<Fetch>>& fetches)
    {
        while (!std::ranges::all_of(fetches, [](const auto& each) { return each->is_done; })) loop.run();
    }
    Outcome fetch(const std::shared_ptr<const Origin>& to, ClientRequest request = {})
    {
        auto fetch = begin(to, std::move(request));
        run({fetch});
        return std::move(fetch->outcome);
    }
    [[nodiscard]] uint64_t connections() { return metrics->counter("weir_http_client_connections_total", "").value(); }
    [[nodiscard]] uint64_t retries() { return metrics->counter("weir_http_client_retries_total", "").value(); }
    /// Lets what is deferred happen.
    void settle()
    {
        for (int i = 0; i < 10; ++i) {
            loop.defer([this] { loop.stop(); });
            loop.run();
        }
    }

private:
    void read(const std::shared_ptr<Fetch>& fetch)
    {
        BodyReader& body = fetch->body;
        while (!body.readable().empty()) {
            fetch->outcome.body += body.readable();
            body.consume(body.readable().size());
        }
        if (body.is_ready()) {
            fetch->outcome.cut = body.cut();
            fetch->outcome.trailers = body.trailers();
            done(*fetch);
        } else {
            body.on_readable([this, fetch] { read(fetch); });
        }
    }
    void done(Fetch& fetch)
    {
        fetch.is_done = true;
        loop.stop();
    }
};

/// Over each protocol an origin can be spoken to in.
enum class Way : uint8_t { http1, h2c, tls_http1, tls_h2, tls_automatic };

class ClientOverEach : public ClientTest, public testing::WithParamInterface<Way> {
protected:
    bool is_tls = GetParam() >= Way::tls_http1;
    bool is_http2 = GetParam() == Way::h2c || GetParam() >= Way::tls_h2;

    std::unique_ptr<Server> server_for(FunctionHandler::Function function) const
    {
        return serve(std::move(function), is_tls ? test_server_context() : nullptr);
    }
    OriginOptions options_for(const Server& server) const
    {
        OriginOptions options = at(server);
        if (is_tls) options.tls.emplace().ca_pem = test_certificate_pem();
        options.protocol = GetParam() == Way::tls_automatic ? OriginProtocol::automatic
                         : is_http2                         ? OriginProtocol::http2
                                                            : OriginProtocol::http1;
        return options;
    }
};

std::string name_of_way(const testing::TestParamInfo<Way>& info)
{
    constexpr std::array<const char*, 5> names{"http1", "h2c", "tls_http1", "tls_h2", "tls_automatic"};
    return names[static_cast<size_t>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Client, ClientOverEach,
                         testing::Values(Way::http1, Way::h2c, Way::tls_http1, Way::tls_h2, Way::tls_automatic), name_of_way);

TEST_P(ClientOverEach, sends_heads_bodies_and_trailers_as_they_are)
{
    const auto server = server_for(echo);
    const auto to = origin(options_for(*server));
    ClientRequest request{.method = "PATCH", .target = "/a|b?c=%20", .authority = "example.com:81"};
    request.headers = {{"X-B", "1"},
                       {"x-a", "\xff"},
                       {"X-B", "2"},
                       {"Connection", "X-Gone"},
                       {"X-Gone", "1"},
                       {"Upgrade", "websocket"},
                       {"Host", "evil"},
                       {"Expect", "100-continue"},
                       {"Content-Length", "77"}};
    request.body = BodyReader{"hello", {{"X-Sum", "1"}, {"Content-Length", "9"}}};
    const Outcome got = fetch(to, std::move(request));
    ASSERT_FALSE(got.error) << got.error->text;
    EXPECT_EQ(got.head.status, 200);
    EXPECT_EQ(got.body, "hello");
    EXPECT_EQ(got.cut, std::nullopt);
    EXPECT_EQ(got.field("x-method"), "PATCH");
    EXPECT_EQ(got.field("x-target"), "/a|b?c=%20");
    EXPECT_EQ(got.field("x-authority"), "example.com:81");
    EXPECT_EQ(got.field("x-version"), is_http2 ? "HTTP/2.0" : "HTTP/1.1");
    EXPECT_EQ(got.field("got-x-a"), "\xff");
    std::string b;
    for (const auto& [name, value] : got.head.headers) {
        if (equals_ignoring_case(name, "got-x-b")) b += value;
    }
    EXPECT_EQ(b, "12");
    for (const char* gone : {"got-x-gone", "got-upgrade", "got-expect", "got-content-length"})
        EXPECT_EQ(got.field(gone), "<none>") << gone;
    EXPECT_EQ(got.trailers.find("x-sum"), "1");
    EXPECT_EQ(got.trailers.size(), 1U);
}

TEST_P(ClientOverEach, uses_its_connection_again)
{
    const auto server = server_for(echo);
    const auto to = origin(options_for(*server));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(fetch(to).head.status, 200);
    EXPECT_EQ(connections(), 1U);
}

TEST_P(ClientOverEach, runs_requests_at_once)
{
    const auto server = server_for(echo);
    const auto to = origin(options_for(*server));
    std::vector<std::shared_ptr<Fetch>> fetches;
    for (int i = 0; i < 20; ++i) {
        ClientRequest request{.method = "POST", .target = "/" + std::to_string(i)};
        request.body = BodyReader{std::string(100'000, static_cast<char>('a' + i))};
        fetches.push_back(begin(to, std::move(request)));
    }
    run(fetches);
    for (size_t i = 0; i < fetches.size(); ++i) {
        EXPECT_EQ(fetches[i]->outcome.field("x-target"), "/" + std::to_string(i));
        EXPECT_EQ(fetches[i]->outcome.body, std::string(100'000, static_cast<char>('a' + i)));
    }
    EXPECT_EQ(connections(), is_http2 ? 1U : 20U);
}

TEST_P(ClientOverEach, streams_both_ways_with_back_pressure)
{
    const auto server = server_for(echo);
    const auto to = origin(options_for(*server));
    BodyPipe pipe = make_body_pipe(loop, 1000);
    size_t left = 1'000'000;
    std::function<void()> write = [&] {
        while (left > 0 && pipe.writer.room() > 0) left -= pipe.writer.write(std::string(std::min<size_t>(left, 700), 'x'));
        if (left == 0) pipe.writer.finish({{"x-end", "yes"}});
        else pipe.writer.on_writable([&] { write(); });
    };
    ClientRequest request{.method = "POST"};
    request.body = std::move(pipe.reader);
    auto running = begin(to, std::move(request));
    write();
    run({running});
    EXPECT_EQ(running->outcome.body.size(), 1'000'000U);
    EXPECT_EQ(running->outcome.trailers.find("x-end"), "yes");
}

TEST_P(ClientOverEach, a_body_that_its_origin_cuts_is_cut)
{
    const auto server = server_for([](EventLoop& on, Request request, Responder responder) {
        BodyPipe pipe = make_body_pipe(on, 1000, request.head.target == "/declared" ? std::optional<uint64_t>{100} : std::nullopt);
        pipe.writer.write("half");
        responder.send({}, std::move(pipe.reader));  // and the writer is dropped
    });
    const auto to = origin(options_for(*server));
    for (const char* target : {"/declared", "/live"}) {
        const Outcome got = fetch(to, {.target = target});
        EXPECT_EQ(got.head.status, 200);
        EXPECT_EQ(got.cut, CutReason::peer_closed) << target;
    }
}

TEST_P(ClientOverEach, a_cut_request_body_reaches_the_origin_as_one)
{
    std::promise<void> is_handled;  // a request that is taken back before that is none
    std::promise<bool> was_complete;
    const auto server = server_for([&](EventLoop&, Request request, Responder responder) {
        is_handled.set_value();
        struct Reading {
            BodyReader body;
            Responder responder;
        };
        auto reading = std::make_shared<Reading>(std::move(request.body), std::move(responder));
        auto go_on = std::make_shared<std::function<void()>>();
        *go_on = [reading, go_on, &was_complete] {
            reading->body.consume(reading->body.readable().size());
            if (reading->body.is_ready()) {
                was_complete.set_value(reading->body.is_complete());
                *go_on = nullptr;
            } else {
                reading->body.on_readable([go_on] { (*go_on)(); });
            }
        };
        const auto keep = go_on;
        (*go_on)();
    });
    const auto to = origin(options_for(*server));
    BodyPipe pipe = make_body_pipe(loop);
    ClientRequest request{.method = "POST"};
    request.body = std::move(pipe.reader);
    auto running = begin(to, std::move(request));
    pipe.writer.write("half");
    const auto handled = is_handled.get_future();
    while (handled.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready) settle();
    pipe.writer.cut(CutReason::abandoned);
    run({running});
    EXPECT_EQ(running->outcome.error_kind(), "request body cut");
    EXPECT_FALSE(was_complete.get_future().get());
}

TEST_P(ClientOverEach, an_answer_to_head_has_no_body)
{
    const auto server = server_for([](EventLoop&, Request, Responder responder) { responder.send({}, BodyReader{"hello"}); });
    const auto to = origin(options_for(*server));
    for (int i = 0; i < 2; ++i) {
        const Outcome got = fetch(to, {.method = "HEAD"});
        EXPECT_EQ(got.field("content-length"), "5");
        EXPECT_EQ(got.body, "");
        EXPECT_EQ(got.cut, std::nullopt);
    }
    EXPECT_EQ(connections(), 1U);
}

TEST_P(ClientOverEach, hints_are_passed_over)
{
    const auto server = server_for([](EventLoop&, Request, Responder responder) {
        responder.send_informational(103, {{"link", "x"}});
        responder.send({.status = 404, .headers = {}}, BodyReader{"after"});
    });
    const Outcome got = fetch(origin(options_for(*server)));
    EXPECT_EQ(got.head.status, 404);
    EXPECT_EQ(got.field("link"), "<none>");
    EXPECT_EQ(got.body, "after");
}

TEST_P(ClientOverEach, no_answer_is_an_error)
{
    const auto server = server_for([](EventLoop&, Request, Responder responder) { responder.abort(); });
    const Outcome got = fetch(origin(options_for(*server)), {.method = "POST"});
    EXPECT_EQ(got.error_kind(), is_http2 ? "http2 error" : "connection terminated");
    if (is_http2) EXPECT_EQ(got.error->http2_code, 2U);
}

TEST_P(ClientOverEach, waits_no_longer_than_told)
{
    const auto server = server_for([](EventLoop& on, Request request, Responder responder) {
        static thread_local std::vector<Responder> kept;
        static thread_local std::vector<BodyWriter> writers;
        if (request.head.target == "/body") {
            BodyPipe pipe = make_body_pipe(on);
            pipe.writer.write("half");
            responder.send({}, std::move(pipe.reader));
            writers.push_back(std::move(pipe.writer));
        } else {
            kept.push_back(std::move(responder));
        }
    });
    OriginOptions options = options_for(*server);
    options.first_byte_timeout = std::chrono::milliseconds{50};
    options.between_bytes_timeout = std::chrono::milliseconds{50};
    EXPECT_EQ(fetch(origin(options)).error_kind(), "response timeout");
    options.first_byte_timeout = std::chrono::seconds{60};
    const Outcome got = fetch(origin(options), {.target = "/body"});
    EXPECT_EQ(got.body, "half");
    EXPECT_EQ(got.cut, CutReason::timed_out);
}

TEST_P(ClientOverEach, dropped_requests_and_bodies_end_them)
{
    const auto server = server_for([](EventLoop& on, Request, Responder responder) {
        static thread_local std::vector<BodyWriter> writers;
        BodyPipe pipe = make_body_pipe(on);
        pipe.writer.write("x");
        responder.send({}, std::move(pipe.reader));
        writers.push_back(std::move(pipe.writer));
    });
    const auto to = origin(options_for(*server));
    bool was_called = false;
    {
        const PendingRequest dropped = client->send(to, {}, [&](const Result<Response, ClientError>&) { was_called = true; });
    }
    settle();
    EXPECT_FALSE(was_called);
    bool has_head = false;
    PendingRequest pending = client->send(to, {}, [&](const Result<Response, ClientError>& result) {
        has_head = result.has_value();
        loop.stop();
    });
    while (!has_head) loop.run();  // its body is dropped with the result
    pending = {};
    client.reset();
    EXPECT_TRUE(has_head);
}

TEST_P(ClientOverEach, a_client_that_goes_says_so)
{
    const auto server = server_for([](EventLoop&, Request, Responder responder) {
        static thread_local std::vector<Responder> kept;
        kept.push_back(std::move(responder));
    });
    auto waiting = begin(origin(options_for(*server)), {});
    client.reset();
    run({waiting});
    EXPECT_EQ(waiting->outcome.error_kind(), "cancelled");
}

TEST_P(ClientOverEach, declared_lengths_are_kept_to)
{
    const auto server = server_for(echo);
    const auto to = origin(options_for(*server));
    ClientRequest right{.method = "POST", .headers = {{"Content-Length", "5"}}};
    right.body = BodyReader{"hello"};
    right.framing = Framing::declared;
    EXPECT_EQ(fetch(to, std::move(right)).field("got-content-length"), "5");
    for (const char* wrong : {"4", "6"}) {
        ClientRequest request{.method = "POST", .headers = {{"Content-Length", wrong}}};
        request.body = BodyReader{"hello"};
        request.framing = Framing::declared;
        const Outcome got = fetch(to, std::move(request));
        EXPECT_TRUE(got.error_kind() == "request body cut" || got.cut) << wrong << " " << got.error_kind();
    }
}

class ClientOverTls : public ClientTest {
protected:
    std::unique_ptr<Server> server = serve(echo, test_server_context());
    Outcome fetch_with(const std::function<void(TlsClientOptions&)>& change)
    {
        OriginOptions options = at(*server);
        options.tls.emplace().ca_pem = test_certificate_pem();
        change(*options.tls);
        return fetch(origin(options));
    }
};

TEST_F(ClientOverTls, verifies_the_origin)
{
    EXPECT_EQ(fetch_with([](TlsClientOptions&) {}).error_kind(), "<none>");
    EXPECT_EQ(fetch_with([](TlsClientOptions& tls) { tls.verify_host = "localhost"; }).error_kind(), "<none>");
    const Outcome other = fetch_with([](TlsClientOptions& tls) { tls.verify_host = "other.example"; });
    EXPECT_EQ(other.error_kind(), "tls certificate");
    EXPECT_NE(other.error->text.find("mismatch"), std::string::npos) << other.error->text;
    EXPECT_EQ(fetch_with([](TlsClientOptions& tls) { tls.ca_pem = other_certificate_pem(); }).error_kind(), "tls certificate");
}

TEST_F(ClientOverTls, needs_a_version_in_common)
{
    const Outcome got = fetch_with([](TlsClientOptions& tls) { tls.min_version = tls.max_version = TlsVersion::tls_1_1; });
    EXPECT_EQ(got.error_kind(), "tls alert");
    EXPECT_EQ(got.error->tls_alert, 70);  // protocol_version
}

TEST_F(ClientOverTls, http2_is_needed_where_it_is_asked_for)
{
    const auto http1_only = serve(echo, test_server_context(false));
    OriginOptions options = at(*http1_only);
    options.tls.emplace().ca_pem = test_certificate_pem();
    options.protocol = OriginProtocol::http2;
    const std::string kind = fetch(origin(options)).error_kind();
    EXPECT_TRUE(kind == "tls alert" || kind == "tls configuration") << kind;
    options.protocol = OriginProtocol::automatic;
    EXPECT_EQ(fetch(origin(options)).field("x-version"), "HTTP/1.1");
}

TEST_F(ClientOverTls, a_cleartext_origin_is_no_tls)
{
    const auto cleartext = serve(echo);
    OriginOptions options = at(*cleartext);
    options.tls.emplace().ca_pem = test_certificate_pem();
    const std::string kind = fetch(origin(options)).error_kind();
    EXPECT_TRUE(kind == "tls protocol" || kind == "connection terminated") << kind;
}

TEST(Origin, says_what_is_wrong_with_its_options)
{
    const auto error_of = [](const std::function<void(OriginOptions&)>& change) {
        OriginOptions options;
        options.host = "localhost";
        options.tls.emplace();
        change(options);
        const auto made = Origin::create(options);
        return made ? std::string{} : made.error();
    };
    EXPECT_EQ(error_of([](OriginOptions& o) { o.host = "a/b"; }), "'a/b' is not a host's name or address");
    EXPECT_EQ(error_of([](OriginOptions& o) { o.tls->ca_pem = "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"; }),
              "the CA certificates are not valid PEM");
    EXPECT_EQ(error_of([](OriginOptions& o) { o.tls->client_certificate_pem = "nothing"; }),
              "the client certificate is not valid PEM");
    EXPECT_NE(error_of([](OriginOptions& o) { o.tls->client_certificate_pem = test_certificate_pem(); }), "");
    EXPECT_EQ(error_of([](OriginOptions& o) { o.tls->ciphers = "no-such-cipher"; }), "no usable cipher in 'no-such-cipher'");
    EXPECT_EQ(error_of([](OriginOptions& o) {
                  o.tls->min_version = TlsVersion::tls_1_3;
                  o.tls->max_version = TlsVersion::tls_1_2;
              }),
              "the lowest TLS version is above the highest");
}

TEST(Origin, equal_options_are_one_origin)
{
    OriginOptions options;
    options.host = "localhost";
    const auto one = *Origin::create(options);
    EXPECT_EQ(one, *Origin::create(options));
    options.idle_timeout = std::chrono::seconds{1};
    EXPECT_NE(one, *Origin::create(options));
}

/// Against origins that no HTTP library would be.
class ClientAgainstRaw : public ClientTest {
protected:
    Outcome answer_to(std::string answer, ClientRequest request = {})
    {
        RawOrigin raw{{{std::move(answer)}}};
        return fetch(origin(at(raw.port())), std::move(request));
    }
};

TEST_F(ClientAgainstRaw, answers_that_are_none)
{
    EXPECT_EQ(answer_to("").error_kind(), "connection terminated");
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-").error_kind(), "response incomplete");
    EXPECT_EQ(answer_to("SSH-2.0-x\r\n\r\n").error_kind(), "response malformed");
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab").error_kind(), "response malformed");
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nab").error_kind(),
              "response malformed");
    EXPECT_EQ(answer_to("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n").error_kind(), "response malformed");
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nA: " + std::string(200'000, 'x') + "\r\n\r\n").error_kind(),
              "response header too large");
}

TEST_F(ClientAgainstRaw, bodies_end_as_their_framing_says)
{
    const auto end_of = [&](const std::string& answer) {
        const Outcome got = answer_to(answer);
        return got.error ? got.error_kind() : got.body + (got.cut ? "|" + std::string{to_string(*got.cut)} : "");
    };
    EXPECT_EQ(end_of("HTTP/1.1 200 OK\r\n\r\nuntil the end"), "until the end");
    EXPECT_EQ(end_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"), "hel|the connection ended early");
    EXPECT_EQ(end_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), "hello|the connection ended early");
    EXPECT_EQ(end_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxx\r\n"), "hello|malformed");
    EXPECT_EQ(end_of("HTTP/1.1 204 None\r\n\r\n"), "");
    EXPECT_EQ(end_of("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "hi");
}

TEST_F(ClientAgainstRaw, an_answer_before_the_request_is_sent_counts)
{
    RawOrigin raw{{{"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"}}};
    BodyPipe pipe = make_body_pipe(loop);
    ClientRequest request{.method = "POST"};
    request.body = std::move(pipe.reader);
    auto running = begin(origin(at(raw.port())), std::move(request));
    run({running});
    EXPECT_EQ(running->outcome.head.status, 413);
    EXPECT_EQ(running->outcome.body, "no");
    settle();
    EXPECT_TRUE(pipe.writer.is_reader_gone());
}

TEST_F(ClientAgainstRaw, a_connection_with_more_than_its_answer_is_not_used_again)
{
    // What follows the first answer would be taken for the second's.
    RawOrigin raw{{{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
                    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"},
                   {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"}}};
    const auto to = origin(at(raw.port()));
    EXPECT_EQ(fetch(to).body, "a");
    EXPECT_EQ(fetch(to).body, "b");
    EXPECT_EQ(connections(), 2U);
}

TEST_F(ClientAgainstRaw, a_pooled_connection_that_was_closed_is_replaced)
{
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    // The first connection answers once, reads the next request, and is closed: as a server does whose time for it was over.
    RawOrigin raw{{{ok + "a", RawOrigin::close_without_answer}, {ok + "b"}, {ok + "c"}}};
    const auto to = origin(at(raw.port()));
    EXPECT_EQ(fetch(to).body, "a");
    EXPECT_EQ(fetch(to).body, "b");
    EXPECT_EQ(retries(), 1U);
}

TEST_F(ClientAgainstRaw, what_may_have_taken_effect_is_not_sent_again)
{
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    for (const bool has_body : {false, true}) {
        RawOrigin raw{{{ok + "a", RawOrigin::close_without_answer}, {ok + "b"}}};
        const auto to = origin(at(raw.port()));
        EXPECT_EQ(fetch(to).body, "a");
        ClientRequest request{.method = has_body ? "PUT" : "POST"};
        if (has_body) request.body = BodyReader{"x"};
        EXPECT_EQ(fetch(to, std::move(request)).error_kind(), "connection terminated");
    }
    EXPECT_EQ(retries(), 0U);
}

TEST_F(ClientAgainstRaw, connections_are_used_as_the_options_say)
{
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    const auto connections_for = [&](const std::function<void(OriginOptions&)>& change) {
        RawOrigin raw{{{ok, ok, ok, ok}, {ok, ok, ok, ok}, {ok, ok, ok, ok}, {ok, ok, ok, ok}}};
        OriginOptions options = at(raw.port());
        change(options);
        const auto to = origin(options);
        const uint64_t before = connections();
        for (int i = 0; i < 4; ++i) EXPECT_EQ(fetch(to).body, "x");
        return connections() - before;
    };
    EXPECT_EQ(connections_for([](OriginOptions&) {}), 1U);
    EXPECT_EQ(connections_for([](OriginOptions& o) { o.keep_alive = false; }), 4U);
    EXPECT_EQ(connections_for([](OriginOptions& o) { o.max_use = 2; }), 2U);
    EXPECT_EQ(connections_for([](OriginOptions& o) { o.max_lifetime = Duration{1}; }), 4U);
}

TEST_F(ClientTest, no_more_connections_than_allowed)
{
    const auto server = serve(echo);
    OriginOptions options = at(*server);
    options.max_connections = 2;
    const auto to = origin(options);
    std::vector<std::shared_ptr<Fetch>> fetches;
    for (int i = 0; i < 10; ++i) fetches.push_back(begin(to, {}));
    run(fetches);
    for (const auto& each : fetches) EXPECT_EQ(each->outcome.head.status, 200);
    EXPECT_EQ(connections(), 2U);

    const auto silent = serve([](EventLoop&, Request, Responder responder) {
        static thread_local std::vector<Responder> kept;
        kept.push_back(std::move(responder));
    });
    options = at(*silent);
    options.max_connections = 1;
    options.connect_timeout = std::chrono::seconds{1};
    const auto first = begin(origin(options), {});
    const auto second = begin(origin(options), {});
    run({second});
    EXPECT_EQ(second->outcome.error_kind(), "connection limit");
    EXPECT_FALSE(first->is_done);
    first->pending.cancel();
}

TEST_F(ClientTest, origins_that_are_not_there)
{
    uint16_t port = 0;
    {
        const RawOrigin gone{{}};
        port = gone.port();
    }
    const Outcome refused = fetch(origin(at(port)));
    EXPECT_EQ(refused.error_kind(), "connection refused");
    EXPECT_EQ(refused.error->text, "127.0.0.1:" + std::to_string(port) + ": cannot connect: Connection refused");

    OriginOptions nowhere = at(1);
    nowhere.unix_path = "/nowhere/at/all.sock";
    EXPECT_EQ(fetch(origin(nowhere)).error_kind(), "connection refused");

    OriginOptions unknown = at(80);
    unknown.host = "no-such-host.invalid";
    unknown.connect_timeout = std::chrono::seconds{60};
    const Outcome got = fetch(origin(unknown));
    EXPECT_TRUE(got.error_kind() == "dns error" || got.error_kind() == "dns timeout") << got.error_kind();
}

TEST_F(ClientTest, names_are_looked_up)
{
    const auto server = serve(echo);
    OriginOptions options = at(*server);
    options.host = "localhost";
    options.prefer_ipv4 = true;
    const Outcome got = fetch(origin(options));
    EXPECT_EQ(got.field("x-authority"), "localhost:" + std::to_string(options.port));
}

TEST_F(ClientTest, what_may_not_be_sent_is_refused)
{
    const auto to = origin(at(1));
    EXPECT_EQ(fetch(to, {.method = "GE T"}).error_kind(), "request invalid");
    EXPECT_EQ(fetch(to, {.method = "CONNECT"}).error_kind(), "request invalid");
    EXPECT_EQ(fetch(to, {.target = "/a b"}).error_kind(), "request invalid");
    EXPECT_EQ(fetch(to, {.target = "http://other/"}).error_kind(), "request invalid");
    EXPECT_EQ(fetch(to, {.authority = "a/b"}).error_kind(), "request invalid");
    EXPECT_EQ(fetch(to, {.headers = {{"a", "b\r\nc: d"}}}).error_kind(), "request invalid");
}

TEST_F(ClientTest, a_refused_handshake_of_a_stalled_origin_ends_in_time)
{
    // Accepts, and says nothing.
    RawOrigin raw{{{RawOrigin::stall}}};
    OriginOptions options = at(raw.port());
    options.tls.emplace();
    options.connect_timeout = std::chrono::milliseconds{50};
    EXPECT_EQ(fetch(origin(options)).error_kind(), "connection timeout");
}

}  // namespace
}  // namespace weir::http
