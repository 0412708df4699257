#pragma once

#include "host/guest.hpp"
#include "runtime/linker.hpp"
#include "runtime/store.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// Typed host functions. From `HostResult<Timestamp, Errno> clock_time_get(Context&, ClockId, Timestamp) noexcept` come the wasm
// type, the decoding of arguments, the checked store of the result and the errno; nothing is stated twice.

namespace weir::host {

/// A value for the guest, or the world's status code.
template <class T, class Status>
class [[nodiscard]] HostResult {
public:
    HostResult(T value) : m_value(std::move(value)), m_status(Status{}) {}
    HostResult(Status status) : m_status(status) {}
    [[nodiscard]] Status status() const { return m_status; }
    [[nodiscard]] const T& value() const { return m_value; }  // when status() is success

private:
    T m_value{};
    Status m_status;
};

/// A host function that ends the guest rather than answer it.
struct Stop {
    uint32_t exit_code;
};

/// What a host function gets besides its arguments.
template <class World>
struct Context {
    World& world;
    GuestMemory memory;
    runtime::HostFunctionContext& call;
};

template <size_t n>
struct FixedString {
    char text[n]{};
    constexpr FixedString(const char (&s)[n]) { std::copy_n(s, n, text); }
    [[nodiscard]] constexpr std::string_view view() const { return {text, n - 1}; }
};

/// How many wasm parameters a C++ parameter takes, and how it is made of them.
template <class T>
struct Argument {
    static_assert(sizeof(T) <= 8 && (std::is_integral_v<T> || std::is_enum_v<T>), "not an argument type of host functions");
    static constexpr std::array types{sizeof(T) == 8 ? wasm::i64 : wasm::i32};
    static T make(const runtime::Value* v)
    {
        if constexpr (sizeof(T) == 8)
            return static_cast<T>(v->i64);
        else
            return static_cast<T>(v->i32);
    }
};
template <class T>
struct Argument<GuestPtr<T>> {
    static constexpr std::array types{wasm::i32};
    static GuestPtr<T> make(const runtime::Value* v) { return {v->i32}; }
};
template <class T>
struct Argument<GuestSpan<T>> {
    static constexpr std::array types{wasm::i32, wasm::i32};
    static GuestSpan<T> make(const runtime::Value* v) { return {v[0].i32, v[1].i32}; }
};

/// Results that the guest receives through trailing pointer parameters: one for a value, one each for a tuple's members.
template <class T>
struct OutParameters {
    static constexpr size_t count = 1;
    static bool write(const GuestMemory& memory, const runtime::Value* pointers, const T& value) { return memory.write(GuestPtr<T>{pointers->i32}, value); }
    static bool are_valid(const GuestMemory& memory, const runtime::Value* pointers) { return memory.range(pointers->i32, sizeof(T)).has_value(); }
};
template <>
struct OutParameters<std::monostate> {
    static constexpr size_t count = 0;
    static bool write(const GuestMemory&, const runtime::Value*, const std::monostate&) { return true; }
    static bool are_valid(const GuestMemory&, const runtime::Value*) { return true; }
};
template <class A, class B>
struct OutParameters<std::pair<A, B>> {
    static constexpr size_t count = 2;
    static bool write(const GuestMemory& memory, const runtime::Value* p, const std::pair<A, B>& value)
    {
        return memory.write(GuestPtr<A>{p[0].i32}, value.first) && memory.write(GuestPtr<B>{p[1].i32}, value.second);
    }
    static bool are_valid(const GuestMemory& memory, const runtime::Value* p)
    {
        return memory.range(p[0].i32, sizeof(A)).has_value() && memory.range(p[1].i32, sizeof(B)).has_value();
    }
};

template <auto function, class Signature = decltype(function)>
struct Binder;

/// Functions that answer a status: `HostResult<T, Status> f(Context<World>&, Args...) noexcept`.
template <auto function, class T, class Status, class World, class... Args>
struct Binder<function, HostResult<T, Status> (*)(Context<World>&, Args...) noexcept> {
    static constexpr size_t argument_count = (Argument<Args>::types.size() + ... + 0);
    static constexpr size_t parameter_count = argument_count + OutParameters<T>::count;

    static constexpr auto make_params()
    {
        std::array<wasm::ValType, parameter_count> list{};
        size_t n = 0;
        ((std::copy(Argument<Args>::types.begin(), Argument<Args>::types.end(), list.begin() + static_cast<std::ptrdiff_t>(n)),
          n += Argument<Args>::types.size()),
         ...);
        for (; n < parameter_count; ++n) list[n] = wasm::i32;
        return list;
    }
    static constexpr std::array params = make_params();
    static constexpr std::array results{wasm::i32};

    template <size_t... i>
    static constexpr size_t offset_of(size_t index, std::index_sequence<i...>)
    {
        size_t offset = 0;
        ((i < index ? offset += Argument<std::tuple_element_t<i, std::tuple<Args...>>>::types.size() : 0), ...);
        return offset;
    }

    template <size_t... i>
    static HostResult<T, Status> invoke(Context<World>& cx, const runtime::Value* values, std::index_sequence<i...> indices)
    {
        return function(cx, Argument<Args>::make(values + offset_of(i, indices))...);
    }

    static bool entry(runtime::HostFunctionContext& call, runtime::Value* values) noexcept
    {
        Context<World> cx{*static_cast<World*>(call.data), GuestMemory{call.instance == nullptr ? nullptr : call.instance->default_memory()}, call};
        Status status = World::fault;
        // A result that could not be delivered must not have side effects: its place is tested first.
        if (OutParameters<T>::are_valid(cx.memory, values + argument_count)) {
            const HostResult<T, Status> result = invoke(cx, values, std::index_sequence_for<Args...>{});
            status = result.status();
            if (status == Status{} && !OutParameters<T>::write(cx.memory, values + argument_count, result.value())) status = World::fault;
        }
        values[0].i32 = static_cast<uint32_t>(status);
        return true;
    }
};

/// Functions that never return to the guest: `Stop f(Context<World>&, Args...) noexcept`.
template <auto function, class World, class... Args>
struct Binder<function, Stop (*)(Context<World>&, Args...) noexcept> {
    static constexpr std::array<wasm::ValType, sizeof...(Args)> params{Argument<Args>::types[0]...};
    static constexpr std::array<wasm::ValType, 0> results{};
    template <size_t... i>
    static Stop invoke(Context<World>& cx, const runtime::Value* values, std::index_sequence<i...>)
    {
        return function(cx, Argument<Args>::make(values + i)...);
    }
    static bool entry(runtime::HostFunctionContext& call, runtime::Value* values) noexcept
    {
        Context<World> cx{*static_cast<World*>(call.data), GuestMemory{nullptr}, call};
        return runtime::request_exit(call, invoke(cx, values, std::index_sequence_for<Args...>{}).exit_code);
    }
};

/// A row of a host module's table. `parameter_names` are those of the wasm parameters, separated by spaces.
template <FixedString name, auto function>
constexpr runtime::HostFunction host_fn(std::string_view parameter_names)
{
    using B = Binder<function>;
    return {name.view(), B::params, B::results, &B::entry, parameter_names};
}

}  // namespace weir::host
