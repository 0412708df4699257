// An HTTP server of weir's SDK. It runs as a guest, and as a native program when compiled for Linux.
// Usage: http [HOST:PORT]      (127.0.0.1:3000; port 0 is any free one)

#include "weir/http.hpp"

#include <cstdio>

namespace {

void greet(weir::http::Request& /*request*/, weir::http::Response& response)
{
    static_cast<void>(response.add_field("Content-Type", "text/plain; charset=utf-8"));
    response.set_body("Hello, World!\n");
}

int fail(const char* doing, const char* what, const weir::Error& error)
{
    std::fprintf(stderr, "http: cannot %s %s: %s\n", doing, what, error.message().c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv)
{
    const char* const where = argc > 1 ? argv[1] : "127.0.0.1:3000";
    const auto address = weir::net::Address::parse(where);
    if (!address) return fail("listen on", where, address.error());
    auto listener = weir::net::Listener::listen(*address);
    if (!listener) return fail("listen on", where, listener.error());
    const auto bound = listener->local_address();
    if (!bound) return fail("listen on", where, bound.error());
    std::fprintf(stderr, "Serving HTTP server on %s\n", bound->to_string().c_str());

    weir::async::Loop loop;
    const auto served = loop.run(weir::http::serve(loop, std::move(*listener), greet));
    return fail("serve on", where, served.error());
}
