// An HTTP client of weir's SDK: writes what is at an address to standard output. It runs as a guest, and natively.
// Usage: fetch http://HOST[:PORT]/PATH
// As a guest it needs  --net=dns:HOST,tcp:connect=HOST:PORT

#include "weir/http.hpp"

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace weir;

/// Writes a message; gives the program's exit code.
int fail(const char* url, std::string_view what)
{
    std::fprintf(stderr, "fetch: %s: %.*s\n", url, static_cast<int>(what.size()), what.data());
    return 1;
}

async::Task<int> fetch(async::Loop& loop, const char* text)
{
    const auto url = http::Url::parse(text);
    if (!url) co_return fail(text, url.error().message());

    http::Client client{loop};
    if (const auto connected = co_await client.connect(url->host, url->port, url->authority); !connected)
        co_return fail(text, "cannot connect: " + connected.error().message());
    http::ClientRequest request{"GET", url->target};
    static_cast<void>(request.add_field("User-Agent", "weir-fetch"));
    static_cast<void>(request.add_field("Accept", "*/*"));
    if (const auto received = co_await client.exchange(request); !received) co_return fail(text, received.error().message());

    std::vector<std::byte> part(size_t{64} * 1024);  // not in the frame, which may be on the guest's stack of 64 KiB
    for (;;) {
        const auto size = co_await client.read(part);
        if (!size) co_return fail(text, "the body broke off: " + size.error().message());
        if (*size == 0) break;
        if (std::fwrite(part.data(), 1, *size, stdout) != *size) co_return fail(text, "cannot write to standard output");
    }
    if (std::fflush(stdout) != 0) co_return fail(text, "cannot write to standard output");

    const http::ResponseHead& response = client.response();
    if (response.status >= 200 && response.status < 300) co_return 0;
    std::string status = std::to_string(response.status) + " " + std::string{response.reason};
    if (const auto elsewhere = response.fields.find("location")) status += ", it is at " + std::string{*elsewhere};
    co_return fail(text, status);
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fputs("usage: fetch http://HOST[:PORT]/PATH\n", stderr);
        return 2;
    }
    async::Loop loop;
    return loop.run(fetch(loop, argv[1]));
}
