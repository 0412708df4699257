#pragma once

#include "host/wasip1/world.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <ctime>

// What the functions of this folder share.

namespace weir::wasip1 {

/// The file, when the guest may do all of `needed` with it.
/// @error badf        Nothing is open there, or it is not open for reading or writing and that is what is asked; writing a directory.
/// @error isdir       A directory cannot do that.   @error notdir  Only a directory can.
/// @error notcapable  The right was not asked for at opening, or was given up.
[[nodiscard]] Result<OpenFile*, Errno> file_for(Context& cx, Fd fd, Rights needed) noexcept;

/// The same, for calls that change something.
/// @error rofs  The file was reached through a read-only mount.
[[nodiscard]] Result<OpenFile*, Errno> file_for_change(Context& cx, Fd fd, Rights needed) noexcept;

/// Repeats a system call that a signal of the host's interrupted. What may wait for others, and so for ever, is made with
/// runtime::interruptible_syscall instead: the guest can be stopped there.
template <class F>
auto retrying(F call) noexcept
{
    auto n = call();
    while (n < 0 && errno == EINTR) n = call();
    return n;
}

/// Success, or what errno says.
inline HostResult<Nothing> done(int status) noexcept
{
    if (status < 0) return from_host(errno);
    return nothing;
}

[[nodiscard]] FileType file_type_of(uint32_t mode) noexcept;
/// The same, and datagram sockets told from streams.
[[nodiscard]] FileType file_type_of(int host_fd, uint32_t mode) noexcept;
/// What can be done with a file of this type at all.
[[nodiscard]] Rights rights_of(FileType type, int host_fd) noexcept;

/// Times before 1970 do not fit the unsigned type: they read as the epoch. Times too late read as the latest.
[[nodiscard]] Timestamp to_timestamp(const timespec& t) noexcept;
[[nodiscard]] timespec to_timespec(Timestamp t) noexcept;

[[nodiscard]] FileStat to_filestat(const struct stat& host) noexcept;
[[nodiscard]] unstable::FileStat to_unstable(const FileStat& stat) noexcept;

/// The pair that utimensat(2) takes.
/// @error inval  A flag that does not exist, or a time given and also said to be now.
[[nodiscard]] Errno to_host_times(Timestamp atim, Timestamp mtim, FstFlags flags, timespec (&times)[2]) noexcept;

}  // namespace weir::wasip1
