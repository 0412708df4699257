// A server for the tests of load: what comes in and goes out can be checked byte by byte.
// GET /bytes?N answers N bytes, the numbers 0, 1, 2, ... of 64 bits; POST /sum answers size and CRC-32 of its body; all else is greeted.

#include "weir/http.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

namespace http = weir::http;
using weir::async::Task;

uint32_t extend_crc32(uint32_t crc, std::span<const std::byte> bytes)
{
    static const auto table = [] {
        std::array<uint32_t, 256> t{};
        for (uint32_t i = 0; i < t.size(); ++i) {
            t[i] = i;
            for (int bit = 0; bit < 8; ++bit) t[i] = t[i] >> 1U ^ ((t[i] & 1U) != 0 ? 0xedb88320U : 0);
        }
        return t;
    }();
    crc = ~crc;
    for (const std::byte b : bytes) crc = table[(crc ^ static_cast<uint32_t>(b)) & 0xffU] ^ crc >> 8U;
    return ~crc;
}

Task<void> send_bytes(uint64_t size, http::Response& response)
{
    std::array<uint64_t, 8192> numbers;
    uint64_t next = 0;
    response.set_length(size);
    while (size != 0) {
        for (uint64_t& number : numbers) number = next++;
        const auto part = static_cast<size_t>(std::min<uint64_t>(size, sizeof numbers));
        if (!co_await response.write({reinterpret_cast<const char*>(numbers.data()), part})) co_return;
        size -= part;
    }
}

Task<void> sum_up(http::Request& request, http::Response& response)
{
    std::array<std::byte, 65536> part;
    uint64_t size = 0;
    uint32_t crc = 0;
    for (;;) {
        const auto n = co_await request.read(part);
        if (!n) co_return;
        if (*n == 0) break;
        size += *n;
        crc = extend_crc32(crc, std::span{part}.first(*n));
    }
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "%llu %08x\n", static_cast<unsigned long long>(size), crc);
    response.set_body(text.data());
}

Task<void> answer(http::Request& request, http::Response& response)
{
    if (request.path() == "/bytes") co_await send_bytes(std::strtoull(std::string{request.query()}.c_str(), nullptr, 10), response);
    else if (request.path() == "/sum") co_await sum_up(request, response);
    else response.set_body("Hello, World!\n");
}

}  // namespace

int main()
{
    const auto address = weir::net::Address::parse("127.0.0.1:0");
    if (!address) return 1;
    auto listener = weir::net::Listener::listen(*address, 4096);
    if (!listener) return 2;
    const auto bound = listener->local_address();
    if (!bound) return 3;
    std::fprintf(stderr, "Serving HTTP server on %s\n", bound->to_string().c_str());
    weir::async::Loop loop;
    http::ServerOptions options;
    options.idle_timeout = options.head_timeout = options.stall_timeout =
        std::chrono::hours{1};  // nothing depends on how fast a machine is
    options.max_connections = 100'000;
    return loop.run(http::serve(loop, std::move(*listener), answer, options)).error().code;
}
