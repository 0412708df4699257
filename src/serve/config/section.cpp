#include "serve/config/section.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <tuple>

namespace weir::serve {

void Problems::add(const toml::node& where, std::string_view entry, std::string_view what)
{
    add(where, fmt::format("invalid configuration for '{}': {}", entry, what));
}

std::vector<ConfigProblem> Problems::take()
{
    std::ranges::sort(m_all, {}, [](const ConfigProblem& p) { return std::tuple{p.line, p.column, std::string_view{p.text}}; });
    return std::move(m_all);
}

std::optional<std::string> Entry::text(std::string_view key, bool is_required) const
{
    const toml::node* const node = table.get(key);
    if (node == nullptr) {
        if (is_required) wrong(fmt::format("missing '{}' field", key));
        return std::nullopt;
    }
    const auto value = node->value_exact<std::string>();
    if (!value) wrong(*node, fmt::format("'{}' field was not a string", key));
    else if (value->empty()) wrong(*node, fmt::format("'{}' field is empty", key));
    else return value;
    return std::nullopt;
}

void Entry::allow_only(std::initializer_list<std::string_view> keys) const
{
    for (const auto& [key, node] : table)
        if (std::ranges::find(keys, key.str()) == keys.end())
            wrong(node, fmt::format("unrecognized key '{}' (expected one of: {})", key.str(), fmt::join(keys, ", ")));
}

Result<std::string, std::string> read_file(const std::string& path)
{
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    std::ostringstream content;
    if (file) content << file.rdbuf();
    if (!file || content.fail())
        return Unexpected{fmt::format("cannot read '{}': {}", path, std::strerror(errno != 0 ? errno : EIO))};
    return std::move(content).str();
}

std::string parse_ip(const std::string& text)
{
    constexpr size_t v4_bytes = 4, v6_bytes = 16;
    std::array<char, v6_bytes> bytes{};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), v4_bytes};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), v6_bytes};
    return {};
}

}  // namespace weir::serve
