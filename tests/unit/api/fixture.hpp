#pragma once

#include "support/execution.hpp"
#include "weir/weir.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

// ThreadSanitizer holds signals back until the next system call, which a loop of a guest never makes.
#if defined(__has_feature) && __has_feature(thread_sanitizer)
#define WEIR_NEEDS_SIGNALS() GTEST_SKIP() << "ThreadSanitizer delays signals"
#else
#define WEIR_NEEDS_SIGNALS() static_cast<void>(0)
#endif

namespace weir::test {

/// An engine, a linker with what kitchen() imports, and that module.
struct Api : testing::Test {
    Engine engine = Engine::create().value_or(Engine{});
    Linker linker{engine};
    Module module = load(engine);

    static Module load(const Engine& engine);
    Prepared prepare()
    {
        auto prepared = linker.prepare(module);
        if (prepared) return *prepared;
        ADD_FAILURE() << prepared.error().message;
        return {};
    }
    Api()
    {
        linker.define("host", "add", [](int32_t a, int32_t b) { return a + b; });
        linker.define("host", "note", [](int32_t) {});
    }
};

/// Unwraps, or fails the test and ends the program: nothing after it makes sense.
template <class T>
T must(Result<T> result)
{
    if (!result) {
        ADD_FAILURE() << result.error().to_string();
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class T>
std::string message_of(const Result<T>& result)
{
    return result ? std::string{"no error"} : result.error().message;
}

}  // namespace weir::test
