#include "host/wasip1/world.hpp"

#include "host/wasip1/path.hpp"
#include "host/wasip1/support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace weir::wasip1 {

Result<void, SysError> World::add_given(int host_fd)
{
    auto file = std::make_unique<OpenFile>();
    file->host_fd = host_fd;
    file->is_shared = true;
    struct stat status{};
    if (::fstat(host_fd, &status) == 0) {  // a closed descriptor answers badf when it is used, as in a shell's `<&-`
        file->type = file_type_of(host_fd, status.st_mode);
        const int host_flags = ::fcntl(host_fd, F_GETFL);
        const int access = host_flags & O_ACCMODE;
        file->rights_base = rights_of(file->type, host_fd);
        if (access == O_WRONLY) file->rights_base = file->rights_base & ~right_fd_read;
        if (access == O_RDONLY)
            file->rights_base = file->rights_base & ~(right_fd_write | right_fd_allocate | right_fd_filestat_set_size);
        // What the host's description says of waiting is other processes' affair; the guest begins with a blocking one.
        if ((host_flags & O_APPEND) != 0) file->flags = fdflag_append;
        if (file->type == FileType::directory) file->rights_base = no_rights;  // `< dir` grants nothing beneath it
    }
    if (!m_files.add(std::move(file))) return Unexpected{SysError{EMFILE, "max_open_files", {}}};
    return {};
}

void World::limit_output()
{
    for (const Fd fd : {Fd{1}, Fd{2}}) {
        OpenFile& file = *m_files.find(fd);
        file.is_limited_output = true;
        file.rights_base =
            file.rights_base & (right_fd_write | right_fd_fdstat_set_flags | right_fd_filestat_get | right_poll_fd_readwrite);
    }
}

Result<void, SysError> World::add_preopen(const Preopen& preopen)
{
    auto file = std::make_unique<OpenFile>();
    file->owned = UniqueFd{::open(preopen.host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!file->owned) return Unexpected{last_error("open", preopen.host_path)};
    file->host_fd = file->owned.get();
    struct stat status{}, root{};
    if (::fstat(file->host_fd, &status) != 0) return Unexpected{last_error("fstat", preopen.host_path)};
    if (::stat("/", &root) == 0 && root.st_dev == status.st_dev && root.st_ino == status.st_ino)
        file->resolution = Resolution::in_root;
    file->type = FileType::directory;
    file->rights_base = directory_rights;
    // All of them for a read-only mount as well: libcs ask for no more than is inherited, and would so turn opening for writing,
    // which must fail with rofs, into opening for reading.
    file->rights_inheriting = directory_rights | file_rights;
    file->preopen_path = preopen.guest_path;
    file->is_read_only = preopen.is_read_only;
    if (!m_files.add(std::move(file))) return Unexpected{SysError{EMFILE, "max_open_files", preopen.host_path}};
    return {};
}

const Preopen* find_holder(std::span<const Preopen> preopens, std::string_view guest_path, std::string_view& beneath)
{
    const Preopen* holder = nullptr;
    size_t longest = 0;
    for (const Preopen& p : preopens) {
        std::string_view name = p.guest_path;
        if (!name.starts_with('/')) continue;
        while (name.ends_with('/')) name.remove_suffix(1);
        if (!guest_path.starts_with(name) || (guest_path.size() > name.size() && guest_path[name.size()] != '/')) continue;
        if (holder != nullptr && name.size() < longest) continue;
        holder = &p;
        longest = name.size();
    }
    beneath = guest_path.substr(longest);
    while (beneath.starts_with('/')) beneath.remove_prefix(1);
    if (beneath.empty()) beneath = ".";
    return holder;
}

Result<void, SysError> World::add_working_directory()
{
    std::string_view beneath;
    const Preopen* const holder = find_holder(m_config.preopens, m_config.working_directory, beneath);
    if (holder == nullptr) return Unexpected{SysError{ENOENT, "find_holder", m_config.working_directory}};
    constexpr uint32_t first_preopen = 3;
    const OpenFile& directory = *m_files.find(Fd{first_preopen + static_cast<uint32_t>(holder - m_config.preopens.data())});
    auto file = std::make_unique<OpenFile>();
    Path path;
    if (path.assign(beneath) != Errno::success) return Unexpected{SysError{EINVAL, "openat2", m_config.working_directory}};
    if (open_beneath(directory, path, O_RDONLY | O_DIRECTORY, 0, file->owned) != Errno::success)
        return Unexpected{last_error("openat2", m_config.working_directory)};
    const auto is_where_relative_paths_begin = [](const Preopen& p) { return p.guest_path == "/" || p.guest_path == "."; };
    if (std::ranges::any_of(m_config.preopens, is_where_relative_paths_begin)) return {};
    file->host_fd = file->owned.get();
    file->type = FileType::directory;
    file->rights_base = directory.rights_base;
    file->rights_inheriting = directory.rights_inheriting;
    file->preopen_path = ".";
    file->is_read_only = directory.is_read_only;
    if (!m_files.add(std::move(file))) return Unexpected{SysError{EMFILE, "max_open_files", m_config.working_directory}};
    return {};
}

Result<std::unique_ptr<World>, SysError> World::create(WorldConfig config)
{
    auto world = std::unique_ptr<World>{new World{std::move(config)}};
    const WorldConfig& c = world->m_config;
    for (const int host_fd : {c.stdin_fd, c.stdout_fd, c.stderr_fd}) WEIR_CHECK(world->add_given(host_fd));
    if (c.max_output_bytes) world->limit_output();
    for (const Preopen& p : c.preopens) WEIR_CHECK(world->add_preopen(p));
    if (!c.working_directory.empty()) WEIR_CHECK(world->add_working_directory());
    for (const int host_fd : c.sockets) WEIR_CHECK(world->add_given(host_fd));
    return world;
}

std::span<const runtime::HostModule> World::host_modules()
{
    static constexpr std::string_view preview1 = "wasi_snapshot_preview1", unstable = "wasi_unstable";
    static constexpr std::string_view world = "WASI preview 1";
    static const std::array modules{
        runtime::HostModule{preview1, world, args_functions, "args"},
        runtime::HostModule{preview1, world, clock_functions, "clock"},
        runtime::HostModule{preview1, world, dir_functions, "fs"},
        runtime::HostModule{preview1, world, fd_functions, "fs"},
        runtime::HostModule{preview1, world, fd_preview1_functions, "fs"},
        runtime::HostModule{preview1, world, io_functions, "fs"},
        runtime::HostModule{preview1, world, io_preview1_functions, "fs"},
        runtime::HostModule{preview1, world, path_functions, "fs"},
        runtime::HostModule{preview1, world, path_open_functions, "fs"},
        runtime::HostModule{preview1, world, path_preview1_functions, "fs"},
        runtime::HostModule{preview1, world, poll_preview1_functions, "poll"},
        runtime::HostModule{preview1, world, proc_functions, "proc"},
        runtime::HostModule{preview1, world, random_functions, "random"},
        runtime::HostModule{preview1, world, sock_functions, "sock"},
        runtime::HostModule{preview1, world, sock_preview1_functions, "sock"},
        runtime::HostModule{unstable, world, args_functions, "args"},
        runtime::HostModule{unstable, world, clock_functions, "clock"},
        runtime::HostModule{unstable, world, dir_functions, "fs"},
        runtime::HostModule{unstable, world, fd_functions, "fs"},
        runtime::HostModule{unstable, world, fd_unstable_functions, "fs"},
        runtime::HostModule{unstable, world, io_functions, "fs"},
        runtime::HostModule{unstable, world, io_unstable_functions, "fs"},
        runtime::HostModule{unstable, world, path_functions, "fs"},
        runtime::HostModule{unstable, world, path_open_functions, "fs"},
        runtime::HostModule{unstable, world, path_unstable_functions, "fs"},
        runtime::HostModule{unstable, world, poll_unstable_functions, "poll"},
        runtime::HostModule{unstable, world, proc_functions, "proc"},
        runtime::HostModule{unstable, world, random_functions, "random"},
        runtime::HostModule{unstable, world, sock_functions, "sock"},
    };
    return modules;
}

void World::add_to(runtime::Linker& linker)
{
    for (const runtime::HostModule& module : host_modules()) linker.add(module, this);
}

}  // namespace weir::wasip1
