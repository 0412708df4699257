// Takes bytes apart as HTTP/1 messages, as authorities and URLs. The same stream whole and in pieces has to give the same messages, and what was
// accepted has to be what its rules say.
#include "http/h1_parser.hpp"
#include "http/headers.hpp"
#include "http/url.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace weir::http;

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

void check(const Headers& headers)
{
    require(headers.size() <= 16);
    for (const auto& [name, value] : headers) require(is_valid_header_name(name) && is_valid_header_value(value));
}

/// All messages of the stream as one text. `step` is how many bytes come at once.
std::string parse(H1Parser::Kind kind, std::string_view stream, size_t step, size_t room)
{
    H1Parser parser{kind, {.max_header_bytes = 512, .max_header_count = 16, .max_target_bytes = 64}};
    std::string out;
    std::string body;
    std::string input;
    const auto add = [&](const Headers& headers) {
        check(headers);
        for (const auto& [name, value] : headers) out.append(name).append(":").append(value).append("\n");
    };
    for (size_t offset = 0; offset < stream.size(); offset += step) {
        input += stream.substr(offset, step);
        for (bool goes_on = true; goes_on;) {
            const auto [result, consumed, bytes] = parser.step(input, room);
            require(consumed <= input.size() && bytes.size() <= room);
            body += bytes;
            input.erase(0, consumed);
            switch (result) {
            case H1Parser::Step::need_more: goes_on = false; break;
            case H1Parser::Step::head:
                if (kind == H1Parser::Kind::request) {
                    const RequestHead& head = parser.request_head();
                    require(is_token(head.method) && (head.target == "*" || is_valid_path_and_query(head.target)));
                    require(head.authority.empty() || parse_authority(head.authority).has_value());
                    out += head.method + " " + head.target + " " + head.authority + "\n";
                    add(head.headers);
                } else {
                    require(parser.response_head().status >= 100 && parser.response_head().status <= 999);
                    out += std::to_string(parser.response_head().status) + "\n";
                    add(parser.response_head().headers);
                }
                break;
            case H1Parser::Step::body: break;
            case H1Parser::Step::complete:
                out += body + "\n";
                body.clear();
                add(parser.trailers());
                parser.begin();
                break;
            case H1Parser::Step::error: return out + "refused";
            }
        }
    }
    return out;
}

void check_urls(std::string_view text)
{
    if (const auto authority = parse_authority(text)) require(parse_authority(authority->to_string()) == authority);
    if (const auto url = parse_url(text)) {
        require(is_valid_path_and_query(url->path_and_query()));
        require(parse_url(url->to_string()) == url);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    if (size < 2) return 0;
    const size_t step = 1 + data[0] % 16;
    const size_t room = 1 + data[1] % 16;
    const std::string_view stream{reinterpret_cast<const char*>(data) + 2, size - 2};
    for (const auto kind : {H1Parser::Kind::request, H1Parser::Kind::response}) {
        require(parse(kind, stream, step, room) == parse(kind, stream, stream.size() + 1, 1 << 20));
    }
    check_urls(stream);
    return 0;
}
