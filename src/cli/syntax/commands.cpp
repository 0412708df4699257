#include "cli/syntax/syntax.hpp"

#include <array>

namespace weir::cli::syntax {

namespace {

// clang-format off
constexpr Option color{"--color", "auto|always|never",
    "Whether messages, help and traces are coloured. auto: on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE=1 colours elsewhere, too."};

constexpr std::array run_table{
    Option{"--invoke", "NAME", "Call this exported function instead of _start, with ARGS as its arguments; its results are printed, one a line. A library's _initialize is called before."},
    Option{"--dir", "HOST[::GUEST][:ro]", "Grant the folder HOST, with all beneath it. The program sees it as GUEST, or by the host's name. :ro makes it read-only. May be given again."},
    Option{"--env", "NAME[=VALUE]", "Set an environment variable; without a value, pass weir's own on. May be given again."},
    Option{"--env-inherit", "", "Pass all of weir's environment variables on."},
    Option{"--cwd", "DIR", "The program's working directory, by its own name; it has to be in a folder that is granted."},
    Option{"--stdin", "FILE", "What the program reads from standard input."},
    Option{"--net", "[=RULE,...]", "Allow the network: all of it, or what the rules allow, such as tcp:listen=127.0.0.1:80, tcp:connect=*.example.com:443, udp, unix, dns."},
    Option{"--listen", "HOST:PORT", "Give the program a socket that listens there. May be given again."},
    Option{"--dial", "HOST:PORT", "Give the program a connection to there. May be given again."},
    Option{"--bounds", "auto|guard|checked", "How accesses are kept inside memory: by guard pages, by checks in the code, or whichever the address space has room for."},
    Option{"--tier", "auto|baseline|optimized", "Which compiler makes the code: the baseline at once and LLVM where it is hot, or one of them for everything."},
    Option{"--tier-stress", "", "For tests: change from one compiler's code to the other's at every chance."},
    Option{"--profile", "perfmap|jitdump", "Make the program's code known to perf, as /tmp/perf-PID.map or jit-PID.dump."},
    Option{"--no-cache", "", "Neither use nor keep machine code of other runs."},
    Option{"--watch", "", "Build a source and start the program again when its files change."},
    Option{"--reactor", "", "Build a source as a library of exports, not as a command."},
    Option{"--timeout", "TIME[ms|s|m|h]", "Stop the program after this time, whether it computes or waits. The exit code is 124."},
    Option{"--fuel", "N", "Stop the program after N instructions of WebAssembly, the same ones in each run. Only the baseline makes its code then."},
    Option{"--max-memory", "SIZE[KiB|MiB|GiB]", "The most that each of its memories may grow to; beyond, memory.grow answers -1."},
    Option{"--max-stack", "SIZE[KiB|MiB|GiB]", "The stack for its calls (8MiB)."},
    Option{"--max-open-files", "N", "The most files that it may have open at a time (1024)."},
    Option{"--trace", "[=GROUP|FUNCTION,...]", "Show the program's calls of the host: all, or those of these groups and functions."},
    Option{"--trace-summary", "", "Count the calls, and print a table at the end."},
    Option{"--trace-json", "", "Show the calls as JSON, an object a line."},
    Option{"--trace-output", "FILE", "Write the trace to this file instead of standard error."},
    color,
};

constexpr std::array inspect_table{
    Option{"--compile-all", "", "Compile all functions by the baseline and say how fast that was."},
    Option{"--threads", "N", "The processors that --compile-all uses (1)."},
    Option{"--keep", "", "With --compile-all: keep the code in the cache, so that the next run begins with it."},
    Option{"--asm", "FUNCTION", "Show this function's machine code beside its instructions. It is named by its name or number."},
    Option{"--tier", "baseline|optimized", "With --asm: the code of one compiler alone."},
    color,
};

constexpr std::array compile_table{
    Option{"-o", "OUT", "Where to write the program (FILE with the ending .weir)."},
    Option{"-O0", "", "Compile by the baseline, at once."},
    Option{"-O1", "", "Compile by LLVM what probably runs most, as well. The default."},
    Option{"-O2", "", "Compile everything by LLVM, which takes minutes for large programs."},
    Option{"-O3", "", "The same with more inlining, in half as much time again."},
    Option{"--threads", "N", "The processors to use (all)."},
    Option{"--bounds", "auto|guard|checked", "How accesses are kept inside memory, as for weir run."},
    color,
};

constexpr std::array cache_table{
    Option{"--all", "", "With rm: forget everything."},
    color,
};
constexpr std::array cache_action_table{
    Option{"ls", "", "List the modules whose machine code is kept."},
    Option{"rm", "NAME...|--all", "Forget modules, by file name or by the entry's name."},
    Option{"prune", "[SIZE]", "Forget those that were not used for longest, until the rest is at most SIZE (1GiB, as after each run)."},
    Option{"path", "", "Print the folder. It may be removed at any time."},
};

constexpr std::array serve_table{
    Option{"--config", "FILE", "The service's fastly.toml.", "-C"},
    Option{"--addr", "HOST:PORT", "Listen there (127.0.0.1:7676); also :PORT and unix:PATH. May be given again."},
    Option{"--tls-cert", "FILE", "Serve TLS with this certificate chain (PEM)."},
    Option{"--tls-key", "FILE", "The certificate's private key (PEM)."},
    Option{"--tls-client-ca", "FILE", "Ask clients for certificates, and check them by these authorities (PEM)."},
    Option{"--workers", "N", "Threads (one for each processor)."},
    Option{"--max-instances", "N", "Requests at a time (1000); others are answered 503."},
    Option{"--request-timeout", "TIME", "The longest that a request may take (120s); 0 is no limit."},
    Option{"--max-memory", "SIZE[KiB|MiB|GiB]", "The memory of an instance (128MiB)."},
    Option{"--max-log", "SIZE[KiB|MiB|GiB]", "The most that a request may log, and print (16MiB)."},
    Option{"--user-agents", "FILE", "Rules of uap-core by which user agents are told apart (the system's); none: answer as Viceroy does."},
    Option{"--access-log", "FILE", "Write a line for each request; - is standard output."},
    Option{"--metrics-addr", "HOST:PORT", "Serve numbers for Prometheus at /metrics there, and /healthz."},
    Option{"--watch", "", "Build the sources and load the module and fastly.toml again when they change."},
    Option{"--snapshot", "", "Run what precedes the first request once for each instance, not for each request; docs/edge.md says what a service must not do there."},
    Option{"--once", "-", "Serve one request, read from standard input, and print the response."},
    Option{"--request", "'GET /path'", "Serve this one request and print the response."},
    Option{"--header", "'NAME: VALUE'", "A header of --request. May be given again.", "-H"},
    Option{"--data", "TEXT", "The body of --request."},
    Option{"--bounds", "auto|guard|checked", "As for weir run."},
    Option{"--tier", "auto|baseline|optimized", "As for weir run."},
    Option{"--no-cache", "", "Neither use nor keep machine code of other starts."},
    Option{"--trace", "[=GROUP|FUNCTION,...]", "Show the service's calls of the host, as for weir run."},
    Option{"--trace-summary", "", "Count the calls, and print a table for each instance."},
    Option{"--trace-json", "", "Show the calls as JSON, an object a line."},
    Option{"--trace-output", "FILE", "Write the trace to this file."},
    Option{"--profile", "perfmap|jitdump", "Make the service's code known to perf, as for weir run."},
    Option{"--as-command", "", "Run FILE once, as a program with a request at hand; its response is dropped. All after FILE is its own."},
    Option{"-v", "", "Say more; -vv says still more."},
    color,
};

constexpr std::string_view as_for_run = "With --exe: granted to the program for good, as by weir run.";
constexpr std::array build_table{
    Option{"-o", "OUT", "Where to write the module (NAME.wasm), or with --exe the executable (NAME)."},
    Option{"--release", "", "Leave out what debuggers and the source lines of traps need."},
    Option{"--reactor", "", "Build a library of exports, not a command."},
    Option{"--exe", "", "Make one native executable with the program inside, of a source or a module. It needs neither weir nor libraries."},
    Option{"-O0", "", "With --exe: compile as weir compile does with this level."},
    Option{"-O1", "", "With --exe: compile as weir compile does with this level."},
    Option{"-O2", "", "With --exe: compile as weir compile does with this level."},
    Option{"-O3", "", "With --exe: compile as weir compile does with this level."},
    Option{"--dir", "HOST[::GUEST][:ro]", as_for_run},
    Option{"--env", "NAME[=VALUE]", as_for_run},
    Option{"--env-inherit", "", as_for_run},
    Option{"--cwd", "DIR", as_for_run},
    Option{"--net", "[=RULE,...]", as_for_run},
    Option{"--listen", "HOST:PORT", as_for_run},
    Option{"--dial", "HOST:PORT", as_for_run},
    Option{"--timeout", "TIME[ms|s|m|h]", as_for_run},
    Option{"--max-memory", "SIZE[KiB|MiB|GiB]", as_for_run},
    Option{"--max-stack", "SIZE[KiB|MiB|GiB]", as_for_run},
    Option{"--max-open-files", "N", as_for_run},
};
constexpr std::array new_table{
    Option{"--lang", "c++|go", "The language (c++)."},
};
constexpr std::array kinds{
    Option{"command", "", "A program with a main function; also when no KIND is given."},
    Option{"http", "", "An HTTP server."},
    Option{"fastly", "", "An edge service for Fastly Compute."},
    Option{"reactor", "", "A library of functions that others call."},
};

constexpr std::array personas_table{
    Option{"--force", "", "Replace what has such a name in the folder."},
    color,
};

constexpr std::array completions_table{color};
constexpr std::array shells{
    Option{"bash", "", "For bash: source <(weir completions bash)."},
    Option{"zsh", "", "For zsh: a file _weir in a folder of $fpath."},
    Option{"fish", "", "For fish: a file weir.fish in ~/.config/fish/completions."},
};

constexpr std::array general_table{
    Option{"--help", "", "Show a short help. Every command has one of its own.", "-h"},
    Option{"--version", "", "Show weir's version.", "-V"},
    color,
};
// clang-format on

constexpr std::array all_commands{
    Command{
        .name = "",
        .synopsis = "weir [--color WHEN] [COMMAND] [OPTIONS] FILE [ARGS...]",
        .summary = "run WebAssembly programs",
        .description =
            "weir runs WebAssembly programs of WASI preview 1, of WasmEdge's sockets and of Fastly Compute, and calls functions of "
            "libraries. A program reaches only what it was granted on the command line. Without a command, FILE is run.",
        .options = general_table,
        .examples = "weir hello.wasm\n"
                    "weir run --dir . --dir ./data::/data:ro --env LANG tool.wasm --verbose in.txt\n"
                    "weir inspect tool.wasm\n",
    },
    Command{
        .name = "run",
        .synopsis = "weir run [OPTIONS] FILE [ARGS...]",
        .summary = "run a program",
        .description =
            "Runs a command, a network server or, with --invoke, a function of a library. FILE is a WebAssembly module, what weir "
            "compile made of one, or a source in C, C++ or Go or a folder of them, which is built first. Everything after FILE is "
            "the program's own, whatever it looks like.",
        .options = run_table,
        .examples = "weir run hello.wasm\n"
                    "weir run --net=tcp:listen=127.0.0.1:3000 server.wasm\n"
                    "weir run --invoke primes library.wasm 10\n",
    },
    Command{
        .name = "serve",
        .synopsis = "weir serve [OPTIONS] FILE",
        .summary = "serve HTTP with an edge service",
        .description = "Serves HTTP with a service for Fastly Compute: every request is an instance of its own. SIGINT and SIGTERM "
                       "end the server when the requests that run are answered.",
        .options = serve_table,
        .examples = "weir serve -C fastly.toml bin/main.wasm\n"
                    "weir serve --request 'GET /hello' -H 'Accept: text/plain' bin/main.wasm\n",
    },
    Command{
        .name = "build",
        .synopsis = "weir build [OPTIONS] [FILE|FOLDER]",
        .summary = "build a program of sources, also as an executable",
        .description = "Builds a source in C, C++ or Go, or a folder of them, to a module; with --exe to an executable that has "
                       "the program inside. "
                       "What it may do is decided then; all arguments that it is called with are the program's.",
        .options = build_table,
        .examples = "weir build -o hello.wasm hello.cpp\n"
                    "weir build --exe --dir /srv::/ --net=tcp:listen=0.0.0.0:80 -o server ./server\n",
    },
    Command{
        .name = "new",
        .synopsis = "weir new [KIND] NAME [--lang c++|go]",
        .summary = "make a project in a new folder",
        .description = "Makes a folder NAME with a program that builds and runs at once.",
        .options = new_table,
        .actions = kinds,
        .examples = "weir new hello && cd hello && make run\n"
                    "weir new http server --lang go && weir run --net=tcp:listen server\n",
    },
    Command{
        .name = "inspect",
        .synopsis = "weir inspect [OPTIONS] FILE",
        .summary = "show what a module is, needs and offers",
        .description = "Shows the world that a module belongs to, the command that would run it, its imports and who provides "
                       "them, its exports, memories and custom sections.",
        .options = inspect_table,
        .examples = "weir inspect tool.wasm\n"
                    "weir inspect --asm main.main --tier optimized tool.wasm\n",
    },
    Command{
        .name = "compile",
        .synopsis = "weir compile [OPTIONS] FILE [-o OUT]",
        .summary = "compile all of a program in advance",
        .description =
            "Writes a file with a module and its machine code, which weir run maps. It is for this weir and for processors with "
            "all the features of this one. What is hot when it runs is compiled by LLVM then, as always.",
        .options = compile_table,
        .examples = "weir compile server.wasm -o server.weir && weir run --net server.weir\n",
    },
    Command{
        .name = "cache",
        .synopsis = "weir cache ls | rm NAME... | rm --all | prune [SIZE] | path",
        .summary = "manage the machine code kept of other runs",
        .description = "weir run keeps what it compiled in $XDG_CACHE_HOME/weir, or else $HOME/.cache/weir, for the next run.",
        .options = cache_table,
        .actions = cache_action_table,
        .examples = "weir cache prune 200MiB\n"
                    "weir cache rm tool.wasm\n",
    },
    Command{
        .name = "personas",
        .synopsis = "weir personas [--force] DIR",
        .summary = "make links by whose names weir stands in for other tools",
        .description =
            "Makes links to weir in a folder, which is made where it is not there: wasmtime, wazero, wasmedge, wasmer, wasirun "
            "and viceroy. Called by such a name weir takes that tool's command line; docs/drop-in.md says what of it.",
        .options = personas_table,
        .examples = "weir personas ~/.local/share/weir/bin\n",
    },
    Command{
        .name = "completions",
        .synopsis = "weir completions bash | zsh | fish",
        .summary = "print a script that completes weir's words in a shell",
        .description =
            "Prints a script that makes a shell complete weir's commands, options and their values. Where weir was installed by "
            "its package the scripts are there already.",
        .options = completions_table,
        .actions = shells,
        .examples = "source <(weir completions bash)\n",
    },
};

}  // namespace

constinit const std::span<const Option> run_options = run_table, inspect_options = inspect_table, compile_options = compile_table,
                                        cache_options = cache_table, cache_actions = cache_action_table,
                                        serve_options = serve_table, personas_options = personas_table;

std::span<const Command> commands() { return all_commands; }

}  // namespace weir::cli::syntax
