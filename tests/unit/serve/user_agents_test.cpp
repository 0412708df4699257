#include "serve/config/user_agents.hpp"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace weir::serve {

namespace {

std::string write_file(std::string_view name, std::string_view text)
{
    const std::string path = ::testing::TempDir() + std::string{name};
    std::ofstream{path} << text;
    return path;
}

std::string parse(const UserAgents& rules, std::string_view user_agent)
{
    const auto [family, major, minor, patch] = rules.parse(user_agent);
    return family + '|' + major + '|' + minor + '|' + patch;
}

TEST(UserAgents, takes_the_first_rule_and_its_groups_or_replacements)
{
    const auto rules = UserAgents::read(write_file("rules.yaml", R"(
user_agent_parsers:
  - regex: '(Fox)/(\d+)\.(\d+)\.(\d+)'
  - regex: '(Fox|Wolf)/(\d+)(?:\.(\d+)|)'
    family_replacement: 'Old $1'
  - regex: 'Bot (\w+)'
    family_replacement: 'Robot'
    v1_replacement: 'x$1'
    v2_replacement: ' $9 '
  - regex: 'Fox'
    family_replacement: 'never'
os_parsers:
  - regex: 'Fox(?!)'
)"));
    ASSERT_TRUE(rules) << rules.error();
    EXPECT_EQ(parse(*rules, "a Fox/1.2.3 b"), "Fox|1|2|3");
    EXPECT_EQ(parse(*rules, "Fox/1.2 Wolf/3"), "Old Fox|1|2|");
    EXPECT_EQ(parse(*rules, "Wolf/10"), "Old Wolf|10||");
    EXPECT_EQ(parse(*rules, "Bot one"), "Robot|xone||");
    EXPECT_EQ(parse(*rules, "fox/1.2.3"), "Other|||");
    EXPECT_EQ(parse(*rules, ""), "Other|||");
}

TEST(UserAgents, says_what_is_wrong_with_a_file)
{
    for (const auto& [text, expected] : {std::pair{"os_parsers: []", "user_agent_parsers"},
                                         {"user_agent_parsers: []", "no rules"},
                                         {"user_agent_parsers:\n  - regex: 'fine'\n  - regex: '(?=no)'", "line 3"},
                                         {"user_agent_parsers:\n  - family_replacement: 'x'", ""},
                                         {"a: [", ""}}) {
        const auto rules = UserAgents::read(write_file("wrong.yaml", text));
        ASSERT_FALSE(rules) << text;
        EXPECT_NE(rules.error().find(expected), std::string::npos) << rules.error();
    }
    EXPECT_FALSE(UserAgents::read("/no/such/file"));
}

/// The cases that come with the rules.
TEST(UserAgents, knows_what_the_rules_say_that_it_should)
{
    const std::string file{UserAgents::default_file};
    const std::string cases_file = (std::filesystem::path{file}.parent_path() / "tests" / "test_ua.yaml").string();
    if (!std::filesystem::exists(cases_file)) GTEST_SKIP() << cases_file << " is not installed";
    const auto rules = UserAgents::read(file);
    ASSERT_TRUE(rules) << rules.error();
    const YAML::Node cases = YAML::LoadFile(cases_file)["test_cases"];
    ASSERT_GT(cases.size(), 1000U);
    for (const YAML::Node& one : cases) {
        const auto text = [&](const char* key) {
            return one[key].IsDefined() && !one[key].IsNull() ? one[key].as<std::string>() : "";
        };
        const std::string expected = text("family") + '|' + text("major") + '|' + text("minor") + '|' + text("patch");
        EXPECT_EQ(parse(*rules, text("user_agent_string")), expected) << text("user_agent_string");
    }
}

}  // namespace

}  // namespace weir::serve
