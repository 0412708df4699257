// Paths that no libc passes on: empty, with NUL, too long, not UTF-8; ways out; names across preopened directories.
// In /box, "relative" leads to "../outside", "absolute" to its whole name, "secret" to a file in it, "descriptors" to /proc/self/fd.

#include "raw.h"

static __wasi_filestat_t status;
static uint32_t fd;
static char buffer[64];

/// Every call with a path that must refuse it with one errno.
static void refused(int32_t error, const char* path, uint32_t size, int line)
{
    const address p = at(path);
    const struct {
        const char* name;
        int32_t found;
    } calls[] = {
        {"path_open", raw_path_open(box, 1, p, size, 0, READ, 0, 0, at(&fd))},
        {"path_open creat", raw_path_open(box, 1, p, size, __WASI_OFLAGS_CREAT, READ | WRITE, 0, 0, at(&fd))},
        {"path_open creat excl", raw_path_open(box, 1, p, size, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, WRITE, 0, 0, at(&fd))},
        {"path_open directory", raw_path_open(box, 1, p, size, __WASI_OFLAGS_DIRECTORY, 0, 0, 0, at(&fd))},
        {"path_open trunc", raw_path_open(box, 1, p, size, __WASI_OFLAGS_TRUNC, WRITE, 0, 0, at(&fd))},
        {"path_filestat_get", raw_path_filestat_get(box, 1, p, size, at(&status))},
        {"path_filestat_set_times", raw_path_filestat_set_times(box, 1, p, size, 0, 0, __WASI_FSTFLAGS_MTIM)},
        {"path_create_directory", raw_path_create_directory(box, p, size)},
        {"path_remove_directory", raw_path_remove_directory(box, p, size)},
        {"path_unlink_file", raw_path_unlink_file(box, p, size)},
        {"path_rename from", raw_path_rename(box, p, size, box, PATH("moved"))},
        {"path_rename to", raw_path_rename(box, PATH("file"), box, p, size)},
        {"path_link from", raw_path_link(box, 0, p, size, box, PATH("linked"))},
        {"path_link from, followed", raw_path_link(box, 1, p, size, box, PATH("linked"))},
        {"path_link to", raw_path_link(box, 0, PATH("file"), box, p, size)},
        {"path_symlink", raw_path_symlink(PATH("x"), box, p, size)},
        {"path_readlink", raw_path_readlink(box, p, size, at(buffer), sizeof buffer, at(&fd))},
    };
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; ++i) {
        const int is_met = error >= 0 ? calls[i].found == error : calls[i].found != __WASI_ERRNO_SUCCESS;
        if (!is_met) printf("'%.*s': ", (int)size, path);
        expect(is_met, calls[i].name, line, calls[i].found);
    }
}
#define REFUSED(error, path) refused(__WASI_ERRNO_##error, path, sizeof path - 1, __LINE__)
#define REFUSED_SOMEHOW(path) refused(-1, path, sizeof path - 1, __LINE__)

static void works(const char* name)
{
    const uint32_t made = make_file(box, name, "x");
    EXPECT(SUCCESS, raw_fd_close(made));
    EXPECT(SUCCESS, raw_path_filestat_get(box, 0, PATH(name), at(&status)));
    EXPECT_EQ(1, status.size);
    EXPECT(SUCCESS, raw_path_rename(box, PATH(name), box, PATH("moved")));
    EXPECT(SUCCESS, raw_path_link(box, 0, PATH("moved"), box, PATH(name)));
    EXPECT(SUCCESS, raw_path_unlink_file(box, PATH(name)));
    EXPECT(SUCCESS, raw_path_symlink(PATH(name), box, PATH(name)));
    EXPECT(SUCCESS, raw_path_readlink(box, PATH(name), at(buffer), sizeof buffer, at(&fd)));
    EXPECT_EQ(strlen(name), fd);
    EXPECT_EQ(0, memcmp(buffer, name, strlen(name)));
    EXPECT(LOOP, raw_path_filestat_get(box, 1, PATH(name), at(&status)));
    EXPECT(SUCCESS, raw_path_unlink_file(box, PATH(name)));
    EXPECT(SUCCESS, raw_path_create_directory(box, PATH(name)));
    EXPECT(SUCCESS, raw_path_remove_directory(box, PATH(name)));
    EXPECT(SUCCESS, raw_path_unlink_file(box, PATH("moved")));
}

static void across(void)
{
    EXPECT(SUCCESS, raw_fd_close(make_file(box, "mine", "content")));
    EXPECT(SUCCESS, raw_path_rename(box, PATH("mine"), other, PATH("theirs")));
    EXPECT(NOENT, raw_path_filestat_get(box, 0, PATH("mine"), at(&status)));
    EXPECT(SUCCESS, raw_path_filestat_get(other, 0, PATH("theirs"), at(&status)));
    EXPECT_EQ(7, status.size);
    EXPECT(SUCCESS, raw_path_link(other, 0, PATH("theirs"), box, PATH("both")));
    EXPECT(SUCCESS, raw_path_filestat_get(box, 0, PATH("both"), at(&status)));
    EXPECT_EQ(2, status.nlink);
    EXPECT(SUCCESS, raw_path_create_directory(box, PATH("folder")));
    EXPECT(SUCCESS, raw_fd_close(make_file(box, "folder/in", "x")));
    EXPECT(SUCCESS, raw_path_rename(box, PATH("folder"), other, PATH("moved")));
    EXPECT(SUCCESS, raw_path_filestat_get(other, 0, PATH("moved/in"), at(&status)));
    EXPECT(EXIST, raw_path_link(box, 0, PATH("both"), other, PATH("theirs")));
    // A descriptor of a directory does not lead above it, wherever that is now.
    const uint32_t moved = must_open(other, "moved", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_PATH_OPEN);
    EXPECT(PERM, raw_path_open(moved, 1, PATH(".."), 0, 0, 0, 0, at(&fd)));
    EXPECT(PERM, raw_path_open(moved, 1, PATH("../theirs"), 0, READ, 0, 0, at(&fd)));
    EXPECT(SUCCESS, raw_fd_close(moved));
    EXPECT(SUCCESS, raw_path_unlink_file(other, PATH("moved/in")));
    EXPECT(SUCCESS, raw_path_remove_directory(other, PATH("moved")));
    EXPECT(SUCCESS, raw_path_unlink_file(other, PATH("theirs")));
    EXPECT(SUCCESS, raw_path_unlink_file(box, PATH("both")));
}

int main(void)
{
    EXPECT(SUCCESS, raw_fd_close(make_file(box, "file", "content")));
    EXPECT(SUCCESS, raw_path_create_directory(box, PATH("dir")));
    REFUSED(NOENT, "");
    REFUSED(INVAL, "\0");
    REFUSED(INVAL, "file\0");
    REFUSED(INVAL, "file\0x");
    REFUSED(INVAL, "dir/\0/file");
    static char long_path[5000];
    memset(long_path, 'a', sizeof long_path);
    refused(__WASI_ERRNO_NAMETOOLONG, long_path, 256, __LINE__);
    refused(__WASI_ERRNO_NAMETOOLONG, long_path, 4095, __LINE__);
    refused(__WASI_ERRNO_NAMETOOLONG, long_path, 4096, __LINE__);
    refused(__WASI_ERRNO_NAMETOOLONG, long_path, 5000, __LINE__);
    for (unsigned i = 1; i < sizeof long_path; i += 2) long_path[i] = '/';
    refused(__WASI_ERRNO_NOENT, long_path, 4095, __LINE__);
    refused(__WASI_ERRNO_NAMETOOLONG, long_path, 4097, __LINE__);
    EXPECT(INVAL, raw_path_symlink(at("a\0b"), 3, box, PATH("x")));
    EXPECT(NOENT, raw_path_symlink(PATH(""), box, PATH("x")));
    EXPECT(NAMETOOLONG, raw_path_symlink(at(long_path), 4096, box, PATH("x")));
    EXPECT(PERM, raw_path_symlink(PATH("/etc/passwd"), box, PATH("x")));

    works("\xff\xfe");
    works("\xc3");
    works("\xed\xa0\x80");
    works(" ");
    works("\n\t\x01");
    works("caf\xc3\xa9");
    works("\\");
    works("C:");
    works("...");

    REFUSED(PERM, "..");
    REFUSED_SOMEHOW("../");
    REFUSED(PERM, "../outside");
    REFUSED(PERM, "../outside/secret");
    REFUSED(PERM, "dir/../../outside/secret");
    REFUSED(PERM, "./../outside");
    REFUSED(PERM, "/");
    REFUSED(PERM, "/etc/passwd");
    REFUSED(PERM, "//etc/passwd");
    REFUSED(PERM, "/box/file");
    REFUSED(PERM, "relative/secret");
    REFUSED(PERM, "relative/new");
    REFUSED(PERM, "relative/../box/file");
    REFUSED(PERM, "absolute/secret");
    REFUSED(PERM, "absolute/.");
    REFUSED_SOMEHOW("relative/");
    REFUSED_SOMEHOW("absolute/");
    REFUSED_SOMEHOW("relative/.");
    REFUSED_SOMEHOW("secret/");
    REFUSED_SOMEHOW("secret/.");
    REFUSED_SOMEHOW("descriptors/0");
    REFUSED_SOMEHOW("descriptors/3/file");
    REFUSED_SOMEHOW("descriptors/4/new");
    static const char* const links[] = {"relative", "absolute", "secret", "descriptors"};
    for (unsigned i = 0; i < 4; ++i) {
        EXPECT_EQ(1, raw_path_open(box, 1, PATH(links[i]), 0, READ, 0, 0, at(&fd)) != 0);
        EXPECT_EQ(1, raw_path_open(box, 1, PATH(links[i]), __WASI_OFLAGS_CREAT, WRITE, 0, 0, at(&fd)) != 0);
        EXPECT(LOOP, raw_path_open(box, 0, PATH(links[i]), 0, READ, 0, 0, at(&fd)));
        EXPECT_EQ(1, raw_path_filestat_get(box, 1, PATH(links[i]), at(&status)) != 0);
        EXPECT(SUCCESS, raw_path_filestat_get(box, 0, PATH(links[i]), at(&status)));
        EXPECT_EQ(__WASI_FILETYPE_SYMBOLIC_LINK, status.filetype);
        EXPECT_EQ(1, raw_path_link(box, 1, PATH(links[i]), box, PATH("linked")) != 0);
        EXPECT_EQ(1, raw_path_filestat_set_times(box, 1, PATH(links[i]), 0, 0, __WASI_FSTFLAGS_MTIM) != 0);
    }
    EXPECT(NOENT, raw_path_filestat_get(box, 0, PATH("moved"), at(&status)));
    EXPECT(NOENT, raw_path_filestat_get(box, 0, PATH("linked"), at(&status)));
    across();
    return finish();
}
