#include "cli/command_line.hpp"
#include "cli/syntax/syntax.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace weir::cli {
namespace {

template <class Options>
Options parse(const std::vector<const char*>& words)
{
    auto command = parse_command_line(words);
    if (!command || !std::holds_alternative<Options>(*command)) {
        ADD_FAILURE() << (command ? "another command" : command.error().error);
        return {};
    }
    return std::get<Options>(std::move(*command));
}

/// What options without a value say.
auto flags_of(const RunOptions& o)
{
    return std::tuple{o.inherits_environment, o.trace.has_summary, o.trace.is_json, o.tier, o.uses_cache, o.is_library, o.watches};
}
auto flags_of(const InspectOptions& o) { return std::tuple{o.compiles_all, o.keeps_code}; }

/// Alone they are understood without CLI11, and with it behind others: each has to say something, and the same. `other` takes a value.
template <class Options>
void expect_flags_are_heeded(const char* command, std::span<const syntax::Option> options, const char* other, const char* value)
{
    std::set<decltype(flags_of(Options{}))> meanings{flags_of(Options{})};
    size_t count = 0;
    for (const syntax::Option& option : options) {
        if (!option.value.empty()) continue;
        const std::string word{option.name};
        const auto alone = flags_of(parse<Options>({command, word.c_str(), "a.wasm"}));
        EXPECT_EQ(alone, flags_of(parse<Options>({command, word.c_str(), word.c_str(), "a.wasm"}))) << word;
        EXPECT_EQ(alone, flags_of(parse<Options>({command, word.c_str(), other, value, "a.wasm"}))) << word;
        EXPECT_EQ(alone, flags_of(parse<Options>({command, other, value, word.c_str(), "a.wasm"}))) << word;
        EXPECT_TRUE(meanings.insert(alone).second) << word;
        ++count;
    }
    EXPECT_GT(count, 0U);
}

TEST(CommandLine, options_without_a_value_mean_the_same_with_and_without_others)
{
    expect_flags_are_heeded<RunOptions>("run", syntax::run_options, "--cwd", "/");
    expect_flags_are_heeded<InspectOptions>("inspect", syntax::inspect_options, "--threads", "2");
}

TEST(CommandLine, all_behind_the_file_is_the_guests)
{
    const auto options = parse<RunOptions>({"run", "--no-cache", "--watch", "a.wasm", "--reactor", "--cwd"});
    EXPECT_FALSE(options.uses_cache);
    EXPECT_TRUE(options.watches);
    EXPECT_FALSE(options.is_library);
    EXPECT_EQ(options.file, "a.wasm");
    EXPECT_EQ(options.args, (std::vector<std::string>{"--reactor", "--cwd"}));
}

TEST(CommandLine, a_flag_with_a_value_is_refused)
{
    const auto command = parse_command_line(std::vector<const char*>{"run", "--no-cache=yes", "a.wasm"});
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error().error, "option --no-cache takes no value");
}

}  // namespace
}  // namespace weir::cli
