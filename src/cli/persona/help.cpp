#include "cli/persona/translate.hpp"
#include "weir/version.hpp"

#include <fmt/format.h>

namespace weir::cli::persona {

namespace {

bool is_taken(const Flag& flag) { return flag.meaning != Meaning::refused && flag.meaning != Meaning::never_on; }

std::string flag_text(const Flag& flag)
{
    std::string text{flag.names};
    for (size_t comma = text.find(','); comma != std::string::npos; comma = text.find(',', comma + 2)) text.insert(comma + 1, " ");
    if (!flag.value.empty()) text += (flag.value.front() == '[' || flag.value.front() == '=' ? "" : " ") + std::string{flag.value};
    return text;
}

std::string meaning_text(const Flag& flag)
{
    switch (flag.meaning) {
    case Meaning::help: return "this help";
    case Meaning::version: return "what stands in whose place";
    case Meaning::option:
    case Meaning::converted:
    case Meaning::function:
    case Meaning::output:
    case Meaning::needless:
    case Meaning::always_on:
    case Meaning::never_on:
    case Meaning::refused:
    case Meaning::group: break;
    }
    return std::string{flag.weir};
}

}  // namespace

std::string version_of(const Tool& tool) { return fmt::format(fmt::runtime(tool.version_line), tool.version, version) + "\n"; }

std::string help_of(const Tool& tool)
{
    std::string text = fmt::format("This is weir {} in {}'s place: it takes that command's flags, of release {}.\n", version,
                                   tool.name, tool.version);
    for (const Command& command : tool.commands) {
        if (command.action == Action::refused || command.action == Action::help || command.action == Action::version) continue;
        const bool is_default = command.name == tool.default_command && !command.name.empty();
        const bool has_arguments =
            command.action == Action::run || command.action == Action::run_invoke || command.action == Action::as_command;
        text += fmt::format("\n{}{}{}{} [FLAGS] FILE{}\n", tool.name,
                            is_default             ? " ["
                            : command.name.empty() ? ""
                                                   : " ",
                            command.name, is_default ? "]" : "", has_arguments ? " [ARGS...]" : "");
        for (const std::span<const Flag> flags : {command.flags, command.common})
            for (const Flag& flag : flags)
                if (is_taken(flag)) text += fmt::format("  {:38}  {}\n", flag_text(flag), meaning_text(flag));
    }
    return text + "\nFlags that it cannot take are refused, with what does their job. weir run --help has weir's own.\n";
}

}  // namespace weir::cli::persona
