// Descriptors: preopened ones, rights, flags, renumbering, seek limits.

#include "raw.h"

static __wasi_fdstat_t status_of(uint32_t fd)
{
    __wasi_fdstat_t status;
    EXPECT(SUCCESS, raw_fd_fdstat_get(fd, at(&status)));
    return status;
}

static void preopened(void)
{
    static const char* const names[] = {"/box", "/read-only", "/other"};
    for (uint32_t i = 0; i < 3; ++i) {
        __wasi_prestat_t status;
        char name[32];
        EXPECT(SUCCESS, raw_fd_prestat_get(box + i, at(&status)));
        EXPECT_EQ(0, status.tag);
        EXPECT_EQ(strlen(names[i]), status.u.dir.pr_name_len);
        memset(name, '#', sizeof name);
        EXPECT(SUCCESS, raw_fd_prestat_dir_name(box + i, at(name), status.u.dir.pr_name_len));
        EXPECT_EQ(0, memcmp(name, names[i], strlen(names[i])));
        EXPECT_EQ('#', name[strlen(names[i])]);
        EXPECT(NAMETOOLONG, raw_fd_prestat_dir_name(box + i, at(name), status.u.dir.pr_name_len - 1));
        EXPECT_EQ(__WASI_FILETYPE_DIRECTORY, status_of(box + i).fs_filetype);
    }
    char name[32];
    EXPECT(BADF, raw_fd_prestat_get(first_free, at(name)));
    EXPECT(BADF, raw_fd_prestat_get(0, at(name)));
    EXPECT(BADF, raw_fd_prestat_dir_name(0, at(name), 32));
    const uint32_t directory =
        must_open(box, ".", __WASI_OFLAGS_DIRECTORY, all_rights & ~(uint64_t)(WRITE | __WASI_RIGHTS_FD_ALLOCATE));
    EXPECT(BADF, raw_fd_prestat_get(directory, at(name)));
    EXPECT(SUCCESS, raw_fd_close(directory));
}

static void rights(void)
{
    const __wasi_ciovec_t vector = {(const uint8_t*)"x", 1};
    uint32_t n = 0, fd = 0;
    uint64_t position = 0;
    // A directory has those that a directory can use, and hands on those of files.
    const __wasi_fdstat_t of_box = status_of(box);
    EXPECT_EQ(1, (of_box.fs_rights_base & __WASI_RIGHTS_PATH_OPEN) != 0 && (of_box.fs_rights_base & (READ | WRITE)) == 0);
    EXPECT_EQ(READ | WRITE, of_box.fs_rights_inheriting & (READ | WRITE));
    // A file opened to read, to write, and for neither.
    const uint32_t reader = must_open(box, "file", 0, READ), writer = must_open(box, "file", 0, WRITE),
                   neither = must_open(box, "file", 0, 0);
    EXPECT_EQ(READ, status_of(reader).fs_rights_base);
    EXPECT_EQ(WRITE, status_of(writer).fs_rights_base);
    EXPECT_EQ(0, status_of(neither).fs_rights_base);
    EXPECT(BADF, raw_fd_write(reader, at(&vector), 1, at(&n)));
    EXPECT(BADF, raw_fd_read(writer, at(&vector), 1, at(&n)));
    EXPECT(BADF, raw_fd_read(neither, at(&vector), 1, at(&n)));
    EXPECT(NOTCAPABLE, raw_fd_seek(reader, 0, 0, at(&position)));
    EXPECT(NOTCAPABLE, raw_fd_tell(reader, at(&position)));
    EXPECT(NOTCAPABLE, raw_fd_sync(reader));
    EXPECT(NOTCAPABLE, raw_fd_advise(reader, 0, 0, 0));
    EXPECT(NOTCAPABLE, raw_fd_filestat_get(reader, at(&position)));
    EXPECT(NOTCAPABLE, raw_fd_filestat_set_size(writer, 0));
    EXPECT(NOTCAPABLE, raw_fd_filestat_set_times(writer, 0, 0, 0));
    EXPECT(NOTCAPABLE, raw_fd_allocate(writer, 0, 1));
    EXPECT(NOTCAPABLE, raw_fd_fdstat_set_flags(writer, 0));
    EXPECT(NOTDIR, raw_path_open(reader, 0, PATH("x"), 0, 0, 0, 0, at(&fd)));
    EXPECT(NOTDIR, raw_fd_readdir(reader, at(&position), 8, 0, at(&n)));

    // What a directory gives up it can neither do nor hand on.
    const uint64_t kept = __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_FD_READDIR;
    const uint32_t directory =
        must_open(box, ".", __WASI_OFLAGS_DIRECTORY, all_rights & ~(uint64_t)(WRITE | __WASI_RIGHTS_FD_ALLOCATE));
    EXPECT(SUCCESS, raw_fd_fdstat_set_rights(directory, kept, READ));
    EXPECT(NOTCAPABLE, raw_fd_fdstat_set_rights(directory, kept | __WASI_RIGHTS_PATH_SYMLINK, READ));
    EXPECT(NOTCAPABLE, raw_fd_fdstat_set_rights(directory, kept, READ | WRITE));
    EXPECT(NOTCAPABLE, raw_path_open(directory, 0, PATH("file"), 0, WRITE, 0, 0, at(&fd)));
    EXPECT(NOTCAPABLE, raw_path_open(directory, 0, PATH("new"), __WASI_OFLAGS_CREAT, READ, 0, 0, at(&fd)));
    EXPECT(NOTCAPABLE, raw_path_open(directory, 0, PATH("file"), __WASI_OFLAGS_TRUNC, READ, 0, 0, at(&fd)));
    EXPECT(SUCCESS, raw_path_open(directory, 0, PATH("file"), 0, READ | __WASI_RIGHTS_FD_SEEK, all_rights, 0, at(&fd)));
    EXPECT_EQ(READ, status_of(fd).fs_rights_base);
    EXPECT_EQ(READ, status_of(fd).fs_rights_inheriting);
    EXPECT(SUCCESS, raw_fd_close(fd));
    EXPECT(NOTCAPABLE, raw_path_create_directory(directory, PATH("x")));
    EXPECT(NOTCAPABLE, raw_path_remove_directory(directory, PATH("x")));
    EXPECT(NOTCAPABLE, raw_path_unlink_file(directory, PATH("file")));
    EXPECT(NOTCAPABLE, raw_path_rename(directory, PATH("file"), box, PATH("x")));
    EXPECT(NOTCAPABLE, raw_path_rename(box, PATH("file"), directory, PATH("x")));
    EXPECT(NOTCAPABLE, raw_path_link(directory, 0, PATH("file"), box, PATH("x")));
    EXPECT(NOTCAPABLE, raw_path_link(box, 0, PATH("file"), directory, PATH("x")));
    EXPECT(NOTCAPABLE, raw_path_symlink(PATH("x"), directory, PATH("y")));
    EXPECT(NOTCAPABLE, raw_path_readlink(directory, PATH("file"), at(&position), 8, at(&n)));
    EXPECT(NOTCAPABLE, raw_path_filestat_get(directory, 0, PATH("file"), at(&position)));
    EXPECT(NOTCAPABLE, raw_path_filestat_set_times(directory, 0, PATH("file"), 0, 0, 0));
    EXPECT(SUCCESS, raw_fd_fdstat_set_rights(directory, 0, 0));
    EXPECT(NOTCAPABLE, raw_fd_readdir(directory, at(&position), 8, 0, at(&n)));
    EXPECT(NOTCAPABLE, raw_path_open(directory, 0, PATH("file"), 0, 0, 0, 0, at(&fd)));
    EXPECT(SUCCESS, raw_fd_close(directory));
    EXPECT(SUCCESS, raw_fd_close(reader));
    EXPECT(SUCCESS, raw_fd_close(writer));
    EXPECT(SUCCESS, raw_fd_close(neither));
}

static void flags(void)
{
    const uint64_t full = all_rights & ~(uint64_t)__WASI_RIGHTS_FD_READDIR;
    for (uint32_t wanted = 0; wanted < 32; ++wanted) {
        uint32_t fd = 0;
        EXPECT(SUCCESS, raw_path_open(box, 0, PATH("file"), 0, full, 0, wanted, at(&fd)));
        EXPECT_EQ(wanted, status_of(fd).fs_flags);
        const uint32_t synchronous = wanted & ~(__WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK);
        EXPECT(SUCCESS, raw_fd_fdstat_set_flags(fd, synchronous | __WASI_FDFLAGS_APPEND));
        EXPECT_EQ(synchronous | __WASI_FDFLAGS_APPEND, status_of(fd).fs_flags);
        EXPECT(SUCCESS, raw_fd_fdstat_set_flags(fd, synchronous | __WASI_FDFLAGS_NONBLOCK));
        EXPECT_EQ(synchronous | __WASI_FDFLAGS_NONBLOCK, status_of(fd).fs_flags);
        EXPECT(NOTSUP, raw_fd_fdstat_set_flags(fd, synchronous ^ __WASI_FDFLAGS_DSYNC));
        EXPECT_EQ(synchronous | __WASI_FDFLAGS_NONBLOCK, status_of(fd).fs_flags);
        EXPECT(SUCCESS, raw_fd_close(fd));
    }
}

static void renumbering(void)
{
    char byte[1];
    const __wasi_iovec_t vector = {(uint8_t*)byte, 1};
    uint32_t n = 0;
    uint64_t position = 0;
    const uint32_t a = make_file(box, "a", "A"), b = make_file(box, "b", "B"), c = make_file(box, "c", "C");
    EXPECT_EQ(first_free, a);
    EXPECT_EQ(first_free + 1, b);
    EXPECT_EQ(first_free + 2, c);
    EXPECT(SUCCESS, raw_fd_renumber(c, a));
    EXPECT(BADF, raw_fd_tell(c, at(&position)));
    EXPECT(SUCCESS, raw_fd_pread(a, at(&vector), 1, 0, at(&n)));
    EXPECT_EQ('C', byte[0]);
    EXPECT(SUCCESS, raw_fd_tell(a, at(&position)));
    EXPECT_EQ(1, position);
    EXPECT(SUCCESS, raw_fd_renumber(a, a));
    EXPECT(SUCCESS, raw_fd_tell(a, at(&position)));
    EXPECT(BADF, raw_fd_renumber(c, c));
    EXPECT(BADF, raw_fd_renumber(a, c));
    // The lowest free one is next.
    EXPECT_EQ(c, make_file(box, "d", "D"));
    EXPECT(SUCCESS, raw_fd_close(a));
    EXPECT_EQ(a, make_file(box, "e", "E"));
    for (uint32_t fd = a; fd <= c; ++fd) EXPECT(SUCCESS, raw_fd_close(fd));
    // A preopened one can be moved and closed as any other, its name with it.
    __wasi_prestat_t status;
    const uint32_t file = make_file(box, "f", "F");
    EXPECT(SUCCESS, raw_fd_renumber(other, file));
    EXPECT(BADF, raw_fd_prestat_get(other, at(&status)));
    EXPECT(SUCCESS, raw_fd_prestat_get(file, at(&status)));
    EXPECT(SUCCESS, raw_fd_close(file));
    EXPECT(BADF, raw_fd_prestat_get(file, at(&status)));
}

static void limits(void)
{
    const uint32_t fd = make_file(box, "limits", "0123456789");
    uint64_t position = 77;
    uint32_t n = 0;
    char byte[1];
    const __wasi_iovec_t vector = {(uint8_t*)byte, 1};
    EXPECT(SUCCESS, raw_fd_seek(fd, -10, __WASI_WHENCE_END, at(&position)));
    EXPECT_EQ(0, position);
    EXPECT(INVAL, raw_fd_seek(fd, -11, __WASI_WHENCE_END, at(&position)));
    EXPECT(INVAL, raw_fd_seek(fd, -1, __WASI_WHENCE_SET, at(&position)));
    EXPECT(INVAL, raw_fd_seek(fd, INT64_MIN, __WASI_WHENCE_CUR, at(&position)));
    EXPECT(SUCCESS, raw_fd_seek(fd, 5, __WASI_WHENCE_SET, at(&position)));
    const int32_t beyond = raw_fd_seek(fd, INT64_MAX, __WASI_WHENCE_CUR, at(&position));
    EXPECT_EQ(1, beyond == __WASI_ERRNO_INVAL || beyond == __WASI_ERRNO_OVERFLOW);
    EXPECT(SUCCESS, raw_fd_tell(fd, at(&position)));
    EXPECT_EQ(5, position);
    EXPECT(SUCCESS, raw_fd_pread(fd, at(&vector), 1, 1u << 30, at(&n)));
    EXPECT_EQ(0, n);
    EXPECT(SUCCESS, raw_fd_close(fd));
}

int main(void)
{
    EXPECT(SUCCESS, raw_fd_close(make_file(box, "file", "text")));
    preopened();
    rights();
    flags();
    renumbering();
    limits();
    return finish();
}
