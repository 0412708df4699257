#include "go/initial_memory.hpp"

#include "wasm/byte_reader.hpp"
#include "wasm/opcodes.hpp"

#include <algorithm>
#include <utility>

namespace weir::go {

namespace {

constexpr size_t max_text_bytes = 4096;

/// Of `i32.const N end`.
std::optional<uint32_t> constant_of(const wasm::ConstExpr& expression)
{
    wasm::ByteReader reader{expression.bytes, expression.offset_bytes};
    if (reader.u8() != static_cast<uint8_t>(wasm::Opcode::i32_const)) return std::nullopt;
    const auto value = static_cast<uint32_t>(reader.s32());
    const bool is_all = reader.u8() == static_cast<uint8_t>(wasm::Opcode::end);
    return is_all && !reader.failed() ? std::optional{value} : std::nullopt;
}

}  // namespace

InitialMemory::InitialMemory(const wasm::Module& module)
{
    for (const wasm::DataSegment& data : module.datas) {
        if (data.mode != wasm::SegmentMode::active || data.memory.value != 0 || data.bytes.empty()) continue;
        if (const auto address = constant_of(data.offset)) m_segments.push_back({*address, data.bytes});
    }
    std::ranges::sort(m_segments, {}, [](const Segment& s) { return std::pair{s.address, s.bytes.data()}; });
}

uint8_t InitialMemory::u8(uint64_t address) const
{
    const auto next = std::ranges::upper_bound(m_segments, address, {}, &Segment::address);
    if (next == m_segments.begin()) return 0;
    const Segment& segment = *std::prev(next);
    const uint64_t at = address - segment.address;
    return at < segment.bytes.size() ? static_cast<uint8_t>(segment.bytes[at]) : uint8_t{0};
}

uint64_t InitialMemory::number(uint64_t address, unsigned bytes) const
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value |= uint64_t{u8(address + i)} << (8 * i);
    return value;
}

std::optional<std::string> InitialMemory::text(uint64_t address) const
{
    std::string text;
    for (uint8_t c = u8(address); c != 0; c = u8(++address)) {
        if (text.size() == max_text_bytes) return std::nullopt;
        text += static_cast<char>(c);
    }
    return text;
}

}  // namespace weir::go
