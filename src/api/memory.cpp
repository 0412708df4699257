#include "api/impl.hpp"
#include "wasm/types.hpp"

#include <algorithm>
#include <cstring>

namespace weir {

namespace {
runtime::Memory* of(void* memory) { return static_cast<runtime::Memory*>(memory); }
runtime::Table& table_of(void* table) { return *static_cast<runtime::Table*>(table); }
}  // namespace

uint64_t Memory::size_bytes() const noexcept { return m_memory == nullptr ? 0 : of(m_memory)->bytes().size(); }

std::optional<uint64_t> Memory::grow(uint64_t pages) noexcept
{
    const uint64_t old = m_memory == nullptr ? ~uint64_t{0} : of(m_memory)->grow(pages);
    return old == ~uint64_t{0} ? std::nullopt : std::optional{old};
}

std::optional<std::span<std::byte>> Memory::bytes(uint64_t address, uint64_t size_bytes) const noexcept
{
    if (m_memory == nullptr || !of(m_memory)->contains(address, size_bytes)) return std::nullopt;
    return std::span{of(m_memory)->base + address, static_cast<size_t>(size_bytes)};
}

bool Memory::write(uint64_t address, std::span<const std::byte> from) const noexcept
{
    const auto to = bytes(address, from.size());
    if (!to) return false;
    std::ranges::copy(from, to->begin());
    return true;
}

std::optional<std::string> Memory::text(uint64_t address, uint64_t size_bytes) const
{
    const auto from = bytes(address, size_bytes);
    if (!from) return std::nullopt;
    return std::string{reinterpret_cast<const char*>(from->data()), from->size()};
}

std::optional<std::string> Memory::c_string(uint64_t address, uint64_t max_bytes) const
{
    const uint64_t size = this->size_bytes();
    if (address >= size) return std::nullopt;
    const auto from = *bytes(address, std::min(max_bytes, size - address));
    // Copied first: a shared memory may change meanwhile.
    std::string text{reinterpret_cast<const char*>(from.data()),
                     ::strnlen(reinterpret_cast<const char*>(from.data()), from.size())};
    if (text.size() == from.size()) return std::nullopt;
    return text;
}

Table Access::table(void* table, void* store)
{
    Table handle;
    handle.m_table = table;
    handle.m_store = store;
    handle.m_element = to_value_type(table_of(table).type().element);
    return handle;
}

uint64_t Table::size() const noexcept { return table_of(m_table).size; }

std::optional<Value> Table::get(uint64_t index) const
{
    const runtime::Table& t = table_of(m_table);
    if (index >= t.size || m_element == ValueType::other) return std::nullopt;
    return to_value(m_element, runtime::Value{.i64 = t.elements[index]});
}

Result<void> Table::set(uint64_t index, const Value& value) const
{
    runtime::Table& t = table_of(m_table);
    if (index >= t.size)
        return Unexpected{
            Error{ErrorKind::usage, "there is no element " + std::to_string(index) + " in a table of " + std::to_string(t.size)}};
    if (!fits(value, t.type().element, *static_cast<runtime::Store*>(m_store)))
        return Unexpected{Error{ErrorKind::usage, "a value of type " + std::string{to_string(type_of(value))} +
                                                      " does not fit into a table of " + std::string{to_string(m_element)} +
                                                      ", or is another instance's function"}};
    runtime::Value slot{};
    store_value(slot, value);
    t.elements[index] = slot.ref;
    return {};
}

std::optional<uint64_t> Table::grow(uint64_t elements) const noexcept
{
    const bool has_null = m_element != ValueType::other;
    const uint64_t old = has_null ? table_of(m_table).grow(elements, 0) : ~uint64_t{0};
    return old == ~uint64_t{0} ? std::nullopt : std::optional{old};
}

Global Access::global(void* global, void* store)
{
    const wasm::GlobalType& type = static_cast<const runtime::Global*>(global)->type;
    Global handle;
    handle.m_global = global;
    handle.m_store = store;
    handle.m_type = to_value_type(type.type);
    handle.m_is_mutable = type.mutability == wasm::Mutability::var;
    return handle;
}

Value Global::get() const { return to_value(m_type, *static_cast<const runtime::Global*>(m_global)->cell); }

Result<void> Global::set(const Value& value) const
{
    if (!m_is_mutable) return Unexpected{Error{ErrorKind::usage, "the global is constant"}};
    if (m_type == ValueType::other || !fits(value, to_val_type(m_type), *static_cast<runtime::Store*>(m_store)))
        return Unexpected{Error{ErrorKind::usage, "a value of type " + std::string{to_string(type_of(value))} +
                                                      " does not fit into a global of type " + std::string{to_string(m_type)} +
                                                      ", or is another instance's function"}};
    store_value(*static_cast<const runtime::Global*>(m_global)->cell, value);
    return {};
}

}  // namespace weir
