#pragma once

#include <weir/linker.hpp>

#include <coroutine>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

// Guests that wait: a call that was started is left when a host function waits for something, and this thread goes on. One thread so serves
// thousands of guests. All of it happens on the thread that started the call.

#pragma GCC visibility push(default)

namespace weir {

enum class TaskStatus : uint8_t {
    waiting,    // in a host function, for its Completion or for resume()
    preempted,  // by Interrupter::preempt: resume() whenever it is its turn
    done,       // take() has the result
};

namespace detail {

/// One started call. What is kept of it lives until the call ends and its Task is gone.
struct TaskState {
    std::unique_ptr<Slot[]> slots;
    void* store = nullptr;
    TaskStatus status = TaskStatus::done;
    std::unique_ptr<Error> error;
    std::coroutine_handle<> continuation;  // who awaits the end

    ~TaskState();
    TaskStatus resume();
    void stop() noexcept;
};

/// One that ended before it began.
[[nodiscard]] std::unique_ptr<TaskState> refused_task(Error error);

/// What a host function waits for.
struct CompletionState {
    TaskState* task = nullptr;  // to be resumed; null: not waiting
    bool is_complete = false;
    std::optional<Error> error;
    void finish();
};
/// Waits until it is complete. False when the guest is to be stopped, or cannot wait.
bool wait(const Caller& caller, void* context, CompletionState& state) noexcept;

}  // namespace detail

/// A call that was started: runs until a host function suspends it. Destroying it, or stop(), ends a guest that has not come to its end:
/// host functions get Resumption::stopped and return. In a C++20 coroutine `co_await task` waits for the end.
template <class R>
class Task {
public:
    Task(Task&&) noexcept = default;
    Task& operator=(Task&&) noexcept = default;
    ~Task() = default;

    [[nodiscard]] TaskStatus status() const noexcept { return m_state->status; }
    [[nodiscard]] bool is_done() const noexcept { return status() == TaskStatus::done; }
    /// Goes on with the guest until it is suspended again or ends. One that waits for a Completion which is not there goes on waiting.
    TaskStatus resume() { return m_state->resume(); }
    /// The result is then the trap `interrupted`.
    void stop() noexcept { m_state->stop(); }
    /// The result, once. @error usage  The task is not done, or its result was taken.   @error trap, exit  As Function says.
    [[nodiscard]] Result<R> take()
    {
        if (!is_done()) return Unexpected{Error{ErrorKind::usage, "the task is not done"}};
        if (m_state->error)
            return Unexpected{std::exchange(*m_state->error, Error{ErrorKind::usage, "the result was taken already"})};
        if constexpr (!std::is_void_v<R>) return detail::Results<R>::take(m_state->slots.get());
        else return {};
    }

    [[nodiscard]] bool await_ready() const noexcept { return is_done(); }
    void await_suspend(std::coroutine_handle<> awaiter) noexcept { m_state->continuation = awaiter; }
    [[nodiscard]] Result<R> await_resume() { return take(); }

private:
    template <class Signature>
    friend class Function;
    explicit Task(std::unique_ptr<detail::TaskState> state) : m_state(std::move(state)) {}
    std::unique_ptr<detail::TaskState> m_state;
};

template <class R, class... Args>
Task<R> Function<R(Args...)>::start(Args... args) const
{
    if (!(detail::is_usable(m_callee, args) && ...)) return Task<R>{detail::refused_task(detail::foreign_reference())};
    detail::Slot slots[detail::slot_count<R, Args...>];
    [[maybe_unused]] size_t i = 0;
    (detail::store(slots[i++], args), ...);
    return Task<R>{detail::start(m_callee, slots, sizeof...(Args), detail::slot_count<R, Args...>)};
}

/// With it a host function that was defined by Linker::define_async answers, at once or later. The guest goes on within the call of
/// complete() or fail(), until it waits again or ends. On the guest's thread. Only the first answer counts; for a guest that was stopped none does.
template <class R>
class Completion {
public:
    template <class... T>
    requires(std::is_void_v<R> ? sizeof...(T) == 0 : sizeof...(T) == 1) void complete(T... value) const
    {
        if (m_state->is_complete) return;
        if constexpr (!std::is_void_v<R>) detail::Results<R>::put(m_state->slots, value...);
        m_state->finish();
    }
    /// Stops the guest with a trap of this message, or ends it where the error is an exit.
    void fail(Error error) const
    {
        if (m_state->is_complete) return;
        m_state->error = std::move(error);
        m_state->finish();
    }

private:
    template <class F, class Result, class... Args>
    friend struct AsyncBinder;
    struct State : detail::CompletionState {
        detail::Slot slots[detail::slot_count<R>];
    };
    explicit Completion(std::shared_ptr<State> state) : m_state(std::move(state)) {}
    std::shared_ptr<State> m_state;
};

/// Makes a call from machine code one of a callable that answers by a Completion.
template <class F, class R, class... Args>
struct AsyncBinder {
    struct Function {
        F function;
        bool run(const Caller& caller, void* context, detail::Slot* slots, Args... args)
        {
            const auto state = std::make_shared<typename Completion<R>::State>();
            function(caller, args..., Completion<R>{state});
            if (!detail::wait(caller, context, *state)) return false;
            if (state->error) return caller.fail(*state->error);
            std::copy_n(state->slots, detail::Results<R>::types.size(), slots);
            return caller.accepts_references(detail::Results<R>::types, slots);
        }
    };
    static bool run(void* context, detail::Slot* slots) noexcept
    {
        const Caller caller{context};
        auto& function = detail::callable_of<Function>(context);
        const auto invoke = [&]<size_t... i>(std::index_sequence<i...>) {
            return function.run(caller, context, slots, detail::load<Args>(slots[i])...);
        };
#ifdef __cpp_exceptions
        try {
            return invoke(std::index_sequence_for<Args...>{});
        } catch (const std::exception& e) {
            return caller.fail(e.what());
        } catch (...) {
            return caller.fail("a host function threw something that is no std::exception");
        }
#else
        return invoke(std::index_sequence_for<Args...>{});
#endif
    }
    static detail::HostFunction bind(F&& function)
    {
        return {std::make_shared<Function>(Function{std::move(function)}),
                &run,
                {detail::parameter_types<Args...>.begin(), detail::parameter_types<Args...>.end()},
                {detail::Results<R>::types.begin(), detail::Results<R>::types.end()}};
    }
};

namespace detail {

/// Splits `Caller, Args..., Completion<R>`.
template <class... Seen>
struct AsyncArguments {
    template <class F, class... Rest>
    struct Split;
    template <class F, class R>
    struct Split<F, Completion<R>> {
        using Binder = AsyncBinder<F, R, Seen...>;
    };
    template <class F, class Next, class... Rest>
    struct Split<F, Next, Rest...> {
        using Binder = AsyncArguments<Seen..., Next>::template Split<F, Rest...>::Binder;
    };
};
template <class F>
struct AsyncSignature : AsyncSignature<decltype(&F::operator())> {};
template <class... Args>
struct AsyncSignature<void (*)(const Caller&, Args...)> {
    template <class F>
    using Binder = AsyncArguments<>::template Split<F, Args...>::Binder;
};
template <class C, class... Args>
struct AsyncSignature<void (C::*)(Args...) const> : AsyncSignature<void (*)(Args...)> {};
template <class C, class... Args>
struct AsyncSignature<void (C::*)(Args...)> : AsyncSignature<void (*)(Args...)> {};

}  // namespace detail

template <class F>
void Linker::define_async(std::string module, std::string name, F function)
{
    define_function(std::move(module), std::move(name), detail::AsyncSignature<F>::template Binder<F>::bind(std::move(function)));
}

}  // namespace weir

#pragma GCC visibility pop
