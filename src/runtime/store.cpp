#include "runtime/store.hpp"

#include "runtime/activation.hpp"

#include <sys/mman.h>

namespace weir::runtime {

namespace {
// What a prologue that lies below the limit by less than its own check may still touch, made inaccessible.
constexpr size_t stack_guard_bytes = 64 * 1024;
}  // namespace

Result<std::unique_ptr<Store>, SysError> Store::create(std::shared_ptr<Engine> engine)
{
    auto store = std::unique_ptr<Store>{new Store};
    store->m_engine = std::move(engine);
    const size_t usable = store->m_engine->config().guest_stack_bytes + stack_reserve_bytes;
    WEIR_TRY(stack, Mapping::map(stack_guard_bytes + usable, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1));
    if (::mprotect(stack.data(), stack_guard_bytes, PROT_NONE) != 0) return Unexpected{last_error("mprotect")};
    store->m_stack = std::move(stack);
    // Not value-initialized: the transfer area is written before it is read, and large.
    store->m_exec = std::make_unique_for_overwrite<ExecContext>();
    ExecContext& exec = *store->m_exec;
    exec.stack_limit = reinterpret_cast<uintptr_t>(store->m_stack.data()) + stack_guard_bytes + stack_reserve_bytes;
    exec.activation = nullptr;
    exec.host_exit_rbp = exec.host_exit_pc = 0;
    exec.store = store.get();
    exec.pending_trap = TrapKind::none;
    return store;
}

Store::~Store() = default;

Outcome Store::call(const Function& function, Value* values)
{
    prepare_thread_for_guests();
    const void* const entry = m_engine->entry_code(function.type);
    if (entry == nullptr) return Trap{TrapKind::code_space_exhausted, {}, {}, false};

    Activation activation;
    activation.previous = m_exec->activation;
    ExecContext* const outer_exec = current_exec;
    // The first entry starts on the guest's stack; a host function's call goes on where the guest is.
    void* const stack_top = activation.previous == nullptr ? m_stack.data() + m_stack.size_bytes() : nullptr;
    m_exec->activation = &activation;
    current_exec = m_exec.get();
    m_pending_exit.reset();
    const int stopped = weir_enter_guest(&activation, stack_top, entry, function.context, function.slot, m_exec.get(), values);
    m_exec->activation = activation.previous;
    current_exec = outer_exec;
    if (stopped == 0) return Returned{};
    if (activation.trap == TrapKind::none && m_pending_exit) return Exit{*m_pending_exit};
    return make_trap(activation);
}

Trap Store::make_trap(const Activation& activation) const
{
    Trap trap;
    trap.kind = activation.trap;
    trap.is_truncated = activation.is_truncated;
    for (size_t i = 0; i < activation.frame_count; ++i) {
        CodeSpace* const space = CodeSpace::find_space(activation.pcs[i]);
        if (space == nullptr || space->owner == nullptr) continue;
        const auto* const piece = space->find(activation.pcs[i]);
        if (piece == nullptr) continue;
        // Only the innermost frame can have been interrupted; when a builtin or a host function stopped the guest it called, too.
        const CodeSite* site = space->find_site(*piece, activation.pcs[i], CodeSpace::PcKind::return_address);
        if (i == 0)
            if (const CodeSite* const interrupted = space->find_site(*piece, activation.pcs[i], CodeSpace::PcKind::interrupted);
                interrupted != nullptr && (site == nullptr || interrupted->trap == activation.trap))
                site = interrupted;
        trap.frames.push_back({static_cast<const ModuleCode*>(space->owner)->shared_from_this(), wasm::FuncIdx{piece->function}, site != nullptr ? site->wasm_offset : 0});
    }
    return trap;
}

Result<Memory*, SysError> Store::create_memory(const wasm::MemoryType& type)
{
    WEIR_TRY(memory, Memory::create(type, m_engine->mode_for(type), m_engine->config().max_memory_bytes));
    m_memories.push_back(std::move(memory));
    return m_memories.back().get();
}

Table* Store::create_table(const wasm::TableType& type, uint64_t initial)
{
    m_tables.push_back(std::make_unique<Table>(type, initial, m_engine->config().max_table_elements));
    return m_tables.back().get();
}

Global* Store::create_global(const wasm::GlobalType& type, Value value)
{
    m_globals.push_back(std::make_unique<Global>(Global{type, nullptr, value}));
    m_globals.back()->cell = &m_globals.back()->own;
    return m_globals.back().get();
}

Tag* Store::create_tag(wasm::TypeId type)
{
    m_tags.push_back(std::make_unique<Tag>(Tag{type}));
    return m_tags.back().get();
}

const Function* Store::create_host_function(wasm::TypeId type, bool (*entry)(HostFunctionContext&, Value*) noexcept, void* data)
{
    const CodeSlot* const slot = m_engine->host_call_slot(type);
    if (slot == nullptr) return nullptr;
    auto object = std::make_unique<HostFunctionObject>();
    object->context = {m_exec.get(), entry, nullptr, data, builtin_table};
    object->function = {slot, &object->context, type, host_function_index};
    m_host_functions.push_back(std::move(object));
    return &m_host_functions.back()->function;
}

bool request_exit(HostFunctionContext& context, uint32_t code) noexcept
{
    context.exec->store->set_pending_exit(code);
    return false;
}

}  // namespace weir::runtime
