#include "differential/transcript.hpp"

#include "differential/arguments.hpp"
#include "differential/host.hpp"
#include "runtime/module_code.hpp"
#include "runtime/store.hpp"
#include "wasm/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <variant>
#include <vector>

namespace weir::differential {

namespace {

using runtime::Trap;
using runtime::Value;

constexpr unsigned rounds = 4;  // a second one finds code of another tier, and what the first left behind

std::string names_of(const wasm::ResultType& types)
{
    std::string text;
    for (const wasm::ValType type : types)
        text += (text.empty() ? "" : " ") + (type.is_ref() ? std::string{"ref"} : wasm::to_string(type));
    return "(" + text + ")";
}

class ModuleRun {
public:
    ModuleRun(const std::shared_ptr<runtime::Engine>& engine, std::shared_ptr<runtime::ModuleCode> code)
        : m_engine(engine), m_code(std::move(code)), m_module(*m_code->module())
    {
    }

    std::string run()
    {
        for (size_t i = 0; i < m_module.exports.size(); ++i)
            if (m_module.exports[i].kind == wasm::ExternKind::func) run_function(i);
        return std::move(m_text);
    }

private:
    template <class... Args>
    void line(fmt::format_string<Args...> format, Args&&... args)
    {
        fmt::format_to(std::back_inserter(m_text), format, std::forward<Args>(args)...);
        m_text += '\n';
    }

    void run_function(size_t export_index)
    {
        const wasm::Export& function = m_module.exports[export_index];
        const wasm::FuncType& type = m_module.func_type(wasm::FuncIdx{function.index});
        line("function {} {} {}", export_index, names_of(type.params), names_of(type.results));
        auto store = runtime::Store::create(m_engine);
        if (!store) return line("refused {}", store.error().to_string());
        Host host;
        runtime::Linker linker;
        if (const auto added = host.add_to(linker, **store); !added) return line("refused {}", added.error().to_string());
        const auto imports = linker.resolve(**store, m_module);
        if (!imports) return line("refused an import is missing");
        auto instance = (*store)->instantiate(m_code, *imports);
        if (!instance) {
            if (const auto* const trap = std::get_if<Trap>(&instance.error())) line("cannot start: {}", to_string(trap->kind));
            else line("refused {}", std::get<std::string>(instance.error()));
            return;
        }
        for (unsigned round = 0; round < rounds; ++round)
            call(**store, *(*instance)->function(wasm::FuncIdx{function.index}), type, export_index, round);
        line("host {} {:#x}", host.calls(), host.hash());
        for (size_t i = 0; i < m_module.exports.size(); ++i) show(i, (*instance)->export_at(m_module.exports[i]));
    }

    void call(runtime::Store& store, const runtime::Function& function, const wasm::FuncType& type, size_t seed, unsigned round)
    {
        std::vector<Value> values = make_arguments(type.params, seed, round);
        std::string text = "call";
        for (size_t i = 0; i < values.size(); ++i) text += " " + to_text(type.params[i], values[i]);
        values.resize(std::max({type.params.size(), type.results.size(), size_t{1}}));
        const runtime::Outcome outcome = store.call(function, values.data());
        if (const auto* const trap = std::get_if<Trap>(&outcome)) return line("{} -> trapped: {}", text, to_string(trap->kind));
        text += " -> returned";
        for (size_t i = 0; i < type.results.size(); ++i) text += " " + to_text(type.results[i], values[i]);
        line("{}", text);
    }

    void show(size_t index, const runtime::Extern& value)
    {
        if (const auto* const memory = std::get_if<runtime::Memory*>(&value)) {
            Hash hash;
            hash.add_words((*memory)->bytes());
            line("memory {} {} {:#x}", index, (*memory)->pages(), hash.value());
        } else if (const auto* const global = std::get_if<runtime::Global*>(&value)) {
            line("global {} {}", index, to_text((*global)->type.type, *(*global)->cell));
        } else if (const auto* const table = std::get_if<runtime::Table*>(&value)) {
            Hash hash;
            for (uint64_t i = 0; i < (*table)->size; ++i) hash.add((*table)->elements[i] == 0 ? 0 : 1);
            line("table {} {} {:#x}", index, (*table)->size, hash.value());
        }
    }

    const std::shared_ptr<runtime::Engine>& m_engine;
    std::shared_ptr<runtime::ModuleCode> m_code;
    const wasm::Module& m_module;
    std::string m_text;
};

}  // namespace

std::string run_module(const std::shared_ptr<runtime::Engine>& engine, std::span<const std::byte> bytes)
{
    auto module = wasm::load_module(bytes, nullptr, engine->types(), {.threads = 1, .limits = {}, .rules = {}});
    if (!module) return "refused " + module.error().to_string() + "\n";
    auto code = runtime::ModuleCode::create(engine, *module);
    if (!code) return "refused " + code.error() + "\n";
    return ModuleRun{engine, std::move(*code)}.run();
}

}  // namespace weir::differential
