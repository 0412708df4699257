#include "runtime/builtins.hpp"

#include "runtime/activation.hpp"
#include "runtime/instance.hpp"
#include "runtime/parking_lot.hpp"
#include "runtime/store.hpp"
#include "wasm/type_registry.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace weir::runtime {

namespace {

constexpr uint32_t high(uint64_t packed) { return static_cast<uint32_t>(packed >> 32); }
constexpr uint32_t low(uint64_t packed) { return static_cast<uint32_t>(packed); }
constexpr uint32_t code(TrapKind kind) { return static_cast<uint32_t>(kind); }
constexpr uint64_t failed(TrapKind kind) { return uint64_t{code(kind)} << 32; }

/// Whether [at, at + n) lies in [0, size), in arithmetic that cannot wrap.
constexpr bool is_inside(uint64_t at, uint64_t n, uint64_t size) { return n <= size && at <= size - n; }

Memory& memory_of(InstanceContext* cx, uint32_t m) { return *cx->instance->memory(wasm::MemoryIdx{m}); }
Table& table_of(InstanceContext* cx, uint32_t t) { return *cx->instance->table(wasm::TableIdx{t}); }

/// Takes the fuel of a bulk instruction, whose time depends on its operands, from who counts it: a unit for 64 bytes. Seen at the next
/// entry of a function or a loop.
void take_fuel(const InstanceContext* cx, uint64_t bytes) noexcept
{
    constexpr uint64_t bytes_per_unit = 64;
    cx->exec->fuel = static_cast<int64_t>(static_cast<uint64_t>(cx->exec->fuel) - bytes / bytes_per_unit);
}

/// Whether a memory could grow so but for the engine's limit.
bool is_refused_for_limit(const Memory& memory, uint64_t delta_pages, uint64_t limit_bytes) noexcept
{
    const wasm::MemoryType type = memory.type();
    const uint64_t pages = memory.pages();
    const uint64_t by_type = type.limits.max                        ? *type.limits.max
                           : type.address == wasm::AddressType::i32 ? uint64_t{1} << (32 - type.page_size_log2)
                                                                    : std::numeric_limits<uint64_t>::max();
    return pages <= by_type && delta_pages <= by_type - pages && pages + delta_pages > limit_bytes >> type.page_size_log2;
}

}  // namespace

// Called by the stubs below, which generated code calls: they look for an interruption on the way back.
extern "C" {

uint64_t weir_builtin_memory_grow(InstanceContext* cx, uint32_t memory, uint64_t delta) noexcept
{
    Memory& m = memory_of(cx, memory);
    const uint64_t old_pages = m.grow(delta);
    const EngineConfig& config = cx->instance->store().engine().config();
    if (old_pages == ~uint64_t{0} && config.on_memory_limit != nullptr && is_refused_for_limit(m, delta, config.max_memory_bytes))
        config.on_memory_limit(config.max_memory_bytes);
    return old_pages;
}

uint32_t weir_builtin_memory_copy(InstanceContext* cx, uint64_t memories, uint64_t d, uint64_t s, uint64_t n) noexcept
{
    Memory& to = memory_of(cx, high(memories));
    Memory& from = memory_of(cx, low(memories));
    if (!to.contains(d, n) || !from.contains(s, n)) return code(TrapKind::memory_out_of_bounds);
    take_fuel(cx, n);
    if (n != 0) std::memmove(to.base + d, from.base + s, n);
    return code(TrapKind::none);
}

uint32_t weir_builtin_memory_fill(InstanceContext* cx, uint32_t memory, uint64_t d, uint32_t value, uint64_t n) noexcept
{
    Memory& to = memory_of(cx, memory);
    if (!to.contains(d, n)) return code(TrapKind::memory_out_of_bounds);
    take_fuel(cx, n);
    if (n != 0) std::memset(to.base + d, static_cast<int>(value & 0xffU), n);
    return code(TrapKind::none);
}

uint32_t weir_builtin_memory_init(InstanceContext* cx, uint64_t memory_data, uint64_t d, uint32_t s, uint32_t n) noexcept
{
    take_fuel(cx, n);
    return code(memory_init(*cx->instance, wasm::MemoryIdx{high(memory_data)}, wasm::DataIdx{low(memory_data)}, d, s, n));
}

void weir_builtin_data_drop(InstanceContext* cx, uint32_t data) noexcept { cx->instance->drop_data(wasm::DataIdx{data}); }

uint64_t weir_builtin_table_element(InstanceContext* cx, uint32_t table, uint64_t index) noexcept
{
    return cx->instance->table_element(wasm::TableIdx{table}, index);
}

void weir_builtin_open_table(InstanceContext* cx, uint32_t table) noexcept { static_cast<void>(table_of(cx, table)); }

const Function* weir_builtin_function_reference(InstanceContext* cx, uint32_t function) noexcept
{
    return cx->instance->function(wasm::FuncIdx{function});
}

uint64_t weir_builtin_table_grow(InstanceContext* cx, uint32_t table, uint64_t init, uint64_t delta) noexcept
{
    const uint64_t old = table_of(cx, table).grow(delta, init);
    if (old != ~uint64_t{0}) take_fuel(cx, delta * sizeof(uint64_t));
    return old;
}

uint32_t weir_builtin_table_fill(InstanceContext* cx, uint32_t table, uint64_t at, uint64_t value, uint64_t n) noexcept
{
    Table& t = table_of(cx, table);
    if (!is_inside(at, n, t.size)) return code(TrapKind::table_out_of_bounds);
    take_fuel(cx, n * sizeof(uint64_t));
    std::fill_n(t.elements + at, n, value);
    return code(TrapKind::none);
}

uint32_t weir_builtin_table_copy(InstanceContext* cx, uint64_t tables, uint64_t d, uint64_t s, uint64_t n) noexcept
{
    Table& to = table_of(cx, high(tables));
    Table& from = table_of(cx, low(tables));
    if (!is_inside(d, n, to.size) || !is_inside(s, n, from.size)) return code(TrapKind::table_out_of_bounds);
    take_fuel(cx, n * sizeof(uint64_t));
    if (n != 0) std::memmove(to.elements + d, from.elements + s, n * sizeof(uint64_t));
    return code(TrapKind::none);
}

uint32_t weir_builtin_table_init(InstanceContext* cx, uint64_t table_elem, uint64_t d, uint32_t s, uint32_t n) noexcept
{
    take_fuel(cx, uint64_t{n} * sizeof(uint64_t));
    return code(table_init(*cx->instance, wasm::TableIdx{high(table_elem)}, wasm::ElemIdx{low(table_elem)}, d, s, n));
}

void weir_builtin_elem_drop(InstanceContext* cx, uint32_t elem) noexcept { cx->instance->drop_elem(wasm::ElemIdx{elem}); }

uint32_t weir_builtin_is_subtype(InstanceContext* cx, uint32_t actual, uint32_t expected) noexcept
{
    return cx->instance->module().registry->is_subtype(wasm::TypeId{actual}, wasm::TypeId{expected}) ? 1 : 0;
}

uint64_t weir_builtin_atomic_wait32(InstanceContext* cx, uint32_t memory, uint64_t address, uint32_t expected,
                                    int64_t timeout_ns) noexcept
{
    Memory& m = memory_of(cx, memory);
    if (!m.contains(address, 4)) return failed(TrapKind::memory_out_of_bounds);
    if (!m.type().is_shared) return failed(TrapKind::expected_shared_memory);
    return static_cast<uint32_t>(park(reinterpret_cast<std::atomic<uint32_t>*>(m.base + address), expected, timeout_ns));
}

uint64_t weir_builtin_atomic_wait64(InstanceContext* cx, uint32_t memory, uint64_t address, uint64_t expected,
                                    int64_t timeout_ns) noexcept
{
    Memory& m = memory_of(cx, memory);
    if (!m.contains(address, 8)) return failed(TrapKind::memory_out_of_bounds);
    if (!m.type().is_shared) return failed(TrapKind::expected_shared_memory);
    return static_cast<uint32_t>(park(reinterpret_cast<std::atomic<uint64_t>*>(m.base + address), expected, timeout_ns));
}

uint64_t weir_builtin_atomic_notify(InstanceContext* cx, uint32_t memory, uint64_t address, uint32_t count) noexcept
{
    Memory& m = memory_of(cx, memory);
    if (!m.contains(address, 4)) return failed(TrapKind::memory_out_of_bounds);
    return unpark(m.base + address, count);
}

}  // extern "C"

TrapKind memory_init(Instance& instance, wasm::MemoryIdx memory, wasm::DataIdx data, uint64_t d, uint32_t s, uint32_t n)
{
    Memory& to = *instance.memory(memory);
    const auto bytes = instance.data(data);
    if (!to.contains(d, n) || !is_inside(s, n, bytes.size())) return TrapKind::memory_out_of_bounds;
    if (n != 0) std::memcpy(to.base + d, bytes.data() + s, n);
    return TrapKind::none;
}

TrapKind table_init(Instance& instance, wasm::TableIdx table, wasm::ElemIdx elem, uint64_t d, uint32_t s, uint32_t n)
{
    Table& to = *instance.table(table);
    const auto references = instance.elem(elem);
    if (!is_inside(d, n, to.size) || !is_inside(s, n, references.size())) return TrapKind::table_out_of_bounds;
    std::copy_n(references.begin() + static_cast<std::ptrdiff_t>(s), n, to.elements + d);
    return TrapKind::none;
}

extern "C" {  // stubs.S
#define WEIR_BUILTIN(ident, ...) void weir_guarded_##ident();
WEIR_BUILTINS(WEIR_BUILTIN)
#undef WEIR_BUILTIN
}

const void* const builtin_table[static_cast<size_t>(Builtin::count_)] = {
#define WEIR_BUILTIN(ident, ...) reinterpret_cast<const void*>(&weir_guarded_##ident),
    WEIR_BUILTINS(WEIR_BUILTIN)
#undef WEIR_BUILTIN
};

}  // namespace weir::runtime
