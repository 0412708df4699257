#include "cli/link_problem.hpp"

#include "cli/world.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

namespace weir::cli {

namespace {

std::string line_of(const runtime::UnresolvedImport& import)
{
    std::string line = fmt::format("    {}.{}  {}", printable(import.module), printable(import.name), import.wanted);
    if (!import.found.empty()) line += fmt::format(", but weir has it as  {}", import.found);
    else if (!import.nearest.empty()) line += fmt::format(", did you mean {}?", printable(import.nearest));
    return "\n" + line;
}

}  // namespace

Problem link_problem(const std::string& file, const runtime::LinkError& error)
{
    struct Group {
        Origin origin;
        std::string lines;
    };
    std::vector<Group> groups;
    for (const auto& import : error.imports) {
        const Origin origin = origin_of(import.module, import.name);
        auto group = groups.begin();
        while (group != groups.end() && group->origin.belongs_to != origin.belongs_to) ++group;
        if (group == groups.end()) group = groups.insert(group, Group{origin, {}});
        group->lines += line_of(import);
    }

    Problem problem;
    problem.error = fmt::format("'{}' imports {} that weir does not provide", printable(file),
                                error.imports.size() == 1 ? "something" : fmt::format("{} things", error.imports.size()));
    problem.because = "these imports are missing:";
    for (const auto& group : groups) {
        problem.because += "\n  " + (group.origin.belongs_to.empty() ? std::string{"of no world that weir knows"}
                                                                     : fmt::format("of the {}", group.origin.belongs_to));
        if (!group.origin.advice.empty()) problem.because += fmt::format(": {}", group.origin.advice);
        problem.because += group.lines;
    }
    problem.hint = fmt::format("weir inspect {}  shows all that it imports, and who provides it", printable(file));
    return problem;
}

}  // namespace weir::cli
