#pragma once

#include "base/result.hpp"
#include "host/guest.hpp"
#include "runtime/linker.hpp"
#include "runtime/store.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

// Typed host functions. From `HostResult<Timestamp, Errno> clock_time_get(Context&, ClockId, Timestamp) noexcept` come the wasm
// type, the decoding of arguments, the checked store of the result, the errno and the description for traces; nothing is stated
// twice. A function that may throw does not bind: the specializations below ask for noexcept.

namespace weir::host {

/// A value for the guest, or the world's status code. `Status{}` is success.
template <class T, class Status>
class [[nodiscard]] HostResult {
public:
    HostResult(T value) : m_value(std::move(value)), m_status(Status{}) {}
    HostResult(Status status) : m_status(status) {}
    HostResult(Unexpected<Status> unexpected) : m_status(unexpected.error) {}
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

/// What a host function gets besides its arguments. A world names two statuses that the binder itself answers with:
/// `World::fault` for a result pointer out of memory, `World::invalid_argument` for a value that its type cannot hold.
template <class World>
struct Context {
    World& world;
    GuestMemory memory;
    runtime::HostFunctionContext& call;
    std::optional<uint32_t> exit_code{};  // set by a function that may end the guest: then it does not return to it
};

template <size_t n>
struct FixedString {
    char text[n]{};
    constexpr FixedString(const char (&s)[n]) { std::copy_n(s, n, text); }
    [[nodiscard]] constexpr std::string_view view() const { return {text, n - 1}; }
};

using runtime::HostType;

/// What people are shown of a C++ type. Worlds specialize it for their own.
template <class T>
inline constexpr HostType host_type{sizeof(T) == 8   ? "u64"
                                    : sizeof(T) == 2 ? "u16"
                                                     : "u32",
                                    sizeof(T)};
template <>
inline constexpr HostType host_type<char>{"char", 1, HostType::Form::character};
template <>
inline constexpr HostType host_type<uint8_t>{"u8", 1, HostType::Form::byte};

using Parameter = runtime::HostParameter;

/// How many wasm parameters a C++ parameter takes, and how it is made of them.
template <class T>
struct Argument {
    static_assert(sizeof(T) <= 8 && (std::is_integral_v<T> || std::is_enum_v<T>), "not an argument type of host functions");
    static constexpr std::array types{sizeof(T) == 8 ? wasm::i64 : wasm::i32};
    static constexpr std::array descriptions{Parameter{Parameter::Kind::value, &host_type<T>}};

    /// A narrow type must not lose bits: 256 is no uint8_t 0.
    static bool fits(const runtime::Value* v)
    {
        if constexpr (sizeof(T) < 4) return v->i32 <= (uint32_t{1} << 8 * sizeof(T)) - 1;
        else return true;
    }
    static T make(const runtime::Value* v)
    {
        if constexpr (sizeof(T) == 8) return static_cast<T>(v->i64);
        else return static_cast<T>(v->i32);
    }
};
template <class T>
struct Argument<GuestPtr<T>> {
    static constexpr std::array types{wasm::i32};
    static constexpr std::array descriptions{Parameter{Parameter::Kind::pointer, &host_type<T>}};
    static bool fits(const runtime::Value*) { return true; }
    static GuestPtr<T> make(const runtime::Value* v) { return {v->i32}; }
};
template <class T>
struct Argument<GuestSpan<T>> {
    static constexpr std::array types{wasm::i32, wasm::i32};
    static constexpr std::array descriptions{Parameter{Parameter::Kind::span, &host_type<T>},
                                             Parameter{Parameter::Kind::length, &host_type<uint32_t>}};
    static bool fits(const runtime::Value*) { return true; }
    static GuestSpan<T> make(const runtime::Value* v) { return {v[0].i32, v[1].i32}; }
};

/// Results that the guest receives through trailing pointer parameters: one for a value, one each for a pair's members.
template <class T>
struct OutParameters {
    static constexpr std::array descriptions{Parameter{Parameter::Kind::result, &host_type<T>}};
    static bool write(const GuestMemory& memory, const runtime::Value* pointers, const T& value)
    {
        return memory.write(GuestPtr<T>{pointers->i32}, value);
    }
    static bool are_valid(const GuestMemory& memory, const runtime::Value* pointers)
    {
        return memory.range(pointers->i32, sizeof(T)).has_value();
    }
};
template <>
struct OutParameters<std::monostate> {
    static constexpr std::array<Parameter, 0> descriptions{};
    static bool write(const GuestMemory&, const runtime::Value*, const std::monostate&) { return true; }
    static bool are_valid(const GuestMemory&, const runtime::Value*) { return true; }
};
template <class A, class B>
struct OutParameters<std::pair<A, B>> {
    static constexpr std::array descriptions{Parameter{Parameter::Kind::result, &host_type<A>},
                                             Parameter{Parameter::Kind::result, &host_type<B>}};
    static bool write(const GuestMemory& memory, const runtime::Value* p, const std::pair<A, B>& value)
    {
        return memory.write(GuestPtr<A>{p[0].i32}, value.first) && memory.write(GuestPtr<B>{p[1].i32}, value.second);
    }
    static bool are_valid(const GuestMemory& memory, const runtime::Value* p)
    {
        return memory.range(p[0].i32, sizeof(A)).has_value() && memory.range(p[1].i32, sizeof(B)).has_value();
    }
};

namespace detail {

/// One array of several.
template <class Element, class... Arrays>
constexpr auto concatenate(const Arrays&... arrays)
{
    std::array<Element, (arrays.size() + ... + 0)> all{};
    size_t n = 0;
    const auto append = [&](const auto& array) {
        for (const auto& element : array) all[n++] = element;
    };
    (append(arrays), ...);
    return all;
}

/// Arguments of C++ out of the values of wasm.
template <class... Args>
struct Arguments {
    static constexpr size_t count = (Argument<Args>::types.size() + ... + 0);
    static constexpr std::array types = concatenate<wasm::ValType>(Argument<Args>::types...);
    static constexpr std::array descriptions = concatenate<Parameter>(Argument<Args>::descriptions...);

    /// Where each argument's first value is.
    static constexpr std::array offsets = [] {
        std::array<size_t, sizeof...(Args)> at{};
        const std::array<size_t, sizeof...(Args)> sizes{Argument<Args>::types.size()...};
        for (size_t i = 1; i < at.size(); ++i) at[i] = at[i - 1] + sizes[i - 1];
        return at;
    }();

    template <size_t... i>
    static bool fit(const runtime::Value* values, std::index_sequence<i...>)
    {
        return (Argument<Args>::fits(values + offsets[i]) && ...);
    }
    static bool fit(const runtime::Value* values) { return fit(values, std::index_sequence_for<Args...>{}); }

    template <auto function, class Cx, size_t... i>
    static auto invoke(Cx& cx, const runtime::Value* values, std::index_sequence<i...>) noexcept
    {
        return function(cx, Argument<Args>::make(values + offsets[i])...);
    }
    template <auto function, class Cx>
    static auto invoke(Cx& cx, const runtime::Value* values) noexcept
    {
        return invoke<function>(cx, values, std::index_sequence_for<Args...>{});
    }
};

inline GuestMemory memory_of(const runtime::HostFunctionContext& call) noexcept
{
    return GuestMemory{call.instance == nullptr ? nullptr : call.instance->default_memory()};
}

}  // namespace detail

template <auto function, class Signature = decltype(function)>
struct Binder;

/// Functions that answer a status: `HostResult<T, Status> f(Context<World>&, Args...) noexcept`.
template <auto function, class T, class Status, class World, class... Args>
struct Binder<function, HostResult<T, Status> (*)(Context<World>&, Args...) noexcept> {
    using In = detail::Arguments<Args...>;
    using Out = OutParameters<T>;

    static constexpr std::array parameters = detail::concatenate<Parameter>(In::descriptions, Out::descriptions);
    static constexpr std::array params = [] {
        std::array<wasm::ValType, parameters.size()> types{};
        types.fill(wasm::i32);  // the out parameters
        std::ranges::copy(In::types, types.begin());
        return types;
    }();
    static constexpr std::array results{wasm::i32};
    static constexpr const HostType* status_type = &host_type<Status>;

    static Status call_function(Context<World>& cx, const runtime::Value* values) noexcept
    {
        if (!In::fit(values)) return World::invalid_argument;
        // A result that could not be delivered must not have had effects: its place is tested first.
        if (!Out::are_valid(cx.memory, values + In::count)) return World::fault;
        const HostResult<T, Status> result = In::template invoke<function>(cx, values);
        if (result.status() != Status{}) return result.status();
        return Out::write(cx.memory, values + In::count, result.value()) ? Status{} : World::fault;
    }

    static bool entry(runtime::HostFunctionContext& call, runtime::Value* values) noexcept
    {
        Context<World> cx{*static_cast<World*>(call.data), detail::memory_of(call), call};
        const Status status = call_function(cx, values);
        if (cx.exit_code) [[unlikely]]
            return runtime::request_exit(call, *cx.exit_code);
        values[0].i32 = static_cast<uint32_t>(status);
        return true;
    }
};

/// Functions that never return to the guest: `Stop f(Context<World>&, Args...) noexcept`.
template <auto function, class World, class... Args>
struct Binder<function, Stop (*)(Context<World>&, Args...) noexcept> {
    using In = detail::Arguments<Args...>;
    static constexpr std::array parameters = In::descriptions;
    static constexpr std::array params = In::types;
    static constexpr std::array<wasm::ValType, 0> results{};
    static constexpr const HostType* status_type = nullptr;

    static bool entry(runtime::HostFunctionContext& call, runtime::Value* values) noexcept
    {
        Context<World> cx{*static_cast<World*>(call.data), detail::memory_of(call), call};
        return runtime::request_exit(call, In::template invoke<function>(cx, values).exit_code);
    }
};

/// A row of a host module's table. `parameter_names` is what HostFunction::parameter_names says.
template <FixedString name, auto function>
constexpr runtime::HostFunction host_fn(std::string_view parameter_names)
{
    using B = Binder<function>;
    return {name.view(), B::params, B::results, &B::entry, parameter_names, B::parameters, B::status_type};
}

}  // namespace weir::host
