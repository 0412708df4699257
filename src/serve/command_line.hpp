#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "serve/loaded.hpp"
#include "serve/log.hpp"
#include "serve/once.hpp"
#include "serve/server.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::serve {

/// Which program's command line it is.
enum class Persona : uint8_t {
    weir,     // `weir serve`
    viceroy,  // that of Fastly's own local server, for tools that start it
};

struct Invocation {
    enum class Mode : uint8_t {
        serve,
        once,  // one request
        run,   // as `viceroy run`: a program that uses the world's interfaces; its response is dropped
        show,  // help or the version
    } mode = Mode::serve;
    GuestOptions guest;
    ServerConfig server;
    Level log_level = Level::warn;
    std::string request;  // once: its text
    std::string text;     // show
};

/// What the words after the program's name, and after `serve`, ask for. Reads standard input for `--once -`.
[[nodiscard]] Result<Invocation, cli::Problem> parse_command_line(std::span<const char* const> words, Persona persona);

}  // namespace weir::serve
