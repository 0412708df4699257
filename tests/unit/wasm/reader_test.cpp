#include "wasm/reader.hpp"

#include "module_bytes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::wasm {
namespace {

using namespace test;

/// Writes what it sees, immediates included.
class Printer {
public:
    std::vector<std::string> lines;

    void at(uint32_t offset_bytes) { m_offset = offset_bytes; }
#define WEIR_OP(code, ident, text, imm, ...)                                \
    bool ident(const wasm::imm& i)                                          \
    {                                                                       \
        lines.push_back(std::to_string(m_offset) + ": " + text + print(i)); \
        return !stops_at_nop || std::string_view{text} != "nop";            \
    }
#include "wasm/opcodes.def"
#undef WEIR_OP
    bool stops_at_nop = false;

private:
    template <class T>
    static std::string word(T v)
    {
        return " " + std::to_string(v);
    }
    static std::string print(const NoImm&) { return {}; }
    static std::string print(const AtomicFenceImm&) { return {}; }
    template <class Tag>
    static std::string print(const Index<Tag>& i)
    {
        return word(i.value);
    }
    static std::string print(const BlockType& t)
    {
        return " " + to_string(FuncType{{t.params.begin(), t.params.end()}, {t.results.begin(), t.results.end()}});
    }
    static std::string print(const BrTable& t)
    {
        std::string s;
        for (const uint32_t l : t.labels) s += word(l);
        return s + " default" + word(t.default_label.value);
    }
    static std::string print(const TryTableImm& t)
    {
        std::string s = print(t.type);
        for (const CatchClause& c : t.catches)
            s += " (" + std::to_string(static_cast<int>(c.kind)) + word(c.tag.value) + word(c.label.value) + ")";
        return s;
    }
    static std::string print(const SelectTypes& t) { return " " + to_string(FuncType{{t.types.begin(), t.types.end()}, {}}); }
    static std::string print(const MemArg& m) { return word(m.align_log2) + word(m.memory.value) + word(m.offset); }
    static std::string print(const MemArgLane& m) { return print(m.mem) + word(m.lane.value); }
    static std::string print(const I32Const& c) { return word(c.value); }
    static std::string print(const I64Const& c) { return word(c.value); }
    static std::string print(const F32Const& c) { return word(c.bits); }
    static std::string print(const F64Const& c) { return word(c.bits); }
    static std::string print(const V128Const& c) { return word(c.bytes[0]) + word(c.bytes[15]); }
    static std::string print(const ShuffleLanes& c) { return word(c.lanes[0]) + word(c.lanes[15]); }
    static std::string print(const HeapTypeImm& t) { return " " + to_string(t.type); }
    static std::string print(const BrOnCastImm& b) { return word(b.label.value) + " " + to_string(b.from) + " " + to_string(b.to); }
    static std::string print(const CallIndirectImm& i) { return word(i.type.value) + word(i.table.value); }
    static std::string print(const MemoryInitImm& i) { return word(i.data.value) + word(i.memory.value); }
    static std::string print(const MemoryCopyImm& i) { return word(i.destination.value) + word(i.source.value); }
    static std::string print(const TableInitImm& i) { return word(i.elem.value) + word(i.table.value); }
    static std::string print(const TableCopyImm& i) { return word(i.destination.value) + word(i.source.value); }
    static std::string print(const StructFieldImm& i) { return word(i.type.value) + word(i.field.value); }
    static std::string print(const ArrayNewFixedImm& i) { return word(i.type.value) + word(i.count); }
    static std::string print(const ArrayDataImm& i) { return word(i.type.value) + word(i.data.value); }
    static std::string print(const ArrayElemImm& i) { return word(i.type.value) + word(i.elem.value); }
    static std::string print(const ArrayCopyImm& i) { return word(i.destination.value) + word(i.source.value); }

    uint32_t m_offset = 0;
};
static_assert(OpVisitor<Printer>);

/// A module with two function types: 0 is [] -> [], 1 is [i32] -> [i64 f32].
const Module& module_with_types()
{
    static const auto module = *load(module_of({{1, bytes({2, 0x60, 0, 0, 0x60, 1, 0x7f, 2, 0x7e, 0x7d})}}));
    return *module;
}

struct Instruction {
    const char* name;
    ByteVector code;  // without the end
    const char* printed;
};
class Reader : public testing::TestWithParam<Instruction> {};

/// Each form of immediate, with one-byte and with longer integers.
const Instruction instructions[] = {
    {"none", bytes({0x6a}), "i32.add"},
    {"index", bytes({0x20, 0x80, 0x01}), "local.get 128"},
    {"prefixed_without_immediate", bytes({0xfc, 0x13}), "i64.add128"},
    {"prefix_with_a_longer_number", bytes({0xfd, 0x81, 0x80, 0x00, 0x00, 0x00}), "v128.load8x8_s 0 0 0"},
    {"relaxed", bytes({0xfd, 0x91, 0x02}), "i16x8.relaxed_q15mulr_s"},
    {"i32_minus_one", bytes({0x41, 0x7f}), "i32.const -1"},
    {"i32_smallest", bytes({0x41, 0x80, 0x80, 0x80, 0x80, 0x78}), "i32.const -2147483648"},
    {"i64_64", bytes({0x42, 0xc0, 0x00}), "i64.const 64"},
    {"i64_minus_64", bytes({0x42, 0x40}), "i64.const -64"},
    {"i64_smallest", bytes({0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}), "i64.const -9223372036854775808"},
    {"f32_signalling_nan", bytes({0x43, 1, 0, 0x80, 0x7f}), "f32.const 2139095041"},
    {"f64", bytes({0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f}), "f64.const 4607182418800017408"},
    {"v128", bytes({0xfd, 0x0c, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 200}), "v128.const 9 200"},
    {"shuffle", bytes({0xfd, 0x0d, 31, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}), "i8x16.shuffle 31 15"},
    {"lane", bytes({0xfd, 0x15, 7}), "i8x16.extract_lane_s 7"},
    {"memory_access", bytes({0x28, 2, 0x90, 0x01}), "i32.load 2 0 144"},
    {"memory_access_of_another_memory", bytes({0x28, 0x42, 3, 5}), "i32.load 2 3 5"},
    {"memory_access_with_64_bits", bytes({0x28, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}),
     "i32.load 2 0 18446744073709551615"},
    {"memory_lane", bytes({0xfd, 0x54, 0, 4, 15}), "v128.load8_lane 0 0 4 15"},
    {"atomic", bytes({0xfe, 0x1e, 2, 8}), "i32.atomic.rmw.add 2 0 8"},
    {"fence", bytes({0xfe, 0x03, 0}), "atomic.fence"},
    {"br_table", bytes({0x0e, 2, 1, 0, 3}), "br_table 1 0 default 3"},
    {"call_indirect", bytes({0x11, 1, 4}), "call_indirect 1 4"},
    {"select_with_types", bytes({0x1c, 1, 0x70}), "select [funcref] -> []"},
    {"ref_null_of_a_heap_type", bytes({0xd0, 0x6f}), "ref.null externref"},
    {"ref_null_of_a_defined_type", bytes({0xd0, 0}), "ref.null (ref null engine type 0)"},
    {"ref_test", bytes({0xfb, 0x14, 0x6b}), "ref.test (ref struct)"},
    {"ref_cast_null", bytes({0xfb, 0x17, 0x6b}), "ref.cast null structref"},
    {"ref_cast_exact", bytes({0xfb, 0x16, 0x62, 1}), "ref.cast (ref (exact engine type 1))"},
    {"br_on_cast", bytes({0xfb, 0x18, 1, 2, 0x6e, 0x6d}), "br_on_cast 2 anyref (ref eq)"},
    {"br_on_cast_to_null", bytes({0xfb, 0x19, 2, 0, 0x6e, 0x6d}), "br_on_cast_fail 0 (ref any) eqref"},
    {"struct_field", bytes({0xfb, 0x02, 3, 4}), "struct.get 3 4"},
    {"array_fixed", bytes({0xfb, 0x08, 3, 4}), "array.new_fixed 3 4"},
    {"array_copy", bytes({0xfb, 0x11, 3, 4}), "array.copy 3 4"},
    {"memory_init_is_data_then_memory", bytes({0xfc, 0x08, 3, 4}), "memory.init 3 4"},
    {"memory_copy_is_destination_then_source", bytes({0xfc, 0x0a, 3, 4}), "memory.copy 3 4"},
    {"table_init_is_segment_then_table", bytes({0xfc, 0x0c, 3, 4}), "table.init 3 4"},
    {"table_copy_is_destination_then_source", bytes({0xfc, 0x0e, 3, 4}), "table.copy 3 4"},
};

TEST_P(Reader, gives_the_same_instruction_checked_and_trusted)
{
    const Instruction& c = GetParam();
    ByteVector code = c.code;
    append(code, bytes({0x0b}));
    const std::vector<std::string> expected{"100: " + std::string{c.printed}, std::to_string(100 + c.code.size()) + ": end"};
    Printer checked;
    ByteReader reader{code, 100};
    EXPECT_TRUE(read_instructions(module_with_types(), reader, checked));
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(checked.lines, expected);
    Printer trusted;
    read_trusted(module_with_types(), code, 100, trusted);
    EXPECT_EQ(trusted.lines, expected);
}

TEST_P(Reader, cut_anywhere_it_fails_inside)
{
    const ByteVector& code = GetParam().code;
    for (size_t length = 0; length < code.size(); ++length) {
        Printer printer;
        ByteReader reader{{code.data(), length}, 100};
        EXPECT_FALSE(read_instructions(module_with_types(), reader, printer));
        ASSERT_TRUE(reader.failed());
        EXPECT_GE(reader.error().offset_bytes, 100U);
        EXPECT_LE(reader.error().offset_bytes, 100U + length);
        EXPECT_TRUE(printer.lines.empty());
    }
}
INSTANTIATE_TEST_SUITE_P(Immediates, Reader, testing::ValuesIn(instructions),
                         [](const auto& info) { return std::string{info.param.name}; });

TEST(ReadInstructions, blocks_end_with_their_own_end)
{
    const ByteVector code =
        bytes({0x02, 0x40, 0x03, 0x7f, 0x04, 1, 0x05, 0x0b, 0x0b, 0x0b, 0x1f, 0x6f, 2, 1, 5, 6, 2, 7, 0x0b, 0x0b, 0x01});
    Printer printer;
    ByteReader reader{code, 0};
    EXPECT_TRUE(read_instructions(module_with_types(), reader, printer));
    EXPECT_EQ(reader.remaining(), 1U);
    EXPECT_EQ(printer.lines, (std::vector<std::string>{"0: block [] -> []", "2: loop [] -> [i32]", "4: if [i32] -> [i64 f32]",
                                                       "6: else", "7: end", "8: end", "9: end",
                                                       "10: try_table [] -> [externref] (1 5 6) (2 0 7)", "18: end", "19: end"}));
}

TEST(ReadInstructions, visitor_may_stop)
{
    const ByteVector code = bytes({0x1a, 0x01, 0x1a, 0x0b});
    Printer printer;
    printer.stops_at_nop = true;
    ByteReader reader{code, 0};
    EXPECT_FALSE(read_instructions(module_with_types(), reader, printer));
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(printer.lines, (std::vector<std::string>{"0: drop", "1: nop"}));
}

struct BadCode {
    const char* name;
    ByteVector code;
    ErrorKind kind;
    size_t offset;
    const char* message;
};
class MalformedCode : public testing::TestWithParam<BadCode> {};

TEST_P(MalformedCode, is_refused)
{
    const BadCode& c = GetParam();
    Printer printer;
    ByteReader reader{c.code, 0};
    EXPECT_FALSE(read_instructions(module_with_types(), reader, printer));
    ASSERT_TRUE(reader.failed());
    EXPECT_EQ(reader.error().kind, c.kind);
    EXPECT_EQ(reader.error().offset_bytes, c.offset);
    EXPECT_EQ(reader.error().message, c.message);
}
INSTANTIATE_TEST_SUITE_P(
    Reader, MalformedCode,
    testing::Values(
        BadCode{"legacy_try", bytes({0x06, 0x40}), ErrorKind::malformed, 0, "illegal opcode"},
        BadCode{"unknown_prefixed", bytes({0x01, 0xfc, 0x12}), ErrorKind::malformed, 1, "illegal opcode"},
        BadCode{"prefixed_number_beyond_all", bytes({0xfd, 0x80, 0x80, 0x80, 0x10}), ErrorKind::malformed, 0, "illegal opcode"},
        // 0xfb << 16 | 0 must not be found as 0xfb with a number that wraps into the prefix.
        BadCode{"prefixed_number_of_another_prefix", bytes({0xfb, 0x80, 0x80, 0x04}), ErrorKind::malformed, 0, "illegal opcode"},
        BadCode{"no_end", bytes({0x01}), ErrorKind::malformed, 1, "unexpected end"},
        BadCode{"fence_with_a_flag", bytes({0xfe, 0x03, 1}), ErrorKind::malformed, 3, "zero byte expected"},
        BadCode{"alignment_flags", bytes({0x28, 0x80, 0x01, 0}), ErrorKind::malformed, 3, "malformed memop flags"},
        BadCode{"catch_kind", bytes({0x1f, 0x40, 1, 4, 0, 0}), ErrorKind::malformed, 4, "malformed catch clause"},
        BadCode{"cast_flags", bytes({0xfb, 0x18, 4, 0, 0x6e, 0x6d}), ErrorKind::malformed, 3, "malformed br_on_cast flags"},
        BadCode{"block_of_an_unknown_type", bytes({0x02, 2}), ErrorKind::invalid, 1, "unknown type 2"},
        BadCode{"block_type_that_is_negative", bytes({0x02, 0xff, 0x7f}), ErrorKind::malformed, 1, "malformed block type"},
        BadCode{"heap_type_of_two_bytes", bytes({0xd0, 0xf0, 0x7f}), ErrorKind::malformed, 1, "malformed heap type"},
        BadCode{"i32_of_six_bytes", bytes({0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0}), ErrorKind::malformed, 1,
                "integer representation too long"},
        BadCode{"i32_with_a_bit_too_many", bytes({0x41, 0xff, 0xff, 0xff, 0xff, 0x0f}), ErrorKind::malformed, 1,
                "integer too large"}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(ReadLocals, groups_become_a_list)
{
    const ByteVector body = bytes({3, 2, 0x7f, 0, 0x7e, 1, 0x64, 1, 0x0b});
    const auto locals = read_locals(module_with_types(), {body, 40});
    ASSERT_TRUE(locals);
    EXPECT_EQ(locals->types, (std::vector<ValType>{i32, i32, ValType::ref(module_with_types().types[1], Nullability::non_null)}));
    EXPECT_EQ(locals->code_begin, 8U);
}

TEST(ReadLocals, more_than_the_limit_is_an_error_with_its_place)
{
    const ByteVector body = bytes({2, 1, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b});
    const auto locals = read_locals(module_with_types(), {body, 40});
    ASSERT_FALSE(locals);
    EXPECT_EQ(locals.error().kind, ErrorKind::limit);
    EXPECT_EQ(locals.error().offset_bytes, 43U);
}

}  // namespace
}  // namespace weir::wasm
