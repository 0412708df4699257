// Every call that looks at or changes a name, with each kind of path; what was there before and after.

#include "check.h"

static int make_directory(int tree, const char* path) { return mkdirat(tree, path, 0777); }
static int remove_directory(int tree, const char* path) { return unlinkat(tree, path, AT_REMOVEDIR); }
static int unlink_file(int tree, const char* path) { return unlinkat(tree, path, 0); }
static int make_symlink(int tree, const char* path) { return symlinkat("anything/at all", tree, path); }
static int link_from(int tree, const char* path) { return linkat(tree, path, tree, "new", 0); }
static int link_from_following(int tree, const char* path) { return linkat(tree, path, tree, "new", AT_SYMLINK_FOLLOW); }
static int link_to(int tree, const char* path) { return linkat(tree, "file", tree, path, 0); }
static int link_deeper(int tree, const char* path) { return linkat(tree, path, tree, "dir/new", 0); }
static int rename_from(int tree, const char* path) { return renameat(tree, path, tree, "new"); }
static int rename_from_to_slash(int tree, const char* path) { return renameat(tree, path, tree, "new/"); }
static int rename_over_file(int tree, const char* path) { return renameat(tree, path, tree, "dir/inner"); }
static int rename_over_empty(int tree, const char* path) { return renameat(tree, path, tree, "empty"); }
static int rename_into_itself(int tree, const char* path) { return renameat(tree, path, tree, "dir/new"); }
static int rename_file_to(int tree, const char* path) { return renameat(tree, "file", tree, path); }
static int rename_directory_to(int tree, const char* path) { return renameat(tree, "dir", tree, path); }
static int rename_empty_to(int tree, const char* path) { return renameat(tree, "empty", tree, path); }
static int rename_link_to(int tree, const char* path) { return renameat(tree, "to_dir", tree, path); }
static int rename_to_same(int tree, const char* path) { return renameat(tree, path, tree, path); }

static int show_status(int tree, const char* path, int flags)
{
    struct stat status;
    if (fstatat(tree, path, &status, flags) != 0) return -1;
    const int kind = S_ISREG(status.st_mode) ? 1 : S_ISDIR(status.st_mode) ? 2 : S_ISLNK(status.st_mode) ? 3 : 0;
    printf("(kind %d size %lld) ", kind, kind == 2 ? 0LL : (long long)status.st_size);
    return 0;
}
static int stat_following(int tree, const char* path) { return show_status(tree, path, 0); }
static int stat_itself(int tree, const char* path) { return show_status(tree, path, AT_SYMLINK_NOFOLLOW); }
static int read_link(int tree, const char* path)
{
    char text[64];
    const ssize_t n = readlinkat(tree, path, text, sizeof text);
    if (n >= 0) printf("(%.*s) ", (int)n, text);
    return n < 0 ? -1 : (int)n;
}
static int read_some_of_link(int tree, const char* path)
{
    char text[4] = "???";
    const ssize_t n = readlinkat(tree, path, text, 2);
    if (n >= 0) printf("(%.3s) ", text);
    return n < 0 ? -1 : (int)n;
}

static int show_times(int tree, const char* path, int flags)
{
    const struct timespec times[2] = {{1000, 1}, {2000, 2}};
    struct stat status;
    if (utimensat(tree, path, times, flags) != 0) return -1;
    MUST(fstatat(tree, path, &status, flags));
    printf("(%lld.%ld %lld.%ld) ", (long long)status.st_atim.tv_sec, status.st_atim.tv_nsec, (long long)status.st_mtim.tv_sec,
           status.st_mtim.tv_nsec);
    return 0;
}
static int set_times_following(int tree, const char* path) { return show_times(tree, path, 0); }
static int set_times_of_itself(int tree, const char* path) { return show_times(tree, path, AT_SYMLINK_NOFOLLOW); }

int main(void)
{
    static const struct {
        const char* name;
        int (*call)(int tree, const char* path);
    } calls[] = {
#define CALL(f) {#f, f}
        CALL(make_directory),
        CALL(remove_directory),
        CALL(unlink_file),
        CALL(make_symlink),
        CALL(link_from),
        CALL(link_from_following),
        CALL(link_to),
        CALL(link_deeper),
        CALL(rename_from),
        CALL(rename_from_to_slash),
        CALL(rename_over_file),
        CALL(rename_over_empty),
        CALL(rename_into_itself),
        CALL(rename_file_to),
        CALL(rename_directory_to),
        CALL(rename_empty_to),
        CALL(rename_link_to),
        CALL(rename_to_same),
        CALL(stat_following),
        CALL(stat_itself),
        CALL(read_link),
        CALL(read_some_of_link),
        CALL(set_times_following),
        CALL(set_times_of_itself),
#undef CALL
    };
    for (size_t c = 0; c < sizeof calls / sizeof *calls; ++c)
        for (size_t p = 0; p < path_count; ++p) {
            const int tree = make_tree();
            errno = 0;
            printf("%s '%s': ", calls[c].name, paths[p]);
            printf("%s ", outcome(calls[c].call(tree, paths[p])));
            print_tree(tree, ".");
            printf("\n");
            drop_tree(tree);
        }

    // What a symlink may say.
    const int tree = make_tree();
    SHOW(symlinkat("", tree, "l1"));
    SHOW(symlinkat(LONG_250 "/" LONG_250 "/", tree, "l2"));
    SHOW(symlinkat("\xff/\xc3", tree, "l3"));
    SHOW(symlinkat("..", tree, "l4"));
    SHOW(symlinkat("../../..", tree, "l5"));
    SHOW(symlinkat("x", tree, "l4"));
    print_tree(tree, ".");
    printf("\n");
    drop_tree(tree);
    return 0;
}
