#pragma once

#include "wasm/module.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weir::go {

/// What memory 0 holds when an instance begins, as far as active data segments with constant addresses say; all else is zero. Go's linker leaves out
/// what is zero, so an object may lie in several segments. Any address can be read. Refers to the module's bytes.
class InitialMemory {
public:
    struct Segment {
        uint64_t address;
        std::span<const std::byte> bytes;
    };

    explicit InitialMemory(const wasm::Module& module);

    [[nodiscard]] const std::vector<Segment>& segments() const { return m_segments; }  // by address
    [[nodiscard]] uint8_t u8(uint64_t address) const;
    [[nodiscard]] uint32_t u32(uint64_t address) const { return static_cast<uint32_t>(number(address, 4)); }
    [[nodiscard]] uint64_t u64(uint64_t address) const { return number(address, 8); }
    /// Text that ends with a zero byte, which is not part of it; nothing when it is longer than any name.
    [[nodiscard]] std::optional<std::string> text(uint64_t address) const;

private:
    [[nodiscard]] uint64_t number(uint64_t address, unsigned bytes) const;

    std::vector<Segment> m_segments;
};

}  // namespace weir::go
