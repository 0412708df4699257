#include "fixture.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

// Modules that were compiled before: programs.

namespace weir::test {
namespace {

struct Program : Api {
    std::filesystem::path folder = std::filesystem::temp_directory_path() / ("weir-program-test-" + std::to_string(::getpid()));
    std::filesystem::path path = folder / "kitchen.weir";
    Program() { std::filesystem::create_directories(folder); }
    ~Program() override
    {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    void change_byte(std::streamoff at) const
    {
        std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
        file.seekg(at);
        const auto byte = static_cast<char>(file.get());
        file.seekp(at);
        file.put(static_cast<char>(byte ^ 1));
    }
};

TEST_F(Program, runs_as_its_module_does)
{
    ASSERT_TRUE(module.save(path, 2));
    const Module loaded = must(Module::from_file(engine, path));
    EXPECT_EQ(loaded.exports().size(), module.exports().size());
    EXPECT_EQ(loaded.imports().size(), module.imports().size());
    const Prepared prepared = must(linker.prepare(loaded));
    for (int i = 0; i < 2; ++i) {
        const Instance instance = must(prepared.instantiate());
        EXPECT_EQ(must(instance.call("count")), std::vector<Value>{6});
        EXPECT_EQ(must(instance.call("spoil")), std::vector<Value>{3});
        EXPECT_EQ(instance.call("trap").error().kind, ErrorKind::trap);
    }
    // Another engine's, too; and nothing of the file is there twice.
    const Engine other = must(Engine::create());
    Linker others{other};
    others.define("host", "add", [](int32_t a, int32_t b) { return a + b; });
    others.define("host", "note", [](int32_t) {});
    EXPECT_EQ(must(must(others.instantiate(must(Module::from_file(other, path)))).call("count")), std::vector<Value>{6});
    // Of a program as of a module one can be made.
    ASSERT_TRUE(loaded.save(folder / "again.weir"));
    EXPECT_TRUE(Module::from_file(engine, folder / "again.weir"));
}

TEST_F(Program, its_code_is_mapped_and_not_made_again)
{
    const Wat loop =
        wat(R"wat((module
  (func (export "sum") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))))wat",
            "0061736d0100000001060160017f017f030201000707010373756d00000a1b011901017f0340200120006a2101200041016b22000d000b20010b");
    ASSERT_TRUE(must(Module::from_bytes(engine, loop.bytes)).save(path));
    const Instance instance = must(Linker{engine}.instantiate(must(Module::from_file(engine, path))));
    const auto sum = must(instance.get<int32_t(int32_t)>("sum"));
    // Its code counts for a tier that this engine lacks: beyond what makes code hot, and many calls.
    EXPECT_EQ(must(sum(1'000'000)), 1'784'293'664);
    for (int i = 0; i < 20'000; ++i) EXPECT_EQ(must(sum(3)), 6);
    std::ifstream maps{"/proc/self/maps"};
    const std::string all{std::istreambuf_iterator<char>{maps}, {}};
    EXPECT_NE(all.find(path.string()), std::string::npos);
}

TEST_F(Program, of_other_settings_is_refused_with_the_reason)
{
    ASSERT_TRUE(module.save(path));
    const Engine checking = must(Engine::create({.checks_bounds = true}));
    const auto refused = Module::from_file(checking, path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::module);
    EXPECT_NE(refused.error().message.find("checks_bounds"), std::string::npos) << refused.error().message;
}

TEST_F(Program, that_is_damaged_is_refused)
{
    ASSERT_TRUE(module.save(path));
    const auto whole = std::filesystem::file_size(path);
    change_byte(100);  // in the header
    EXPECT_EQ(Module::from_file(engine, path).error().kind, ErrorKind::module);
    change_byte(100);
    EXPECT_TRUE(Module::from_file(engine, path));
    std::filesystem::resize_file(path, whole / 2);
    EXPECT_EQ(Module::from_file(engine, path).error().kind, ErrorKind::module);
}

TEST_F(Program, counts_no_fuel_but_its_module_does)
{
    ASSERT_TRUE(module.save(path));
    const Engine counting = must(Engine::create({.fuel = 1000}));
    const Module loaded = must(Module::from_file(counting, path));
    Linker own{counting};
    own.define("host", "add", [](int32_t a, int32_t b) { return a + b; });
    own.define("host", "note", [](int32_t) {});
    const Instance instance = must(own.instantiate(loaded));
    const uint64_t before = instance.fuel();
    EXPECT_TRUE(instance.call("count"));
    EXPECT_LT(instance.fuel(), before);
    EXPECT_EQ(loaded.save(path).error().kind, ErrorKind::usage);
}

TEST_F(Program, is_whole_or_is_what_it_was)
{
    ASSERT_TRUE(module.save(path));
    const auto before = std::filesystem::last_write_time(path);
    EXPECT_EQ(module.save(folder / "no" / "such" / "folder.weir").error().kind, ErrorKind::system);
    EXPECT_EQ(std::filesystem::last_write_time(path), before);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder}, {}), 1);
}

}  // namespace
}  // namespace weir::test
