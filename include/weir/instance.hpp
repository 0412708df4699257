#pragma once

#include <weir/engine.hpp>
#include <weir/memory.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)

namespace weir {

template <class R>
class Task;

namespace detail {

/// A function and all that a call of it needs.
struct Callee {
    void* store = nullptr;
    const void* function = nullptr;
    const void* entry = nullptr;
};
/// Null when the function returned, else the caller's to delete; `slots` holds its arguments and then its results.
[[nodiscard]] Error* call(const Callee& callee, Slot* slots);
/// Deletes what `call` answered.
[[nodiscard]] Unexpected<Error> take(Error* error);

/// A reference to another instance's function must not get into this one: it would run with the wrong stack.
[[nodiscard]] bool is_usable(const Callee& callee, FuncRef reference) noexcept;
template <class T>
[[nodiscard]] bool is_usable(const Callee&, const T&) noexcept
{
    return true;
}
[[nodiscard]] Error foreign_reference();

struct TaskState;
[[nodiscard]] std::unique_ptr<TaskState> start(const Callee& callee, const Slot* arguments, size_t argument_count,
                                               size_t slot_count);

}  // namespace detail

template <class Signature>
class Function;

/// A guest's function of a known type: checked once, called in a few nanoseconds. Valid while its instance lives; used on its thread.
template <class R, class... Args>
class Function<R(Args...)> {
public:
    /// Runs the function to its end. May be called by host functions that the same guest called, and so on in turns.
    /// @error trap  The guest, or a function of the host that it called, failed.   @error exit  It ended itself.
    Result<R> operator()(Args... args) const
    {
        if (!(detail::is_usable(m_callee, args) && ...)) return Unexpected{detail::foreign_reference()};
        detail::Slot slots[detail::slot_count<R, Args...>];
        [[maybe_unused]] size_t i = 0;
        (detail::store(slots[i++], args), ...);
        if (Error* const error = detail::call(m_callee, slots)) [[unlikely]]
            return detail::take(error);
        if constexpr (std::is_void_v<R>) {
            Result<R> returned;  // `return {}` would clear the room for an error first
            return returned;
        } else {
            return detail::Results<R>::take(slots);
        }
    }
    /// Begins the call; host functions may suspend it. See Task.
    [[nodiscard]] Task<R> start(Args... args) const;

private:
    friend struct Access;
    friend class Instance;
    friend class Caller;
    explicit Function(detail::Callee callee) : m_callee(callee) {}
    detail::Callee m_callee;
};

/// Stops a guest from another thread, at whatever instruction or waiting host function it is. Thread-safe; outlives the instance, then it
/// does nothing.
class Interrupter {
public:
    struct State;  // weir's own

    /// The call that runs, or else the next one, ends with the trap `interrupted`, and all calls around it.
    void stop() const noexcept;
    /// A guest that was started (Function::start) is suspended: Task::status() is `preempted`, and Task::resume() goes on with it. For one that
    /// was called it does nothing.
    void preempt() const noexcept;

private:
    friend struct Access;
    std::shared_ptr<State> m_state;
    uint64_t m_lease = 0;
};

/// Stops the guest, as Interrupter::stop does, when its time is over; unless it is destroyed before. On the instance's thread.
class [[nodiscard]] Deadline {
public:
    struct State;  // weir's own

    Deadline(Deadline&&) noexcept;
    Deadline& operator=(Deadline&&) noexcept;
    ~Deadline();
    /// Whether the time was over: tells this stop from another.
    [[nodiscard]] bool has_passed() const noexcept;

private:
    friend struct Access;
    explicit Deadline(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> m_state;
};

/// A module that has its imports, its memory and all else that running it needs, and a stack of its own. Used by one thread at a time;
/// a guest that is suspended stays on its thread. Different instances run on different threads. Destroying it stops what is suspended and makes it ready for
/// the next that Prepared::instantiate asks for. Not destroyed by the guest's own host functions. One in a Store stays there until the store
/// ends: others may have what it exports.
/// Standard: Core 3.0, 4.2.5 "Module Instances".
class Instance {
public:
    struct Impl;  // weir's own

    Instance(Instance&&) noexcept;
    Instance& operator=(Instance&&) noexcept;
    ~Instance();

    /// An exported function: `instance.get<int32_t(int32_t, double)>("f")`. Several results are a tuple.
    /// @error usage  There is none of this name, or it has another type; the message says which there are.
    template <class Signature>
    [[nodiscard]] Result<Function<Signature>> get(std::string_view name) const
    {
        return get(name, static_cast<Signature*>(nullptr));
    }
    /// Calls a function whose type is not known here. Allocates; see get() for one that is called often.
    /// @error usage  As above, and arguments of other types.   @error trap, exit  As Function says.
    Result<std::vector<Value>> call(std::string_view name, std::span<const Value> arguments) const;
    Result<std::vector<Value>> call(std::string_view name, std::initializer_list<Value> arguments = {}) const
    {
        return call(name, std::span{arguments.begin(), arguments.size()});
    }
    /// Calls what a guest handed over, such as an element of a table.
    Result<std::vector<Value>> call(FuncRef function, std::span<const Value> arguments) const;

    /// @error usage  The module exports nothing of this name and kind.
    [[nodiscard]] Result<Memory> memory(std::string_view name = "memory") const;
    [[nodiscard]] Result<Table> table(std::string_view name) const;
    [[nodiscard]] Result<Global> global(std::string_view name) const;
    [[nodiscard]] Result<FunctionType> function_type(std::string_view name) const;

    /// What host functions get from Caller::data(). Null at first.
    void set_data(void* data) noexcept;
    [[nodiscard]] Interrupter interrupter() const;
    /// What is left of the fuel; 0 when the engine counts none (Config::fuel). In host functions that the guest called, too.
    [[nodiscard]] uint64_t fuel() const noexcept;
    /// From here on so much is left, at most 2^62.
    void set_fuel(uint64_t fuel) noexcept;
    /// Bounds what follows, until the answer is destroyed: guests that compute and those that wait in WASI's functions.
    [[nodiscard]] Deadline stop_after(std::chrono::nanoseconds time) const;

private:
    friend struct Access;
    explicit Instance(Impl* impl) noexcept : m_impl(impl) {}
    template <class R, class... Args>
    Result<Function<R(Args...)>> get(std::string_view name, R (*)(Args...)) const
    {
        auto callee = find_callee(name, detail::parameter_types<Args...>, detail::Results<R>::types);
        if (!callee) return Unexpected{std::move(callee).error()};
        return Function<R(Args...)>{*callee};
    }
    Result<detail::Callee> find_callee(std::string_view name, std::span<const ValueType> parameters,
                                       std::span<const ValueType> results) const;
    Impl* m_impl;
};

}  // namespace weir

#pragma GCC visibility pop
