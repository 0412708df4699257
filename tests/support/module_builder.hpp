#pragma once

#include "wasm/opcodes.hpp"
#include "wasm/types.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::test {

/// Appends the encodings of the binary format. Standard: Core 3.0, 5.2.
class Bytes {
public:
    Bytes& u8(uint32_t v)
    {
        m_bytes.push_back(static_cast<std::byte>(v));
        return *this;
    }
    Bytes& u32(uint64_t v);  // unsigned LEB128
    Bytes& s64(int64_t v);   // signed LEB128
    Bytes& fixed(uint64_t v, unsigned byte_count);
    Bytes& name(std::string_view s);
    Bytes& append(std::span<const std::byte> bytes)
    {
        m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
        return *this;
    }
    [[nodiscard]] std::span<const std::byte> view() const { return m_bytes; }
    [[nodiscard]] size_t size() const { return m_bytes.size(); }

private:
    std::vector<std::byte> m_bytes;
};

/// Instructions. Opcodes with immediates that have no method here are written as op() and what follows.
class Code : public Bytes {
public:
    Code& op(wasm::Opcode opcode);
    Code& op(wasm::Opcode opcode, uint64_t index);  // one unsigned immediate
    Code& i32_const(int32_t v);
    Code& i64_const(int64_t v);
    Code& f32_const(uint32_t bits);
    Code& f64_const(uint64_t bits);
    Code& constant(wasm::ValKind kind, uint64_t bits);
    Code& local_get(uint32_t i) { return op(wasm::Opcode::local_get, i); }
    Code& local_set(uint32_t i) { return op(wasm::Opcode::local_set, i); }
    Code& local_tee(uint32_t i) { return op(wasm::Opcode::local_tee, i); }
    Code& mem(wasm::Opcode opcode, uint32_t align_log2, uint64_t offset = 0, uint32_t memory = 0);
    Code& add(const Code& other)
    {
        append(other.view());
        return *this;
    }
    /// block, loop or if_ with no parameters and one or no result.
    Code& open(wasm::Opcode opcode, wasm::ValKind result = wasm::ValKind::bottom);
    Code& open_typed(wasm::Opcode opcode, uint32_t type_index);
    Code& end() { return op(wasm::Opcode::end); }
};

/// Makes modules section by section. Everything is exported under the name given; an empty name exports nothing.
class ModuleBuilder {
public:
    /// The index of a function type; equal types share one.
    uint32_t type(const std::vector<wasm::ValType>& params, const std::vector<wasm::ValType>& results);
    uint32_t import_function(std::string_view module, std::string_view name, uint32_t type_index);
    /// `code` without the final end. Returns the function's index. Imports come first.
    uint32_t function(uint32_t type_index, std::string_view export_name, const Code& code,
                      const std::vector<wasm::ValType>& locals = {});
    uint32_t memory(uint64_t min_pages, std::string_view export_name = "memory", bool is_64 = false);
    uint32_t global(wasm::ValType type, bool is_mutable, const Code& init, std::string_view export_name = {});
    [[nodiscard]] std::vector<std::byte> build() const;

private:
    Bytes m_types, m_imports, m_functions, m_memories, m_globals, m_exports, m_codes;
    std::vector<std::vector<std::byte>> m_known_types;
    uint32_t m_import_count = 0, m_function_count = 0, m_memory_count = 0, m_global_count = 0, m_export_count = 0;
};

}  // namespace weir::test
