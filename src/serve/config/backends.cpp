#include "serve/config/section.hpp"

#include "host/fastly/pem.hpp"
#include "http/headers.hpp"

#include <fmt/format.h>

#include <array>

// [local_server.backends]

namespace weir::serve {

namespace {

using fastly::Backend;
using fastly::BackendHealth;

void read_url(const Entry& entry, Backend& backend)
{
    const auto text = entry.text("url", true);
    if (!text) return;
    auto url = fastly::Uri::parse(*text);
    if (!url || (url->scheme != "http" && url->scheme != "https"))
        entry.wrong(*entry.table.get("url"),
                    fmt::format("invalid url: '{}' (expected http:// or https://, a host, and perhaps a port and "
                                "a path)",
                                *text));
    else backend.url = std::move(*url);
}

void read_override_host(const Entry& entry, Backend& backend)
{
    auto host = entry.text("override_host");
    if (host && !http::is_valid_header_value(*host))
        entry.wrong(*entry.table.get("override_host"), "invalid override_host: not a header value");
    else backend.override_host = std::move(host);
}

bool read_flag(const Entry& entry, std::string_view key, bool otherwise)
{
    const toml::node* const node = entry.table.get(key);
    if (node == nullptr) return otherwise;
    const auto value = node->value_exact<bool>();
    if (!value) entry.wrong(*node, fmt::format("'{}' field was not a boolean", key));
    return value.value_or(otherwise);
}

std::optional<uint32_t> read_timeout(const Entry& entry, std::string_view key)
{
    const toml::node* const node = entry.table.get(key);
    if (node == nullptr) return std::nullopt;
    const auto value = node->value_exact<int64_t>();
    if (value && *value >= 0 && *value <= UINT32_MAX) return static_cast<uint32_t>(*value);
    entry.wrong(*node, "Illegal timeout value (must be an integer >= 0)");
    return std::nullopt;
}

/// A PEM text; { file = path }; { value = text }; or an array of these.
void read_authorities(const Entry& entry, const toml::node& node, Backend& backend)
{
    const auto invalid = [&](std::string_view what) {
        entry.wrong(node, fmt::format("'ca_certificate' field was invalid: {}", what));
    };
    std::string pem;
    if (const toml::array* const list = node.as_array()) {
        for (const toml::node& item : *list) read_authorities(entry, item, backend);
        return;
    }
    if (const auto text = node.value_exact<std::string>()) {
        if (text->empty()) {
            entry.wrong(node, "'ca_certificate' field is empty");
            return;
        }
        pem = *text;
    } else if (const toml::table* const table = node.as_table()) {
        if (const toml::node* const file = table->get("file")) {
            const auto path = file->value_exact<std::string>();
            if (!path) return invalid("invalid format for file reference");
            if (table->size() != 1) {
                std::string others;
                for (const auto& [other, ignored] : *table)
                    if (other.str() != "file") others += (others.empty() ? "" : ", ") + std::string{other.str()};
                return invalid(fmt::format("unknown ca_certificate keys: [{}]", others));
            }
            auto content = read_file(*path);
            if (!content) return invalid(content.error());
            pem = std::move(*content);
        } else if (const toml::node* const value = table->get("value")) {
            const auto given = value->value_exact<std::string>();
            if (!given) return invalid("invalid format for 'value' field");
            pem = *given;
        } else {
            return invalid("'ca_certificate' was a dictionary without a 'file' or 'value' field");
        }
    } else {
        return invalid(
            "unknown format for 'ca_certificates' field; expected a PEM text, a table with 'file' or 'value', or an array of "
            "these");
    }
    if (fastly::count_certificates(pem).value_or(0) == 0)
        return invalid("Couldn't process certificate: no PEM certificate is in it");
    backend.ca_certificates_pem.push_back(std::move(pem));
}

/// The text at `key`, or of the file that `key`_file names, which wins.
std::optional<std::string> read_pem(const Entry& entry, const toml::table& table, std::string_view key)
{
    const std::string file_key = fmt::format("{}_file", key);
    const toml::node* const file = table.get(file_key);
    const toml::node* const node = file != nullptr ? file : table.get(key);
    if (node == nullptr) {
        entry.wrong(table, fmt::format("'client_certificate' has neither '{}' nor '{}'", key, file_key));
        return std::nullopt;
    }
    const auto text = node->value_exact<std::string>();
    if (!text) {
        entry.wrong(*node, fmt::format("Expected a string value for key {}, got something else", file != nullptr ? file_key : key));
        return std::nullopt;
    }
    if (file == nullptr) return text;
    auto content = read_file(*text);
    if (content) return std::move(*content);
    entry.wrong(*node, fmt::format("Certificate/key read error: {}", content.error()));
    return std::nullopt;
}

void read_client_certificate(const Entry& entry, Backend& backend)
{
    const toml::node* const node = entry.table.get("client_certificate");
    if (node == nullptr) return;
    const toml::table* const table = node->as_table();
    if (table == nullptr) return entry.wrong(*node, "Expected a TOML table, found something else");
    auto certificate = read_pem(entry, *table, "certificate");
    auto key = read_pem(entry, *table, "key");
    if (certificate && fastly::count_certificates(*certificate).value_or(0) == 0)
        entry.wrong(*node, "No certificates found in client cert definition");
    if (key && fastly::count_private_keys(*key) == 0) entry.wrong(*node, "No keys found for client certificate");
    if (certificate && key) backend.client_certificate = {std::move(*certificate), std::move(*key)};
}

void read_health(const Entry& entry, Backend& backend)
{
    const toml::node* const node = entry.table.get("health");
    if (node == nullptr) return;
    const std::string text = node->value_exact<std::string>().value_or("not a string");
    constexpr std::array<std::string_view, 3> words{"unknown", "healthy", "unhealthy"};  // in the order of BackendHealth
    for (uint32_t i = 0; i < words.size(); ++i)
        if (http::equals_ignoring_case(words[i], text)) {
            backend.health = BackendHealth{i};
            return;
        }
    entry.wrong(*node, fmt::format("'health' field has invalid value '{}' (expected 'unknown', 'healthy', or 'unhealthy')", text));
}

}  // namespace

void read_backends(const toml::node& node, fastly::Service& service, Problems& problems)
{
    const toml::table* const section = node.as_table();
    if (section == nullptr) return problems.add(node, "backends is not a table of backends");
    for (const auto& [key, definition] : *section) {
        const std::string name{key.str()};
        const toml::table* const table = definition.as_table();
        if (table == nullptr) {
            problems.add(definition, name, "definition was not provided as a TOML table");
            continue;
        }
        const Entry entry{name, *table, problems};
        auto backend = std::make_shared<Backend>();
        backend->name = name;
        read_url(entry, *backend);
        read_override_host(entry, *backend);
        backend->certificate_host = entry.text("cert_host");
        backend->sends_server_name = read_flag(entry, "use_sni", true);
        backend->is_grpc = read_flag(entry, "grpc", false);
        if (const toml::node* const authorities = table->get("ca_certificate")) read_authorities(entry, *authorities, *backend);
        read_client_certificate(entry, *backend);
        backend->first_byte_timeout_ms = read_timeout(entry, "first_byte_timeout_ms");
        backend->between_bytes_timeout_ms = read_timeout(entry, "between_bytes_timeout_ms");
        read_health(entry, *backend);
        entry.allow_only({"url", "override_host", "cert_host", "use_sni", "ca_certificate", "client_certificate", "grpc",
                          "first_byte_timeout_ms", "between_bytes_timeout_ms", "health"});
        service.backends.emplace(name, std::move(backend));
    }
}

}  // namespace weir::serve
