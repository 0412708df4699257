#include "serve/command_line.hpp"

#include <unistd.h>

#include <memory>
#include <span>
#include <string_view>

// weir-serve: what `weir serve` starts. A program of its own, so that the command `weir` starts without what servers need.

int main(int argc, char** argv)
{
    using namespace weir;
    using namespace weir::serve;
    const std::span<const char* const> words{argv, static_cast<size_t>(argc)};
    std::string_view name = words.empty() ? std::string_view{} : words.front();
    name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
    auto invocation =
        parse_command_line(words.subspan(words.empty() ? 0 : 1), name == "viceroy" ? Persona::viceroy : Persona::weir);
    if (!invocation) return cli::report(invocation.error());
    if (invocation->mode == Invocation::Mode::show) {
        cli::print(STDOUT_FILENO, invocation->text);
        return 0;
    }
    Result<OnceRequest, cli::Problem> request{OnceRequest{}};
    if (invocation->mode != Invocation::Mode::serve) request = parse_once_request(invocation->request);
    if (!request) return cli::report(request.error());
    // Of one request standard output gets the response.
    const int output = invocation->mode == Invocation::Mode::once ? STDERR_FILENO : STDOUT_FILENO;
    const auto log = std::make_shared<const Log>(invocation->log_level, output);
    auto loaded = load(std::make_shared<const GuestOptions>(std::move(invocation->guest)), log);
    if (!loaded) return cli::report(loaded.error());
    if (invocation->mode == Invocation::Mode::serve) return serve_requests(std::move(*loaded), invocation->server);
    return serve_once(*loaded, std::move(*request),
                      invocation->mode == Invocation::Mode::once ? OnceOutput::response : OnceOutput::nothing);
}
