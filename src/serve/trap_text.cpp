#include "serve/trap_text.hpp"

#include "runtime/module_code.hpp"
#include "wasm/names.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

namespace weir::serve {

namespace {

std::string_view reason_of(runtime::TrapKind kind)
{
    switch (kind) {
    case runtime::TrapKind::unreachable: return "wasm `unreachable` instruction executed";
    case runtime::TrapKind::undefined_element: return "undefined element: out of bounds table access";
    default: return to_string(kind);
    }
}

}  // namespace

std::string describe_trap(const runtime::Trap& trap)
{
    std::string text = "error while executing at wasm backtrace:\n";
    const wasm::Module* named = nullptr;
    std::optional<wasm::FunctionNames> names;
    for (size_t i = 0; i < trap.frames.size(); ++i) {
        const runtime::Frame& frame = trap.frames[i];
        const wasm::Module& module = *frame.code->module();
        if (std::exchange(named, &module) != &module) names.emplace(module);
        const std::string_view name = names->name_of(frame.function);
        const size_t offset = module.body_of(frame.function).offset_bytes + frame.wasm_offset;
        text += fmt::format("    {}: {:#8x} - <unknown>!{}\n", i, offset,
                            name.empty() ? fmt::format("<wasm function {}>", frame.function.value) : std::string{name});
    }
    text += fmt::format("\nCaused by:\n    wasm trap: {}", reason_of(trap.kind));
    if (!trap.detail.empty()) text += ": " + trap.detail;
    return text;
}

}  // namespace weir::serve
