#pragma once

#include <weir/instance.hpp>
#include <weir/store.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)

namespace weir {

/// What Caller::suspend answers.
enum class Resumption : uint8_t {
    resumed,
    stopped,     // the guest is being stopped: return at once, what you answer does not matter
    impossible,  // the guest was called, not started (Function::start); nothing happened
};

/// A host function's view of the guest that calls it. Lives as long as the call.
class Caller {
public:
    /// The memory that the guest exports as "memory", or else its first. Without one, a memory of no bytes.
    [[nodiscard]] Memory memory() const noexcept;
    /// What Instance::set_data set.
    [[nodiscard]] void* data() const noexcept;
    /// A function that the calling instance exports, as Instance::get.
    template <class Signature>
    [[nodiscard]] Result<Function<Signature>> get(std::string_view name) const
    {
        return get(name, static_cast<Signature*>(nullptr));
    }
    /// As Instance::call.
    Result<std::vector<Value>> call(std::string_view name, std::span<const Value> arguments) const;

    /// Leaves the guest, and this host function with it, until Task::resume or Task::stop. What started it goes on meanwhile, on the same thread. No
    /// lock may be held. For most uses Linker::define_async is simpler.
    [[nodiscard]] Resumption suspend() const noexcept;
    [[nodiscard]] bool can_suspend() const noexcept;

private:
    friend struct Access;
    template <class F, class R, bool takes_caller, class... Args>
    friend struct HostBinder;
    template <class F, class R, class... Args>
    friend struct AsyncBinder;
    explicit Caller(void* context) noexcept : m_context(context) {}
    /// The call ends with this error. Answers false, which is what the runtime wants to hear then.
    bool fail(const Error& error) const noexcept;
    bool fail(const char* message) const noexcept;
    /// Whether the function references among the results are the guest's own or null; otherwise it fails.
    [[nodiscard]] bool accepts_references(std::span<const ValueType> types, const detail::Slot* slots) const noexcept;
    template <class R, class... Args>
    Result<Function<R(Args...)>> get(std::string_view name, R (*)(Args...)) const
    {
        auto callee = find_callee(name, detail::parameter_types<Args...>, detail::Results<R>::types);
        if (!callee) return Unexpected{std::move(callee).error()};
        return Function<R(Args...)>{*callee};
    }
    Result<detail::Callee> find_callee(std::string_view name, std::span<const ValueType> parameters,
                                       std::span<const ValueType> results) const;
    void* m_context;
};

namespace detail {

/// What a host function was defined with; layout shared with the runtime.
template <class F>
[[nodiscard]] F& callable_of(void* context) noexcept
{
    return *static_cast<F*>(static_cast<void**>(context)[3]);
}

struct HostFunction {
    std::shared_ptr<void> callable;
    bool (*run)(void* context, Slot* slots) noexcept;  // called by machine code, nothing in between
    std::vector<ValueType> parameters, results;
};

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T, Error>> = true;
template <class T>
struct WithoutError {
    using type = T;
};
template <class T>
struct WithoutError<Result<T, Error>> {
    using type = T;
};

}  // namespace detail

/// Makes a call from machine code one of a C++ callable. No exception leaves it.
template <class F, class R, bool takes_caller, class... Args>
struct HostBinder {
    using Value = detail::WithoutError<R>::type;

    static bool run(void* context, detail::Slot* slots) noexcept
    {
        const Caller caller{context};
        auto& function = detail::callable_of<F>(context);
#ifdef __cpp_exceptions
        try {
            return invoke(function, caller, slots, std::index_sequence_for<Args...>{});
        } catch (const std::exception& e) {
            return caller.fail(e.what());
        } catch (...) {
            return caller.fail("a host function threw something that is no std::exception");
        }
#else
        return invoke(function, caller, slots, std::index_sequence_for<Args...>{});
#endif
    }
    static detail::HostFunction bind(F&& function)
    {
        return {std::make_shared<F>(std::move(function)),
                &run,
                {detail::parameter_types<Args...>.begin(), detail::parameter_types<Args...>.end()},
                {detail::Results<Value>::types.begin(), detail::Results<Value>::types.end()}};
    }

private:
    template <size_t... i>
    static bool invoke(F& function, const Caller& caller, detail::Slot* slots, std::index_sequence<i...>)
    {
        const auto call = [&]() -> R {
            if constexpr (takes_caller) return function(caller, detail::load<Args>(slots[i])...);
            else return function(detail::load<Args>(slots[i])...);
        };
        if constexpr (std::is_void_v<R>) {
            call();
        } else if constexpr (detail::is_result<R>) {
            const R result = call();
            if (!result) return caller.fail(result.error());
            if constexpr (!std::is_void_v<Value>) detail::Results<Value>::put(slots, *result);
        } else {
            detail::Results<R>::put(slots, call());
        }
        constexpr const auto& types = detail::Results<Value>::types;
        if constexpr (std::ranges::find(types, ValueType::funcref) != types.end()) return caller.accepts_references(types, slots);
        return true;
    }
};

namespace detail {

template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... Args>
struct Signature<R (*)(Args...)> {
    template <class F>
    using Binder = HostBinder<F, R, false, Args...>;
};
template <class R, class... Args>
struct Signature<R (*)(const Caller&, Args...)> {
    template <class F>
    using Binder = HostBinder<F, R, true, Args...>;
};
template <class R, class... Args>
struct Signature<R (*)(Args...) noexcept> : Signature<R (*)(Args...)> {};
template <class C, class R, class... Args>
struct Signature<R (C::*)(Args...) const> : Signature<R (*)(Args...)> {};
template <class C, class R, class... Args>
struct Signature<R (C::*)(Args...)> : Signature<R (*)(Args...)> {};
template <class C, class R, class... Args>
struct Signature<R (C::*)(Args...) const noexcept> : Signature<R (*)(Args...)> {};
template <class C, class R, class... Args>
struct Signature<R (C::*)(Args...) noexcept> : Signature<R (*)(Args...)> {};

}  // namespace detail

/// What a guest may use of WASI preview 1. Nothing of the file system is granted but what is named here.
struct WasiOptions {
    struct Directory {
        std::string host_path;
        std::string guest_path;
        bool is_read_only = false;
    };
    std::vector<std::string> arguments = {};    // the first is the program's name
    std::vector<std::string> environment = {};  // "NAME=value"
    std::vector<Directory> directories = {};
    // Descriptors of this process that the guest's 0, 1 and 2 stand for: not closed, their flags not changed; they must stay open.
    int stdin_fd = 0, stdout_fd = 1, stderr_fd = 2;
    uint32_t max_open_files = 1024;
};

/// A module whose imports are found. A handle; thread-safe. Instances that were destroyed are kept, reset, for those that come.
class Prepared {
public:
    struct Impl;  // weir's own

    /// A new instance, whose start function, if there is one, has run. Takes microseconds when an old one is there to be used again.
    /// @error trap, exit  The start function, or a segment that does not fit.   @error system  No memory, or a directory of WASI cannot be opened.
    [[nodiscard]] Result<Instance> instantiate() const;
    /// With other options for WASI than the linker's.
    [[nodiscard]] Result<Instance> instantiate(const WasiOptions& wasi) const;
    /// Instances that wait to be used again.
    [[nodiscard]] size_t idle_count() const;

private:
    friend struct Access;
    std::shared_ptr<Impl> m_impl;
};

/// What modules import, by module and name: functions of the host's, and what is in a Store. Not thread-safe; what it has prepared is.
class Linker {
public:
    struct Impl;  // weir's own

    explicit Linker(const Engine& engine);
    Linker(Linker&&) noexcept;
    Linker& operator=(Linker&&) noexcept;
    ~Linker();

    /// Defines a host function: a function, or a lambda that is not generic; its type is WebAssembly's. As first parameter it may take
    /// `const weir::Caller&`. It answers nothing, a value, a tuple, or a Result of those, whose error stops the guest. It may throw: that is a trap
    /// with the exception's message. One copy is called by all instances, so on all threads at once. A later definition of a name hides an earlier one.
    template <class F>
    void define(std::string module, std::string name, F function)
    {
        define_function(std::move(module), std::move(name), detail::Signature<F>::template Binder<F>::bind(std::move(function)));
    }
    /// Defines a host function that answers later: its last parameter is a Completion<R>, of which it keeps a copy. See task.hpp.
    template <class F>
    void define_async(std::string module, std::string name, F function);
    /// Defines a host function whose type is only known when it runs. `function` gets the arguments and answers the results, of these types.
    void define_untyped(std::string module, std::string name, FunctionType type,
                        std::function<Result<std::vector<Value>>(const Caller&, std::span<const Value>)> function);

    /// Defines something that Store has made, or an instance in a store exports. From then on this linker makes instances in that store.
    /// @error usage  It belongs to another store than what was defined before, or to an instance that Prepared keeps for itself.
    Result<void> define(std::string module, std::string name, const Memory& memory);
    Result<void> define(std::string module, std::string name, const Table& table);
    Result<void> define(std::string module, std::string name, const Global& global);
    /// Defines all exports of an instance in a store under a module name.
    /// @error usage  As above.
    Result<void> define_instance(const std::string& module, const Instance& instance);

    /// Defines wasi_snapshot_preview1 and wasi_unstable. Each instance gets a world of its own, with these options.
    void define_wasi(WasiOptions options = {});

    /// @error link  Lists all imports that are missing, or of another type.
    /// @error usage  Something of a store is defined: its instances are made one by one.
    [[nodiscard]] Result<Prepared> prepare(const Module& module) const;
    /// An instance in the store of what is defined; where nothing is of a store, prepare() and Prepared::instantiate() at once, for a single one.
    /// @error link  As above.   @error trap, exit, system  As Prepared::instantiate().
    [[nodiscard]] Result<Instance> instantiate(const Module& module) const;
    /// An instance in this store.
    /// @error usage  What is defined is of another store, or of another engine.   @error link, trap, exit, system  As above.
    [[nodiscard]] Result<Instance> instantiate(const Store& store, const Module& module) const;

private:
    friend struct Access;
    void define_function(std::string module, std::string name, detail::HostFunction function);
    std::unique_ptr<Impl> m_impl;
};

}  // namespace weir

#pragma GCC visibility pop
