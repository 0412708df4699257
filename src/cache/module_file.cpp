#include "cache/module_file.hpp"

#include <linux/magic.h>
#include <sys/statfs.h>

#include <algorithm>
#include <array>
#include <bit>
#include <ctime>
#include <utility>

namespace weir::cache {

namespace {

constexpr unsigned xfs_magic = 0x58465342, zfs_magic = 0x2FC12FC1;
constexpr std::array<unsigned, 7> local_file_systems{
    EXT4_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, xfs_magic, zfs_magic};

// The kernel gives times by its tick, at most 10 ms. A file that was written so short a time before it was opened may be written again
// without having another time.
constexpr int64_t settling_ns = 20'000'000;

int64_t ns_of(const timespec& t) { return t.tv_sec * 1'000'000'000 + t.tv_nsec; }

ModuleFile::Identity identity_of(const struct stat& status, uint64_t file_system)
{
    return {.device = status.st_dev,
            .file_system = file_system,
            .inode = status.st_ino,
            .size_bytes = static_cast<uint64_t>(status.st_size),
            .mtime_s = static_cast<uint64_t>(status.st_mtim.tv_sec),
            .mtime_ns = static_cast<uint64_t>(status.st_mtim.tv_nsec),
            .ctime_s = static_cast<uint64_t>(status.st_ctim.tv_sec),
            .ctime_ns = static_cast<uint64_t>(status.st_ctim.tv_nsec)};
}

}  // namespace

ModuleFile::ModuleFile(UniqueFd file, const struct stat& status, std::string path)
    : m_file(std::move(file)), m_path(std::move(path))
{
    struct statfs system{};
    if (::fstatfs(m_file.get(), &system) != 0) return;
    m_identity = identity_of(status, std::bit_cast<uint64_t>(system.f_fsid));
    m_has_identity = std::ranges::find(local_file_systems, static_cast<unsigned>(system.f_type)) != local_file_systems.end();
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    m_is_settled = m_has_identity && ns_of(now) - ns_of(status.st_ctim) >= settling_ns;
}

bool ModuleFile::is_unchanged() const
{
    struct stat status{};
    if (!m_is_settled || ::fstat(m_file.get(), &status) != 0) return false;
    const Identity now = identity_of(status, m_identity.file_system);
    return std::bit_cast<std::array<uint64_t, 8>>(now) == std::bit_cast<std::array<uint64_t, 8>>(m_identity);
}

}  // namespace weir::cache
