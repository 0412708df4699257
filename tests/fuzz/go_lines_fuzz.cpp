#include "go/line_table.hpp"
#include "wasm/module.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace {

using namespace weir;

/// local.get 0, br_table between two blocks in a loop, a return address and a call: what a function of Go's looks like.
constexpr std::array<uint8_t, 40> body{0x00, 0x03, 0x40, 0x02, 0x40, 0x02, 0x40, 0x20, 0x00, 0x0e, 0x03, 0x00, 0x00, 0x01,
                                       0x01, 0x0b, 0x41, 0x00, 0x42, 0x81, 0x80, 0x80, 0x80, 0x01, 0x37, 0x03, 0x00, 0x41,
                                       0x00, 0x10, 0x00, 0x1a, 0x0b, 0x41, 0x02, 0x21, 0x00, 0x0c, 0x00, 0x0b};
constexpr std::array<uint8_t, 4> address{0x41, 0x80, 0x20, 0x0b};  // i32.const 0x1000
constexpr size_t function_count = 4, header_bytes = 72;

}  // namespace

/// Go's tables may say anything: reading them ends, and stays in the module. Of the input two bytes each are the sizes of the table's parts, so that a
/// header is found; the others are what stands in them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    constexpr size_t part_count = 5;
    if (size < 2 * part_count) return 0;
    std::vector<std::byte> bytes(header_bytes + size - 2 * part_count);
    const auto set = [&](size_t field, uint64_t value) { std::memcpy(bytes.data() + 8 * field, &value, sizeof value); };
    set(0, 0x0801'0000'ffff'fff1);
    set(1, function_count);
    uint64_t offset = header_bytes;
    for (size_t i = 0; i < part_count; ++i) {
        set(4 + i, offset);
        offset += data[2 * i] + 256U * data[2 * i + 1];
    }
    std::memcpy(bytes.data() + header_bytes, data + 2 * part_count, size - 2 * part_count);

    wasm::Module module;
    for (size_t i = 0; i < function_count; ++i) module.bodies.push_back({std::as_bytes(std::span{body}), 0});
    module.datas.push_back({wasm::SegmentMode::active, wasm::MemoryIdx{0}, {std::as_bytes(std::span{address}), 0}, bytes});
    const auto table = go::LineTable::find(module);
    if (!table) return 0;
    for (uint32_t function = 0; function < function_count; ++function)
        for (uint32_t at = 0; at <= body.size(); at += 4) (void)table->places_at(wasm::FuncIdx{function}, at);
    return 0;
}
