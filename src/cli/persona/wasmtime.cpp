#include "cli/persona/convert.hpp"
#include "cli/persona/tool.hpp"

#include <array>

namespace weir::cli::persona {

namespace {

using enum Meaning;

// clang-format off
constexpr std::array run_flags{
    Flag{"--dir", "HOST[::GUEST]", converted, "--dir HOST::GUEST", host_first_double},
    Flag{"--mapdir", "GUEST::HOST", converted, "--dir HOST::GUEST (wasmtime before release 14)", guest_first},
    Flag{"--env", "NAME[=VALUE]", converted, "--env NAME=VALUE; left out where there is no such variable", env_if_there},
    Flag{"--invoke", "NAME", function, "--invoke NAME"},
    Flag{"--profile", "STRATEGY", converted, "--profile perfmap, --profile jitdump; others are refused", profile},
    Flag{"--wasm-timeout", "TIME", option, "--timeout"},
    Flag{"--allow-precompiled", "", needless, "weir runs what weir compile made"},
    Flag{"--target", "TRIPLE", converted, "x86_64-* alone", target},
    Flag{"--config", "FILE", refused, "weir has no configuration file; its options say all"},
    Flag{"--preload", "NAME=MODULE", refused, "weir links one module; link them by wasm-ld, or use weir's C++ interface (docs/embedding.md)"},
    Flag{"--argv0", "NAME", refused, "weir passes the file's name"},
    Flag{"-g,--gdb", "", refused, "weir run --profile, and gdb itself on what weir compile made"},

    Flag{"-W,--wasm", "KEY[=VALUE],...", group, "by key"},
    Flag{"-W timeout", "=TIME", option, "--timeout"},
    Flag{"-W max-memory-size", "=BYTES", option, "--max-memory"},
    Flag{"-W max-wasm-stack", "=BYTES", option, "--max-stack"},
    Flag{"-W async-stack-size", "=BYTES", needless, "guests have stacks of their own"},
    Flag{"-W epoch-interruption", "[=y|n]", needless, "--timeout interrupts without it"},
    Flag{"-W fuel", "=N", refused, "weir counts time, not instructions: --timeout 2s"},
    Flag{"-W nan-canonicalization", "[=y|n]", never_on, "weir leaves NaNs as the processor makes them"},
    Flag{"-W relaxed-simd-deterministic", "[=y|n]", never_on, "relaxed instructions are the processor's"},
    Flag{"-W unknown-imports-trap", "[=y|n]", never_on, "weir refuses missing imports, and names them all"},
    Flag{"-W unknown-imports-default", "[=y|n]", never_on, "weir refuses missing imports, and names them all"},
    Flag{"-W unknown-exports-allow", "[=y|n]", always_on, "exports that nobody calls do no harm"},
    Flag{"-W trap-on-grow-failure", "[=y|n]", never_on, "memory.grow answers -1, and a message says that --max-memory was met"},
    Flag{"-W max-table-elements", "=N", refused, "tables have a bound of their own; --max-memory bounds memories"},
    Flag{"-W max-instances", "=N", needless, "there is one"},
    Flag{"-W max-tables", "=N", needless, "as many as the module has"},
    Flag{"-W max-memories", "=N", needless, "as many as the module has"},
    Flag{"-W all-proposals", "[=y|n]", always_on, "all of WebAssembly 3.0 is on"},
    Flag{"-W bulk-memory", "[=y|n]", always_on, "on"},
    Flag{"-W multi-memory", "[=y|n]", always_on, "on"},
    Flag{"-W multi-value", "[=y|n]", always_on, "on"},
    Flag{"-W reference-types", "[=y|n]", always_on, "on"},
    Flag{"-W function-references", "[=y|n]", always_on, "on"},
    Flag{"-W simd", "[=y|n]", always_on, "on"},
    Flag{"-W relaxed-simd", "[=y|n]", always_on, "on"},
    Flag{"-W tail-call", "[=y|n]", always_on, "on"},
    Flag{"-W threads", "[=y|n]", always_on, "atomic instructions and shared memories are on"},
    Flag{"-W shared-memory", "[=y|n]", always_on, "on"},
    Flag{"-W memory64", "[=y|n]", always_on, "on"},
    Flag{"-W extended-const", "[=y|n]", always_on, "on"},
    Flag{"-W gc*", "[=y|n]", needless, "modules that use it are validated, and refused with a message"},
    Flag{"-W exceptions", "[=y|n]", needless, "modules that use it are validated, and refused with a message"},
    Flag{"-W component-model*", "[=y|n]", never_on, "weir runs modules, not components: build for wasm32-wasip1"},
    Flag{"-W stack-switching", "[=y|n]", never_on, "weir does not have it"},
    Flag{"-W wide-arithmetic", "[=y|n]", never_on, "weir does not have it"},
    Flag{"-W custom-page-sizes", "[=y|n]", needless, "modules say what they use"},

    Flag{"-S,--wasi", "KEY[=VALUE],...", group, "by key"},
    Flag{"-S inherit-network", "[=y|n]", converted, "--net", net_switch},
    Flag{"-S allow-ip-name-lookup", "[=y|n]", converted, "--net=dns", dns_switch},
    Flag{"-S tcp", "[=y|n]", always_on, "what --net grants says all"},
    Flag{"-S udp", "[=y|n]", always_on, "what --net grants says all"},
    Flag{"-S inherit-env", "[=y|n]", converted, "--env-inherit", env_switch},
    Flag{"-S listenfd", "[=y|n]", needless, "sockets of LISTEN_FDS are always handed over"},
    Flag{"-S tcplisten", "=HOST:PORT", option, "--listen"},
    Flag{"-S cli", "[=y|n]", always_on, "WASI preview 1 is always there"},
    Flag{"-S common", "[=y|n]", always_on, "WASI preview 1 is always there"},
    Flag{"-S preview0", "[=y|n]", always_on, "wasi_unstable is always there"},
    Flag{"-S preview2", "[=y|n]", needless, "preview 1 is weir's own, not made of preview 2"},
    Flag{"-S cli-exit-with-code", "[=y|n]", needless, "exit codes pass through"},
    Flag{"-S network-error-code", "[=y|n]", needless, "of preview 2"},
    Flag{"-S max-resources", "=N", needless, "of preview 2; --max-open-files bounds descriptors"},
    Flag{"-S hostcall-fuel", "=N", needless, "host calls have budgets of their own"},
    Flag{"-S threads", "[=y|n]", never_on, "weir has no wasi-threads"},
    Flag{"-S http", "[=y|n]", never_on, "weir has no wasi-http; programs have sockets (--net), services weir serve"},
    Flag{"-S nn", "[=y|n]", never_on, "weir has no wasi-nn"},
    Flag{"-S config", "[=y|n]", never_on, "weir has no wasi-config"},
    Flag{"-S keyvalue", "[=y|n]", never_on, "weir has no wasi-keyvalue"},
    Flag{"-S tls", "[=y|n]", never_on, "weir has no wasi-tls"},
    Flag{"-S p3", "[=y|n]", never_on, "weir runs preview 1"},

    Flag{"-C,--codegen", "KEY[=VALUE],...", group, "by key"},
    Flag{"-C compiler", "=NAME", converted, "winch: --tier baseline; cranelift: as always", wasmtime_compiler},
    Flag{"-C cache", "[=y|n]", converted, "n: --no-cache", cache_switch},
    Flag{"-C cache-config", "=FILE", needless, "weir's cache is $XDG_CACHE_HOME/weir"},
    Flag{"-C parallel-compilation", "[=y|n]", needless, "functions are compiled when they are called"},
    Flag{"-C cranelift-*", "[=VALUE]", needless, "of wasmtime's compiler"},
    Flag{"-C inlining", "[=y|n]", needless, "of wasmtime's compiler"},
    Flag{"-C collector", "=NAME", needless, "of wasmtime's garbage collector"},
    Flag{"-C pcc", "[=y|n]", needless, "of wasmtime's compiler"},
    Flag{"-C native-unwind-info", "[=y|n]", needless, "of wasmtime's compiler"},

    Flag{"-O,--optimize", "KEY[=VALUE],...", group, "by key"},
    Flag{"-O opt-level", "=LEVEL", converted, "0: --tier baseline; 1, 2, s: as always", level_to_run},
    Flag{"-O regalloc-algorithm", "=NAME", needless, "of wasmtime's compiler"},
    Flag{"-O memory-*", "[=VALUE]", needless, "--bounds says how memory is kept in bounds"},
    Flag{"-O static-memory-*", "[=VALUE]", needless, "--bounds says how memory is kept in bounds"},
    Flag{"-O dynamic-memory-*", "[=VALUE]", needless, "--bounds says how memory is kept in bounds"},
    Flag{"-O guard-before-linear-memory", "[=y|n]", needless, "it is always there"},
    Flag{"-O table-lazy-init", "[=y|n]", needless, "of wasmtime's tables"},
    Flag{"-O pooling-*", "[=VALUE]", needless, "weir run has one instance; weir serve has a pool of its own"},
    Flag{"-O signals-based-traps", "[=y|n]", needless, "--bounds says how memory is kept in bounds"},

    Flag{"-D,--debug", "KEY[=VALUE],...", group, "by key"},
    Flag{"-D debug-info", "[=y|n]", needless, "backtraces have lines where the module has DWARF"},
    Flag{"-D address-map", "[=y|n]", needless, "it is always there"},
    Flag{"-D logging", "[=y|n]", needless, "--trace shows calls of the host"},
    Flag{"-D log-to-files", "[=y|n]", never_on, "--trace-output FILE writes a trace to a file"},
    Flag{"-D coredump", "=FILE", refused, "weir writes no core dumps; it prints a backtrace"},
    Flag{"-D guest-debug", "[=y|n]", never_on, "weir has no debugger for guests"},

    Flag{"-h,--help", "", help, ""},
    Flag{"-V,--version", "", version, ""},
};

constexpr std::array compile_flags{
    Flag{"-o,--output", "FILE", output, "-o FILE"},
    Flag{"-O,--optimize", "KEY[=VALUE],...", group, "by key"},
    Flag{"-O opt-level", "=LEVEL", converted, "0: -O0; 1, 2, s: as always", level_to_compile},
    Flag{"-O *", "[=VALUE]", needless, "of wasmtime's compiler"},
    Flag{"-C,--codegen", "KEY[=VALUE],...", group, "by key"},
    Flag{"-C *", "[=VALUE]", needless, "of wasmtime's compiler; weir compile has -O0 to -O3"},
    Flag{"-D,--debug", "KEY[=VALUE],...", group, "by key"},
    Flag{"-D *", "[=VALUE]", needless, "what weir compile writes has symbols"},
    Flag{"-W,--wasm", "KEY[=VALUE],...", group, "by key"},
    Flag{"-W *", "[=VALUE]", needless, "limits are given to weir run"},
    Flag{"-S,--wasi", "KEY[=VALUE],...", group, "by key"},
    Flag{"-S *", "[=VALUE]", needless, "grants are given to weir run"},
    Flag{"--target", "TRIPLE", converted, "x86_64-* alone", target},
    Flag{"--emit-clif", "DIR", refused, "weir inspect --asm FUNCTION shows machine code"},
    Flag{"-h,--help", "", help, ""},
};

constexpr std::array commands{
    Command{"run", Action::run, run_flags},
    Command{"compile", Action::compile, compile_flags, FlagsEnd::at_double_dash},
    Command{"serve", Action::refused, {}, FlagsEnd::at_file, "weir has no wasi-http; weir serve FILE serves Fastly Compute services"},
    Command{"explore", Action::refused, {}, FlagsEnd::at_file, "weir inspect --asm FUNCTION FILE shows machine code"},
    Command{"objdump", Action::refused, {}, FlagsEnd::at_file, "weir inspect --asm FUNCTION FILE, or objdump -d on what weir compile made"},
    Command{"wast", Action::refused, {}, FlagsEnd::at_file, "weir has no runner of scripts among its commands"},
    Command{"config", Action::refused, {}, FlagsEnd::at_file, "weir has no configuration file; weir cache manages its cache"},
    Command{"settings", Action::refused, {}, FlagsEnd::at_file, "weir inspect FILE says what a module needs"},
    Command{"completion", Action::refused, {}, FlagsEnd::at_file, "weir completions bash|zsh|fish"},
    Command{"help", Action::help, {}},
};
// clang-format on

}  // namespace

constinit const Tool wasmtime{
    .name = "wasmtime",
    .version = "48.0.0",
    .version_line = "wasmtime {0} (weir {1})",
    .writing = Writing::gnu,
    .default_command = "run",
    .commands = commands,
    .manners = {.results = ResultForm::wasmtime, .timeout_exit_code = exit_trap, .names_program_by_base = true},
    .differs =
        "A trap ends with exit code 134, and so does a timeout. Results of --invoke are printed as wasmtime prints them, a line "
        "each. What wasmtime compile made cannot be run, nor can components.",
};

}  // namespace weir::cli::persona
