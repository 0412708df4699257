#include "cli/inspect.hpp"

#include "baseline/baseline.hpp"
#include "cli/load_file.hpp"
#include "cli/messages.hpp"
#include "runtime/module_code.hpp"

#include <chrono>
#include <cstdio>
#include <map>

namespace weir::cli {

namespace {

std::string limits(const wasm::Limits& l) { return std::to_string(l.min) + ".." + (l.max ? std::to_string(*l.max) : std::string{"unbounded"}); }

std::string describe(const wasm::Module& m, const wasm::ExternType& type)
{
    if (const auto* const f = std::get_if<wasm::FuncExtern>(&type)) return to_string(m.sub_type(f->type).func);
    if (const auto* const t = std::get_if<wasm::TableType>(&type)) return "table " + limits(t->limits) + " " + to_string(t->element);
    if (const auto* const t = std::get_if<wasm::MemoryType>(&type)) return "memory " + limits(t->limits) + " pages";
    if (const auto* const t = std::get_if<wasm::GlobalType>(&type)) return (t->mutability == wasm::Mutability::var ? "global mut " : "global ") + to_string(t->type);
    return "tag " + to_string(m.sub_type(std::get<wasm::TagExtern>(type).type).func);
}

std::string describe(const wasm::Module& m, const wasm::Export& e)
{
    switch (e.kind) {
    case wasm::ExternKind::func: return to_string(m.func_type(wasm::FuncIdx{e.index}));
    case wasm::ExternKind::table: return describe(m, wasm::ExternType{m.tables[e.index].type});
    case wasm::ExternKind::memory: return describe(m, wasm::ExternType{m.memories[e.index]});
    case wasm::ExternKind::global: return describe(m, wasm::ExternType{m.globals[e.index].type});
    case wasm::ExternKind::tag: return describe(m, wasm::ExternType{wasm::TagExtern{m.tags[e.index]}});
    }
    return {};
}

/// What kind of program it is, and the command that runs it. Design, section 1.
struct World {
    const char* name;
    std::string command;
};
World world_of(const wasm::Module& m, const std::string& file)
{
    bool has_sockets = false, has_fastly = false;
    for (const wasm::Import& i : m.imports) {
        has_sockets |= i.name.starts_with("sock_") && i.module.starts_with("wasi_");
        has_fastly |= i.module.starts_with("fastly_");
    }
    if (has_fastly) return {"edge service (Fastly Compute); this weir does not have that world yet", {}};
    if (has_sockets) return {"sockets (WasmEdge extension); this weir does not have that world yet", {}};
    if (m.find_export("_start") != nullptr) return {"command (WASI preview 1)", "weir run " + file};
    return {"reactor (a library of exports); this weir does not have that world yet", {}};
}

void print_text(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_module(const wasm::Module& m, const std::string& file)
{
    size_t code_bytes = 0;
    for (const wasm::FunctionBody& b : m.bodies) code_bytes += b.bytes.size();
    const World world = world_of(m, file);
    std::string text = "file       " + file + ", " + std::to_string(m.bytes.size()) + " bytes\nworld      " + world.name + "\n";
    if (!world.command.empty()) text += "run it     " + world.command + "\n";
    text += "functions  " + std::to_string(m.bodies.size()) + " defined, " + std::to_string(m.imported_function_count) + " imported, " + std::to_string(code_bytes) + " bytes of code\n";
    for (size_t i = 0; i < m.memories.size(); ++i) text += "memory " + std::to_string(i) + "   " + limits(m.memories[i].limits) + " pages of " + std::to_string(1U << m.memories[i].page_size_log2) + " bytes" + (m.memories[i].is_shared ? ", shared" : "") + (m.memories[i].address == wasm::AddressType::i64 ? ", 64-bit addresses" : "") + "\n";
    for (const wasm::Producer& p : m.producers) text += "producer   " + std::string{p.field} + ": " + std::string{p.name} + " " + std::string{p.version} + "\n";
    if (!m.target_features.empty()) {
        text += "features  ";
        for (const std::string_view f : m.target_features) text += " " + std::string{f};
        text += "\n";
    }
    if (m.unsupported) text += "refused    uses " + std::string{m.unsupported->feature} + " (" + std::string{m.unsupported->instruction} + "), which weir validates but does not run yet\n";
    std::map<std::string_view, std::string> imports;  // names may repeat
    for (const wasm::Import& i : m.imports) imports[i.module] += "  " + std::string{i.name} + " " + describe(m, i.type) + "\n";
    for (const auto& [module, lines] : imports) text += "imports from " + std::string{module} + "\n" + lines;
    text += "exports\n";
    for (const wasm::Export& e : m.exports) text += "  " + std::string{e.name} + " " + describe(m, e) + "\n";
    print_text(text);
}

}  // namespace

int inspect(const InspectOptions& options)
{
    auto engine = runtime::Engine::create({.compiler = baseline::create_compiler()});
    if (!engine) {
        print_error("cannot start: " + engine.error().to_string());
        return exit_failure;
    }
    const auto module = load_file(options.file, (*engine)->types());
    if (module == nullptr) return exit_failure;
    if (!options.compiles_all) {
        print_module(*module, options.file);
        return 0;
    }
    auto code = runtime::ModuleCode::create(*engine, module);
    if (!code) {
        print_error("'" + options.file + "': " + code.error());
        return exit_failure;
    }
    const auto started = std::chrono::steady_clock::now();
    const auto totals = (*code)->compile_all(options.threads);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (!totals) {
        print_error("cannot compile '" + options.file + "': " + totals.error().message);
        return exit_failure;
    }
    std::printf("functions %zu  wasm bytes %zu  code bytes %zu  seconds %.4f  MB/s %.1f\n", totals->functions, totals->wasm_bytes, totals->code_bytes, seconds,
                static_cast<double>(totals->wasm_bytes) / 1e6 / seconds);
    return 0;
}

}  // namespace weir::cli
