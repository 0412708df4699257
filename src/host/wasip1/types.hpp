#pragma once

#include <cstddef>
#include <cstdint>

// The types of wasi_snapshot_preview1, as laid out in guest memory. Padding is explicit and zeroed, so that nothing of the host
// leaks through it. Spec: wasi_snapshot_preview1.witx (WASI repository, legacy/preview1).

namespace weir::wasip1 {

enum class Errno : uint16_t {
#define WEIR_ERRNO(ident, host) ident,
#include "host/wasip1/errno.def"
#undef WEIR_ERRNO
};
static_assert(static_cast<int>(Errno::success) == 0 && static_cast<int>(Errno::inval) == 28 && static_cast<int>(Errno::notcapable) == 76);

/// The guest's code for an errno of the host; io for one that WASI does not have.
[[nodiscard]] Errno from_host(int host_errno) noexcept;

using Timestamp = uint64_t;  // ns
using FileDelta = int64_t;
using FileSize = uint64_t;
enum class Fd : uint32_t {};
enum class ClockId : uint32_t { realtime, monotonic, process_cputime, thread_cputime };
enum class Whence : uint8_t { set, cur, end };
enum class FileType : uint8_t { unknown, block_device, character_device, directory, regular_file, socket_dgram, socket_stream, symbolic_link };

enum FdFlags : uint16_t { fdflag_append = 1, fdflag_dsync = 2, fdflag_nonblock = 4, fdflag_rsync = 8, fdflag_sync = 16, all_fdflags = 31 };
enum OFlags : uint16_t { oflag_creat = 1, oflag_directory = 2, oflag_excl = 4, oflag_trunc = 8, all_oflags = 15 };
enum LookupFlags : uint32_t { lookup_symlink_follow = 1 };

enum Rights : uint64_t {
    right_fd_datasync = 1U << 0,
    right_fd_read = 1U << 1,
    right_fd_seek = 1U << 2,
    right_fd_fdstat_set_flags = 1U << 3,
    right_fd_sync = 1U << 4,
    right_fd_tell = 1U << 5,
    right_fd_write = 1U << 6,
    right_fd_advise = 1U << 7,
    right_fd_allocate = 1U << 8,
    right_path_open = 1U << 13,
    right_fd_readdir = 1U << 14,
    right_path_filestat_get = 1U << 18,
    right_fd_filestat_get = 1U << 21,
    right_poll_fd_readwrite = 1U << 27,
    all_rights = (1U << 30) - 1,
};

struct Iovec {
    uint32_t buf;
    uint32_t buf_len;
};
static_assert(sizeof(Iovec) == 8);

struct FdStat {
    FileType filetype;
    uint8_t padding0;
    uint16_t flags;
    uint32_t padding1;
    uint64_t rights_base;
    uint64_t rights_inheriting;
};
static_assert(sizeof(FdStat) == 24 && offsetof(FdStat, rights_base) == 8);

struct FileStat {
    uint64_t dev;
    uint64_t ino;
    FileType filetype;
    uint8_t padding[7];
    uint64_t nlink;
    FileSize size;
    Timestamp atim;
    Timestamp mtim;
    Timestamp ctim;
};
static_assert(sizeof(FileStat) == 64 && offsetof(FileStat, nlink) == 24);

struct Prestat {
    uint8_t tag;  // 0: a directory
    uint8_t padding[3];
    uint32_t name_len;
};
static_assert(sizeof(Prestat) == 8);

struct ClockSubscription {
    uint32_t id;
    uint32_t padding0;
    Timestamp timeout;
    Timestamp precision;
    uint16_t flags;  // 1: absolute
    uint8_t padding1[6];
};

struct SubscriptionClock {
    uint32_t id;
    uint32_t padding1;
    Timestamp timeout;
    Timestamp precision;
    uint16_t flags;  // 1: absolute
    uint8_t padding2[6];
};

struct Subscription {
    uint64_t userdata;
    uint8_t tag;  // 0 clock, 1 fd_read, 2 fd_write
    uint8_t padding0[7];
    union {
        ClockSubscription clock;
        uint32_t fd;
    };
};
static_assert(sizeof(Subscription) == 48 && offsetof(Subscription, clock) == 16);

struct Event {
    uint64_t userdata;
    Errno error;
    uint8_t type;
    uint8_t padding0[5];
    uint64_t nbytes;
    uint16_t flags;  // 1: the peer hung up
    uint8_t padding1[6];
};
static_assert(sizeof(Event) == 32 && offsetof(Event, nbytes) == 16);

}  // namespace weir::wasip1
