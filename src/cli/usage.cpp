#include "cli/usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace weir::cli {

namespace {

using syntax::Option;
using Words = std::span<const char* const>;

constexpr std::string_view range_words = "in range ";

const Option* find(std::span<const Option> options, std::string_view name)
{
    const auto found = std::ranges::find_if(
        options, [&](const Option& option) { return option.name == name || (!name.empty() && option.short_name == name); });
    return found == options.end() ? nullptr : &*found;
}

std::string_view name_in(std::string_view word) { return word.substr(0, word.find('=')); }

bool wants_next_word(const Option& option, std::string_view word)
{
    return !option.value.empty() && option.value.front() != '[' && word.find('=') == std::string_view::npos;
}

/// The first word that is meant for an option and is none.
std::optional<std::string_view> find_unknown(Words words, std::span<const Option> options)
{
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "--") break;
        if (word.size() < 2 || word.front() != '-') continue;
        const Option* const option = find(options, name_in(word));
        if (option != nullptr) {
            if (wants_next_word(*option, word)) ++i;
            continue;
        }
        // -vv, -Cfastly.toml
        if (!word.starts_with("--") && find(options, word.substr(0, 2)) != nullptr) continue;
        return name_in(word);
    }
    return std::nullopt;
}

/// The value that an option was given last.
std::string_view value_of(const Option& option, Words words)
{
    std::string_view value;
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i], name = name_in(word);
        if (name != option.name && (option.short_name.empty() || name != option.short_name)) continue;
        if (name.size() < word.size()) value = word.substr(name.size() + 1);
        else if (i + 1 < words.size()) value = words[i + 1];
    }
    return value;
}

std::string form_of(const Option& option)
{
    return fmt::format("the form is {}{}{}", option.name, option.value.starts_with('[') ? "" : " ", option.value);
}

}  // namespace

Problem usage(std::string error, std::string because, std::string hint)
{
    return {.error = std::move(error), .because = std::move(because), .hint = std::move(hint), .exit_code = exit_usage};
}

Problem unknown_option(std::string_view name, std::span<const Option> options, std::string_view command)
{
    std::string_view best;
    for (const auto& option : options)
        if (is_near(name, option.name) && (best.empty() || edit_distance(name, option.name) < edit_distance(name, best)))
            best = option.name;
    Problem problem = usage(fmt::format("{} has no option {}", command, printable(name)), {},
                            fmt::format("{} --help  shows the options", command));
    if (!best.empty()) problem.hint = fmt::format("did you mean {}?", best);
    return problem;
}

Problem explain_parse_error(std::string_view message, Words words, std::span<const Option> options, std::string_view command)
{
    if (const auto name = find_unknown(words, options)) return unknown_option(*name, options, command);
    for (const Option& option : options) {
        // CLI11 begins with the option's names; what follows is about its own validators.
        const bool is_meant =
            message.starts_with(fmt::format("{}:", option.name)) ||
            (!option.short_name.empty() && message.starts_with(fmt::format("{},{}:", option.short_name, option.name)));
        if (option.value.empty() || !is_meant) continue;
        const std::string_view value = value_of(option, words);
        if (value.empty()) return usage(fmt::format("option {} needs a value", option.name), {}, form_of(option));
        const size_t range = message.find(range_words);
        return usage(fmt::format("{} '{}' is not understood", option.name, printable(value)),
                     range == std::string_view::npos ? ""
                                                     : fmt::format("it may be from {}", message.substr(range + range_words.size())),
                     form_of(option));
    }
    constexpr std::string_view not_expected = "not expected: ";
    if (const size_t at = message.find(not_expected); at != std::string_view::npos)
        return usage(fmt::format("{} takes one file", command),
                     fmt::format("'{}' is one too many", printable(message.substr(at + not_expected.size()))),
                     fmt::format("{} --help  shows the options", command));
    return usage(printable(message), {}, fmt::format("{} --help  shows the options", command));
}

}  // namespace weir::cli
