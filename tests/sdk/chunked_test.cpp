#include "weir/http/chunked.hpp"

#include "weir/http/date.hpp"
#include "weir/http/url.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace weir::http {
namespace {

constexpr Limits small_limits{.max_chunk_line_bytes = 16, .max_trailer_bytes = 32, .max_body_bytes = 100};

struct Decoded {
    std::string body;
    int status = 0;  // 200 at the end, 0 before it
    size_t consumed = 0;
};

/// Feeds `step` bytes at a time, and takes at most `max_data` at once.
Decoded decode(std::string_view text, size_t step, size_t max_data)
{
    ChunkedDecoder decoder{small_limits};
    Decoded decoded;
    size_t available = 0;
    while (!decoder.is_done()) {
        const auto next = decoder.next(text.substr(decoded.consumed, available - decoded.consumed), max_data);
        decoded.consumed += next.consumed;
        decoded.body += next.data;
        if (next.refusal) {
            decoded.status = next.refusal->status;
            return decoded;
        }
        if (!next.data.empty() || decoder.is_done()) continue;
        EXPECT_EQ(decoded.consumed, available) << "bytes were left though there was no data";
        if (available == text.size()) return decoded;
        available = std::min(available + step, text.size());
    }
    decoded.status = 200;
    return decoded;
}

struct Case {
    const char* name;
    std::string text, body;
    int status;
};

const std::vector<Case> cases{
    // clang-format off
    {"empty",                   "0\r\n\r\n", "", 200},
    {"two_chunks",              "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nGET", "abc0123456789", 200},
    {"lower_case_size",         "a\r\n0123456789\r\n0\r\n\r\n", "0123456789", 200},
    {"leading_zeros",           "003\r\nabc\r\n000\r\n\r\n", "abc", 200},
    {"extension",               "3;a=\"b\"\r\nabc\r\n0;x\r\n\r\n", "abc", 200},
    {"trailer",                 "1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n", "a", 200},
    {"unfinished",              "3\r\nab", "ab", 0},
    {"unfinished_end",          "0\r\n", "", 0},
    {"whole_limit",             "64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n", std::string(100, 'x'), 200},

    {"no_size",                 "\r\n", "", 400},
    {"size_with_sign",          "+3\r\nabc\r\n", "", 400},
    {"size_with_prefix",        "0x3\r\nabc\r\n", "", 400},
    {"size_is_no_number",       "g\r\n", "", 400},
    {"size_too_long",           "0000000000000003\r\n", "", 400},
    {"size_wraps_around",       "10000000000000003\r\nabc\r\n", "", 400},
    {"size_ends_with_line_feed", "3\nabc\r\n", "", 400},
    {"extension_with_line_feed", "3;a\nabc\r\n", "", 400},
    {"extension_too_long",      "3;" + std::string(20, 'a') + "\r\nabc\r\n", "", 400},
    {"extension_with_control",  "3;\x01\r\nabc\r\n", "", 400},
    {"carriage_return_alone",   "3\rabc", "", 400},
    {"chunk_too_long",          "3\r\nabcd\r\n", "abc", 400},
    {"chunk_ends_with_line_feed", "3\r\nabc\n0\r\n\r\n", "abc", 400},
    {"trailer_no_colon",        "0\r\nabc\r\n\r\n", "", 400},
    {"trailer_no_name",         "0\r\n: x\r\n\r\n", "", 400},
    {"trailer_folded",          "0\r\nX: y\r\n z\r\n\r\n", "", 400},
    {"trailer_line_feed",       "0\r\nX: y\n\r\n", "", 400},
    {"trailer_too_long",        "0\r\nX: " + std::string(40, 'y') + "\r\n\r\n", "", 431},
    {"body_beyond_limit",       "64\r\n" + std::string(100, 'x') + "\r\n1\r\ny\r\n0\r\n\r\n", std::string(100, 'x'), 413},
    {"chunk_beyond_limit",      "fffffffffffffff\r\n", "", 413},
    // clang-format on
};

class Chunks : public testing::TestWithParam<std::tuple<Case, size_t, size_t>> {};

TEST_P(Chunks, are_decoded_alike_however_they_come)
{
    const auto& [c, step, max_data] = GetParam();
    const Decoded decoded = decode(c.text, step, max_data);
    EXPECT_EQ(decoded.status, c.status);
    EXPECT_EQ(decoded.body, c.body);
    if (std::string_view{c.name} == "two_chunks") EXPECT_EQ(c.text.substr(decoded.consumed), "GET");
}

INSTANTIATE_TEST_SUITE_P(All, Chunks,
                         testing::Combine(testing::ValuesIn(cases), testing::Values(1, 5, 4096), testing::Values(1, 4096)),
                         [](const auto& info) {
                             return std::string{std::get<0>(info.param).name} + "_by_" + std::to_string(std::get<1>(info.param)) +
                                    "_at_most_" + std::to_string(std::get<2>(info.param));
                         });

TEST(ChunkedDecoder, data_may_be_read_past_it)
{
    ChunkedDecoder decoder{small_limits};
    EXPECT_EQ(decoder.next("5\r\nab", 4096).data, "ab");
    EXPECT_EQ(decoder.left_in_chunk(), 3U);
    decoder.skip(2);
    EXPECT_EQ(decoder.left_in_chunk(), 1U);
    decoder.skip(1);
    EXPECT_EQ(decoder.left_in_chunk(), 0U);
    decoder.next("\r\n0\r\n\r\n", 4096);
    EXPECT_TRUE(decoder.is_done());
}

TEST(HttpDate, is_that_of_the_standard)
{
    const auto date = [](int64_t seconds) {
        const auto text = detail::to_http_date(seconds);
        return std::string{text.data(), text.size()};
    };
    EXPECT_EQ(date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 section 5.6.7
    EXPECT_EQ(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(date(951'827'696), "Tue, 29 Feb 2000 12:34:56 GMT");
}

TEST(Url, is_taken_apart)
{
    const auto parts = [](std::string_view text) {
        const auto url = Url::parse(text);
        return url ? url->host + " " + std::to_string(url->port) + " " + url->target + " " + url->authority : url.error().message();
    };
    EXPECT_EQ(parts("http://a"), "a 80 / a");
    EXPECT_EQ(parts("HTTP://a:81/b?c#d"), "a 81 /b?c a:81");
    EXPECT_EQ(parts("http://a?b"), "a 80 /?b a");
    EXPECT_EQ(parts("http://[::1]:82/"), "::1 82 / [::1]:82");
    EXPECT_EQ(parts("http://[::1]"), "::1 80 / [::1]");
    EXPECT_EQ(parts("http://a:/"), "a 80 / a:");
}

TEST(Url, what_is_none_is_refused)
{
    for (const std::string_view text :
         {"", "a", "http:/a", "http://", "http:///a", "http://:80/", "http://a:0/", "http://a:65536/", "http://a:b/", "http://a b/",
          "http://u@a/", "http://[::1", "http://[::1]a/", "http://a/\r\n", "http://a/\xc3\xa4"})
        EXPECT_FALSE(Url::parse(text)) << text;
    EXPECT_EQ(Url::parse("https://a/").error(), EPROTONOSUPPORT);
}

}  // namespace
}  // namespace weir::http
