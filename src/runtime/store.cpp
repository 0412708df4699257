#include "runtime/store.hpp"

#include "runtime/crossing.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <span>
#include <utility>

namespace weir::runtime {

namespace {
// What a prologue that lies below the limit by less than its own check may still touch, made inaccessible.
constexpr size_t page_bytes = 4096;
constexpr size_t stack_guard_bytes = size_t{64} * 1024;
// Of a stack that is used again; most guests need no more.
constexpr size_t max_kept_stack_bytes = size_t{64} * 1024;
}  // namespace

Result<std::unique_ptr<Store>, SysError> Store::create(std::shared_ptr<Engine> engine)
{
    auto store = std::unique_ptr<Store>{new Store};
    store->m_engine = std::move(engine);
    const size_t usable =
        (store->m_engine->config().guest_stack_bytes + stack_reserve_bytes + page_bytes - 1) / page_bytes * page_bytes;
    WEIR_TRY(stack, Mapping::map(stack_guard_bytes + usable, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1));
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
    exec.interrupt.store(0, std::memory_order_relaxed);
    store->set_fuel(store->m_engine->config().fuel);
    store->m_table_budget.elements_left = store->m_engine->config().max_table_elements;
    return store;
}

Store::Store() = default;

Store::~Store()
{
    if (!m_is_suspended) return;
    begin_stopping();
    resume_guest();
}

void Store::begin_call(int32_t thread) noexcept
{
    if (m_thread.load(std::memory_order_relaxed) != thread) m_thread.store(thread, std::memory_order_seq_cst);
    Crossing::forget_pending(*this);
}

Outcome Store::end_call(const Activation& activation, int how)
{
    m_exec->activation = activation.previous;
    if (activation.previous == nullptr) finish_stopping();
    if (how == guest_returned) return Returned{};
    // What stopped this call is told once: a host function around it that fails says itself why.
    m_exec->pending_trap = TrapKind::none;
    const auto exit = std::exchange(m_pending_exit, std::nullopt);
    if (activation.trap == TrapKind::none && exit) return Exit{*exit};
    return make_trap(activation);
}

Outcome Store::call(const Function& function, Value* values)
{
    const void* const entry = m_engine->entry_code(function.type);
    if (entry == nullptr) return Trap{TrapKind::code_space_exhausted, {}, {}, false};
    return call(entry, function, values);
}

Outcome Store::call(const void* entry, const Function& function, Value* values)
{
    Outcome stopped;
    return call(entry, function, values, stopped) ? Returned{} : std::move(stopped);
}

bool Store::call(const void* entry, const Function& function, Value* values, Outcome& stopped)
{
    const int32_t thread = prepare_thread_for_guests();
    void* stack_top = m_stack.data() + m_stack.size_bytes();
    if (m_exec->activation != nullptr) [[unlikely]] {
        const auto top = find_stack_top(current_exec);
        if (!top) {
            stopped = top.error();
            return false;
        }
        stack_top = *top;
    }
    Activation activation;
    activation.previous = m_exec->activation;
    begin_call(thread);
    m_exec->activation = &activation;
    int how = guest_stopped;
    {
        const Crossing crossing{*this, activation};
        how = weir_call_guest(function.context, function.entry.load(std::memory_order_relaxed), m_exec.get(), values, entry,
                              stack_top);
    }
    if (how != guest_returned) [[unlikely]] {
        stopped = end_call(activation, how);
        return false;
    }
    m_exec->activation = activation.previous;
    if (activation.previous == nullptr) finish_stopping();
    return true;
}

std::unique_ptr<Outcome> Crossing::call_inside(Store& store, const void* entry, const Function& function, Value* values)
{
    Outcome stopped;
    return store.call(entry, function, values, stopped) ? nullptr : std::make_unique<Outcome>(std::move(stopped));
}

std::unique_ptr<Outcome> Crossing::end_call(Store& store, const Activation& activation, int how)
{
    Outcome outcome = store.end_call(activation, how);
    return how == guest_returned ? nullptr : std::make_unique<Outcome>(std::move(outcome));
}

void Store::recycle() noexcept
{
    withdraw_interrupts();
    m_stopped_for = 0;
    m_pending_exit.reset();
    m_pending_detail.clear();
    set_fuel(m_engine->config().fuel);
    // What runs deep writes to the page below what is kept; a frame that is larger than a page may jump over it, so now and then without looking.
    const size_t usable = m_stack.size_bytes() - stack_guard_bytes;
    if (usable < max_kept_stack_bytes + page_bytes) return;
    const auto* const watched =
        reinterpret_cast<const uint64_t*>(m_stack.data() + m_stack.size_bytes() - max_kept_stack_bytes - page_bytes);
    const bool is_deep =
        std::ranges::any_of(std::span{watched, page_bytes / sizeof(uint64_t)}, [](uint64_t word) { return word != 0; });
    constexpr uint32_t cycles_without_looking = 64;
    if (is_deep || ++m_cycles % cycles_without_looking == 0)
        ::madvise(m_stack.data() + stack_guard_bytes, usable - max_kept_stack_bytes, MADV_DONTNEED);
}

Result<void*, Trap> Store::find_stack_top(const ExecContext* outer) const
{
    if (m_is_suspended) return Unexpected{Trap{TrapKind::host_error, "the store's guest is suspended", {}, false}};
    // A host function's call goes on below the guest's frames. If another store's guest lies between, this thread is on that one's stack.
    const bool is_away = outer != m_exec.get();
    const uintptr_t top =
        is_away && m_left_for != nullptr ? m_left_for->host_rsp : reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    const auto lowest = reinterpret_cast<uintptr_t>(m_stack.data());
    if (top < lowest || top > lowest + m_stack.size_bytes())
        return Unexpected{Trap{TrapKind::host_error, "a host function called the guest from a stack of its own", {}, false}};
    // Generated code looks at the limit in its own prologues only: host functions that call one another must not pass by it.
    if (top < m_exec->stack_limit) return Unexpected{Trap{TrapKind::call_stack_exhausted, {}, {}, false}};
    return is_away ? reinterpret_cast<void*>(top) : nullptr;
}

Trap Store::make_trap(const Activation& activation)
{
    Trap trap;
    trap.kind = activation.trap;
    trap.detail = std::exchange(m_pending_detail, {});
    if (trap.kind == TrapKind::none) {
        trap.kind = TrapKind::host_error;
        trap.detail = "a host function stopped the guest and did not say why";
    }
    trap.is_truncated = activation.is_truncated;
    for (size_t i = 0; i < activation.frame_count; ++i) {
        CodeSpace* const space = CodeSpace::find_space(activation.pcs[i]);
        if (space == nullptr || space->owner == nullptr) continue;
        const auto piece = space->find(activation.pcs[i]);
        if (!piece) continue;
        // Only the innermost frame can have been interrupted; when a builtin or a host function stopped the guest it called, too.
        const CodeSite* site = space->find_site(*piece, activation.pcs[i], CodeSpace::PcKind::return_address);
        if (i == 0)
            if (const CodeSite* const interrupted = space->find_site(*piece, activation.pcs[i], CodeSpace::PcKind::interrupted);
                interrupted != nullptr && (site == nullptr || interrupted->trap == activation.trap))
                site = interrupted;
        const auto add = [&](uint32_t function, uint32_t wasm_offset) {
            trap.frames.push_back(
                {static_cast<const ModuleCode*>(space->owner)->shared_from_this(), wasm::FuncIdx{function}, wasm_offset});
        };
        if (site != nullptr) CodeSpace::for_each_function(*piece, *site, add);
        else add(piece->function, 0);
    }
    return trap;
}

Result<Memory*, SysError> Store::create_memory(const wasm::MemoryType& type)
{
    WEIR_TRY(memory, Memory::create(type, m_engine->mode_for(type), m_engine->config().max_memory_bytes, m_engine->memory_pool()));
    m_memories.push_back(std::move(memory));
    return m_memories.back().get();
}

Table* Store::create_table(const wasm::TableType& type, uint64_t initial)
{
    auto table = Table::create(type, initial, m_table_budget);
    if (table == nullptr) return nullptr;
    m_tables.push_back(std::move(table));
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

const Function* Store::create_host_function(wasm::TypeId type, bool (*function)(HostFunctionContext&, Value*) noexcept, void* data)
{
    const void* const entry = m_engine->host_call_code(type);
    if (entry == nullptr) return nullptr;
    auto object = std::make_unique<HostFunctionObject>();
    object->context = {m_exec.get(), weir_call_host, nullptr, data, builtin_table, function};
    object->function.entry.store(entry, std::memory_order_relaxed);
    object->function.context = &object->context;
    object->function.type = type;
    object->function.index = host_function_index;
    m_host_functions.push_back(std::move(object));
    return &m_host_functions.back()->function;
}

bool request_exit(HostFunctionContext& context, uint32_t code) noexcept
{
    context.exec->store->set_pending_exit(code);
    return false;
}

}  // namespace weir::runtime
