#pragma once

#ifdef WEIR_SDK
#error "this program includes weir's SDK, which is for guests, and its embedding API, which is for hosts; both have a weir::Result"
#endif
#define WEIR_EMBEDDING_API

#include <type_traits>
#include <utility>
#include <variant>

// All that these headers declare is shown by the shared library, and nothing else is.
#pragma GCC visibility push(default)

namespace weir {

struct Error;

/// Carries an error into a Result. `return weir::Unexpected{error};`
template <class E>
struct Unexpected {
    E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

/// A value or an error. The member names are those of std::expected; the class is ours because public headers are C++20 and
/// libstdc++ 12 lacks the monadic members.
template <class T, class E = Error>
class [[nodiscard]] Result {
public:
    using value_type = T;
    using error_type = E;

    Result() requires std::is_default_constructible_v<T> = default;
    template <class U = T>
    requires(!std::is_same_v<std::remove_cvref_t<U>, Result> && std::is_constructible_v<T, U &&>)
    Result(U&& value) : m_state(std::in_place_index<0>, std::forward<U>(value))
    {
    }
    template <class G>
    requires std::is_constructible_v<E, G&&>
    Result(Unexpected<G> unexpected) : m_state(std::in_place_index<1>, std::move(unexpected.error))
    {
    }

    [[nodiscard]] bool has_value() const noexcept { return m_state.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // Precondition of the accessors: the state they name. Checked by std::get_if's null in debug builds only.
    T& operator*() & noexcept { return *std::get_if<0>(&m_state); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&m_state); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&m_state)); }
    T* operator->() noexcept { return std::get_if<0>(&m_state); }
    const T* operator->() const noexcept { return std::get_if<0>(&m_state); }
    E& error() & noexcept { return *std::get_if<1>(&m_state); }
    const E& error() const& noexcept { return *std::get_if<1>(&m_state); }
    E&& error() && noexcept { return std::move(*std::get_if<1>(&m_state)); }

    template <class U>
    T value_or(U&& other) const&
    {
        return has_value() ? **this : static_cast<T>(std::forward<U>(other));
    }

private:
    std::variant<T, E> m_state;
};

/// Success without a value, or an error.
template <class E>
class [[nodiscard]] Result<void, E> {
public:
    using value_type = void;
    using error_type = E;

    Result() = default;
    template <class G>
    requires std::is_constructible_v<E, G&&>
    Result(Unexpected<G> unexpected) : m_state(std::in_place_index<1>, std::move(unexpected.error))
    {
    }

    [[nodiscard]] bool has_value() const noexcept { return m_state.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    E& error() & noexcept { return *std::get_if<1>(&m_state); }
    const E& error() const& noexcept { return *std::get_if<1>(&m_state); }
    E&& error() && noexcept { return std::move(*std::get_if<1>(&m_state)); }

private:
    std::variant<std::monostate, E> m_state;
};

}  // namespace weir

#pragma GCC visibility pop
