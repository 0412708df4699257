#include "serve/config/json_files.hpp"
#include "serve/config/section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

// [local_server.dictionaries] or config_stores, kv_stores or object_stores, and secret_stores.

namespace weir::serve {

namespace {

using fastly::Items;

constexpr size_t max_item_key = 256, max_item_value = 8000;  // characters

/// Characters of UTF-8.
size_t length_of(std::string_view text)
{
    return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// What is wrong with the sizes of items; empty when nothing is.
std::string size_problem(const Items& items)
{
    for (const auto& [key, value] : items) {
        if (length_of(key) > max_item_key) return fmt::format("Item key named '{}' is too long, max size is {}", key, max_item_key);
        if (length_of(value) > max_item_value)
            return fmt::format("Item value named '{}' is too long, max size is {}", key, max_item_value);
    }
    return {};
}

/// The format that a section's entry has; empty, after a report, when it has none that `formats` names.
std::string read_format(const Entry& entry, std::string_view kind, std::initializer_list<std::string_view> formats,
                        bool is_required)
{
    const auto format = entry.text("format", is_required);
    if (!format) return {};
    if (std::ranges::find(formats, *format) != formats.end()) return *format;
    entry.wrong(*entry.table.get("format"), fmt::format("'{}' is not a valid format for the {}. Supported format(s) are: '{}'.",
                                                        *format, kind, fmt::join(formats, "', '")));
    return {};
}

std::optional<Items> read_contents(const Entry& entry)
{
    const toml::node* const node = entry.table.get("contents");
    if (node == nullptr) {
        entry.wrong("missing 'contents' field");
        return std::nullopt;
    }
    const toml::table* const contents = node->as_table();
    if (contents == nullptr) {
        entry.wrong(*node, "'contents' was not provided as a TOML table");
        return std::nullopt;
    }
    Items items;
    for (const auto& [key, value] : *contents) {
        const auto text = value.value_exact<std::string>();
        if (!text) entry.wrong(value, "inline dictionary value was not a string");
        else items.emplace(key.str(), *text);
    }
    if (const std::string problem = size_problem(items); !problem.empty()) entry.wrong(*node, problem);
    return items;
}

fastly::ItemsSource read_dictionary(const Entry& entry)
{
    const std::string format = read_format(entry, "dictionary", {"inline-toml", "json"}, true);
    if (format == "inline-toml") {
        entry.allow_only({"format", "contents"});
        auto items = read_contents(entry);
        if (!items) return {};
        return [shared = std::make_shared<const Items>(std::move(*items))] { return shared; };
    }
    if (format != "json") return {};
    entry.allow_only({"format", "file"});
    const auto file = entry.text("file", true);
    if (!file) return {};
    const auto items = read_json_items(*file);
    const std::string problem = items ? size_problem(*items) : items.error();
    if (!problem.empty()) entry.wrong(*entry.table.get("file"), problem);
    // Read again each time it is opened, so that it can be edited while the server runs.
    return [path = *file]() -> std::shared_ptr<const Items> {
        auto now = read_json_items(path);
        if (!now || !size_problem(*now).empty()) return nullptr;
        return std::make_shared<const Items>(std::move(*now));
    };
}

/// An item of a store that is an array of tables: its key, and where its value comes from.
struct StoreItem {
    std::string key;
    std::string data;
    std::string metadata;
};

/// @param sources  The keys of which one has to be there.
std::optional<StoreItem> read_item(const Entry& entry, const toml::node& node, std::initializer_list<std::string_view> sources)
{
    const toml::table* const table = node.as_table();
    const auto wrong = [&](const toml::node& where, std::string_view what) {
        entry.wrong(where, what);
        return std::nullopt;
    };
    if (table == nullptr) return wrong(node, "There is an object in the given store that is not a table of keys.");
    const toml::node* const key_node = table->get("key");
    if (key_node == nullptr) return wrong(node, "The `key` key for an object is not set. It must be used.");
    const auto key = key_node->value_exact<std::string>();
    if (!key) return wrong(*key_node, "The `key` value for an object is not a string.");
    StoreItem item{.key = *key, .data = {}, .metadata = {}};
    const toml::node* source = nullptr;
    std::string_view source_key;
    const bool has_env = std::ranges::find(sources, "env") != sources.end();
    for (const std::string_view name : sources) {
        const toml::node* const found = table->get(name);
        if (found == nullptr) continue;
        if (source != nullptr)
            return wrong(*found,
                         has_env
                             ? fmt::format("More than one of `file`, `data`, or `env` keys for the object `{}` are set. Only one "
                                           "can be used.",
                                           *key)
                             : fmt::format("The `file` and `data` keys for the object `{}` are set. Only one can be used.", *key));
        source = found;
        source_key = name == "path" ? "file" : name;
    }
    if (source == nullptr)
        return wrong(
            node, has_env ? fmt::format("None of `file`, `data`, or `env` keys for the object `{}` is set. One must be used.", *key)
                          : fmt::format("The `file` or `data` key for the object `{}` is not set. One must be used.", *key));
    const auto text = source->value_exact<std::string>();
    if (!text) return wrong(*source, fmt::format("The `{}` value for the object `{}` is not a string.", source_key, *key));
    if (const toml::node* const metadata = table->get("metadata"); metadata != nullptr && !has_env) {
        const auto value = metadata->value_exact<std::string>();
        if (!value) return wrong(*metadata, fmt::format("The `metadata` value for the object `{}` is not a string.", *key));
        item.metadata = *value;
    }
    if (source_key == "data") {
        item.data = *text;
    } else if (source_key == "env") {
        const char* const value = std::getenv(text->c_str());
        if (value != nullptr) item.data = value;
    } else {
        auto content = read_file(*text);
        if (!content) return wrong(*source, content.error());
        item.data = std::move(*content);
    }
    return item;
}

/// The file of a store that is a table { file, format = "json" }; empty after a report.
std::optional<std::string> read_store_file(const Entry& entry, std::string_view kind)
{
    const toml::node* const file = entry.table.get("file");
    const toml::node* const format = entry.table.get("format");
    if (file == nullptr && format == nullptr) {
        entry.wrong("There is no array of objects for the given store.");
        return std::nullopt;
    }
    if (file == nullptr || format == nullptr) {
        entry.wrong("When using a top-level 'file' to load data, both 'file' and 'format' must be set.");
        return std::nullopt;
    }
    if (read_format(entry, kind, {"json"}, true).empty()) return std::nullopt;
    return entry.text("file", true);
}

void add_to_store(const Entry& entry, const toml::node& where, fastly::KvStore& store, StoreItem item)
{
    if (const std::string problem = fastly::kv_key_problem(item.key); !problem.empty())
        return entry.wrong(where, fmt::format("Invalid `key` value used: Keys for objects {}.", problem));
    const std::string key = item.key;
    fastly::KvStore::Insertion how;
    how.metadata = std::move(item.metadata);
    if (store.insert(key, std::move(item.data), how) != fastly::KvError::ok)
        entry.wrong(where, fmt::format("The value of `{}` is too large: at most 25 MiB, and 2000 bytes of metadata.", key));
}

void read_kv_store(const Entry& entry, fastly::KvStore& store)
{
    const auto file = read_store_file(entry, "config store");
    if (!file) return;
    const toml::node& where = *entry.table.get("file");
    auto items = read_json_kv(*file);
    if (!items) return entry.wrong(where, items.error());
    for (KvFileEntry& item : *items) {
        if (item.file) {
            auto content = read_file(*item.file);
            if (!content) {
                entry.wrong(where, content.error());
                continue;
            }
            item.data = std::move(*content);
        }
        add_to_store(entry, where, store, {std::move(item.key), std::move(*item.data), std::move(item.metadata)});
    }
}

bool is_secret_name(std::string_view name)
{
    constexpr size_t max_name = 255;
    return !name.empty() && name.size() <= max_name && std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' || c == '.';
    });
}

/// Calls `read_array` or `read_table` for each entry of a section.
template <class ReadArray, class ReadTable>
void for_each_store(const toml::node& node, std::string_view section_name, Problems& problems, ReadArray read_array,
                    ReadTable read_table)
{
    const toml::table* const section = node.as_table();
    if (section == nullptr) return problems.add(node, fmt::format("{} is not a table of stores", section_name));
    const toml::table empty;
    for (const auto& [key, definition] : *section) {
        const std::string name{key.str()};
        if (const toml::array* const list = definition.as_array()) read_array(Entry{name, empty, problems}, *list);
        else if (const toml::table* const table = definition.as_table()) read_table(Entry{name, *table, problems});
        else problems.add(definition, name, "There is no array of objects for the given store.");
    }
}

}  // namespace

void read_dictionaries(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const toml::table* const section = node.as_table();
    if (section == nullptr) return problems.add(node, "dictionaries (config_stores) is not a table of dictionaries");
    for (const auto& [key, definition] : *section) {
        const std::string name{key.str()};
        const toml::table* const table = definition.as_table();
        if (table == nullptr) problems.add(definition, name, "definition was not provided as a TOML table");
        else service.dictionaries.emplace(name, read_dictionary(Entry{name, *table, problems}));
    }
}

void read_kv_stores(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const auto add_store = [&](const std::string& name) -> fastly::KvStore& {
        return *service.kv_stores.insert_or_assign(name, std::make_shared<fastly::KvStore>()).first->second;
    };
    for_each_store(
        node, "kv_stores (object_stores)", problems,
        [&](const Entry& entry, const toml::array& list) {
            fastly::KvStore& store = add_store(entry.name);
            for (const toml::node& item_node : list)
                if (auto item = read_item(entry, item_node, {"data", "file", "path"}))
                    add_to_store(entry, item_node, store, std::move(*item));
        },
        [&](const Entry& entry) { read_kv_store(entry, add_store(entry.name)); });
}

void read_secret_stores(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const auto add_secret = [](const Entry& entry, const toml::node& where, Items& secrets, std::string key, std::string value) {
        if (!is_secret_name(key)) entry.wrong(where, fmt::format("Invalid secret name: {}", key));
        else secrets.insert_or_assign(std::move(key), std::move(value));
    };
    const auto add_store = [&](const Entry& entry, const toml::node& where) -> Items& {
        if (!is_secret_name(entry.name)) entry.wrong(where, fmt::format("Invalid secret store name: {}", entry.name));
        return service.secret_stores[entry.name];
    };
    for_each_store(
        node, "secret_stores", problems,
        [&](const Entry& entry, const toml::array& list) {
            Items& secrets = add_store(entry, list);
            for (const toml::node& item_node : list)
                if (auto item = read_item(entry, item_node, {"data", "file", "env"}))
                    add_secret(entry, item_node, secrets, std::move(item->key), std::move(item->data));
        },
        [&](const Entry& entry) {
            Items& secrets = add_store(entry, entry.table);
            const auto file = read_store_file(entry, "secret store");
            if (!file) return;
            const toml::node& where = *entry.table.get("file");
            const auto items = read_json_items(*file, true);
            if (!items) return entry.wrong(where, items.error());
            for (const auto& [key, value] : *items) add_secret(entry, where, secrets, key, value);
        });
}

}  // namespace weir::serve
