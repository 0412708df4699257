#include "api/impl.hpp"

#include <algorithm>

namespace weir {

Result<std::shared_ptr<Store::Impl>> Access::create_store(std::shared_ptr<runtime::Engine> engine)
{
    auto store = runtime::Store::create(std::move(engine));
    if (!store) return Unexpected{to_error(store.error(), "make a stack for the guest")};
    const auto made = std::make_shared<StoreImpl>();
    made->store = std::move(*store);
    made->store->set_owner(made.get());
    made->store->set_interrupt_handler(answer_interrupt, nullptr);
    made->interrupts = std::make_shared<Interrupter::State>();
    made->interrupts->store = made->store.get();
    return made;
}

Store::Impl::Impl() = default;

Store::Impl::~Impl()
{
    // Suspended host functions return, with all that they may need still there.
    if (task != nullptr) task->stop();
    {
        const std::scoped_lock lock{interrupts->mutex};
        interrupts->store = nullptr;
    }
    store.reset();
}

Result<Store> Store::create(const Engine& engine)
{
    WEIR_TRY(made, Access::create_store(Access::impl(engine).engine));
    made->is_shared = true;
    return Access::make<Store>(std::move(made));
}

namespace {

Error bad_type(const char* what) { return {ErrorKind::usage, what}; }

std::optional<uint64_t> max_of(uint64_t max) { return max == UINT64_MAX ? std::nullopt : std::optional{max}; }

}  // namespace

Result<Memory> Store::make_memory(const MemoryType& type) const
{
    constexpr uint64_t max_pages = 65536;
    const auto max = max_of(type.max_pages);
    if (type.min_pages > max_pages || (max && (*max > max_pages || *max < type.min_pages)))
        return Unexpected{bad_type("a memory has 0 to 65536 pages, and no more at first than at most")};
    if (type.is_shared && !max) return Unexpected{bad_type("a shared memory has a maximum")};
    const auto memory = m_impl->store->create_memory({.limits = {.min = type.min_pages, .max = max}, .is_shared = type.is_shared});
    if (!memory) return Unexpected{to_error(memory.error(), "make a memory")};
    return Access::memory(*memory, m_impl->store.get());
}

Result<Table> Store::make_table(const TableType& type) const
{
    return make_table(type, type.element == ValueType::externref ? Value{ExternRef{}} : Value{FuncRef{}});
}

Result<Table> Store::make_table(const TableType& type, const Value& initial) const
{
    if (type.element != ValueType::funcref && type.element != ValueType::externref)
        return Unexpected{bad_type("a table has elements of type funcref or externref")};
    const auto max = max_of(type.max_size);
    if (type.min_size > UINT32_MAX || (max && (*max > UINT32_MAX || *max < type.min_size)))
        return Unexpected{bad_type("a table has fewer than 2^32 elements, and no more at first than at most")};
    const wasm::ValType element = to_val_type(type.element);
    if (!fits(initial, element, *m_impl->store))
        return Unexpected{bad_type("the initial element is not of the table's type, or another store's function")};
    runtime::Value reference{};
    store_value(reference, initial);
    runtime::Table* const table =
        m_impl->store->create_table({.element = element, .limits = {.min = type.min_size, .max = max}}, reference.ref);
    if (table == nullptr)
        return Unexpected{
            Error{ErrorKind::system, "cannot make a table of " + std::to_string(type.min_size) +
                                         " elements: that is beyond the engine's limit, or the memory that there is"}};
    return Access::table(table, m_impl->store.get());
}

Result<Global> Store::make_global(const GlobalType& type, const Value& value) const
{
    if (type.type == ValueType::other || !fits(value, to_val_type(type.type), *m_impl->store))
        return Unexpected{bad_type("the value is not of the global's type, or another store's function")};
    runtime::Value cell{};
    store_value(cell, value);
    return Access::global(
        m_impl->store->create_global(
            {.type = to_val_type(type.type), .mutability = type.is_mutable ? wasm::Mutability::var : wasm::Mutability::const_},
            cell),
        m_impl->store.get());
}

}  // namespace weir
