// A server for sdk_test.py, which compiles it as a guest and natively. Usage: server HOST:PORT [OPTION=NUMBER...]
// Times are in milliseconds.

#include "weir/http.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

using namespace weir;
using async::Task;
using http::Request;
using http::Response;

uint64_t to_number(std::string_view text)
{
    uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// What byte `i` of a body is, in sdk_test.py as well.
char pattern(uint64_t i) { return static_cast<char>(i * 7 + (i >> 8U) * 13); }

class Handler {
public:
    explicit Handler(async::Loop& loop) : m_loop(loop) {}

    Task<void> operator()(Request& request, Response& response)
    {
        const std::string_view path = request.path();
        if (path == "/hello") response.set_body("Hello, World!\n");
        else if (path == "/about") about(request, response);
        else if (path == "/echo") co_await echo(request, response);
        else if (path == "/sum") co_await sum(request, response);
        else if (path == "/body") co_await body(to_number(request.query()), true, response);
        else if (path == "/chunks") co_await body(to_number(request.query()), false, response);
        else if (path == "/whole") whole(to_number(request.query()), response);
        else if (path == "/ignore") response.set_body("ignored\n");
        else if (path == "/early") co_await early(request, response);
        else if (path == "/small") co_await small(request, response);
        else if (path == "/short") co_await cut_short(response);
        else if (path == "/promise") response.set_length(10);
        else if (path == "/sleep") co_await sleep(to_number(request.query()), response);
        else if (path == "/close") closing(response);
        else if (path == "/status") response.set_status(static_cast<int>(to_number(request.query())));
        else if (path == "/split") split(response);
        else response.set_status(404);
    }

private:
    static void about(Request& request, Response& response)
    {
        std::string text{request.method()};
        text.append(" ").append(request.path()).append(" ").append(request.query()).append(" ").append(request.host());
        for (const http::Field& field : request.fields()) text.append("\n").append(field.name).append("=").append(field.value);
        response.set_body(std::move(text));
    }
    static Task<void> echo(Request& request, Response& response)
    {
        if (const auto length = request.field("content-length")) response.set_length(to_number(*length));
        std::string part(10'000, '\0');
        for (;;) {
            const auto size = co_await request.read(std::as_writable_bytes(std::span{part}));
            if (!size || *size == 0 || !co_await response.write({part.data(), *size})) co_return;
        }
    }
    static Task<void> sum(Request& request, Response& response)
    {
        std::string part(50'000, '\0');
        uint64_t count = 0;
        bool is_right = true;
        for (;;) {
            const auto size = co_await request.read(std::as_writable_bytes(std::span{part}));
            if (!size) co_return response.set_body("broken off: " + size.error().message());
            if (*size == 0) break;
            for (size_t i = 0; i < *size; ++i) is_right &= part[i] == pattern(count + i);
            count += *size;
        }
        response.set_body(std::to_string(count) + (is_right ? " right" : " wrong"));
    }
    static Task<void> body(uint64_t size, bool has_length, Response& response)
    {
        if (has_length) response.set_length(size);
        std::string part;
        for (uint64_t at = 0; at < size;) {
            part.resize(static_cast<size_t>(std::min<uint64_t>(size - at, 60'000)));
            for (size_t i = 0; i < part.size(); ++i) part[i] = pattern(at + i);
            at += part.size();
            if (const auto written = co_await response.write(part); !written) {
                std::fprintf(stderr, "writing failed: %s\n", written.error().message().c_str());
                co_return;
            }
        }
    }
    static void whole(uint64_t size, Response& response)
    {
        std::string text(static_cast<size_t>(size), '\0');
        for (size_t i = 0; i < text.size(); ++i) text[i] = pattern(i);
        response.set_body(std::move(text));
    }
    static Task<void> early(Request& request, Response& response)
    {
        static_cast<void>(co_await response.write("early "));
        const auto all = co_await request.read_all(1000);
        static_cast<void>(co_await response.write(all ? *all : all.error().message()));
    }
    static Task<void> small(Request& request, Response& response)
    {
        const auto all = co_await request.read_all(5);
        if (!all) response.set_status(413);
        response.set_body(all ? *all : all.error().message());
    }
    static Task<void> cut_short(Response& response)
    {
        response.set_length(10);
        static_cast<void>(co_await response.write("12345"));
    }
    Task<void> sleep(uint64_t milliseconds, Response& response)
    {
        co_await m_loop.sleep(std::chrono::milliseconds{milliseconds});
        response.set_body("slept\n");
    }
    static void closing(Response& response)
    {
        response.close_connection();
        response.set_body("bye\n");
    }
    /// Fields that would make another response of it are refused, and so are those that are computed.
    static void split(Response& response)
    {
        std::string text;
        for (const auto& [name, value] :
             std::initializer_list<std::pair<std::string_view, std::string_view>>{{"X", "a\r\nSet-Cookie: b"},
                                                                                  {"X\r\nY", "a"},
                                                                                  {"X:", "a"},
                                                                                  {"", "a"},
                                                                                  {"Content-Length", "5"},
                                                                                  {"transfer-encoding", "chunked"},
                                                                                  {"X", "fine"}})
            text += response.add_field(name, value) ? '+' : '-';
        response.set_body(std::move(text));
    }

    async::Loop& m_loop;
};

http::ServerOptions read_options(std::span<char*> words)
{
    http::ServerOptions options;
    const auto time = [](async::Duration& to) { return [&to](uint64_t n) { to = std::chrono::milliseconds{n}; }; };
    const auto number = [](auto& to) { return [&to](uint64_t n) { to = static_cast<std::remove_reference_t<decltype(to)>>(n); }; };
    const std::map<std::string_view, std::function<void(uint64_t)>> setters{
        {"idle", time(options.idle_timeout)},
        {"head", time(options.head_timeout)},
        {"stall", time(options.stall_timeout)},
        {"linger", time(options.linger_timeout)},
        {"drain", number(options.max_drained_bytes)},
        {"connections", number(options.max_connections)},
        {"body", number(options.limits.max_body_bytes)},
    };
    for (const std::string_view word : words) {
        const size_t sign = word.find('=');
        if (const auto found = setters.find(word.substr(0, sign)); found != setters.end())
            found->second(to_number(word.substr(sign + 1)));
    }
    return options;
}

}  // namespace

int main(int argc, char** argv)
{
    auto listener = net::Listener::listen(*net::Address::parse(argv[1]));
    if (!listener) return std::fprintf(stderr, "%s\n", listener.error().message().c_str()), 1;
    std::fprintf(stderr, "Serving on %s\n", listener->local_address()->to_string().c_str());
    async::Loop loop;
    const auto served = loop.run(http::serve(loop, std::move(*listener), Handler{loop}, read_options({argv + 2, argv + argc})));
    return std::fprintf(stderr, "%s\n", served.error().message().c_str()), 1;
}
