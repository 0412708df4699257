#include "world.hpp"

// What a module's instances have in common.

namespace weir::test {
namespace {

TEST(ModuleCode, has_references_made_before_call_the_newest_code)
{
    const World world;
    ModuleBuilder m;
    m.function(m.type({}, {}), "f", Code{});
    const auto code = world.load(m.build());
    const auto store = world.create_store();
    ASSERT_TRUE(code && store);
    const wasm::FuncIdx f{0};
    const auto instantiate = [&] { return *store->instantiate(code, {}); };
    const runtime::Instance *const first = instantiate(), *const second = instantiate(), *const without = instantiate();

    const void* const not_compiled = code->slot_of(f).entry;
    EXPECT_EQ(first->function(f)->entry, not_compiled);
    EXPECT_EQ(second->function(f)->entry, not_compiled);
    const auto compiled = code->compile(f);
    ASSERT_TRUE(compiled);
    EXPECT_NE(*compiled, not_compiled);
    for (const runtime::Instance* const instance : {first, second, without}) EXPECT_EQ(instance->function(f)->entry, *compiled);

    // Of the other tier, whose code could be any.
    runtime::CompiledCode other;
    other.bytes.assign(16, std::byte{0xcc});
    const void* const installed = code->install(other, f, 0);
    ASSERT_NE(installed, nullptr);
    for (const runtime::Instance* const instance : {first, second, without}) EXPECT_EQ(instance->function(f)->entry, installed);
}

TEST(ModuleCode, forgets_instances_that_are_gone)
{
    const World world;
    ModuleBuilder m;
    m.function(m.type({}, {}), "f", Code{});
    const auto code = world.load(m.build());
    ASSERT_TRUE(code);
    const wasm::FuncIdx f{0};
    const auto staying = world.create_store();
    std::vector<std::unique_ptr<runtime::Store>> stores;
    for (int i = 0; i < 5; ++i) {
        stores.push_back(world.create_store());
        static_cast<void>((*stores.back()->instantiate(code, {}))->function(f));
    }
    const runtime::Instance* const instance = *staying->instantiate(code, {});
    static_cast<void>(instance->function(f));
    for (const size_t gone : {0U, 3U, 1U}) stores.erase(stores.begin() + static_cast<ptrdiff_t>(gone));
    const auto compiled = code->compile(f);
    ASSERT_TRUE(compiled);
    EXPECT_EQ(instance->function(f)->entry, *compiled);
    stores.clear();
    EXPECT_EQ(instance->function(f)->entry, *compiled);
}

}  // namespace
}  // namespace weir::test
