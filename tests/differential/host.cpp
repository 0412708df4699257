#include "differential/host.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace weir::differential {

namespace {

using runtime::HostFunctionContext;
using runtime::Value;

Host& host_of(const HostFunctionContext& context) { return *static_cast<Host*>(context.data); }

bool integers(HostFunctionContext& context, Value* values) noexcept
{
    Host& host = host_of(context);
    host.note(uint32_t{1});
    host.note(uint64_t{values[0].i32});
    host.note(values[1].i64);
    values[0].i32 = host.hash();
    return true;
}

bool floats(HostFunctionContext& context, Value* values) noexcept
{
    Host& host = host_of(context);
    host.note(uint32_t{2});
    host.note(values[0].f64);
    host.note(static_cast<double>(values[1].f32));
    values[0].f64 = std::isnan(values[0].f64) ? host.calls() : values[0].f64 * 0.5;
    return true;
}

bool many(HostFunctionContext& context, Value* values) noexcept
{
    Host& host = host_of(context);
    host.note(uint32_t{3});
    for (size_t i = 0; i < 7; ++i) host.note(uint64_t{values[i].i32});
    values[0].i64 = uint64_t{host.hash()} << 32 | host.calls();
    values[1].f32 = static_cast<float>(host.calls());
    return true;
}

bool nothing(HostFunctionContext& context, Value*) noexcept
{
    host_of(context).note(uint32_t{4});
    return true;
}

using wasm::f32, wasm::f64, wasm::i32, wasm::i64;
constexpr std::array i32_i64{i32, i64};
constexpr std::array one_i32{i32};
constexpr std::array f64_f32{f64, f32};
constexpr std::array one_f64{f64};
constexpr std::array seven_i32{i32, i32, i32, i32, i32, i32, i32};
constexpr std::array i64_f32{i64, f32};

constexpr std::array functions{
    runtime::HostFunction{"integers", i32_i64, one_i32, integers, {}},
    runtime::HostFunction{"floats", f64_f32, one_f64, floats, {}},
    runtime::HostFunction{"many", seven_i32, i64_f32, many, {}},
    runtime::HostFunction{"nothing", {}, {}, nothing, {}},
};
constexpr runtime::HostModule host_functions{.name = "host", .world = "differential", .functions = functions};

}  // namespace

void Hash::add_words(std::span<const std::byte> bytes)
{
    for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
        uint32_t word = 0;
        std::memcpy(&word, bytes.data() + i, 4);
        add(word);
    }
}

void Host::note(uint32_t function)
{
    ++m_calls;
    m_hash.add(function);
}

void Host::note(uint64_t bits)
{
    m_hash.add(static_cast<uint32_t>(bits));
    m_hash.add(static_cast<uint32_t>(bits >> 32));
}

void Host::note(double value)
{
    note(std::bit_cast<uint64_t>(std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value));
}

Result<void, SysError> Host::add_to(runtime::Linker& linker, runtime::Store& store)
{
    linker.add(host_functions, this);
    WEIR_TRY(memory, store.create_memory({.limits = {.min = 1, .max = 4}}));
    linker.define("host", "memory", memory);
    linker.define("host", "table", store.create_table({.element = wasm::funcref, .limits = {.min = 10, .max = 20}}, 0));
    linker.define("host", "counter", store.create_global({.type = i32, .mutability = wasm::Mutability::var}, {.i32 = 41}));
    linker.define("host", "constant", store.create_global({.type = f64, .mutability = wasm::Mutability::const_}, {.f64 = 6.25}));
    return {};
}

}  // namespace weir::differential
