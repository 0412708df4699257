#include "optimizing/source_lines.hpp"

#include "go/line_table.hpp"
#include "wasm/decode.hpp"
#include "wasm/type_registry.hpp"

#include <llvm/BinaryFormat/Wasm.h>
#include <llvm/DebugInfo/DIContext.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/Object/Wasm.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace weir::optimizing {

namespace {

/// Where the code section's content begins.
std::optional<uint64_t> code_begin(const llvm::object::WasmObjectFile& object)
{
    for (const llvm::object::SectionRef& section : object.sections()) {
        const llvm::object::WasmSection& s = object.getWasmSection(section);
        if (s.Type == llvm::wasm::WASM_SEC_CODE) return s.Offset;
    }
    return std::nullopt;
}

/// Names are a guest's: what separates fields does not get into them.
std::string field(const std::string& text)
{
    std::string clean;
    for (const char c : text)
        if (c != '\t' && c != '\n') clean += c;
    return clean == llvm::DILineInfo::BadString ? std::string{} : clean;
}

std::string line_of(const std::string& function, const std::string& file, uint32_t line, uint32_t column)
{
    return field(function) + '\t' + field(file) + '\t' + std::to_string(line) + '\t' + std::to_string(column) + '\n';
}

std::string describe_dwarf_places(std::span<const std::byte> module, std::span<const uint64_t> places)
{
    std::string text;
    const llvm::StringRef bytes{reinterpret_cast<const char*>(module.data()), module.size()};
    auto object = llvm::object::ObjectFile::createWasmObjectFile(llvm::MemoryBufferRef{bytes, "module"});
    if (!object) {
        llvm::consumeError(object.takeError());
        return std::string(places.size(), '\n');
    }
    const auto begin = code_begin(**object);
    const auto ignore = [](llvm::Error error) { llvm::consumeError(std::move(error)); };
    const std::unique_ptr<llvm::DWARFContext> dwarf =
        llvm::DWARFContext::create(**object, llvm::DWARFContext::ProcessDebugRelocations::Ignore, nullptr, "", ignore, ignore);
    const llvm::DILineInfoSpecifier wanted{llvm::DILineInfoSpecifier::FileLineInfoKind::RawValue,
                                           llvm::DILineInfoSpecifier::FunctionNameKind::LinkageName};
    for (const uint64_t place : places) {
        if (begin && place >= *begin) {
            const llvm::DIInliningInfo found = dwarf->getInliningInfoForAddress({place - *begin}, wanted);
            for (uint32_t i = 0; i < found.getNumberOfFrames(); ++i) {
                const llvm::DILineInfo& info = found.getFrame(i);
                if (field(info.FileName).empty()) continue;
                text += line_of(llvm::demangle(info.FunctionName), info.FileName, info.Line, info.Column);
            }
        }
        text += '\n';
    }
    return text;
}

/// The function whose body has a place.
std::optional<wasm::FuncIdx> function_at(const wasm::Module& module, uint64_t place)
{
    const auto next = std::ranges::upper_bound(module.bodies, place, {}, &wasm::FunctionBody::offset_bytes);
    if (next == module.bodies.begin()) return std::nullopt;
    const wasm::FunctionBody& body = *std::prev(next);
    if (place - body.offset_bytes >= body.bytes.size()) return std::nullopt;
    return wasm::FuncIdx{module.imported_function_count + static_cast<uint32_t>(std::prev(next) - module.bodies.begin())};
}

std::string describe_go_places(const wasm::Module& module, std::span<const uint64_t> places)
{
    const auto table = go::LineTable::find(module);
    std::string text;
    for (const uint64_t place : places) {
        const auto function = table ? function_at(module, place) : std::nullopt;
        if (function) {
            for (const go::SourcePlace& p :
                 table->places_at(*function, static_cast<uint32_t>(place - module.body_of(*function).offset_bytes)))
                if (!p.file.empty()) text += line_of(p.function, p.file, p.line, 0);
        }
        text += '\n';
    }
    return text;
}

}  // namespace

std::string describe_places(std::span<const std::byte> module, std::span<const uint64_t> places)
{
    const auto decoded = wasm::decode(module, nullptr, std::make_shared<wasm::TypeRegistry>());
    // TinyGo's modules say that they are from Go as well, and have DWARF.
    const auto has_dwarf = [](const wasm::Module& m) {
        return std::ranges::any_of(m.custom_sections, [](const auto& section) { return section.name == ".debug_line"; });
    };
    if (decoded && go::is_from_go(**decoded) && !has_dwarf(**decoded)) return describe_go_places(**decoded, places);
    return describe_dwarf_places(module, places);
}

}  // namespace weir::optimizing
