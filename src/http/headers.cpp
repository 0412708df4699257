#include "http/headers.hpp"

#include <algorithm>
#include <array>

namespace weir::http {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// RFC 9110, 5.6.2: tchar.
constexpr std::array<bool, 256> token_characters = [] {
    std::array<bool, 256> is{};
    for (unsigned c = '0'; c <= '9'; ++c) is[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) is[c] = true;
    for (unsigned c = 'A'; c <= 'Z'; ++c) is[c] = true;
    for (const char c : std::string_view{"!#$%&'*+-.^_`|~"}) is[static_cast<unsigned char>(c)] = true;
    return is;
}();

bool is_one_of(std::string_view name, auto const& names)
{
    return std::ranges::any_of(names, [&](std::string_view other) { return equals_ignoring_case(name, other); });
}

constexpr std::array<std::string_view, 7> hop_by_hop_names{"connection",        "keep-alive", "proxy-connection", "te",
                                                           "transfer-encoding", "upgrade",    "http2-settings"};
constexpr std::array<std::string_view, 17> forbidden_trailer_names{
    "content-length",   "host",     "trailer",      "content-encoding",   "content-type",        "content-range", "authorization",
    "cache-control",    "expect",   "max-forwards", "proxy-authenticate", "proxy-authorization", "range",         "set-cookie",
    "www-authenticate", "if-match", "cookie"};

}  // namespace

void Headers::append(std::string_view name, std::string_view value)
{
    m_fields.push_back({m_bytes.size(), name.size(), value.size()});
    m_bytes.append(name).append(value);
}

void Headers::set(std::string_view name, std::string_view value)
{
    const auto first =
        std::ranges::find_if(m_fields, [&](const Field& field) { return equals_ignoring_case(view(field).name, name); });
    if (first == m_fields.end()) {
        append(name, value);
        return;
    }
    m_unused += first->size();
    *first = {m_bytes.size(), name.size(), value.size()};
    m_bytes.append(name).append(value);
    m_fields.erase(std::remove_if(first + 1, m_fields.end(),
                                  [&](const Field& field) {
                                      if (!equals_ignoring_case(view(field).name, name)) return false;
                                      m_unused += field.size();
                                      return true;
                                  }),
                   m_fields.end());
    compact_if_worth();
}

size_t Headers::remove(std::string_view name)
{
    const size_t before = size();
    remove_if([&](const HeaderView& field) { return equals_ignoring_case(field.name, name); });
    return before - size();
}

void Headers::clear() noexcept
{
    m_bytes.clear();
    m_fields.clear();
    m_unused = 0;
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept
{
    for (const Field& field : m_fields) {
        if (field.name_size == name.size() && equals_ignoring_case(view(field).name, name)) return view(field).value;
    }
    return {};
}

size_t Headers::count(std::string_view name) const noexcept
{
    return static_cast<size_t>(
        std::ranges::count_if(*this, [&](const HeaderView& f) { return equals_ignoring_case(f.name, name); }));
}

// Replacing fields again and again must not grow without bound.
void Headers::compact_if_worth()
{
    constexpr size_t worth_bytes = 4096;
    if (m_unused < worth_bytes || m_unused < m_bytes.size() / 2) return;
    std::string bytes;
    bytes.reserve(size_bytes());
    for (Field& field : m_fields) {
        const size_t offset = bytes.size();
        bytes.append(m_bytes, field.offset, field.size());
        field.offset = offset;
    }
    m_bytes = std::move(bytes);
    m_unused = 0;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text)
{
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(), lower);
    return lowered;
}

std::string_view trim_blanks(std::string_view text) noexcept
{
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text) noexcept
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return token_characters[static_cast<unsigned char>(c)]; });
}

bool is_valid_header_value(std::string_view value) noexcept
{
    if (value.empty()) return true;
    if (trim_blanks(value).size() != value.size()) return false;
    return std::ranges::all_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

bool has_element(const Headers& headers, std::string_view name, std::string_view element) noexcept
{
    bool found = false;
    for_each_element(headers, name, [&](std::string_view each) { found = found || equals_ignoring_case(each, element); });
    return found;
}

std::optional<uint64_t> parse_content_length(std::string_view text) noexcept
{
    if (text.empty()) return {};
    uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return {};
        if (__builtin_mul_overflow(value, uint64_t{10}, &value) ||
            __builtin_add_overflow(value, static_cast<uint64_t>(c - '0'), &value))
            return {};
    }
    return value;
}

bool is_hop_by_hop(std::string_view name) noexcept { return is_one_of(name, hop_by_hop_names); }

void remove_hop_by_hop(Headers& headers)
{
    std::vector<std::string> named;
    for_each_element(headers, "connection", [&](std::string_view element) {
        // These frame or route the message; a client that names them here wants them to get lost on the way.
        if (!equals_ignoring_case(element, "content-length") && !equals_ignoring_case(element, "host")) named.emplace_back(element);
    });
    headers.remove_if([&](const HeaderView& field) { return is_hop_by_hop(field.name) || is_one_of(field.name, named); });
}

bool is_forbidden_trailer(std::string_view name) noexcept
{
    return is_hop_by_hop(name) || is_one_of(name, forbidden_trailer_names);
}

}  // namespace weir::http
