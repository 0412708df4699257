#include "support/module_builder.hpp"

#include <algorithm>

namespace weir::test {

using wasm::Opcode;
using wasm::ValKind;
using wasm::ValType;

Bytes& Bytes::u32(uint64_t v)
{
    do {
        const auto low = static_cast<uint32_t>(v & 0x7fU);
        v >>= 7;
        u8(v != 0 ? low | 0x80U : low);
    } while (v != 0);
    return *this;
}

Bytes& Bytes::s64(int64_t v)
{
    for (;;) {
        const auto low = static_cast<uint32_t>(v & 0x7f);
        v >>= 7;
        const bool is_last = (v == 0 && (low & 0x40U) == 0) || (v == -1 && (low & 0x40U) != 0);
        u8(is_last ? low : low | 0x80U);
        if (is_last) return *this;
    }
}

Bytes& Bytes::fixed(uint64_t v, unsigned byte_count)
{
    for (unsigned i = 0; i < byte_count; ++i) u8(static_cast<uint32_t>(v >> (8 * i) & 0xffU));
    return *this;
}

Bytes& Bytes::name(std::string_view s)
{
    u32(s.size());
    return append(std::as_bytes(std::span{s}));
}

namespace {

uint32_t encoded(ValType type)
{
    switch (type.kind()) {
    case ValKind::i32: return 0x7f;
    case ValKind::i64: return 0x7e;
    case ValKind::f32: return 0x7d;
    case ValKind::f64: return 0x7c;
    case ValKind::v128: return 0x7b;
    default: return type.heap() == wasm::HeapKind::extern_ ? 0x6f : 0x70;
    }
}

void append_section(Bytes& out, uint32_t id, uint32_t count, const Bytes& content)
{
    if (count == 0) return;
    Bytes body;
    body.u32(count).append(content.view());
    out.u8(id).u32(body.size()).append(body.view());
}

}  // namespace

Code& Code::op(Opcode opcode)
{
    const auto code = static_cast<uint32_t>(opcode);
    if (code > 0xff) {
        u8(code >> 16);
        u32(code & 0xffffU);
    } else {
        u8(code);
    }
    return *this;
}
Code& Code::op(Opcode opcode, uint64_t index)
{
    op(opcode);
    u32(index);
    return *this;
}
Code& Code::i32_const(int32_t v)
{
    op(Opcode::i32_const).s64(v);
    return *this;
}
Code& Code::i64_const(int64_t v)
{
    op(Opcode::i64_const).s64(v);
    return *this;
}
Code& Code::f32_const(uint32_t bits)
{
    op(Opcode::f32_const).fixed(bits, 4);
    return *this;
}
Code& Code::f64_const(uint64_t bits)
{
    op(Opcode::f64_const).fixed(bits, 8);
    return *this;
}
Code& Code::constant(ValKind kind, uint64_t bits)
{
    switch (kind) {
    case ValKind::i32: return i32_const(static_cast<int32_t>(static_cast<uint32_t>(bits)));
    case ValKind::i64: return i64_const(static_cast<int64_t>(bits));
    case ValKind::f32: return f32_const(static_cast<uint32_t>(bits));
    default: return f64_const(bits);
    }
}
Code& Code::mem(Opcode opcode, uint32_t align_log2, uint64_t offset, uint32_t memory)
{
    op(opcode);
    u32(align_log2 | (memory != 0 ? 0x40U : 0U));
    if (memory != 0) u32(memory);
    u32(offset);
    return *this;
}
Code& Code::open(Opcode opcode, ValKind result)
{
    op(opcode).u8(result == ValKind::bottom ? 0x40 : encoded(ValType{result}));
    return *this;
}
Code& Code::open_typed(Opcode opcode, uint32_t type_index)
{
    op(opcode).s64(type_index);
    return *this;
}

uint32_t ModuleBuilder::type(const std::vector<ValType>& params, const std::vector<ValType>& results)
{
    Bytes t;
    t.u8(0x60).u32(params.size());
    for (const ValType p : params) t.u8(encoded(p));
    t.u32(results.size());
    for (const ValType r : results) t.u8(encoded(r));
    const std::vector<std::byte> bytes{t.view().begin(), t.view().end()};
    const auto known = std::find(m_known_types.begin(), m_known_types.end(), bytes);
    if (known != m_known_types.end()) return static_cast<uint32_t>(known - m_known_types.begin());
    m_types.append(bytes);
    m_known_types.push_back(bytes);
    return static_cast<uint32_t>(m_known_types.size() - 1);
}

uint32_t ModuleBuilder::import_function(std::string_view module, std::string_view name, uint32_t type_index)
{
    m_imports.name(module).name(name).u8(0).u32(type_index);
    return m_import_count++;
}

uint32_t ModuleBuilder::function(uint32_t type_index, std::string_view export_name, const Code& code,
                                 const std::vector<ValType>& locals)
{
    const uint32_t index = m_import_count + m_function_count++;
    m_functions.u32(type_index);
    Bytes body;
    body.u32(locals.size());
    for (const ValType l : locals) body.u32(1).u8(encoded(l));
    body.append(code.view()).u8(0x0b);
    m_codes.u32(body.size()).append(body.view());
    if (!export_name.empty()) {
        m_exports.name(export_name).u8(0).u32(index);
        ++m_export_count;
    }
    return index;
}

uint32_t ModuleBuilder::memory(uint64_t min_pages, std::string_view export_name, bool is_64)
{
    m_memories.u8(is_64 ? 4 : 0).u32(min_pages);
    if (!export_name.empty()) {
        m_exports.name(export_name).u8(2).u32(m_memory_count);
        ++m_export_count;
    }
    return m_memory_count++;
}

uint32_t ModuleBuilder::global(ValType type, bool is_mutable, const Code& init, std::string_view export_name)
{
    m_globals.u8(encoded(type)).u8(is_mutable ? 1 : 0).append(init.view()).u8(0x0b);
    if (!export_name.empty()) {
        m_exports.name(export_name).u8(3).u32(m_global_count);
        ++m_export_count;
    }
    return m_global_count++;
}

std::vector<std::byte> ModuleBuilder::build() const
{
    Bytes out;
    out.fixed(0x6d736100, 4).fixed(1, 4);
    append_section(out, 1, static_cast<uint32_t>(m_known_types.size()), m_types);
    append_section(out, 2, m_import_count, m_imports);
    append_section(out, 3, m_function_count, m_functions);
    append_section(out, 5, m_memory_count, m_memories);
    append_section(out, 6, m_global_count, m_globals);
    append_section(out, 7, m_export_count, m_exports);
    append_section(out, 10, m_function_count, m_codes);
    return {out.view().begin(), out.view().end()};
}

}  // namespace weir::test
