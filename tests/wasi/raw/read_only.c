// A directory granted with :ro refuses every change with rofs, as source and as destination, through any descriptor beneath it.
// It holds "file", the directory "dir" with "inner", and the link "link" to "file".

#include "raw.h"

static uint32_t fd;
static __wasi_filestat_t status;

static void refuses_names(uint32_t directory)
{
    static const char* const paths[] = {"file", "dir", "link", "missing", "dir/inner", "dir/missing", "dir/", "missing/", "."};
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i) {
        const char* const path = paths[i];
        EXPECT(ROFS, raw_path_create_directory(directory, PATH(path)));
        EXPECT(ROFS, raw_path_remove_directory(directory, PATH(path)));
        EXPECT(ROFS, raw_path_unlink_file(directory, PATH(path)));
        EXPECT(ROFS, raw_path_rename(directory, PATH(path), box, PATH("stolen")));
        EXPECT(ROFS, raw_path_rename(box, PATH("file"), directory, PATH(path)));
        EXPECT(ROFS, raw_path_rename(directory, PATH(path), directory, PATH("other")));
        EXPECT(ROFS, raw_path_link(directory, 0, PATH(path), box, PATH("stolen")));
        EXPECT(ROFS, raw_path_link(directory, 1, PATH(path), box, PATH("stolen")));
        EXPECT(ROFS, raw_path_link(box, 0, PATH("file"), directory, PATH(path)));
        EXPECT(ROFS, raw_path_symlink(PATH("x"), directory, PATH(path)));
        EXPECT(ROFS, raw_path_filestat_set_times(directory, 0, PATH(path), 0, 0, __WASI_FSTFLAGS_MTIM));
        EXPECT(ROFS, raw_path_filestat_set_times(directory, 1, PATH(path), 0, 0, __WASI_FSTFLAGS_ATIM_NOW));
    }
    static const char* const files[] = {"file", "link", "missing", "dir/inner"};
    for (unsigned i = 0; i < sizeof files / sizeof *files; ++i)
        for (uint32_t lookup = 0; lookup < 2; ++lookup) {
            EXPECT(ROFS, raw_path_open(directory, lookup, PATH(files[i]), 0, WRITE, 0, 0, at(&fd)));
            EXPECT(ROFS, raw_path_open(directory, lookup, PATH(files[i]), 0, READ | WRITE, 0, 0, at(&fd)));
            EXPECT(ROFS, raw_path_open(directory, lookup, PATH(files[i]), 0, __WASI_RIGHTS_FD_ALLOCATE, 0, 0, at(&fd)));
            EXPECT(ROFS, raw_path_open(directory, lookup, PATH(files[i]), __WASI_OFLAGS_TRUNC, READ, 0, 0, at(&fd)));
            EXPECT(ROFS, raw_path_open(directory, lookup, PATH(files[i]), __WASI_OFLAGS_CREAT, READ, 0, 0, at(&fd)));
            EXPECT(ROFS,
                   raw_path_open(directory, lookup, PATH(files[i]), __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, READ, 0, 0, at(&fd)));
            EXPECT(ROFS, raw_path_open(directory, lookup, PATH(files[i]), 0, WRITE, 0, __WASI_FDFLAGS_APPEND, at(&fd)));
        }
}

int main(void)
{
    EXPECT(SUCCESS, raw_fd_close(make_file(box, "file", "mine")));
    refuses_names(read_only);
    const uint32_t again =
        must_open(read_only, ".", __WASI_OFLAGS_DIRECTORY, all_rights & ~(uint64_t)(WRITE | __WASI_RIGHTS_FD_ALLOCATE));
    refuses_names(again);

    // An open file or directory of it.
    const uint32_t file =
        must_open(read_only, "file", 0, all_rights & ~(uint64_t)(WRITE | __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_READDIR));
    char text[8];
    const __wasi_iovec_t vector = {(uint8_t*)text, sizeof text};
    uint32_t n = 0;
    EXPECT(SUCCESS, raw_fd_read(file, at(&vector), 1, at(&n)));
    EXPECT(BADF, raw_fd_write(file, at(&vector), 1, at(&n)));
    EXPECT(BADF, raw_fd_pwrite(file, at(&vector), 1, 0, at(&n)));
    EXPECT(ROFS, raw_fd_filestat_set_times(file, 0, 0, __WASI_FSTFLAGS_MTIM));
    EXPECT(ROFS, raw_fd_filestat_set_times(again, 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
    EXPECT(ROFS, raw_fd_filestat_set_times(read_only, 0, 0, __WASI_FSTFLAGS_ATIM));
    const int32_t cut = raw_fd_filestat_set_size(file, 0), grown = raw_fd_allocate(file, 0, 100);
    EXPECT_EQ(1, cut == __WASI_ERRNO_ROFS || cut == __WASI_ERRNO_NOTCAPABLE);
    EXPECT_EQ(1, grown == __WASI_ERRNO_ROFS || grown == __WASI_ERRNO_NOTCAPABLE);
    EXPECT(SUCCESS, raw_fd_sync(file));

    // What changes nothing works.
    EXPECT(SUCCESS, raw_path_filestat_get(read_only, 1, PATH("link"), at(&status)));
    EXPECT(SUCCESS, raw_path_readlink(read_only, PATH("link"), at(text), sizeof text, at(&n)));
    EXPECT_EQ(4, n);
    static uint8_t entries[1000];
    EXPECT(SUCCESS, raw_fd_readdir(read_only, at(entries), sizeof entries, 0, at(&n)));
    EXPECT(SUCCESS, raw_fd_fdstat_set_flags(file, __WASI_FDFLAGS_NONBLOCK));
    EXPECT(NOENT, raw_path_filestat_get(box, 0, PATH("stolen"), at(&status)));
    EXPECT(SUCCESS, raw_path_filestat_get(box, 0, PATH("file"), at(&status)));
    return finish();
}
