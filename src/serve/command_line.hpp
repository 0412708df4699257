#pragma once

#include "base/result.hpp"
#include "cli/console.hpp"
#include "cli/profile.hpp"
#include "serve/loaded.hpp"
#include "serve/log.hpp"
#include "serve/once.hpp"
#include "serve/server.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::serve {

struct Invocation {
    enum class Mode : uint8_t {
        serve,
        once,  // one request
        run,   // a program that uses the world's interfaces; its response is dropped
        show,  // help or the version
    } mode = Mode::serve;
    GuestOptions guest;
    ServerConfig server;
    Level log_level = Level::warn;
    cli::Profile profile = cli::Profile::none;
    std::string request;  // once: its text
    std::string text;     // show
};

/// What the words after the program's name, and after `serve`, ask for. Reads standard input for `--once -`.
[[nodiscard]] Result<Invocation, cli::Problem> parse_command_line(std::span<const char* const> words);

}  // namespace weir::serve
