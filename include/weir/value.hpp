#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#pragma GCC visibility push(default)

namespace weir {

/// Value types of WebAssembly that cross between host and guest. Standard: Core 3.0, 2.3.7. `other` are references of other kinds, which
/// have no C++ type: functions that take or give them can be linked, not called from the host.
enum class ValueType : uint8_t { i32, i64, f32, f64, v128, funcref, externref, other };
/// "i32", "externref".
[[nodiscard]] std::string_view to_string(ValueType type) noexcept;

/// 16 bytes, lowest lane first.
using V128 = std::array<uint8_t, 16>;

/// A value of the host's that guests can hold and hand back but not look into: any word, zero is null. weir does not look into it either: what it
/// stands for, a pointer or an index, and how long that lives, is the host's affair.
struct ExternRef {
    uint64_t word = 0;
    friend bool operator==(ExternRef, ExternRef) = default;
};

/// A function reference, null or of a function of the same instance or one that is linked with it. Valid while that instance is.
struct FuncRef {
    const void* function = nullptr;
    explicit operator bool() const noexcept { return function != nullptr; }
    friend bool operator==(FuncRef, FuncRef) = default;
};

/// A value of any type. Integers are kept signed; unsigned ones have the same bits.
using Value = std::variant<int32_t, int64_t, float, double, V128, FuncRef, ExternRef>;
[[nodiscard]] inline ValueType type_of(const Value& value) noexcept { return static_cast<ValueType>(value.index()); }

/// A function's type.
struct FunctionType {
    std::vector<ValueType> parameters, results;
    friend bool operator==(const FunctionType&, const FunctionType&) = default;
};
/// "[i32 i32] -> [i64]".
[[nodiscard]] std::string to_string(const FunctionType& type);

namespace detail {

/// A value as machine code has it in memory. Layout shared with the runtime.
union alignas(16) Slot {
    uint64_t words[2];
};

template <class T>
struct ValueTraits {
    static constexpr bool is_integer = std::is_integral_v<T> || std::is_enum_v<T>;
    static_assert(
        is_integer || std::is_same_v<T, float> || std::is_same_v<T, double>,
        "not a type of WebAssembly: 32- and 64-bit integers and enumerations, float, double, weir::V128, FuncRef, ExternRef");
    static_assert(sizeof(T) == 4 || sizeof(T) == 8,
                  "WebAssembly has integers of 32 and 64 bits; convert narrower ones, and bool, yourself");
    static constexpr ValueType type =
        is_integer ? (sizeof(T) == 4 ? ValueType::i32 : ValueType::i64) : (sizeof(T) == 4 ? ValueType::f32 : ValueType::f64);
};
template <>
struct ValueTraits<V128> {
    static constexpr ValueType type = ValueType::v128;
};
template <>
struct ValueTraits<FuncRef> {
    static constexpr ValueType type = ValueType::funcref;
};
template <>
struct ValueTraits<ExternRef> {
    static constexpr ValueType type = ValueType::externref;
};

template <class T>
void store(Slot& slot, const T& value) noexcept
{
    static_cast<void>(ValueTraits<T>::type);
    std::memcpy(&slot, &value, sizeof value);
}
template <class T>
[[nodiscard]] T load(const Slot& slot) noexcept
{
    T value;
    std::memcpy(&value, &slot, sizeof value);
    return value;
}

/// Results of a function: none, one, or several as a tuple.
template <class R>
struct Results {
    static constexpr std::array<ValueType, 1> types{ValueTraits<R>::type};
    static R take(const Slot* slots) noexcept { return load<R>(slots[0]); }
    static void put(Slot* slots, const R& value) noexcept { store(slots[0], value); }
};
template <>
struct Results<void> {
    static constexpr std::array<ValueType, 0> types{};
};
template <class... Rs>
struct Results<std::tuple<Rs...>> {
    static constexpr std::array<ValueType, sizeof...(Rs)> types{ValueTraits<Rs>::type...};
    static std::tuple<Rs...> take(const Slot* slots) noexcept
    {
        return [&]<size_t... i>(std::index_sequence<i...>) {
            return std::tuple<Rs...>{load<Rs>(slots[i])...};
        }(std::index_sequence_for<Rs...>{});
    }
    static void put(Slot* slots, const std::tuple<Rs...>& values) noexcept
    {
        [&]<size_t... i>(std::index_sequence<i...>) {
            (store(slots[i], std::get<i>(values)), ...);
        }(std::index_sequence_for<Rs...>{});
    }
};

template <class... Args>
inline constexpr std::array<ValueType, sizeof...(Args)> parameter_types{ValueTraits<Args>::type...};

/// Room for a call's arguments, which its results replace.
template <class R, class... Args>
inline constexpr size_t slot_count = std::max({size_t{1}, sizeof...(Args), Results<R>::types.size()});

}  // namespace detail

}  // namespace weir

#pragma GCC visibility pop
