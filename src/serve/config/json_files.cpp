#include "serve/config/json_files.hpp"

#include "http/headers.hpp"
#include "serve/config/section.hpp"

#include <boost/json/src.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace weir::serve {

namespace {

namespace json = boost::json;

constexpr std::string_view no_object = "The file is of the wrong format. The file is expected to contain a single JSON Object";

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }
std::string_view key_of(const json::key_value_pair& pair) { return {pair.key().data(), pair.key().size()}; }

Result<json::object, std::string> read_object(const std::string& path)
{
    WEIR_TRY(text, read_file(path));
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (error || !value.is_object())
        return Unexpected{fmt::format("{} ({}{}{})", no_object, path, error ? ": " : "", error ? error.message() : "")};
    return std::move(value.as_object());
}

/// Without spaces, keys sorted.
std::string to_text(const json::value& value)
{
    std::string text;
    if (const json::object* const object = value.if_object()) {
        std::vector<const json::key_value_pair*> pairs;
        for (const json::key_value_pair& pair : *object) pairs.push_back(&pair);
        std::ranges::sort(pairs, {}, [](const auto* pair) { return key_of(*pair); });
        for (const auto* pair : pairs)
            text +=
                fmt::format("{}{}:{}", text.empty() ? "" : ",", json::serialize(json::value{pair->key()}), to_text(pair->value()));
        return "{" + text + "}";
    }
    if (const json::array* const array = value.if_array()) {
        for (const json::value& item : *array) text += (text.empty() ? "" : ",") + to_text(item);
        return "[" + text + "]";
    }
    // Boost writes floating-point numbers with an exponent always; fmt writes the shortest that reads back the same.
    if (const double* const number = value.if_double()) return fmt::format("{}", *number);
    return json::serialize(value);
}

/// @error problem
Result<std::string, std::string> text_of(const json::value& value, const std::string& problem)
{
    const json::string* const text = value.if_string();
    if (text == nullptr) return Unexpected{problem};
    return std::string{view(*text)};
}

std::string wrong_item(std::string_view key, std::string_view what)
{
    return fmt::format("Item value under key named '{}' is of the wrong format. {}", key, what);
}

/// Sets the bits behind the first `bits` to zero.
void clear_host_bits(std::string& ip, unsigned bits)
{
    for (size_t i = 0; i < ip.size(); ++i) {
        const unsigned first = static_cast<unsigned>(i) * 8;
        const unsigned kept = bits <= first ? 0 : std::min(bits - first, 8U);
        ip[i] = static_cast<char>(static_cast<unsigned char>(ip[i]) & (0xff00U >> kept));
    }
}

/// @error  As serde would say it.
Result<fastly::Acl::Entry, std::string> parse_prefix(const std::string& text)
{
    const size_t slash = text.find('/');
    if (slash == std::string::npos) return Unexpected{fmt::format("invalid format '{}': want IP/MASK", text)};
    fastly::Acl::Entry entry;
    entry.prefix = parse_ip(text.substr(0, slash));
    if (entry.prefix.empty())
        return Unexpected{fmt::format("invalid ip address {}: expected one of IPv4 or IPv6", text.substr(0, slash))};
    const std::string_view mask = std::string_view{text}.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(mask.data(), mask.data() + mask.size(), bits);
    if (mask.empty() || error != std::errc{} || end != mask.data() + mask.size())
        return Unexpected{fmt::format("invalid prefix {}: expected a number of bits", mask)};
    const auto most = static_cast<unsigned>(entry.prefix.size() * 8);
    if (bits < 1 || bits > most) return Unexpected{fmt::format("mask outside allowed range [1, {}]: {}", most, bits)};
    entry.bits = static_cast<uint8_t>(bits);
    clear_host_bits(entry.prefix, bits);
    return entry;
}

}  // namespace

Result<fastly::Items, std::string> read_json_items(const std::string& path, bool is_secret_store)
{
    auto object = read_object(path);
    if (!object) {
        std::string text = std::move(object).error();
        // The one difference between the sections' texts.
        if (const size_t at = text.find("JSON Object"); is_secret_store && at != std::string::npos)
            text.replace(at, 11, "JSON object");
        return Unexpected{std::move(text)};
    }
    fastly::Items items;
    for (const json::key_value_pair& pair : *object) {
        WEIR_TRY(value, text_of(pair.value(), wrong_item(key_of(pair), "The value is expected to be a JSON String")));
        items.emplace(key_of(pair), std::move(value));
    }
    return items;
}

Result<std::vector<KvFileEntry>, std::string> read_json_kv(const std::string& path)
{
    WEIR_TRY(object, read_object(path));
    std::vector<KvFileEntry> entries;
    for (const json::key_value_pair& pair : object) {
        const std::string not_string = wrong_item(key_of(pair), "The value is expected to be a JSON String.");
        KvFileEntry entry{.key = std::string{key_of(pair)}, .data = {}, .file = {}, .metadata = {}};
        const json::object* const fields = pair.value().if_object();
        if (fields == nullptr) {
            WEIR_TRY(data, text_of(pair.value(), not_string));
            entry.data = std::move(data);
            entries.push_back(std::move(entry));
            continue;
        }
        for (const auto& [name, target] : {std::pair{"data", &entry.data}, std::pair{"file", &entry.file}})
            if (const json::value* const value = fields->if_contains(name)) {
                WEIR_TRY(text, text_of(*value, not_string));
                *target = std::move(text);
            }
        if (const json::value* const metadata = fields->if_contains("metadata")) {
            WEIR_TRY(text, text_of(*metadata, not_string));
            entry.metadata = std::move(text);
        }
        if (entry.data && entry.file) return Unexpected{wrong_item(key_of(pair), "'data' and 'file' are mutually exclusive.")};
        if (!entry.data && !entry.file) return Unexpected{wrong_item(key_of(pair), "One of 'data' or 'file' must be present.")};
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<fastly::Items, std::string> read_json_objects(const std::string& path)
{
    WEIR_TRY(object, read_object(path));
    fastly::Items items;
    for (const json::key_value_pair& pair : object) {
        if (!pair.value().is_object()) return Unexpected{wrong_item(key_of(pair), "The value is expected to be a JSON Object")};
        items.emplace(key_of(pair), to_text(pair.value()));
    }
    return items;
}

Result<fastly::Acl, std::string> read_json_acl(const std::string& path)
{
    WEIR_TRY(object, read_object(path));
    const json::value* const value = object.if_contains("entries");
    const json::array* const list = value == nullptr ? nullptr : value->if_array();
    if (list == nullptr) return Unexpected{fmt::format("missing field `entries`, an array ({})", path)};
    fastly::Acl acl;
    for (size_t i = 0; i < list->size(); ++i) {
        const auto problem = [&](std::string_view what) { return Unexpected{fmt::format("{} ({}, entry {})", what, path, i)}; };
        const json::object* const fields = (*list)[i].if_object();
        const json::value* const prefix = fields == nullptr ? nullptr : fields->if_contains("prefix");
        const json::value* const action = fields == nullptr ? nullptr : fields->if_contains("action");
        if (prefix == nullptr || !prefix->is_string()) return problem("missing field `prefix`, a string");
        if (action == nullptr || !action->is_string()) return problem("missing field `action`, a string");
        auto entry = parse_prefix(std::string{view(prefix->get_string())});
        if (!entry) return problem(entry.error());
        entry->action = view(action->get_string());
        for (const std::string_view word : {"ALLOW", "BLOCK"})
            if (http::equals_ignoring_case(entry->action, word)) entry->action = word;
        if (entry->action != "ALLOW" && entry->action != "BLOCK") entry->action = fmt::format("Other({})", entry->action);
        acl.entries.push_back(std::move(*entry));
    }
    return acl;
}

}  // namespace weir::serve
