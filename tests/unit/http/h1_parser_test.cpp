#include "http/h1_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

constexpr H1Limits limits{.max_header_bytes = 4096, .max_header_count = 20, .max_target_bytes = 256};

/// What came out of a stream of messages, as one text: `GET /x [h] {a=1;} "body" {trailer=1;} .` for each, then an error's status.
/// The stream is given in pieces of `step` bytes.
std::string parse(H1Parser::Kind kind, std::string_view stream, size_t step, bool is_answer_to_head = false)
{
    H1Parser parser{kind, limits};
    parser.begin(is_answer_to_head);
    std::string out;
    std::string body;
    std::string input;
    const auto add = [&](const Headers& headers) {
        out += "{";
        for (const auto& [name, value] : headers) out.append(name).append("=").append(value).append(";");
        out += "}";
    };
    for (size_t offset = 0; offset < stream.size(); offset += step) {
        input += stream.substr(offset, step);
        for (bool goes_on = true; goes_on;) {
            const auto [result, consumed, bytes] = parser.step(input, 7);
            body += bytes;
            input.erase(0, consumed);
            switch (result) {
            case H1Parser::Step::need_more: goes_on = false; break;
            case H1Parser::Step::head:
                if (kind == H1Parser::Kind::request) {
                    const RequestHead& head = parser.request_head();
                    out += head.method + " " + head.target + " [" + head.authority + "] ";
                    add(head.headers);
                } else {
                    out += std::to_string(parser.response_head().status) + " ";
                    add(parser.response_head().headers);
                }
                if (!parser.framing().keep_alive) out += "!";
                break;
            case H1Parser::Step::body: break;
            case H1Parser::Step::complete:
                out += " \"" + body + "\" ";
                body.clear();
                add(parser.trailers());
                out += ".";
                parser.begin(is_answer_to_head);
                break;
            case H1Parser::Step::error: return out + "<" + std::to_string(status_of(parser.error())) + ">";
            }
        }
    }
    if (parser.finish()) {
        if (parser.step({}, 7).step == H1Parser::Step::complete) out += " \"" + body + "\" end";
    } else if (parser.has_begun()) {
        out += " \"" + body + "\" partial";
    }
    return out;
}

struct Case {
    const char* name;
    std::string_view stream;
    const char* result;
};

class H1Requests : public testing::TestWithParam<Case> {};

TEST_P(H1Requests, whole_or_in_pieces)
{
    for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{64}, size_t{100'000}}) {
        EXPECT_EQ(parse(H1Parser::Kind::request, GetParam().stream, step), GetParam().result) << "in pieces of " << step;
    }
}

// Messages that others read in two ways are among them: each has to be refused, or read as RFC 9112 says.
// clang-format off
INSTANTIATE_TEST_SUITE_P(H1, H1Requests, testing::Values(
    Case{"plain", "GET /a?b HTTP/1.1\r\nHost: h\r\nX-Case: One\r\n\r\n", "GET /a?b [h] {Host=h;X-Case=One;} \"\" {}."},
    Case{"blanks_around_values", "GET / HTTP/1.1\r\nHost: \t h \t\r\nA:b\r\nC:\r\n\r\n", "GET / [h] {Host=h;A=b;C=;} \"\" {}."},
    Case{"length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789", "POST / [h] {Host=h;Content-Length=10;} \"0123456789\" {}."},
    Case{"chunks", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nSum: 1\r\nHost: evil\r\n\r\n",
        "POST / [h] {Host=h;Transfer-Encoding=chunked;} \"abc0123456789\" {Sum=1;}."},
    Case{"chunked_in_any_case", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=CHUNKED;} \"\" {}."},
    Case{"pipelined", "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /1 [h] {Host=h;} \"\" {}.POST /2 [h] {Host=h;Content-Length=2;} \"hi\" {}.GET /3 [h] {Host=h;} \"\" {}."},
    Case{"empty_line_before", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / [h] {Host=h;} \"\" {}."},
    Case{"close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n", "GET / [h] {Host=h;Connection=x, Close;}! \"\" {}."},
    Case{"old_version", "GET / HTTP/1.0\r\n\r\n", "GET / [] {}! \"\" {}."},
    Case{"old_version_kept_alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / [] {Connection=keep-alive;} \"\" {}."},
    Case{"absolute_form_counts_before_host", "GET http://a:81/x?y HTTP/1.1\r\nHost: b\r\n\r\n", "GET /x?y [a:81] {Host=a:81;} \"\" {}."},
    Case{"options_of_the_server", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * [h] {Host=h;} \"\" {}."},
    Case{"unescaped_target", "GET /a|b{\"\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a|b{\"\xc3\xa9 [h] {Host=h;} \"\" {}."},
    Case{"upgrade_is_a_field_like_others", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "GET / [h] {Host=h;Connection=Upgrade;Upgrade=h2c;} \"\" {}."},
    Case{"cut_in_the_head", "GET / HTTP/1.1\r\nHos", " \"\" partial"},
    Case{"cut_in_the_body", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234", "POST / [h] {Host=h;Content-Length=10;} \"01234\" partial"},
    Case{"cut_in_a_chunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "POST / [h] {Host=h;Transfer-Encoding=chunked;} \"abc\" partial"},
    Case{"cut_before_the_last_chunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;} \"abc\" partial"},

    Case{"length_and_chunked", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "<400>"},
    Case{"chunked_and_length", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "<400>"},
    Case{"two_lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "<400>"},
    Case{"two_equal_lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", "<400>"},
    Case{"list_of_lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n", "<400>"},
    Case{"signed_length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n", "<400>"},
    Case{"negative_length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n", "<400>"},
    Case{"length_in_hex", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\n", "<400>"},
    Case{"length_overflow", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\n\r\n", "<400>"},
    Case{"empty_length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", "<400>"},
    Case{"chunked_twice", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "<400>"},
    Case{"gzip_then_chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "<501>"},
    Case{"chunked_then_identity", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n", "<501>"},
    Case{"unknown_coding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", "<501>"},
    Case{"coding_behind_vertical_tab", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \vchunked\r\n\r\n", "<400>"},
    Case{"coding_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "<400>"},
    Case{"space_before_colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", "<400>"},
    Case{"space_before_colon_of_framing", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n", "<400>"},
    Case{"folded_line", "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", "<400>"},
    Case{"folded_first_field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "<400>"},
    Case{"bare_lf", "GET / HTTP/1.1\nHost: h\n\n", "<400>"},
    Case{"bare_lf_in_fields", "GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n", "<400>"},
    Case{"bare_cr", "GET / HTTP/1.1\r\nHost: h\r\nA: b\rC: d\r\n\r\n", "<400>"},
    Case{"double_cr", "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", "<400>"},
    Case{"nul", std::string_view{"GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n", 35}, "<400>"},
    Case{"no_host", "GET / HTTP/1.1\r\n\r\n", "<400>"},
    Case{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "<400>"},
    Case{"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "<400>"},
    Case{"host_with_user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "<400>"},
    Case{"no_colon", "GET / HTTP/1.1\r\nHost: h\r\nabc\r\n\r\n", "<400>"},
    Case{"empty_name", "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", "<400>"},
    Case{"relative_target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", "<400>"},
    Case{"fragment_in_target", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", "<400>"},
    Case{"two_spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "<400>"},
    Case{"space_in_target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "<400>"},
    Case{"tab_for_space", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", "<400>"},
    Case{"connect", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "<501>"},
    Case{"version_2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "<505>"},
    Case{"version_0_9", "GET /\r\n\r\n", "<0>"},
    Case{"no_http", "\x16\x03\x01\x02\r\n\r\n", "<0>"},
    Case{"many_empty_lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "<400>"},
    Case{"chunk_size_signed", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;}<400>"},
    Case{"chunk_size_in_0x", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;}<400>"},
    Case{"chunk_size_overflow", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;}<400>"},
    Case{"chunk_longer_than_said", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;}<400>"},
    Case{"chunk_without_end", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc0\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;}<400>"},
    Case{"chunk_line_with_bare_lf", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;}<400>"},
    Case{"folded_trailer", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n c\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;}<400>"},
    Case{"framing_in_trailers", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n", "POST / [h] {Host=h;Transfer-Encoding=chunked;}<400>"}),
    [](const auto& info) { return info.param.name; });

class H1Responses : public testing::TestWithParam<Case> {};

TEST_P(H1Responses, whole_or_in_pieces)
{
    for (const size_t step : {size_t{1}, size_t{2}, size_t{7}, size_t{100'000}}) {
        EXPECT_EQ(parse(H1Parser::Kind::response, GetParam().stream, step), GetParam().result) << "in pieces of " << step;
    }
}

INSTANTIATE_TEST_SUITE_P(H1, H1Responses, testing::Values(
    Case{"length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 {Content-Length=2;} \"hi\" {}."},
    Case{"no_reason", "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", "404 {Content-Length=0;} \"\" {}."},
    Case{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n", "200 {Transfer-Encoding=chunked;} \"hi\" {X=y;}."},
    Case{"until_the_end", "HTTP/1.1 200 OK\r\n\r\nhello", "200 {}! \"hello\" end"},
    Case{"no_content", "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", "204 {} \"\" {}.304 {Content-Length=5;} \"\" {}."},
    Case{"informational", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "103 {Link=x;} \"\" {}.200 {Content-Length=0;} \"\" {}."},
    Case{"cut_in_the_body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", "200 {Content-Length=5;} \"hi\" partial"},
    Case{"cut_before_the_last_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "200 {Transfer-Encoding=chunked;} \"hi\" partial"},
    Case{"switching_protocols", "HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\n", "<400>"},
    Case{"length_and_chunked", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "<400>"},
    Case{"two_lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", "<400>"},
    Case{"bad_status", "HTTP/1.1 099 OK\r\n\r\n", "<400>"},
    Case{"no_http", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "<0>"}),
    [](const auto& info) { return info.param.name; });
// clang-format on

TEST(H1Parser, an_answer_to_head_has_no_body)
{
    EXPECT_EQ(parse(H1Parser::Kind::response,
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 9, true),
              "200 {Content-Length=5;} \"\" {}.200 {Transfer-Encoding=chunked;} \"\" {}.");
}

TEST(H1Parser, takes_no_more_of_a_body_than_there_is_room_for)
{
    H1Parser parser{H1Parser::Kind::request, limits};
    std::string input = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";
    EXPECT_EQ(parser.step(input, 0).step, H1Parser::Step::head);
    EXPECT_EQ(parser.step("hello", 0).step, H1Parser::Step::need_more);
    const auto progress = parser.step("hello", 2);
    EXPECT_EQ(progress.body, "he");
    EXPECT_EQ(progress.consumed, 2U);
}

TEST(H1Parser, limits_hold_before_the_head_is_complete)
{
    const auto error_of = [](const std::string& input) {
        H1Parser parser{H1Parser::Kind::request, limits};
        const auto progress = parser.step(input, 0);
        return progress.step == H1Parser::Step::error ? status_of(parser.error()) : uint16_t{200};
    };
    EXPECT_EQ(error_of("GET /" + std::string(5000, 'a')), 414);
    EXPECT_EQ(error_of("GET /" + std::string(300, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), 414);
    EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(5000, 'a')), 431);
    std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 20; ++i) many += "A: b\r\n";
    EXPECT_EQ(error_of(many), 431);
    EXPECT_EQ(error_of(std::string(65, 'A') + " / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

TEST(H1Parser, lines_of_chunks_and_trailers_are_bounded)
{
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string accepted = "POST / [h] {Host=h;Transfer-Encoding=chunked;}";
    EXPECT_EQ(parse(H1Parser::Kind::request, head + "1;" + std::string(2000, 'x'), 50), accepted + "<400>");
    EXPECT_EQ(parse(H1Parser::Kind::request, head + "1;" + std::string(2000, 'x') + "\r\na\r\n", 100'000), accepted + "<400>");
    EXPECT_EQ(parse(H1Parser::Kind::request, head + "0\r\nA: " + std::string(5000, 'x'), 50), accepted + "<431>");
    std::string many;
    for (int i = 0; i < 21; ++i) many += "A: b\r\n";
    EXPECT_EQ(parse(H1Parser::Kind::request, head + "0\r\n" + many + "\r\n", 100'000), accepted + "<431>");
}

}  // namespace
}  // namespace weir::http
