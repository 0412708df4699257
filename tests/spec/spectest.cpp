#include "spectest.hpp"

#include <array>
#include <span>

namespace weir::spec {

namespace {

using runtime::HostFunction;
using runtime::HostFunctionContext;
using runtime::Value;

bool print_nothing(HostFunctionContext&, Value*) noexcept { return true; }

constexpr std::array one_i32{wasm::i32}, one_i64{wasm::i64}, one_f32{wasm::f32}, one_f64{wasm::f64};
constexpr std::array i32_and_f32{wasm::i32, wasm::f32}, two_f64{wasm::f64, wasm::f64};

constexpr std::array functions{
    HostFunction{"print", {}, {}, print_nothing, {}},
    HostFunction{"print_i32", one_i32, {}, print_nothing, "value"},
    HostFunction{"print_i64", one_i64, {}, print_nothing, "value"},
    HostFunction{"print_f32", one_f32, {}, print_nothing, "value"},
    HostFunction{"print_f64", one_f64, {}, print_nothing, "value"},
    HostFunction{"print_i32_f32", i32_and_f32, {}, print_nothing, "a b"},
    HostFunction{"print_f64_f64", two_f64, {}, print_nothing, "a b"},
};
constexpr runtime::HostModule host_functions{.name = "spectest", .world = "test suite", .functions = functions};

}  // namespace

Result<void, SysError> define_spectest(runtime::Store& store, runtime::Linker& linker)
{
    const std::string name = "spectest";
    linker.add(host_functions, nullptr);

    const auto define_global = [&](const char* field, wasm::ValType type, Value value) {
        linker.define(name, field, store.create_global({.type = type, .mutability = wasm::Mutability::const_}, value));
    };
    define_global("global_i32", wasm::i32, {.i32 = 666});
    define_global("global_i64", wasm::i64, {.i64 = 666});
    define_global("global_f32", wasm::f32, {.f32 = 666.6F});
    define_global("global_f64", wasm::f64, {.f64 = 666.6});

    for (const auto& [field, address] :
         {std::pair{"table", wasm::AddressType::i32}, std::pair{"table64", wasm::AddressType::i64}}) {
        const wasm::TableType type{.element = wasm::funcref, .limits = {.min = 10, .max = 20}, .address = address};
        linker.define(name, field, store.create_table(type, 0));
    }

    wasm::MemoryType memory_type{.limits = {.min = 1, .max = 2}};
    WEIR_TRY(memory, store.create_memory(memory_type));
    linker.define(name, "memory", memory);
    memory_type.is_shared = true;
    WEIR_TRY(shared_memory, store.create_memory(memory_type));
    linker.define(name, "shared_memory", shared_memory);
    return {};
}

}  // namespace weir::spec
