#include "wasm/decode.hpp"

#include "module_bytes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::wasm {
namespace {

using namespace test;

struct BadFile {
    const char* name;
    ErrorKind kind;
    size_t offset;
    const char* message;
    ByteVector file;
};
class RefusedFile : public testing::TestWithParam<BadFile> {};

TEST_P(RefusedFile, says_what_and_where)
{
    const BadFile& c = GetParam();
    const auto module = load(c.file);
    ASSERT_FALSE(module);
    EXPECT_EQ(module.error().kind, c.kind);
    EXPECT_EQ(module.error().offset_bytes, c.offset);
    EXPECT_EQ(module.error().message, c.message);
    EXPECT_FALSE(module.error().function);
}

ByteVector ascii(std::string_view s)
{
    ByteVector v;
    for (const char c : s) v.push_back(static_cast<std::byte>(c));
    return v;
}

using enum ErrorKind;
constexpr auto name_of = [](const auto& info) { return std::string{info.param.name}; };

INSTANTIATE_TEST_SUITE_P(
    Header, RefusedFile,
    testing::Values(BadFile{"nothing", empty, 0, "the file is empty", {}},
                    BadFile{"wat", ErrorKind::text, 0, "magic header not detected: this is WebAssembly text, not a binary module",
                            ascii(" ;; hi\n(module)\n")},
                    BadFile{"source", ErrorKind::text, 0, "magic header not detected: this is a text file, not a binary module",
                            ascii("int main(void) {}\n")},
                    BadFile{"short_text", ErrorKind::text, 0, "magic header not detected: this is a text file, not a binary module",
                            ascii("a")},
                    BadFile{"elf", not_wasm, 0, "magic header not detected: this is not WebAssembly",
                            bytes({0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0})},
                    BadFile{"cut_magic", malformed, 0, "unexpected end: the magic number is cut off", bytes({0x00, 0x61, 0x73})},
                    BadFile{"cut_version", malformed, 4, "unexpected end: the version is cut off",
                            bytes({0x00, 0x61, 0x73, 0x6d, 0x01, 0x00})},
                    BadFile{"component", component, 4, "this is a component, not a core module",
                            bytes({0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00})},
                    BadFile{"version_2", malformed, 4, "unknown binary version 2: weir runs version 1",
                            bytes({0x00, 0x61, 0x73, 0x6d, 2, 0, 0, 0})},
                    BadFile{"magic_in_text", not_wasm, 0, "magic header not detected: this is not WebAssembly",
                            bytes({0x00, 0x61, 0x73, 0x6e, 1, 0, 0, 0})}),
    name_of);

const ByteVector one_type = bytes({1, 0x60, 0, 0});  // (type (func))

INSTANTIATE_TEST_SUITE_P(
    Section, RefusedFile,
    testing::Values(BadFile{"unknown_id", malformed, 8, "malformed section id 14", module_of({{14, {}}})},
                    BadFile{"twice", malformed, 11, "unexpected content after last section: sections out of order or repeated",
                            module_of({{1, bytes({0})}, {1, bytes({0})}})},
                    BadFile{"out_of_order", malformed, 11,
                            "unexpected content after last section: sections out of order or repeated",
                            module_of({{3, bytes({0})}, {1, bytes({0})}})},
                    BadFile{"tag_behind_global", malformed, 11,
                            "unexpected content after last section: sections out of order or repeated",
                            module_of({{6, bytes({0})}, {13, bytes({0})}})},
                    BadFile{"longer_than_the_file", malformed, 10, "unexpected end: the section's length is out of bounds",
                            bytes({0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 0})},
                    BadFile{"length_cut", malformed, 9, "unexpected end: the section's length is out of bounds",
                            bytes({0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1})},
                    BadFile{"bytes_left", malformed, 11, "section size mismatch: bytes behind the section's content",
                            module_of({{1, bytes({0, 0})}})},
                    BadFile{"content_cut", malformed, 13, "unexpected end", module_of({{1, bytes({1, 0x60, 0})}})},
                    BadFile{"custom_without_name", malformed, 10, "unexpected end", module_of({{0, {}}})},
                    BadFile{"custom_name_no_utf8", malformed, 11, "malformed UTF-8 encoding", module_of({{0, bytes({1, 0xff})}})},
                    BadFile{"bodies_without_functions", malformed, 14, "function and code section have inconsistent lengths",
                            module_of({{10, bytes({1, 2, 0, 0x0b})}})},
                    BadFile{"functions_without_bodies", malformed, 18, "function and code section have inconsistent lengths",
                            module_of({{1, one_type}, {3, bytes({1, 0})}})},
                    BadFile{"data_count_wrong", malformed, 14, "data count and data section have inconsistent lengths",
                            module_of({{12, bytes({1})}, {11, bytes({0})}})}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Item, RefusedFile,
    testing::Values(
        BadFile{"type_form", malformed, 12, "malformed type form", module_of({{1, bytes({1, 0x5d})}})},
        BadFile{"two_supertypes", invalid, 12, "sub type has more than one supertype",
                module_of({{1, bytes({1, 0x50, 2, 0, 0, 0x60, 0, 0})}})},
        BadFile{"value_type", malformed, 13, "malformed reference type", module_of({{1, bytes({1, 0x60, 1, 0x42, 0})}})},
        BadFile{"heap_type_that_is_too_long", malformed, 14, "malformed heap type",
                module_of({{1, bytes({1, 0x60, 1, 0x64, 0xf0, 0x7f, 0})}})},
        BadFile{"abstract_exact_type", malformed, 14, "malformed heap type",
                module_of({{1, bytes({1, 0x60, 1, 0x64, 0x62, 0x6e, 0})}})},
        BadFile{"type_of_another_group", invalid, 14, "unknown type 1", module_of({{1, bytes({1, 0x60, 1, 0x64, 1, 0})}})},
        BadFile{"field_mutability", malformed, 14, "malformed mutability", module_of({{1, bytes({1, 0x5f, 1, 0x7f, 2})}})},
        BadFile{"import_kind", malformed, 13, "malformed import kind", module_of({{2, bytes({1, 0, 0, 5, 0})}})},
        BadFile{"import_name_no_utf8", malformed, 12, "malformed UTF-8 encoding", module_of({{2, bytes({1, 1, 0x80, 0, 0, 0})}})},
        BadFile{"function_of_a_struct_type", invalid, 16, "not a function type: type 0",
                module_of({{1, bytes({1, 0x5f, 0})}, {3, bytes({1, 0})}})},
        BadFile{"export_kind", malformed, 12, "malformed export kind", module_of({{7, bytes({1, 0, 9, 0})}})},
        BadFile{"limits_flags", malformed, 11, "malformed limits flags", module_of({{5, bytes({1, 0x10, 0})}})},
        BadFile{"tag_attribute", malformed, 12, "malformed tag attribute", module_of({{13, bytes({1, 1, 0})}})},
        BadFile{"element_kind", malformed, 11, "malformed elements segment kind", module_of({{9, bytes({1, 8, 0})}})},
        BadFile{"data_kind", malformed, 11, "malformed data segment kind", module_of({{11, bytes({1, 3, 0})}})},
        BadFile{"data_longer_than_the_section", malformed, 13, "unexpected end", module_of({{11, bytes({1, 1, 9, 0})}})},
        BadFile{"constant_without_end", malformed, 15, "unexpected end", module_of({{6, bytes({1, 0x7f, 0, 0x41, 0})}})},
        BadFile{"constant_opcode", malformed, 13, "illegal opcode", module_of({{6, bytes({1, 0x7f, 0, 0xff, 0x0b})}})},
        BadFile{"constant_not_constant", invalid, 15, "constant expression required, found i32.eqz",
                module_of({{6, bytes({1, 0x7f, 0, 0x41, 0, 0x45, 0x0b})}})}),
    name_of);

/// Counts that no file of this size can fulfil are refused before anything is allocated for them.
INSTANTIATE_TEST_SUITE_P(Count, RefusedFile,
                         testing::Values(BadFile{"types", malformed, 10, "unexpected end: more types than bytes",
                                                 module_of({{1, bytes({0xff, 0xff, 0xff, 0xff, 0x0f})}})},
                                         BadFile{"group", malformed, 12, "unexpected end: more types than bytes",
                                                 module_of({{1, bytes({1, 0x4e, 0xff, 0xff, 0xff, 0xff, 0x0f})}})},
                                         BadFile{"params", malformed, 12, "unexpected end: more value types than bytes",
                                                 module_of({{1, bytes({1, 0x60, 0xff, 0xff, 0xff, 0xff, 0x0f})}})},
                                         BadFile{"fields", malformed, 12, "unexpected end: more fields than bytes",
                                                 module_of({{1, bytes({1, 0x5f, 0xff, 0xff, 0xff, 0xff, 0x0f})}})},
                                         BadFile{"imports", malformed, 10, "unexpected end: more items than bytes",
                                                 module_of({{2, bytes({0xff, 0xff, 0xff, 0xff, 0x0f})}})},
                                         BadFile{"functions", malformed, 10, "unexpected end: more items than bytes",
                                                 module_of({{3, bytes({0xff, 0xff, 0xff, 0xff, 0x0f})}})},
                                         BadFile{"elements", malformed, 13, "unexpected end: more items than bytes",
                                                 module_of({{9, bytes({1, 5, 0x70, 0xff, 0xff, 0xff, 0xff, 0x0f})}})},
                                         BadFile{"name", malformed, 16, "unexpected end",
                                                 module_of({{2, bytes({1, 0xff, 0xff, 0xff, 0xff, 0x0f})}})},
                                         BadFile{"count_with_a_bit_too_many", malformed, 10, "integer too large",
                                                 module_of({{3, bytes({0xff, 0xff, 0xff, 0xff, 0x1f})}})},
                                         BadFile{"count_of_six_bytes", malformed, 10, "integer representation too long",
                                                 module_of({{3, bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0})}})}),
                         name_of);

TEST(Decode, every_truncation_of_a_module_is_refused_or_valid_and_stays_in_bounds)
{
    const ByteVector whole = wat(
        R"wat((module
      (type (func (param i32) (result i32)))
      (import "env" "f" (func (type 0)))
      (table 2 funcref) (memory 1) (global i32 i32.const 7)
      (export "run" (func 1))
      (elem (i32.const 0) func 0 1)
      (func (type 0) local.get 0 call 0)
      (data (i32.const 0) "text")))wat",
        "0061736d0100000001060160017f017f02090103656e76016600000302010004040170000205030100010606017f0041070b0707010372756e000109"
        "08010041000b0200010a08010600200010000b0b0a010041000b0474657874");
    // A section that is there in full stands on its own; all else is cut somewhere.
    ASSERT_TRUE(load(whole));
    size_t valid = 0;
    for (size_t length = 0; length < whole.size(); ++length) {
        const auto module = load(ByteVector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
        if (module) {
            ++valid;
            continue;
        }
        EXPECT_LE(module.error().offset_bytes, length);
    }
    EXPECT_EQ(valid, 4U);  // behind the header, the types, the imports, and without the data
}

TEST(Decode, index_spaces_start_with_imports)
{
    const auto loaded = load(wat(
        R"wat((module
      (type (func (param i64)))
      (import "a" "f" (func (type 0)))
      (import "a" "t" (table 1 2 funcref))
      (import "a" "m" (memory i64 1 3))
      (import "a" "g" (global (mut f32)))
      (import "a" "e" (tag (type 0)))
      (func) (table i64 3 externref) (memory 4) (global v128 v128.const i64x2 0 0) (tag)
      (export "f" (func 1)) (export "m" (memory 1)) (start 1)
      (elem declare func 1) (data "abc")))wat",
        "0061736d0100000001080260017e006000000226050161016600000161017401700101020161016d0205010301610167037d01016101650400000302"
        "01010404016f040305030100040d030100010616017b00fd0c000000000000000000000000000000000b07090201660001016d020108010109050103"
        "0001010a040102000b0b06010103616263"));
    ASSERT_TRUE(loaded) << loaded.error().to_string();
    const Module& m = **loaded;
    EXPECT_EQ(m.imports.size(), 5U);
    EXPECT_EQ(m.imports[2].module, "a");
    EXPECT_EQ(m.imports[2].name, "m");
    const auto& memory = std::get<MemoryType>(m.imports[2].type);
    EXPECT_EQ(memory.address, AddressType::i64);
    EXPECT_EQ(memory.limits.min, 1U);
    EXPECT_EQ(memory.limits.max, 3U);
    EXPECT_EQ(m.imported_function_count, 1U);
    ASSERT_EQ(m.functions.size(), 2U);
    EXPECT_EQ(m.func_type(FuncIdx{0}).params, ResultType{i64});
    EXPECT_TRUE(m.is_imported(FuncIdx{0}));
    EXPECT_FALSE(m.is_imported(FuncIdx{1}));
    EXPECT_EQ(m.body_of(FuncIdx{1}).bytes.size(), 2U);
    EXPECT_EQ(m.tables.size(), 2U);
    EXPECT_EQ(m.tables[1].type.address, AddressType::i64);
    EXPECT_EQ(m.memories.size(), 2U);
    EXPECT_EQ(m.globals.size(), 2U);
    EXPECT_EQ(m.globals[0].type.mutability, Mutability::var);
    EXPECT_TRUE(m.globals[0].init.bytes.empty());
    EXPECT_EQ(m.globals[1].init.bytes.size(), 19U);
    EXPECT_EQ(m.tags.size(), 2U);
    EXPECT_EQ(m.start, FuncIdx{1});
    ASSERT_NE(m.find_export("m"), nullptr);
    EXPECT_EQ(m.find_export("m")->kind, ExternKind::memory);
    EXPECT_EQ(m.find_export("x"), nullptr);
    EXPECT_EQ(m.elems[0].mode, SegmentMode::declarative);
    EXPECT_EQ(m.datas[0].bytes.size(), 3U);
    EXPECT_EQ(m.data_count, std::nullopt);
}

TEST(Decode, data_segments_of_all_forms_are_found_where_they_are)
{
    const auto content = bytes({
        7,                                                        //
        0, 0x41, 0x80, 0x01, 0x0b, 2,    1,    2,                 // i32.const 128
        1, 3,    3,    4,    5,                                   // passive
        2, 1,    0x42, 0x05, 0x0b, 1,    6,                       // memory 1, i64.const 5
        0, 0x41, 0xff, 0xff, 0xff, 0xff, 0x07, 0x0b, 0,           // i32.const 2^31-1, nothing
        0, 0x23, 0x00, 0x0b, 0x82, 0x80, 0x80, 0x00, 7,    8,     // global.get 0, a size with zeros in front
        0, 0x41, 0x7f, 0x41, 0x01, 0x6a, 0x0b, 0x81, 0x00, 0x0b,  // -1 + 1, and content that looks like an end
        0, 0x41, 0x00, 0x0b, 0,                                   // the last bytes of the module
    });
    const auto module = load(module_of({{2, bytes({1, 0, 0, 3, 0x7f, 0})}, {5, bytes({2, 0, 1, 4, 1})}, {11, content}}));
    ASSERT_TRUE(module) << module.error().to_string();
    const std::vector<DataSegment>& datas = (*module)->datas;
    struct Expected {
        SegmentMode mode;
        uint32_t memory;
        std::vector<std::byte> offset, bytes;
    };
    const std::vector<Expected> expected{
        {SegmentMode::active, 0, bytes({0x41, 0x80, 0x01, 0x0b}), bytes({1, 2})},
        {SegmentMode::passive, 0, {}, bytes({3, 4, 5})},
        {SegmentMode::active, 1, bytes({0x42, 0x05, 0x0b}), bytes({6})},
        {SegmentMode::active, 0, bytes({0x41, 0xff, 0xff, 0xff, 0xff, 0x07, 0x0b}), {}},
        {SegmentMode::active, 0, bytes({0x23, 0x00, 0x0b}), bytes({7, 8})},
        {SegmentMode::active, 0, bytes({0x41, 0x7f, 0x41, 0x01, 0x6a, 0x0b}), bytes({0x0b})},
        {SegmentMode::active, 0, bytes({0x41, 0x00, 0x0b}), {}},
    };
    ASSERT_EQ(datas.size(), expected.size());
    size_t i = 0;
    for (const DataSegment& segment : datas) {
        SCOPED_TRACE(i);
        EXPECT_EQ(segment.mode, expected[i].mode);
        EXPECT_EQ(segment.memory.value, expected[i].memory);
        EXPECT_TRUE(std::ranges::equal(segment.offset.bytes, expected[i].offset));
        EXPECT_TRUE(std::ranges::equal(segment.bytes, expected[i].bytes));
        if (!segment.offset.bytes.empty()) {
            EXPECT_EQ(&(*module)->bytes[segment.offset.offset_bytes], segment.offset.bytes.data());
        }
        ++i;
    }
}

TEST(Decode, types_are_canonical_across_modules)
{
    const auto registry = std::make_shared<TypeRegistry>();
    const auto a = load(module_of({{1, bytes({2, 0x60, 1, 0x7f, 0, 0x60, 0, 0})}}), {}, registry);
    const auto b = load(module_of({{1, bytes({2, 0x60, 0, 0, 0x60, 1, 0x7f, 0})}}), {}, registry);
    ASSERT_TRUE(a && b);
    EXPECT_EQ((*a)->types[0], (*b)->types[1]);
    EXPECT_EQ((*a)->types[1], (*b)->types[0]);
}

TEST(Decode, producers_and_target_features_are_read_and_their_damage_ignored)
{
    const auto section = [](std::string_view name, const ByteVector& content) {
        ByteVector v = bytes({static_cast<unsigned>(name.size())});
        append(v, ascii(name));
        append(v, content);
        return Section{0, v};
    };
    ByteVector producers = bytes({1, 8});
    append(producers, ascii("language"));
    append(producers, bytes({1, 2}));
    append(producers, ascii("Go"));
    append(producers, bytes({4}));
    append(producers, ascii("1.26"));
    ByteVector features = bytes({2, '+', 7});
    append(features, ascii("simd128"));
    append(features, bytes({'-', 3}));
    append(features, ascii("abc"));

    const auto good = load(module_of({section("producers", producers), section("target_features", features)}));
    ASSERT_TRUE(good);
    ASSERT_EQ((*good)->producers.size(), 1U);
    EXPECT_EQ((*good)->producers[0].field, "language");
    EXPECT_EQ((*good)->producers[0].name, "Go");
    EXPECT_EQ((*good)->producers[0].version, "1.26");
    EXPECT_EQ((*good)->target_features, std::vector<std::string_view>{"simd128"});
    EXPECT_EQ((*good)->custom_sections.size(), 2U);

    for (size_t cut = 0; cut < producers.size(); ++cut) {
        const auto damaged = load(
            module_of({section("producers", ByteVector(producers.begin(), producers.begin() + static_cast<std::ptrdiff_t>(cut)))}));
        ASSERT_TRUE(damaged);
        EXPECT_TRUE((*damaged)->producers.empty());
    }
}

TEST(Decode, limits_of_32_bit_memories_may_be_written_with_64_bits)
{
    EXPECT_TRUE(load(module_of({{5, bytes({1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0})}})));
}

TEST(Decode, functions_named_outside_of_bodies_are_noted)
{
    const auto loaded = load(wat(
        R"wat((module
      (func) (func) (func) (func) (func)
      (global funcref (ref.func 1)) (export "x" (func 2)) (elem declare func 3)
      (elem funcref (ref.func 4))))wat",
        "0061736d0100000001040160000003060500000000000606017000d2010b07050101780002090b0203000103057001d2040b0a100502000b02000b02"
        "000b02000b02000b"));
    ASSERT_TRUE(loaded);
    EXPECT_EQ((*loaded)->referenced_functions, (std::vector<bool>{false, true, true, true, true}));
}

}  // namespace
}  // namespace weir::wasm
