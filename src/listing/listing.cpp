#include "listing/listing.hpp"

#include "base/printable.hpp"
#include "cli/console.hpp"
#include "listing/disassembly.hpp"
#include "listing/instruction_text.hpp"
#include "runtime/context_layout.hpp"
#include "runtime/source_place.hpp"
#include "wasm/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>

namespace weir::listing {

namespace {

using wasm::FuncIdx;

/// Every name of a function: of the name section and of exports.
std::vector<std::pair<std::string_view, FuncIdx>> all_names(const wasm::Module& module)
{
    std::vector<std::pair<std::string_view, FuncIdx>> found;
    const wasm::FunctionNames names{module};
    for (uint32_t i = 0; i < module.functions.size(); ++i)
        if (const auto name = names.name_of(FuncIdx{i}); !name.empty()) found.emplace_back(name, FuncIdx{i});
    for (const wasm::Export& e : module.exports)
        if (e.kind == wasm::ExternKind::func) found.emplace_back(e.name, FuncIdx{e.index});
    return found;
}

runtime::CompileOptions options_for(const wasm::Module& module)
{
    runtime::CompileOptions options;
    for (const wasm::MemoryType& type : module.memories) {
        const bool can_be_guarded = type.address == wasm::AddressType::i32 && type.page_size_log2 == 16;  // as Engine::mode_for
        options.memory_modes.push_back(can_be_guarded ? runtime::MemoryMode::guard : runtime::MemoryMode::checked);
    }
    return options;
}

class Listing {
public:
    Listing(const wasm::Module& module, FuncIdx function, const runtime::CompiledCode& code, const InstructionPlaces& places)
        : m_body_offset(module.body_of(function).offset_bytes), m_code(code), m_places(places),
          m_instructions(instructions_of(module, function))
    {
        for (size_t i = 0; i < m_instructions.size(); ++i) m_by_offset.emplace(m_instructions[i].wasm_offset, i);
    }

    std::string run(const Comment& comment)
    {
        auto next = m_code.lines.begin();
        bool has_code_begun = false;
        for (const Line& line : disassemble(m_code, comment)) {
            if (line.code_offset) {
                for (; next != m_code.lines.end() && next->code_offset <= *line.code_offset; ++next) show(next->wasm_offset);
            } else if (!std::exchange(has_code_begun, true)) {
                m_text += "  data:\n";
            }
            m_text += fmt::format("{:20}{}\n", "", line.text);
        }
        return std::move(m_text);
    }

private:
    static constexpr size_t place_column = 56;  // where most lines have ended

    void show(uint32_t wasm_offset)
    {
        if (std::exchange(m_last, wasm_offset) == wasm_offset) return;
        const auto found = m_by_offset.find(wasm_offset);
        if (wasm_offset == runtime::CodeLine::no_instruction) {
            m_text += "  of no single instruction:\n";
        } else if (found != m_by_offset.end()) {
            const InstructionText& i = m_instructions[found->second];
            const std::string line = fmt::format("  {:#08x}  {:{}}{}", m_body_offset + wasm_offset, "", 2 * i.depth, i.text);
            const auto place = m_places.find(wasm_offset);
            m_text += place == m_places.end() ? line + "\n" : fmt::format("{:{}}  ;; {}\n", line, place_column, place->second);
        }
    }

    const size_t m_body_offset;
    const runtime::CompiledCode& m_code;
    const InstructionPlaces& m_places;
    const std::vector<InstructionText> m_instructions;
    std::map<uint32_t, size_t> m_by_offset;
    uint32_t m_last = runtime::CodeLine::no_instruction - 1;
    std::string m_text;
};

}  // namespace

std::vector<FuncIdx> find_functions(const wasm::Module& module, std::string_view wanted)
{
    uint32_t index = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
    if (error == std::errc{} && end == wanted.data() + wanted.size())
        return index < module.functions.size() ? std::vector{FuncIdx{index}} : std::vector<FuncIdx>{};
    std::set<FuncIdx> found;
    for (const auto& [name, function] : all_names(module))
        if (name == wanted) found.insert(function);
    return {found.begin(), found.end()};
}

std::vector<std::string> nearest_names(const wasm::Module& module, std::string_view wanted, size_t limit)
{
    // Those that contain it first, the shortest before the others; then those that are spelled alike.
    std::set<std::tuple<bool, size_t, std::string_view>> ranked;
    for (const auto& [name, function] : all_names(module)) {
        const bool contains = !wanted.empty() && name.find(wanted) != std::string_view::npos;
        if (contains) ranked.emplace(false, name.size(), name);
        else if (cli::is_near(wanted, name)) ranked.emplace(true, cli::edit_distance(wanted, name), name);
    }
    std::vector<std::string> names;
    for (const auto& [is_alike, rank, name] : ranked)
        if (names.size() < limit) names.push_back(printable(name));
    return names;
}

std::string heading(const wasm::Module& module, FuncIdx function)
{
    const wasm::FunctionNames names{module};
    const std::string name = printable(names.name_of(function));
    const wasm::FunctionBody& body = module.body_of(function);
    return fmt::format("function {}{}{} {}, {} bytes from {:#x}", function.value, name.empty() ? "" : " ", name,
                       wasm::to_string(module.func_type(function)), body.bytes.size(), body.offset_bytes);
}

InstructionPlaces find_places(const wasm::Module& module, FuncIdx function,
                              const std::function<std::vector<runtime::SourcePlaces>(std::span<const uint64_t>)>& find)
{
    const std::vector<InstructionText> instructions = instructions_of(module, function);
    std::vector<uint64_t> offsets;
    for (const InstructionText& i : instructions) offsets.push_back(module.body_of(function).offset_bytes + i.wasm_offset);
    const std::vector<runtime::SourcePlaces> found = find(offsets);
    InstructionPlaces places;
    for (size_t i = 0; i < instructions.size(); ++i) {
        std::string text;
        for (const runtime::SourcePlace& place : found[i]) {
            if (!text.empty()) text += ", inlined at ";
            else if (found[i].size() > 1) text = printable(place.function) + " at ";
            text += runtime::to_text(place);
        }
        if (!text.empty()) places.emplace(instructions[i].wasm_offset, std::move(text));
    }
    return places;
}

Result<std::string, runtime::CompileError> list_code(const runtime::Compiler& compiler, const wasm::Module& module,
                                                     FuncIdx function, const InstructionPlaces& places)
{
    const runtime::ContextLayout layout{module};
    runtime::CompiledCode code;
    code.wants_lines = true;
    WEIR_CHECK(compiler.compile_function(module, layout, options_for(module), function, code));
    const wasm::FunctionNames names{module};
    const auto comment = [&](FuncIdx callee) {
        const std::string_view name = names.name_of(callee);
        return name.empty() ? std::string{} : "  ; " + printable(name);
    };
    const std::string text = Listing{module, function, code, places}.run(comment);
    return fmt::format("{} bytes of code\n", code.bytes.size()) + text;
}

}  // namespace weir::listing
