#pragma once

// Programs in this folder are compiled twice, natively and as a guest, and print a line for each call they make: its text and what
// it came to. Run in folders of their own, the two must print the same lines. So no line may hold what differs by nature:
// numbers of descriptors and inodes, times, permissions.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char* error_name(int error)
{
    static const struct {
        int code;
        const char* name;
    } names[] = {
#define NAME(e) {e, #e}
        NAME(EACCES),      NAME(EAGAIN),       NAME(EBADF),   NAME(EBUSY),  NAME(EEXIST),  NAME(EFAULT),
        NAME(EFBIG),       NAME(EINVAL),       NAME(EIO),     NAME(EISDIR), NAME(ELOOP),   NAME(EMFILE),
        NAME(EMLINK),      NAME(ENAMETOOLONG), NAME(ENODEV),  NAME(ENOENT), NAME(ENOSPC),  NAME(ENOSYS),
        NAME(ENOTDIR),     NAME(ENOTEMPTY),    NAME(ENOTSUP), NAME(ENOTTY), NAME(ENXIO),   NAME(EOVERFLOW),
        NAME(EPERM),       NAME(EPIPE),        NAME(EROFS),   NAME(ESPIPE), NAME(ETXTBSY), NAME(EXDEV),
#ifdef ENOTCAPABLE
        NAME(ENOTCAPABLE),
#endif
#undef NAME
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (names[i].code == error) return names[i].name;
    return "another error";
}

/// What a call came to: its value, or the error's name.
static const char* outcome(long long value)
{
    static char text[8][32];
    static unsigned next;
    if (value < 0) return error_name(errno);
    char* const to = text[next++ % 8];
    snprintf(to, sizeof text[0], "%lld", value);
    return to;
}

/// A call whose value counts.
#define SHOW(call)                                  \
    do {                                            \
        errno = 0;                                  \
        const long long value_ = (long long)(call); \
        printf("%s: %s\n", #call, outcome(value_)); \
    } while (0)
/// A call whose success counts.
#define TRY(call)                                                \
    do {                                                         \
        errno = 0;                                               \
        const long long value_ = (long long)(call);              \
        printf("%s: %s\n", #call, outcome(value_ < 0 ? -1 : 0)); \
    } while (0)
/// A call that answers an error's number.
#define SHOW_ERROR(call)                                              \
    do {                                                              \
        const int error_ = (call);                                    \
        printf("%s: %s\n", #call, error_ ? error_name(error_) : "0"); \
    } while (0)

static int must(int value, const char* what)
{
    if (value >= 0) return value;
    printf("cannot go on: %s: %s\n", what, error_name(errno));
    exit(99);
}
#define MUST(call) must((call), #call)

static void write_file(int directory, const char* name, const char* text)
{
    const int fd = MUST(openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0666));
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) must(-1, "write");
    close(fd);
}

struct names {
    char* name[64];
    size_t count;
};

static int compare_names(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

/// The sorted names in a directory, without "." and "..".
static struct names list(int directory, const char* name)
{
    struct names names = {.count = 0};
    DIR* const stream = fdopendir(MUST(openat(directory, name, O_RDONLY | O_DIRECTORY)));
    if (stream == NULL) must(-1, "fdopendir");
    for (struct dirent* entry; (entry = readdir(stream)) != NULL && names.count < 64;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) names.name[names.count++] = strdup(entry->d_name);
    closedir(stream);
    qsort(names.name, names.count, sizeof *names.name, compare_names);
    return names;
}

/// Prints what is in a directory: each name with its kind, links with what they say, files with size and number of names.
static void print_tree(int directory, const char* name)
{
    struct names names = list(directory, name);
    const int here = MUST(openat(directory, name, O_RDONLY | O_DIRECTORY));
    printf("{");
    for (size_t i = 0; i < names.count; ++i) {
        struct stat status;
        char target[256];
        MUST(fstatat(here, names.name[i], &status, AT_SYMLINK_NOFOLLOW));
        printf(" %s", names.name[i]);
        if (S_ISDIR(status.st_mode)) print_tree(here, names.name[i]);
        else if (S_ISLNK(status.st_mode))
            printf("->%.*s", MUST((int)readlinkat(here, names.name[i], target, sizeof target)), target);
        else printf("(%lld,%lld)", (long long)status.st_size, (long long)status.st_nlink);
        free(names.name[i]);
    }
    printf(" }");
    close(here);
}

static void remove_tree(int directory, const char* name)
{
    struct names names = list(directory, name);
    const int here = MUST(openat(directory, name, O_RDONLY | O_DIRECTORY));
    for (size_t i = 0; i < names.count; ++i) {
        if (unlinkat(here, names.name[i], 0) != 0) remove_tree(here, names.name[i]);
        free(names.name[i]);
    }
    close(here);
    MUST(unlinkat(directory, name, AT_REMOVEDIR));
}

/// A folder with one of each kind, made anew.
static int make_tree(void)
{
    MUST(mkdirat(AT_FDCWD, "tree", 0777));
    const int tree = MUST(open("tree", O_RDONLY | O_DIRECTORY));
    write_file(tree, "file", "content");
    MUST(mkdirat(tree, "dir", 0777));
    write_file(tree, "dir/inner", "inner");
    MUST(mkdirat(tree, "empty", 0777));
    MUST(symlinkat("file", tree, "to_file"));
    MUST(symlinkat("dir", tree, "to_dir"));
    MUST(symlinkat("to_file", tree, "to_link"));
    MUST(symlinkat("dir/", tree, "to_slash"));
    MUST(symlinkat("../file", tree, "dir/back"));
    MUST(symlinkat("missing", tree, "dangling"));
    MUST(symlinkat("loop", tree, "loop"));
    return tree;
}

static void drop_tree(int tree)
{
    close(tree);
    remove_tree(AT_FDCWD, "tree");
}

#define LONG_50 "12345678901234567890123456789012345678901234567890"
#define LONG_250 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50
/// What paths can look like from make_tree's folder.
static const char* const paths[] = {
    "file",
    "dir",
    "empty",
    "to_file",
    "to_dir",
    "to_link",
    "to_slash",
    "dangling",
    "loop",
    "missing",
    "file/",
    "dir/",
    "empty/",
    "to_file/",
    "to_dir/",
    "to_link/",
    "to_slash/",
    "dangling/",
    "loop/",
    "missing/",
    "dir//",
    "to_dir//",
    "empty///",
    ".",
    "./",
    "./.",
    "./file",
    ".//dir",
    "dir/.",
    "dir/./",
    "empty/.",
    "dir/..",
    "dir/../",
    "dir/../file",
    "dir/../missing",
    "file/.",
    "file/..",
    "file/x",
    "missing/x",
    "missing/..",
    "dangling/x",
    "loop/x",
    "to_file/x",
    "dir/inner",
    "to_dir/inner",
    "dir//inner",
    "dir/inner/",
    "dir/back",
    "to_dir/back",
    "to_dir/..",
    "to_dir/../file",
    "dir/x",
    "to_dir/x",
    "dir/x/",
    "",
    " ",
    "a b",
    "-",
    "~",
    "...",
    "name\nwith\tcontrol",
    "\xff\xfe",
    "caf\xc3\xa9",
    "dir/\xc3",
    "\\",
    "a\\b",
    "c:x",
    "*",
    LONG_250,
    LONG_250 "12345",
    LONG_250 "123456",
};
enum { path_count = sizeof paths / sizeof *paths };
