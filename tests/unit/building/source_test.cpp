#include "building/source.hpp"

#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace weir::building;
using weir::test::TemporaryFolder;

namespace {

std::string put(const std::string& folder, const std::string& name)
{
    std::ofstream{folder + "/" + name} << "x";
    return folder + "/" + name;
}

}  // namespace

TEST(Source, is_told_by_its_ending)
{
    for (const char* const name : {"a.c", "a.cc", "a.cpp", "a.cxx", "a.c++", "a.C", "a.go", "/b/c.d.cpp"})
        EXPECT_TRUE(is_source_name(name)) << name;
    for (const char* const name : {"a.wasm", "a.h", "cpp", ".cpp", "a.cpp.wasm", ""}) EXPECT_FALSE(is_source_name(name)) << name;
}

TEST(Source, a_file_is_one_and_a_module_is_none)
{
    const TemporaryFolder folder;
    const std::string file = put(folder.path(), "a.cpp");
    const auto found = find_source(file);
    ASSERT_TRUE(found.has_value() && found->has_value());
    EXPECT_EQ((*found)->language, Source::Language::c_family);
    EXPECT_EQ((*found)->files, std::vector<std::string>{file});
    EXPECT_EQ((*found)->folder, folder.path());
    EXPECT_EQ(stem_of(**found), "a");
    EXPECT_FALSE(find_source(put(folder.path(), "a.wasm"))->has_value());
    EXPECT_FALSE(find_source(folder.path() + "/nothing.cpp")->has_value());
}

TEST(Source, a_folder_is_all_its_files_in_order)
{
    const TemporaryFolder folder;
    for (const char* const name : {"b.c", "a.cpp", ".hidden.cpp", "a.hpp", "README"}) put(folder.path(), name);
    const auto found = find_source(folder.path());
    ASSERT_TRUE(found.has_value() && found->has_value());
    EXPECT_EQ((*found)->files, (std::vector<std::string>{folder.path() + "/a.cpp", folder.path() + "/b.c"}));
    EXPECT_TRUE((*found)->is_folder);
    EXPECT_EQ(stem_of(**found), std::filesystem::path{folder.path()}.filename().string());
}

TEST(Source, a_folder_with_go_in_it_is_a_package)
{
    const TemporaryFolder folder;
    put(folder.path(), "a.cpp");
    put(folder.path(), "go.mod");
    const auto found = find_source(folder.path());
    ASSERT_TRUE(found.has_value() && found->has_value());
    EXPECT_EQ((*found)->language, Source::Language::go);
    EXPECT_TRUE((*found)->files.empty());
}

TEST(Source, a_folder_without_a_program_is_refused)
{
    const TemporaryFolder folder;
    put(folder.path(), "README");
    const auto found = find_source(folder.path());
    ASSERT_FALSE(found.has_value());
    EXPECT_NE(found.error().error.find("is a folder that holds no program"), std::string::npos);
}
