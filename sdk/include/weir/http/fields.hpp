#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weir::http {

namespace detail {

/// Which octets RFC 9110 and 9112 allow where.
enum CharClass : uint8_t { token_char = 1, value_char = 2, target_char = 4, host_char = 8 };

inline constexpr auto char_classes = [] {
    std::array<uint8_t, 256> classes{};
    for (size_t c = 0x21; c < 0x7f; ++c) classes[c] = value_char | target_char;
    for (size_t c = 0x80; c < 0x100; ++c) classes[c] = value_char;  // obs-text
    classes[' '] = classes['\t'] = value_char;
    const auto add = [&](std::string_view chars, uint8_t char_class) {
        for (const char c : chars) classes[static_cast<uint8_t>(c)] |= char_class;
    };
    constexpr std::string_view alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    add(alphanumeric, token_char | host_char);
    add("!#$%&'*+-.^_`|~", token_char);
    add("!$&'()*+;=-._~%:[]", host_char);  // no comma: nobody is at two hosts
    return classes;
}();

constexpr bool consists_of(std::string_view text, CharClass char_class) noexcept
{
    for (const char c : text)
        if ((char_classes[static_cast<uint8_t>(c)] & char_class) == 0) return false;
    return true;
}
constexpr bool is_token(std::string_view text) noexcept { return !text.empty() && consists_of(text, token_char); }

constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept
{
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i)
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    return true;
}
/// Without the spaces and tabs around it.
constexpr std::string_view trimmed(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}
/// Takes the next element off a list separated by commas. Empty elements count for nothing; nothing is left when there is none.
constexpr std::optional<std::string_view> next_element(std::string_view& list) noexcept
{
    while (!list.empty()) {
        const size_t comma = list.find(',');
        const std::string_view element = trimmed(list.substr(0, comma));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        if (!element.empty()) return element;
    }
    return std::nullopt;
}

}  // namespace detail

struct Field {
    std::string_view name, value;
};

/// The fields of a message, in the order in which they came.
class Fields {
public:
    [[nodiscard]] auto begin() const noexcept { return m_fields.begin(); }
    [[nodiscard]] auto end() const noexcept { return m_fields.end(); }
    [[nodiscard]] size_t size() const noexcept { return m_fields.size(); }
    /// The first of a name, in any case.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept
    {
        for (const Field& field : m_fields)
            if (detail::equals_ignoring_case(field.name, name)) return field.value;
        return std::nullopt;
    }

    void add(Field field) { m_fields.push_back(field); }
    void clear() noexcept { m_fields.clear(); }

private:
    std::vector<Field> m_fields;
};

}  // namespace weir::http
