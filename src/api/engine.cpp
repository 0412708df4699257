#include "api/impl.hpp"
#include "base/mapping.hpp"
#include "baseline/baseline.hpp"
#include "cache/cache.hpp"
#include "cache/program.hpp"
#include "compile_process/remote_compiler.hpp"
#include "compile_process/whole_module.hpp"
#include "wasm/decode.hpp"
#include "wasm/load.hpp"
#include "wasm/type_registry.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace weir {

Result<Engine> Engine::create(const Config& config)
{
    runtime::EngineConfig c{.compiler = baseline::create_compiler()};
    if (config.checks_bounds) c.bounds = runtime::BoundsPolicy::checked;
    c.fuel = config.fuel;
    if (!config.optimizer.empty()) {
        c.optimizer = compile_process::create_remote_compiler(c.compiler, config.optimizer);
        c.tiers = runtime::TierPolicy::by_heat;
    }
    c.guest_stack_bytes = config.max_stack_bytes;
    c.max_memory_bytes = config.max_memory_bytes;
    c.max_table_elements = config.max_table_elements;
    auto engine = runtime::Engine::create(std::move(c));
    if (!engine) return Unexpected{to_error(engine.error(), "make an engine")};
    return Access::make<Engine>(std::make_shared<Impl>(Impl{config, std::move(*engine)}));
}

namespace {

Module make_module(const Engine& engine, std::shared_ptr<runtime::ModuleCode> code)
{
    const auto& [config, runtime_engine] = Access::impl(engine);
    return Access::make<Module>(std::make_shared<Access::ModuleImpl>(Access::ModuleImpl{config, runtime_engine, std::move(code)}));
}

Result<Module> load(const Engine& engine, std::span<const std::byte> bytes, std::shared_ptr<const void> owner)
{
    const auto& runtime_engine = Access::impl(engine).engine;
    auto module = wasm::load_module(bytes, std::move(owner), runtime_engine->types());
    if (!module) return Unexpected{Error{ErrorKind::module, module.error().to_string()}};
    auto code = runtime::ModuleCode::create(runtime_engine, std::move(*module));
    if (!code) return Unexpected{Error{ErrorKind::module, std::move(code).error()}};
    return make_module(engine, std::move(*code));
}

Error not_for_here(cache::ImageProblem problem)
{
    const auto because = [&] {
        switch (problem) {
        case cache::ImageProblem::other_build: return "it was compiled by another build of weir";
        case cache::ImageProblem::other_processor: return "it was compiled for a processor with features that this one lacks";
        case cache::ImageProblem::other_settings: return "it was compiled for memories of the other kind (Config::checks_bounds)";
        default: return "the program is damaged";
        }
    };
    return {ErrorKind::module, because()};
}

/// A program, whose module was validated before it was compiled.
Result<Module> load_program(const Engine& engine, UniqueFd file)
{
    const auto& runtime_engine = Access::impl(engine).engine;
    const auto settings = cache::settings_here(cache::Settings::Tiers::by_heat, *runtime_engine);
    const auto opened = cache::open_image(std::move(file), settings, cache::Checks::tables);
    if (!opened) return Unexpected{not_for_here(opened.error())};
    const auto module = wasm::decode(opened->module, opened->image, runtime_engine->types());
    constexpr bool counts = true;  // for the tier after it, whether or not there is one here
    if (!module || !runtime::is_consistent(*opened->image, **module, counts))
        return Unexpected{not_for_here(cache::ImageProblem::damaged)};
    auto code = runtime::ModuleCode::create(runtime_engine, *module, opened->image);
    if (!code) return Unexpected{Error{ErrorKind::module, std::move(code).error()}};
    return make_module(engine, std::move(*code));
}

uint64_t max_of(const wasm::Limits& limits) { return limits.max.value_or(UINT64_MAX); }

ExternType to_extern_type(const wasm::ExternType& type, const wasm::Module& module)
{
    if (const auto* const f = std::get_if<wasm::FuncExtern>(&type)) return to_function_type(module.sub_type(f->type).func);
    if (const auto* const t = std::get_if<wasm::TableType>(&type))
        return TableType{to_value_type(t->element), t->limits.min, max_of(t->limits)};
    if (const auto* const m = std::get_if<wasm::MemoryType>(&type))
        return MemoryType{m->limits.min, max_of(m->limits), m->is_shared};
    if (const auto* const g = std::get_if<wasm::GlobalType>(&type))
        return GlobalType{to_value_type(g->type), g->mutability == wasm::Mutability::var};
    return TagType{};
}

ExternType type_of_export(const wasm::Export& e, const wasm::Module& module)
{
    switch (e.kind) {
    case wasm::ExternKind::func: return to_function_type(module.func_type(wasm::FuncIdx{e.index}));
    case wasm::ExternKind::table: return to_extern_type(module.tables[e.index].type, module);
    case wasm::ExternKind::memory: return to_extern_type(module.memories[e.index], module);
    case wasm::ExternKind::global: return to_extern_type(module.globals[e.index].type, module);
    case wasm::ExternKind::tag: break;
    }
    return TagType{};
}

}  // namespace

Result<Module> Module::from_bytes(const Engine& engine, std::span<const std::byte> bytes)
{
    const auto owner = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    return load(engine, *owner, owner);
}

Result<Module> Module::from_file(const Engine& engine, const std::filesystem::path& path)
{
    const std::string doing = "read '" + path.string() + "'";
    // Without O_NONBLOCK opening a FIFO that nobody writes to would wait for ever.
    UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status{};
    if (!fd || ::fstat(fd.get(), &status) != 0) return Unexpected{to_error(last_error("open"), doing)};
    if (!S_ISREG(status.st_mode)) return Unexpected{Error{ErrorKind::system, "cannot " + doing + ": it is not a regular file"}};
    auto mapping = Mapping::map_file(fd.get(), path.string());
    if (!mapping) return Unexpected{to_error(mapping.error(), doing)};
    const auto owner = std::make_shared<const Mapping>(std::move(*mapping));
    auto module = cache::is_image(owner->bytes()) ? load_program(engine, std::move(fd)) : load(engine, owner->bytes(), owner);
    if (!module) module.error().message = "'" + path.string() + "': " + module.error().message;
    return module;
}

std::vector<ImportInfo> Module::imports() const
{
    const wasm::Module& module = *m_impl->code->module();
    std::vector<ImportInfo> all;
    for (const wasm::Import& i : module.imports)
        all.push_back({std::string{i.module}, std::string{i.name}, to_extern_type(i.type, module)});
    return all;
}

std::vector<ExportInfo> Module::exports() const
{
    const wasm::Module& module = *m_impl->code->module();
    std::vector<ExportInfo> all;
    for (const wasm::Export& e : module.exports) all.push_back({std::string{e.name}, type_of_export(e, module)});
    return all;
}

Result<void> Module::compile(unsigned threads) const
{
    const auto done = m_impl->code->compile_all(threads);
    if (!done) return Unexpected{Error{ErrorKind::system, "cannot compile the module: " + done.error().message}};
    return {};
}

Result<void> Module::save(const std::filesystem::path& path, unsigned threads) const
{
    const std::string doing = "write '" + path.string() + "'";
    const auto failed = [&](const std::string& because) {
        return Unexpected{Error{ErrorKind::system, "cannot " + doing + ": " + because}};
    };
    if (m_impl->config.fuel != 0)
        return Unexpected{Error{ErrorKind::usage, "cannot " + doing + ": the engine counts fuel, which programs do not"}};
    const std::shared_ptr<const wasm::Module>& module = m_impl->code->module();
    // Beside the code that runs, which has grown in the order of calls, and for this engine alone.
    auto code = runtime::ModuleCode::create(m_impl->engine, module);
    if (!code) return failed(code.error());
    runtime::CompileOptions options = (*code)->options();
    options.counts = true;
    const compile_process::WholeModuleOptions whole{.threads = std::max(threads, 1U),
                                                    .level = m_impl->config.optimizer.empty() ? 0U : 2U,
                                                    .optimizer = m_impl->config.optimizer,
                                                    .on_progress = {}};
    const auto functions = compile_process::compile_whole(*module, options, m_impl->engine->config().compiler, whole);
    if (!functions) return failed(functions.error().message);
    if (!compile_process::place(*functions, **code)) return failed("there is no room for so much machine code");
    const auto written =
        cache::save_program(path.string(), (*code)->space().snapshot(), *m_impl->engine, *module, path.stem().string());
    if (!written) return Unexpected{to_error(written.error(), doing)};
    return {};
}

}  // namespace weir
