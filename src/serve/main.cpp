#include "serve/command_line.hpp"

#include <unistd.h>

#include <memory>
#include <span>
#include <utility>

// weir-serve: what `weir serve` starts. A program of its own, so that the command `weir` starts without what servers need.

int main(int argc, char** argv)
{
    using namespace weir;
    using namespace weir::serve;
    const std::span<const char* const> words{argv, static_cast<size_t>(argc)};
    auto invocation = parse_command_line(words.subspan(words.empty() ? 0 : 1));
    if (!invocation) return cli::report(invocation.error());
    if (invocation->mode == Invocation::Mode::show) {
        cli::print_help(invocation->text);
        return 0;
    }
    Result<OnceRequest, cli::Problem> request{OnceRequest{}};
    if (invocation->mode != Invocation::Mode::serve) request = parse_once_request(invocation->request);
    if (!request) return cli::report(request.error());
    // Of one request standard output gets the response.
    const int output = invocation->mode == Invocation::Mode::once ? STDERR_FILENO : STDOUT_FILENO;
    const auto log = std::make_shared<const Log>(invocation->log_level, output);
    auto profile = cli::create_profile(invocation->profile);
    if (!profile) return cli::report(profile.error());
    invocation->guest.code_listener = std::move(*profile);
    auto loaded = load(std::make_shared<const GuestOptions>(std::move(invocation->guest)), log);
    if (!loaded) return cli::report(loaded.error());
    if (invocation->mode == Invocation::Mode::serve) return serve_requests(std::move(*loaded), invocation->server);
    return serve_once(*loaded, std::move(*request),
                      invocation->mode == Invocation::Mode::once ? OnceOutput::response : OnceOutput::nothing);
}
