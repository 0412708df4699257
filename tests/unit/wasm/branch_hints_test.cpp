#include "wasm/branch_hints.hpp"

#include "module_bytes.hpp"

#include <gtest/gtest.h>

namespace weir::wasm {
namespace {

using namespace test;

/// One function: block, local.get 0, br_if 0, end, local.get 0, if, end. In its body br_if is at 5, `if` at 10. Before the code
/// stands the section with this payload.
Result<BranchHints, ModuleError> hints_of(const ByteVector& payload)
{
    constexpr std::string_view name = "metadata.code.branch_hint";
    ByteVector custom = bytes({static_cast<unsigned>(name.size())});
    for (const char c : name) custom.push_back(static_cast<std::byte>(c));
    append(custom, payload);
    const ByteVector body = bytes({0, 0x02, 0x40, 0x20, 0, 0x0d, 0, 0x0b, 0x20, 0, 0x04, 0x40, 0x0b, 0x0b});
    ByteVector code = bytes({1, static_cast<unsigned>(body.size())});
    append(code, body);
    const auto module = load(module_of({{1, bytes({1, 0x60, 1, 0x7f, 0})}, {3, bytes({1, 0})}, {0, custom}, {10, code}}));
    if (!module) return Unexpected{module.error()};
    return read_branch_hints(**module);
}

TEST(BranchHints, are_those_of_the_section)
{
    const auto hints = hints_of(bytes({1, 0, 2, 5, 1, 1, 10, 1, 0}));
    ASSERT_TRUE(hints);
    const auto of_0 = hints->of(FuncIdx{0});
    ASSERT_EQ(of_0.size(), 2U);
    EXPECT_EQ(of_0[0].body_offset_bytes, 5U);
    EXPECT_TRUE(of_0[0].is_likely);
    EXPECT_EQ(of_0[1].body_offset_bytes, 10U);
    EXPECT_FALSE(of_0[1].is_likely);
    EXPECT_TRUE(hints->of(FuncIdx{1}).empty());
}

TEST(BranchHints, are_none_without_the_section)
{
    const auto module = load(module_of({}));
    ASSERT_TRUE(module);
    const auto hints = read_branch_hints(**module);
    ASSERT_TRUE(hints);
    EXPECT_TRUE(hints->of(FuncIdx{0}).empty());
}

TEST(BranchHints, refuse_what_breaks_their_rules)
{
    const auto message = [](std::initializer_list<unsigned> payload) {
        const auto hints = hints_of(bytes(payload));
        return hints ? std::string{} : hints.error().message;
    };
    constexpr const char* no_branch = "branch hint on an instruction other than br_if and if";
    EXPECT_EQ(message({1, 0, 1, 3, 1, 1}), no_branch);   // local.get
    EXPECT_EQ(message({1, 0, 1, 6, 1, 1}), no_branch);   // inside an instruction
    EXPECT_EQ(message({1, 0, 1, 99, 1, 1}), no_branch);  // behind the body
    EXPECT_EQ(message({1, 0, 1, 5, 1, 2}), "malformed branch hint: neither 0 nor 1");
    EXPECT_EQ(message({1, 0, 1, 5, 2, 1}), "malformed branch hint: its length is not 1");
    EXPECT_EQ(message({1, 0, 2, 10, 1, 1, 5, 1, 1}), "branch hints out of order or repeated");
    EXPECT_EQ(message({2, 0, 1, 5, 1, 1, 0, 1, 10, 1, 1}), "branch hints: functions out of order or repeated");
    EXPECT_EQ(message({1, 1, 1, 5, 1, 1}), "branch hints of a function without a body 1");
    EXPECT_EQ(message({1, 0, 1, 5, 1}), "unexpected end: more hints than bytes");
    EXPECT_EQ(message({0, 0}), "bytes behind the branch hints");
}

}  // namespace
}  // namespace weir::wasm
