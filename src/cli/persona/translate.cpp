#include "cli/persona/translate.hpp"

#include "cli/persona/convert.hpp"
#include "cli/syntax/syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace weir::cli::persona {

namespace {

using Words = std::span<const char* const>;

bool is_flag(std::string_view word) { return word.size() > 1 && word.front() == '-' && word != "--"; }
std::string_view without_dashes(std::string_view name) { return name.substr(std::min(name.find_first_not_of('-'), name.size())); }

/// Calls `use` with each spelling until it answers true.
template <class Use>
bool any_name(const Flag& flag, Use use)
{
    for (std::string_view rest = flag.names; !rest.empty();) {
        const size_t comma = std::min(rest.find(','), rest.size());
        if (use(rest.substr(0, comma))) return true;
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return false;
}

bool serves(const Command& command) { return command.action == Action::serve || command.action == Action::as_command; }

bool is_name(std::string_view name, std::string_view given)
{
    return name.ends_with('*') ? given.starts_with(name.substr(0, name.size() - 1)) : name == given;
}

/// A flag of a command line: the row, and the value where one was given.
struct Found {
    const Flag* flag = nullptr;
    std::optional<std::string_view> value;
};

class Translator {
public:
    Translator(const Tool& tool, const Command& command) : m_tool(tool), m_command(command) {}

    Result<Translation, Problem> translate(Words words)
    {
        for (const std::string_view word : m_command.own) m_own.emplace_back(word);
        WEIR_CHECK(read(words));
        if (m_shows_help) return Translation{{}, help_of(m_tool), nullptr};
        if (m_shows_version) return Translation{{}, version_of(m_tool), nullptr};
        return compose();
    }

private:
    [[nodiscard]] std::string called() const
    {
        return std::string{m_tool.name} + (m_command.name.empty() ? "" : " ") + std::string{m_command.name};
    }
    [[nodiscard]] Problem wrong(std::string error, std::string because, std::string hint) const
    {
        return {.error = std::move(error), .because = std::move(because), .hint = std::move(hint), .exit_code = exit_usage};
    }

    template <class Use>
    const Flag* find_flag(Use matches) const
    {
        for (const std::span<const Flag> flags : {m_command.flags, m_command.common})
            for (const Flag& flag : flags)
                if (any_name(flag, [&](std::string_view name) { return matches(name); })) return &flag;
        return nullptr;
    }

    /// The words up to the program's own, which are kept as they are.
    Result<void, Problem> read(Words words)
    {
        for (size_t i = 0; i < words.size(); ++i) {
            const std::string_view word = words[i];
            const bool is_double_dash = word == "--";
            if (!is_double_dash && is_flag(word)) {
                const std::optional<std::string_view> next =
                    i + 1 < words.size() ? std::optional<std::string_view>{words[i + 1]} : std::nullopt;
                WEIR_TRY(took_next, read_flag(word, next));
                if (took_next) ++i;
                if (m_shows_help || m_shows_version) return {};
                continue;
            }
            if (!is_double_dash) m_positional.emplace_back(word);
            if (!is_double_dash && m_command.flags_end == FlagsEnd::at_double_dash) continue;
            words = words.subspan(i + 1);
            if (is_double_dash && m_positional.empty() && !words.empty()) {  // "-- FILE"
                m_positional.emplace_back(words[0]);
                words = words.subspan(1);
            }
            if (m_command.flags_end == FlagsEnd::after_file_dash && !words.empty() && std::string_view{words[0]} == "--")
                words = words.subspan(1);
            m_positional.insert(m_positional.end(), words.begin(), words.end());
            return {};
        }
        return {};
    }

    /// Answers whether the next word was its value.
    Result<bool, Problem> read_flag(std::string_view word, std::optional<std::string_view> next)
    {
        const Found found = m_tool.writing == Writing::go ? find_go(word) : find_gnu(word);
        if (found.flag == nullptr) {
            if (m_tool.writing == Writing::gnu && take_bundle(word)) return false;
            return Unexpected{unknown(word)};
        }
        const Flag& flag = *found.flag;
        const bool wants_value = !flag.value.empty() && flag.value.front() != '[';
        if (flag.value.empty() && found.value) {
            // Go's switches take one, which may say that they are off.
            bool is_understood = false;
            const bool wanted = is_on(*found.value, is_understood);
            if (m_tool.writing != Writing::go || !is_understood)
                return Unexpected{wrong(fmt::format("{}: {} takes no value", called(), first_name(flag)), {}, {})};
            if (wanted) WEIR_CHECK(apply(flag, first_name(flag), {}));
            return false;
        }
        if (!wants_value || found.value) {
            WEIR_CHECK(apply(flag, first_name(flag), found.value.value_or("")));
            return false;
        }
        if (!next)
            return Unexpected{wrong(fmt::format("{}: {} needs a value", called(), first_name(flag)), {},
                                    fmt::format("the form is {} {}", first_name(flag), flag.value))};
        WEIR_CHECK(apply(flag, first_name(flag), *next));
        return true;
    }

    static std::string_view first_name(const Flag& flag) { return flag.names.substr(0, flag.names.find(',')); }

    [[nodiscard]] Found find_go(std::string_view word) const
    {
        const size_t equals = word.find('=');
        const std::string_view given = without_dashes(word.substr(0, equals));
        const Flag* const flag = find_flag([&](std::string_view name) { return is_name(without_dashes(name), given); });
        return {flag, equals == std::string_view::npos ? std::nullopt : std::optional{word.substr(equals + 1)}};
    }

    [[nodiscard]] Found find_gnu(std::string_view word) const
    {
        const size_t equals = word.find('=');
        const auto is = [](std::string_view given) { return [given](std::string_view name) { return is_name(name, given); }; };
        if (const Flag* const flag = find_flag(is(word.substr(0, equals))); flag != nullptr)
            return {flag, equals == std::string_view::npos ? std::nullopt : std::optional{word.substr(equals + 1)}};
        if (word.starts_with("--")) return {};
        // -nVALUE
        const Flag* const flag = find_flag(is(word.substr(0, 2)));
        return flag != nullptr && !flag->value.empty() ? Found{flag, word.substr(2)} : Found{};
    }

    /// Switches of one letter written as one word: -vv. Answers whether it is that.
    bool take_bundle(std::string_view word)
    {
        if (word.starts_with("--")) return false;
        std::vector<const Flag*> flags;
        for (const char letter : word.substr(1)) {
            const std::array<char, 2> name{'-', letter};
            const Flag* const flag = find_flag([&](std::string_view n) { return n == std::string_view{name.data(), name.size()}; });
            if (flag == nullptr || !flag->value.empty()) return false;
            flags.push_back(flag);
        }
        return std::ranges::all_of(flags, [&](const Flag* flag) { return apply(*flag, first_name(*flag), {}).has_value(); });
    }

    Result<void, Problem> apply(const Flag& flag, std::string_view name, std::string_view value)
    {
        switch (flag.meaning) {
        case Meaning::option:
            m_own.emplace_back(flag.weir);
            if (!flag.value.empty()) m_own.emplace_back(value);
            return {};
        case Meaning::converted: {
            const std::string problem = flag.convert(value, m_own);
            if (problem.empty()) return {};
            return Unexpected{wrong(fmt::format("{}: {} {} cannot be had from weir", called(), name, printable(value)), problem,
                                    weir_hint(flag))};
        }
        case Meaning::always_on:
        case Meaning::never_on: return apply_switch(flag, name, value);
        case Meaning::group: return apply_group(name, value);
        case Meaning::function:
            // WasmEdge's --reactor has no value: the function is the word behind the file.
            if (flag.value.empty()) m_is_reactor = true;
            else m_function = value;
            return {};
        case Meaning::output: m_output = value; return {};
        case Meaning::help: m_shows_help = true; return {};
        case Meaning::version: m_shows_version = true; return {};
        case Meaning::needless: return {};
        case Meaning::refused: break;
        }
        return Unexpected{wrong(fmt::format("{}: weir has no {}", called(), name), {}, std::string{flag.weir})};
    }

    [[nodiscard]] std::string weir_hint(const Flag& flag) const { return fmt::format("in weir's words it is {}", flag.weir); }

    Result<void, Problem> apply_switch(const Flag& flag, std::string_view name, std::string_view value)
    {
        bool is_understood = false;
        const bool wanted = is_on(value, is_understood);
        if (!is_understood)
            return Unexpected{
                wrong(fmt::format("{}: {}={} is not understood", called(), name, printable(value)), "it is a switch: y or n", {})};
        if (wanted == (flag.meaning == Meaning::always_on)) return {};
        return Unexpected{
            wrong(fmt::format("{}: weir cannot turn {} {}", called(), name, wanted ? "on" : "off"), std::string{flag.weir}, {})};
    }

    /// KEY[=VALUE],... of wasmtime's -W and the like.
    Result<void, Problem> apply_group(std::string_view group, std::string_view list)
    {
        while (!list.empty()) {
            const size_t comma = std::min(list.find(','), list.size());
            const std::string_view item = list.substr(0, comma);
            list.remove_prefix(std::min(comma + 1, list.size()));
            const size_t equals = item.find('=');
            // Keys may be written with underscores.
            std::string name = fmt::format("{} {}", group, item.substr(0, equals));
            std::ranges::replace(name, '_', '-');
            const Flag* const key = find_flag([&](std::string_view n) { return is_name(n, name); });
            if (key == nullptr) return Unexpected{unknown(name)};
            const bool has_value = equals != std::string_view::npos;
            if (!has_value && key->value.starts_with('='))
                return Unexpected{wrong(fmt::format("{}: {} needs a value", called(), name), {},
                                        fmt::format("the form is {}{}", name, key->value))};
            WEIR_CHECK(apply(*key, name, has_value ? item.substr(equals + 1) : std::string_view{}));
        }
        return {};
    }

    /// A flag that the tool does not have, or that is missing in its table: what comes near it, there or among weir's own.
    [[nodiscard]] Problem unknown(std::string_view word) const
    {
        const std::string_view given = word.substr(0, word.find('='));
        std::string_view best;
        const auto consider = [&](std::string_view name) {
            if (is_near(without_dashes(given), without_dashes(name)) &&
                (best.empty() || edit_distance(given, name) < edit_distance(given, best)))
                best = name;
        };
        find_flag([&](std::string_view name) {
            consider(name);
            return false;
        });
        Problem problem = wrong(fmt::format("{}: weir knows no {} of {}", called(), printable(given), m_tool.name), {}, {});
        if (!best.empty()) problem.hint = fmt::format("did you mean {}?", best);
        if (!best.empty()) return problem;
        const std::string_view own_command = serves(m_command) ? "serve" : m_command.action == Action::compile ? "compile" : "run";
        for (const syntax::Option& option : serves(m_command)                     ? syntax::serve_options
                                            : m_command.action == Action::compile ? syntax::compile_options
                                                                                  : syntax::run_options)
            consider(option.name);
        problem.hint = best.empty()
                         ? fmt::format("{} --help  shows what weir takes in its place; weir {} --help  weir's own options",
                                       m_tool.name, own_command)
                         : fmt::format("weir {} has {}", own_command, best);
        return problem;
    }

    [[nodiscard]] Result<Translation, Problem> compose()
    {
        Translation to{{}, {}, &m_command};
        const auto add = [&](std::string_view word) { to.words.emplace_back(word); };
        const bool is_run = m_command.action == Action::run || m_command.action == Action::run_invoke;
        add(is_run                                ? "run"
            : m_command.action == Action::compile ? "compile"
            : m_command.action == Action::check   ? "inspect"
                                                  : "serve");
        to.words.insert(to.words.end(), m_own.begin(), m_own.end());
        if (m_positional.empty())
            return Unexpected{wrong(fmt::format("{}: which file?", called()), {},
                                    fmt::format("{} --help  shows what weir takes in its place", m_tool.name))};
        std::vector<std::string_view> rest{m_positional.begin() + 1, m_positional.end()};
        if (m_is_reactor && rest.empty())
            return Unexpected{wrong(fmt::format("{}: --reactor: which function?", called()), {},
                                    "the form is --reactor FILE FUNCTION [ARGS...]")};
        if (m_is_reactor) {
            m_function = rest.front();
            rest.erase(rest.begin());
        }
        if (!m_function.empty()) {
            add("--invoke");
            add(m_function);
        }
        if (m_command.action == Action::compile) {
            // Options may stand behind FILE, so a name may not look like one.
            const auto as_path = [](std::string_view name) { return (name.starts_with('-') ? "./" : "") + std::string{name}; };
            if (m_output.empty() && !rest.empty()) {
                m_output = rest.front();
                rest.erase(rest.begin());
            }
            if (!rest.empty())
                return Unexpected{wrong(fmt::format("{}: '{}' is one word too many", called(), printable(rest.front())), {}, {})};
            add(as_path(m_positional[0]));
            if (!m_output.empty()) {
                add("-o");
                add(as_path(m_output));
            }
            return to;
        }
        if (m_command.action == Action::check) add("--compile-all");
        if (m_command.action == Action::as_command) add("--as-command");
        add("--");
        add(m_positional[0]);
        if (is_run || m_command.action == Action::as_command) to.words.insert(to.words.end(), rest.begin(), rest.end());
        else if (!rest.empty())
            return Unexpected{wrong(fmt::format("{}: '{}' is one word too many", called(), printable(rest.front())), {}, {})};
        return to;
    }

    const Tool& m_tool;
    const Command& m_command;
    OwnWords m_own;
    std::vector<std::string_view> m_positional;
    std::string_view m_function, m_output;
    bool m_shows_help = false, m_shows_version = false, m_is_reactor = false;
};

constexpr std::array<const Tool*, 6> all_tools{&wasmtime, &wazero, &wasmedge, &wasmer, &wasirun, &viceroy};

/// Weir's option that a text has at this place: its name, and the form of its value where one follows, as in "--max-memory SIZE".
struct Named {
    std::string_view name, form;
};
Named option_at(std::string_view text)
{
    constexpr std::string_view in_names = "abcdefghijklmnopqrstuvwxyz-";
    const std::string_view name = text.substr(0, text.find_first_not_of(in_names));
    const std::string_view rest = text.substr(name.size());
    const bool has_form = rest.size() > 1 && rest[0] == ' ' && rest[1] >= 'A' && rest[1] <= 'Z';
    return {name, has_form ? rest.substr(0, rest.find_first_of(" ,", 1)) : std::string_view{}};
}

/// The tool's flag that becomes this option of weir's.
const Flag* find_flag_for(const Command& command, std::string_view option)
{
    for (const std::span<const Flag> flags : {command.flags, command.common})
        for (const Flag& flag : flags) {
            const bool does_it = flag.meaning == Meaning::option || flag.meaning == Meaning::converted;
            if (does_it && option_at(flag.weir).name == option) return &flag;
        }
    return nullptr;
}

const Command* find_command(const Tool& tool, std::string_view name)
{
    const auto found = std::ranges::find(tool.commands, name, &Command::name);
    return found == tool.commands.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Tool* const> tools() { return all_tools; }

const Tool* find_tool(std::string_view program)
{
    program.remove_prefix(program.rfind('/') + 1);  // npos + 1 is 0
    for (const Tool* const tool : all_tools)
        if (tool->name == program) return tool;
    return nullptr;
}

std::string in_words_of(const Command& command, std::string_view text)
{
    // What names weir itself is to be typed as it is.
    if (text.find("weir ") != std::string_view::npos) return std::string{text};
    std::string reworded;
    for (;;) {
        const size_t at = text.find("--");
        reworded += text.substr(0, at);
        if (at == std::string_view::npos) return reworded;
        text.remove_prefix(at);
        const Named option = option_at(text);
        text.remove_prefix(option.name.size() + option.form.size());
        if (const Flag* const flag = find_flag_for(command, option.name); flag != nullptr) {
            reworded += flag->names.substr(0, flag->names.find(','));
            if (!option.form.empty()) reworded += (flag->value.starts_with('=') ? "" : " ") + std::string{flag->value};
        } else {
            if (option.name != "--") reworded += serves(command) ? "weir serve " : "weir run ";
            reworded.append(option.name).append(option.form);
        }
    }
}

Result<Translation, Problem> translate(const Tool& tool, Words words)
{
    const std::string_view first = words.empty() ? "" : words[0];
    const Command* command = is_flag(first) || first.empty() ? nullptr : find_command(tool, first);
    if (command != nullptr) words = words.subspan(1);
    else command = find_command(tool, tool.default_command);
    // Whatever the tool: nobody's program is called so.
    const bool asks_for_version = words.size() == 1 && (first == "--version" || first == "-V" || first == "version");
    const bool asks_for_help = words.size() == 1 && (first == "--help" || first == "-h" || first == "help");
    if (asks_for_version && !(command != nullptr && command->action != Action::version && !is_flag(first)))
        return Translation{{}, version_of(tool), nullptr};
    if (words.empty() && first.empty()) return Translation{{}, help_of(tool), nullptr};
    if (asks_for_help) return Translation{{}, help_of(tool), nullptr};
    if (command == nullptr)
        return Unexpected{
            Problem{.error = fmt::format("{}: weir knows no command '{}' of {}", tool.name, printable(first), tool.name),
                    .because = {},
                    .hint = fmt::format("{} --help  shows what weir takes in its place", tool.name),
                    .exit_code = exit_usage}};
    if (command->action == Action::version) return Translation{{}, version_of(tool), nullptr};
    if (command->action == Action::help) return Translation{{}, help_of(tool), nullptr};
    if (command->action == Action::refused)
        return Unexpected{Problem{.error = fmt::format("weir has no {} {}", tool.name, command->name),
                                  .because = {},
                                  .hint = std::string{command->weir},
                                  .exit_code = exit_usage}};
    return Translator{tool, *command}.translate(words);
}

}  // namespace weir::cli::persona
