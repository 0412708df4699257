#include "cli/persona/convert.hpp"
#include "cli/persona/tool.hpp"

#include <array>

namespace weir::cli::persona {

namespace {

using enum Meaning;

// clang-format off
constexpr std::array run_flags{
    Flag{"-mount", "HOST[:GUEST][:ro]", converted, "--dir HOST::GUEST:ro", host_first},
    Flag{"-env", "NAME=VALUE", converted, "--env NAME=VALUE", env_with_value},
    Flag{"-env-inherit", "", option, "--env-inherit"},
    Flag{"-cachedir", "DIR", needless, "weir's cache is $XDG_CACHE_HOME/weir; weir cache manages it"},
    Flag{"-timeout", "TIME", converted, "--timeout", go_duration},
    Flag{"-hostlogging", "SCOPE,...", converted, "--trace=GROUP,... with fs for filesystem; memory is refused", trace_scopes},
    Flag{"-listen", "HOST:PORT", option, "--listen"},
    Flag{"-interpreter", "", needless, "weir has no interpreter; its first compiler starts as soon"},
    Flag{"-optimizing-compiler", "", needless, "what is hot is optimized always"},
    Flag{"-cpuprofile", "FILE", refused, "weir run --profile perfmap, with perf record"},
    Flag{"-memprofile", "FILE", refused, "weir's own memory is not the guest's; --max-memory bounds that"},
    Flag{"-h,-help", "", help, ""},
};
constexpr std::array compile_flags{
    Flag{"-cachedir", "DIR", needless, "weir's cache is $XDG_CACHE_HOME/weir; a run fills it"},
    Flag{"-count", "N", needless, "for measuring: weir inspect --compile-all FILE says how fast it is"},
    Flag{"-cpuprofile", "FILE", refused, "perf record weir inspect --compile-all FILE"},
    Flag{"-memprofile", "FILE", refused, "weir has no such profile"},
    Flag{"-h,-help", "", help, ""},
};
constexpr std::array<std::string_view, 1> keep{"--keep"};
constexpr std::array commands{
    Command{"run", Action::run, run_flags, FlagsEnd::after_file_dash},
    Command{"compile", Action::check, compile_flags, FlagsEnd::at_file, {}, keep},
    Command{"version", Action::version, {}},
    Command{"help", Action::help, {}},
};
// clang-format on

}  // namespace

constinit const Tool wazero{
    .name = "wazero",
    .version = "1.12.0",
    .version_line = "v{0} (weir {1} in wazero's place)",
    .writing = Writing::go,
    .default_command = "",
    .commands = commands,
    .manners = {.trap_exit_code = exit_cannot_run, .timeout_exit_code = 255, .names_program_by_base = true},
    .differs = "A trap ends with exit code 1, a timeout with 255. wazero compile fills weir's cache.",
};

}  // namespace weir::cli::persona
