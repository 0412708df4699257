#include "serve/config/user_agents.hpp"

#include <fmt/format.h>
#include <re2/re2.h>
#include <re2/set.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace weir::serve {

namespace {

/// Groups of a rule's expression that mean something: family, then the parts of the version. It may have more.
constexpr size_t part_count = 4;
using Parts = std::array<std::string, part_count>;
constexpr std::array<const char*, part_count> replacement_names{"family_replacement", "v1_replacement", "v2_replacement",
                                                                "v3_replacement"};

struct Rule {
    std::unique_ptr<const re2::RE2> expression;
    std::array<std::optional<std::string>, part_count> replacements;  // where the rule says something else than its group
};

RE2::Options options()
{
    RE2::Options options;
    options.set_log_errors(false);
    options.set_encoding(RE2::Options::EncodingLatin1);  // bytes: user agents are what clients send
    return options;
}

/// `text` with $1 to $9 replaced by groups, without blanks at its ends.
std::string expand(std::string_view text, const std::vector<re2::StringPiece>& groups)
{
    std::string expanded;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool is_group = text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9';
        if (!is_group) {
            expanded += text[i];
            continue;
        }
        const auto number = static_cast<size_t>(text[++i] - '0');
        if (number < groups.size()) expanded.append(groups[number].data(), groups[number].size());
    }
    const size_t begin = expanded.find_first_not_of(' ');
    if (begin == std::string::npos) return {};
    return expanded.substr(begin, expanded.find_last_not_of(' ') + 1 - begin);
}

/// What a rule makes of a text that it matches.
std::optional<fastly::UserAgent> apply(const Rule& rule, std::string_view user_agent)
{
    std::vector<re2::StringPiece> groups(static_cast<size_t>(rule.expression->NumberOfCapturingGroups()) + 1);
    const re2::StringPiece text{user_agent.data(), user_agent.size()};
    if (!rule.expression->Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
        return std::nullopt;
    Parts parts;
    for (size_t i = 0; i < part_count; ++i) {
        if (rule.replacements[i]) parts[i] = expand(*rule.replacements[i], groups);
        else if (i + 1 < groups.size()) parts[i].assign(groups[i + 1].data(), groups[i + 1].size());
    }
    return fastly::UserAgent{std::move(parts[0]), std::move(parts[1]), std::move(parts[2]), std::move(parts[3])};
}

}  // namespace

struct UserAgents::Rules {
    std::vector<Rule> list;  // the first that matches counts
    std::unique_ptr<re2::RE2::Set> all;
};

UserAgents::UserAgents(std::unique_ptr<const Rules> rules) : m_rules(std::move(rules)) {}
UserAgents::UserAgents(UserAgents&&) noexcept = default;
UserAgents& UserAgents::operator=(UserAgents&&) noexcept = default;
UserAgents::~UserAgents() = default;

Result<UserAgents, std::string> UserAgents::read(const std::string& file)
try {
    constexpr int64_t most_memory_bytes = int64_t{64} << 20;  // of the automaton that looks for all rules at once
    auto rules = std::make_unique<Rules>();
    auto set_options = options();
    set_options.set_max_mem(most_memory_bytes);
    rules->all = std::make_unique<re2::RE2::Set>(set_options, re2::RE2::UNANCHORED);
    const YAML::Node parsers = YAML::LoadFile(file)["user_agent_parsers"];
    if (!parsers.IsSequence()) return Unexpected{std::string{"it has no list 'user_agent_parsers'"}};
    for (const YAML::Node& entry : parsers) {
        const auto text = entry["regex"].as<std::string>();
        Rule rule{std::make_unique<const re2::RE2>(text, options()), {}};
        if (!rule.expression->ok() || rules->all->Add(text, nullptr) != static_cast<int>(rules->list.size()))
            return Unexpected{fmt::format("line {}: the expression '{}' is not understood: {}", entry.Mark().line + 1, text,
                                          rule.expression->error())};
        for (size_t i = 0; i < part_count; ++i)
            if (const YAML::Node replacement = entry[replacement_names[i]]) rule.replacements[i] = replacement.as<std::string>();
        rules->list.push_back(std::move(rule));
    }
    if (rules->list.empty() || !rules->all->Compile()) return Unexpected{std::string{"it has no rules, or too many"}};
    return UserAgents{std::move(rules)};
} catch (const YAML::Exception& error) {
    return Unexpected{std::string{error.what()}};
}

fastly::UserAgent UserAgents::parse(std::string_view user_agent) const
{
    std::vector<int> matching;
    re2::RE2::Set::ErrorInfo error{};
    const re2::StringPiece text{user_agent.data(), user_agent.size()};
    if (m_rules->all->Match(text, &matching, &error) && !matching.empty()) {
        const auto first = static_cast<size_t>(*std::ranges::min_element(matching));
        if (auto found = apply(m_rules->list[first], user_agent)) return std::move(*found);
    } else if (error.kind != re2::RE2::Set::kNoError) {
        // The automaton would have become too large.
        for (const Rule& rule : m_rules->list)
            if (auto found = apply(rule, user_agent)) return std::move(*found);
    }
    return {.family = "Other", .major = {}, .minor = {}, .patch = {}};
}

}  // namespace weir::serve
