#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weir::cache {

/// The folder that images are kept in: entries, which are files that are never changed, and memos, symbolic links to entries. What is in it
/// is native code that will run, so it has to belong to its user, and nobody else may as much as look. Any number of processes use it at
/// once: names appear complete or not at all, and may be gone at any time.
class Folder {
public:
    /// $XDG_CACHE_HOME/weir, else $HOME/.cache/weir; nothing when neither is an absolute path.
    static std::optional<std::string> default_path();
    enum class IfMissing : uint8_t { fail, create };
    /// EACCES when it is somebody else's or open to others; ENOTDIR when it is something else.
    static Result<Folder, SysError> open(const std::string& path, IfMissing if_missing);

    /// An entry, also by way of a memo's name. Not valid when there is none.
    [[nodiscard]] UniqueFd open_entry(const std::string& name) const;
    /// Marks an entry as used, at most once an hour.
    void touch(const UniqueFd& entry) const;
    /// Has `write` fill a file of its own, which then replaces the entry `name`.
    Result<void, SysError> put_entry(const std::string& name, const std::function<Result<void, SysError>(int file)>& write) const;
    /// Has `name` stand for an entry. Whether it worked is for the next one who looks.
    void put_memo(const std::string& name, const std::string& entry) const;
    /// Notes that a memo might be made. False when that was noted before.
    [[nodiscard]] bool note(const std::string& memo) const;
    [[nodiscard]] bool remove(const std::string& name) const;

    struct Entry {
        std::string name;
        uint64_t size_bytes = 0;
        int64_t used_s = 0;  // since the Unix epoch
    };
    /// The entries, those used last first.
    [[nodiscard]] std::vector<Entry> entries() const;
    struct Removed {
        size_t entries = 0;
        uint64_t bytes = 0;
    };
    /// Removes entries, those used longest ago first, until the rest is no more than `max_bytes`; what crashed writers have left; and memos
    /// that lead nowhere, but for the newest, which are notes.
    Removed prune(uint64_t max_bytes) const;

private:
    explicit Folder(UniqueFd directory) : m_directory(std::move(directory)) {}

    struct Contents;
    [[nodiscard]] Contents list() const;

    UniqueFd m_directory;
};

}  // namespace weir::cache
