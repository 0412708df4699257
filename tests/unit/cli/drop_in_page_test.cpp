#include "cli/persona/tool.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

// docs/drop-in.md has a table of each tool's flags between two marks. It is made here from the tool's own table: with WEIR_UPDATE_DOCS=1 in the
// environment this test writes it anew.

using namespace weir::cli::persona;

namespace {

constexpr const char* page = "docs/drop-in.md";  // tests run in the project's folder

/// As it stands in a cell: '|' would end it.
std::string cell(std::string_view text)
{
    std::string out;
    for (const char c : text) out += c == '|' ? std::string{"\\|"} : std::string{c};
    return out;
}

std::string what_becomes_of(const Flag& flag)
{
    const std::string weir = cell(flag.weir);
    switch (flag.meaning) {
    case Meaning::option:
    case Meaning::output: return fmt::format("`{}`", flag.weir);
    case Meaning::converted:
    case Meaning::function: return weir;
    case Meaning::needless: return "nothing to do: " + weir;
    case Meaning::always_on: return "always so: " + weir;
    case Meaning::never_on: return "**refused** when on: " + weir;
    case Meaning::refused: return "**refused**: " + weir;
    case Meaning::group:
    case Meaning::help:
    case Meaning::version: break;
    }
    return {};
}

std::string spelling(const Flag& flag)
{
    std::string text = fmt::format("`{}", flag.names);
    for (size_t comma = text.find(','); comma != std::string::npos; comma = text.find(',', comma + 4))
        text.replace(comma, 1, "`, `");
    if (!flag.value.empty()) text += (flag.value.front() == '[' || flag.value.front() == '=' ? "" : " ") + std::string{flag.value};
    return cell(text) + "`";
}

std::string table_of(const Tool& tool)
{
    std::string text = fmt::format("{}\n", tool.differs);
    for (const Command& command : tool.commands) {
        if (command.flags.empty() && command.common.empty()) continue;
        text += fmt::format("\n| `{}{}{}` | weir |\n|---|---|\n", tool.name, command.name.empty() ? "" : " ", command.name);
        for (const auto flags : {command.flags, command.common})
            for (const Flag& flag : flags)
                if (const std::string what = what_becomes_of(flag); !what.empty())
                    text += fmt::format("| {} | {} |\n", spelling(flag), what);
    }
    std::string refused;
    for (const Command& command : tool.commands)
        if (command.action == Action::refused) refused += fmt::format("\n- `{} {}`: {}", tool.name, command.name, command.weir);
    if (!refused.empty()) text += "\nRefused commands:\n" + refused + "\n";
    return text;
}

}  // namespace

TEST(DropInPage, has_the_table_of_each_tool)
{
    std::stringstream buffer;
    buffer << std::ifstream{page}.rdbuf();
    std::string text = buffer.str();
    const bool updates = std::getenv("WEIR_UPDATE_DOCS") != nullptr;
    for (const Tool* const tool : tools()) {
        const std::string begin = fmt::format("<!-- {} -->\n", tool->name), end = fmt::format("<!-- end of {} -->\n", tool->name);
        const size_t from = text.find(begin), to = text.find(end);
        ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to)
            << page << " has no place for " << tool->name;
        const size_t body = from + begin.size();
        const std::string wanted = table_of(*tool);
        if (updates) text.replace(body, to - body, wanted);
        else EXPECT_EQ(text.substr(body, to - body), wanted) << "WEIR_UPDATE_DOCS=1 cli_unit_test  writes it anew";
    }
    if (updates) std::ofstream{page} << text;
}
