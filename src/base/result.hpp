#pragma once

#include "weir/expected.hpp"

#define WEIR_CONCAT_(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_(a, b)

/// Declares `var` bound to the value of `expr`, or returns its error from the enclosing function.
#define WEIR_TRY(var, expr)                                     \
    auto var##_or = (expr);                                     \
    if (!var##_or) [[unlikely]]                                 \
        return ::weir::Unexpected{std::move(var##_or).error()}; \
    auto& var = *var##_or

/// Evaluates `expr`, a Result<void, E>, and returns its error from the enclosing function.
#define WEIR_CHECK(expr)                                                                              \
    if (auto WEIR_CONCAT(checked_, __LINE__) = (expr); !WEIR_CONCAT(checked_, __LINE__)) [[unlikely]] \
        return ::weir::Unexpected { std::move(WEIR_CONCAT(checked_, __LINE__)).error() }
