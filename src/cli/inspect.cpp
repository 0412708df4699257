#include "cli/inspect.hpp"

#include "baseline/baseline.hpp"
#include "cli/code_cache.hpp"
#include "cli/console.hpp"
#include "cli/input.hpp"
#include "cli/tier.hpp"
#include "cli/world.hpp"
#include "compile_process/remote_compiler.hpp"
#include "host/wasip1/world.hpp"
#include "runtime/linker.hpp"
#include "runtime/module_code.hpp"
#include "runtime/store.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace weir::cli {

namespace {

template <class... Fs>
struct Overload : Fs... {
    using Fs::operator()...;
};

/// "1 function", "2 functions".
std::string counted(size_t n, std::string_view noun) { return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s"); }

std::string size_text(uint64_t bytes)
{
    if (bytes < 10'000) return fmt::format("{} bytes", bytes);
    if (bytes < 10'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
    return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string to_text(const wasm::Limits& limits, std::string_view unit)
{
    if (!limits.max) return fmt::format("{} {}, no maximum", limits.min, unit);
    return *limits.max == limits.min ? fmt::format("{} {}", limits.min, unit)
                                     : fmt::format("{} to {} {}", limits.min, *limits.max, unit);
}

std::string to_text(const wasm::MemoryType& type)
{
    std::string text = to_text(type.limits, "pages");
    if (type.page_size_log2 != 16) text += fmt::format(" of {}", counted(size_t{1} << type.page_size_log2, "byte"));
    if (type.is_shared) text += ", shared";
    if (type.address == wasm::AddressType::i64) text += ", 64-bit";
    return text;
}

std::string to_text(const wasm::Module& module, const wasm::ExternType& type)
{
    return std::visit(Overload{
                          [&](const wasm::FuncExtern& function) { return wasm::to_string(module.sub_type(function.type).func); },
                          [](const wasm::TableType& table) {
                              return fmt::format("table of {}, {}", wasm::to_string(table.element),
                                                 to_text(table.limits, "elements"));
                          },
                          [](const wasm::MemoryType& memory) { return "memory, " + to_text(memory); },
                          [](const wasm::GlobalType& global) {
                              return fmt::format("{} {}", global.mutability == wasm::Mutability::var ? "variable" : "constant",
                                                 wasm::to_string(global.type));
                          },
                          [&](const wasm::TagExtern& tag) { return "tag " + wasm::to_string(module.sub_type(tag.type).func); },
                      },
                      type);
}

wasm::ExternType type_of(const wasm::Module& module, const wasm::Export& e)
{
    switch (e.kind) {
    case wasm::ExternKind::func: return wasm::FuncExtern{module.functions[e.index]};
    case wasm::ExternKind::table: return module.tables[e.index].type;
    case wasm::ExternKind::memory: return module.memories[e.index];
    case wasm::ExternKind::global: return module.globals[e.index].type;
    case wasm::ExternKind::tag: break;
    }
    return wasm::TagExtern{module.tags[e.index]};
}

/// The imports that nothing provides: what linking says.
Result<runtime::LinkError, Problem> find_missing(const std::shared_ptr<runtime::Engine>& engine, const wasm::Module& module)
{
    const auto failed = [](const SysError& error) {
        return Unexpected{Problem{.error = "weir cannot start", .because = error.to_string(), .hint = {}}};
    };
    auto world = wasip1::World::create({});
    if (!world) return failed(world.error());
    auto store = runtime::Store::create(engine);
    if (!store) return failed(store.error());
    runtime::Linker linker;
    (*world)->add_to(linker);
    auto imports = linker.resolve(**store, module);
    if (imports) return runtime::LinkError{};
    // What of the edge world there is only weir-serve knows; it tells what a service lacks when it loads it.
    if (world_of(module) == WorldKind::edge_service)
        std::erase_if(imports.error().imports, [](const auto& import) {
            return import.module.starts_with("fastly_") || (import.module == "env" && import.name.starts_with("xqd_"));
        });
    return std::move(imports.error());
}

/// Names may repeat with other types, so the type counts, too.
bool is_missing(const runtime::LinkError& missing, const wasm::Module& module, const wasm::Import& import)
{
    const std::string type = to_text(module, import.type);
    const bool is_function = std::holds_alternative<wasm::FuncExtern>(import.type);
    return std::ranges::any_of(missing.imports, [&](const auto& m) {
        return m.module == import.module && m.name == import.name && (!is_function || m.wanted.ends_with(type));
    });
}

std::string imports_text(const wasm::Module& module, const runtime::LinkError& missing)
{
    // By module, in the order of their first appearance; names may repeat.
    std::vector<std::pair<std::string_view, std::vector<const wasm::Import*>>> groups;
    for (const auto& import : module.imports) {
        auto group = std::ranges::find(groups, import.module, [](const auto& g) { return g.first; });
        if (group == groups.end()) group = groups.insert(group, {import.module, {}});
        group->second.push_back(&import);
    }
    std::string text;
    for (const auto& [name, imports] : groups) {
        text += fmt::format("imports from {} ({})\n", printable(name), counted(imports.size(), "thing"));
        for (const auto* const import : imports) {
            const Origin origin = origin_of(import->module, import->name);
            std::string provider = "weir";
            if (is_missing(missing, module, *import))
                provider = "MISSING: " + std::string{origin.belongs_to.empty() ? "of no world that weir knows" : origin.belongs_to};
            text += fmt::format("  {:24} {:40} {}\n", printable(import->name), to_text(module, import->type), provider);
        }
    }
    return text;
}

std::string how_to_run(WorldKind world, const wasm::Module& module, const std::string& file)
{
    switch (world) {
    case WorldKind::command: return fmt::format("weir run {}", printable(file));
    case WorldKind::sockets: return fmt::format("weir run --net {}", printable(file));
    case WorldKind::edge_service: return fmt::format("weir serve {}", printable(file));
    case WorldKind::reactor: break;
    }
    const auto is_called = [](const wasm::Export& e) { return e.kind == wasm::ExternKind::func && e.name != "_initialize"; };
    const auto function = std::ranges::find_if(module.exports, is_called);
    if (function == module.exports.end()) return "there is nothing to run: it exports no function";
    const bool has_parameters = !module.func_type(wasm::FuncIdx{function->index}).params.empty();
    return fmt::format("weir run --invoke {} {}{}", printable(function->name), printable(file), has_parameters ? " ARGS..." : "");
}

std::string overview(const wasm::Module& module, const std::string& file, bool is_linkable, bool is_program)
{
    const WorldKind world = world_of(module);
    size_t code_bytes = 0, data_bytes = 0, custom_bytes = 0;
    for (const auto& body : module.bodies) code_bytes += body.bytes.size();
    for (const auto& data : module.datas) data_bytes += data.bytes.size();
    for (const auto& section : module.custom_sections) custom_bytes += section.bytes.size();

    std::string text = fmt::format("{}: {}\n", printable(file), size_text(module.bytes.size()));
    const auto row = [&](std::string_view label, const std::string& value) { text += fmt::format("  {:11} {}\n", label, value); };
    if (is_program) row("compiled", "by weir compile; what follows is the module that is in it");
    row("world", fmt::format("{}: {}", name_of(world), describe(world)));
    if (!module.unsupported && is_linkable) row("run it", how_to_run(world, module, file));
    else if (module.unsupported)
        row("run it", fmt::format("not with this weir: it uses {} ({}), which is validated but not run yet",
                                  module.unsupported->feature, module.unsupported->instruction));
    else row("run it", "not with this weir: imports are missing, see below");
    row("code", fmt::format("{}, {}", counted(module.bodies.size(), "function"), size_text(code_bytes)));
    row("data", fmt::format("{}, {}", counted(module.datas.size(), "segment"), size_text(data_bytes)));
    for (const auto& memory : module.memories) row("memory", to_text(memory));
    for (const auto& table : module.tables) row("table", to_text(module, table.type));
    if (!module.globals.empty()) row("globals", std::to_string(module.globals.size()));
    if (module.start) row("start", fmt::format("function {} runs when the module is instantiated", module.start->value));
    for (const auto& producer : module.producers)
        row(producer.field == "processed-by" ? "made by" : printable(producer.field),
            printable(fmt::format("{} {}", producer.name, producer.version)));
    std::string features;
    for (const auto feature : module.target_features) features += (features.empty() ? "" : ", ") + printable(feature);
    if (!features.empty()) row("features", features);
    std::string sections;
    for (const auto& section : module.custom_sections)
        sections +=
            fmt::format("{}{} ({})", sections.empty() ? "" : ", ", printable(section.name), size_text(section.bytes.size()));
    if (!sections.empty()) row("sections", fmt::format("{}  [custom: {}]", sections, size_text(custom_bytes)));
    return text;
}

std::string exports_text(const wasm::Module& module)
{
    std::string text = fmt::format("exports ({})\n", counted(module.exports.size(), "thing"));
    for (const auto& e : module.exports)
        text += fmt::format("  {:24} {}\n", printable(e.name), to_text(module, type_of(module, e)));
    return text;
}

Problem cannot_start(const SysError& error) { return {.error = "weir cannot start", .because = error.to_string(), .hint = {}}; }

/// Compiles what a former run has left out; its code stays, hot code above all.
Result<runtime::ModuleCode::CompileTotals, runtime::CompileError> compile_rest(runtime::ModuleCode& code)
{
    const wasm::Module& module = *code.module();
    runtime::ModuleCode::CompileTotals totals{.functions = module.bodies.size()};
    for (size_t i = 0; i < module.bodies.size(); ++i) {
        WEIR_TRY(entry, code.compile(wasm::FuncIdx{module.imported_function_count + static_cast<uint32_t>(i)}));
        static_cast<void>(entry);
        totals.wasm_bytes += module.bodies[i].bytes.size();
    }
    totals.code_bytes = code.space().used_bytes();
    return totals;
}

Result<std::string, Problem> compile_all(const InspectOptions& options)
{
    runtime::EngineConfig config{.compiler = baseline::create_compiler()};
    // Code for runs counts, for the compiler after this one, and is another.
    if (options.keeps_code) choose_tiers(Tier::automatic, config);
    auto engine = runtime::Engine::create(std::move(config));
    if (!engine) return Unexpected{cannot_start(engine.error())};
    // Who asks for it wants it of the smallest module.
    const cache::Cache::Limits limits{.large_code_bytes = 0, .min_growth_bytes = 1, .growth_divisor = SIZE_MAX};
    const auto cache = options.keeps_code ? open_cache(Tier::automatic, **engine, limits) : nullptr;
    WEIR_TRY(loaded, load_file(options.file, **engine, cache.get(), FileBytes::mapped, LoadFor::inspection));
    const bool has_code = cache != nullptr && loaded.image != nullptr;
    auto code = runtime::ModuleCode::create(*engine, loaded.module, has_code ? std::move(loaded.image) : nullptr);
    if (!code)
        return Unexpected{Problem{
            .error = fmt::format("cannot compile '{}'", printable(options.file)), .because = printable(code.error()), .hint = {}}};
    const auto started = std::chrono::steady_clock::now();
    const auto totals = has_code ? compile_rest(**code) : (*code)->compile_all(options.threads);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (!totals)
        return Unexpected{Problem{.error = fmt::format("cannot compile '{}'", printable(options.file)),
                                  .because = printable(totals.error().message),
                                  .hint = {}}};
    if (cache != nullptr && !loaded.is_program) cache->save(**code);
    // bench/compare.py reads this line.
    return fmt::format("functions {}  wasm bytes {}  code bytes {}  seconds {:.4f}  MB/s {:.1f}\n", totals->functions,
                       totals->wasm_bytes, totals->code_bytes, seconds, static_cast<double>(totals->wasm_bytes) / 1e6 / seconds);
}

Result<std::string, Problem> try_inspect(const InspectOptions& options)
{
    if (options.compiles_all) return compile_all(options);
    auto engine = runtime::Engine::create({.compiler = baseline::create_compiler()});
    if (!engine) return Unexpected{cannot_start(engine.error())};
    WEIR_TRY(loaded, load_file(options.file, **engine, nullptr, FileBytes::mapped, LoadFor::inspection));
    const auto& module = loaded.module;
    WEIR_TRY(missing, find_missing(*engine, *module));
    return overview(*module, options.file, missing.imports.empty(), loaded.is_program) + imports_text(*module, missing) +
           exports_text(*module);
}

/// Becomes weir-listing; the answer is for when that cannot be.
int list_function(const InspectOptions& options)
{
    const std::string program = compile_process::installed_program("weir-listing");
    pass_colour_on();
    ::execl(program.c_str(), program.c_str(), options.file.c_str(), options.function.c_str(), options.tier.c_str(), nullptr);
    return report({.error = "there is no program to list machine code",
                   .because = fmt::format("'{}': {}", printable(program), std::strerror(errno)),
                   .hint = {}});
}

}  // namespace

int inspect(const InspectOptions& options)
{
    if (!options.function.empty()) return list_function(options);
    const auto text = try_inspect(options);
    if (!text) return report(text.error());
    print(STDOUT_FILENO, *text);
    return 0;
}

}  // namespace weir::cli
