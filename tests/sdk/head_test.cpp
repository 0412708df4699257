#include "weir/http/head.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

// The heads of requests and responses, fed whole and byte by byte: the verdict is the same.

namespace weir::http {

namespace {

constexpr Limits small_limits{.max_line_bytes = 64, .max_head_bytes = 512, .max_fields = 8, .max_body_bytes = 1000};

struct Parsed {
    std::optional<Refusal> refusal;
    std::string bytes;  // the head; what `head` views is here
    RequestHead head;
    bool is_incomplete = false;
    size_t consumed = 0;
};

/// Feeds `step` bytes at a time.
Parsed parse(std::string_view text, size_t step)
{
    HeadScanner scanner;
    Parsed parsed;
    for (size_t size = std::min(step, text.size());; size = std::min(size + step, text.size())) {
        const auto outcome = scanner.scan(text.substr(0, size), small_limits);
        if (outcome.refusal) {
            parsed.refusal = outcome.refusal;
            return parsed;
        }
        if (outcome.end != 0) {
            parsed.bytes = text.substr(outcome.begin, outcome.end - outcome.begin);
            parsed.consumed = outcome.end;
            parsed.refusal = parse_request(parsed.bytes, small_limits, parsed.head);
            return parsed;
        }
        if (size == text.size()) break;
    }
    parsed.is_incomplete = true;
    return parsed;
}

int status_of(const Parsed& parsed) { return parsed.is_incomplete ? 0 : parsed.refusal ? parsed.refusal->status : 200; }

std::string repeated(std::string_view text, size_t count)
{
    std::string all;
    for (size_t i = 0; i < count; ++i) all += text;
    return all;
}

struct Case {
    const char* name;
    std::string text;
    int status;  // 200: accepted; 0: not complete
};

const std::vector<Case> cases{
    // clang-format off
    {"simple",                      "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"unfinished",                  "GET / HTTP/1.1\r\nHost: a\r\n", 0},
    {"http_1_0_without_host",       "GET / HTTP/1.0\r\n\r\n", 200},
    {"http_1_9",                    "GET / HTTP/1.9\r\nHost: a\r\n\r\n", 200},
    {"empty_lines_in_front",        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"unknown_method",              "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"empty_value",                 "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", 200},
    {"spaces_around_value",         "GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n", 200},
    {"value_beyond_ascii",          "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\r\n\r\n", 200},
    {"absolute_target",             "GET http://b:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"absolute_target_no_path",     "GET HTTP://b HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"options_star",                "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"length",                      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", 200},
    {"chunked",                     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", 200},
    {"expect",                      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n", 200},

    {"line_feed_alone",             "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"line_feed_alone_later",       "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
    {"carriage_return_alone",       "GET / HTTP/1.1\r\nX: a\rHost: a\r\n\r\n", 400},
    {"garbage",                     "\x16\x03\x01\n", 400},
    {"no_version",                  "GET /\r\n\r\n", 400},
    {"version_twice",               "GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"two_spaces",                  "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"tab_for_space",               "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"space_in_front",              " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"space_behind",                "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"lower_case_version",          "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"version_1_10",                "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"version_2",                   "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"version_0_9",                 "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"http_2_preface",              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"method_is_no_token",          "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target_beyond_ascii",         "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target_with_delete",          "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target_is_no_path",           "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target_of_https",             "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target_without_host",         "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target_with_user",            "GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"get_star",                    "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"connect",                     "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501},

    {"no_host",                     "GET / HTTP/1.1\r\n\r\n", 400},
    {"two_hosts",                   "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"two_hosts_http_1_0",          "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"host_with_slash",             "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"host_with_user",              "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"host_list",                   "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {"folded_field",                "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
    {"folded_first_field",          "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"space_before_colon",          "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    {"no_colon",                    "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
    {"no_name",                     "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
    {"nul_in_value",                std::string{"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 36}, 400},
    {"control_in_value",            "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n", 400},

    {"lengths_equal",               "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
    {"lengths_differ",              "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\n", 400},
    {"length_list",                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400},
    {"length_with_plus",            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400},
    {"length_negative",             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
    {"length_hexadecimal",          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", 400},
    {"length_empty",                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
    {"length_with_space",           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", 400},
    {"length_wraps_around",         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\n", 400},
    {"length_beyond_limit",         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413},
    {"chunked_and_length",          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"chunked_twice",               "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400},
    {"chunked_in_two_fields",       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"chunked_not_last",            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 400},
    {"chunked_quoted",              "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", 501},
    {"coding_unknown",              "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"coding_empty",                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,\r\n\r\n", 400},
    {"chunked_with_tab_inside",     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chun\tked\r\n\r\n", 501},
    {"chunked_in_http_1_0",         "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"expects_something_else",      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417},

    {"line_at_limit",               "GET /" + std::string(50, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 200},
    {"line_beyond_limit",           "GET /" + std::string(51, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
    {"line_without_end",            std::string(100, 'a'), 414},
    {"fields_at_limit",             "GET / HTTP/1.1\r\nHost: a\r\n" + repeated("X: y\r\n", 7) + "\r\n", 200},
    {"fields_beyond_limit",         "GET / HTTP/1.1\r\nHost: a\r\n" + repeated("X: y\r\n", 8) + "\r\n", 431},
    {"head_at_limit",               "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(480, 'a') + "\r\n\r\n", 200},
    {"head_beyond_limit",           "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(481, 'a') + "\r\n\r\n", 431},
    {"head_without_end",            "GET / HTTP/1.1\r\nX: " + std::string(600, 'a'), 431},
    {"empty_lines_without_end",     repeated("\r\n", 300), 431},
    // clang-format on
};

class Requests : public testing::TestWithParam<std::tuple<Case, size_t>> {};

TEST_P(Requests, are_accepted_or_refused_alike_however_they_come)
{
    const auto& [c, step] = GetParam();
    const Parsed parsed = parse(c.text, step);
    EXPECT_EQ(status_of(parsed), c.status) << (parsed.refusal ? parsed.refusal->reason : "");
}

INSTANTIATE_TEST_SUITE_P(All, Requests, testing::Combine(testing::ValuesIn(cases), testing::Values(1, 7, 4096)),
                         [](const auto& info) {
                             return std::string{std::get<0>(info.param).name} + "_by_" + std::to_string(std::get<1>(info.param));
                         });

TEST(RequestHead, is_taken_apart)
{
    const Parsed parsed = parse("GET /a%20b?c=d?e HTTP/1.1\r\nhost: x:80\r\nA: 1\r\na: 2\r\n\r\nrest", 4096);
    ASSERT_EQ(status_of(parsed), 200);
    EXPECT_EQ(parsed.head.method, "GET");
    EXPECT_EQ(parsed.head.path, "/a%20b");
    EXPECT_EQ(parsed.head.query, "c=d?e");
    EXPECT_EQ(parsed.head.authority, "x:80");
    EXPECT_EQ(parsed.head.fields.size(), 3U);
    EXPECT_EQ(parsed.head.fields.find("A"), "1");
    EXPECT_FALSE(parsed.head.fields.find("b"));
    EXPECT_TRUE(parsed.head.framing.is_empty());
    EXPECT_EQ(parsed.consumed, std::string_view{"GET /a%20b?c=d?e HTTP/1.1\r\nhost: x:80\r\nA: 1\r\na: 2\r\n\r\n"}.size());
}

TEST(RequestHead, target_outranks_host)
{
    const Parsed parsed = parse("GET http://b:81?q HTTP/1.1\r\nHost: a\r\n\r\n", 4096);
    EXPECT_EQ(parsed.head.authority, "b:81");
    EXPECT_EQ(parsed.head.path, "/");
    EXPECT_EQ(parsed.head.query, "q");
}

TEST(RequestHead, connections_are_kept_as_each_version_has_it)
{
    const auto keeps = [](std::string_view version, std::string_view fields) {
        const std::string text = "GET / HTTP/" + std::string{version} + "\r\nHost: a\r\n" + std::string{fields} + "\r\n";
        return parse(text, 4096).head.keeps_alive;
    };
    EXPECT_TRUE(keeps("1.1", ""));
    EXPECT_FALSE(keeps("1.1", "Connection: x, CLOSE\r\n"));
    EXPECT_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    EXPECT_FALSE(keeps("1.0", ""));
    EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(RequestHead, expectations_of_http_1_0_are_ignored)
{
    EXPECT_TRUE(parse("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", 4096).head.expects_continue);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", 4096).head.expects_continue);
}

std::tuple<int, Framing::Kind, uint64_t, bool> response(std::string_view method, std::string_view text)
{
    ResponseHead head;
    if (const auto refusal = parse_response(text, method, small_limits, head)) return {refusal->status, {}, 0, false};
    return {head.status, head.framing.kind, head.framing.length, head.keeps_alive};
}

TEST(ResponseHead, bodies_are_delimited_by_method_status_and_fields)
{
    using Kind = Framing::Kind;
    using Answer = std::tuple<int, Kind, uint64_t, bool>;
    EXPECT_EQ(response("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), (Answer{200, Kind::length, 5, true}));
    EXPECT_EQ(response("GET", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n"), (Answer{200, Kind::length, 5, true}));
    EXPECT_EQ(response("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), (Answer{200, Kind::length, 0, true}));
    EXPECT_EQ(response("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), (Answer{304, Kind::length, 0, true}));
    EXPECT_EQ(response("GET", "HTTP/1.1 204 No Content\r\n\r\n"), (Answer{204, Kind::length, 0, true}));
    EXPECT_EQ(response("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), (Answer{200, Kind::chunked, 0, true}));
    EXPECT_EQ(response("GET", "HTTP/1.1 200 OK\r\n\r\n"), (Answer{200, Kind::until_close, 0, false}));
    EXPECT_EQ(response("GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), (Answer{200, Kind::length, 5, false}));
    EXPECT_EQ(response("GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n"),
              (Answer{200, Kind::length, 5, false}));
}

TEST(ResponseHead, what_is_none_is_refused)
{
    for (const std::string_view text :
         {"HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
          "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 O\x01K\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nX\r\n\r\n"})
        EXPECT_EQ(std::get<0>(response("GET", text)), 502) << text;
}

}  // namespace
}  // namespace weir::http
