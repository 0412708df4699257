#include "cli/syntax/completions.hpp"

#include "cli/syntax/syntax.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace weir::cli::syntax {

namespace {

enum class Values : unsigned char { none, any, words, files, folders };

bool is_optional(const Option& option) { return option.value.starts_with('['); }

/// What can be said of an option's value by its form.
Values values_of(const Option& option)
{
    const std::string_view form = option.value;
    if (form.empty()) return Values::none;
    if (form == "FILE" || form == "OUT") return Values::files;
    if (form == "DIR" || form.starts_with("HOST[::")) return Values::folders;
    const bool is_list = form.find('|') != std::string_view::npos &&
                         std::ranges::none_of(form, [](char c) { return c == '[' || (c >= 'A' && c <= 'Z'); });
    return is_list ? Values::words : Values::any;
}

std::string words_of(const Option& option, char separator)
{
    std::string words{option.value};
    std::ranges::replace(words, '|', separator);
    return words;
}

std::vector<std::string_view> names_of(const Option& option)
{
    std::vector<std::string_view> names{option.name};
    if (!option.short_name.empty()) names.push_back(option.short_name);
    return names;
}

/// The first sentence, in which `quote` and what shells expand are left out.
std::string short_text(std::string_view text)
{
    std::string out{text.substr(0, std::min(text.find(". "), text.size()))};
    if (out.ends_with('.')) out.pop_back();
    std::erase_if(out, [](char c) { return c == '\'' || c == '"' || c == '`' || c == '$' || c == '\\'; });
    return out;
}

std::string name_list(std::span<const Option> options, bool wants_optional)
{
    std::string list;
    for (const Option& option : options)
        if (is_optional(option) == wants_optional || !wants_optional)
            for (const std::string_view name : names_of(option)) list += (list.empty() ? "" : " ") + std::string{name};
    return list;
}

std::string pattern(const Option& option)
{
    std::string text;
    for (const std::string_view name : names_of(option)) text += (text.empty() ? "" : "|") + std::string{name};
    return text;
}

/// `case` branches that complete the values of options, by the word in front; and the names of those that take one.
std::string bash_values(std::span<const Option> options, std::string& with_value)
{
    std::string text;
    for (const Option& option : options) {
        const Values values = values_of(option);
        if (values == Values::none || is_optional(option)) continue;
        with_value += (with_value.empty() ? "" : "|") + pattern(option);
        std::string action = "COMPREPLY=()";
        if (values == Values::words) action = "COMPREPLY=($(compgen -W '" + words_of(option, ' ') + "' -- \"$cur\"))";
        if (values == Values::files) action = "COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames 2>/dev/null";
        if (values == Values::folders) action = "COMPREPLY=($(compgen -d -- \"$cur\")); compopt -o filenames 2>/dev/null";
        text += "                " + pattern(option) + ") " + action + "; return ;;\n";
    }
    return text;
}

std::string bash()
{
    std::string names;
    for (const Command& command : commands())
        if (!command.name.empty()) names += (names.empty() ? "" : " ") + std::string{command.name};
    std::string text = "# Completions of weir for bash. Made by: weir completions bash\n"
                       "_weir()\n{\n"
                       "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=run first=1 i word\n"
                       "    # \"--name=value\" comes as three words.\n"
                       "    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                       "    [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                       "    case ${COMP_WORDS[1]} in\n";
    for (const Command& command : commands())
        if (!command.name.empty())
            text += "        " + std::string{command.name} + ") command=" + std::string{command.name} + " first=2 ;;\n";
    text += "    esac\n"
            "    if ((COMP_CWORD == 1)) && [[ $cur != -* ]]; then\n"
            "        COMPREPLY=($(compgen -W '" +
            names +
            "' -- \"$cur\") $(compgen -f -- \"$cur\")); compopt -o filenames 2>/dev/null\n"
            "        return\n    fi\n"
            "    local options= actions= with_value=\n"
            "    case $command in\n";
    for (const Command& command : commands()) {
        if (command.name.empty()) continue;
        std::string with_value;
        const std::string values = bash_values(command.options, with_value);
        text +=
            "        " + std::string{command.name} + ")\n            options='" + name_list(command.options, false) + " --help'\n";
        if (!command.actions.empty()) text += "            actions='" + name_list(command.actions, false) + "'\n";
        if (!with_value.empty())
            text += "            with_value='" + with_value + "'\n            case $prev in\n" + values + "            esac\n";
        text += "            ;;\n";
    }
    text += "    esac\n"
            "    ((COMP_CWORD == 1)) && options+=' --version'\n"
            "    # All behind the program's file is its own.\n"
            "    if [[ $command == run ]]; then\n"
            "        for ((i = first; i < COMP_CWORD; i++)); do\n"
            "            word=${COMP_WORDS[i]}\n"
            "            if [[ $word == -* ]]; then\n"
            "                [[ ${COMP_WORDS[i+1]} == = ]] && ((i += 2)) && continue\n"
            "                [[ \"|$with_value|\" == *\"|$word|\"* ]] && ((i++))\n"
            "            else\n"
            "                COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames 2>/dev/null\n"
            "                return\n"
            "            fi\n"
            "        done\n"
            "    fi\n"
            "    if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
            "    elif [[ -n $actions ]] && ((COMP_CWORD == first)); then COMPREPLY=($(compgen -W \"$actions\" -- \"$cur\"))\n"
            "    else COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames 2>/dev/null\n"
            "    fi\n"
            "}\n"
            "complete -F _weir weir\n";
    return text;
}

std::string zsh_option(const Option& option)
{
    std::string text;
    const bool repeats = option.text.find("May be given again") != std::string_view::npos || option.name == "-v";
    for (const std::string_view name : names_of(option)) {
        std::string spec = (repeats ? "*" : "") + std::string{name};
        if (!option.value.empty()) spec += option.name.size() > 2 ? (is_optional(option) ? "=-" : "=") : "+";
        std::string description = short_text(option.text);
        std::erase_if(description, [](char c) { return c == '[' || c == ']' || c == ':'; });
        spec += "[" + description + "]";
        const std::string colon = is_optional(option) ? "::" : ":";
        switch (values_of(option)) {
        case Values::none: break;
        case Values::any: spec += colon + "value:"; break;
        case Values::words: spec += colon + "value:(" + words_of(option, ' ') + ")"; break;
        case Values::files: spec += colon + "file:_files"; break;
        case Values::folders: spec += colon + "folder:_files -/"; break;
        }
        text += "                '" + spec + "' \\\n";
    }
    return text;
}

std::string zsh()
{
    std::string text = "#compdef weir\n# Completions of weir for zsh. Made by: weir completions zsh\n_weir()\n{\n    local -a "
                       "commands\n    commands=(\n";
    for (const Command& command : commands())
        if (!command.name.empty()) text += "        '" + std::string{command.name} + ":" + short_text(command.summary) + "'\n";
    text += "    )\n"
            "    local command=run\n"
            "    if ((CURRENT == 2)); then\n"
            "        [[ $words[2] != -* ]] && _describe -t commands command commands\n"
            "    elif ((${commands[(I)$words[2]:*]})); then\n"
            "        command=$words[2]\n"
            "        shift words; ((CURRENT--))\n"
            "    fi\n"
            "    case $command in\n";
    for (const Command& command : commands()) {
        if (command.name.empty()) continue;
        text += "        " + std::string{command.name} + ")\n            _arguments " +
                (command.name == "run" ? "-S -A '-*' \\\n" : "\\\n");
        for (const Option& option : command.options) text += zsh_option(option);
        text += "                '--help[show the options]' \\\n";
        if (!command.actions.empty()) text += "                '1:what:(" + name_list(command.actions, false) + ")' \\\n";
        text += "                '*:file:_files'\n            ;;\n";
    }
    return text + "    esac\n}\n"
                  "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _weir \"$@\"; else compdef _weir weir; fi\n";
}

std::string fish()
{
    std::string names;
    for (const Command& command : commands())
        if (!command.name.empty()) names += (names.empty() ? "" : " ") + std::string{command.name};
    std::string text = "# Completions of weir for fish. Made by: weir completions fish\n";
    for (const Command& command : commands())
        if (!command.name.empty())
            text += "complete -c weir -n __fish_use_subcommand -a " + std::string{command.name} + " -d '" +
                    short_text(command.summary) + "'\n";
    for (const Command& command : commands()) {
        // Without a command it is run.
        std::string condition = command.name.empty() || command.name == "run"
                                  ? "not __fish_seen_subcommand_from " + names
                                  : "__fish_seen_subcommand_from " + std::string{command.name};
        if (command.name == "run") condition += "; or __fish_seen_subcommand_from run";
        const std::string begin = "complete -c weir -n '" + condition + "'";
        for (const Option& option : command.options) {
            text += begin;
            for (const std::string_view name : names_of(option))
                text += (name.starts_with("--") ? " -l "
                         : name.size() == 2     ? " -s "
                                                : " -o ") +
                        std::string{name.substr(name.starts_with("--") ? 2 : 1)};
            switch (values_of(option)) {
            case Values::none: break;
            case Values::any:
                if (!is_optional(option)) text += " -x";
                break;
            case Values::words: text += " -x -a '" + words_of(option, ' ') + "'"; break;
            case Values::files: text += " -r -F"; break;
            case Values::folders: text += " -x -a '(__fish_complete_directories)'"; break;
            }
            text += " -d '" + short_text(option.text) + "'\n";
        }
        for (const Option& action : command.actions)
            text += begin + " -a " + std::string{action.name} + " -d '" + short_text(action.text) + "'\n";
    }
    return text;
}

}  // namespace

std::optional<Shell> parse_shell(std::string_view name)
{
    if (name == "bash") return Shell::bash;
    if (name == "zsh") return Shell::zsh;
    if (name == "fish") return Shell::fish;
    return std::nullopt;
}

std::string completions(Shell shell)
{
    switch (shell) {
    case Shell::bash: return bash();
    case Shell::zsh: return zsh();
    case Shell::fish: break;
    }
    return fish();
}

}  // namespace weir::cli::syntax
