#include "cli/compile.hpp"

#include "baseline/baseline.hpp"
#include "cache/program.hpp"
#include "cli/console.hpp"
#include "cli/input.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/run.hpp"
#include "compile_process/remote_compiler.hpp"
#include "compile_process/whole_module.hpp"
#include "runtime/module_code.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

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

    if (!compile_process::place(*functions, **code))
        return Unexpected{cannot_compile(options.file, "its code is larger than a code space may be")};
    const auto written = cache::write_program(file, (*code)->space().snapshot(), **engine, *module,
                                              std::string_view{options.file}.substr(options.file.rfind('/') + 1));
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
