#include "cli/command_line.hpp"

#include "cli/cli11.hpp"
#include "cli/quantity.hpp"
#include "cli/syntax/completions.hpp"
#include "cli/syntax/syntax.hpp"
#include "cli/usage.hpp"
#include "host/sockets/permission.hpp"
#include "runtime/store.hpp"
#include "weir/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace weir::cli {

namespace {

using Words = std::span<const char* const>;

using syntax::Option;

constexpr std::string_view general_help =
    R"(weir runs WebAssembly programs, and lets them reach only what they are granted.

  weir [run] [OPTIONS] FILE [ARGS...]  run a program; all after FILE is its own
  weir serve [OPTIONS] FILE            serve HTTP with an edge service (Fastly)
  weir build [OPTIONS] [FILE]          build a source, also as an executable
  weir new [KIND] NAME                 make a project: command, http, fastly...
  weir inspect [OPTIONS] FILE          what a module is, needs and offers
  weir compile [OPTIONS] FILE -o OUT   compile a program, for  weir run OUT
  weir cache ls | rm | prune | path    the machine code kept of other runs
  weir personas DIR                    links as wasmtime, wazero, viceroy, ...
  weir completions bash | zsh | fish   a script for the shell

  weir run --help, weir inspect --help, ...    their options
  weir --version, weir --help

Examples:
  weir hello.wasm
  weir run --dir . --dir ./data::/data:ro --env LANG tool.wasm --verbose in.txt
  weir inspect tool.wasm
)";

constexpr std::string_view run_help =
    R"(weir [run] [OPTIONS] FILE [ARGS...]   run a program; all after FILE is its own
FILE is a module, or a source in C, C++ or Go or a folder of them, built first

  --watch, --reactor         start again when files change; build a library
  --invoke NAME              call this export, with ARGS as its arguments
  --dir HOST[::GUEST][:ro]   grant a folder, under another name, read-only
  --cwd DIR, --stdin FILE    its working directory, by its own name; its input
  --env NAME[=VALUE]         set a variable; without a value pass weir's own on,
  --env-inherit              or all of them
  --net[=RULE,...]           allow the network: all, or tcp:listen=127.0.0.1:80,
                             tcp:connect=*.example.com:443, udp, unix, dns
  --listen, --dial H:P       hand it a listening socket, a connection
  --bounds MODE              how memory is kept in bounds: auto, guard, checked
  --tier TIER                the compiler: auto, baseline, optimized (LLVM)
  --profile FORMAT           tell perf the guest's code: perfmap, jitdump
  --no-cache                 keep no machine code; for tests also: --tier-stress
  --timeout TIME, --fuel N   stop it after 2s, 500ms, 1m, ... or N instructions
  --max-memory SIZE          most that a memory may grow to: 64MiB, 1GiB, ...
  --max-stack, --max-open-files N    stack (8MiB), files open at a time (1024)
  --trace[=fs,poll_oneoff]   show host calls: all, or these groups and functions
  --trace-summary            count them; also: --trace-json, --trace-output FILE

Examples:
  weir run --dir . --dir ./data::/data:ro --env LANG tool.wasm --verbose in.txt
)";

constexpr std::string_view inspect_help =
    R"(weir inspect [OPTIONS] FILE   what a module is, needs and offers

  --compile-all [--threads N]   compile all functions, say how fast
  --keep                        ... and keep the code, for  weir run
  --asm FUNCTION                its machine code, by name or number ...
  --tier TIER                   ... of baseline or optimized alone

Examples:
  weir inspect tool.wasm
  weir inspect --compile-all --threads 4 tool.wasm
  weir inspect --asm main.main --tier optimized tool.wasm
)";

constexpr std::string_view compile_help =
    R"(weir compile [OPTIONS] FILE [-o OUT]   compile all of a program, in advance

  -o OUT           where to (FILE with the ending .weir);  weir run OUT  runs it
  -O0              by the baseline, at once
  -O1              what probably runs most by LLVM (the default)
  -O2, -O3         everything by LLVM, which takes minutes for large programs
  --threads N      processors to use (all)
  --bounds MODE    how memory is kept in bounds: auto, guard, checked

What is hot when it runs is compiled by LLVM then, as always.
OUT is machine code for this weir and for processors with all the features of
this one. objdump, nm, gdb and perf understand it.

Examples:
  weir compile server.wasm -o server.weir && weir run --net server.weir
)";

constexpr std::string_view cache_help =
    R"(weir cache ls                 the modules whose machine code is kept
weir cache rm NAME...         forget modules, by file name or entry name
weir cache rm --all           forget everything
weir cache prune [SIZE]       forget those not used for longest, until the
                              rest is at most SIZE (1GiB, as after each run)
weir cache path               the folder: $XDG_CACHE_HOME/weir, else
                              $HOME/.cache/weir; it may be removed at any time

weir run keeps there what it compiled, for the next run; --no-cache does not.

Examples:
  weir cache prune 200MiB
  weir cache rm tool.wasm
)";

constexpr std::string_view personas_help =
    R"(weir personas [--force] DIR   make links in DIR by whose names weir stands in
                              for other tools: wasmtime, wazero, wasmedge,
                              wasmer, wasirun and viceroy

  --force          replace what has such a name there

Called by such a name, weir takes that tool's command line. NAME --help shows
what it takes; docs/drop-in.md has all of it.

Examples:
  weir personas ~/.local/share/weir/bin
  PATH=~/.local/share/weir/bin:$PATH make test
)";

constexpr std::string_view completions_help =
    R"(weir completions bash | zsh | fish   print a script that completes weir's
                                     commands, options and their values

Where weir was installed by its package they are there already.

Examples:
  source <(weir completions bash)
  weir completions zsh >~/.zfunc/_weir
  weir completions fish >~/.config/fish/completions/weir.fish
)";

/// Other tools' spelling, in weir's words: that of wasmtime before its version 14 and of wasmer has the guest's name first.
Problem not_mapdir(std::string_view value)
{
    const bool is_double = value.find("::") != std::string_view::npos;
    const size_t colon = is_double ? value.find("::") : value.find(':');
    std::string said = "--dir HOST::GUEST";
    if (colon != std::string_view::npos && colon != 0)
        said = fmt::format("--dir {}::{}", printable(value.substr(colon + (is_double ? 2 : 1))), printable(value.substr(0, colon)));
    return usage("weir has no option --mapdir", "it names the host's folder first, as --dir", "write  " + said);
}

/// The value of an option that is the first word, which may stand behind '=' or be the next one; and how many words that is.
struct Given {
    std::optional<std::string_view> value;
    size_t words = 0;  // 0: the first word is not this option
};
Given given(Words words, std::string_view option)
{
    const std::string_view word = words.empty() ? "" : words[0];
    if (!word.starts_with(option)) return {};
    if (word.size() > option.size()) return word[option.size()] == '=' ? Given{word.substr(option.size() + 1), 1} : Given{};
    return words.size() > 1 ? Given{words[1], 2} : Given{{}, 1};
}

/// Heeds --color where it is the first word; answers how many words that was.
Result<size_t, Problem> heed_colour(Words words)
{
    const Given given_colour = given(words, "--color");
    if (given_colour.words == 0) return size_t{0};
    const auto colour = parse_colour(given_colour.value.value_or(""));
    if (!colour)
        return Unexpected{usage(fmt::format("--color '{}' is not understood", printable(given_colour.value.value_or(""))), {},
                                "the form is --color auto|always|never")};
    choose_colour(*colour);
    return given_colour.words;
}

/// The words without --color, which has been heeded.
Result<std::vector<const char*>, Problem> without_colour(Words words)
{
    std::vector<const char*> rest;
    for (size_t i = 0; i < words.size();) {
        WEIR_TRY(heeded, heed_colour(words.subspan(i)));
        if (heeded == 0) rest.push_back(words[i]);
        i += std::max<size_t>(heeded, 1);
    }
    return rest;
}

/// `--net RULE` is understood like `--net=RULE`: what follows is a rule where it begins like one, and the program otherwise.
bool takes_rule(std::string_view word, std::string_view next) { return word == "--net" && sockets::is_like_rule(next); }

/// The number of words that an option takes, which the first of these names.
Result<size_t, Problem> words_of_option(Words words, const Option& option)
{
    const std::string_view word = words[0], next = words.size() > 1 ? words[1] : "";
    const bool has_value = word.find('=') != std::string_view::npos;
    if (option.value.empty() && has_value)
        return Unexpected{
            usage(fmt::format("option {} takes no value", option.name), {}, fmt::format("{} alone says it", option.name))};
    if (takes_rule(word, next)) return 2;
    if (option.value.empty() || option.value.front() == '[' || has_value) return 1;
    if (words.size() == 1)
        return Unexpected{usage(fmt::format("option {} needs a value", option.name), {},
                                fmt::format("the form is {} {}", option.name, option.value))};
    return 2;
}

/// The number of words up to FILE, without it: weir's options and their values. `wants_help` when --help is among them.
Result<size_t, Problem> count_option_words(Words words, std::span<const Option> options, std::string_view command, bool& wants_help)
{
    size_t i = 0;
    while (i < words.size()) {
        const std::string_view word = words[i];
        if (word == "--" || word.size() < 2 || word.front() != '-') break;  // "-" alone is a file's name, if an odd one
        if (word == "--help" || word == "-h") {
            wants_help = true;
            return i;
        }
        const size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        const std::string_view next = i + 1 < words.size() ? words[i + 1] : "";
        if (name == "--mapdir") return Unexpected{not_mapdir(equals == std::string_view::npos ? next : word.substr(equals + 1))};
        const auto option = std::ranges::find(options, name, &Option::name);
        if (option == options.end()) return Unexpected{unknown_option(name, options, command)};
        WEIR_CHECK(heed_colour(words.subspan(i)));  // at once, for messages about what follows
        WEIR_TRY(count, words_of_option(words.subspan(i), *option));
        i += count;
    }
    return i;
}

/// Given any number of times, each with a list of names or with nothing.
void add_trace(CLI::App& app, const std::string& option, TraceOptions& trace)
{
    const auto take = [&trace](const CLI::results_t& values) {
        trace.shows_calls = true;
        for (std::string_view names : values) {
            while (!names.empty()) {
                const size_t comma = names.find(',');
                if (comma != 0) trace.only.emplace_back(names.substr(0, comma));
                names = comma == std::string_view::npos ? std::string_view{} : names.substr(comma + 1);
            }
        }
        return true;
    };
    app.add_option(option, take)->expected(0, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
}

/// Given any number of times, each with a list of rules or, for everything, with nothing.
void add_net(CLI::App& app, const std::string& option, NetworkOptions& network)
{
    const auto take = [&network](const CLI::results_t& values) {
        for (const std::string& rules : values) {
            if (rules.empty()) network.allows_all = true;
            else network.rules.push_back(rules);
        }
        return true;
    };
    app.add_option(option, take)->expected(0, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
}

/// The smallest stack that a program of some libc starts on; the largest that leaves addresses for memory.
constexpr uint64_t min_stack_bytes = uint64_t{64} << 10, max_stack_bytes = uint64_t{1} << 40;
constexpr uint32_t min_open_files = 3, max_open_files = 1U << 20;  // standard input, output and error; a Linux process has no more

/// An option whose value `parse` understands; a value of which it makes nothing, or less than `least`, or more than `most`, is refused.
template <class Parse, class Store>
void add_quantity(CLI::App& app, const std::string& name, Parse parse, uint64_t least, uint64_t most, Store store,
                  const std::string& range = "in range 1ns to 292 years")
{
    app.add_option_function<std::string>(name,
                                         [=](const std::string& text) {
                                             const auto value = parse(text);
                                             if (!value) throw CLI::ValidationError{name, text};
                                             if (*value < least || *value > most) throw CLI::ValidationError{name, range};
                                             store(*value, text);
                                         })
        ->allow_extra_args(false);
}

/// Heeds an option that takes no value; false when the word is none.
bool set_flag(std::string_view word, RunOptions& options)
{
    if (word == "--env-inherit") options.inherits_environment = true;
    else if (word == "--trace-summary") options.trace.has_summary = true;
    else if (word == "--trace-json") options.trace.is_json = true;
    else if (word == "--tier-stress") options.tier = Tier::stress;
    else if (word == "--no-cache") options.uses_cache = false;
    else if (word == "--reactor") options.is_library = true;
    else if (word == "--watch") options.watches = true;
    else return false;
    return true;
}
bool set_flag(std::string_view word, InspectOptions& options)
{
    if (word == "--compile-all") options.compiles_all = true;
    else if (word == "--keep") options.keeps_code = true;
    else return false;
    return true;
}

/// Binds weir's own words, with CLI11 where one of them takes a value: to build its tree takes a tenth of a small program's start.
template <class Options>
Result<void, Problem> bind_options(Words words, std::span<const Option> table, std::string_view command, Options& options)
{
    while (!words.empty() && set_flag(words.front(), options)) words = words.subspan(1);
    if (words.empty()) return {};
    const std::ios_base::Init streams;
    CLI::App app;
    app.set_help_flag();
    for (const Option& option : table) {
        const std::string name{option.name};
        if (name == "--color") app.add_option(name);  // it has been heeded
        if (option.value.empty()) app.add_flag_callback(name, [&options, word = option.name] { set_flag(word, options); });
        if constexpr (std::is_same_v<Options, RunOptions>) {
            if (name == "--dir") app.add_option(name, options.directories)->allow_extra_args(false);
            if (name == "--env") app.add_option(name, options.environment)->allow_extra_args(false);
            if (name == "--cwd") app.add_option(name, options.working_directory);
            if (name == "--invoke") app.add_option(name, options.invoke);
            if (name == "--stdin") app.add_option(name, options.stdin_file);
            if (name == "--net") add_net(app, name, options.network);
            if (name == "--listen") app.add_option(name, options.network.listen)->allow_extra_args(false);
            if (name == "--dial") app.add_option(name, options.network.dial)->allow_extra_args(false);
            if (name == "--trace") add_trace(app, name, options.trace);
            if (name == "--trace-output") app.add_option(name, options.trace.output);
            if (name == "--bounds")
                app.add_option(name, options.bounds)
                    ->transform(CLI::CheckedTransformer(
                        std::map<std::string, runtime::BoundsPolicy>{{"auto", runtime::BoundsPolicy::automatic},
                                                                     {"guard", runtime::BoundsPolicy::guard},
                                                                     {"checked", runtime::BoundsPolicy::checked}}));
            if (name == "--tier")
                app.add_option(name, options.tier)
                    ->transform(CLI::CheckedTransformer(std::map<std::string, Tier>{
                        {"auto", Tier::automatic}, {"baseline", Tier::baseline}, {"optimized", Tier::optimized}}));
            if (name == "--profile")
                app.add_option(name, options.profile)
                    ->transform(CLI::CheckedTransformer(
                        std::map<std::string, Profile>{{"perfmap", Profile::map}, {"jitdump", Profile::jitdump}}));
            if (name == "--timeout")
                add_quantity(app, name, parse_duration, 1, INT64_MAX,
                             [&](uint64_t ns, const std::string& text) { options.timeout = {ns, text}; });
            if (name == "--fuel")
                add_quantity(app, name, parse_count, 1, runtime::Store::max_fuel,
                             [&](uint64_t fuel, const std::string&) { options.fuel = fuel; });
            if (name == "--max-memory")
                add_quantity(app, name, parse_size, 0, INT64_MAX,
                             [&](uint64_t bytes, const std::string&) { options.max_memory_bytes = bytes; });
            if (name == "--max-stack")
                add_quantity(
                    app, name, parse_size, min_stack_bytes, max_stack_bytes,
                    [&](uint64_t bytes, const std::string&) { options.max_stack_bytes = bytes; },
                    fmt::format("in range {} to {}", format_size(min_stack_bytes), format_size(max_stack_bytes)));
            if (name == "--max-open-files")
                app.add_option(name, options.max_open_files)->check(CLI::Range(min_open_files, max_open_files));
        } else {
            if (name == "--asm") app.add_option(name, options.function);
            if (name == "--tier") app.add_option(name, options.tier)->check(CLI::IsMember({"baseline", "optimized"}));
            if (name == "--threads") app.add_option(name, options.threads)->check(CLI::Range(1U, 256U));
        }
    }
    std::vector<std::string> reversed;
    for (size_t i = 0; i < words.size(); ++i) {
        reversed.emplace_back(words[i]);
        if (i + 1 < words.size() && takes_rule(words[i], words[i + 1])) reversed.back() += std::string{"="} + words[++i];
    }
    std::ranges::reverse(reversed);
    try {
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        return Unexpected{explain_parse_error(error.what(), words, table, command)};
    }
    return {};
}

template <class Options>
Result<Command, Problem> parse(Words words, std::span<const Option> table, std::string_view command)
{
    Options options;
    bool wants_help = false;
    WEIR_TRY(count, count_option_words(words, table, command, wants_help));
    if (wants_help) return Command{Show{std::string{std::is_same_v<Options, RunOptions> ? run_help : inspect_help}}};
    if (count != 0) WEIR_CHECK(bind_options(words.first(count), table, command, options));
    words = words.subspan(count);
    if (!words.empty() && std::string_view{words[0]} == "--") words = words.subspan(1);
    if (words.empty())
        return Unexpected{usage(fmt::format("{}: which file?", command), {},
                                fmt::format("{0} [OPTIONS] FILE; {0} --help  shows the options", command))};
    options.file = words[0];
    words = words.subspan(1);
    if constexpr (std::is_same_v<Options, RunOptions>) {
        options.args.assign(words.begin(), words.end());
    } else if (!words.empty()) {
        return Unexpected{usage(fmt::format("{} takes one file", command), fmt::format("'{}' is one too many", printable(words[0])),
                                "options stand before the file")};
    }
    return Command{std::move(options)};
}

Problem compile_usage(std::string error, std::string because = {})
{
    return usage(std::move(error), std::move(because), "weir compile [-O0|-O1|-O2|-O3] FILE -o OUT;  weir compile --help");
}

/// Options stand before and behind FILE: nothing here is the program's.
Result<Command, Problem> parse_compile(Words all_words)
{
    WEIR_TRY(words, without_colour(all_words));
    CompileProgramOptions options;
    const std::map<std::string_view, runtime::BoundsPolicy> bounds{{"auto", runtime::BoundsPolicy::automatic},
                                                                   {"guard", runtime::BoundsPolicy::guard},
                                                                   {"checked", runtime::BoundsPolicy::checked}};
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "--help" || word == "-h") return Command{Show{std::string{compile_help}}};
        if (word.size() == 3 && word.starts_with("-O") && word[2] >= '0' && word[2] <= '3') {
            options.level = static_cast<unsigned>(word[2] - '0');
        } else if (word == "-o" || word == "--threads" || word == "--bounds") {
            if (i + 1 == words.size()) return Unexpected{compile_usage(fmt::format("option {} needs a value", word))};
            const std::string_view value = words[++i];
            if (word == "-o") options.output = value;
            else if (word == "--bounds" && bounds.contains(value)) options.bounds = bounds.at(value);
            else if (const auto count = parse_size(value); word == "--threads" && count && *count >= 1 && *count <= 256)
                options.threads = static_cast<unsigned>(*count);
            else return Unexpected{compile_usage(fmt::format("the value of {} is not understood: '{}'", word, printable(value)))};
        } else if (word.size() > 1 && word.starts_with("-")) {
            return Unexpected{unknown_option(word, syntax::compile_options, "weir compile")};
        } else if (options.file.empty()) {
            options.file = word;
        } else {
            return Unexpected{compile_usage("weir compile takes one file", fmt::format("'{}' is one too many", printable(word)))};
        }
    }
    if (options.file.empty()) return Unexpected{compile_usage("weir compile: which file?")};
    return Command{std::move(options)};
}

Problem cache_usage(std::string error)
{
    return usage(std::move(error), {}, "weir cache ls | rm NAME... | rm --all | prune [SIZE] | path;  weir cache --help");
}

Result<Command, Problem> parse_cache(Words all_words)
{
    WEIR_TRY(own_words, without_colour(all_words));
    Words words = own_words;
    const auto wants_help = [](std::string_view word) { return word == "--help" || word == "-h"; };
    if (std::ranges::any_of(words, wants_help)) return Command{Show{std::string{cache_help}}};
    if (words.empty()) return Unexpected{cache_usage("weir cache: what about it?")};
    const std::string_view action = words[0];
    words = words.subspan(1);
    CacheOptions options;
    if (action == "rm") {
        options.action = CacheOptions::Action::remove;
        for (const std::string_view word : words) {
            if (word == "--all") options.removes_all = true;
            else if (word.starts_with("-")) return Unexpected{unknown_option(word, syntax::cache_options, "weir cache rm")};
            else options.names.emplace_back(word);
        }
        if (options.names.empty() != options.removes_all) return Unexpected{cache_usage("weir cache rm: which, or --all?")};
        return Command{std::move(options)};
    }
    if (action == "prune") {
        options.action = CacheOptions::Action::prune;
        if (!words.empty()) {
            options.max_bytes = parse_size(words[0]);
            if (!options.max_bytes)
                return Unexpected{cache_usage(fmt::format("'{}' is not a size such as 200MiB", printable(words[0])))};
            words = words.subspan(1);
        }
    } else if (action == "path") {
        options.action = CacheOptions::Action::path;
    } else if (action != "ls") {
        return Unexpected{cache_usage(fmt::format("weir cache cannot '{}'", printable(action)))};
    }
    if (!words.empty()) return Unexpected{cache_usage(fmt::format("'{}' is one word too many", printable(words[0])))};
    return Command{std::move(options)};
}

Result<Command, Problem> parse_personas(Words all_words)
{
    WEIR_TRY(words, without_colour(all_words));
    PersonasOptions options;
    for (const std::string_view word : words) {
        if (word == "--help" || word == "-h") return Command{Show{std::string{personas_help}}};
        if (word == "--force") options.replaces = true;
        else if (word.size() > 1 && word.starts_with("-"))
            return Unexpected{unknown_option(word, syntax::personas_options, "weir personas")};
        else if (options.folder.empty()) options.folder = word;
        else
            return Unexpected{usage("weir personas takes one folder", fmt::format("'{}' is one too many", printable(word)),
                                    "weir personas [--force] DIR")};
    }
    if (options.folder.empty())
        return Unexpected{usage("weir personas: in which folder?", {}, "weir personas DIR;  weir personas --help")};
    return Command{std::move(options)};
}

Result<Command, Problem> parse_completions(Words all_words)
{
    WEIR_TRY(words, without_colour(all_words));
    const std::string hint = "weir completions bash|zsh|fish;  weir completions --help";
    if (words.empty()) return Unexpected{usage("weir completions: for which shell?", {}, hint)};
    const std::string_view name = words[0];
    if (name == "--help" || name == "-h") return Command{Show{std::string{completions_help}}};
    const auto shell = syntax::parse_shell(name);
    if (!shell) return Unexpected{usage(fmt::format("weir has no completions for '{}'", printable(name)), {}, hint)};
    if (words.size() > 1) return Unexpected{usage(fmt::format("'{}' is one word too many", printable(words[1])), {}, hint)};
    return Command{Print{syntax::completions(*shell)}};
}

}  // namespace

std::optional<Result<size_t, Problem>> words_of_run_option(Words words)
{
    const std::string_view word = words.empty() ? "" : words[0];
    const auto option = std::ranges::find(syntax::run_options, word.substr(0, word.find('=')), &Option::name);
    if (option == syntax::run_options.end()) return std::nullopt;
    return words_of_option(words, *option);
}

Result<RunOptions, Problem> parse_run_words(const std::vector<std::string>& options, std::string file,
                                            std::vector<std::string> args)
{
    std::vector<const char*> words;
    for (const std::string& option : options) words.push_back(option.c_str());
    RunOptions run;
    if (!words.empty()) WEIR_CHECK(bind_options(words, syntax::run_options, "weir run", run));
    run.file = std::move(file);
    run.args = std::move(args);
    return run;
}

Result<Command, Problem> parse_command_line(Words words)
{
    WEIR_TRY(heeded, heed_colour(words));
    words = words.subspan(heeded);
    const std::string_view first = words.empty() ? "" : words[0];
    if (words.empty())
        return Unexpected{Problem{.error = "which file?",
                                  .because = {},
                                  .hint = "weir FILE  runs a program; weir --help  shows what else there is",
                                  .exit_code = exit_usage}};
    if (first == "--help" || first == "-h" || first == "help") return Command{Show{std::string{general_help}}};
    if (first == "--version" || first == "-V") return Command{Show{fmt::format("weir {}\n", version)}};
    if (first == "run") return parse<RunOptions>(words.subspan(1), syntax::run_options, "weir run");
    if (first == "serve") return Command{Serve{.words = words.subspan(1)}};
    if (first == "inspect") return parse<InspectOptions>(words.subspan(1), syntax::inspect_options, "weir inspect");
    if (first == "build") {
        const auto wants_help = [](std::string_view word) { return word == "--help" || word == "-h"; };
        if (std::ranges::any_of(words, wants_help)) return Command{Show{std::string{build_help}}};
        WEIR_TRY(options, parse_build(words.subspan(1)));
        return Command{std::move(options)};
    }
    if (first == "new") {
        const auto wants_help = [](std::string_view word) { return word == "--help" || word == "-h"; };
        if (std::ranges::any_of(words, wants_help)) return Command{Show{std::string{new_help}}};
        WEIR_TRY(options, parse_new(words.subspan(1)));
        return Command{std::move(options)};
    }
    if (first == "compile") return parse_compile(words.subspan(1));
    if (first == "cache") return parse_cache(words.subspan(1));
    if (first == "personas") return parse_personas(words.subspan(1));
    if (first == "completions") return parse_completions(words.subspan(1));
    return parse<RunOptions>(words, syntax::run_options, "weir run");
}

}  // namespace weir::cli
