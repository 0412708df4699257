// Times of access and modification: given, now, left alone; of files, directories, and links themselves.

#include "check.h"

#ifdef __wasi__
#include <wasi/api.h>

// Debian's wasi-libc refuses UTIME_NOW and UTIME_OMIT for the second time. These ask the host themselves.

static __wasi_timestamp_t to_timestamp(struct timespec t)
{
    return (__wasi_timestamp_t)t.tv_sec * 1000000000 + (__wasi_timestamp_t)t.tv_nsec;
}

static __wasi_fstflags_t to_flags(const struct timespec times[2])
{
    static const struct timespec both_now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    if (times == NULL) times = both_now;
    const long a = times[0].tv_nsec, m = times[1].tv_nsec;
    return (a == UTIME_NOW    ? __WASI_FSTFLAGS_ATIM_NOW
            : a == UTIME_OMIT ? 0
                              : __WASI_FSTFLAGS_ATIM) |
           (m == UTIME_NOW    ? __WASI_FSTFLAGS_MTIM_NOW
            : m == UTIME_OMIT ? 0
                              : __WASI_FSTFLAGS_MTIM);
}

static int to_result(__wasi_errno_t error)
{
    errno = error;
    return error == 0 ? 0 : -1;
}

static int guest_utimensat(int directory, const char* path, const struct timespec times[2], int flags)
{
    const __wasi_timestamp_t atim = times ? to_timestamp(times[0]) : 0, mtim = times ? to_timestamp(times[1]) : 0;
    return to_result(__wasi_path_filestat_set_times(directory, flags & AT_SYMLINK_NOFOLLOW ? 0 : __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW,
                                                    path, atim, mtim, to_flags(times)));
}

static int guest_futimens(int fd, const struct timespec times[2])
{
    return to_result(__wasi_fd_filestat_set_times(fd, to_timestamp(times[0]), to_timestamp(times[1]), to_flags(times)));
}

#define utimensat guest_utimensat
#define futimens guest_futimens
#endif

static const struct timespec now = {0, UTIME_NOW}, omit = {0, UTIME_OMIT};

static const char* describe(struct timespec t, struct timespec began)
{
    static char text[4][40];
    static unsigned next;
    char* const to = text[next++ % 4];
    struct timespec present;
    clock_gettime(CLOCK_REALTIME, &present);
    // The file system's clock ticks some milliseconds behind.
    const int is_present = t.tv_sec >= began.tv_sec - 1 && t.tv_sec <= present.tv_sec + 1;
    if (is_present) snprintf(to, sizeof text[0], "now");
    else snprintf(to, sizeof text[0], "%lld.%09ld", (long long)t.tv_sec, t.tv_nsec);
    return to;
}

static void show(int tree, const char* name, struct timespec began)
{
    struct stat status;
    MUST(fstatat(tree, name, &status, AT_SYMLINK_NOFOLLOW));
    printf("  %s: accessed %s, modified %s, changed %s\n", name, describe(status.st_atim, began), describe(status.st_mtim, began),
           describe(status.st_ctim, began));
}

int main(void)
{
    struct timespec began;
    clock_gettime(CLOCK_REALTIME, &began);
    const int tree = make_tree();
    const struct timespec values[] = {
        now, omit, {0, 0}, {0, 1}, {1, 999999999}, {1000000000, 5}, {0x7fffffff, 0}, {0x80000000LL, 123456789}, {0x100000000LL, 0},
    };
    enum { count = sizeof values / sizeof *values };
    static const char* const names[] = {"file", "dir", "to_file", "dangling", "dir/", "to_dir/", "missing", "file/"};
    for (size_t a = 0; a < count; ++a)
        for (size_t m = 0; m < count; ++m) {
            const struct timespec before[2] = {{50, 0}, {60, 0}}, times[2] = {values[a], values[m]};
            MUST(utimensat(tree, "file", before, 0));
            printf("%zu %zu\n", a, m);
            SHOW(utimensat(tree, "file", times, 0));
            show(tree, "file", began);
            const int fd = MUST(openat(tree, "file", O_WRONLY));
            MUST(utimensat(tree, "file", before, 0));
            SHOW(futimens(fd, times));
            show(tree, "file", began);
            close(fd);
        }
    for (size_t n = 0; n < sizeof names / sizeof *names; ++n)
        for (int flags = 0; flags < 2; ++flags) {
            const struct timespec times[2] = {{70 + (long)n, 0}, omit};
            printf("%s %d\n", names[n], flags);
            SHOW(utimensat(tree, names[n], times, flags ? AT_SYMLINK_NOFOLLOW : 0));
            SHOW(utimensat(tree, names[n], NULL, flags ? AT_SYMLINK_NOFOLLOW : 0));
            show(tree, "file", began);
            show(tree, "to_file", began);
            show(tree, "dir", began);
            show(tree, "to_dir", began);
        }

    // What changes them besides.
    const struct timespec old[2] = {{50, 0}, {60, 0}};
    MUST(utimensat(tree, "file", old, 0));
    const int fd = MUST(openat(tree, "file", O_RDWR));
    char byte;
    SHOW(pwrite(fd, "x", 1, 0));
    show(tree, "file", began);
    MUST(utimensat(tree, "file", old, 0));
    SHOW(ftruncate(fd, 1));
    show(tree, "file", began);
    MUST(utimensat(tree, "file", old, 0));
    SHOW(read(fd, &byte, 1));
    SHOW(read(fd, &byte, 1));
    struct stat status;
    SHOW(fstat(fd, &status));
    printf("%s\n", describe(status.st_mtim, began));
    MUST(utimensat(tree, "dir", old, 0));
    SHOW(mkdirat(tree, "dir/made", 0777));
    show(tree, "dir", began);
    SHOW(openat(tree, "file", O_RDONLY | O_CREAT | O_EXCL, 0666));
    close(fd);
    drop_tree(tree);
    return 0;
}
