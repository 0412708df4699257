#include "world.hpp"

#include <gtest/gtest.h>

#include <array>

using namespace weir;
using namespace weir::test;
using namespace weir::runtime;
using wasm::Opcode;

namespace {

constexpr std::array i32_only{wasm::i32};
bool succeed(HostFunctionContext&, Value*) noexcept { return true; }
constexpr std::array functions{
    HostFunction{"fd_write", i32_only, i32_only, succeed, "fd"},
    HostFunction{"fd_read", i32_only, i32_only, succeed, "fd"},
    HostFunction{"both", i32_only, {}, succeed, "x"},
    HostFunction{"both", {}, i32_only, succeed, ""},
};
constexpr HostModule host{"host", "test world", functions};

TEST(Linker, lists_every_import_that_is_missing_or_mistyped)
{
    ModuleBuilder m;
    const uint32_t good = m.type({wasm::i32}, {wasm::i32}), bad = m.type({wasm::i64}, {});
    m.import_function("host", "fd_wirte", good);
    m.import_function("host", "fd_read", good);
    m.import_function("host", "fd_write", bad);
    m.import_function("elsewhere", "nothing_like_it", good);
    const World world;
    const auto store = world.create_store();
    Linker linker;
    linker.add(host, nullptr);
    const auto resolved = linker.resolve(*store, *world.load(m.build())->module());
    ASSERT_FALSE(resolved.has_value());
    const auto& missing = resolved.error().imports;
    ASSERT_EQ(missing.size(), 3U);
    EXPECT_EQ(missing[0].name, "fd_wirte");
    EXPECT_EQ(missing[0].nearest, "fd_write");
    EXPECT_EQ(missing[0].found, "");
    EXPECT_EQ(missing[1].name, "fd_write");
    EXPECT_EQ(missing[1].wanted, "function [i64] -> []");
    EXPECT_EQ(missing[1].found, "function [i32] -> [i32]");
    EXPECT_EQ(missing[2].module, "elsewhere");
    EXPECT_EQ(missing[2].nearest, "");
}

TEST(Linker, picks_among_functions_of_one_name_by_type)
{
    ModuleBuilder m;
    m.import_function("host", "both", m.type({wasm::i32}, {}));
    m.import_function("host", "both", m.type({}, {wasm::i32}));
    const World world;
    const auto store = world.create_store();
    Linker linker;
    linker.add(host, nullptr);
    EXPECT_TRUE(linker.resolve(*store, *world.load(m.build())->module()).has_value());
}

/// A module that imports one memory of the given limits.
std::vector<std::byte> imports_memory(uint32_t flags, uint64_t min, uint64_t max)
{
    Bytes section, module;
    section.u32(1).name("host").name("memory").u8(2).u8(flags).u32(min);
    if ((flags & 1U) != 0) section.u32(max);
    module.fixed(0x6d736100, 4).fixed(1, 4).u8(2).u32(section.size()).append(section.view());
    return {module.view().begin(), module.view().end()};
}

wasm::MemoryType shared_memory(uint64_t min_pages, uint64_t max_pages)
{
    wasm::MemoryType type = memory_type(min_pages, max_pages);
    type.is_shared = true;
    return type;
}

TEST(Linker, matches_memories_by_their_limits_and_kind)
{
    struct Case {
        const char* what;
        wasm::MemoryType have;
        uint32_t flags;
        uint64_t min, max;
        bool matches;
    };
    const Case cases[] = {
        {"equal", memory_type(2, 4), 1, 2, 4, true},
        {"no maximum wanted", memory_type(2, 4), 0, 2, 0, true},
        {"larger than wanted", memory_type(3, 4), 1, 2, 5, true},
        {"too small", memory_type(1, 4), 1, 2, 4, false},
        {"may grow too far", memory_type(2, 5), 1, 2, 4, false},
        {"may grow without end", memory_type(2), 1, 2, 4, false},
        {"shared wanted", memory_type(2, 4), 3, 2, 4, false},
        {"shared had", shared_memory(2, 4), 1, 2, 4, false},
        {"64-bit wanted", memory_type(2, 4), 5, 2, 4, false},
    };
    for (const Case& c : cases) {
        const World world;
        const auto store = world.create_store();
        const auto memory = store->create_memory(c.have);
        ASSERT_TRUE(memory.has_value()) << c.what;
        Linker linker;
        linker.define("host", "memory", *memory);
        EXPECT_EQ(linker.resolve(*store, *world.load(imports_memory(c.flags, c.min, c.max))->module()).has_value(), c.matches)
            << c.what;
    }
}

TEST(Linker, matches_a_memory_by_the_size_it_has_grown_to)
{
    const World world;
    const auto store = world.create_store();
    const auto memory = store->create_memory(memory_type(1, 4));
    ASSERT_TRUE(memory.has_value());
    Linker linker;
    linker.define("host", "memory", *memory);
    const auto code = world.load(imports_memory(1, 2, 4));
    EXPECT_FALSE(linker.resolve(*store, *code->module()).has_value());
    (*memory)->grow(1);
    EXPECT_TRUE(linker.resolve(*store, *code->module()).has_value());
}

TEST(Linker, gives_one_instances_exports_to_another)
{
    const World world;
    const auto store = world.create_store();
    ModuleBuilder exporting;
    exporting.function(exporting.type({wasm::i32}, {wasm::i32}), "twice", Code{}.local_get(0).i32_const(2).op(Opcode::i32_mul));
    const auto first = store->instantiate(world.load(exporting.build()), {});
    ASSERT_TRUE(first.has_value());
    Linker linker;
    linker.define_instance("m", **first);
    ModuleBuilder importing;
    const uint32_t type = importing.type({wasm::i32}, {wasm::i32});
    const uint32_t twice = importing.import_function("m", "twice", type);
    importing.function(type, "four_times", Code{}.local_get(0).op(Opcode::call, twice).op(Opcode::call, twice));
    const auto code = world.load(importing.build());
    const auto imports = linker.resolve(*store, *code->module());
    ASSERT_TRUE(imports.has_value());
    const auto second = store->instantiate(code, *imports);
    ASSERT_TRUE(second.has_value());
    Value value{.i64 = 10};
    ASSERT_TRUE(std::holds_alternative<Returned>(store->call(*export_of(**second, "four_times"), &value)));
    EXPECT_EQ(value.i32, 40U);
}

}  // namespace
