#include "wasm/names.hpp"

#include "module_bytes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::wasm {
namespace {

using namespace test;

ByteVector named(std::string_view text)
{
    ByteVector v;
    append_u32(v, static_cast<uint32_t>(text.size()));
    for (const char c : text) v.push_back(static_cast<std::byte>(c));
    return v;
}
ByteVector subsection(uint8_t id, const ByteVector& content)
{
    ByteVector v = bytes({id});
    append_u32(v, static_cast<uint32_t>(content.size()));
    append(v, content);
    return v;
}
ByteVector operator+(ByteVector a, const ByteVector& b)
{
    append(a, b);
    return a;
}

/// Three functions, the first exported as "run", and this name section.
std::shared_ptr<const Module> with_names(const ByteVector& content)
{
    auto module = load(module_of({{1, bytes({1, 0x60, 0, 0})},
                                  {3, bytes({3, 0, 0, 0})},
                                  {7, bytes({1}) + named("run") + bytes({0, 0})},
                                  {10, bytes({3, 2, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b})},
                                  {0, named("name") + content}}));
    EXPECT_TRUE(module) << module.error().to_string();
    return *module;
}

const ByteVector module_name = subsection(0, named("guest"));
const ByteVector function_names = subsection(1, bytes({2, 1}) + named("main.main") + bytes({2}) + named("main.f"));
const ByteVector local_names =
    subsection(2, bytes({2, 1, 1, 0}) + named("x") + bytes({2, 2, 0}) + named("a") + bytes({1}) + named("b"));

TEST(Names, names_come_from_the_section_and_else_from_exports)
{
    const auto module = with_names(module_name + function_names + local_names);
    const FunctionNames names{*module};
    EXPECT_EQ(names.module_name(), "guest");
    EXPECT_EQ(names.name_of(FuncIdx{0}), "run");
    EXPECT_EQ(names.name_of(FuncIdx{1}), "main.main");
    EXPECT_EQ(names.name_of(FuncIdx{2}), "main.f");
    EXPECT_EQ(names.name_of(FuncIdx{3}), "");
}

TEST(Names, local_names_are_read_for_one_function)
{
    const auto module = with_names(function_names + local_names);
    const auto locals = local_names_of(*module, FuncIdx{2});
    ASSERT_EQ(locals.size(), 2U);
    EXPECT_EQ(locals[0].local, LocalIdx{0});
    EXPECT_EQ(locals[0].name, "a");
    EXPECT_EQ(locals[1].local, LocalIdx{1});
    EXPECT_EQ(locals[1].name, "b");
    EXPECT_EQ(local_names_of(*module, FuncIdx{1}).size(), 1U);
    EXPECT_TRUE(local_names_of(*module, FuncIdx{0}).empty());
}

TEST(Names, every_truncation_of_the_section_leaves_a_valid_module_with_the_names_before)
{
    const ByteVector whole = module_name + function_names + local_names;
    for (size_t length = 0; length <= whole.size(); ++length) {
        const auto module = with_names(ByteVector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
        const FunctionNames names{*module};
        EXPECT_EQ(names.module_name(), length >= module_name.size() ? "guest" : "");
        EXPECT_EQ(names.name_of(FuncIdx{1}), length >= module_name.size() + function_names.size() ? "main.main" : "") << length;
        EXPECT_EQ(local_names_of(*module, FuncIdx{2}).size(), length == whole.size() ? 2U : 0U);
    }
}

TEST(Names, damage_is_passed_over)
{
    const struct {
        const char* name;
        ByteVector content;
    } cases[] = {
        {"count_beyond_the_section", subsection(1, bytes({0xff, 0xff, 0xff, 0xff, 0x0f}))},
        {"name_that_is_no_utf8", subsection(1, bytes({1, 1, 2, 0xff, 0xff}))},
        {"subsection_longer_than_the_section", bytes({1, 0xff, 0x7f, 0})},
        {"unknown_subsection", subsection(99, bytes({1, 2, 3}))},
        {"function_that_is_not_there", subsection(1, bytes({1, 0xff, 0xff, 3}) + named("x"))},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto module = with_names(c.content + function_names);
        EXPECT_EQ(FunctionNames{*module}.name_of(FuncIdx{0}), "run");
    }
}

TEST(Names, the_first_of_two_names_holds)
{
    const auto module = with_names(subsection(1, bytes({2, 1}) + named("first") + bytes({1}) + named("second")));
    EXPECT_EQ(FunctionNames{*module}.name_of(FuncIdx{1}), "first");
}

}  // namespace
}  // namespace weir::wasm
