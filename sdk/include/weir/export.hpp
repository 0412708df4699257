#pragma once

#include <concepts>
#include <type_traits>

// Functions that a module exports to its host, and functions that it imports from there, as C++ has them:
//
//   WEIR_EXPORT(int32_t, add, (int32_t a, int32_t b)) { return a + b; }
//   WEIR_IMPORT("host", "report", void, report, (const char* text, size_t size))
//
// A library is linked with -mexec-model=reactor: its host calls `_initialize` once, then what it likes. A command may have exports as well.
// Of the types of parameters and results WebAssembly has integers of 32 and 64 bits, float and double. Pointers are addresses in the guest's memory; bool,
// char and the like travel as 32-bit integers. Text and arrays are passed as a pointer and a size.

namespace weir::guest {

/// What is passed as one value of WebAssembly. Classes are not: the C ABI passes them by address, which no host would expect.
template <class T> concept Passable = (std::is_arithmetic_v<T> && sizeof(T) <= 8) || std::is_enum_v<T> || std::is_pointer_v<T>;

template <class F>
inline constexpr bool is_passable_function = false;
template <class R, class... Args>
inline constexpr bool is_passable_function<R(Args...)> = (std::is_void_v<R> || Passable<R>) && (Passable<Args> && ...);

}  // namespace weir::guest

/// Begins the definition of an exported function. At namespace scope; its name is as it is written, also within a namespace.
#define WEIR_EXPORT(result, name, parameters)                                                   \
    static_assert(::weir::guest::is_passable_function<result parameters>,                       \
                  #name " has a parameter or a result that is no single value of WebAssembly"); \
    extern "C" __attribute__((export_name(#name), visibility("default"))) result name parameters

/// Declares a function of the host's. Two imports of one name in different modules need different `function`s.
#define WEIR_IMPORT(module, name, result, function, parameters)                                     \
    static_assert(::weir::guest::is_passable_function<result parameters>,                           \
                  #function " has a parameter or a result that is no single value of WebAssembly"); \
    extern "C" __attribute__((import_module(module), import_name(name))) result function parameters;
