// A library of one function, for  weir run --invoke primes: prints the first prime numbers, which come through a chain of coroutines, one for
// each prime.

#include <coroutine>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

namespace {

/// A coroutine that yields numbers for ever.
class Numbers {
public:
    struct promise_type {
        int value = 0;
        Numbers get_return_object() { return Numbers{std::coroutine_handle<promise_type>::from_promise(*this)}; }
        static std::suspend_always initial_suspend() noexcept { return {}; }
        static std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(int v) noexcept
        {
            value = v;
            return {};
        }
        static void return_void() {}
        static void unhandled_exception() { std::terminate(); }
    };

    Numbers(Numbers&& other) noexcept : m_handle(std::exchange(other.m_handle, nullptr)) {}
    Numbers(const Numbers&) = delete;
    Numbers& operator=(Numbers&&) = delete;
    Numbers& operator=(const Numbers&) = delete;
    ~Numbers()
    {
        if (m_handle) m_handle.destroy();
    }

    int next()
    {
        m_handle.resume();
        return m_handle.promise().value;
    }

private:
    explicit Numbers(std::coroutine_handle<promise_type> handle) : m_handle(handle) {}
    std::coroutine_handle<promise_type> m_handle;
};

Numbers all_from(int first)
{
    for (int i = first;; ++i) co_yield i;
}

/// What `prime` does not divide.
Numbers without_multiples(Numbers& source, int prime)
{
    for (;;)
        if (const int i = source.next(); i % prime != 0) co_yield i;
}

}  // namespace

extern "C" __attribute__((export_name("primes"))) void primes(int32_t count)
{
    std::vector<Numbers> chain;
    chain.reserve(static_cast<size_t>(count < 0 ? 0 : count) + 1);  // links refer to each other
    chain.push_back(all_from(2));
    for (int32_t i = 0; i < count; ++i) {
        const int prime = chain.back().next();
        std::printf("%d\n", prime);
        chain.push_back(without_multiples(chain.back(), prime));
    }
    std::fflush(stdout);
}
