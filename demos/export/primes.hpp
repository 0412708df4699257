#pragma once

#include <coroutine>
#include <deque>
#include <exception>
#include <utility>

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

inline Numbers all_from(int first)
{
    for (int i = first;; ++i) co_yield i;
}

/// What `prime` does not divide.
inline Numbers without_multiples(Numbers& source, int prime)
{
    for (;;)
        if (const int i = source.next(); i % prime != 0) co_yield i;
}

/// The prime numbers, one after the other: a chain of coroutines, one for each prime.
class Primes {
public:
    Primes() { m_chain.push_back(all_from(2)); }
    int next()
    {
        const int prime = m_chain.back().next();
        m_chain.push_back(without_multiples(m_chain.back(), prime));
        return prime;
    }

private:
    std::deque<Numbers> m_chain;  // links refer to each other, and a deque's stay where they are
};
