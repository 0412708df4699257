#pragma once

#include "host/fastly/service.hpp"
#include "serve/config/fastly_toml.hpp"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the sections of a fastly.toml share. Each section's reader goes on after a mistake, so that all are reported at once.

namespace weir::serve {

/// Collects mistakes.
class Problems {
public:
    void add(const toml::source_region& where, std::string text)
    {
        m_all.push_back({where.begin.line, where.begin.column, std::move(text)});
    }
    void add(const toml::node& where, std::string text) { add(where.source(), std::move(text)); }
    /// A mistake in an entry: `invalid configuration for 'origin': ...`.
    void add(const toml::node& where, std::string_view entry, std::string_view what);
    /// In the order of the file.
    [[nodiscard]] std::vector<ConfigProblem> take();
    [[nodiscard]] bool empty() const { return m_all.empty(); }

private:
    std::vector<ConfigProblem> m_all;
};

/// An entry of a section: a table with keys.
struct Entry {
    const std::string& name;
    const toml::table& table;
    Problems& problems;

    void wrong(const toml::node& where, std::string_view what) const { problems.add(where, name, what); }
    void wrong(std::string_view what) const { problems.add(table, name, what); }

    /// A text that is not empty. Missing it is a mistake only when it `is_required`.
    [[nodiscard]] std::optional<std::string> text(std::string_view key, bool is_required = false) const;
    /// Reports every key that is none of these.
    void allow_only(std::initializer_list<std::string_view> keys) const;
};

/// The whole content of a file. The error is the system's.
[[nodiscard]] Result<std::string, std::string> read_file(const std::string& path);
/// 4 or 16 bytes of an IP address in text form; empty when it is none.
[[nodiscard]] std::string parse_ip(const std::string& text);

// A section's entries, by its name under [local_server]. `node` is what the file has there.

void read_backends(const toml::node& node, fastly::Service& service, Problems& problems);
void read_dictionaries(const toml::node& node, fastly::Service& service, Problems& problems);
void read_kv_stores(const toml::node& node, fastly::Service& service, Problems& problems);
void read_secret_stores(const toml::node& node, fastly::Service& service, Problems& problems);
void read_geolocation(const toml::node& node, fastly::Service& service, Problems& problems);
void read_device_detection(const toml::node& node, fastly::Service& service, Problems& problems);
void read_acls(const toml::node& node, fastly::Service& service, Problems& problems);
void read_shielding_sites(const toml::node& node, fastly::Service& service, Problems& problems);
void read_fastly_keys(const toml::node& node, fastly::Service& service, Problems& problems);

}  // namespace weir::serve
