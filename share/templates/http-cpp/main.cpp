// @NAME@: an HTTP server on 127.0.0.1:3000, or on the address that it is given.
#include <weir/http.hpp>

#include <cstdio>
#include <utility>

namespace {

void answer(weir::http::Request& request, weir::http::Response& response)
{
    const bool is_home = request.head().path == "/";
    if (!is_home) response.set_status(404);
    static_cast<void>(response.add_field("Content-Type", "text/plain; charset=utf-8"));
    response.set_body(is_home ? "Hello, World!\n" : "There is only / here.\n");
}

int fail(const char* what, const weir::Error& error)
{
    std::fprintf(stderr, "@NAME@: cannot %s: %s\n", what, error.message().c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv)
{
    const auto address = weir::net::Address::parse(argc > 1 ? argv[1] : "127.0.0.1:3000");
    if (!address) return fail("understand the address", address.error());
    auto listener = weir::net::Listener::listen(*address);
    if (!listener) return fail("listen", listener.error());
    if (const auto bound = listener->local_address()) std::fprintf(stderr, "Serving on http://%s/\n", bound->to_string().c_str());

    weir::async::Loop loop;
    const auto served = loop.run(weir::http::serve(loop, std::move(*listener), answer));
    return fail("serve", served.error());
}
