// weir-codegen: compiles the modules of case files and compares the disassembly with what the files expect, so that a bounds check
// or an extension that vanishes shows in review. `--update` writes what is compiled now into the files instead.

#include "baseline/baseline.hpp"
#include "case_file.hpp"
#include "listing/disassembly.hpp"
#include "wasm/load.hpp"
#include "wasm/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace {

using namespace weir;
using runtime::MemoryMode;

// Fixed, so that the expected code is the same on every machine. `avx2` is x86-64-v3.
baseline::CpuFeatures features_of(std::string_view cpu)
{
    if (cpu == "floor") return baseline::CpuFeatures::floor();
    return {.avx = true, .avx2 = true, .fma = true, .bmi2 = true, .lzcnt = true, .tzcnt = true, .popcnt = true};
}

/// As Engine::mode_for: guard pages cannot guard 64-bit addresses nor small pages.
MemoryMode mode_for(const wasm::MemoryType& type, std::string_view mode)
{
    const bool can_guard = type.address == wasm::AddressType::i32 && type.page_size_log2 == 16;
    return mode == "guard" && can_guard ? MemoryMode::guard : MemoryMode::checked;
}

bool append_functions(std::vector<std::string>& lines, const codegen::CaseFile& file, const std::string& mode,
                      const std::string& cpu)
{
    const auto module = wasm::load_module(file.bytes, nullptr, std::make_shared<wasm::TypeRegistry>());
    if (!module) {
        fmt::print("the module does not load: {}\n", module.error().to_string());
        return false;
    }
    const auto compiler = baseline::create_compiler(features_of(cpu));
    const runtime::ContextLayout layout{**module};
    runtime::CompileOptions options;
    for (const auto& type : (*module)->memories) options.memory_modes.push_back(mode_for(type, mode));
    const wasm::FunctionNames names{**module};
    runtime::CompiledCode code;
    for (uint32_t i = (*module)->imported_function_count; i < (*module)->functions.size(); ++i) {
        const wasm::FuncIdx function{i};
        if (const auto compiled = compiler->compile_function(**module, layout, options, function, code); !compiled) {
            fmt::print("function {}: {}\n", i, compiled.error().message);
            return false;
        }
        lines.push_back("");
        lines.push_back(fmt::format("{} ({}, {})", names.name_of(function), mode, cpu));
        for (auto& line : listing::disassemble(code)) lines.push_back(std::move(line.text));
    }
    return true;
}

/// The first line that differs, with what leads to it.
void print_difference(const std::string& path, const std::vector<std::string>& expected, const std::vector<std::string>& actual)
{
    const auto [e, a] = std::ranges::mismatch(expected, actual);
    const auto at = a - actual.begin();
    fmt::print("{}: the code differs from line {} of what is expected on\n", path, e - expected.begin() + 1);
    const auto function = std::find(std::make_reverse_iterator(a), actual.rend(), "");
    for (auto line = function.base(); line != a; ++line) fmt::print("    {}\n", *line);
    fmt::print("  - {}\n  + {}\n", e == expected.end() ? "(end)" : *e,
               a == actual.end() ? "(end)" : actual[static_cast<size_t>(at)]);
}

}  // namespace

int main(int argc, char** argv)
{
    const std::vector<std::string_view> arguments{argv + 1, argv + argc};
    const bool is_update = !arguments.empty() && arguments.front() == "--update";
    int failed = 0, passed = 0;
    for (const std::string_view argument : arguments) {
        if (argument.starts_with("--")) continue;
        const std::string path{argument};
        codegen::CaseFile file;
        std::vector<std::string> actual;
        bool ok = file.read(path);
        if (!ok) fmt::print("{}: cannot be read, or has no bytes (tests/codegen/update writes them)\n", path);
        for (const auto& mode : file.modes)
            for (const auto& cpu : file.cpus) ok = ok && append_functions(actual, file, mode, cpu);
        if (ok && is_update) {
            ok = file.write(path, actual);
        } else if (ok && actual != file.expected) {
            print_difference(path, file.expected, actual);
            ok = false;
        }
        ++(ok ? passed : failed);
    }
    fmt::print("{} passed, {} failed\n", passed, failed);
    return failed == 0 && passed != 0 ? 0 : 1;
}
