// Opening: each kind of path with each set of flags, and what the descriptor can do then.

#include "check.h"

static void try_open(const char* path, int access, const char* access_name, unsigned choice)
{
    static const struct {
        int flag;
        const char* name;
    } flags[] = {{O_CREAT, "creat"},         {O_EXCL, "excl"},         {O_TRUNC, "trunc"},
                 {O_DIRECTORY, "directory"}, {O_NOFOLLOW, "nofollow"}, {O_APPEND, "append"}};
    int all = access;
    for (unsigned i = 0; i < 6; ++i)
        if (choice >> i & 1) all |= flags[i].flag;
    if ((all & O_EXCL) && !(all & O_CREAT)) return;     // POSIX does not say
    if ((all & O_TRUNC) && access == O_RDONLY) return;  // nor here

    const int tree = make_tree();
    printf("open '%s' %s", path, access_name);
    for (unsigned i = 0; i < 6; ++i)
        if (choice >> i & 1) printf(" %s", flags[i].name);
    errno = 0;
    const int fd = openat(tree, path, all, 0666);
    if (fd < 0) {
        printf(": %s", error_name(errno));
    } else {
        struct stat status;
        char byte;
        MUST(fstat(fd, &status));
        printf(": %s", S_ISDIR(status.st_mode) ? "directory" : S_ISREG(status.st_mode) ? "file" : "something else");
        printf(", read %s", outcome(read(fd, &byte, 1)));
        printf(", write %s", outcome(write(fd, "xy", 2)));
        const off_t position = lseek(fd, 0, SEEK_CUR);
        if (!S_ISDIR(status.st_mode)) printf(", at %s", outcome(position));
        close(fd);
    }
    if (access != O_RDONLY || (all & O_CREAT)) {
        printf(" ");
        print_tree(tree, ".");
    }
    printf("\n");
    drop_tree(tree);
}

int main(void)
{
    static const struct {
        int flag;
        const char* name;
    } accesses[] = {{O_RDONLY, "rdonly"}, {O_WRONLY, "wronly"}, {O_RDWR, "rdwr"}};
    for (size_t p = 0; p < path_count; ++p)
        for (size_t a = 0; a < 3; ++a)
            for (unsigned choice = 0; choice < 64; ++choice) try_open(paths[p], accesses[a].flag, accesses[a].name, choice);
    return 0;
}
