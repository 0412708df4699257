#pragma once

#include "support/module_builder.hpp"
#include "support/typed_value.hpp"
#include "wasm/opcodes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

// What loads, stores and atomic accesses do, computed in C++ from the names that the standard gives them, byte by byte.

namespace weir::test {

/// An instruction that accesses memory; a lane instruction with its lane.
struct MemoryAccess {
    const wasm::OpInfo* op = nullptr;
    uint32_t lane = 0;

    [[nodiscard]] uint32_t width() const { return 1U << op->align_log2; }
    [[nodiscard]] bool is_atomic() const { return op->feature == wasm::Feature::threads; }
    [[nodiscard]] bool is_wait() const { return op->text().starts_with("memory.atomic.wait"); }
    [[nodiscard]] bool is_lane() const { return op->text().ends_with("_lane"); }
    [[nodiscard]] const wasm::Signature& signature() const;
    /// The instruction with its immediates; operands must be on the stack.
    void append_to(Code& code, uint64_t offset, uint32_t memory) const;
};

/// Every row of opcodes.def that has a natural alignment; lane instructions with their first and their last lane.
std::vector<MemoryAccess> all_memory_accesses();

/// Does the access at `at`, of its width, and answers its result. `operands` are those behind the address. Not for wait.
std::optional<TypedValue> perform(const MemoryAccess& access, std::span<std::byte> at, std::span<const TypedValue> operands);

/// What the bytes read as an unsigned number, little endian. At most 8.
uint64_t read_unsigned(std::span<const std::byte> bytes);

}  // namespace weir::test
