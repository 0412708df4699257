#include "http/metrics_server.hpp"

#include "http/client.hpp"
#include "http/metrics.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

class MetricsServerTest : public testing::Test {
protected:
    EventLoop loop;
    Client client{loop};
    std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>();

    /// "STATUS BODY" of a small answer.
    std::string get(const Server& server, std::string method, std::string target)
    {
        OriginOptions options;
        options.host = "127.0.0.1";
        options.port = server.addresses().front().port;
        std::string text;
        BodyReader body;
        std::function<void()> read = [&] {
            text += body.readable();
            body.consume(body.readable().size());
            if (body.is_ready()) loop.stop();
            else body.on_readable([&] { read(); });
        };
        const PendingRequest pending =
            client.send(*Origin::create(options), {.method = std::move(method), .target = std::move(target)},
                        [&](Result<Response, ClientError> result) {
                            ASSERT_TRUE(result) << result.error().text;
                            text = std::to_string(result->head.status) + " ";
                            body = std::move(result->body);
                            read();
                        });
        loop.run();
        return text;
    }
};

TEST_F(MetricsServerTest, answers_what_it_has)
{
    metrics->counter("things_total", "Things.").add(7);
    const auto server = serve_metrics(*ListenAddress::parse("127.0.0.1:0"), metrics);
    ASSERT_TRUE(server) << server.error();
    EXPECT_EQ(get(**server, "GET", "/metrics"), "200 # HELP things_total Things.\n# TYPE things_total counter\nthings_total 7\n");
    EXPECT_EQ(get(**server, "GET", "/metrics?x"), get(**server, "GET", "/metrics"));
    EXPECT_EQ(get(**server, "HEAD", "/metrics"), "200 ");
    EXPECT_EQ(get(**server, "GET", "/healthz"), "200 ok\n");
    EXPECT_EQ(get(**server, "GET", "/"), "404 There are /metrics and /healthz.\n");
    EXPECT_EQ(get(**server, "POST", "/metrics"), "405 ");
}

TEST_F(MetricsServerTest, says_why_it_cannot_listen)
{
    const auto first = serve_metrics(*ListenAddress::parse("127.0.0.1:0"), metrics);
    ASSERT_TRUE(first);
    const std::string address = (*first)->addresses().front().to_string();
    const auto second = serve_metrics(*ListenAddress::parse(address), metrics);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), "cannot listen: bind '" + address + "': Address already in use");
}

}  // namespace
}  // namespace weir::http
