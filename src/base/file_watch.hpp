#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Notices when files are changed, replaced or come back. Used by one thread at a time.
class FileWatch {
public:
    /// `counts`: of a folder that is watched, which names in it matter.
    static Result<FileWatch, SysError> create(std::function<bool(std::string_view name)> counts = {});

    /// Watches these from now on, and nothing else: files, which need not be there, in folders which are; and folders, with a slash at their
    /// end, in which files are noticed that go away, too.
    Result<void, SysError> follow(const std::vector<std::string>& paths);
    /// Readable when take_changes() may have something.
    [[nodiscard]] int descriptor() const { return m_inotify.get(); }
    /// Takes what there is to tell, without waiting; whether something of it matters.
    bool take_changes();

    /// So long nothing must have changed before one looks at the files: compilers and editors write them piece by piece.
    static constexpr int quiet_ms = 100;

private:
    FileWatch() = default;

    struct Watched {
        std::string name;  // in its folder; empty: all that count
        int folder;        // inotify's number of it
    };
    std::function<bool(std::string_view)> m_counts;
    UniqueFd m_inotify;
    std::vector<Watched> m_watched;
};

}  // namespace weir
