#include "cli/persona/convert.hpp"
#include "cli/persona/tool.hpp"

#include <array>

namespace weir::cli::persona {

namespace {

using enum Meaning;

// clang-format off
constexpr std::array run_flags{
    Flag{"--dir", "HOST[:GUEST][:ro]", converted, "--dir HOST::GUEST:ro", host_first},
    Flag{"--listen", "HOST:PORT", option, "--listen"},
    Flag{"--dial", "HOST:PORT", option, "--dial"},
    Flag{"--env", "NAME=VALUE", converted, "--env NAME=VALUE", env_with_value},
    Flag{"--env-inherit", "", option, "--env-inherit"},
    Flag{"--sockets", "EXTENSION", converted, "none: nothing; auto, wasmedgev1, wasmedgev2: --net; others are refused", sockets_extension},
    Flag{"--trace", "", option, "--trace"},
    Flag{"--max-open-files", "N", option, "--max-open-files"},
    Flag{"--max-open-dirs", "N", needless, "folders are open files, which --max-open-files bounds"},
    Flag{"--non-blocking-stdio", "", needless, "what a program asks for is done without a change of the terminal's own flags"},
    Flag{"--http", "MODE", converted, "auto, none: nothing; v1 is refused", http_extension},
    Flag{"--dns-server", "HOST:PORT", refused, "names are looked up as the system does it: /etc/resolv.conf"},
    Flag{"--pprof-addr", "HOST:PORT", refused, "weir run --profile perfmap, with perf record"},
    Flag{"-v,--version", "", version, ""},
    Flag{"-h,--help", "", help, ""},
};
constexpr std::array<std::string_view, 1> own{"--net"};
constexpr std::array commands{
    Command{"", Action::run, run_flags, FlagsEnd::after_file_dash, {}, own},
};
// clang-format on

}  // namespace

constinit const Tool wasirun{
    .name = "wasirun",
    .version = "0.9.1",
    .version_line = "wasirun v{0} (weir {1})",
    .writing = Writing::go,
    .default_command = "",
    .commands = commands,
    .manners = {.trap_exit_code = exit_cannot_run, .names_program_by_base = true},
    .differs = "The network is open, as it is there, unless --sockets none is given. A trap ends with exit code 1.",
};

}  // namespace weir::cli::persona
