#include "base/pages.hpp"
#include "runtime/builtins.hpp"
#include "runtime/const_expr.hpp"
#include "runtime/instance.hpp"
#include "runtime/store.hpp"
#include "wasm/type_registry.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <utility>

// Instantiation, in the order of Core 3.0, 4.5.4.

namespace weir::runtime {

namespace {
template <class T>
T& at_offset(InstanceContext* context, uint32_t offset)
{
    return *reinterpret_cast<T*>(reinterpret_cast<std::byte*>(context) + offset);
}
}  // namespace

class Instantiation {
public:
    Instantiation(Store& store, std::shared_ptr<ModuleCode> code, std::span<const Extern> imports, StartFunction start, void* owner)
        : m_store(store), m_imports(imports), m_start(start), m_instance(new Instance)
    {
        m_instance->m_store = &store;
        m_instance->m_owner = owner;
        m_instance->m_code = std::move(code);
    }

    Result<Instance*, InstantiateError> run()
    {
        const wasm::Module& module = m_instance->module();
        if (!allocate_context()) return Unexpected{InstantiateError{std::string{"out of memory"}}};
        bind_imports();
        if (auto error = create_own()) return Unexpected{InstantiateError{std::move(*error)}};
        Instance* const instance = m_instance.get();
        if (const wasm::Export* const e = module.find_export("memory"); e != nullptr && e->kind == wasm::ExternKind::memory)
            instance->m_default_memory = instance->m_memories[e->index];
        else if (!instance->m_memories.empty()) instance->m_default_memory = instance->m_memories.front();
        // The store keeps the instance even if what follows traps: tables of others may hold its functions already.
        m_store.m_instances.push_back(std::move(m_instance));
        if (const TrapKind trap = run_segments(*instance); trap != TrapKind::none)
            return Unexpected{InstantiateError{Trap{trap, "while the module's segments were copied", {}, false}}};
        if (module.start && m_start == StartFunction::is_run) {
            Value none[1];
            const Outcome outcome = m_store.call(*instance->function(*module.start), none);
            if (const auto* const trap = std::get_if<Trap>(&outcome)) return Unexpected{InstantiateError{*trap}};
            if (const auto* const exit = std::get_if<Exit>(&outcome)) return Unexpected{InstantiateError{*exit}};
        }
        return instance;
    }

private:
    [[nodiscard]] bool allocate_context()
    {
        const ContextLayout& layout = m_instance->code().layout();
        void* const memory = ::operator new(layout.size_bytes(), std::align_val_t{alignof(InstanceContext)});
        std::memset(memory, 0, layout.size_bytes());
        auto* const context = new (memory) InstanceContext{};
        m_instance->m_context = context;
        context->exec = m_store.m_exec.get();
        context->builtins = builtin_table;
        context->instance = m_instance.get();
        const wasm::Module& module = m_instance->module();
        for (uint32_t i = 0; i < module.types.size(); ++i)
            at_offset<uint32_t>(context, layout.type_id(wasm::TypeIdx{i})) = module.types[i].value;
        const size_t offsets_bytes = (module.functions.size() * sizeof(uint32_t) + alignof(Function)) & ~(alignof(Function) - 1);
        m_instance->m_functions = ZeroedMemory{offsets_bytes + module.bodies.size() * sizeof(Function)};
        m_instance->m_functions_end = static_cast<uint32_t>(offsets_bytes);
        if (m_instance->m_functions.data() == nullptr) return false;
        m_instance->code().add(*m_instance);
        context->functions = reinterpret_cast<const uint32_t*>(m_instance->m_functions.data());
        return true;
    }

    void bind_imports()
    {
        Instance& instance = *m_instance;
        InstanceContext* const context = instance.m_context;
        const ContextLayout& layout = instance.code().layout();
        for (const Extern& e : m_imports) {
            if (const auto* const f = std::get_if<const Function*>(&e)) {
                at_offset<const Function*>(
                    context, layout.imported_function(wasm::FuncIdx{static_cast<uint32_t>(instance.m_imported_functions.size())})) =
                    *f;
                instance.m_imported_functions.push_back(*f);
                if ((*f)->index == host_function_index) {
                    auto& host = *static_cast<HostFunctionContext*>((*f)->context);
                    if (host.instance == nullptr) host.instance = &instance;
                }
            } else if (const auto* const t = std::get_if<Table*>(&e)) {
                add_table(*t);
            } else if (const auto* const m = std::get_if<Memory*>(&e)) {
                add_memory(*m);
            } else if (const auto* const g = std::get_if<Global*>(&e)) {
                at_offset<Value*>(context,
                                  layout.global(wasm::GlobalIdx{static_cast<uint32_t>(instance.m_imported_globals.size())})) =
                    (*g)->cell;
                instance.m_imported_globals.push_back(*g);
            } else if (const auto* const tag = std::get_if<Tag*>(&e)) {
                instance.m_tags.push_back(*tag);
            }
        }
    }

    void add_table(Table* table)
    {
        const auto index = wasm::TableIdx{static_cast<uint32_t>(m_instance->m_tables.size())};
        at_offset<TableHeader*>(m_instance->m_context, m_instance->code().layout().table(index)) = table;
        m_instance->m_tables.push_back(table);
    }
    void add_memory(Memory* memory)
    {
        const auto index = wasm::MemoryIdx{static_cast<uint32_t>(m_instance->m_memories.size())};
        InstanceContext* const context = m_instance->m_context;
        at_offset<std::byte*>(context, m_instance->code().layout().memory_base(index)) = memory->base;
        at_offset<MemoryHeader*>(context, m_instance->code().layout().memory_header(index)) = memory;
        if (index.value == 0) {
            context->memory0_base = memory->base;
            context->memory0 = memory;
        }
        m_instance->m_memories.push_back(memory);
    }

    std::optional<std::string> create_own()
    {
        Instance& instance = *m_instance;
        const wasm::Module& module = instance.module();
        for (size_t i = module.imported_memory_count; i < module.memories.size(); ++i) {
            auto memory = m_store.create_memory(module.memories[i]);
            if (!memory) return memory.error().to_string();
            add_memory(*memory);
        }
        for (uint32_t i = module.imported_global_count; i < module.globals.size(); ++i)
            *instance.global_cell(wasm::GlobalIdx{i}) = evaluate(module.globals[i].init, instance);
        for (size_t i = module.imported_table_count; i < module.tables.size(); ++i) {
            const wasm::Table& table = module.tables[i];
            Table* const made = m_store.create_table(table.type, table.init ? evaluate(*table.init, instance).ref : 0);
            if (made == nullptr)
                return "a table of " + std::to_string(table.type.limits.min) +
                       " elements is more than what is left of the limit of " +
                       std::to_string(m_store.engine().config().max_table_elements) + " elements, or than the host's memory";
            add_table(made);
        }
        for (const wasm::TypeId type : std::span{module.tags}.subspan(module.imported_tag_count))
            instance.m_tags.push_back(m_store.create_tag(type));
        instance.m_elems.resize(module.elems.size());
        instance.m_is_data_dropped.resize(module.datas.size());
        return std::nullopt;
    }

    /// Has the pages of memory that the data segments are about to fill made at once.
    static void prepare_pages(const Instance& instance)
    {
        const auto& datas = instance.module().datas;
        if (datas.size() < 2) return;
        // Linkers write them in the order of their addresses, so two of them tell the range. If these did not, it is slower and still right.
        const wasm::DataSegment &first = datas.front(), &last = datas.back();
        if (first.mode != wasm::SegmentMode::active || last.mode != wasm::SegmentMode::active || first.memory != last.memory)
            return;
        const auto from = constant_i32(first.offset), to = constant_i32(last.offset);
        if (!from || !to || *to < *from) return;
        const uint64_t size = *to - *from + last.bytes.size();
        // As much as the segments are in the module, at least in half: not what lies between two far apart.
        const auto in_module = static_cast<size_t>(last.bytes.data() + last.bytes.size() - first.bytes.data());
        const Memory& memory = *instance.memory(first.memory);
        if (size <= 2 * in_module && memory.contains(*from, size)) make_pages(memory.base + *from, size);
    }

    static TrapKind run_segments(Instance& instance)
    {
        const wasm::Module& module = instance.module();
        for (uint32_t i = 0; i < module.elems.size(); ++i) {
            const wasm::ElemSegment& s = module.elems[i];
            if (s.mode == wasm::SegmentMode::active && instance.code().static_elements().has(s.table)) {
                instance.m_tables[s.table.value]->is_lazy = 1;
                continue;
            }
            if (s.mode != wasm::SegmentMode::declarative) instance.m_elems[i] = instance.evaluate_elem(s);
            if (s.mode == wasm::SegmentMode::active) {
                const bool is_64 = module.tables[s.table.value].type.address == wasm::AddressType::i64;
                const Value offset = evaluate(s.offset, instance);
                const TrapKind trap = table_init(instance, s.table, wasm::ElemIdx{i}, is_64 ? offset.i64 : offset.i32, 0,
                                                 static_cast<uint32_t>(s.size()));
                if (trap != TrapKind::none) return trap;
            }
            if (s.mode != wasm::SegmentMode::passive) instance.drop_elem(wasm::ElemIdx{i});
        }
        prepare_pages(instance);
        for (uint32_t i = 0; i < module.datas.size(); ++i) {
            const wasm::DataSegment& s = module.datas[i];
            if (s.mode != wasm::SegmentMode::active) continue;
            const bool is_64 = module.memories[s.memory.value].address == wasm::AddressType::i64;
            const Value offset = evaluate(s.offset, instance);
            const uint64_t to = is_64 ? offset.i64 : offset.i32;
            Memory& memory = *instance.memory(s.memory);
            if (!memory.contains(to, s.bytes.size())) return TrapKind::memory_out_of_bounds;
            std::ranges::copy(s.bytes, memory.base + to);
            instance.drop_data(wasm::DataIdx{i});
        }
        return TrapKind::none;
    }

    Store& m_store;
    std::span<const Extern> m_imports;
    StartFunction m_start;
    std::unique_ptr<Instance> m_instance;
};

Result<Instance*, InstantiateError> Store::instantiate(std::shared_ptr<ModuleCode> code, std::span<const Extern> imports,
                                                       StartFunction start, void* owner)
{
    const auto& wanted = code->module()->imports;
    const auto is_kind_wanted = [](const Extern& e, const wasm::Import& import) { return e.index() == import.type.index(); };
    if (!std::ranges::equal(imports, wanted, is_kind_wanted))
        return Unexpected{InstantiateError{std::string{"the imports given are not those of the module"}}};
    try {
        return Instantiation{*this, std::move(code), imports, start, owner}.run();
    } catch (const std::bad_alloc&) {
        return Unexpected{InstantiateError{std::string{"out of memory"}}};
    }
}

Instance::~Instance()
{
    if (m_context == nullptr) return;
    if (m_context->functions != nullptr) m_code->remove(*this);
    ::operator delete(m_context, std::align_val_t{alignof(InstanceContext)});
}

std::vector<uint64_t> Instance::evaluate_elem(const wasm::ElemSegment& segment) const
{
    std::vector<uint64_t> references;
    references.reserve(segment.size());
    for (const wasm::FuncIdx f : segment.functions) references.push_back(reinterpret_cast<uint64_t>(function(f)));
    for (const wasm::ConstExpr& e : segment.elements) references.push_back(evaluate(e, *this).ref);
    return references;
}

bool Instance::undrop_segments() noexcept
{
    const wasm::Module& m = module();
    try {
        for (size_t i = 0; i < m.elems.size(); ++i)
            if (m.elems[i].mode == wasm::SegmentMode::passive && m_elems[i].size() != m.elems[i].size())
                m_elems[i] = evaluate_elem(m.elems[i]);
    } catch (const std::bad_alloc&) {
        return false;
    }
    for (size_t i = 0; i < m.datas.size(); ++i)
        if (m.datas[i].mode == wasm::SegmentMode::passive) m_is_data_dropped[i] = false;
    return true;
}

const Function* Instance::function(wasm::FuncIdx f) const
{
    if (module().is_imported(f)) return m_imported_functions[f.value];
    std::byte* const base = m_functions.data();
    uint32_t& offset = reinterpret_cast<uint32_t*>(base)[f.value];
    if (offset == 0) {
        const std::atomic<const void*>& slot = m_code->slot_of(f).entry;
        const void* entry = slot.load();
        auto* const made = new (base + m_functions_end) Function{entry, m_context, module().functions[f.value], f.value};
        std::atomic_ref{offset}.store(std::exchange(m_functions_end, m_functions_end + static_cast<uint32_t>(sizeof(Function))));
        // Who changes the slot from now on finds the function; who has done so meanwhile may have missed it.
        for (const void* now = slot.load(); now != entry; now = slot.load()) made->entry.store(entry = now);
    }
    return reinterpret_cast<const Function*>(base + offset);
}

void Instance::update_function(wasm::FuncIdx f, const void* entry) const noexcept
{
    std::byte* const base = m_functions.data();
    const uint32_t offset = std::atomic_ref{reinterpret_cast<uint32_t*>(base)[f.value]}.load();
    if (offset != 0) reinterpret_cast<Function*>(base + offset)->entry.store(entry);
}

uint64_t Instance::table_element(wasm::TableIdx t, uint64_t index) const
{
    const Table& table = *m_tables[t.value];
    uint64_t& element = table.elements[index];
    if (element == 0 && table.is_lazy != 0)
        if (const auto f = m_code->static_elements().at(t, index)) element = reinterpret_cast<uint64_t>(function(*f));
    return element;
}

void Instance::open(wasm::TableIdx t) const
{
    Table& table = *m_tables[t.value];
    for (uint64_t i = 0; i < table.size; ++i) static_cast<void>(table_element(t, i));
    table.is_lazy = 0;
}

void Instance::reset_static_table(wasm::TableIdx t) const
{
    Table& table = *m_tables[t.value];
    if (table.is_lazy != 0) return;
    table.shrink(module().tables[t.value].type.limits.min);
    std::fill_n(table.elements, table.size, 0);
    table.is_lazy = 1;
}

Value* Instance::global_cell(wasm::GlobalIdx g) const
{
    const ContextLayout& layout = m_code->layout();
    return layout.is_global_indirect(g) ? at_offset<Value*>(m_context, layout.global(g))
                                        : &at_offset<Value>(m_context, layout.global(g));
}

std::optional<Extern> Instance::find_export(std::string_view name)
{
    const wasm::Export* const e = module().find_export(name);
    if (e == nullptr) return std::nullopt;
    return export_at(*e);
}

Extern Instance::export_at(const wasm::Export& e)
{
    switch (e.kind) {
    case wasm::ExternKind::func: return function(wasm::FuncIdx{e.index});
    case wasm::ExternKind::table: return table(wasm::TableIdx{e.index});
    case wasm::ExternKind::memory: return m_memories[e.index];
    case wasm::ExternKind::tag: return m_tags[e.index];
    case wasm::ExternKind::global: break;
    }
    if (e.index < m_imported_globals.size()) return m_imported_globals[e.index];
    if (m_exported_globals.empty()) m_exported_globals.resize(module().globals.size());
    auto& view = m_exported_globals[e.index];
    if (!view) view = std::make_unique<Global>(Global{module().globals[e.index].type, global_cell(wasm::GlobalIdx{e.index}), {}});
    return view.get();
}

}  // namespace weir::runtime
