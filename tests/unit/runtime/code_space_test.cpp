#include "world.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>

using namespace weir;
using namespace weir::test;
using namespace weir::runtime;
using wasm::Opcode;

namespace {

/// `count` functions f0, f1, ... that add their index to their parameter; each calls the one before.
std::vector<std::byte> chain(uint32_t count)
{
    ModuleBuilder m;
    const uint32_t type = m.type({wasm::i32}, {wasm::i32});
    m.function(type, "f0", Code{}.local_get(0));
    for (uint32_t i = 1; i < count; ++i)
        m.function(type, "f" + std::to_string(i),
                   Code{}.local_get(0).op(Opcode::call, i - 1).i32_const(static_cast<int32_t>(i)).op(Opcode::i32_add));
    return m.build();
}

void expect_no_mapping_to_be_writable_and_executable()
{
    std::ifstream maps{"/proc/self/maps"};
    bool has_shared_executable = false;  // as nothing but a code space is
    for (std::string line; std::getline(maps, line);) {
        const size_t rights = line.find(' ') + 1;
        EXPECT_FALSE(line[rights + 1] == 'w' && line[rights + 2] == 'x') << line;
        if (line[rights + 2] == 'x' && line[rights + 3] == 's') has_shared_executable = true;
    }
    EXPECT_TRUE(has_shared_executable);
}

TEST(CodeSpace, has_no_address_that_is_writable_and_executable)
{
    const World world;
    const auto store = world.create_store();
    const auto instance = store->instantiate(world.load(chain(10)), {});
    ASSERT_TRUE(instance.has_value());
    expect_no_mapping_to_be_writable_and_executable();
    Value value{.i64 = 5};
    ASSERT_TRUE(std::holds_alternative<Returned>(store->call(*export_of(**instance, "f9"), &value)));
    EXPECT_EQ(value.i32, 50U);
    expect_no_mapping_to_be_writable_and_executable();
}

TEST(CodeSpace, finds_the_function_of_every_byte_of_its_code)
{
    const World world;
    const auto code = world.load(chain(5));
    for (const uint32_t i : {3U, 1U, 4U, 0U, 2U}) {
        const auto bytes = code->code_of(wasm::FuncIdx{i});
        ASSERT_FALSE(bytes.empty());
        for (const std::byte& b : bytes) {
            const auto pc = reinterpret_cast<uintptr_t>(&b);
            ASSERT_EQ(CodeSpace::find_space(pc), &code->space());
            const auto piece = code->space().find(pc);
            ASSERT_TRUE(piece);
            // The first byte is also where a call at the very end of the piece before would return to.
            if (&b != bytes.data()) ASSERT_EQ(piece->function, i);
        }
    }
}

TEST(CodeSpace, is_not_found_once_it_is_gone)
{
    const World world;
    uintptr_t pc = 0;
    {
        const auto code = world.load(chain(2));
        pc = reinterpret_cast<uintptr_t>(code->code_of(wasm::FuncIdx{0}).data());
        EXPECT_NE(CodeSpace::find_space(pc), nullptr);
    }
    EXPECT_EQ(CodeSpace::find_space(pc), nullptr);
}

TEST(CodeSpace, says_that_it_is_full)
{
    const auto space = CodeSpace::create(0, 4096);
    ASSERT_TRUE(space.has_value());
    CompiledCode code;
    code.bytes.resize(4000);
    EXPECT_NE((*space)->publish(code, 0, 0), nullptr);
    EXPECT_EQ((*space)->publish(code, 0, 1), nullptr);
    code.bytes.resize(80);
    EXPECT_NE((*space)->publish(code, 0, 1), nullptr);
}

TEST(ModuleCode, compiles_a_function_once_however_many_threads_call_it_first)
{
    constexpr unsigned threads = 4;
    constexpr uint32_t functions = 300;
    const World world;
    const auto code = world.load(chain(functions));
    std::vector<uint32_t> results(threads);
    {
        std::vector<std::jthread> callers;
        for (uint32_t& result : results)
            callers.emplace_back([&] {
                const auto store = world.create_store();
                const auto instance = store->instantiate(code, {});
                if (!instance) return;
                Value value{.i64 = 1};
                static_cast<void>(store->call(*export_of(**instance, "f" + std::to_string(functions - 1)), &value));
                result = value.i32;
            });
    }
    for (const uint32_t result : results) EXPECT_EQ(result, 1 + functions * (functions - 1) / 2);
    const size_t used = code->space().used_bytes();
    for (uint32_t i = 0; i < functions; ++i) EXPECT_FALSE(code->code_of(wasm::FuncIdx{i}).empty());
    EXPECT_EQ(code->space().used_bytes(), used);
}

}  // namespace
