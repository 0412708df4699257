#include "cli/persona/convert.hpp"
#include "cli/persona/tool.hpp"

#include <array>

namespace weir::cli::persona {

namespace {

using enum Meaning;

// clang-format off
constexpr std::array run_flags{
    Flag{"--dir", "DIR", converted, "--dir DIR", host_first_double},
    Flag{"--mapdir", "GUEST:HOST", converted, "--dir HOST::GUEST", guest_first},
    Flag{"--volume", "HOST:GUEST", converted, "--dir HOST::GUEST", host_first},
    Flag{"--env", "NAME=VALUE", converted, "--env NAME=VALUE", env_with_value},
    Flag{"--forward-host-env", "", option, "--env-inherit"},
    Flag{"--cwd", "DIR", option, "--cwd"},
    Flag{"--net", "[=RULES]", converted, "--net; wasmer's rules are refused", net_without_rules},
    Flag{"--invoke,-e,--entrypoint,--command-name", "NAME", function, "--invoke NAME"},
    Flag{"--stack-size", "BYTES", option, "--max-stack"},
    Flag{"--disable-cache", "", option, "--no-cache"},
    Flag{"--cache-dir", "DIR", needless, "weir's cache is $XDG_CACHE_HOME/weir"},
    Flag{"--singlepass", "", converted, "--tier baseline", [](std::string_view, OwnWords& words) { words.insert(words.end(), {"--tier", "baseline"}); return std::string{}; }},
    Flag{"--llvm", "", converted, "--tier optimized", [](std::string_view, OwnWords& words) { words.insert(words.end(), {"--tier", "optimized"}); return std::string{}; }},
    Flag{"--cranelift", "", needless, "weir has two compilers, and takes both"},
    Flag{"--v8", "", refused, "weir has compilers of its own: --singlepass, --llvm"},
    Flag{"--enable-*", "", needless, "all of WebAssembly 3.0 is on"},
    Flag{"--no-tty", "", needless, "weir changes no terminal"},
    Flag{"--http-client", "", refused, "programs have sockets (--net), services weir serve"},
    Flag{"--coredump-on-trap", "FILE", refused, "weir writes no core dumps; it prints a backtrace"},
    Flag{"--use", "PACKAGE", refused, "weir runs files, not packages"},
    Flag{"--include-webc", "PACKAGE", refused, "weir runs files, not packages"},
    Flag{"--map-command", "COMMAND", refused, "weir runs files, not packages"},
    Flag{"-q,--quiet", "", needless, "weir says nothing while all goes well"},
    Flag{"-v,--verbose", "", needless, "--trace shows host calls"},
    Flag{"--color", "WHEN", option, "--color"},
    Flag{"-V,--version", "", version, ""},
    Flag{"-h,--help", "", help, ""},
};
constexpr std::array compile_flags{
    Flag{"-o", "FILE", output, "-o FILE"},
    Flag{"--singlepass", "", converted, "-O0", [](std::string_view, OwnWords& words) { words.emplace_back("-O0"); return std::string{}; }},
    Flag{"--llvm", "", converted, "-O2", [](std::string_view, OwnWords& words) { words.emplace_back("-O2"); return std::string{}; }},
    Flag{"--cranelift", "", needless, "as always"},
    Flag{"--target", "TRIPLE", converted, "x86_64-* alone", target},
    Flag{"-m", "FEATURE", refused, "code is for processors with all the features of this one"},
    Flag{"--enable-*", "", needless, "all of WebAssembly 3.0 is on"},
    Flag{"-h,--help", "", help, ""},
};
constexpr std::array commands{
    Command{"run", Action::run, run_flags, FlagsEnd::at_double_dash},
    Command{"compile", Action::compile, compile_flags, FlagsEnd::at_double_dash},
    Command{"validate", Action::refused, {}, FlagsEnd::at_file, "weir inspect FILE validates a module and says what it needs"},
    Command{"inspect", Action::refused, {}, FlagsEnd::at_file, "weir inspect FILE"},
    Command{"create-exe", Action::refused, {}, FlagsEnd::at_file, "weir compile FILE -o OUT makes what weir run maps"},
    Command{"cache", Action::refused, {}, FlagsEnd::at_file, "weir cache ls | rm | prune | path"},
};
// clang-format on

}  // namespace

constinit const Tool wasmer{
    .name = "wasmer",
    .version = "7.1.0",
    .version_line = "wasmer {0} (weir {1})",
    .writing = Writing::gnu,
    .default_command = "run",
    .commands = commands,
    .manners = {.results = ResultForm::wasmer, .trap_exit_code = exit_cannot_run},
    .differs =
        "Flags may follow the file; after -- all is the program's. A trap ends with exit code 1. Packages of wasmer's registry are "
        "not run, nor are WASIX programs.",
};

}  // namespace weir::cli::persona
