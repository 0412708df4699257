#include "memory_model.hpp"
#include "support/execution.hpp"
#include "support/module_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <tuple>

// Every access to memory, at the edges of memory and of the arithmetic that forms addresses: the holes of other runtimes were there.
// Results, traps and every byte around the access are compared with a model in C++.

namespace {

using namespace weir::test;
using weir::runtime::TrapKind;
using weir::wasm::ValKind;
using weir::wasm::ValType;

constexpr uint64_t page_bytes = 65536;

/// The memory that is accessed.
struct MemoryKind {
    const char* name;
    bool is_64;
    uint64_t pages;
    uint32_t index;  // of the memory in its module
};
constexpr MemoryKind memory_kinds[] = {
    {"one_page", false, 1, 0},
    {"four_gib", false, 65536, 0},
    {"one_page_second_memory", false, 1, 1},
    {"four_gib_second_memory", false, 65536, 1},
    {"memory64_one_page", true, 1, 0},
    {"memory64_four_gib", true, 65536, 0},
    {"memory64_one_page_second_memory", true, 1, 1},
};
void PrintTo(const MemoryKind& kind, std::ostream* out) { *out << kind.name; }

/// How the index reaches the access.
enum class IndexForm : uint8_t {
    local,     // local.get: a register that must keep its value, so the access is done twice
    computed,  // the result of an instruction, which the access may overwrite
    constant,
};

std::vector<uint64_t> offsets_of(const MemoryKind& kind)
{
    std::vector<uint64_t> offsets{0, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff};
    if (kind.is_64) offsets.insert(offsets.end(), {uint64_t{1} << 32, uint64_t{1} << 63, ~uint64_t{0}});
    return offsets;
}

std::set<uint64_t> indexes_of(const MemoryKind& kind, uint64_t offset, uint32_t width)
{
    std::set<uint64_t> indexes{0, 0x8000'0000, 0xffff'ffff};
    if (kind.is_64) indexes.insert({uint64_t{1} << 32, uint64_t{1} << 63, ~uint64_t{0}, ~uint64_t{0} - width + 1});
    const uint64_t last = kind.pages * page_bytes - width;
    for (const uint64_t address : {last, last + 1, last + width}) {  // the last one inside, one past, all of it outside
        const uint64_t index = address - offset;
        if (address >= offset && (kind.is_64 || index <= 0xffff'ffff)) indexes.insert(index);
    }
    return indexes;
}

TypedValue operand_value(ValKind kind, uint32_t position)
{
    const uint64_t bits = 0x8182'7384'f506'0708U + position;
    switch (kind) {
    case ValKind::i32: return i32(static_cast<uint32_t>(bits));
    case ValKind::f32: return f32_bits(0xffa0'1234U);  // signalling NaN: a copy must not quieten it
    case ValKind::f64: return f64_bits(0xfff4'0000'dead'beefU);
    case ValKind::v128: return v128(bits, 0x9a0b'bc0d'1e8f'f1e2U);
    default: return i64(bits);
    }
}

class LoadStoreEdges : public testing::TestWithParam<std::tuple<EngineMode, MemoryKind>> {
protected:
    [[nodiscard]] const EngineMode& mode() const { return std::get<0>(GetParam()); }
    [[nodiscard]] const MemoryKind& kind() const { return std::get<1>(GetParam()); }
    [[nodiscard]] uint64_t size_bytes() const { return kind().pages * page_bytes; }

    /// A module whose functions do the access at one offset: parameters are the index and the operands.
    [[nodiscard]] std::vector<std::byte> module_of(const MemoryAccess& access, uint64_t offset) const;
    void check(Guest& guest, const MemoryAccess& access, uint64_t offset, uint64_t index, IndexForm form,
               const std::string& function);

    size_t m_successes = 0, m_traps = 0;
};

std::vector<std::byte> LoadStoreEdges::module_of(const MemoryAccess& access, uint64_t offset) const
{
    const auto& signature = access.signature();
    const ValType address = kind().is_64 ? ValKind::i64 : ValKind::i32;
    std::vector<ValType> params{address}, results(signature.results.begin(), signature.results.begin() + signature.result_count);
    for (uint32_t i = 1; i < signature.operand_count; ++i) params.push_back(signature.operands[i]);
    ModuleBuilder builder;
    const uint32_t type = builder.type(params, results);
    if (kind().index == 1) builder.memory(1, "", kind().is_64);
    builder.memory(kind().pages, "memory", kind().is_64);
    const auto append_access = [&](Code& code) {
        for (uint32_t i = 1; i < signature.operand_count; ++i) code.local_get(i);
        access.append_to(code, offset, kind().index);
    };
    Code local;
    local.local_get(0);
    append_access(local);
    if (!results.empty()) local.op(weir::wasm::Opcode::drop);
    local.local_get(0);
    append_access(local);
    builder.function(type, "local", local);
    Code computed;
    computed.local_get(0).constant(address.kind(), 0).op(kind().is_64 ? weir::wasm::Opcode::i64_add : weir::wasm::Opcode::i32_add);
    append_access(computed);
    builder.function(type, "computed", computed);
    for (const uint64_t index : indexes_of(kind(), offset, access.width())) {
        Code constant;
        constant.constant(address.kind(), index);
        append_access(constant);
        builder.function(type, "constant " + std::to_string(index), constant);
    }
    return builder.build();
}

void LoadStoreEdges::check(Guest& guest, const MemoryAccess& access, uint64_t offset, uint64_t index, IndexForm form,
                           const std::string& function)
{
    const uint32_t width = access.width();
    const bool overflows = index > UINT64_MAX - offset;
    const uint64_t address = index + offset;
    const bool is_inside = !overflows && address <= size_bytes() && width <= size_bytes() - address;
    // What may change, with 32 bytes on both sides; of an access outside, the end of memory.
    const uint64_t begin = is_inside ? address - std::min<uint64_t>(address, 32) : size_bytes() - 64;
    const uint64_t end = is_inside ? std::min(address + width + 32, size_bytes()) : size_bytes();
    const std::span<std::byte> window = guest.memory().subspan(begin, end - begin);
    for (size_t i = 0; i < window.size(); ++i) window[i] = static_cast<std::byte>((begin + i) * 37 + 0x95);
    std::vector<std::byte> expected_bytes{window.begin(), window.end()};
    const std::span<std::byte> at = is_inside ? std::span{expected_bytes}.subspan(address - begin, width) : std::span<std::byte>{};

    Values operands;
    for (uint32_t i = 1; i < access.signature().operand_count; ++i)
        operands.push_back(operand_value(access.signature().operands[i].kind(), i));
    // An exchange that happens, whatever the expected value has beyond the width; the one that does not is the specification suite's.
    if (is_inside && access.op->text().contains(".cmpxchg")) {
        operands[0].bits = read_unsigned(at);
        if (width < 8) operands[0].bits |= ~uint64_t{0} << 8 * width;
        if (operands[0].kind == ValKind::i32) operands[0].bits &= 0xffff'ffffU;
    }

    CallResult expected;
    if (access.is_atomic() && !overflows && address % width != 0) {
        expected = traps(TrapKind::unaligned_atomic);
    } else if (!is_inside) {
        expected = traps(TrapKind::memory_out_of_bounds);
    } else if (access.is_wait()) {
        expected = traps(TrapKind::expected_shared_memory);
    } else {
        for (int i = 0; i < (form == IndexForm::local ? 2 : 1); ++i) {
            const auto result = perform(access, at, operands);
            expected.values = result ? Values{*result} : Values{};
        }
    }
    expected.kind == CallResult::Kind::returned ? ++m_successes : ++m_traps;

    Values arguments{kind().is_64 ? i64(index) : i32(static_cast<uint32_t>(index))};
    arguments.insert(arguments.end(), operands.begin(), operands.end());
    const CallResult result = guest.call(function, arguments);
    EXPECT_EQ(result, expected) << access.op->text() << " lane " << access.lane << " offset " << offset << " index " << index
                                << " by " << function;
    EXPECT_TRUE(std::ranges::equal(window, expected_bytes)) << access.op->text() << " lane " << access.lane << " offset " << offset
                                                            << " index " << index << " by " << function << " left other bytes";
}

TEST_P(LoadStoreEdges, results_traps_and_bytes_are_exact)
{
    for (const MemoryAccess& access : all_memory_accesses()) {
        for (const uint64_t offset : offsets_of(kind())) {
            Guest guest{mode(), module_of(access, offset)};
            ASSERT_EQ(guest.memory().size(), size_bytes());
            for (const uint64_t index : indexes_of(kind(), offset, access.width())) {
                check(guest, access, offset, index, IndexForm::local, "local");
                check(guest, access, offset, index, IndexForm::computed, "computed");
                check(guest, access, offset, index, IndexForm::constant, "constant " + std::to_string(index));
            }
            if (HasFailure()) return;  // one access' failures say enough
        }
    }
    // Both sides of the edges were there.
    EXPECT_GT(m_successes, 500U);
    EXPECT_GT(m_traps, 2000U);
}

INSTANTIATE_TEST_SUITE_P(AllModes, LoadStoreEdges,
                         testing::Combine(testing::ValuesIn(engine_modes), testing::ValuesIn(memory_kinds)), [](const auto& test) {
                             return std::string{std::get<0>(test.param).name} + "_" + std::get<1>(test.param).name;
                         });

}  // namespace
