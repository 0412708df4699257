// Listing: complete, once each, from any position, while entries come and go.

#include "check.h"

enum { entry_count = 3000 };

static int seen[entry_count];

static int number_of(const char* name)
{
    int n = -1;
    return sscanf(name, "entry-%d-with-a-name-of-some-length", &n) == 1 && n >= 0 && n < entry_count ? n : -1;
}

static void name_of(int n, char (*name)[64]) { snprintf(*name, sizeof *name, "entry-%d-with-a-name-of-some-length", n); }

static void show_seen(const char* what, int from, int to)
{
    int once = 0, missing = 0, often = 0;
    for (int i = from; i < to; ++i) {
        if (seen[i] == 1) ++once;
        else if (seen[i] == 0) ++missing;
        else ++often;
    }
    printf("%s [%d, %d): %d once, %d missing, %d more than once\n", what, from, to, once, missing, often);
}

static void count_all(DIR* stream)
{
    memset(seen, 0, sizeof seen);
    int dots = 0, others = 0;
    errno = 0;
    for (struct dirent* entry; (entry = readdir(stream)) != NULL;) {
        const int n = number_of(entry->d_name);
        if (n >= 0) ++seen[n];
        else if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) ++dots;
        else ++others;
    }
    const int error = errno;
    printf("dots %d, others %d, errno %d\n", dots, others, error);
}

int main(void)
{
    char name[64];
    MUST(mkdir("many", 0777));
    const int many = MUST(open("many", O_RDONLY | O_DIRECTORY));
    for (int i = 0; i < entry_count; ++i) {
        name_of(i, &name);
        write_file(many, name, "");
    }
    MUST(mkdirat(many, "folder", 0777));
    MUST(symlinkat("nowhere", many, "link"));

    DIR* const stream = fdopendir(MUST(openat(many, ".", O_RDONLY | O_DIRECTORY)));
    count_all(stream);
    show_seen("all", 0, entry_count);
    count_all(stream);
    show_seen("at the end", 0, entry_count);
    rewinddir(stream);
    count_all(stream);
    show_seen("again", 0, entry_count);

    // Positions lead back to where they were taken.
    static long positions[200];
    static char names[200][64];
    rewinddir(stream);
    for (int i = 0; i < 200; ++i) {
        positions[i] = telldir(stream);
        struct dirent* const entry = readdir(stream);
        if (entry == NULL) must(-1, "readdir");
        snprintf(names[i], sizeof names[i], "%s", entry->d_name);
    }
    int same = 0;
    for (int i = 199; i >= 0; i -= 7) {
        seekdir(stream, positions[i]);
        struct dirent* const entry = readdir(stream);
        if (entry != NULL && strcmp(entry->d_name, names[i]) == 0) ++same;
    }
    printf("positions %d\n", same);

    // Entries that were there all along come once, whatever else is made and removed meanwhile.
    rewinddir(stream);
    memset(seen, 0, sizeof seen);
    int step = 0;
    for (struct dirent* entry; (entry = readdir(stream)) != NULL; ++step) {
        const int n = number_of(entry->d_name);
        if (n >= 0) ++seen[n];
        if (step < 1000) {
            snprintf(name, sizeof name, "new-%d", step);
            write_file(many, name, "");
            name_of(step, &name);  // the first 1000 go
            MUST(unlinkat(many, name, 0));
        }
    }
    show_seen("while others come and go", 1000, entry_count);
    rewinddir(stream);
    count_all(stream);
    show_seen("removed", 0, 1000);
    show_seen("left", 1000, entry_count);

    // What was removed behind the reader's back and the directory itself.
    rewinddir(stream);
    if (readdir(stream) == NULL) must(-1, "readdir");
    closedir(stream);
    remove_tree(many, "folder");
    MUST(mkdirat(many, "gone", 0777));
    const int gone = MUST(openat(many, "gone", O_RDONLY | O_DIRECTORY));
    MUST(unlinkat(many, "gone", AT_REMOVEDIR));
    struct stat status;
    SHOW(fstat(gone, &status));
    SHOW(openat(gone, "x", O_WRONLY | O_CREAT, 0666));
    SHOW(mkdirat(gone, "x", 0777));
    SHOW(fstatat(gone, "x", &status, 0));
    TRY(openat(gone, ".", O_RDONLY | O_DIRECTORY));

    // Kinds, as entries say them.
    const int tree = make_tree();
    struct names kinds = list(tree, ".");
    DIR* const typed = fdopendir(MUST(openat(tree, ".", O_RDONLY | O_DIRECTORY)));
    for (size_t i = 0; i < kinds.count; ++i) {
        rewinddir(typed);
        for (struct dirent* entry; (entry = readdir(typed)) != NULL;) {
            if (strcmp(entry->d_name, kinds.name[i]) != 0) continue;
            MUST(fstatat(tree, entry->d_name, &status, AT_SYMLINK_NOFOLLOW));
            printf("%s: %s %d\n", entry->d_name,
                   entry->d_type == DT_REG   ? "file"
                   : entry->d_type == DT_DIR ? "directory"
                   : entry->d_type == DT_LNK ? "link"
                                             : "?",
                   status.st_ino == entry->d_ino);
        }
    }
    closedir(typed);
    TRY(opendir("tree/file") == NULL ? -1 : 0);
    TRY(opendir("tree/missing") == NULL ? -1 : 0);
    TRY(opendir("tree/to_dir") == NULL ? -1 : 0);
    TRY(opendir("tree/to_file") == NULL ? -1 : 0);
    return 0;
}
