#include "optimizing/source_lines.hpp"

#include <llvm/BinaryFormat/Wasm.h>
#include <llvm/DebugInfo/DIContext.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/Object/Wasm.h>

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

}  // namespace

std::string describe_places(std::span<const std::byte> module, std::span<const uint64_t> places)
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
                const std::string file = field(info.FileName);
                if (file.empty()) continue;
                text += field(llvm::demangle(info.FunctionName)) + '\t' + file + '\t' + std::to_string(info.Line) + '\t' +
                        std::to_string(info.Column) + '\n';
            }
        }
        text += '\n';
    }
    return text;
}

}  // namespace weir::optimizing
