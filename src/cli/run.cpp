#include "cli/run.hpp"

#include "baseline/baseline.hpp"
#include "cli/code_cache.hpp"
#include "cli/entry.hpp"
#include "cli/input.hpp"
#include "cli/interruption.hpp"
#include "cli/link_problem.hpp"
#include "cli/network.hpp"
#include "cli/program.hpp"
#include "cli/quantity.hpp"
#include "cli/run_watching.hpp"
#include "cli/tier.hpp"
#include "cli/tracing.hpp"
#include "cli/world.hpp"
#include "compile_process/source_lines.hpp"
#include "runtime/linker.hpp"
#include "runtime/module_code.hpp"
#include "runtime/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace weir::cli {

namespace {

int report_trap(const runtime::Trap& trap, const runtime::Store& store, const RunOptions& options)
{
    if (trap.kind == runtime::TrapKind::interrupted) return report_interruption(store, options);
    std::string text = "the guest trapped: " + printable(trap.message());
    if (!trap.frames.empty()) text += "\n" + runtime::format_backtrace(trap, compile_process::find_source_lines(trap));
    while (text.ends_with('\n')) text.pop_back();
    std::string hint;
    if (trap.kind == runtime::TrapKind::call_stack_exhausted)
        hint = fmt::format("its stack had {}; --max-stack SIZE  gives it another",
                           format_size(store.engine().config().guest_stack_bytes));
    if (trap.kind == runtime::TrapKind::out_of_fuel)
        hint = fmt::format("it had executed {} instructions; --fuel N  gives it more", options.fuel.value_or(0));
    return report({.error = std::move(text), .because = {}, .hint = std::move(hint), .exit_code = options.manners.trap_exit_code});
}

/// WASI's codes have 32 bits, the system's 8. A failure must not become success by that.
int exit_code_of(const runtime::Exit& exit) { return exit.code <= 255 ? static_cast<int>(exit.code) : 255; }

int exit_code_of(const runtime::Outcome& outcome, const runtime::Store& store, const RunOptions& options)
{
    if (const auto* const exit = std::get_if<runtime::Exit>(&outcome)) return exit_code_of(*exit);
    if (const auto* const trap = std::get_if<runtime::Trap>(&outcome)) return report_trap(*trap, store, options);
    return 0;
}

Problem cannot_start(const SysError& error) { return {.error = "weir cannot start", .because = error.to_string(), .hint = {}}; }

/// What the guest came to: its functions one after the other, as long as they return.
int call_entry(runtime::Store& store, runtime::Instance& instance, Entry& entry, const RunOptions& options)
{
    if (entry.initialize) {
        runtime::Value none{};
        const runtime::Outcome outcome = store.call(*instance.function(*entry.initialize), &none);
        if (!std::holds_alternative<runtime::Returned>(outcome)) return exit_code_of(outcome, store, options);
    }
    const runtime::Outcome outcome = store.call(*instance.function(entry.function), entry.values.data());
    if (std::holds_alternative<runtime::Returned>(outcome))
        print(STDOUT_FILENO, format_results(entry, instance.module(), options.manners.results));
    return exit_code_of(outcome, store, options);
}

/// Open until the process ends.
Result<int, Problem> open_stdin(const std::string& file)
{
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0) return fd;
    return Unexpected{
        Problem{.error = fmt::format("--stdin '{}' cannot be read", printable(file)), .because = std::strerror(errno), .hint = {}}};
}

/// Makes a directory the guest's working directory: Go and others read PWD, wasi-libc has the world's help.
Result<void, Problem> set_working_directory(const std::string& directory, wasip1::WorldConfig& config)
{
    std::string_view beneath;
    if (!directory.starts_with('/'))
        return Unexpected{Problem{.error = fmt::format("--cwd '{}' is not absolute", printable(directory)),
                                  .because = "it is the program's name for the folder, as --dir HOST::GUEST gives it",
                                  .hint = fmt::format("--dir {}::/work --cwd /work", printable(directory)),
                                  .exit_code = exit_usage}};
    if (wasip1::find_holder(config.preopens, directory, beneath) == nullptr)
        return Unexpected{Problem{.error = fmt::format("--cwd '{}' is in no folder that is granted", printable(directory)),
                                  .because = {},
                                  .hint = fmt::format("--dir HOST::{}  grants one", printable(directory)),
                                  .exit_code = exit_usage}};
    config.working_directory = directory;
    std::erase_if(config.environment, [](const std::string& variable) { return variable.starts_with("PWD="); });
    config.environment.push_back("PWD=" + directory);
    return {};
}

Problem cannot_make_stack(const SysError& error, const runtime::Engine& engine)
{
    return {.error = fmt::format("cannot make a stack of {} for the guest", format_size(engine.config().guest_stack_bytes)),
            .because = error.to_string(),
            .hint = "--max-stack SIZE  makes another"};
}

Problem cannot_grant(const SysError& error, const RunOptions& options)
{
    if (error.call == "max_open_files" && options.max_open_files)
        return {.error = fmt::format("--max-open-files {} leaves no room for the folders granted", *options.max_open_files),
                .because = "standard input, output and error and each --dir are open files of the guest",
                .hint = {}};
    return {.error = "cannot grant a folder", .because = error.to_string(), .hint = "the form is --dir HOST[::GUEST][:ro]"};
}

/// A memory that may not even begin is no guest's fault that `memory.grow` could tell it of.
Result<void, Problem> check_memories(const RunOptions& options, const wasm::Module& module)
{
    if (!options.max_memory_bytes) return {};
    for (const wasm::MemoryType& memory : module.memories) {
        const bool fits_64_bits = memory.limits.min <= UINT64_MAX >> memory.page_size_log2;
        if (fits_64_bits && memory.limits.min << memory.page_size_log2 <= *options.max_memory_bytes) continue;
        return Unexpected{Problem{.error = fmt::format("'{}' begins with more memory than --max-memory {} allows",
                                                       printable(options.file), format_size(*options.max_memory_bytes)),
                                  .because = fits_64_bits ? "it wants " + format_size(memory.limits.min << memory.page_size_log2)
                                                          : std::string{"it wants all there is"},
                                  .hint = {}}};
    }
    return {};
}

/// What was decided when a program was compiled cannot be decided again.
Result<void, Problem> check_program(const RunOptions& options, const LoadedModule& loaded)
{
    if (!loaded.is_program || options.tier == Tier::automatic) return {};
    return Unexpected{
        Problem{.error = fmt::format("'{}' is compiled already, --tier has nothing to choose", printable(options.file)),
                .because = {},
                .hint = "weir compile has -O0 to -O3; weir run --tier takes the module",
                .exit_code = exit_usage}};
}

// The guest is told as well, but most programs hide the reason. Once each: some try again and again.

void tell_open_file_limit(uint32_t limit) noexcept
{
    report({.error = fmt::format("the guest has {} files open and may open no more", limit),
            .because = {},
            .hint = "--max-open-files N  lets it open more"});
}

void tell_memory_limit(uint64_t limit_bytes) noexcept
{
    static std::atomic_flag was_told;
    if (was_told.test_and_set()) return;
    report({.error = fmt::format("the guest wants more memory than the {} it may have", format_size(limit_bytes)),
            .because = {},
            .hint = "--max-memory SIZE  lets it have more"});
}

/// Lets the process have as many descriptors as the guest may, and weir's own. The shell's limit is 1024 mostly, and only a default: the hard
/// one is what was meant to bound.
void make_room_for_files(uint32_t guest_files, const RunOptions& options)
{
    constexpr rlim_t own_files = 64;
    const rlim_t needed = guest_files + own_files;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (options.max_open_files && limit.rlim_max < needed)
        print(STDERR_FILENO, fmt::format("weir: --max-open-files {} is more than this process may have: {} (ulimit -Hn)\n",
                                         guest_files, limit.rlim_max));
}

runtime::EngineConfig engine_config(const RunOptions& options)
{
    runtime::EngineConfig config{.compiler = baseline::create_compiler(), .bounds = options.bounds};
    if (!options.fuel) choose_tiers(options.tier, config);
    config.fuel = options.fuel.value_or(0);
    if (options.max_stack_bytes) config.guest_stack_bytes = *options.max_stack_bytes;
    if (options.max_memory_bytes) config.max_memory_bytes = *options.max_memory_bytes;
    config.on_memory_limit = tell_memory_limit;
    return config;
}

Result<wasip1::WorldConfig, Problem> world_config(const RunOptions& options)
{
    wasip1::WorldConfig config;
    config.args.push_back(options.manners.names_program_by_base ? options.file.substr(options.file.rfind('/') + 1) : options.file);
    config.args.insert(config.args.end(), options.args.begin(), options.args.end());
    if (options.max_open_files) config.max_open_files = *options.max_open_files;
    config.on_open_file_limit = tell_open_file_limit;
    make_room_for_files(config.max_open_files, options);
    WEIR_TRY(environment, guest_environment(options, ::environ));
    config.environment = std::move(environment);
    for (const std::string& text : options.directories) {
        WEIR_TRY(preopen, parse_directory(text));
        config.preopens.push_back(std::move(preopen));
    }
    if (!options.working_directory.empty()) WEIR_CHECK(set_working_directory(options.working_directory, config));
    if (!options.stdin_file.empty()) {
        WEIR_TRY(fd, open_stdin(options.stdin_file));
        config.stdin_fd = fd;
    }
    WEIR_TRY(given, given_sockets(options.network));
    config.sockets = std::move(given);
    return config;
}

/// The optimizing compiler does not count.
Result<void, Problem> check_fuel(const RunOptions& options)
{
    if (!options.fuel || options.tier == Tier::automatic || options.tier == Tier::baseline) return {};
    return Unexpected{Problem{.error = "--fuel counts what the baseline compiler's code does, and --tier asks for another's",
                              .because = {},
                              .hint = "leave one of them out",
                              .exit_code = exit_usage}};
}

Result<int, Problem> try_run(const RunOptions& options, const std::string& path)
{
    WEIR_TRY(config, world_config(options));
    const bool has_given_sockets = !config.sockets.empty();
    WEIR_TRY(network, network_config(options.network));
    WEIR_CHECK(check_tier(options.tier));
    WEIR_CHECK(check_fuel(options));
    WEIR_TRY(profile, create_profile(options.profile));
    auto configuration = engine_config(options);
    configuration.code_listener = std::move(profile);
    auto engine = runtime::Engine::create(std::move(configuration));
    if (!engine) return Unexpected{cannot_start(engine.error())};
    // A profiler is told of code as it is made.
    // What counts fuel is another code, and rarely wanted twice.
    const bool uses_cache = options.uses_cache && !options.fuel && !options.attached && options.profile == Profile::none;
    const auto cache = uses_cache ? open_cache(options.tier, **engine) : nullptr;
    WEIR_TRY(loaded,
             options.attached ? load_attached(options.file, *options.attached, **engine) : load_file(path, **engine, cache.get()));
    WEIR_CHECK(check_program(options, loaded));
    const auto& module = loaded.module;
    if (world_of(*module) == WorldKind::edge_service)
        return Unexpected{
            Problem{.error = fmt::format("'{}' is an edge service (Fastly Compute)", printable(options.file)),
                    .because = "it answers requests; there is nothing to run without one",
                    .hint = fmt::format("weir serve {0}  serves HTTP with it; weir serve --request 'GET /' {0}  one request",
                                        printable(options.file))}};
    WEIR_CHECK(check_memories(options, *module));
    auto world = wasip1::World::create(std::move(config));
    if (!world) return Unexpected{cannot_grant(world.error(), options)};
    auto code = runtime::ModuleCode::create(*engine, module, std::move(loaded.image));
    if (!code)
        return Unexpected{Problem{
            .error = fmt::format("cannot run '{}'", printable(options.file)), .because = printable(code.error()), .hint = {}}};
    auto store = runtime::Store::create(*engine);
    if (!store) return Unexpected{cannot_make_stack(store.error(), **engine)};

    runtime::Linker linker;
    std::unique_ptr<trace::Tracer> tracer;
    if (options.trace.is_on()) {
        WEIR_TRY(target, open_trace(options.trace, wasip1::World::host_modules()));
        tracer = std::make_unique<trace::Tracer>(std::move(target.options), target.output);
        linker.set_adapter(*tracer);
    }
    (*world)->add_to(linker);
    sockets::World sockets{**world, std::move(network)};
    sockets.add_to(linker);
    const auto imports = linker.resolve(**store, *module);
    if (!imports) return Unexpected{link_problem(options.file, imports.error())};
    WEIR_TRY(entry, find_entry(options, *module));
    warn_without_network(options, has_given_sockets, *module);

    int exit_code = 0;
    stop_on_signals(**store, options);
    auto instance = (*store)->instantiate(*code, *imports);
    if (instance) {
        exit_code = call_entry(**store, **instance, entry, options);
    } else if (const auto* const trap = std::get_if<runtime::Trap>(&instance.error())) {
        exit_code = report_trap(*trap, **store, options);
    } else if (const auto* const exit = std::get_if<runtime::Exit>(&instance.error())) {
        exit_code = exit_code_of(*exit);
    } else {
        return Unexpected{Problem{.error = fmt::format("cannot instantiate '{}'", printable(options.file)),
                                  .because = std::get<std::string>(instance.error()),
                                  .hint = {}}};
    }
    if (tracer) tracer->finish();
    if (cache) cache->save(**code);
    // Memories, code and stacks go with the process; to unmap them one by one would take longer than a small guest runs.
    ::_exit(exit_code);
}

}  // namespace

Result<wasip1::Preopen, Problem> parse_directory(std::string_view text)
{
    const auto wrong = [&](std::string because, std::string hint = "the form is HOST[::GUEST][:ro], e.g. --dir ./data::/data:ro") {
        return Unexpected{Problem{.error = fmt::format("--dir '{}' is not understood", printable(text)),
                                  .because = std::move(because),
                                  .hint = std::move(hint),
                                  .exit_code = exit_usage}};
    };
    wasip1::Preopen preopen;
    const size_t separator = text.find("::");
    std::string_view host = text.substr(0, separator);
    std::string_view guest = separator == std::string_view::npos ? std::string_view{} : text.substr(separator + 2);
    std::string_view& last = separator == std::string_view::npos ? host : guest;
    if (const size_t colon = last.rfind(':'); colon != std::string_view::npos) {
        if (const std::string_view suffix = last.substr(colon + 1); suffix != "ro")
            return wrong(fmt::format("':{}' is no suffix that weir knows; there is only ':ro', read-only", printable(suffix)),
                         separator == std::string_view::npos
                             ? fmt::format("host and guest name are separated by '::', as in --dir {}::{}",
                                           printable(last.substr(0, colon)), printable(suffix))
                             : std::string{"the form is HOST[::GUEST][:ro]"});
        preopen.is_read_only = true;
        last = last.substr(0, colon);
    }
    if (host.empty()) return wrong("the host's folder is missing");
    if (separator != std::string_view::npos && guest.empty()) return wrong("the guest's name for it is missing");
    preopen.host_path = host;
    preopen.guest_path = separator == std::string_view::npos ? host : guest;
    return preopen;
}

Result<std::vector<std::string>, Problem> guest_environment(const RunOptions& options, const char* const* own)
{
    const auto value_of = [own](std::string_view name) -> const char* {
        for (const char* const* variable = own; *variable != nullptr; ++variable)
            if (const std::string_view text = *variable; text.starts_with(name) && text.substr(name.size()).starts_with('='))
                return *variable;
        return nullptr;
    };
    std::vector<std::string> environment;
    if (options.inherits_environment)
        for (const char* const* variable = own; *variable != nullptr; ++variable) environment.emplace_back(*variable);
    for (const std::string& text : options.environment) {
        const std::string name = text.substr(0, text.find('='));
        if (name.empty())
            return Unexpected{Problem{.error = fmt::format("--env '{}' names no variable", printable(text)),
                                      .because = {},
                                      .hint = "the form is NAME=VALUE, or NAME to pass weir's own value on",
                                      .exit_code = exit_usage}};
        const bool has_value = name.size() != text.size();
        const char* const inherited = has_value ? nullptr : value_of(name);
        if (!has_value && inherited == nullptr)
            return Unexpected{Problem{.error = fmt::format("--env {}: there is no such variable to pass on", printable(name)),
                                      .because = {},
                                      .hint = fmt::format("--env {}=VALUE  gives it a value", printable(name)),
                                      .exit_code = exit_usage}};
        std::erase_if(environment,
                      [&](const std::string& e) { return e.starts_with(name) && e.size() > name.size() && e[name.size()] == '='; });
        environment.push_back(has_value ? text : inherited);
    }
    return environment;
}

building::BuildOptions build_options(const RunOptions& options)
{
    // A command of Go's is none whose functions could be called; of C and C++ it can be seen in the sources.
    return {.is_library = options.is_library || options.invoke, .uses_cache = options.uses_cache};
}

int run_module(const RunOptions& options, const std::string& path)
{
    const auto exit_code = try_run(options, path);
    return exit_code ? *exit_code : report(exit_code.error());
}

int run(const RunOptions& options)
{
    if (options.attached) return run_module(options, options.file);
    if (options.watches) return run_watching(options);
    const auto program = find_program(options.file, build_options(options));
    return program ? run_module(options, program->module) : report(program.error());
}

}  // namespace weir::cli
