#pragma once

#ifdef WEIR_EMBEDDING_API
#error "this program includes weir's embedding API, which is for hosts, and its SDK, which is for guests; both have a weir::Result"
#endif
#define WEIR_SDK

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

// Errors as values, for programs that are compiled without exceptions. libc++ has std::expected from C++23 on only.

namespace weir {

/// Why something could not be done.
struct Error {
    /// An errno of the platform that the program is compiled for: ECONNREFUSED, ETIMEDOUT, EPROTO, ...
    int code = 0;
    /// What was wrong where the code alone would not tell, a text that lives for ever; or null.
    const char* detail = nullptr;

    [[nodiscard]] std::string message() const { return detail != nullptr ? detail : std::strerror(code); }
    /// Two errors are the same when their codes are: `if (r.error() == ETIMEDOUT)`.
    friend bool operator==(const Error& error, int other) noexcept { return error.code == other; }
};

/// The value of what was done, or why it was not. What is asked for without being there ends the program.
template <class T>
class [[nodiscard]] Result {
public:
    using Value = T;

    Result(T value) : m_value(std::move(value)) {}    // NOLINT(google-explicit-constructor): `return value;`
    Result(Error error) noexcept : m_error(error) {}  // NOLINT(google-explicit-constructor): `return Error{EINVAL};`

    explicit operator bool() const noexcept { return m_value.has_value(); }
    T& operator*() & { return checked(); }
    const T& operator*() const& { return const_cast<Result&>(*this).checked(); }
    T&& operator*() && { return std::move(checked()); }
    T* operator->() { return &checked(); }
    const T* operator->() const { return &const_cast<Result&>(*this).checked(); }
    /// Of a Result without a value.
    [[nodiscard]] Error error() const noexcept { return m_error; }

private:
    T& checked()
    {
        if (!m_value) std::abort();
        return *m_value;
    }

    std::optional<T> m_value;
    Error m_error;
};

/// Done, or why not.
template <>
class [[nodiscard]] Result<void> {
public:
    using Value = void;

    Result() noexcept = default;
    Result(Error error) noexcept : m_error(error) {}  // NOLINT(google-explicit-constructor): `return Error{EINVAL};`

    explicit operator bool() const noexcept { return m_error.code == 0; }
    [[nodiscard]] Error error() const noexcept { return m_error; }

private:
    Error m_error;
};

}  // namespace weir
