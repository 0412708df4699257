#include "serve/loaded.hpp"

#include "baseline/baseline.hpp"
#include "cli/code_cache.hpp"
#include "cli/input.hpp"
#include "cli/link_problem.hpp"
#include "cli/program.hpp"
#include "cli/tier.hpp"
#include "cli/world.hpp"
#include "host/wasip1/world.hpp"
#include "runtime/linker.hpp"
#include "runtime/store.hpp"
#include "serve/config/fastly_toml.hpp"
#include "serve/config/section.hpp"
#include "serve/config/user_agents.hpp"
#include "serve/instance_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace weir::serve {

namespace {

using cli::Problem;

/// Functions that may be called once for many requests: see LinkedImport::precedes_requests.
bool precedes_requests(std::string_view module, std::string_view name)
{
    constexpr std::array<std::string_view, 12> of_wasi{
        "args_get",      "args_sizes_get",      "clock_res_get",  "clock_time_get",      "environ_get", "environ_sizes_get",
        "fd_fdstat_get", "fd_fdstat_set_flags", "fd_prestat_get", "fd_prestat_dir_name", "random_get",  "sched_yield"};
    if (module == "wasi_snapshot_preview1" || module == "wasi_unstable") return std::ranges::find(of_wasi, name) != of_wasi.end();
    return module == "fastly_abi" && name == "init";
}

/// Notes what the linker finds, in the order in which it does: that of the imports. Worlds are told apart by the data that they are given.
class Recorder final : public runtime::HostAdapter {
public:
    runtime::HostBinding adapt(const runtime::HostModule& module, const runtime::HostFunction& function,
                               runtime::HostBinding binding) override
    {
        using World = LinkedImport::World;
        const World world = binding.data == &waits ? World::waits : binding.data == &wasi ? World::wasi : World::fastly;
        found.push_back({world, {}, binding.entry, precedes_requests(module.name, function.name)});
        return binding;
    }
    std::vector<LinkedImport> found;
    char fastly = 0, waits = 0, wasi = 0;
};

/// Finds every import; the problem says what is missing.
Result<std::vector<LinkedImport>, Problem> link(const Loaded& loaded)
{
    const wasm::Module& module = *loaded.code->module();
    auto store = runtime::Store::create(loaded.engine);
    if (!store) return Unexpected{Problem{.error = "weir cannot start", .because = store.error().to_string(), .hint = {}}};
    Recorder recorder;
    runtime::Linker linker;
    linker.set_adapter(recorder);
    fastly::World::add_to(linker, &recorder.fastly, &recorder.waits);
    for (const runtime::HostModule& m : wasip1::World::host_modules()) linker.add(m, &recorder.wasi);
    const auto imports = linker.resolve(**store, module);
    if (!imports) return Unexpected{cli::link_problem(loaded.options->file, imports.error())};
    for (size_t i = 0; i < module.imports.size(); ++i)
        recorder.found[i].type = std::get<wasm::FuncExtern>(module.imports[i].type).type;
    return std::move(recorder.found);
}

/// A program that imports nothing of an edge service could answer nobody.
Result<void, Problem> check_world(const std::string& file, const wasm::Module& module)
{
    const cli::WorldKind world = cli::world_of(module);
    if (world == cli::WorldKind::edge_service) return {};
    std::string_view how = "weir run {0}  runs it";
    if (world == cli::WorldKind::sockets) how = "weir run --net {0}  runs it";
    if (world == cli::WorldKind::reactor) how = "weir run --invoke NAME {0} ARGS...  calls a function of it";
    return Unexpected{
        Problem{.error = fmt::format("'{}' is no edge service", cli::printable(file)),
                .because = fmt::format("it is {}, and imports nothing of Fastly Compute's interface (fastly_*)", describe(world)),
                .hint = fmt::format(fmt::runtime(how), cli::printable(file))}};
}

Result<void, Problem> check_start(const std::string& file, const wasm::Module& module)
{
    const wasm::Export* const start = module.find_export("_start");
    if (start != nullptr && start->kind == wasm::ExternKind::func &&
        module.func_type(wasm::FuncIdx{start->index}) == wasm::FuncType{})
        return {};
    return Unexpected{
        Problem{.error = fmt::format("'{}' cannot serve requests", cli::printable(file)),
                .because = "it exports no function _start that takes and answers nothing, which is called for each request",
                .hint = "build it as a command, not as a library (reactor)"}};
}

/// Has a service tell user agents apart. Rules of a file that the user names are read at once, so that what is wrong with them is told; the
/// system's when a guest first asks for them, and without them none are known.
Result<void, Problem> add_user_agents(fastly::Service& service, const std::string& file, const std::shared_ptr<const Log>& log)
{
    struct Rules {
        std::once_flag once;
        std::optional<UserAgents> rules;
    };
    if (file == no_user_agents) return {};
    const auto shared = std::make_shared<Rules>();
    if (!file.empty()) {
        auto rules = UserAgents::read(file);
        if (!rules)
            return Unexpected{Problem{.error = fmt::format("cannot use the rules of '{}' (--user-agents)", cli::printable(file)),
                                      .because = cli::printable(rules.error()),
                                      .hint = "it is a file in the form of uap-core's regexes.yaml"}};
        std::call_once(shared->once, [&] { shared->rules = std::move(*rules); });
    }
    service.user_agent = [shared, log](std::string_view user_agent) -> std::optional<fastly::UserAgent> {
        std::call_once(shared->once, [&] {
            auto rules = UserAgents::read(std::string{UserAgents::default_file});
            if (rules) shared->rules = std::move(*rules);
            else
                log->write(Level::warn, nullptr,
                           fmt::format("there are no rules for user agents in {}: {}", UserAgents::default_file, rules.error()));
        });
        if (!shared->rules) return std::nullopt;
        return shared->rules->parse(user_agent);
    };
    return {};
}

/// Null when an instance cannot be made; who makes one for a request tells why.
std::shared_ptr<const runtime::InitialState> capture_initial_state(const std::shared_ptr<const Loaded>& loaded)
{
    const auto instance = GuestInstance::create(loaded);
    return instance ? runtime::InitialState::capture(*(*instance)->instance) : nullptr;
}

/// A service without a configuration of its own.
std::shared_ptr<fastly::Service> bare_service() { return *parse_fastly_toml(""); }

}  // namespace

Result<std::shared_ptr<fastly::Service>, Problem> load_config(const std::string& file)
{
    auto text = read_file(file);
    if (!text)
        return Unexpected{
            Problem{.error = fmt::format("error reading '{}'", cli::printable(file)), .because = text.error(), .hint = {}}};
    auto service = parse_fastly_toml(*text);
    if (service) return std::move(*service);
    std::string lines;
    for (const ConfigProblem& problem : service.error()) {
        if (!lines.empty()) lines += '\n';
        lines += problem.line == 0
                   ? fmt::format("{}: {}", cli::printable(file), cli::printable(problem.text))
                   : fmt::format("{}:{}:{}: {}", cli::printable(file), problem.line, problem.column, cli::printable(problem.text));
    }
    const size_t count = service.error().size();
    return Unexpected{
        Problem{.error = fmt::format("error parsing `{}`: {} mistake{}", cli::printable(file), count, count == 1 ? "" : "s"),
                .because = lines,
                .hint = {}}};
}

Result<std::shared_ptr<const Loaded>, Problem> load(std::shared_ptr<const GuestOptions> options, std::shared_ptr<const Log> log)
{
    auto loaded = std::make_shared<Loaded>();
    loaded->options = options;
    loaded->log = log;
    std::shared_ptr<fastly::Service> service;
    if (options->config_file.empty()) {
        service = bare_service();
    } else {
        WEIR_TRY(configured, load_config(options->config_file));
        service = std::move(configured);
    }
    service->log = [log](std::string_view endpoint, std::string_view message) { log->write_entry(endpoint, message); };
    service->warn = [log](const fastly::Arrival* request, std::string_view text) { log->write(Level::warn, request, text); };
    WEIR_CHECK(add_user_agents(*service, options->user_agents_file, log));
    loaded->service = std::move(service);

    if (options->trace.is_on()) {
        std::vector<runtime::HostModule> modules;
        for (const auto table : {fastly::World::host_modules(), wasip1::World::host_modules()})
            modules.insert(modules.end(), table.begin(), table.end());
        WEIR_TRY(target, cli::open_trace(options->trace, modules));
        loaded->trace = std::move(target);
    }
    WEIR_CHECK(cli::check_tier(options->tier));
    runtime::EngineConfig config{.compiler = baseline::create_compiler(), .bounds = options->bounds};
    cli::choose_tiers(options->tier, config);
    config.max_memory_bytes = options->max_memory_bytes;
    config.code_listener = options->code_listener;
    auto engine = runtime::Engine::create(std::move(config));
    if (!engine) return Unexpected{Problem{.error = "weir cannot start", .because = engine.error().to_string(), .hint = {}}};
    loaded->engine = std::move(*engine);
    const building::BuildOptions how{.uses_cache = options->uses_cache, .wants_inputs = options->watches};
    WEIR_TRY(program, cli::find_program(options->file, how));
    loaded->inputs = std::move(program.inputs);
    if (!options->config_file.empty()) loaded->inputs.push_back(options->config_file);
    auto cache = options->uses_cache ? cli::open_cache(options->tier, *loaded->engine) : nullptr;
    WEIR_TRY(file, cli::load_file(program.module, *loaded->engine, cache.get(), cli::FileBytes::copied));
    if (options->must_be_service) WEIR_CHECK(check_world(options->file, *file.module));
    WEIR_CHECK(check_start(options->file, *file.module));
    auto code = runtime::ModuleCode::create(loaded->engine, file.module, std::move(file.image));
    if (!code)
        return Unexpected{Problem{.error = fmt::format("cannot run '{}'", cli::printable(options->file)),
                                  .because = cli::printable(code.error()),
                                  .hint = {}}};
    loaded->code = std::move(*code);
    WEIR_TRY(imports, link(*loaded));
    loaded->imports = std::move(imports);
    if (options->reuses_instances && !loaded->trace) loaded->initial = capture_initial_state(loaded);
    if (cache != nullptr) loaded->keeper = std::make_unique<CodeKeeper>(std::move(cache), loaded->code);
    if (options->config_file.empty())
        log->write(Level::warn, nullptr, "no configuration is given (-C fastly.toml): there are no backends and no stores");
    return loaded;
}

}  // namespace weir::serve
