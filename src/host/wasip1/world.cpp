#include "host/wasip1/world.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace weir::wasip1 {

Errno from_host(int host_errno) noexcept
{
    // Aliases of one number (EAGAIN, EWOULDBLOCK) make a switch over the rows impossible; the table is short.
    static constexpr int host_codes[] = {
#define WEIR_ERRNO(ident, host) host,
#include "host/wasip1/errno.def"
#undef WEIR_ERRNO
    };
    for (size_t i = 1; i < std::size(host_codes); ++i)
        if (host_codes[i] == host_errno) return static_cast<Errno>(i);
    return Errno::io;
}

FileType file_type_of(uint32_t mode) noexcept
{
    switch (mode & S_IFMT) {
    case S_IFBLK: return FileType::block_device;
    case S_IFCHR: return FileType::character_device;
    case S_IFDIR: return FileType::directory;
    case S_IFREG: return FileType::regular_file;
    case S_IFLNK: return FileType::symbolic_link;
    case S_IFSOCK: return FileType::socket_stream;
    default: return FileType::unknown;
    }
}

Result<std::unique_ptr<World>, SysError> World::create(WorldConfig config)
{
    auto world = std::unique_ptr<World>{new World{std::move(config)}};
    const WorldConfig& c = world->m_config;
    for (const int host_fd : {c.stdin_fd, c.stdout_fd, c.stderr_fd}) {
        auto file = std::make_unique<OpenFile>();
        file->host_fd = host_fd;
        file->is_stdio = true;
        struct stat status {};
        if (::fstat(host_fd, &status) == 0) file->type = file_type_of(status.st_mode);
        file->rights_base = all_rights & ~uint64_t{right_path_open};
        // A terminal or pipe cannot seek, and wasi-libc takes the missing right for isatty.
        if (file->type != FileType::regular_file) file->rights_base &= ~uint64_t{right_fd_seek | right_fd_tell};
        world->m_files.push_back(std::move(file));
    }
    for (const Preopen& p : c.preopens) {
        auto file = std::make_unique<OpenFile>();
        file->owned = UniqueFd{::open(p.host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        if (!file->owned) return Unexpected{last_error("open", p.host_path)};
        file->host_fd = file->owned.get();
        file->type = FileType::directory;
        file->preopen_path = p.guest_path;
        file->is_read_only = p.is_read_only;
        world->m_files.push_back(std::move(file));
    }
    return world;
}

std::optional<Fd> World::add(std::unique_ptr<OpenFile> file)
{
    size_t i = 0;
    while (i < m_files.size() && m_files[i]) ++i;
    if (i >= m_config.max_open_files) return std::nullopt;
    if (i == m_files.size()) m_files.emplace_back();
    m_files[i] = std::move(file);
    return static_cast<Fd>(i);
}

void World::add_to(runtime::Linker& linker)
{
    static const std::array modules{
        runtime::HostModule{"wasi_snapshot_preview1", "WASI preview 1", process_functions},
        runtime::HostModule{"wasi_snapshot_preview1", "WASI preview 1", clock_functions},
        runtime::HostModule{"wasi_snapshot_preview1", "WASI preview 1", fd_functions},
        runtime::HostModule{"wasi_snapshot_preview1", "WASI preview 1", path_functions},
        runtime::HostModule{"wasi_snapshot_preview1", "WASI preview 1", poll_functions},
    };
    for (const auto& module : modules) linker.add(module, this);
}

}  // namespace weir::wasip1
