#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::cli {

struct CacheOptions {
    enum class Action : uint8_t { list, remove, prune, path } action = Action::list;
    std::vector<std::string> names;     // to remove: of modules, or the beginnings of entries' names
    bool removes_all = false;           // instead of `names`
    std::optional<uint64_t> max_bytes;  // to prune to; otherwise what runs prune to
};

/// Shows or empties the cache of machine code; answers the process's exit code.
[[nodiscard]] int manage_cache(const CacheOptions& options);

}  // namespace weir::cli
