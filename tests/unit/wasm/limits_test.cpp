// Modules that ask for much with few bytes: refused, or loaded at a cost that their size explains.

#include "wasm/load.hpp"
#include "wasm/reader.hpp"

#include "module_bytes.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <string>
#include <thread>

namespace weir::wasm {
namespace {

using namespace test;

ByteVector repeated(const ByteVector& what, size_t count)
{
    ByteVector v;
    v.reserve(what.size() * count);
    for (size_t i = 0; i < count; ++i) append(v, what);
    return v;
}
ByteVector counted(size_t count, const ByteVector& items)
{
    ByteVector v;
    append_u32(v, static_cast<uint32_t>(count));
    append(v, items);
    return v;
}
ByteVector operator+(ByteVector a, const ByteVector& b)
{
    append(a, b);
    return a;
}
/// A code section of these bodies, local declarations included and final end too.
ByteVector code(const std::vector<ByteVector>& bodies)
{
    ByteVector v;
    append_u32(v, static_cast<uint32_t>(bodies.size()));
    for (const ByteVector& b : bodies) append(v, counted(b.size(), b));
    return v;
}
size_t peak_memory_kib()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<size_t>(usage.ru_maxrss);
}

const ByteVector a_thousand_i32 = counted(1000, repeated(bytes({0x7f}), 1000));
const ByteVector type_func = bytes({1, 0x60, 0, 0});

void expect_limit(const ByteVector& module, const char* message, size_t offset)
{
    const size_t before = peak_memory_kib();
    const auto loaded = load(module);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind, ErrorKind::limit);
    EXPECT_EQ(loaded.error().message, message);
    EXPECT_EQ(loaded.error().offset_bytes, offset);
    EXPECT_LT(peak_memory_kib() - before, 256U * 1024);
}

TEST(Limits, parameters)
{
    EXPECT_TRUE(load(module_of({{1, bytes({1, 0x60}) + a_thousand_i32 + a_thousand_i32}})));
    expect_limit(module_of({{1, bytes({1, 0x60}) + counted(1001, repeated(bytes({0x7f}), 1001)) + bytes({0})}}),
                 "too many parameters or results: 1001", 13);
}

TEST(Limits, struct_fields)
{
    EXPECT_TRUE(load(module_of({{1, bytes({1, 0x5f}) + counted(10'000, repeated(bytes({0x7f, 0}), 10'000))}})));
    expect_limit(module_of({{1, bytes({1, 0x5f}) + counted(10'001, repeated(bytes({0x7f, 0}), 10'001))}}),
                 "too many struct fields: 10001", 14);
}

/// Each subtype holds all its supertypes: without the limit a file of n bytes would ask for n * n.
TEST(Limits, depth_of_subtypes)
{
    const auto chain = [](uint32_t count) {
        ByteVector group = bytes({0x50, 0, 0x5f, 0});
        for (uint32_t i = 1; i < count; ++i) {
            append(group, bytes({0x50, 1}));
            append_u32(group, i - 1);
            append(group, bytes({0x5f, 0}));
        }
        return module_of({{1, bytes({1, 0x4e}) + counted(count, group)}});
    };
    EXPECT_TRUE(load(chain(64)));
    const auto deep = load(chain(65));
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().kind, ErrorKind::limit);
    EXPECT_EQ(deep.error().message, "subtypes nest too deeply");
    EXPECT_EQ(deep.error().offset_bytes, 8U + 3 + 3 + 4 + 63 * 5);
    EXPECT_FALSE(load(chain(500'000)));
}

TEST(Limits, locals)
{
    const auto with_locals = [](const ByteVector& declarations) {
        return module_of({{1, type_func}, {3, bytes({1, 0})}, {10, code({declarations + bytes({0x0b})})}});
    };
    EXPECT_TRUE(load(with_locals(bytes({1, 0xd0, 0x86, 0x03, 0x7f}))));  // 50,000
    const auto more = load(with_locals(bytes({2, 0xcf, 0x86, 0x03, 0x7f, 2, 0x7e})));
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, ErrorKind::limit);
    EXPECT_EQ(more.error().message, "too many locals");
    EXPECT_EQ(more.error().function, FuncIdx{0});
    EXPECT_FALSE(load(with_locals(bytes({2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f}))));
}

/// Nine bytes of a body declare fifty thousand locals; a hundred thousand such functions are a megabyte of file, and were five
/// thousand million locals if each was written down.
TEST(Limits, many_functions_with_many_locals_are_quick)
{
    constexpr uint32_t count = 100'000;
    const ByteVector body = bytes({1, 0xd0, 0x86, 0x03, 0x7f, 0x20, 0, 0x1a, 0x0b});
    const size_t before = peak_memory_kib();
    EXPECT_TRUE(load(module_of({{1, type_func},
                                {3, counted(count, repeated(bytes({0}), count))},
                                {10, counted(count, repeated(counted(body.size(), body), count))}})));
    EXPECT_LT(peak_memory_kib() - before, 64U * 1024);
}

/// A call of two bytes gives a thousand results.
TEST(Limits, operands)
{
    const ByteVector types = bytes({2, 0x60, 0}) + a_thousand_i32 + bytes({0x60, 0, 0});
    const auto calls = [&](size_t count) {
        return module_of(
            {{1, types},
             {3, bytes({2, 0, 1})},
             {10, code({bytes({0, 0x00, 0x0b}), bytes({0}) + repeated(bytes({0x10, 0}), count) + bytes({0x00, 0x0b})})}});
    };
    EXPECT_TRUE(load(calls(100)));
    const size_t before = peak_memory_kib();
    const auto more = load(calls(1'000'000));
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, ErrorKind::limit);
    EXPECT_EQ(more.error().message, "call: too many operands on the stack, the limit is 100000");
    EXPECT_EQ(more.error().function, FuncIdx{1});
    EXPECT_LT(peak_memory_kib() - before, 64U * 1024);
}

/// The same in code that is never reached, where blocks take what is not there.
TEST(Limits, operands_of_nested_blocks)
{
    const ByteVector types = bytes({2, 0x60}) + a_thousand_i32 + a_thousand_i32 + bytes({0x60, 0, 0});
    const auto blocks = [&](size_t count) {
        return module_of({{1, types},
                          {3, bytes({1, 1})},
                          {10, code({bytes({0, 0x00}) + repeated(bytes({0x02, 0, 0x00}), count) + repeated(bytes({0x0b}), count) +
                                     bytes({0x00, 0x0b})})}});
    };
    EXPECT_TRUE(load(blocks(99)));
    const size_t before = peak_memory_kib();
    const auto more = load(blocks(90'000));
    ASSERT_TRUE(more || more.error().kind == ErrorKind::limit);
    EXPECT_LT(peak_memory_kib() - before, 64U * 1024);
}

TEST(Limits, nesting)
{
    const auto nested = [](size_t count) {
        return module_of({{1, type_func},
                          {3, bytes({1, 0})},
                          {10, code({bytes({0}) + repeated(bytes({0x02, 0x40}), count) + repeated(bytes({0x0b}), count) +
                                     bytes({0x00, 0x0b})})}});
    };
    EXPECT_TRUE(load(nested(99'999)));
    const auto more = load(nested(100'000));
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, ErrorKind::limit);
    EXPECT_EQ(more.error().message, "block: blocks nest too deeply");
}

/// Labels all of one thousand operands: each is checked against the operands at most once per type.
TEST(Limits, large_br_tables)
{
    const ByteVector types = bytes({2, 0x60, 0}) + a_thousand_i32 + bytes({0x60, 0, 0});
    constexpr size_t labels = 1'000'000;
    const ByteVector body =
        bytes({0, 0x02, 0, 0x10, 0, 0x41, 0, 0x0e}) + counted(labels, repeated(bytes({0}), labels)) + bytes({0, 0x0b, 0x0b});
    EXPECT_TRUE(load(module_of({{1, types}, {3, bytes({1, 0})}, {10, code({body})}})));
    const auto too_few =
        load(module_of({{1, types}, {3, bytes({1, 0})}, {10, code({bytes({0, 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0x0b})})}}));
    ASSERT_FALSE(too_few);
    EXPECT_EQ(too_few.error().message, "too many br_table labels");
}

/// ref.func of imports: exactness was once looked for among all imports each time.
TEST(Limits, many_references_to_many_imports)
{
    constexpr uint32_t count = 100'000;
    ByteVector body = bytes({0});
    for (uint32_t i = 0; i < count; ++i) {
        append(body, bytes({0xd2}));
        append_u32(body, count - 1);
        append(body, bytes({0x1a}));
    }
    append(body, bytes({0x0b}));
    ByteVector elem = bytes({1, 3, 0, 1});
    append_u32(elem, count - 1);
    EXPECT_TRUE(load(module_of({{1, type_func},
                                {2, counted(count, repeated(bytes({0, 0, 0, 0}), count))},
                                {3, bytes({1, 0})},
                                {9, elem},
                                {10, code({body})}})));
}

TEST(Limits, are_the_loader_s_to_choose)
{
    LoadOptions options;
    options.limits.functions = 2;
    options.limits.function_bytes = 8;
    const auto functions = [](uint32_t count, size_t nops) {
        const ByteVector body = bytes({0}) + repeated(bytes({0x01}), nops) + bytes({0x0b});
        return module_of({{1, type_func},
                          {3, counted(count, repeated(bytes({0}), count))},
                          {10, counted(count, repeated(counted(body.size(), body), count))}});
    };
    EXPECT_TRUE(load(functions(2, 6), options));
    EXPECT_EQ(load(functions(3, 0), options).error().message, "too many functions: 3");
    EXPECT_EQ(load(functions(1, 7), options).error().message, "function body too large, in bytes: 9");
    EXPECT_TRUE(load(functions(3, 7)));
}

/// Whatever the threads do, the error told is the first of the module.
TEST(Limits, first_error_is_told_with_any_number_of_threads)
{
    constexpr uint32_t count = 4000;
    const ByteVector good = bytes({0}) + repeated(bytes({0x41, 0, 0x1a}), 100) + bytes({0x0b});
    const ByteVector bad = bytes({0}) + repeated(bytes({0x41, 0, 0x1a}), 100) + bytes({0x1a, 0x0b});
    for (const uint32_t first_bad : {0U, 63U, 64U, 1999U, 3999U}) {
        ByteVector bodies;
        for (uint32_t i = 0; i < count; ++i)
            append(bodies, i >= first_bad && (i - first_bad) % 7 == 0 ? counted(bad.size(), bad) : counted(good.size(), good));
        const ByteVector module =
            module_of({{1, type_func}, {3, counted(count, repeated(bytes({0}), count))}, {10, counted(count, bodies)}});
        for (const unsigned threads : {0U, 1U, 2U, 8U}) {
            LoadOptions options;
            options.threads = threads;
            const auto loaded = load(module, options);
            ASSERT_FALSE(loaded);
            EXPECT_EQ(loaded.error().function, FuncIdx{first_bad});
            EXPECT_EQ(loaded.error().message, "drop: type mismatch: expected an operand, found nothing");
        }
    }
}

/// A system that gives no more threads or memory: an error at most, never the end of the process.
TEST(Limits, threads_that_cannot_be_had_are_done_without)
{
    constexpr uint32_t count = 4000;
    const ByteVector good = bytes({0}) + repeated(bytes({0x41, 0, 0x1a}), 100) + bytes({0x0b});
    const ByteVector module = module_of({{1, type_func},
                                         {3, counted(count, repeated(bytes({0}), count))},
                                         {10, counted(count, repeated(counted(good.size(), good), count))}});
    LoadOptions options;
    options.threads = 100'000;
    EXPECT_TRUE(load(module, options));
}

}  // namespace
}  // namespace weir::wasm
