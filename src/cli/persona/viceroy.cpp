#include "cli/persona/convert.hpp"
#include "cli/persona/tool.hpp"

#include <array>

namespace weir::cli::persona {

namespace {

using enum Meaning;

// clang-format off
constexpr std::array serve_flags{
    Flag{"--addr", "HOST:PORT", option, "--addr"},
};
constexpr std::array common_flags{
    Flag{"-C,--config", "FILE", option, "--config"},
    Flag{"-v", "", option, "-v"},
    Flag{"--profile", "STRATEGY", converted, "--profile perfmap, --profile jitdump; others are refused", profile},
    Flag{"--unknown-import-behavior", "link-error|trap", converted, "link-error: as always; trap is refused", unknown_imports},
    Flag{"--local-pushpin-proxy-port", "N", needless, "connections are not handed over to Pushpin"},
    Flag{"--enable-local-websocket-passthrough", "[=true|false]", needless, "connections are not handed over to WebSocket backends"},
    Flag{"-g,--debug-info,--debug", "", needless, "backtraces have lines where the module has DWARF"},
    Flag{"--log-stdout", "", refused, "the guest's output is the server's own; weir serve has no log endpoints for it"},
    Flag{"--log-stderr", "", refused, "the guest's errors are the server's own; weir serve has no log endpoints for it"},
    Flag{"--adapt", "", needless, "weir runs modules as they are"},
    Flag{"--experimental_modules", "NAME", refused, "weir has no wasi-nn"},
    Flag{"--wasm-*", "", needless, "modules that use them are validated, and refused with a message"},
    Flag{"-V,--version", "", version, ""},
    Flag{"-h,--help", "", help, ""},
};

constexpr std::array commands{
    Command{"serve", Action::serve, serve_flags, FlagsEnd::at_double_dash, {}, {}, common_flags},
    Command{"run", Action::as_command, {}, FlagsEnd::at_file, {}, {}, common_flags},
    Command{"adapt", Action::refused, {}, FlagsEnd::at_file, "weir runs modules as they are; components it does not run"},
    Command{"help", Action::help, {}},
};
// clang-format on

}  // namespace

constinit const Tool viceroy{
    .name = "viceroy",
    .version = "0.22.0",
    .version_line = "viceroy {0} (weir {1})",
    .writing = Writing::gnu,
    .default_command = "serve",
    .commands = commands,
    .manners = {},
    .differs = "docs/edge.md has what services can use. Ctrl-C lets the requests that run be answered.",
};

}  // namespace weir::cli::persona
