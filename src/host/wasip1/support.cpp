#include "host/wasip1/support.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace weir::wasip1 {

Errno from_host(int host_errno) noexcept
{
    // Aliases of one number (EAGAIN, EWOULDBLOCK) make a switch over the rows impossible; the table is short.
    static constexpr int host_codes[] = {
#define WEIR_ERRNO(ident, host) host,
#include "host/wasip1/errno.def"
#undef WEIR_ERRNO
    };
    const auto* const row = std::find(std::begin(host_codes) + 1, std::end(host_codes), host_errno);
    return row == std::end(host_codes) ? Errno::io : static_cast<Errno>(row - std::begin(host_codes));
}

Result<OpenFile*, Errno> file_for(Context& cx, Fd fd, Rights needed) noexcept
{
    OpenFile* const file = cx.world.files().find(fd);
    if (file == nullptr) return Unexpected{Errno::badf};
    const Rights missing = needed & ~file->rights_base;
    if (missing == no_rights) [[likely]]
        return file;
    if (file->type == FileType::directory && (missing & ~directory_rights) != no_rights)
        return Unexpected{(missing & right_fd_write) != no_rights ? Errno::badf : Errno::isdir};  // as the host says it
    if (file->type != FileType::directory && (missing & ~(file_rights | socket_rights)) != no_rights)
        return Unexpected{Errno::notdir};
    return Unexpected{(missing & (right_fd_read | right_fd_write)) != no_rights ? Errno::badf : Errno::notcapable};
}

Result<OpenFile*, Errno> file_for_change(Context& cx, Fd fd, Rights needed) noexcept
{
    WEIR_TRY(file, file_for(cx, fd, needed));
    if (file->is_read_only) return Unexpected{Errno::rofs};
    return file;
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
    default: return FileType::unknown;  // WASI has no word for a pipe
    }
}

FileType file_type_of(int host_fd, uint32_t mode) noexcept
{
    const FileType type = file_type_of(mode);
    int socket_type = 0;
    socklen_t size = sizeof socket_type;
    if (type == FileType::socket_stream && ::getsockopt(host_fd, SOL_SOCKET, SO_TYPE, &socket_type, &size) == 0 &&
        socket_type == SOCK_DGRAM)
        return FileType::socket_dgram;
    return type;
}

Rights rights_of(FileType type, int host_fd) noexcept
{
    switch (type) {
    case FileType::directory: return directory_rights;
    case FileType::character_device: return ::isatty(host_fd) == 1 ? terminal_rights : file_rights;
    case FileType::socket_dgram:
    case FileType::socket_stream: return socket_rights;
    default: return file_rights;
    }
}

Timestamp to_timestamp(const timespec& t) noexcept
{
    constexpr uint64_t ns_per_s = 1'000'000'000;
    if (t.tv_sec < 0) return Timestamp{0};
    const auto seconds = static_cast<uint64_t>(t.tv_sec);
    if (seconds >= std::numeric_limits<uint64_t>::max() / ns_per_s) return Timestamp{std::numeric_limits<uint64_t>::max()};
    return Timestamp{seconds * ns_per_s + static_cast<uint64_t>(t.tv_nsec)};
}

timespec to_timespec(Timestamp t) noexcept
{
    const auto ns = static_cast<uint64_t>(t);
    return {static_cast<time_t>(ns / 1'000'000'000U), static_cast<long>(ns % 1'000'000'000U)};
}

FileStat to_filestat(const struct stat& host) noexcept
{
    FileStat s{};
    s.dev = host.st_dev;
    s.ino = host.st_ino;
    s.filetype = file_type_of(host.st_mode);
    s.nlink = host.st_nlink;
    s.size = FileSize{static_cast<uint64_t>(host.st_size)};
    s.atim = to_timestamp(host.st_atim);
    s.mtim = to_timestamp(host.st_mtim);
    s.ctim = to_timestamp(host.st_ctim);
    return s;
}

unstable::FileStat to_unstable(const FileStat& stat) noexcept
{
    unstable::FileStat s{};
    s.dev = stat.dev;
    s.ino = stat.ino;
    s.filetype = stat.filetype;
    s.nlink = static_cast<uint32_t>(std::min<uint64_t>(stat.nlink, std::numeric_limits<uint32_t>::max()));
    s.size = stat.size;
    s.atim = stat.atim;
    s.mtim = stat.mtim;
    s.ctim = stat.ctim;
    return s;
}

Errno to_host_times(Timestamp atim, Timestamp mtim, FstFlags flags, timespec (&times)[2]) noexcept
{
    if ((flags & ~all_fstflags) != 0) return Errno::inval;
    if ((flags & fstflag_atim) != 0 && (flags & fstflag_atim_now) != 0) return Errno::inval;
    if ((flags & fstflag_mtim) != 0 && (flags & fstflag_mtim_now) != 0) return Errno::inval;
    times[0] = times[1] = {0, UTIME_OMIT};
    if ((flags & fstflag_atim) != 0) times[0] = to_timespec(atim);
    if ((flags & fstflag_atim_now) != 0) times[0].tv_nsec = UTIME_NOW;
    if ((flags & fstflag_mtim) != 0) times[1] = to_timespec(mtim);
    if ((flags & fstflag_mtim_now) != 0) times[1].tv_nsec = UTIME_NOW;
    return Errno::success;
}

}  // namespace weir::wasip1
