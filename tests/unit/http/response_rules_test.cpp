#include "http/response_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

std::string listed(const Headers& headers)
{
    std::string text;
    for (const auto& [name, value] : headers) {
        if (name != "Date") text.append(name).append("=").append(value).append(";");
    }
    return text;
}

struct Planned {
    std::string fields;
    bool has_body;
    std::optional<uint64_t> length;
    bool operator==(const Planned&) const = default;
};
void PrintTo(const Planned& planned, std::ostream* out)
{
    *out << planned.fields << " body=" << planned.has_body
         << " length=" << (planned.length ? std::to_string(*planned.length) : "none");
}

std::optional<Planned> plan(ResponseHead head, const BodyReader& body, std::string_view method = "GET",
                            Framing framing = Framing::automatic)
{
    const auto planned = plan_response(head, body, method, framing, "");
    if (!planned) return {};
    return Planned{listed(head.headers), planned->has_body, planned->length};
}

class ResponseRules : public testing::Test {
protected:
    EventLoop loop;
};

TEST_F(ResponseRules, lengths_are_the_bodys)
{
    EXPECT_EQ(plan({}, BodyReader{"hello"}), (Planned{"Content-Length=5;", true, 5}));
    EXPECT_EQ(plan({}, BodyReader{}), (Planned{"Content-Length=0;", true, 0}));
    EXPECT_EQ(plan({.headers = {{"content-length", "9"}, {"Transfer-Encoding", "gzip"}}}, BodyReader{"hello"}),
              (Planned{"Content-Length=5;", true, 5}));
    const BodyPipe live = make_body_pipe(loop);
    EXPECT_EQ(plan({.headers = {{"content-length", "9"}}}, live.reader), (Planned{"", true, {}}));
    const BodyPipe declared = make_body_pipe(loop, 10, 7);
    EXPECT_EQ(plan({}, declared.reader), (Planned{"Content-Length=7;", true, 7}));
}

TEST_F(ResponseRules, trailers_need_a_framing_that_has_them)
{
    EXPECT_EQ(plan({}, BodyReader{"", {{"sum", "1"}}}), (Planned{"", true, {}}));
}

TEST_F(ResponseRules, declared_lengths_are_kept_where_valid)
{
    const auto declared = [&](Headers headers, const BodyReader& body, std::string_view method = "GET", uint16_t status = 200) {
        return plan({.status = status, .headers = std::move(headers)}, body, method, Framing::declared);
    };
    const BodyPipe live = make_body_pipe(loop);
    EXPECT_EQ(declared({{"Content-Length", "9"}}, live.reader), (Planned{"Content-Length=9;", true, 9}));
    EXPECT_EQ(declared({{"Content-Length", "9"}, {"content-length", "9"}}, live.reader), (Planned{"", true, {}}));
    EXPECT_EQ(declared({{"Content-Length", "-9"}}, live.reader), (Planned{"", true, {}}));
    EXPECT_EQ(declared({{"Content-Length", "9"}}, BodyReader{}, "HEAD"), (Planned{"Content-Length=9;", false, 9}));
    EXPECT_EQ(declared({{"Content-Length", "9"}}, BodyReader{}, "GET", 304), (Planned{"Content-Length=9;", false, 9}));
    EXPECT_EQ(declared({{"Content-Length", "9"}}, BodyReader{}, "GET", 204), (Planned{"", false, 9}));
}

TEST_F(ResponseRules, some_answers_have_no_body)
{
    EXPECT_EQ(plan({.status = 204}, BodyReader{"x"})->has_body, false);
    EXPECT_EQ(plan({.status = 204}, BodyReader{"x"})->fields, "");
    EXPECT_EQ(plan({.status = 304}, BodyReader{"x"})->fields, "");
    EXPECT_EQ(plan({}, BodyReader{"hello"}, "HEAD"), (Planned{"Content-Length=5;", false, 5}));
}

TEST_F(ResponseRules, fields_of_the_connection_go)
{
    EXPECT_EQ(plan({.headers = {{"Connection", "x-a, close"}, {"X-A", "1"}, {"X-B", "2"}, {"Upgrade", "h2c"}, {"Keep-Alive", "1"}}},
                   BodyReader{})
                  ->fields,
              "X-B=2;Content-Length=0;");
    ResponseHead closing{.headers = {{"connection", "Close"}}};
    EXPECT_TRUE(plan_response(closing, BodyReader{}, "GET", Framing::automatic, "")->wants_close);
}

TEST_F(ResponseRules, date_and_server_are_added_where_missing)
{
    ResponseHead head{.headers = {{"date", "then"}}};
    ASSERT_TRUE(plan_response(head, BodyReader{}, "GET", Framing::automatic, "weir"));
    EXPECT_EQ(head.headers.count("date"), 1U);
    EXPECT_EQ(head.headers.find("server"), "weir");
    ASSERT_TRUE(plan_response(head, BodyReader{}, "GET", Framing::automatic, "other"));
    EXPECT_EQ(head.headers.count("server"), 1U);
    // "Thu, 26 Nov 2026 10:58:40 GMT"
    EXPECT_EQ(http_date().size(), 29U);
    EXPECT_TRUE(http_date().ends_with(" GMT"));
}

TEST_F(ResponseRules, what_may_not_be_sent_is_refused)
{
    EXPECT_FALSE(plan({.status = 99}, BodyReader{}));
    EXPECT_FALSE(plan({.status = 101}, BodyReader{}));
    EXPECT_FALSE(plan({.status = 1000}, BodyReader{}));
    EXPECT_FALSE(plan({.headers = {{"a b", "c"}}}, BodyReader{}));
    EXPECT_FALSE(plan({.headers = {{"a", "c\r\nd: e"}}}, BodyReader{}));
    Headers headers;
    EXPECT_FALSE(plan_informational(101, headers));
    EXPECT_FALSE(plan_informational(200, headers));
    EXPECT_TRUE(plan_informational(103, headers));
}

}  // namespace
}  // namespace weir::http
