#pragma once

#include "base/mapping.hpp"
#include "base/result.hpp"
#include "runtime/engine.hpp"
#include "runtime/extern.hpp"
#include "runtime/fiber.hpp"
#include "runtime/instance.hpp"
#include "runtime/interrupt.hpp"
#include "runtime/outcome.hpp"
#include "runtime/suspension.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace weir::runtime {

/// Why there is no instance: the guest's start function or a segment stopped it, or the host refused resources.
using InstantiateError = std::variant<Trap, Exit, std::string>;

/// Whether instantiating runs the module's start function, if there is one.
enum class StartFunction : uint8_t { is_run, is_left_out };

/// Instances that may share functions, memories, tables and globals, and the stack that they run on. One thread at a time.
/// Standard: Core 3.0, 4.2.3 "Store".
class Store {
public:
    static Result<std::unique_ptr<Store>, SysError> create(std::shared_ptr<Engine> engine);
    /// A suspended guest is stopped, so that its host functions return. Not while a guest runs.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    [[nodiscard]] Engine& engine() const { return *m_engine; }

    /// `imports` in the module's order; their types must match (Linker::resolve sees to that). Runs segments and the start function.
    /// What a failed instantiation did before it failed stays done, as the standard says; so the instance may be there, with its owner.
    Result<Instance*, InstantiateError> instantiate(std::shared_ptr<ModuleCode> code, std::span<const Extern> imports,
                                                    StartFunction start = StartFunction::is_run, void* owner = nullptr);

    /// Calls a guest or host function. `values` holds the parameters in order and receives the results; it has room for the larger of
    /// both. May be called by host functions that the guest called, also by way of another store's guests. Not while a guest is suspended.
    Outcome call(const Function& function, Value* values);
    /// The same with the engine's entry_code of the function's type, for who calls often.
    Outcome call(const void* entry, const Function& function, Value* values);
    /// True when the function returned; otherwise `stopped` says what happened.
    bool call(const void* entry, const Function& function, Value* values, Outcome& stopped);

    /// As `call`, but the guest may be suspended before it ends. `values` must live until it has ended. Only while no guest of this store runs
    /// or is suspended; the trap host_error answers what is not possible.
    Progress start(const Function& function, Value* values);
    /// Goes on with the suspended guest, on the thread that started it: its host functions rely on what is thread-local. May be called by
    /// host functions of other stores' guests.
    Progress resume();
    /// Ends the suspended guest, on the same thread: a host function that waits gets Resumption::stopped and returns, then the guest traps with
    /// TrapKind::interrupted. `reasons` is what stopped_for() answers then. Without a suspended guest it does nothing and answers Returned.
    Outcome stop(InterruptReasons reasons = 0);
    [[nodiscard]] bool is_suspended() const { return m_is_suspended; }
    /// Also while suspended.
    [[nodiscard]] bool is_running() const { return m_exec->activation != nullptr; }

    /// Forgets what guests and those who interrupt them have left behind, except instances and what belongs to them; most of the stack's memory
    /// goes back to the system. Not while a guest runs or is suspended.
    void recycle() noexcept;
    /// The embedder's own.
    void set_owner(void* owner) { m_owner = owner; }
    [[nodiscard]] void* owner() const { return m_owner; }

    /// Interrupts the guest that runs in this store, or else the next one before its first instruction: its handler is asked, and without a
    /// handler it is stopped. A blocked host function ends. What other stores' guests do meanwhile is their own affair, also below a host
    /// function of this one's. From any thread and from signal handlers, while the store lives. Needs a reason of all_interrupt_reasons.
    void request_interrupt(InterruptReasons reasons) noexcept;
    /// Takes back what was requested and not answered yet.
    void withdraw_interrupts(InterruptReasons reasons = all_interrupt_reasons) noexcept;
    /// Null, as at first: every request stops the guest. Not while a guest runs.
    void set_interrupt_handler(InterruptHandler handler, void* data) noexcept
    {
        m_interrupt_handler = handler;
        m_interrupt_data = data;
    }
    /// What the guest was stopped for that last ended with TrapKind::interrupted.
    [[nodiscard]] InterruptReasons stopped_for() const { return m_stopped_for; }
    /// What is left of the fuel; meaningful where it is counted (EngineConfig::fuel). On the store's thread, by host functions as well.
    [[nodiscard]] uint64_t fuel() const { return m_exec->fuel < 0 ? 0 : static_cast<uint64_t>(m_exec->fuel); }
    void set_fuel(uint64_t fuel) { m_exec->fuel = static_cast<int64_t>(std::min(fuel, max_fuel)); }
    static constexpr uint64_t max_fuel = uint64_t{1} << 62;

    /// For the runtime: asks the handler, if there is a request. `stop` is also what all calls around a stopped one get.
    InterruptAnswer answer_interrupt() noexcept;
    /// For the runtime: leaves the started guest, which this thread is in, until it is resumed. False where that is impossible.
    bool leave_suspended(Suspended::By by) noexcept;
    [[nodiscard]] bool can_suspend() const noexcept;

    Result<Memory*, SysError> create_memory(const wasm::MemoryType& type);
    /// Null when EngineConfig::max_table_elements or the host's memory does not reach.
    Table* create_table(const wasm::TableType& type, uint64_t initial);
    Global* create_global(const wasm::GlobalType& type, Value value);
    Tag* create_tag(wasm::TypeId type);
    /// Null when there is no code space for the type's trampoline.
    const Function* create_host_function(wasm::TypeId type, bool (*function)(HostFunctionContext&, Value*) noexcept, void* data);

    void set_pending_exit(uint32_t code)
    {
        m_exec->pending_trap = TrapKind::none;
        m_pending_exit = code;
    }
    /// `detail` becomes Trap::detail.
    void set_pending_trap(TrapKind kind, std::string detail = {})
    {
        m_exec->pending_trap = kind;
        m_pending_detail = std::move(detail);
    }

private:
    friend class Instantiation;
    friend class Checkpoint;
    friend class Crossing;
    Store();
    /// Where a call may start on this store's stack while one is going on. Null: on the stack where it is; the trap when neither is possible.
    Result<void*, Trap> find_stack_top(const ExecContext* outer) const;
    void begin_call(int32_t thread) noexcept;
    /// What a call came to that was not suspended.
    Outcome end_call(const struct Activation& activation, int how);
    Progress proceed(int how);
    int resume_guest() noexcept;
    Trap make_trap(const struct Activation& activation);
    void begin_stopping() noexcept;
    void finish_stopping() noexcept;

    struct HostFunctionObject {
        Function function{};
        HostFunctionContext context{};
    };

    std::shared_ptr<Engine> m_engine;
    Mapping m_stack;
    std::unique_ptr<ExecContext> m_exec;
    // While a host function that this store's guest called runs another store's guest: that activation. It knows how far down
    // this stack is in use.
    const struct Activation* m_left_for = nullptr;
    std::unique_ptr<struct Activation> m_started;  // by start()
    Fiber m_fiber;
    bool m_is_started = false, m_is_suspended = false;
    void* m_owner = nullptr;
    uint32_t m_cycles = 0;
    Suspended::By m_suspended_by{};
    std::atomic<int32_t> m_thread{0};  // that calls, or called last
    InterruptHandler m_interrupt_handler = nullptr;
    void* m_interrupt_data = nullptr;
    InterruptReasons m_stopped_for = 0;
    std::optional<uint32_t> m_pending_exit;
    std::string m_pending_detail;
    TableBudget m_table_budget;  // before the tables, which refer to it
    std::vector<std::unique_ptr<Instance>> m_instances;
    std::vector<std::unique_ptr<Memory>> m_memories;
    std::vector<std::unique_ptr<Table>> m_tables;
    std::vector<std::unique_ptr<Global>> m_globals;
    std::vector<std::unique_ptr<Tag>> m_tags;
    std::vector<std::unique_ptr<HostFunctionObject>> m_host_functions;
};

/// Function::index of host functions.
inline constexpr uint32_t host_function_index = UINT32_MAX;

/// For host functions: ends the guest with an exit code. Use as `return request_exit(cx, code);`.
bool request_exit(HostFunctionContext& context, uint32_t code) noexcept;
/// For host functions: stops the guest with a trap. Use as `return request_trap(cx, kind);`.
inline bool request_trap(HostFunctionContext& context, TrapKind kind) noexcept
{
    context.exec->pending_trap = kind;
    return false;
}

/// The builtins' addresses, as InstanceContext::builtins wants them.
extern const void* const builtin_table[static_cast<size_t>(Builtin::count_)];

}  // namespace weir::runtime
