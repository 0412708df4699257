#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// The types of wasi_snapshot_preview1, as laid out in guest memory. Padding is explicit and zeroed, so that nothing of the host
// leaks through it. What wasi_unstable lays out otherwise is in namespace `unstable`. The `..._words` beside enumerations are the names of their
// values from 0 on, those beside sets the names of their bits; described_types.hpp tests that they agree.
// Spec: https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/witx/typenames.witx, and preview0 beside it.

namespace weir::wasip1 {

enum class Errno : uint16_t {
#define WEIR_ERRNO(ident, host) ident,
#include "host/wasip1/errno.def"
#undef WEIR_ERRNO
};
inline constexpr std::string_view errno_words =
#define WEIR_ERRNO(ident, host) #ident " "
#include "host/wasip1/errno.def"
#undef WEIR_ERRNO
    ;
static_assert(static_cast<int>(Errno::success) == 0 && static_cast<int>(Errno::badf) == 8 && static_cast<int>(Errno::inval) == 28 &&
              static_cast<int>(Errno::noent) == 44 && static_cast<int>(Errno::rofs) == 69 &&
              static_cast<int>(Errno::notcapable) == 76);

/// The guest's code for an errno of the host; io for one that WASI does not have.
[[nodiscard]] Errno from_host(int host_errno) noexcept;

enum class Fd : uint32_t {};
enum class Timestamp : uint64_t {};  // ns
enum class FileSize : uint64_t {};
enum class FileDelta : int64_t {};
enum class DirCookie : uint64_t {};
enum class ClockId : uint32_t { realtime, monotonic, process_cputime, thread_cputime };
inline constexpr std::string_view clock_id_words = "realtime monotonic process_cputime thread_cputime";
enum class Whence : uint8_t { set, cur, end };
inline constexpr std::string_view whence_words = "set cur end";
enum class Advice : uint8_t { normal, sequential, random, willneed, dontneed, noreuse };
inline constexpr std::string_view advice_words = "normal sequential random willneed dontneed noreuse";
enum class Signal : uint8_t { none, abrt = 6, chld = 16, cont, stop, tstp, ttin, ttou, urg, winch = 27, sys = 30 };
inline constexpr std::string_view signal_words = "none hup int quit ill trap abrt bus fpe kill usr1 segv usr2 pipe alrm term chld "
                                                 "cont stop tstp ttin ttou urg xcpu xfsz vtalrm prof "
                                                 "winch poll pwr sys";
enum class FileType : uint8_t {
    unknown,
    block_device,
    character_device,
    directory,
    regular_file,
    socket_dgram,
    socket_stream,
    symbolic_link
};
inline constexpr std::string_view file_type_words =
    "unknown block_device character_device directory regular_file socket_dgram socket_stream symbolic_link";

// Sets of bits. Unscoped, for they are combined; each with the set of all that exist.
enum FdFlags : uint16_t {
    fdflag_append = 1,
    fdflag_dsync = 2,
    fdflag_nonblock = 4,
    fdflag_rsync = 8,
    fdflag_sync = 16,
    all_fdflags = 31
};
inline constexpr std::string_view fdflags_words = "append dsync nonblock rsync sync";
enum OFlags : uint16_t { oflag_creat = 1, oflag_directory = 2, oflag_excl = 4, oflag_trunc = 8, all_oflags = 15 };
inline constexpr std::string_view oflags_words = "creat directory excl trunc";
enum FstFlags : uint16_t { fstflag_atim = 1, fstflag_atim_now = 2, fstflag_mtim = 4, fstflag_mtim_now = 8, all_fstflags = 15 };
inline constexpr std::string_view fstflags_words = "atim atim_now mtim mtim_now";
enum LookupFlags : uint32_t { lookup_symlink_follow = 1, all_lookupflags = 1 };
inline constexpr std::string_view lookupflags_words = "symlink_follow";
enum SubClockFlags : uint16_t { subclock_abstime = 1, all_subclockflags = 1 };
inline constexpr std::string_view subclockflags_words = "abstime";
enum EventRwFlags : uint16_t { event_hangup = 1, all_eventrwflags = 1 };
inline constexpr std::string_view eventrwflags_words = "hangup";
enum RiFlags : uint16_t { ri_recv_peek = 1, ri_recv_waitall = 2, all_riflags = 3 };
inline constexpr std::string_view riflags_words = "recv_peek recv_waitall";
enum RoFlags : uint16_t { ro_recv_data_truncated = 1, all_roflags = 1 };
inline constexpr std::string_view roflags_words = "recv_data_truncated";
enum SdFlags : uint8_t { sd_rd = 1, sd_wr = 2, all_sdflags = 3 };
inline constexpr std::string_view sdflags_words = "rd wr";

enum Rights : uint64_t {
    no_rights = 0,
    right_fd_datasync = 1U << 0,
    right_fd_read = 1U << 1,
    right_fd_seek = 1U << 2,
    right_fd_fdstat_set_flags = 1U << 3,
    right_fd_sync = 1U << 4,
    right_fd_tell = 1U << 5,
    right_fd_write = 1U << 6,
    right_fd_advise = 1U << 7,
    right_fd_allocate = 1U << 8,
    right_path_create_directory = 1U << 9,
    right_path_create_file = 1U << 10,
    right_path_link_source = 1U << 11,
    right_path_link_target = 1U << 12,
    right_path_open = 1U << 13,
    right_fd_readdir = 1U << 14,
    right_path_readlink = 1U << 15,
    right_path_rename_source = 1U << 16,
    right_path_rename_target = 1U << 17,
    right_path_filestat_get = 1U << 18,
    right_path_filestat_set_size = 1U << 19,
    right_path_filestat_set_times = 1U << 20,
    right_fd_filestat_get = 1U << 21,
    right_fd_filestat_set_size = 1U << 22,
    right_fd_filestat_set_times = 1U << 23,
    right_path_symlink = 1U << 24,
    right_path_remove_directory = 1U << 25,
    right_path_unlink_file = 1U << 26,
    right_poll_fd_readwrite = 1U << 27,
    right_sock_shutdown = 1U << 28,
    right_sock_accept = 1U << 29,
    all_rights = (1U << 30) - 1,
};
inline constexpr std::string_view rights_words =
    "fd_datasync fd_read fd_seek fd_fdstat_set_flags fd_sync fd_tell fd_write fd_advise fd_allocate path_create_directory "
    "path_create_file "
    "path_link_source path_link_target path_open fd_readdir path_readlink path_rename_source path_rename_target path_filestat_get "
    "path_filestat_set_size path_filestat_set_times fd_filestat_get fd_filestat_set_size fd_filestat_set_times path_symlink "
    "path_remove_directory path_unlink_file poll_fd_readwrite sock_shutdown sock_accept";
constexpr Rights operator|(Rights a, Rights b) { return static_cast<Rights>(uint64_t{a} | uint64_t{b}); }
constexpr Rights operator&(Rights a, Rights b) { return static_cast<Rights>(uint64_t{a} & uint64_t{b}); }
constexpr Rights operator~(Rights a) { return static_cast<Rights>(~uint64_t{a}); }

// What applies to each kind of file; others are taken away when one is opened. wasi-libc and Go read the sets back: a character
// device that can neither seek nor tell is a terminal to them, and a file's access mode is its read and write rights.
inline constexpr Rights directory_rights =
    right_fd_datasync | right_fd_fdstat_set_flags | right_fd_sync | right_path_create_directory | right_path_create_file |
    right_path_link_source | right_path_link_target | right_path_open | right_fd_readdir | right_path_readlink |
    right_path_rename_source | right_path_rename_target | right_path_filestat_get | right_path_filestat_set_size |
    right_path_filestat_set_times | right_fd_filestat_get | right_fd_filestat_set_times | right_path_symlink |
    right_path_remove_directory | right_path_unlink_file;
inline constexpr Rights file_rights = right_fd_datasync | right_fd_read | right_fd_seek | right_fd_fdstat_set_flags |
                                      right_fd_sync | right_fd_tell | right_fd_write | right_fd_advise | right_fd_allocate |
                                      right_fd_filestat_get | right_fd_filestat_set_size | right_fd_filestat_set_times |
                                      right_poll_fd_readwrite;
inline constexpr Rights terminal_rights = file_rights & ~(right_fd_seek | right_fd_tell);
inline constexpr Rights socket_rights = right_fd_read | right_fd_write | right_fd_fdstat_set_flags | right_fd_filestat_get |
                                        right_poll_fd_readwrite | right_sock_shutdown | right_sock_accept;

struct Iovec {
    uint32_t buf;
    uint32_t buf_len;
};
static_assert(sizeof(Iovec) == 8);

struct FdStat {
    FileType filetype;
    uint8_t padding0;
    FdFlags flags;
    uint32_t padding1;
    Rights rights_base;
    Rights rights_inheriting;
};
static_assert(sizeof(FdStat) == 24 && offsetof(FdStat, flags) == 2 && offsetof(FdStat, rights_base) == 8);

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
static_assert(sizeof(FileStat) == 64 && offsetof(FileStat, filetype) == 16 && offsetof(FileStat, nlink) == 24 &&
              offsetof(FileStat, ctim) == 56);

struct Prestat {
    uint8_t tag;  // 0: a directory
    uint8_t padding[3];
    uint32_t name_len;
};
static_assert(sizeof(Prestat) == 8);

/// Followed by the name, without a NUL and without padding.
struct DirEntry {
    DirCookie next;
    uint64_t ino;
    uint32_t name_len;
    FileType type;
    uint8_t padding[3];
};
static_assert(sizeof(DirEntry) == 24 && offsetof(DirEntry, type) == 20);

enum class EventType : uint8_t { clock, fd_read, fd_write };
inline constexpr std::string_view event_type_words = "clock fd_read fd_write";

struct SubscriptionClock {
    ClockId id;
    uint32_t padding0;
    Timestamp timeout;
    Timestamp precision;
    SubClockFlags flags;
    uint8_t padding1[6];
};
struct Subscription {
    uint64_t userdata;
    EventType type;
    uint8_t padding[7];
    union {
        SubscriptionClock clock;
        Fd fd;
    };
};
static_assert(sizeof(Subscription) == 48 && offsetof(Subscription, clock) == 16 && offsetof(SubscriptionClock, flags) == 24);

struct Event {
    uint64_t userdata;
    Errno error;
    EventType type;
    uint8_t padding0[5];
    FileSize nbytes;
    EventRwFlags flags;
    uint8_t padding1[6];
};
static_assert(sizeof(Event) == 32 && offsetof(Event, type) == 10 && offsetof(Event, nbytes) == 16 && offsetof(Event, flags) == 24);

/// Where wasi_unstable (snapshot 0) differs.
namespace unstable {

enum class Whence : uint8_t { cur, end, set };
inline constexpr std::string_view whence_words = "cur end set";

struct FileStat {
    uint64_t dev;
    uint64_t ino;
    FileType filetype;
    uint8_t padding[3];
    uint32_t nlink;
    FileSize size;
    Timestamp atim;
    Timestamp mtim;
    Timestamp ctim;
};
static_assert(sizeof(FileStat) == 56 && offsetof(FileStat, nlink) == 20 && offsetof(FileStat, size) == 24);

struct SubscriptionClock {
    uint64_t identifier;
    ClockId id;
    uint32_t padding0;
    Timestamp timeout;
    Timestamp precision;
    SubClockFlags flags;
    uint8_t padding1[6];
};
struct Subscription {
    uint64_t userdata;
    EventType type;
    uint8_t padding[7];
    union {
        SubscriptionClock clock;
        Fd fd;
    };
};
static_assert(sizeof(Subscription) == 56 && offsetof(Subscription, clock) == 16 && offsetof(SubscriptionClock, timeout) == 16);

}  // namespace unstable

}  // namespace weir::wasip1
