#include "building/store.hpp"

#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace weir::building;
using weir::test::TemporaryFolder;

namespace {

class StoreTest : public testing::Test {
protected:
    StoreTest() { ::setenv("XDG_CACHE_HOME", m_folder.path().c_str(), 1); }

    static void put(const std::string& path, const std::string& text) { std::ofstream{path} << text; }
    /// A store with one product, made of one input.
    void make(Store& store)
    {
        put(m_input, "one");
        const std::string draft = store.draft();
        put(draft, "product");
        ASSERT_TRUE(store.keep(draft, "p.object"));
        store.put_recipe("r.inputs", {.product = "p.object", .inputs = {*read_input(m_input)}});
    }

    TemporaryFolder m_folder;
    std::string m_input = m_folder.path() + "/a file.cpp";
};

}  // namespace

TEST_F(StoreTest, a_recipe_holds_as_long_as_its_inputs_have_their_content)
{
    auto store = Store::open(Store::Lasting::kept);
    ASSERT_TRUE(store.has_value());
    make(*store);
    const auto found = store->find_recipe("r.inputs");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->product, "p.object");
    EXPECT_EQ(found->inputs.front().path, m_input);

    std::filesystem::last_write_time(m_input, std::filesystem::file_time_type::clock::now() - std::chrono::hours{1});
    EXPECT_TRUE(store->find_recipe("r.inputs").has_value());  // other times, the same content
    put(m_input, "two");
    EXPECT_FALSE(store->find_recipe("r.inputs").has_value());
    std::filesystem::remove(m_input);
    EXPECT_FALSE(store->find_recipe("r.inputs").has_value());
}

TEST_F(StoreTest, a_recipe_without_its_product_is_none)
{
    auto store = Store::open(Store::Lasting::kept);
    ASSERT_TRUE(store.has_value());
    make(*store);
    std::filesystem::remove(store->path_of("p.object"));
    EXPECT_FALSE(store->find_recipe("r.inputs").has_value());
}

TEST_F(StoreTest, what_is_no_recipe_is_none)
{
    auto store = Store::open(Store::Lasting::kept);
    ASSERT_TRUE(store.has_value());
    make(*store);
    const std::string hash(40, '0');
    const std::vector<std::string> texts{"",
                                         "p.object",
                                         "p.object\n",
                                         "p.object\n1 2 3 4 " + hash,
                                         "p.object\n1 2 3 4 short /a\n",
                                         "../p.object\n1 2 3 4 " + hash + " " + m_input + "\n"};
    for (const std::string& text : texts) {
        put(store->path_of("r.inputs"), text);
        EXPECT_FALSE(store->find_recipe("r.inputs").has_value()) << text;
    }
}

TEST_F(StoreTest, a_kept_store_is_in_the_cache_and_its_users_alone)
{
    const auto store = Store::open(Store::Lasting::kept);
    ASSERT_TRUE(store.has_value());
    EXPECT_FALSE(store->is_temporary());
    EXPECT_EQ(store->path_of("x"), m_folder.path() + "/weir/built/x");
    struct stat status{};
    ASSERT_EQ(::stat((m_folder.path() + "/weir/built").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(StoreTest, one_that_others_may_write_to_is_not_used)
{
    ASSERT_TRUE(Store::open(Store::Lasting::kept).has_value());
    ::chmod((m_folder.path() + "/weir/built").c_str(), 0777);
    const auto store = Store::open(Store::Lasting::kept);
    ASSERT_TRUE(store.has_value());
    EXPECT_TRUE(store->is_temporary());
}

TEST_F(StoreTest, a_temporary_store_goes_with_all_in_it)
{
    std::string path;
    {
        auto store = Store::open(Store::Lasting::temporary);
        ASSERT_TRUE(store.has_value());
        path = store->path_of("");
        make(*store);
        EXPECT_TRUE(std::filesystem::exists(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}
