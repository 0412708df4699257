#include "go/line_table.hpp"

#include "go/program_counter.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace weir::go {

namespace {

// pcHeader: magic number of Go 1.20, two zeros, size of an instruction, size of a pointer.
constexpr std::array<uint8_t, 8> header_begin{0xF1, 0xFF, 0xFF, 0xFF, 0, 0, 1, 8};
constexpr uint64_t header_bytes = 72;

// Fields of a function's record (_func), 4 bytes each if nothing else is said.
constexpr uint64_t name_field = 4, file_table_field = 20, line_table_field = 24, table_count_field = 28, unit_field = 32;
constexpr uint64_t data_count_field = 43;  // 1 byte; then offsets of tables, then those of data
constexpr uint64_t tables_field = 44;
constexpr uint32_t inlined_call_table = 2, inlined_call_data = 3;
constexpr uint32_t no_data = UINT32_MAX;

// An inlined call: 16 bytes.
constexpr uint64_t inlined_call_bytes = 16, inlined_name_field = 4, inlined_parent_field = 8;
constexpr int max_inlined_calls = 64;  // at one place

// moduledata: pointers to the header and to the names behind it begin it. In 8-byte words:
constexpr uint64_t first_counter_word = 20, function_data_word = 40;

constexpr int max_values = 1 << 20;  // that a table is read for

}  // namespace

bool is_from_go(const wasm::Module& module)
{
    return std::ranges::any_of(module.producers, [](const wasm::Producer& p) { return p.field == "language" && p.name == "Go"; });
}

std::optional<LineTable> LineTable::find(const wasm::Module& module)
{
    LineTable table{module, InitialMemory{module}};
    for (const InitialMemory::Segment& segment : table.m_memory.segments()) {
        const std::string_view bytes{reinterpret_cast<const char*>(segment.bytes.data()), segment.bytes.size()};
        const std::string_view wanted{reinterpret_cast<const char*>(header_begin.data()), header_begin.size()};
        for (size_t at = bytes.find(wanted); at != std::string_view::npos; at = bytes.find(wanted, at + 1)) {
            if (!table.read_header(segment.address + at)) continue;
            table.find_inlined_calls();
            return table;
        }
    }
    return std::nullopt;
}

bool LineTable::read_header(uint64_t address)
{
    const auto field = [&](uint64_t i) { return m_memory.u64(address + 8 * i); };
    m_header = address;
    m_function_count = field(1);
    // Then the number of files and a place that is not used any more.
    const std::array<uint64_t, 5> offsets{field(4), field(5), field(6), field(7), field(8)};
    const bool is_sane = m_function_count != 0 && m_function_count <= m_module->bodies.size() && offsets[0] >= header_bytes &&
                         std::ranges::is_sorted(offsets) && offsets.back() <= UINT32_MAX;
    if (!is_sane) return false;
    m_names = address + offsets[0];
    m_units = address + offsets[1];
    m_files = address + offsets[2];
    m_values = address + offsets[3];
    m_functions = address + offsets[4];
    // The end of the last function stands behind all others. Before Go 1.26 these were program counters, since then they are functions' numbers.
    m_first_entry = m_memory.u32(m_functions);
    const uint64_t distance = m_memory.u32(m_functions + 8 * m_function_count) - m_first_entry;
    m_entry_shift = distance > m_function_count ? 16 : 0;
    return true;
}

void LineTable::find_inlined_calls()
{
    std::array<uint8_t, 16> wanted{};
    std::memcpy(wanted.data(), &m_header, 8);
    std::memcpy(wanted.data() + 8, &m_names, 8);
    for (const InitialMemory::Segment& segment : m_memory.segments()) {
        const std::string_view bytes{reinterpret_cast<const char*>(segment.bytes.data()), segment.bytes.size()};
        const size_t at = bytes.find(std::string_view{reinterpret_cast<const char*>(wanted.data()), 10});
        if (at == std::string_view::npos) continue;
        const uint64_t address = segment.address + at;
        if (m_memory.u64(address + 8) != m_names || m_memory.u64(address + 8 * first_counter_word) != first_function_number << 16)
            continue;
        m_function_data = m_memory.u64(address + 8 * function_data_word);
        return;
    }
}

std::optional<uint64_t> LineTable::record_of(uint32_t number) const
{
    // Pairs of a function's number and the offset of its record, in ascending order.
    const uint64_t wanted = m_first_entry + (uint64_t{number} << m_entry_shift);
    uint64_t first = 0, last = m_function_count;
    while (first < last) {
        const uint64_t middle = (first + last) / 2;
        if (m_memory.u32(m_functions + 8 * middle) < wanted) first = middle + 1;
        else last = middle;
    }
    if (first == m_function_count || m_memory.u32(m_functions + 8 * first) != wanted) return std::nullopt;
    return m_functions + m_memory.u32(m_functions + 8 * first + 4);
}

uint32_t LineTable::variable(uint64_t& address) const
{
    uint32_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        const uint32_t byte = m_memory.u8(address++);
        if (shift < 32) value |= (byte & 0x7F) << shift;
        if (byte < 0x80) break;
    }
    return value;
}

int32_t LineTable::value_at(uint32_t table, uint32_t block) const
{
    if (table == 0) return -1;
    uint64_t address = m_values + table;
    uint64_t end = 0;
    uint32_t value = UINT32_MAX;
    for (int i = 0; i < max_values; ++i) {
        const uint32_t difference = variable(address);
        if (difference == 0 && i != 0) return -1;
        value += (difference & 1U) != 0 ? ~(difference >> 1) : difference >> 1;
        end += variable(address);
        if (block < end) return static_cast<int32_t>(value);
    }
    return -1;
}

SourcePlace LineTable::place_at(uint64_t record, uint32_t block, uint32_t name) const
{
    SourcePlace place;
    place.function = m_memory.text(m_names + name).value_or("");
    const int32_t file = value_at(m_memory.u32(record + file_table_field), block);
    const int32_t line = value_at(m_memory.u32(record + line_table_field), block);
    if (file < 0 || line < 0) return place;
    const uint64_t unit = m_memory.u32(record + unit_field);
    const uint32_t offset = m_memory.u32(m_units + 4 * (unit + static_cast<uint32_t>(file)));
    if (offset == no_data) return place;
    place.file = m_memory.text(m_files + offset).value_or("");
    place.line = static_cast<uint32_t>(line);
    return place;
}

std::vector<SourcePlace> LineTable::places_at(wasm::FuncIdx function, uint32_t wasm_offset) const
{
    if (m_module->is_imported(function)) return {};
    const auto record = record_of(function.value - m_module->imported_function_count);
    if (!record) return {};
    uint32_t block = block_at(*m_module, function, wasm_offset);
    const uint32_t table_count = m_memory.u32(*record + table_count_field);
    const uint32_t data_count = m_memory.u8(*record + data_count_field);
    std::vector<SourcePlace> places;
    if (m_function_data && table_count > inlined_call_table && data_count > inlined_call_data) {
        const uint32_t table = m_memory.u32(*record + tables_field + uint64_t{4} * inlined_call_table);
        const uint32_t data = m_memory.u32(*record + tables_field + 4 * (uint64_t{table_count} + inlined_call_data));
        for (int i = 0; data != no_data && i < max_inlined_calls; ++i) {
            const int32_t index = value_at(table, block);
            if (index < 0) break;
            const uint64_t call = *m_function_data + data + inlined_call_bytes * static_cast<uint32_t>(index);
            places.push_back(place_at(*record, block, m_memory.u32(call + inlined_name_field)));
            block = m_memory.u32(call + inlined_parent_field);
        }
    }
    places.push_back(place_at(*record, block, m_memory.u32(*record + name_field)));
    return places;
}

}  // namespace weir::go
