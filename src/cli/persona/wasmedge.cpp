#include "cli/persona/convert.hpp"
#include "cli/persona/tool.hpp"

#include <array>

namespace weir::cli::persona {

namespace {

using enum Meaning;

std::string allow_unix(std::string_view /*value*/, OwnWords& words)
{
    words.emplace_back("--net=unix");
    return {};
}

// clang-format off
constexpr std::array run_flags{
    Flag{"--dir", "GUEST[:HOST][:readonly]", converted, "--dir HOST::GUEST:ro", guest_first},
    Flag{"--env", "NAME=VALUE", converted, "--env NAME=VALUE", env_with_value},
    Flag{"--reactor", "", function, "--invoke, with the word behind the file"},
    Flag{"--time-limit", "MS", converted, "--timeout", milliseconds},
    Flag{"--memory-page-limit", "PAGES", converted, "--max-memory", pages},
    Flag{"--gas-limit", "N", refused, "weir counts time, not instructions: --timeout 2s"},
    Flag{"--allow-af-unix", "", converted, "--net=unix", allow_unix},
    Flag{"--forbidden-plugin", "NAME", needless, "weir has no plug-ins"},
    Flag{"--enable-jit", "", needless, "weir compiles always"},
    Flag{"--run-mode", "MODE", needless, "weir compiles always"},
    Flag{"--force-interpreter", "", needless, "weir has no interpreter; its first compiler starts as soon"},
    Flag{"--coredump-on-trap", "", refused, "weir writes no core dumps; it prints a backtrace"},
    Flag{"--coredump-for-wasmgdb", "", refused, "weir writes no core dumps; it prints a backtrace"},
    Flag{"--enable-instruction-count", "", refused, "weir does not count instructions; weir run --profile perfmap, with perf stat"},
    Flag{"--enable-gas-measuring", "", refused, "weir does not count instructions; weir run --profile perfmap, with perf stat"},
    Flag{"--enable-time-measuring", "", refused, "time(1), or weir run --trace-summary for host calls"},
    Flag{"--enable-all-statistics", "", refused, "weir run --trace-summary counts host calls"},
    Flag{"--enable-component", "", refused, "weir runs modules, not components: build for wasm32-wasip1"},
    Flag{"--enable-*", "", needless, "all of WebAssembly 3.0 is on"},
    Flag{"--disable-*", "", refused, "weir has all of WebAssembly 3.0 on, and nothing to turn it off with"},
    Flag{"--wasm-1", "", needless, "all of WebAssembly 3.0 is on"},
    Flag{"--wasm-2", "", needless, "all of WebAssembly 3.0 is on"},
    Flag{"--wasm-3", "", needless, "all of WebAssembly 3.0 is on"},
    Flag{"--log-level", "LEVEL", needless, "weir says what went wrong; --trace shows host calls"},
    Flag{"--nn-preload", "MODEL", refused, "weir has no wasi-nn"},
    Flag{"-v,--version", "", version, ""},
    Flag{"-h,--help", "", help, ""},
};
constexpr std::array compile_flags{
    Flag{"--optimize", "LEVEL", converted, "0: -O0; others as always", level_to_compile},
    Flag{"--generic-binary", "", refused, "code is for processors with all the features of this one"},
    Flag{"--dump", "", refused, "weir inspect --asm FUNCTION shows machine code"},
    Flag{"--interruptible", "", needless, "--timeout stops every program"},
    Flag{"--enable-instruction-count", "", refused, "weir does not count instructions"},
    Flag{"--enable-gas-measuring", "", refused, "weir does not count instructions"},
    Flag{"--enable-time-measuring", "", refused, "time(1) measures time"},
    Flag{"--enable-all-statistics", "", refused, "weir run --trace-summary counts host calls"},
    Flag{"--enable-*", "", needless, "all of WebAssembly 3.0 is on"},
    Flag{"--disable-*", "", refused, "weir has all of WebAssembly 3.0 on, and nothing to turn it off with"},
    Flag{"-h,--help", "", help, ""},
};
// Unix sockets are closed there without --allow-af-unix.
constexpr std::array<std::string_view, 1> own{"--net=tcp,udp,dns"};
constexpr std::array commands{
    Command{"run", Action::run_invoke, run_flags, FlagsEnd::at_file, {}, own},
    Command{"compile", Action::compile, compile_flags, FlagsEnd::at_double_dash},
    Command{"validate", Action::refused, {}, FlagsEnd::at_file, "weir inspect FILE validates a module and says what it needs"},
    Command{"parse", Action::refused, {}, FlagsEnd::at_file, "weir inspect FILE shows what a module is"},
    Command{"instantiate", Action::refused, {}, FlagsEnd::at_file, "weir inspect FILE says which imports are missing"},
};
// clang-format on

}  // namespace

constinit const Tool wasmedge{
    .name = "wasmedge",
    .version = "0.16.1",
    .version_line = "wasmedge version {0} (weir {1})",
    .writing = Writing::gnu,
    .default_command = "run",
    .commands = commands,
    .manners = {.results = ResultForm::wasmedge,
                .trap_exit_code = exit_cannot_run,
                .timeout_exit_code = exit_cannot_run,
                .names_program_by_base = true},
    .differs = "The network is open, as it is there; Unix sockets need --allow-af-unix. A trap and a timeout end with exit code 1. "
               "Results "
               "of --reactor are printed as unsigned numbers.",
};

}  // namespace weir::cli::persona
