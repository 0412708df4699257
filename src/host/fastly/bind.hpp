#pragma once

#include "host/bind.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>

// What this world's functions need of the binder beyond what all worlds do: values of enumerations and sets are tested before the function runs,
// since it answers the same for each that there is not, and results come in threes as well.

namespace weir::fastly {

/// An enumeration of which a guest may pass the values up to `last`; others are the world's invalid_argument.
template <class T, uint32_t last>
struct LimitedArgument {
    static constexpr std::array types{wasm::i32};
    static constexpr std::array descriptions{host::Parameter{host::Parameter::Kind::value, &host::host_type<T>}};
    static bool fits(const runtime::Value* v) { return v->i32 <= last; }
    static T make(const runtime::Value* v) { return static_cast<T>(v->i32); }
};
/// A set of the bits of `all`.
template <class T, uint32_t all>
struct SetArgument {
    static constexpr std::array types{wasm::i32};
    static constexpr std::array descriptions{host::Parameter{host::Parameter::Kind::value, &host::host_type<T>}};
    static bool fits(const runtime::Value* v) { return (v->i32 & ~all) == 0; }
    static T make(const runtime::Value* v) { return static_cast<T>(v->i32); }
};

}  // namespace weir::fastly

namespace weir::host {

/// Results for the members of a tuple, through a pointer parameter each.
template <class... Members>
struct OutParameters<std::tuple<Members...>> {
    static constexpr std::array descriptions{Parameter{Parameter::Kind::result, &host_type<Members>}...};
    static bool write(const GuestMemory& memory, const runtime::Value* pointers, const std::tuple<Members...>& values)
    {
        return std::apply(
            [&](const Members&... value) {
                size_t i = 0;
                return (memory.write(GuestPtr<Members>{pointers[i++].i32}, value) && ...);
            },
            values);
    }
    static bool are_valid(const GuestMemory& memory, const runtime::Value* pointers)
    {
        size_t i = 0;
        return (memory.range(pointers[i++].i32, sizeof(Members)).has_value() && ...);
    }
};

}  // namespace weir::host
