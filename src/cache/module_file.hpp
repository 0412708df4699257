#pragma once

#include "base/unique_fd.hpp"

#include <sys/stat.h>

#include <string>

namespace weir::cache {

/// The file that a module was mapped from, kept open: who it is, and whether it still is what it was.
class ModuleFile {
public:
    ModuleFile(UniqueFd file, const struct stat& status, std::string path);

    [[nodiscard]] const std::string& path() const { return m_path; }
    /// Whether the name of a memo can be made of it: a file of the same number, size and times, on a file system of the same number, has the
    /// same content. So it is where this machine's kernel keeps the times: a file server, or a program that plays a file system, could tell
    /// anything.
    [[nodiscard]] bool has_identity() const { return m_has_identity; }
    /// Whatever is different when the content is; meaningful if has_identity().
    struct Identity {
        uint64_t device, file_system, inode, size_bytes, mtime_s, mtime_ns, ctime_s, ctime_ns;
    };
    [[nodiscard]] const Identity& identity() const { return m_identity; }

    /// Whether the content is now what it was when it was opened. False when that cannot be known.
    [[nodiscard]] bool is_unchanged() const;

private:
    UniqueFd m_file;
    std::string m_path;
    Identity m_identity{};
    bool m_has_identity = false;
    bool m_is_settled = false;
};

}  // namespace weir::cache
