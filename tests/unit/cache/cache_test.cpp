#include "cache/cache.hpp"

#include "baseline/baseline.hpp"
#include "support/module_builder.hpp"
#include "temporary_folder.hpp"
#include "wasm/load.hpp"

#include "runtime/store.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

using namespace weir;
using namespace weir::cache;
using namespace weir::test;
using wasm::Opcode;

namespace {

/// f(n) = n + `extra`, g(n) = f(n) * 2, and two that trap: h by a load, u by unreachable.
std::vector<std::byte> module_with(int32_t extra)
{
    ModuleBuilder m;
    const uint32_t type = m.type({wasm::i32}, {wasm::i32});
    m.memory(1);
    m.function(type, "f", Code{}.local_get(0).i32_const(extra).op(Opcode::i32_add));
    m.function(type, "g", Code{}.local_get(0).op(Opcode::call, 0).i32_const(2).op(Opcode::i32_mul));
    m.function(type, "h", Code{}.local_get(0).mem(Opcode::i32_load, 2));
    m.function(type, "u", Code{}.op(Opcode::unreachable));
    return m.build();
}

/// What a run came to, and whether it found something.
struct RunResult {
    std::vector<std::string> results;
    bool had_image = false;
    size_t compiled = 0;  // code that it made itself, in bytes
};

class CacheTest : public testing::Test {
protected:
    void SetUp() override { put_module(module_with(1)); }

    /// As a file that was there before.
    void put_module(const std::vector<std::byte>& bytes)
    {
        std::filesystem::remove(m_file);
        std::ofstream{m_file, std::ios::binary}.write(reinterpret_cast<const char*>(bytes.data()),
                                                      static_cast<std::streamsize>(bytes.size()));
        wait_until_settled(m_file);
    }

    RunResult run(std::initializer_list<const char*> exports = {"f", "g", "h", "u"},
                  Settings::Tiers tiers = Settings::Tiers::baseline)
    {
        RunResult run;
        auto engine = runtime::Engine::create({.compiler = baseline::create_compiler()});
        UniqueFd file{::open(m_file.c_str(), O_RDONLY | O_CLOEXEC)};
        struct stat status{};
        EXPECT_EQ(::fstat(file.get(), &status), 0);
        auto mapping = Mapping::map_file(file.get(), m_file);
        const auto content = std::make_shared<const Mapping>(std::move(*mapping));
        const auto cache = Cache::open(m_path, settings_here(tiers, **engine), m_limits);
        std::shared_ptr<const runtime::CodeImage> image;
        if (cache) image = cache->find(ModuleFile{std::move(file), status, m_file}, content->bytes());
        auto module = wasm::load_module(content->bytes(), content, (*engine)->types());
        EXPECT_TRUE(module.has_value());
        if (image) EXPECT_TRUE(runtime::is_consistent(*image, **module, false));
        run.had_image = image != nullptr;
        auto code = runtime::ModuleCode::create(*engine, *module, image);
        auto store = runtime::Store::create(*engine);
        auto instance = (*store)->instantiate(*code, {});
        EXPECT_TRUE(instance.has_value());
        for (const char* const name : exports) {
            runtime::Value value{.i64 = 70'000};
            const auto function = std::get<const runtime::Function*>(*(*instance)->find_export(name));
            const auto outcome = (*store)->call(*function, &value);
            const auto* const trap = std::get_if<runtime::Trap>(&outcome);
            run.results.push_back(trap != nullptr ? trap->message() + "\n" + runtime::format_backtrace(*trap)
                                                  : std::to_string(value.i32));
        }
        run.compiled = (*code)->space().growth().code_bytes;
        if (m_before_save) m_before_save();
        if (cache) cache->save(**code);
        return run;
    }

    [[nodiscard]] std::vector<std::string> files(const std::string& ending) const
    {
        std::vector<std::string> found;
        std::error_code ignored;
        for (const auto& file : std::filesystem::directory_iterator{m_path, ignored})
            if (file.path().string().ends_with(ending)) found.push_back(file.path());
        return found;
    }
    [[nodiscard]] std::string entry() const
    {
        const auto entries = files(".code");
        EXPECT_EQ(entries.size(), 1U);
        return entries.empty() ? "" : entries[0];
    }

    const TemporaryFolder m_here;
    const std::string m_file = m_here / "x.wasm", m_path = m_here / "cache/weir";
    Cache::Limits m_limits{.large_code_bytes = 1};
    std::function<void()> m_before_save;
};

TEST_F(CacheTest, second_run_compiles_nothing_and_comes_to_the_same)
{
    const RunResult first = run();
    EXPECT_FALSE(first.had_image);
    EXPECT_GT(first.compiled, 0U);
    EXPECT_EQ(first.results[1], "140002");
    EXPECT_NE(first.results[2].find("function 2"), std::string::npos) << first.results[2];
    const RunResult second = run();
    EXPECT_TRUE(second.had_image);
    EXPECT_EQ(second.compiled, 0U);
    EXPECT_EQ(second.results, first.results);
}

TEST_F(CacheTest, what_a_later_run_compiles_is_kept_with_what_was_there)
{
    m_limits.min_growth_bytes = 1;
    m_limits.growth_divisor = 1 << 20;
    run({"f"});
    const RunResult second = run({"f", "h"});
    EXPECT_TRUE(second.had_image);
    EXPECT_GT(second.compiled, 0U);
    const RunResult third = run();
    EXPECT_GT(third.compiled, 0U);  // of g and u
    const RunResult fourth = run();
    EXPECT_EQ(fourth.compiled, 0U);
    EXPECT_EQ(fourth.results, third.results);
    EXPECT_NE(fourth.results[2].find("function 2"), std::string::npos);
}

TEST_F(CacheTest, of_small_programs_the_second_run_keeps_the_code)
{
    m_limits = {};
    run();
    EXPECT_EQ(files(".code").size(), 0U);
    EXPECT_FALSE(run().had_image);
    EXPECT_EQ(files(".code").size(), 1U);
    EXPECT_TRUE(run().had_image);
}

TEST_F(CacheTest, knows_a_module_under_another_name_and_not_another_module_under_its_name)
{
    run();
    std::filesystem::copy_file(m_file, m_here / "y.wasm");
    std::filesystem::rename(m_here / "y.wasm", m_file);  // another inode
    EXPECT_TRUE(run().had_image);
    put_module(module_with(2));  // of the same size
    const RunResult other = run();
    EXPECT_FALSE(other.had_image);
    EXPECT_EQ(other.results[0], "70002");
    EXPECT_EQ(files(".code").size(), 2U);
}

TEST_F(CacheTest, keeps_nothing_of_a_file_that_changes_while_it_runs)
{
    m_before_save = [this] { std::filesystem::last_write_time(m_file, std::filesystem::file_time_type::clock::now()); };
    EXPECT_EQ(run().results[0], "70001");
    EXPECT_EQ(files(".code").size(), 0U);
    m_before_save = nullptr;
}

TEST_F(CacheTest, does_not_mix_compilers)
{
    run();
    EXPECT_FALSE(run({"f"}, Settings::Tiers::optimized).had_image);
    EXPECT_EQ(files(".code").size(), 2U);
    EXPECT_TRUE(run().had_image);
}

TEST_F(CacheTest, a_file_memo_leads_only_to_its_modules_entry)
{
    run();
    const std::string first = entry();
    const std::vector<std::string> memos = files(".file");
    ASSERT_EQ(memos.size(), 1U);
    put_module(module_with(1 << 20));  // of another size
    run();
    for (const std::string& other : files(".code"))
        if (other != first) std::filesystem::rename(other, first);
    // The first module's entry is now the second's: of another size, so it is not used.
    put_module(module_with(1));
    EXPECT_EQ(run().results[0], "70001");
}

TEST_F(CacheTest, a_damaged_entry_is_as_good_as_none_and_is_replaced)
{
    const RunResult expected = run();
    std::string bytes;
    {
        std::ifstream in{entry(), std::ios::binary};
        bytes.assign(std::istreambuf_iterator<char>{in}, {});
    }
    // One byte of each kind: headers, code, pieces, sites. image_file_test has all of them.
    for (const size_t at : {size_t{65}, size_t{200}, size_t{4200}, size_t{8200}, bytes.size() - 1}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        std::ofstream{entry(), std::ios::binary} << damaged;
        const RunResult second = run();
        EXPECT_FALSE(second.had_image) << at;
        EXPECT_EQ(second.results, expected.results) << at;
        EXPECT_TRUE(run().had_image) << at;
    }
    for (const size_t size : {size_t{0}, size_t{100}, size_t{4096}, bytes.size() - 1}) {
        std::filesystem::resize_file(entry(), size);
        EXPECT_EQ(run().results, expected.results) << size;
        EXPECT_TRUE(run().had_image) << size;
    }
}

TEST_F(CacheTest, entries_that_cannot_be_read_or_are_no_files_are_as_good_as_none)
{
    const RunResult expected = run();
    const std::string name = entry();
    std::filesystem::remove(name);
    std::filesystem::create_directory(name);
    EXPECT_EQ(run().results, expected.results);
    std::filesystem::remove(name);
    ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
    EXPECT_EQ(run().results, expected.results);
}

TEST_F(CacheTest, several_processes_write_and_read_the_same)
{
    const std::vector<std::string> expected = run({"f", "g"}).results;
    m_limits.min_growth_bytes = 1;
    m_limits.growth_divisor = 1 << 20;
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            bool is_right = true;
            for (int round = 0; round < 10; ++round) {
                for (const std::string& file : round % 4 == i % 4 ? files(".code") : std::vector<std::string>{})
                    std::filesystem::remove(file);
                is_right &= run(i % 2 == 0 ? std::initializer_list<const char*>{"f", "g"}
                                           : std::initializer_list<const char*>{"f", "g", "h", "u"})
                                .results[1] == expected[1];
            }
            ::_exit(is_right && !HasFailure() ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(files(".new").size(), 0U);
}

TEST_F(CacheTest, a_write_that_hits_the_limit_of_file_sizes_leaves_nothing)
{
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        m_before_save = [] {
            const rlimit limit{.rlim_cur = 6000, .rlim_max = 6000};
            ::setrlimit(RLIMIT_FSIZE, &limit);
        };
        ::_exit(run().results[0] == "70001" && !HasFailure() ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(files(".code").size() + files(".new").size(), 0U);
}

TEST_F(CacheTest, a_folder_that_is_open_to_others_or_cannot_be_made_is_not_used)
{
    run();
    ASSERT_EQ(::chmod(m_path.c_str(), 0755), 0);
    EXPECT_EQ(Cache::open(m_path, Settings{}), nullptr);
    EXPECT_FALSE(run().had_image);
    std::filesystem::remove_all(m_path);
    std::ofstream{m_path} << "a file";
    EXPECT_FALSE(run().had_image);
    std::filesystem::remove_all(m_here / "cache");
    std::ofstream{m_here / "cache"} << "a file";
    EXPECT_FALSE(run().had_image);
    EXPECT_EQ(run().results[0], "70001");
}

}  // namespace
