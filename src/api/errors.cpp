#include "api/impl.hpp"
#include "wasm/names.hpp"

#include <cstdio>

namespace weir {

namespace {

// The enumeration of the public header is the runtime's.
#define WEIR_TRAP(ident, text) \
    static_assert(static_cast<uint8_t>(TrapKind::ident) == static_cast<uint8_t>(runtime::TrapKind::ident));
#include "runtime/trap_kind.def"
#undef WEIR_TRAP

Frame to_frame(const runtime::Frame& frame)
{
    const wasm::Module& module = *frame.code->module();
    const wasm::FunctionNames names{module};
    return {std::string{names.name_of(frame.function)}, frame.function.value,
            module.body_of(frame.function).offset_bytes + frame.wasm_offset};
}

}  // namespace

std::string_view to_string(TrapKind kind) noexcept { return runtime::to_string(static_cast<runtime::TrapKind>(kind)); }

std::string Error::to_string() const
{
    std::string text = message;
    for (size_t i = 0; i < backtrace.size(); ++i) {
        const Frame& f = backtrace[i];
        char line[96];
        std::snprintf(line, sizeof line, "\n  %zu: ", i);
        text += line;
        text += f.function.empty() ? "<unnamed>" : f.function;
        std::snprintf(line, sizeof line, " (function %u, byte 0x%llx)", f.function_index,
                      static_cast<unsigned long long>(f.byte_offset));
        text += line;
    }
    if (is_backtrace_truncated) text += "\n  ... more frames";
    return text;
}

Error to_error(const runtime::Trap& trap)
{
    Error error{ErrorKind::trap, trap.kind == runtime::TrapKind::host_error && !trap.detail.empty() ? trap.detail : trap.message(),
                static_cast<TrapKind>(trap.kind)};
    for (const runtime::Frame& f : trap.frames) error.backtrace.push_back(to_frame(f));
    error.is_backtrace_truncated = trap.is_truncated;
    return error;
}

Error to_error(const runtime::Exit& exit) { return Error::exit(exit.code); }

Error to_error(const SysError& error, const std::string& doing)
{
    return {ErrorKind::system, "cannot " + doing + ": " + error.to_string()};
}

std::unique_ptr<Error> to_error(const runtime::Outcome& outcome)
{
    if (const auto* const trap = std::get_if<runtime::Trap>(&outcome)) return std::make_unique<Error>(to_error(*trap));
    if (const auto* const exit = std::get_if<runtime::Exit>(&outcome)) return std::make_unique<Error>(to_error(*exit));
    return nullptr;
}

}  // namespace weir
