// weir-listing: what `weir inspect --asm` runs. A program of its own, because the disassembler is a shared library and weir has none.

#include "baseline/baseline.hpp"
#include "cli/console.hpp"
#include "cli/input.hpp"
#include "listing/listing.hpp"
#ifdef WEIR_LLVM
#include "compile_process/source_lines.hpp"
#include "optimizing/optimizing.hpp"
#include "optimizing/source_lines.hpp"
#endif

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace weir;
using cli::printable;
using cli::Problem;

#ifdef WEIR_LLVM
constexpr bool has_optimizer = true;
std::shared_ptr<const runtime::Compiler> create_optimizer() { return optimizing::create_compiler(baseline::create_compiler()); }
listing::InstructionPlaces find_places(const wasm::Module& module, wasm::FuncIdx function)
{
    return listing::find_places(module, function, [&](std::span<const uint64_t> places) {
        return compile_process::parse_source_places(optimizing::describe_places(module.bytes, places), places.size());
    });
}
#else
constexpr bool has_optimizer = false;
std::shared_ptr<const runtime::Compiler> create_optimizer() { return nullptr; }
listing::InstructionPlaces find_places(const wasm::Module&, wasm::FuncIdx) { return {}; }  // LLVM reads DWARF
#endif

Problem no_such_function(const wasm::Module& module, const std::string& file, const std::string& wanted)
{
    constexpr size_t most_names = 5;
    Problem problem{.error = fmt::format("'{}' has no function {}", printable(file), printable(wanted)),
                    .because = fmt::format("it has {}, numbered from 0, imported ones first", module.functions.size()),
                    .hint = {}};
    const auto names = listing::nearest_names(module, wanted, most_names);
    for (const std::string& name : names) problem.hint += (problem.hint.empty() ? "did you mean " : ", ") + name;
    if (!names.empty()) problem.hint += "?";
    return problem;
}

Result<std::string, Problem> list_function(const wasm::Module& module, wasm::FuncIdx function, std::string_view tier)
{
    if (module.is_imported(function)) {
        uint32_t index = 0;
        for (const wasm::Import& import : module.imports)
            if (std::holds_alternative<wasm::FuncExtern>(import.type) && index++ == function.value)
                return Unexpected{
                    Problem{.error = fmt::format("function {} has no code of its own", function.value),
                            .because = fmt::format("it is imported, as {}.{}", printable(import.module), printable(import.name)),
                            .hint = {}}};
    }
    std::string text = listing::heading(module, function) + "\n";
    const listing::InstructionPlaces places = find_places(module, function);
    const auto append = [&](std::string_view name, const runtime::Compiler& compiler) -> Result<void, Problem> {
        const auto code = listing::list_code(compiler, module, function, places);
        if (!code)
            return Unexpected{Problem{.error = fmt::format("function {} cannot be compiled by the {} tier", function.value, name),
                                      .because = printable(code.error().message),
                                      .hint = {}}};
        text += fmt::format("\n{}: {}", name, *code);
        return {};
    };
    if (tier != "optimized") WEIR_CHECK(append("baseline", *baseline::create_compiler()));
    if (tier != "baseline" && has_optimizer) WEIR_CHECK(append("optimized", *create_optimizer()));
    return text;
}

Result<std::string, Problem> list(const std::string& file, const std::string& wanted, std::string_view tier)
{
    if (tier == "optimized" && !has_optimizer)
        return Unexpected{
            Problem{.error = "there is no optimizing compiler", .because = "this weir was built without LLVM", .hint = {}}};
    WEIR_TRY(module, cli::load_file(file, std::make_shared<wasm::TypeRegistry>()));
    const auto functions = listing::find_functions(*module, wanted);
    if (functions.empty()) return Unexpected{no_such_function(*module, file, wanted)};
    if (module->unsupported)
        return Unexpected{Problem{.error = fmt::format("'{}' cannot be compiled", printable(file)),
                                  .because = fmt::format("it uses {} ({}), which is validated but not run yet",
                                                         module->unsupported->feature, module->unsupported->instruction),
                                  .hint = {}}};
    std::string text;
    for (const wasm::FuncIdx function : functions) {
        WEIR_TRY(one, list_function(*module, function, tier));
        text += (text.empty() ? "" : "\n") + one;
    }
    return text;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 4)
        return cli::report(
            {.error = "weir-listing is started by weir inspect --asm", .because = {}, .hint = {}, .exit_code = cli::exit_usage});
    const auto text = list(argv[1], argv[2], argv[3]);
    if (!text) return cli::report(text.error());
    cli::print(STDOUT_FILENO, *text);
    return 0;
}
