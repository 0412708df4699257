#include "cli/run.hpp"

#include "baseline/baseline.hpp"
#include "cli/load_file.hpp"
#include "cli/messages.hpp"
#include "runtime/linker.hpp"
#include "runtime/module_code.hpp"
#include "runtime/store.hpp"

#include <cstdlib>
#include <optional>

extern char** environ;

namespace weir::cli {

namespace {

/// HOST[::GUEST][:ro]; the guest sees the host's name unless told otherwise. Empty after it printed what is wrong.
std::optional<wasip1::Preopen> parse_directory(const std::string& text)
{
    wasip1::Preopen preopen;
    std::string host = text;
    const size_t separator = text.find("::");
    std::string* last = &host;
    std::string guest;
    if (separator != std::string::npos) {
        host = text.substr(0, separator);
        guest = text.substr(separator + 2);
        last = &guest;
    }
    if (const size_t colon = last->rfind(':'); colon != std::string::npos) {
        const std::string suffix = last->substr(colon + 1);
        if (suffix == "ro") {
            preopen.is_read_only = true;
        } else if (suffix != "rw") {
            print_error("--dir '" + text + "': unknown suffix ':" + suffix + "'", "the form is HOST[::GUEST][:ro], e.g. --dir data::/data:ro");
            return std::nullopt;
        }
        last->resize(colon);
    }
    if (host.empty()) {
        print_error("--dir '" + text + "': the host directory is missing", "the form is HOST[::GUEST][:ro], e.g. --dir .");
        return std::nullopt;
    }
    preopen.host_path = host;
    preopen.guest_path = separator == std::string::npos || guest.empty() ? host : guest;
    return preopen;
}

std::optional<wasip1::WorldConfig> world_config(const RunOptions& options)
{
    wasip1::WorldConfig config;
    config.args.push_back(options.file);
    config.args.insert(config.args.end(), options.args.begin(), options.args.end());
    if (options.inherits_environment)
        for (char** e = environ; *e != nullptr; ++e) config.environment.emplace_back(*e);
    for (const std::string& e : options.environment) {
        if (e.empty() || e.front() == '=') {
            print_error("--env '" + e + "': the name is missing", "the form is NAME=VALUE, or NAME to pass weir's own on");
            return std::nullopt;
        }
        if (e.find('=') != std::string::npos)
            config.environment.push_back(e);
        else if (const char* const value = std::getenv(e.c_str()))
            config.environment.push_back(e + "=" + value);
    }
    for (const std::string& d : options.directories) {
        auto preopen = parse_directory(d);
        if (!preopen) return std::nullopt;
        config.preopens.push_back(std::move(*preopen));
    }
    return config;
}

int report(const runtime::Trap& trap)
{
    print_error("the guest trapped: " + trap.message() + (trap.frames.empty() ? "" : "\n" + runtime::format_backtrace(trap)));
    return exit_trap;
}

int exit_code(const runtime::Outcome& outcome)
{
    if (const auto* const exit = std::get_if<runtime::Exit>(&outcome)) return static_cast<int>(exit->code & 0xffU);
    if (const auto* const trap = std::get_if<runtime::Trap>(&outcome)) return report(*trap);
    return 0;
}

}  // namespace

int run(const RunOptions& options)
{
    auto config = world_config(options);
    if (!config) return exit_usage;
    auto engine = runtime::Engine::create({.compiler = baseline::create_compiler(), .bounds = options.bounds});
    if (!engine) {
        print_error("cannot start: " + engine.error().to_string());
        return exit_failure;
    }
    const auto module = load_file(options.file, (*engine)->types());
    if (module == nullptr) return exit_failure;
    auto world = wasip1::World::create(std::move(*config));
    if (!world) {
        print_error("--dir: " + world.error().to_string());
        return exit_failure;
    }
    auto code = runtime::ModuleCode::create(*engine, module);
    if (!code) {
        print_error("'" + options.file + "': " + code.error());
        return exit_failure;
    }
    auto store = runtime::Store::create(*engine);
    if (!store) {
        print_error("cannot start: " + store.error().to_string());
        return exit_failure;
    }
    runtime::Linker linker;
    (*world)->add_to(linker);
    const auto imports = linker.resolve(**store, *module);
    if (!imports) {
        print_link_error(options.file, imports.error());
        return exit_failure;
    }
    const wasm::Export* const start = module->find_export("_start");
    if (start == nullptr || start->kind != wasm::ExternKind::func || !module->func_type(wasm::FuncIdx{start->index}).params.empty()) {
        print_error("'" + options.file + "' is not a command: it exports no function _start without parameters",
                    "`weir inspect " + options.file + "` lists what it exports");
        return exit_failure;
    }
    auto instance = (*store)->instantiate(*code, *imports);
    if (!instance) {
        if (const auto* const trap = std::get_if<runtime::Trap>(&instance.error())) return report(*trap);
        if (const auto* const exit = std::get_if<runtime::Exit>(&instance.error())) return static_cast<int>(exit->code & 0xffU);
        print_error("cannot instantiate '" + options.file + "': " + std::get<std::string>(instance.error()));
        return exit_failure;
    }
    runtime::Value none[1];
    return exit_code((*store)->call(*(*instance)->function(wasm::FuncIdx{start->index}), none));
}

}  // namespace weir::cli
