#pragma once

#include "host/wasip1/world.hpp"
#include "runtime/initial_state.hpp"
#include "runtime/linker.hpp"
#include "runtime/module_code.hpp"
#include "runtime/store.hpp"
#include "weir/weir.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What the handles of the public headers hold. Those know no type of the runtime; it comes in here.

namespace weir {

static_assert(sizeof(detail::Slot) == sizeof(runtime::Value) && alignof(detail::Slot) == alignof(runtime::Value));
inline runtime::Value* to_values(detail::Slot* slots) { return reinterpret_cast<runtime::Value*>(slots); }

struct Engine::Impl {
    Config config;
    std::shared_ptr<runtime::Engine> engine;
};

struct Module::Impl {
    Config config;
    std::shared_ptr<runtime::Engine> engine;
    std::shared_ptr<runtime::ModuleCode> code;
};

/// A defined host function, as the runtime's linker wants it: a table with one row.
struct Definition {
    std::string module, name;
    detail::HostFunction function;
    std::vector<wasm::ValType> parameters, results;
    runtime::HostFunction row;
    runtime::HostModule table;
};

struct Linker::Impl {
    std::shared_ptr<runtime::Engine> engine;
    size_t max_idle_instances = 0;
    std::vector<std::shared_ptr<Definition>> definitions;
    std::optional<WasiOptions> wasi;
    /// What is of a store, all of the same; it keeps the store.
    std::map<std::pair<std::string, std::string>, runtime::Extern> externs;
    std::shared_ptr<Store::Impl> store;
    /// Empty when it may be defined here: `of` is a store that is shared, and the one of what was defined before.
    [[nodiscard]] std::optional<Error> take_store(const runtime::Store* of);
};

/// Handed out with the number of the lease that it is for: one for an earlier lease of the same store does nothing.
struct Interrupter::State {
    std::mutex mutex;
    runtime::Store* store = nullptr;  // null once it is gone
    uint64_t lease = 0;
    void request(uint64_t for_lease, runtime::InterruptReasons reasons) noexcept;
};

/// Why a guest is interrupted.
enum Reason : runtime::InterruptReasons { stop_requested = 1, time_is_over = 2, shall_yield = 4 };

/// A store and what the API knows of it: runtime::Store::owner. Of one instance, which a Prepared keeps with it; or made by Store::create, then
/// instances stay in it.
struct Store::Impl : std::enable_shared_from_this<Store::Impl> {
    bool is_shared = false;
    std::vector<std::unique_ptr<Instance::Impl>> residents;  // of a shared one
    std::shared_ptr<Interrupter::State> interrupts;
    detail::TaskState* task = nullptr;  // that was started and has not ended
    std::unique_ptr<runtime::Store> store;

    Impl();
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
};

/// What the API knows of an instance: runtime::Instance::owner. In a store of its own it is taken from a Prepared and given back to it.
struct Instance::Impl {
    std::shared_ptr<Prepared::Impl> prepared;
    Store::Impl* home = nullptr;
    std::shared_ptr<Store::Impl> keeps_home;  // of a shared store only as long as there is a handle
    runtime::Instance* instance = nullptr;
    [[nodiscard]] runtime::Store& store() const { return *home->store; }
    std::shared_ptr<const runtime::InitialState> initial;  // null: cannot be used again
    // WASI's world is made when the guest first asks for it: until then each of its functions is one that makes it.
    std::unique_ptr<wasip1::World> world;
    std::optional<WasiOptions> own_wasi;  // instead of the linker's
    struct WasiFunction {
        runtime::HostFunctionContext* context;
        decltype(runtime::HostFunctionContext::function) function;
    };
    std::vector<WasiFunction> wasi_functions;
    Result<void> make_world();
    void forget_world() noexcept;
    void* data = nullptr;
    /// Whatever the guest did is undone. False when it cannot be.
    bool reset() noexcept;
};

struct Prepared::Impl : std::enable_shared_from_this<Prepared::Impl> {
    std::shared_ptr<runtime::Engine> engine;
    std::shared_ptr<runtime::ModuleCode> code;
    std::vector<std::shared_ptr<Definition>> definitions;  // that the linker had; instances call them
    std::optional<WasiOptions> wasi;
    runtime::Linker linker;
    size_t max_idle = 0;
    std::mutex mutex;  // guards what follows
    std::vector<std::unique_ptr<Instance::Impl>> idle;
    std::shared_ptr<const runtime::InitialState> initial;  // captured from the first instance

    Result<std::unique_ptr<Instance::Impl>> take();
    void give_back(std::unique_ptr<Instance::Impl> instance) noexcept;
    Result<Instance> instantiate(std::optional<WasiOptions> wasi);
    /// In a shared store.
    Result<Instance> instantiate(Store::Impl& store);

private:
    Result<std::unique_ptr<Instance::Impl>> create();
    /// Finds the imports and makes the instance, without running its start function. `made` has its store, and must live as long as that.
    Result<void> link(Instance::Impl& made);
    Result<Instance> begin(Instance handle);
};

/// The one friend of all handles.
struct Access {
    using EngineImpl = Engine::Impl;
    using ModuleImpl = Module::Impl;
    using LinkerImpl = Linker::Impl;
    using PreparedImpl = Prepared::Impl;
    using InstanceImpl = Instance::Impl;
    using StoreImpl = Store::Impl;

    template <class Handle>
    static auto& impl(const Handle& handle)
    {
        return *handle.m_impl;
    }
    template <class Handle, class Pointer>
    static Handle make(Pointer impl)
    {
        Handle handle;
        handle.m_impl = std::move(impl);
        return handle;
    }
    /// All that a linker knows, for one module; without a pool.
    static Result<std::shared_ptr<PreparedImpl>> prepare(const LinkerImpl& linker, const Module& module);
    static Result<std::shared_ptr<StoreImpl>> create_store(std::shared_ptr<runtime::Engine> engine);
    static Instance make_instance(InstanceImpl* impl) { return Instance{impl}; }
    static Memory memory(void* memory, void* store)
    {
        Memory handle;
        handle.m_memory = memory;
        handle.m_store = store;
        return handle;
    }
    static Table table(void* table, void* store);
    static Global global(void* global, void* store);
    static void* own(const Memory& memory) { return memory.m_memory; }
    static void* own(const Table& table) { return table.m_table; }
    static void* own(const Global& global) { return global.m_global; }
    template <class View>
    static runtime::Store* store_of(const View& view)
    {
        return static_cast<runtime::Store*>(view.m_store);
    }
    static ValueType element(const Table& table) { return table.m_element; }
    static Interrupter interrupter(std::shared_ptr<Interrupter::State> state, uint64_t lease)
    {
        Interrupter handle;
        handle.m_state = std::move(state);
        handle.m_lease = lease;
        return handle;
    }
    static Deadline deadline(const InstanceImpl& instance, std::chrono::nanoseconds time);
    static Caller caller(runtime::HostFunctionContext& context) { return Caller{&context}; }
    static bool fail(const Caller& caller, const Error& error) { return caller.fail(error); }
    static bool accepts_references(const Caller& caller, std::span<const ValueType> types, const detail::Slot* slots)
    {
        return caller.accepts_references(types, slots);
    }
    static void define(Linker& linker, std::string module, std::string name, detail::HostFunction function)
    {
        linker.define_function(std::move(module), std::move(name), std::move(function));
    }
};

inline Access::StoreImpl& owner_of(const runtime::Store& store) { return *static_cast<Access::StoreImpl*>(store.owner()); }
inline Access::InstanceImpl& owner_of(const runtime::Instance& instance)
{
    return *static_cast<Access::InstanceImpl*>(instance.owner());
}
runtime::InterruptAnswer answer_interrupt(runtime::InterruptReasons reasons, void*) noexcept;

// Between the runtime's words and the API's.

[[nodiscard]] ValueType to_value_type(wasm::ValType type);
/// Precondition: not ValueType::other.
[[nodiscard]] wasm::ValType to_val_type(ValueType type);
[[nodiscard]] FunctionType to_function_type(const wasm::FuncType& type);
[[nodiscard]] Value to_value(ValueType type, const runtime::Value& value);
void store_value(runtime::Value& slot, const Value& value);
/// Whether the value may go where a value of this type goes in this store: its type, null, and whose function it is.
[[nodiscard]] bool fits(const Value& value, wasm::ValType type, const runtime::Store& store);
[[nodiscard]] bool is_own_function(const runtime::Store& store, const void* function);

[[nodiscard]] Error to_error(const runtime::Trap& trap);
[[nodiscard]] Error to_error(const runtime::Exit& exit);
[[nodiscard]] Error to_error(const SysError& error, const std::string& doing);
/// Null for Returned.
[[nodiscard]] std::unique_ptr<Error> to_error(const runtime::Outcome& outcome);

Result<FunctionType> function_type(runtime::Instance& instance, std::string_view name);
/// A function of an instance that has just these types.
Result<detail::Callee> find_callee(runtime::Instance& instance, std::string_view name, std::span<const ValueType> parameters,
                                   std::span<const ValueType> results);
Result<std::vector<Value>> call_untyped(runtime::Store& store, const runtime::Function& function, std::string_view name,
                                        std::span<const Value> arguments);
Result<std::vector<Value>> call_untyped(runtime::Instance& instance, std::string_view name, std::span<const Value> arguments);

}  // namespace weir
