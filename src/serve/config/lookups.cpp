#include "serve/config/json_files.hpp"
#include "serve/config/section.hpp"

#include "http/headers.hpp"

#include <fmt/format.h>

// [local_server.geolocation], device_detection, acls, shielding_sites and fake_valid_fastly_keys.

namespace weir::serve {

namespace {

using fastly::Items;

/// A TOML value as JSON: texts, numbers, booleans, and tables where they are allowed. Empty for another.
std::optional<std::string> to_json(const toml::node& node, bool allows_tables)
{
    if (const auto text = node.value_exact<std::string>()) return fastly::json_string(*text);
    if (const auto number = node.value_exact<int64_t>()) return fmt::format("{}", *number);
    if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    const toml::table* const table = allows_tables ? node.as_table() : nullptr;
    if (table == nullptr) return std::nullopt;
    std::string members;
    for (const auto& [key, value] : *table) {  // sorted
        const auto text = to_json(value, true);
        if (!text) return std::nullopt;
        members += fmt::format("{}{}:{}", members.empty() ? "" : ",", fastly::json_string(key.str()), *text);
    }
    return "{" + members + "}";
}

/// What geolocation and device detection have in common: a mapping to JSON objects, inline or from a file.
struct Mapping {
    std::string entry_name;        // for messages
    std::string_view kind;         // in messages: "geolocation mapping"
    std::string_view inline_key;   // "addresses"
    std::string_view wrong_value;  // the message for an inline value of a wrong type
    bool allows_tables;
    bool (*is_key)(const std::string&);  // null: every text is one
};

void read_inline(const Mapping& mapping, const Entry& entry, Items& items)
{
    const toml::node* const node = entry.table.get(mapping.inline_key);
    if (node == nullptr) return entry.wrong(fmt::format("missing '{}' field", mapping.inline_key));
    const toml::table* const table = node->as_table();
    if (table == nullptr) return entry.wrong(*node, fmt::format("'{}' was not provided as a TOML table", mapping.inline_key));
    for (const auto& [key, value] : *table) {
        const std::string name{key.str()};
        if (mapping.is_key != nullptr && !mapping.is_key(name)) {
            entry.wrong(value, "IP address not valid: 'invalid IP address syntax'");
            continue;
        }
        std::string members;
        const toml::table* const fields = value.as_table();
        bool is_valid = fields != nullptr;
        if (fields != nullptr)
            for (const auto& [field, field_value] : *fields) {
                const auto text = to_json(field_value, mapping.allows_tables);
                is_valid = is_valid && text.has_value();
                members += fmt::format("{}{}:{}", members.empty() ? "" : ",", fastly::json_string(field.str()), text.value_or(""));
            }
        if (is_valid) items.emplace(name, "{" + members + "}");
        else entry.wrong(value, mapping.wrong_value);
    }
}

/// The mapping as it is whenever it is asked for; a file is read again each time. Null when none is configured.
std::function<std::shared_ptr<const Items>()> read_mapping(const Mapping& mapping, const Entry& entry)
{
    if (entry.table.get("format") == nullptr) return {};
    const auto format = entry.text("format");
    if (!format) return {};
    if (*format == "inline-toml") {
        Items items;
        read_inline(mapping, entry, items);
        return [shared = std::make_shared<const Items>(std::move(items))] { return shared; };
    }
    if (*format != "json") {
        entry.wrong(*entry.table.get("format"),
                    fmt::format("'{}' is not a valid format for the {}. Supported format(s) are: 'inline-toml', 'json'.", *format,
                                mapping.kind));
        return {};
    }
    const auto file = entry.text("file", true);
    if (!file) return {};
    const auto items = read_json_objects(*file);
    if (!items) entry.wrong(*entry.table.get("file"), items.error());
    else if (mapping.is_key != nullptr)
        for (const auto& [key, ignored] : *items)
            if (!mapping.is_key(key)) entry.wrong(*entry.table.get("file"), "IP address not valid: 'invalid IP address syntax'");
    return [path = *file]() -> std::shared_ptr<const Items> {
        auto now = read_json_objects(path);
        return now ? std::make_shared<const Items>(std::move(*now)) : nullptr;
    };
}

}  // namespace

void read_geolocation(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const Mapping mapping{"geolocation_mapping",
                          "geolocation mapping",
                          "addresses",
                          "inline geolocation value was not a string",
                          false,
                          [](const std::string& text) { return !parse_ip(text).empty(); }};
    const toml::table* const table = node.as_table();
    if (table == nullptr) return problems.add(node, mapping.entry_name, "definition was not provided as a TOML table");
    const Entry entry{mapping.entry_name, *table, problems};
    bool knows_loopback = true;
    if (const toml::node* const flag = table->get("use_default_loopback")) {
        const auto value = flag->value_exact<bool>();
        if (!value) entry.wrong(*flag, "definition was not provided as a TOML table ('use_default_loopback' is true or false)");
        knows_loopback = value.value_or(true);
    }
    auto source = read_mapping(mapping, entry);
    service.geolocation = [source = std::move(source), knows_loopback](std::string_view ip) -> std::optional<std::string> {
        const auto items = source ? source() : nullptr;
        if (items != nullptr)
            for (const auto& [key, value] : *items)
                if (parse_ip(key) == ip) return value;
        if (knows_loopback && fastly::is_loopback(ip)) return std::string{fastly::loopback_geolocation()};
        return std::nullopt;
    };
}

void read_device_detection(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const Mapping mapping{"device_detection_mapping",
                          "device detection mapping",
                          "user_agents",
                          "inline device detection value was not a string",
                          true,
                          nullptr};
    const toml::table* const table = node.as_table();
    if (table == nullptr) return problems.add(node, mapping.entry_name, "definition was not provided as a TOML table");
    auto source = read_mapping(mapping, Entry{mapping.entry_name, *table, problems});
    if (!source) return;
    service.device_detection = [source = std::move(source)](std::string_view user_agent) -> std::optional<std::string> {
        const auto items = source();
        if (items == nullptr) return std::nullopt;
        const auto found = items->find(user_agent);
        if (found == items->end()) return std::nullopt;
        return found->second;
    };
}

void read_acls(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const toml::table* const section = node.as_table();
    if (section == nullptr) return problems.add(node, "acls is not a table of access control lists");
    for (const auto& [key, definition] : *section) {
        const std::string name{key.str()};
        auto path = definition.value_exact<std::string>();
        if (const toml::table* const table = definition.as_table()) {
            const toml::node* const file = table->get("file");
            if (file != nullptr) path = file->value_exact<std::string>();
            if (!path) problems.add(definition, name, "missing 'file' field");
        } else if (!path) {
            problems.add(definition, name, "acl must be a TOML table or string");
        }
        if (!path) continue;
        auto acl = read_json_acl(*path);
        if (acl) service.acls.emplace(name, std::move(*acl));
        else problems.add(definition, name, acl.error());
    }
}

void read_shielding_sites(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const toml::table* const section = node.as_table();
    if (section == nullptr) return problems.add(node, "shielding_sites is not a table of sites");
    for (const auto& [key, definition] : *section) {
        const std::string name{key.str()};
        fastly::ShieldingSite site;
        if (const auto text = definition.value_exact<std::string>()) {
            site.is_local = http::equals_ignoring_case(*text, "local");
            if (!site.is_local) problems.add(definition, name, "Illegal TOML string for shielding site; must be 'local'");
        } else if (const toml::table* const table = definition.as_table()) {
            const auto read = [&](std::string_view field) {
                const toml::node* const value = table->get(field);
                return value == nullptr ? std::nullopt : value->value_exact<std::string>();
            };
            const auto encrypted = read("encrypted"), unencrypted = read("unencrypted");
            if (!encrypted || !unencrypted || table->size() != 2) {
                problems.add(definition, name,
                             "Illegal table for shielding site; must have exactly one key named 'encrypted', and one named "
                             "'unencrypted'");
                continue;
            }
            for (const auto& [url_text, target] :
                 {std::pair{*encrypted, &site.encrypted_url}, std::pair{*unencrypted, &site.unencrypted_url}}) {
                const auto url = fastly::Uri::parse(url_text);
                if (url && !url->scheme.empty()) *target = url->to_string();
                else
                    problems.add(definition, name,
                                 fmt::format("Illegal URL ({}): expected http:// or https:// and a host", url_text));
            }
        } else {
            problems.add(
                definition, name,
                "Illegal TOML value for shielding site; must be either the string 'local' or a table containing an encrypted "
                "and unencrypted URL.");
        }
        service.shielding_sites.emplace(name, std::move(site));
    }
}

void read_fastly_keys(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const toml::array* const list = node.as_array();
    if (list == nullptr) return problems.add(node, "fake_valid_fastly_keys is not an array of strings");
    for (const toml::node& key : *list) {
        if (const auto text = key.value_exact<std::string>()) service.valid_fastly_keys.push_back(*text);
        else problems.add(key, "fake_valid_fastly_keys is not an array of strings");
    }
}

}  // namespace weir::serve
