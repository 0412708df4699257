#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// Functions that a module exports to its host, and functions that it imports from there, as C++ has them:
//
//   WEIR_EXPORT(int32_t, add, (int32_t a, int32_t b)) { return a + b; }
//   WEIR_EXPORT(size_t, count_words, (std::string_view text)) { ... }
//   WEIR_IMPORT("host", "report", void, report, (std::string_view text))
//
// A library is linked with -mexec-model=reactor: its host calls `_initialize` once, then what it likes. A command may have exports as well.
//
// WebAssembly has integers of 32 and 64 bits, float and double. Other types travel as those:
//
//   bool, char, short, enums, ...           as a 32-bit integer; a pointer as the address in the guest's memory
//   std::string_view, std::span<T>          as a parameter: two values, the address and the count of bytes or elements
//   std::string_view, std::span<T>          as a result: one integer of 64 bits, the address below and the count in the upper half. What it
//                                           refers to must be there as long as the host reads it: until the next call, as the two agree
//
// A host that passes text or arrays needs memory of the guest's to put them into: export a function that answers some.

namespace weir::guest {

/// What is passed as one value of WebAssembly. Other classes are not: the C ABI passes them by address, which no host would expect.
template <class T> concept Passable = (std::is_arithmetic_v<T> && sizeof(T) <= 8) || std::is_enum_v<T> || std::is_pointer_v<T>;

/// What is passed as an address and a count.
template <class T>
inline constexpr bool is_view = false;
template <>
inline constexpr bool is_view<std::string_view> = true;
template <class T>
inline constexpr bool is_view<std::span<T>> = true;

template <class F>
inline constexpr bool is_passable_function = false;
template <class R, class... Args>
inline constexpr bool is_passable_function<R(Args...)> =
    (std::is_void_v<R> || Passable<R> || is_view<R>) && ((Passable<Args> || is_view<Args>) && ...);

namespace detail {

/// A parameter as values of WebAssembly.
template <class T>
struct Parameter {
    using Flat = std::tuple<T>;
    static Flat flatten(T value) { return {value}; }
    template <size_t at, class All>
    static T take(const All& values)
    {
        return std::get<at>(values);
    }
};
template <class T>
requires is_view<T> struct Parameter<T> {
    using Data = decltype(std::declval<T>().data());
    using Flat = std::tuple<Data, size_t>;
    static Flat flatten(T value) { return {value.data(), value.size()}; }
    template <size_t at, class All>
    static T take(const All& values)
    {
        return T{std::get<at>(values), std::get<at + 1>(values)};
    }
};

template <class R>
struct ResultOf {
    using Flat = R;
};
template <class R>
requires is_view<R> struct ResultOf<R> {
    using Flat = uint64_t;
};

/// An address and a count in one integer.
template <class View>
uint64_t pack(View view)
{
    return reinterpret_cast<uintptr_t>(view.data()) | uint64_t{view.size()} << 32;
}
template <class View>
View unpack(uint64_t packed)
{
    using Data = decltype(std::declval<View>().data());
    return View{reinterpret_cast<Data>(static_cast<uintptr_t>(packed & 0xffff'ffff)), static_cast<size_t>(packed >> 32)};
}

template <class R, class Flat>
struct FunctionOf;
template <class R, class... Flat>
struct FunctionOf<R, std::tuple<Flat...>> {
    using Type = R(Flat...);
};

template <class F>
struct Signature;
template <class R, class... Args>
struct Signature<R(Args...)> {
    using Values = decltype(std::tuple_cat(std::declval<typename Parameter<Args>::Flat>()...));
    using Type = typename FunctionOf<typename ResultOf<R>::Flat, Values>::Type;
    /// Where the values of a parameter begin among all.
    static constexpr size_t place(size_t parameter)
    {
        const size_t sizes[]{std::tuple_size_v<typename Parameter<Args>::Flat>..., 0};
        size_t at = 0;
        for (size_t i = 0; i < parameter; ++i) at += sizes[i];
        return at;
    }
    template <size_t... i>
    static auto call(R (*function)(Args...), const Values& values, std::index_sequence<i...> /*parameters*/) ->
        typename ResultOf<R>::Flat
    {
        if constexpr (is_view<R>) return pack(function(Parameter<Args>::template take<place(i)>(values)...));
        else return function(Parameter<Args>::template take<place(i)>(values)...);
    }
    static auto call(R (*function)(Args...), const Values& values) -> typename ResultOf<R>::Flat
    {
        return call(function, values, std::index_sequence_for<Args...>{});
    }
};

}  // namespace detail

/// What of F, a function of C++, WebAssembly sees.
template <class F>
using Flat = typename detail::Signature<F>::Type;

/// A function of the host's, `raw`, as C++ calls it.
template <class F, Flat<F>* raw>
struct Imported;
template <class R, class... Args, Flat<R(Args...)>* raw>
struct Imported<R(Args...), raw> {
    R operator()(Args... args) const
    {
        const auto values = std::tuple_cat(detail::Parameter<Args>::flatten(args)...);
        if constexpr (is_view<R>) return detail::unpack<R>(std::apply(*raw, values));
        else return std::apply(*raw, values);
    }
};

}  // namespace weir::guest

/// Begins the definition of an exported function, which the guest may call as well. At namespace scope; its exported name is as it is written, also
/// within a namespace.
#define WEIR_EXPORT(result, name, parameters)                                                           \
    static_assert(::weir::guest::is_passable_function<result parameters>,                               \
                  #name " has a parameter or a result that WebAssembly has no values for");             \
    result name parameters;                                                                             \
    namespace weir_exported_##name                                                                      \
    {                                                                                                   \
        template <class F>                                                                              \
        struct Export;                                                                                  \
        template <class R, class... Values>                                                             \
        struct Export<R(Values...)> {                                                                   \
            __attribute__((export_name(#name), visibility("default"))) static R call(Values... values)  \
            {                                                                                           \
                return ::weir::guest::detail::Signature<result parameters>::call(&(name), {values...}); \
            }                                                                                           \
        };                                                                                              \
        template struct Export<::weir::guest::Flat<result parameters>>;                                 \
    }                                                                                                   \
    result name parameters

/// Declares `function` to be a function of the host's. Two imports need different `function`s, also in different namespaces.
#define WEIR_IMPORT(module, name, result, function, parameters)                                                 \
    static_assert(::weir::guest::is_passable_function<result parameters>,                                       \
                  #function " has a parameter or a result that WebAssembly has no values for");                 \
    extern "C" __attribute__((import_module(module), import_name(name))) ::weir::guest::Flat<result parameters> \
        weir_imported_##function;                                                                               \
    inline constexpr ::weir::guest::Imported<result parameters, &weir_imported_##function> function{};
