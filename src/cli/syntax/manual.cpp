#include "cli/syntax/manual.hpp"

#include "weir/version.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace weir::cli::syntax {

namespace {

/// Text as roff takes it: backslashes, hyphens that are to be copied as such, quotes, and what begins a request at the start of a line.
std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\e";
        else if (c == '-') out += "\\-";
        else if (c == '\'') out += "\\(aq";
        else if (c == '~') out += "\\(ti";
        else if (c == '^') out += "\\(ha";
        else if ((c == '.') && (out.empty() || out.back() == '\n')) out += "\\&.";
        else out += c;
    }
    return out;
}

std::string heading(std::string_view name) { return ".SH " + std::string{name} + "\n"; }
std::string paragraph(std::string_view text) { return escaped(text) + "\n"; }

/// An option's names and the form of its value, and what it does.
std::string entry(const Option& option)
{
    std::string text = ".TP\n";
    const bool is_optional = option.value.starts_with('[');
    const std::string value = option.value.empty() ? "" : (is_optional ? "" : "\\ ") + ("\\fI" + escaped(option.value) + "\\fR");
    for (const std::string_view name : {option.short_name, option.name})
        if (!name.empty()) text += (text.ends_with('\n') ? "" : ", ") + ("\\fB" + escaped(name) + "\\fR") + value;
    return text + "\n" + paragraph(option.text);
}

std::string table(std::string_view name, std::span<const Option> options)
{
    std::string text;
    for (const Option& option : options) text += entry(option);
    return text.empty() ? text : heading(name) + text;
}

constexpr std::array exit_codes{
    Option{"0", "", "The program ended well, or what was asked for was done."},
    Option{"1", "", "The file cannot be run, or something else went wrong; a message says what."},
    Option{"2", "", "The command line is not understood."},
    Option{"124", "", "--timeout ran out."},
    Option{"130, 143", "", "Ended by SIGINT, by SIGTERM."},
    Option{"134", "", "The program trapped."},
    Option{"others", "", "The program's own."},
};
constexpr std::array variables{
    Option{"XDG_CACHE_HOME, HOME", "", "Where machine code is kept: $XDG_CACHE_HOME/weir, or else $HOME/.cache/weir."},
    Option{"NO_COLOR", "", "Nothing is coloured, unless --color says otherwise."},
    Option{"CLICOLOR_FORCE", "", "What is written elsewhere than to a terminal is coloured as well, unless it is 0."},
    Option{"LISTEN_FDS, LISTEN_PID", "", "Sockets that systemd passes on. The program gets them."},
};

std::string command_list()
{
    std::string text = heading("COMMANDS");
    for (const Command& command : commands())
        if (!command.name.empty())
            text += ".TP\n\\fBweir " + escaped(command.name) + "\\fR\n" +
                    paragraph(std::string{command.summary} + "; see " + page_name(command) + "(1).");
    return text;
}

std::string see_also(const Command& command)
{
    std::string names;
    for (const Command& other : commands())
        if (other.name != command.name) names += (names.empty() ? "" : ",\n") + (".BR " + escaped(page_name(other)) + " (1)");
    std::string text;
    // A macro's line ends with its punctuation as one more argument.
    for (const char c : names) {
        if (c == ',') text += " ,";
        else text += c;
    }
    return heading("SEE ALSO") + text + "\n";
}

}  // namespace

std::string page_name(const Command& command)
{
    return command.name.empty() ? std::string{"weir"} : "weir-" + std::string{command.name};
}

std::string manual_page(const Command& command)
{
    std::string title = page_name(command);
    for (char& c : title)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    std::string text = ".TH " + escaped(title) + " 1 \"\" \"weir " + std::string{version} + "\" \"weir\"\n";
    text += heading("NAME") + escaped(page_name(command)) + " \\- " + escaped(command.summary) + "\n";
    text += heading("SYNOPSIS") + "\\fB" + escaped(command.synopsis) + "\\fR\n";
    text += heading("DESCRIPTION") + paragraph(command.description);
    if (command.name.empty()) text += command_list();
    text += table("ACTIONS", command.actions) + table("OPTIONS", command.options);
    if (command.name.empty() || command.name == "run") text += table("EXIT STATUS", exit_codes) + table("ENVIRONMENT", variables);
    if (!command.examples.empty()) text += heading("EXAMPLES") + ".nf\n" + escaped(command.examples) + ".fi\n";
    return text + see_also(command);
}

}  // namespace weir::cli::syntax
