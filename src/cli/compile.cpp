#include "cli/compile.hpp"

#include "baseline/baseline.hpp"
#include "cache/cache.hpp"
#include "cli/console.hpp"
#include "cli/input.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/run.hpp"
#include "compile_process/remote_compiler.hpp"
#include "compile_process/whole_module.hpp"
#include "runtime/module_code.hpp"
#include "wasm/names.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

namespace weir::cli {

namespace {

std::string default_output(const std::string& file)
{
    const std::string_view stem =
        file.ends_with(".wasm") ? std::string_view{file}.substr(0, file.size() - 5) : std::string_view{file};
    return std::string{stem} + ".weir";
}

Problem cannot_compile(const std::string& file, const std::string& because)
{
    return {.error = fmt::format("cannot compile '{}'", printable(file)), .because = printable(because), .hint = {}};
}

/// What the module's functions are called; of functions with code of both tiers the faster has the name.
std::vector<cache::Symbol> symbols_of(const runtime::CodeSnapshot& code, const wasm::Module& module)
{
    const wasm::FunctionNames names{module};
    std::vector<bool> has_hot_code(module.functions.size());
    for (const runtime::PieceRecord& p : code.pieces)
        if (p.tier == runtime::CodeTier::hot) has_hot_code[p.function] = true;
    std::vector<cache::Symbol> symbols;
    symbols.reserve(code.pieces.size());
    for (const runtime::PieceRecord& p : code.pieces) {
        // A name that has a NUL in it ends there.
        std::string name{names.name_of(wasm::FuncIdx{p.function})};
        name.resize(std::strlen(name.c_str()));
        if (name.empty()) name = fmt::format("function-{}", p.function);
        if (p.tier == runtime::CodeTier::first && has_hot_code[p.function]) name += ".baseline";
        symbols.push_back({std::move(name), p.begin, p.size_bytes});
    }
    return symbols;
}

bool are_same_file(const std::string& a, const std::string& b)
{
    struct stat first{}, second{};
    return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

}  // namespace

Result<void, Problem> compile_to(int file, const CompileProgramOptions& options, const std::string& module_path)
{
    if (options.level != 0) WEIR_CHECK(check_optimizer("weir compile -O0  compiles without it"));
    // Functions become hot in a program as well: the optimizer is the engine's as it is for  weir run.
    runtime::EngineConfig config{.compiler = baseline::create_compiler(), .bounds = options.bounds};
    config.optimizer = compile_process::create_remote_compiler(config.compiler);
    config.tiers = runtime::TierPolicy::by_heat;
    auto engine = runtime::Engine::create(config);
    if (!engine) return Unexpected{Problem{.error = "weir cannot start", .because = engine.error().to_string(), .hint = {}}};
    WEIR_TRY(module, load_file(module_path, (*engine)->types()));
    auto code = runtime::ModuleCode::create(*engine, module);
    if (!code) return Unexpected{cannot_compile(options.file, code.error())};

    const size_t count = module->bodies.size();
    compile_process::WholeModuleOptions whole;
    whole.threads = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    whole.level = options.level;
    auto functions = [&] {
        Progress progress{count, "functions"};
        whole.on_progress = [&](size_t done) { progress.show(done); };
        return compile_process::compile_whole(*module, (*code)->options(), config.compiler, whole);
    }();
    if (!functions) return Unexpected{cannot_compile(options.file, functions.error().message)};

    for (size_t i = 0; i < count; ++i) {
        const uint32_t imported = module->imported_function_count, function = imported + static_cast<uint32_t>(i);
        const auto& [first, hot] = (*functions)[i];
        if ((*code)->space().publish(first, imported, function) == nullptr)
            return Unexpected{cannot_compile(options.file, "its code is larger than a code space may be")};
        if (hot) (*code)->space().publish(*hot, imported, function, runtime::CodeTier::hot);
    }
    const runtime::CodeSnapshot snapshot = (*code)->space().snapshot();
    const auto symbols = symbols_of(snapshot, *module);
    const auto written =
        cache::write_image(file, {.code = snapshot,
                                  .settings = cache::settings_here(cache::Settings::Tiers::by_heat, **engine),
                                  .module_hash = cache::sha256(module->bytes),
                                  .module = module->bytes,
                                  .module_name = std::string_view{options.file}.substr(options.file.rfind('/') + 1),
                                  .symbols = &symbols});
    if (!written)
        return Unexpected{
            cannot_compile(options.file, "writing the program failed: " + std::string{std::strerror(written.error().code)})};
    return {};
}

namespace {

Result<void, Problem> try_compile(const CompileProgramOptions& options)
{
    const std::string output = options.output.empty() ? default_output(options.file) : options.output;
    WEIR_TRY(program, find_program(options.file, {}));
    if (are_same_file(program.module, output))
        return Unexpected{Problem{.error = fmt::format("'{}' would replace the module itself", printable(output)),
                                  .because = {},
                                  .hint = "-o OUT  names another file",
                                  .exit_code = exit_usage}};
    WEIR_TRY(file, OutputFile::create(output, 0666));
    WEIR_CHECK(compile_to(file.descriptor(), options, program.module));
    return file.finish();
}

}  // namespace

int compile(const CompileProgramOptions& options)
{
    const auto done = try_compile(options);
    return done ? 0 : report(done.error());
}

}  // namespace weir::cli
