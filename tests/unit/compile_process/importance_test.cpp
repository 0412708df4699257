#include "compile_process/importance.hpp"

#include "support/module_builder.hpp"
#include "wasm/load.hpp"
#include "wasm/type_registry.hpp"

#include <gtest/gtest.h>

namespace weir::test {
namespace {

using wasm::Opcode;

constexpr size_t unlimited = size_t{1} << 20;

class Importance : public ::testing::Test {
protected:
    uint32_t function(const Code& code, const std::vector<wasm::ValType>& parameters = {})
    {
        return m_builder.function(m_builder.type(parameters, {}), "", code, {wasm::i32});
    }
    std::shared_ptr<const wasm::Module> load()
    {
        m_bytes = m_builder.build();
        auto module =
            wasm::load_module(m_bytes, nullptr, std::make_shared<wasm::TypeRegistry>(), {.threads = 1, .limits = {}, .rules = {}});
        if (!module) ADD_FAILURE() << module.error().to_string();
        return module ? *module : nullptr;
    }
    std::vector<uint32_t> chosen(size_t max_bytes = unlimited, size_t max_function_bytes = unlimited)
    {
        const auto module = load();
        return module == nullptr ? std::vector<uint32_t>{}
                                 : compile_process::most_important(*module, max_bytes, max_function_bytes);
    }

    ModuleBuilder m_builder;
    std::vector<std::byte> m_bytes;
};

Code call(uint32_t callee) { return Code{}.op(Opcode::call, callee); }
Code in_loop(const Code& code) { return Code{}.open(Opcode::loop).add(code).i32_const(0).op(Opcode::br_if, 0).end(); }

TEST_F(Importance, what_is_called_in_loops_comes_first)
{
    function(Code{});                         // 0: nobody calls it
    function(Code{});                         // 1: called once
    function(Code{});                         // 2: called in a loop
    function(Code{});                         // 3: called in a loop in a loop
    function(call(1).add(in_loop(call(2))));  // 4
    function(in_loop(in_loop(call(3))));      // 5: itself loops in a loop
    const auto order = chosen();
    ASSERT_EQ(order.size(), 6U);
    EXPECT_EQ(order[0], 3U);
    const auto place = [&](uint32_t i) { return std::ranges::find(order, i); };
    EXPECT_LT(place(2), place(1));
    EXPECT_LT(place(1), place(0));
    EXPECT_LT(place(5), place(4));
}

TEST_F(Importance, calls_count_along_chains)
{
    function(Code{});            // 0: by 1, which a loop calls
    function(call(0));           // 1
    function(in_loop(call(1)));  // 2
    function(Code{});            // 3: by 4, which nobody calls
    function(call(3));           // 4
    const auto order = chosen();
    EXPECT_LT(std::ranges::find(order, 0U), std::ranges::find(order, 3U));
}

TEST_F(Importance, calls_before_traps_do_not_count)
{
    function(Code{});                                                // 0
    function(Code{});                                                // 1
    function(in_loop(Code{}.add(call(0)).op(Opcode::unreachable)));  // 2: calls 0 and traps
    function(Code{}.add(call(1)).add(Code{}.op(Opcode::nop)));       // 3: calls 1
    const auto order = chosen();
    EXPECT_LT(std::ranges::find(order, 1U), std::ranges::find(order, 0U));
}

TEST_F(Importance, jumps_through_a_dispatch_are_loops_where_they_lead_back)
{
    // As Go's compiler writes functions: a loop around a br_table of its parameter. The dispatch itself is no loop.
    const auto resumable = [&](const Code& first, const Code& second, int32_t target) {
        Code code;
        code.open(Opcode::loop).open(Opcode::block).open(Opcode::block).local_get(0);
        code.op(Opcode::br_table).u32(1).u32(0).u32(1);
        code.end().add(first).end().add(second);
        code.i32_const(target).local_set(0).op(Opcode::br, 0).end();
        return code;
    };
    function(Code{});                                       // 0: in what is gone around
    function(Code{});                                       // 1: before that
    function(resumable(call(1), call(0), 1), {wasm::i32});  // 2
    const auto order = chosen();
    EXPECT_LT(std::ranges::find(order, 0U), std::ranges::find(order, 1U));
}

TEST_F(Importance, limits_hold)
{
    Code large;
    for (int i = 0; i < 100; ++i) large.op(Opcode::nop);
    function(in_loop(large));
    for (int i = 0; i < 10; ++i) function(Code{});
    EXPECT_EQ(chosen().front(), 0U);
    EXPECT_EQ(chosen(unlimited, 100).size(), 10U);
    EXPECT_LT(chosen(20).size(), 11U);
    EXPECT_TRUE(chosen(0).empty());
}

TEST_F(Importance, recursion_ends)
{
    function(in_loop(in_loop(in_loop(in_loop(in_loop(call(1)))))));
    function(in_loop(in_loop(in_loop(in_loop(in_loop(call(0)))))));
    EXPECT_EQ(chosen().size(), 2U);
}

}  // namespace
}  // namespace weir::test
