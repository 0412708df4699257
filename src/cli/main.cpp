#include "cli/inspect.hpp"
#include "cli/messages.hpp"
#include "cli/run.hpp"
#include "weir/version.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using weir::cli::InspectOptions;
using weir::cli::RunOptions;

constexpr std::string_view examples =
    "\nExamples:\n"
    "  weir hello.wasm                          run a command\n"
    "  weir run --dir . --env LANG tool.wasm -v run it with a directory and a variable\n"
    "  weir run --dir data::/data:ro tool.wasm  read-only, under another name\n"
    "  weir inspect hello.wasm                  what a module is and needs\n";

void add_run(CLI::App& app, RunOptions& options)
{
    CLI::App* const run = app.add_subcommand("run", "Run a command module; what follows FILE is the guest's");
    run->add_option("--dir", options.directories, "Give the guest a directory: HOST[::GUEST][:ro]")->type_name("DIR")->allow_extra_args(false);
    run->add_option("--env", options.environment, "Set a variable: NAME=VALUE, or NAME for weir's own")->type_name("N[=V]")->allow_extra_args(false);
    run->add_flag("--env-inherit", options.inherits_environment, "Pass on all of weir's environment");
    run->add_option("--bounds", options.bounds, "How memory is kept in bounds: auto, guard, checked")
        ->type_name("MODE")
        ->transform(CLI::CheckedTransformer(std::map<std::string, weir::runtime::BoundsPolicy>{{"auto", weir::runtime::BoundsPolicy::automatic},
                                                                                              {"guard", weir::runtime::BoundsPolicy::guard},
                                                                                              {"checked", weir::runtime::BoundsPolicy::checked}}));
    run->add_option_function<std::string>(
           "--mapdir",
           [](const std::string& value) {
               // Guest first, as other tools had it: said rather than guessed.
               const size_t colon = value.find(':');
               const std::string guest = value.substr(0, colon);
               const std::string host = colon == std::string::npos ? "HOST" : value.substr(value.find_first_not_of(':', colon));
               throw CLI::ValidationError("--mapdir is not weir's; write: --dir " + host + "::" + guest);
           })
        ->group("");
    run->add_option("FILE", options.file, "The module")->required()->type_name("");
    run->positionals_at_end();
}

void add_inspect(CLI::App& app, InspectOptions& options)
{
    CLI::App* const inspect = app.add_subcommand("inspect", "Show what a module is: world, imports, exports, memories");
    inspect->add_flag("--compile-all", options.compiles_all, "Compile every function and print how fast");
    inspect->add_option("--threads", options.threads, "Threads for --compile-all")->type_name("N")->check(CLI::Range(1U, 256U));
    inspect->add_option("FILE", options.file, "The module")->required()->type_name("");
}

/// Where the guest's arguments start: behind the first word after `run` (or after weir itself) that is no option of weir's or the value of
/// one. Everything from there on is the guest's, whatever it looks like.
size_t guest_arguments_begin(const std::vector<std::string>& words)
{
    size_t i = !words.empty() && words[0] == "run" ? 1 : 0;
    for (; i < words.size(); ++i) {
        const std::string& w = words[i];
        if (w == "--") continue;
        if (w.empty() || w[0] != '-') return i + 1;
        const bool takes_value = w == "--dir" || w == "--env" || w == "--bounds" || w == "--mapdir";
        if (takes_value) ++i;
    }
    return words.size();
}

}  // namespace

int main(int argc, char** argv)
{
    std::vector<std::string> words(argv + 1, argv + argc);
    // Short form: `weir FILE ...` and `weir --dir . FILE ...` are `weir run ...`.
    const bool is_own = words.empty() || words[0] == "run" || words[0] == "inspect" || words[0] == "--help" || words[0] == "-h" || words[0] == "--version";
    if (!is_own) words.insert(words.begin(), "run");

    CLI::App app{"weir runs WebAssembly programs", "weir"};
    RunOptions run_options;
    InspectOptions inspect_options;
    app.set_version_flag("--version", "weir " + std::string{weir::version});
    app.require_subcommand(1);
    app.footer(std::string{examples});
    add_run(app, run_options);
    add_inspect(app, inspect_options);

    if (!words.empty() && words[0] == "run") {
        const size_t begin = guest_arguments_begin(words);
        run_options.args.assign(words.begin() + static_cast<std::ptrdiff_t>(begin), words.end());
        words.resize(begin);
    }
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    try {
        app.parse(reversed);
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        weir::cli::print_error(e.what(), "`weir --help` shows what there is");
        return weir::cli::exit_usage;
    }
    // Files and pipes are closed and flushed by the kernel; nothing of weir's needs a destructor to run.
    const int code = app.got_subcommand("run") ? weir::cli::run(run_options) : weir::cli::inspect(inspect_options);
    std::fflush(stdout);
    _exit(code);
}
