#pragma once

// Programs in this folder call the imports of preview 1 themselves, where POSIX has no counterpart or a libc would not let the
// arguments through. They print what is not as expected and how many expectations there were; with any unmet they end with 1.
//
// Descriptors: 3 is /box, 4 is /read-only (which says what it is), 5 is /other.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { box = 3, read_only = 4, other = 5, first_free = 6 };

typedef uint32_t address;

#define IMPORT(name, parameters) \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int32_t raw_##name parameters
IMPORT(args_get, (address argv, address buffer));
IMPORT(args_sizes_get, (address count, address bytes));
IMPORT(environ_get, (address variables, address buffer));
IMPORT(environ_sizes_get, (address count, address bytes));
IMPORT(clock_res_get, (uint32_t id, address resolution));
IMPORT(clock_time_get, (uint32_t id, uint64_t precision, address time));
IMPORT(fd_advise, (uint32_t fd, uint64_t offset, uint64_t size, uint32_t advice));
IMPORT(fd_allocate, (uint32_t fd, uint64_t offset, uint64_t size));
IMPORT(fd_close, (uint32_t fd));
IMPORT(fd_datasync, (uint32_t fd));
IMPORT(fd_fdstat_get, (uint32_t fd, address stat));
IMPORT(fd_fdstat_set_flags, (uint32_t fd, uint32_t flags));
IMPORT(fd_fdstat_set_rights, (uint32_t fd, uint64_t base, uint64_t inheriting));
IMPORT(fd_filestat_get, (uint32_t fd, address stat));
IMPORT(fd_filestat_set_size, (uint32_t fd, uint64_t size));
IMPORT(fd_filestat_set_times, (uint32_t fd, uint64_t atim, uint64_t mtim, uint32_t flags));
IMPORT(fd_pread, (uint32_t fd, address vectors, uint32_t count, uint64_t offset, address result));
IMPORT(fd_prestat_get, (uint32_t fd, address stat));
IMPORT(fd_prestat_dir_name, (uint32_t fd, address path, uint32_t size));
IMPORT(fd_pwrite, (uint32_t fd, address vectors, uint32_t count, uint64_t offset, address result));
IMPORT(fd_read, (uint32_t fd, address vectors, uint32_t count, address result));
IMPORT(fd_readdir, (uint32_t fd, address buffer, uint32_t size, uint64_t cookie, address used));
IMPORT(fd_renumber, (uint32_t from, uint32_t to));
IMPORT(fd_seek, (uint32_t fd, int64_t offset, uint32_t whence, address result));
IMPORT(fd_sync, (uint32_t fd));
IMPORT(fd_tell, (uint32_t fd, address result));
IMPORT(fd_write, (uint32_t fd, address vectors, uint32_t count, address result));
IMPORT(path_create_directory, (uint32_t fd, address path, uint32_t size));
IMPORT(path_filestat_get, (uint32_t fd, uint32_t lookup, address path, uint32_t size, address stat));
IMPORT(path_filestat_set_times,
       (uint32_t fd, uint32_t lookup, address path, uint32_t size, uint64_t atim, uint64_t mtim, uint32_t flags));
IMPORT(path_link,
       (uint32_t fd, uint32_t lookup, address path, uint32_t size, uint32_t new_fd, address new_path, uint32_t new_size));
IMPORT(path_open, (uint32_t fd, uint32_t lookup, address path, uint32_t size, uint32_t oflags, uint64_t base, uint64_t inheriting,
                   uint32_t fdflags, address result));
IMPORT(path_readlink, (uint32_t fd, address path, uint32_t size, address buffer, uint32_t buffer_size, address used));
IMPORT(path_remove_directory, (uint32_t fd, address path, uint32_t size));
IMPORT(path_rename, (uint32_t fd, address path, uint32_t size, uint32_t new_fd, address new_path, uint32_t new_size));
IMPORT(path_symlink, (address target, uint32_t target_size, uint32_t fd, address path, uint32_t size));
IMPORT(path_unlink_file, (uint32_t fd, address path, uint32_t size));
IMPORT(poll_oneoff, (address in, address out, uint32_t count, address result));
IMPORT(proc_raise, (uint32_t signal));
IMPORT(random_get, (address buffer, uint32_t size));
IMPORT(sched_yield, (void));
IMPORT(sock_accept, (uint32_t fd, uint32_t flags, address result));
IMPORT(sock_recv, (uint32_t fd, address vectors, uint32_t count, uint32_t flags, address size, address out_flags));
IMPORT(sock_send, (uint32_t fd, address vectors, uint32_t count, uint32_t flags, address size));
IMPORT(sock_shutdown, (uint32_t fd, uint32_t how));

#define at(pointer) ((address)(uintptr_t)(pointer))
/// A path as the address and size that calls take.
#define PATH(text) at(text), (uint32_t)strlen(text)

static unsigned expectations, unmet;

static inline void expect(int is_met, const char* what, int line, long long found)
{
    ++expectations;
    if (is_met) return;
    ++unmet;
    printf("line %d: %s: found %lld\n", line, what, found);
}
/// A call's errno.
#define EXPECT(error, call)                                                                \
    do {                                                                                   \
        const int32_t found_ = (call);                                                     \
        expect(found_ == __WASI_ERRNO_##error, #call " is not " #error, __LINE__, found_); \
    } while (0)
#define EXPECT_EQ(wanted, value)                                                    \
    do {                                                                            \
        const long long value_ = (long long)(value), wanted_ = (long long)(wanted); \
        expect(value_ == wanted_, #value " is not " #wanted, __LINE__, value_);     \
    } while (0)

static inline int finish(void)
{
    printf("%u expectations, %u unmet\n", expectations, unmet);
    return unmet != 0;
}

static const uint64_t all_rights = (UINT64_C(1) << 30) - 1;

/// Opens with all rights that make sense for it; ends the program when that fails.
static inline uint32_t must_open(uint32_t directory, const char* path, uint32_t oflags, uint64_t rights)
{
    uint32_t fd = 0;
    const int32_t error = raw_path_open(directory, 1, PATH(path), oflags, rights, all_rights, 0, at(&fd));
    if (error == 0) return fd;
    printf("cannot go on: open %s: errno %d\n", path, (int)error);
    exit(99);
}
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE
static inline uint32_t make_file(uint32_t directory, const char* path, const char* text)
{
    const uint32_t fd =
        must_open(directory, path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, all_rights & ~(uint64_t)__WASI_RIGHTS_FD_READDIR);
    const __wasi_ciovec_t vector = {(const uint8_t*)text, strlen(text)};
    uint32_t written = 0;
    if (raw_fd_write(fd, at(&vector), 1, at(&written)) != 0 || written != strlen(text)) exit(99);
    return fd;
}
