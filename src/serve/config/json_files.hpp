#pragma once

#include "base/result.hpp"
#include "host/fastly/service.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// JSON files that a configuration refers to. Errors are what is wrong, for people.

namespace weir::serve {

/// An object whose values are strings.
[[nodiscard]] Result<fastly::Items, std::string> read_json_items(const std::string& path, bool is_secret_store = false);

/// An entry of a KV store's file: data or the file that has them.
struct KvFileEntry {
    std::string key;
    std::optional<std::string> data, file;
    std::string metadata;
};
/// An object whose values are strings, or objects with `data` or `file`, and `metadata`.
[[nodiscard]] Result<std::vector<KvFileEntry>, std::string> read_json_kv(const std::string& path);

/// An object of objects: each as JSON without spaces, its keys sorted.
[[nodiscard]] Result<fastly::Items, std::string> read_json_objects(const std::string& path);

/// {"entries": [{"prefix": "192.0.2.0/24", "action": "BLOCK"}, ...]}
[[nodiscard]] Result<fastly::Acl, std::string> read_json_acl(const std::string& path);

}  // namespace weir::serve
