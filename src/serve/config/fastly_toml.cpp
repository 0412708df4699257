#include "serve/config/fastly_toml.hpp"

#include "serve/config/section.hpp"

#include <fmt/format.h>

#include <array>

namespace weir::serve {

namespace {

struct Section {
    std::string_view name;
    void (*read)(const toml::node&, fastly::Service&, Problems&);
};
// Several names of one section stand together; only one of them may be used.
constexpr std::array sections{
    Section{"acls", read_acls},
    Section{"backends", read_backends},
    Section{"device_detection", read_device_detection},
    Section{"geolocation", read_geolocation},
    Section{"dictionaries", read_dictionaries},
    Section{"config_stores", read_dictionaries},
    Section{"object_stores", read_kv_stores},
    Section{"object_store", read_kv_stores},
    Section{"kv_stores", read_kv_stores},
    Section{"secret_stores", read_secret_stores},
    Section{"shielding_sites", read_shielding_sites},
    Section{"fake_valid_fastly_keys", read_fastly_keys},
};

/// Keys beside [local_server], of which no more than the type matters.
void check_manifest(const toml::table& manifest, Problems& problems)
{
    constexpr int64_t newest_version = 3;
    if (const toml::node* const version = manifest.get("manifest_version")) {
        const auto number = version->value_exact<int64_t>();
        if (!number || *number < 0) problems.add(*version, "manifest_version is not a number (expected one from 1 to 3)");
        else if (*number > newest_version)
            problems.add(*version,
                         fmt::format("unsupported manifest version {}; max supported version is {}", *number, newest_version));
    }
    for (const std::string_view key : {"name", "description", "language"})
        if (const toml::node* const node = manifest.get(key); node != nullptr && !node->is_string())
            problems.add(*node, fmt::format("{} is not a string", key));
    const toml::node* const authors = manifest.get("authors");
    if (authors == nullptr) return;
    const toml::array* const list = authors->as_array();
    bool are_strings = list != nullptr;
    if (list != nullptr)
        for (const toml::node& author : *list) are_strings = are_strings && author.is_string();
    if (!are_strings) problems.add(*authors, "authors is not an array of strings");
}

void read_local_server(const toml::table& local_server, fastly::Service& service, Problems& problems)
{
    for (size_t i = 0; i < sections.size(); ++i) {
        const toml::node* const node = local_server.get(sections[i].name);
        if (node == nullptr) continue;
        for (size_t other = 0; other < i; ++other)
            if (sections[other].read == sections[i].read && local_server.contains(sections[other].name))
                problems.add(*node, fmt::format("duplicate field: '{}' and '{}' are two names of one section", sections[other].name,
                                                sections[i].name));
        sections[i].read(*node, service, problems);
    }
}

}  // namespace

Result<std::shared_ptr<fastly::Service>, std::vector<ConfigProblem>> parse_fastly_toml(std::string_view text)
{
    Problems problems;
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        problems.add(parsed.error().source(), std::string{parsed.error().description()});
        return Unexpected{problems.take()};
    }
    const toml::table& manifest = parsed.table();
    auto service = std::make_shared<fastly::Service>();
    // Addresses of this machine have a place also where nothing is configured.
    service->geolocation = [](std::string_view ip) -> std::optional<std::string> {
        if (!fastly::is_loopback(ip)) return std::nullopt;
        return std::string{fastly::loopback_geolocation()};
    };
    check_manifest(manifest, problems);
    if (const toml::node* const node = manifest.get("local_server")) {
        if (const toml::table* const table = node->as_table()) read_local_server(*table, *service, problems);
        else problems.add(*node, "local_server is not a table");
    }
    if (!problems.empty()) return Unexpected{problems.take()};
    return service;
}

}  // namespace weir::serve
