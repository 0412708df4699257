#include "api/impl.hpp"
#include "wasm/type_registry.hpp"

#include <algorithm>
#include <cstring>

namespace weir {

std::string_view to_string(ValueType type) noexcept
{
    constexpr std::string_view names[] = {"i32", "i64", "f32", "f64", "v128", "funcref", "externref", "a reference"};
    return names[static_cast<size_t>(type)];
}

std::string to_string(const FunctionType& type)
{
    const auto list = [](const std::vector<ValueType>& types) {
        std::string text = "[";
        for (const ValueType t : types) text += (text.size() > 1 ? " " : "") + std::string{to_string(t)};
        return text + "]";
    };
    return list(type.parameters) + " -> " + list(type.results);
}

ValueType to_value_type(wasm::ValType type)
{
    switch (type.kind()) {
    case wasm::ValKind::i32: return ValueType::i32;
    case wasm::ValKind::i64: return ValueType::i64;
    case wasm::ValKind::f32: return ValueType::f32;
    case wasm::ValKind::f64: return ValueType::f64;
    case wasm::ValKind::v128: return ValueType::v128;
    default: break;
    }
    return type == wasm::funcref ? ValueType::funcref : type == wasm::externref ? ValueType::externref : ValueType::other;
}

wasm::ValType to_val_type(ValueType type)
{
    constexpr wasm::ValType types[] = {wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::v128, wasm::funcref, wasm::externref};
    return types[static_cast<size_t>(type)];
}

FunctionType to_function_type(const wasm::FuncType& type)
{
    FunctionType result;
    std::ranges::transform(type.params, std::back_inserter(result.parameters), to_value_type);
    std::ranges::transform(type.results, std::back_inserter(result.results), to_value_type);
    return result;
}

Value to_value(ValueType type, const runtime::Value& value)
{
    switch (type) {
    case ValueType::i32: return static_cast<int32_t>(value.i32);
    case ValueType::i64: return static_cast<int64_t>(value.i64);
    case ValueType::f32: return value.f32;
    case ValueType::f64: return value.f64;
    case ValueType::v128: return value.v128;
    case ValueType::funcref: return FuncRef{reinterpret_cast<const void*>(value.ref)};
    default: return ExternRef{value.ref};
    }
}

void store_value(runtime::Value& slot, const Value& value)
{
    std::visit([&](const auto& v) { std::memcpy(&slot, &v, sizeof v); }, value);
}

bool is_own_function(const runtime::Store& store, const void* function)
{
    if (function == nullptr) return true;
    // Both kinds of context start with ExecContext*.
    const auto* const exec =
        *static_cast<const runtime::ExecContext* const*>(static_cast<const runtime::Function*>(function)->context);
    return exec->store == &store;
}

bool fits(const Value& value, wasm::ValType type, const runtime::Store& store)
{
    if (to_value_type(type) != type_of(value)) return false;
    const auto* const function = std::get_if<FuncRef>(&value);
    return function == nullptr || is_own_function(store, function->function);
}

}  // namespace weir
