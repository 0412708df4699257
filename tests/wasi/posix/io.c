// Reading, writing, seeking, sizes; positions and appending; what descriptors refuse.

#include "check.h"

#include <limits.h>
#include <stdint.h>
#include <sys/uio.h>

static char buffer[100];

static void show_content(int tree, const char* name)
{
    const int fd = MUST(openat(tree, name, O_RDONLY));
    const ssize_t n = read(fd, buffer, sizeof buffer);
    printf("%s holds %lld:", name, (long long)n);
    for (ssize_t i = 0; i < n; ++i) {
        if (buffer[i]) printf("%c", buffer[i]);
        else printf("\\0");
    }
    printf("\n");
    close(fd);
}

static void positions(int tree)
{
    const int fd = MUST(openat(tree, "positions", O_RDWR | O_CREAT, 0666));
    SHOW(write(fd, "0123456789", 10));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, 3, SEEK_SET));
    SHOW(read(fd, buffer, 2));
    SHOW(lseek(fd, 1, SEEK_CUR));
    SHOW(lseek(fd, -2, SEEK_END));
    SHOW(read(fd, buffer, 100));
    SHOW(read(fd, buffer, 100));
    SHOW(lseek(fd, 5, SEEK_END));
    SHOW(read(fd, buffer, 100));
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, -11, SEEK_END));
    SHOW(lseek(fd, INT64_MIN, SEEK_CUR));
    SHOW(lseek(fd, INT64_MAX, SEEK_SET));
    SHOW(lseek(fd, INT64_MAX, SEEK_CUR));
    SHOW(lseek(fd, 1LL << 43, SEEK_SET));
    SHOW(read(fd, buffer, 1));
    SHOW(lseek(fd, 0, 77));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, 12, SEEK_SET));
    SHOW(write(fd, "x", 1));
    show_content(tree, "positions");

    SHOW(lseek(fd, 4, SEEK_SET));
    SHOW(pread(fd, buffer, 3, 7));
    SHOW(pread(fd, buffer, 3, 12));
    SHOW(pread(fd, buffer, 3, 13));
    SHOW(pread(fd, buffer, 3, 1000));
    SHOW(pread(fd, buffer, 3, -1));
    SHOW(pread(fd, buffer, 3, INT64_MAX));
    SHOW(pread(fd, buffer, 0, 0));
    SHOW(pwrite(fd, "AB", 2, 0));
    SHOW(pwrite(fd, "CD", 2, 15));
    SHOW(pwrite(fd, "", 0, 1000));
    SHOW(pwrite(fd, "x", 1, -1));
    SHOW(pwrite(fd, "x", 1, INT64_MAX));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(read(fd, buffer, 0));
    SHOW(write(fd, "", 0));
    show_content(tree, "positions");
    close(fd);
}

static void vectors(int tree)
{
    const int fd = MUST(openat(tree, "vectors", O_RDWR | O_CREAT, 0666));
    char a[3] = "", b[1] = "", c[4] = "";
    const struct iovec out[] = {{(void*)"ab", 2}, {(void*)"", 0}, {(void*)"cdefg", 5}};
    const struct iovec in[] = {{a, sizeof a}, {NULL, 0}, {b, sizeof b}, {c, sizeof c}};
    SHOW(writev(fd, out, 3));
    SHOW(writev(fd, out, 0));
    SHOW(readv(fd, in, 4));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(readv(fd, in, 4));
    printf("%.3s|%.1s|%.4s\n", a, b, c);
    SHOW(preadv(fd, in, 4, 5));
    printf("%.3s|%.1s|%.4s\n", a, b, c);
    SHOW(pwritev(fd, out, 3, 1));
    SHOW(writev(fd, out, -1));
    SHOW(writev(fd, out, IOV_MAX + 1));
    show_content(tree, "vectors");
    close(fd);
}

static void appending(int tree)
{
    write_file(tree, "log", "first");
    const int fd = MUST(openat(tree, "log", O_RDWR | O_APPEND));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(write(fd, "-2", 2));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(write(fd, "-3", 2));
    SHOW(lseek(fd, 1, SEEK_SET));
    SHOW(read(fd, buffer, 3));
    const int other = MUST(openat(tree, "log", O_WRONLY | O_APPEND));
    SHOW(write(other, "-4", 2));
    SHOW(write(fd, "-5", 2));
    SHOW(pwrite(fd, "-6", 2, 0));
    SHOW((fcntl(fd, F_GETFL) & O_APPEND) != 0);
    SHOW(fcntl(fd, F_SETFL, 0));
    SHOW((fcntl(fd, F_GETFL) & O_APPEND) != 0);
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(write(fd, "F", 1));
    SHOW(fcntl(fd, F_SETFL, O_APPEND));
    SHOW(write(fd, "-7", 2));
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    SHOW((fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK)) == (O_APPEND | O_NONBLOCK));
    SHOW(write(fd, "-8", 2));
    show_content(tree, "log");
    close(fd);
    close(other);
}

static void sizes(int tree)
{
    write_file(tree, "sized", "0123456789");
    const int fd = MUST(openat(tree, "sized", O_RDWR));
    SHOW(lseek(fd, 8, SEEK_SET));
    SHOW(ftruncate(fd, 4));
    SHOW(lseek(fd, 0, SEEK_CUR));
    show_content(tree, "sized");
    SHOW(ftruncate(fd, 6));
    show_content(tree, "sized");
    SHOW(write(fd, "x", 1));
    show_content(tree, "sized");
    SHOW(ftruncate(fd, -1));
    SHOW(ftruncate(fd, INT64_MAX));
    SHOW(ftruncate(fd, 1LL << 40));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(ftruncate(fd, 0));
    SHOW_ERROR(posix_fallocate(fd, 0, 5));
    show_content(tree, "sized");
    SHOW_ERROR(posix_fallocate(fd, 2, 10));
    SHOW_ERROR(posix_fallocate(fd, 0, 3));
    SHOW_ERROR(posix_fallocate(fd, 0, 0));
    SHOW_ERROR(posix_fallocate(fd, -1, 1));
    SHOW_ERROR(posix_fallocate(fd, 0, -1));
    SHOW_ERROR(posix_fallocate(fd, INT64_MAX, 1));
    show_content(tree, "sized");
    static const int advice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_RANDOM,   POSIX_FADV_SEQUENTIAL,
                                 POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE};
    for (size_t i = 0; i < 6; ++i) SHOW_ERROR(posix_fadvise(fd, 0, 0, advice[i]));
    SHOW_ERROR(posix_fadvise(fd, 1 << 20, 1 << 20, POSIX_FADV_WILLNEED));
    SHOW_ERROR(posix_fadvise(fd, 0, -1, POSIX_FADV_NORMAL));
    SHOW_ERROR(posix_fadvise(fd, 0, 0, 77));
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    close(fd);
}

/// What a descriptor that is `what` makes of each call.
static void refusals(const char* what, int fd)
{
    printf("-- %s\n", what);
    const struct iovec vector = {buffer, 1};
    struct stat status;
    SHOW(read(fd, buffer, 1));
    SHOW(write(fd, "x", 1));
    SHOW(pread(fd, buffer, 1, 0));
    SHOW(pwrite(fd, "x", 1, 0));
    SHOW(readv(fd, &vector, 1));
    SHOW(writev(fd, &vector, 1));
    TRY(lseek(fd, 0, SEEK_CUR));
    TRY(lseek(fd, 0, SEEK_SET));
    SHOW(ftruncate(fd, 3));
    SHOW_ERROR(posix_fallocate(fd, 0, 1));
    SHOW_ERROR(posix_fadvise(fd, 0, 1, POSIX_FADV_NORMAL));
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    SHOW(fstat(fd, &status));
    TRY(fcntl(fd, F_GETFL));
    SHOW(isatty(fd));
    SHOW(futimens(fd, NULL));
    SHOW(openat(fd, "file", O_RDONLY) >= 0);
    SHOW(mkdirat(fd, "made", 0777));
    SHOW(unlinkat(fd, "file", 0));
    SHOW(renameat(fd, "a", fd, "b"));
    SHOW(linkat(fd, "a", fd, "b", 0));
    SHOW(symlinkat("a", fd, "b"));
    SHOW(readlinkat(fd, "a", buffer, 1));
    SHOW(fstatat(fd, "a", &status, 0));
    SHOW(fdopendir(fd) == NULL ? -1 : 0);
}

int main(void)
{
    const int tree = make_tree();
    positions(tree);
    vectors(tree);
    appending(tree);
    sizes(tree);
    refusals("a file opened to read", MUST(openat(tree, "file", O_RDONLY)));
    refusals("a file opened to write", MUST(openat(tree, "file", O_WRONLY)));
    refusals("a directory", MUST(openat(tree, "empty", O_RDONLY | O_DIRECTORY)));
    refusals("nothing", 500);
    refusals("less than nothing", -1);
    const int closed = MUST(openat(tree, "file", O_RDONLY));
    SHOW(close(closed));
    SHOW(close(closed));
    refusals("closed", closed);
    SHOW(close(500));
    print_tree(tree, ".");
    return 0;
}
