#include "wasm/module.hpp"

#include "base/printable.hpp"
#include "wasm/module_error.hpp"
#include "wasm/opcodes.hpp"
#include "wasm/type_registry.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>

namespace weir::wasm {

uint64_t next_module_serial()
{
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

const SubType& Module::sub_type(TypeId id) const { return registry->at(id); }
const FuncType& Module::func_type(FuncIdx f) const { return registry->at(functions[f.value]).func; }

const Export* Module::find_export(std::string_view name) const
{
    const auto found = std::find_if(exports.begin(), exports.end(), [&](const Export& e) { return e.name == name; });
    return found == exports.end() ? nullptr : &*found;
}

std::string_view mnemonic(Opcode opcode)
{
    const OpInfo* const info = find_op(static_cast<uint32_t>(opcode));
    return info == nullptr ? std::string_view{"?"} : info->text();
}

namespace {
std::string heap_name(ValType t, const Module* module)
{
    switch (t.heap()) {
    case HeapKind::indexed:
        if (module != nullptr)
            if (const auto found = std::find(module->types.begin(), module->types.end(), t.type()); found != module->types.end())
                return std::to_string(found - module->types.begin());
        return "engine type " + std::to_string(t.type().value);
    case HeapKind::func: return "func";
    case HeapKind::nofunc: return "nofunc";
    case HeapKind::extern_: return "extern";
    case HeapKind::noextern: return "noextern";
    case HeapKind::any: return "any";
    case HeapKind::none: return "none";
    case HeapKind::eq: return "eq";
    case HeapKind::i31: return "i31";
    case HeapKind::struct_: return "struct";
    case HeapKind::array: return "array";
    case HeapKind::exn: return "exn";
    case HeapKind::noexn: return "noexn";
    case HeapKind::bottom: return "bottom";
    }
    return "?";
}

std::string list(const ResultType& types)
{
    std::string text = "[";
    for (const ValType t : types) text += (text.size() > 1 ? " " : "") + to_string(t);
    return text + "]";
}
}  // namespace

namespace {
std::string describe(ValType t, const Module* module)
{
    switch (t.kind()) {
    case ValKind::bottom: return "any value";
    case ValKind::i32: return "i32";
    case ValKind::i64: return "i64";
    case ValKind::f32: return "f32";
    case ValKind::f64: return "f64";
    case ValKind::v128: return "v128";
    case ValKind::ref: break;
    }
    const std::string heap = t.is_exact() ? "(exact " + heap_name(t, module) + ")" : heap_name(t, module);
    if (t.is_nullable() && t.heap() == HeapKind::none) return "nullref";
    if (t.is_nullable() && (t.heap() == HeapKind::nofunc || t.heap() == HeapKind::noextern || t.heap() == HeapKind::noexn))
        return "null" + heap.substr(2) + "ref";
    if (t.is_nullable() && t.heap() != HeapKind::indexed) return heap + "ref";
    return std::string{"(ref "} + (t.is_nullable() ? "null " : "") + heap + ")";
}
}  // namespace

std::string to_string(ValType type) { return describe(type, nullptr); }
std::string to_string(ValType type, const Module& module) { return describe(type, &module); }

std::string to_string(const FuncType& type) { return list(type.params) + " -> " + list(type.results); }

std::string ModuleError::to_string() const
{
    std::string text;
    if (function) {
        text += "function " + std::to_string(function->value);
        if (!function_name.empty()) text += " (" + printable(function_name) + ")";
        text += ", ";
    }
    if (kind == ErrorKind::malformed || offset_bytes != 0) {
        char digits[20];
        const auto end = std::to_chars(std::begin(digits), std::end(digits), offset_bytes, 16).ptr;
        text += "byte 0x" + std::string{std::begin(digits), end} + ": ";
    }
    return text + message;
}

}  // namespace weir::wasm
