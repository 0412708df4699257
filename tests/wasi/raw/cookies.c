// fd_readdir: any buffer, any cookie, the same entries; cookies that were given stay good while entries come and go.

#include "raw.h"

enum { file_count = 300, buffer_size = 64 * 1024 };

static uint8_t buffer[buffer_size], piece[buffer_size];

struct entry {
    uint64_t cookie;  // that leads to it
    char name[32];
};
static struct entry entries[file_count + 2];
static uint32_t entry_count;

static uint32_t read_all(void)
{
    uint32_t used = 0;
    EXPECT(SUCCESS, raw_fd_readdir(box, at(buffer), buffer_size, 0, at(&used)));
    uint64_t cookie = 0;
    entry_count = 0;
    for (uint32_t i = 0; i + sizeof(__wasi_dirent_t) <= used && entry_count < file_count + 2;) {
        __wasi_dirent_t header;
        memcpy(&header, buffer + i, sizeof header);
        struct entry* const e = &entries[entry_count++];
        e->cookie = cookie;
        snprintf(e->name, sizeof e->name, "%.*s", (int)header.d_namlen, (const char*)buffer + i + sizeof header);
        cookie = header.d_next;
        i += sizeof header + header.d_namlen;
    }
    return used;
}

/// The name of the entry that a cookie leads to.
static const char* name_at(uint64_t cookie)
{
    static char name[32];
    uint32_t used = 0;
    EXPECT(SUCCESS, raw_fd_readdir(box, at(piece), 256, cookie, at(&used)));
    __wasi_dirent_t header;
    if (used < sizeof header) return "";
    memcpy(&header, piece, sizeof header);
    snprintf(name, sizeof name, "%.*s", (int)header.d_namlen, (const char*)piece + sizeof header);
    return name;
}

int main(void)
{
    char name[32];
    for (int i = 0; i < file_count; ++i) {
        snprintf(name, sizeof name, "file-%d", i);
        EXPECT(SUCCESS, raw_fd_close(make_file(box, name, "")));
    }
    const uint32_t all = read_all();
    EXPECT_EQ(file_count + 2, entry_count);

    // A buffer of any size holds as much of the same bytes, and the rest stays as it was.
    for (uint32_t size = 0; size < 600; ++size) {
        uint32_t used = 0;
        memset(piece, '#', 700);
        EXPECT(SUCCESS, raw_fd_readdir(box, at(piece), size, 0, at(&used)));
        EXPECT_EQ(size, used);
        EXPECT_EQ(0, memcmp(piece, buffer, size));
        EXPECT_EQ('#', piece[size]);
    }
    // Each cookie leads to its entry, in any order.
    for (uint32_t i = entry_count; i-- > 0;) EXPECT_EQ(0, strcmp(name_at(entries[i].cookie), entries[i].name));
    for (uint32_t i = 0; i < entry_count; ++i)
        EXPECT_EQ(0, strcmp(name_at(entries[i * 37 % entry_count].cookie), entries[i * 37 % entry_count].name));

    // Whatever goes or comes, what is left is found from the cookies given before.
    for (uint32_t i = 0; i < entry_count; i += 3) {
        if (entries[i].name[0] == '.') continue;
        EXPECT(SUCCESS, raw_path_unlink_file(box, PATH(entries[i].name)));
        snprintf(name, sizeof name, "new-%u", i);
        EXPECT(SUCCESS, raw_fd_close(make_file(box, name, "")));
    }
    for (uint32_t start = 0; start < entry_count; start += 20) {
        static uint8_t seen[file_count + 2];
        memset(seen, 0, sizeof seen);
        uint64_t cookie = entries[start].cookie;
        for (;;) {
            uint32_t used = 0;
            EXPECT(SUCCESS, raw_fd_readdir(box, at(piece), 300, cookie, at(&used)));
            uint32_t i = 0;
            for (__wasi_dirent_t header; i + sizeof header <= used; i += sizeof header + header.d_namlen) {
                memcpy(&header, piece + i, sizeof header);
                if (i + sizeof header + header.d_namlen > used) break;
                cookie = header.d_next;
                for (uint32_t e = 0; e < entry_count; ++e)
                    if (strlen(entries[e].name) == header.d_namlen &&
                        memcmp(entries[e].name, piece + i + sizeof header, header.d_namlen) == 0)
                        ++seen[e];
            }
            if (used < 300) break;
        }
        for (uint32_t e = 0; e < entry_count; ++e) {
            const int is_gone = e % 3 == 0 && entries[e].name[0] != '.';
            EXPECT_EQ(e >= start && !is_gone ? 1 : 0, seen[e]);
        }
    }
    // Cookie 0 reads anew.
    (void)all;
    EXPECT_EQ(1, read_all() > 0);
    EXPECT_EQ(file_count + 2, entry_count);

    uint32_t used = 77;
    EXPECT(SUCCESS, raw_fd_readdir(box, at(piece), 0, 0, at(&used)));
    EXPECT_EQ(0, used);
    EXPECT(INVAL, raw_fd_readdir(box, at(piece), 100, UINT64_MAX, at(&used)));
    EXPECT(INVAL, raw_fd_readdir(box, at(piece), 100, (uint64_t)1 << 63, at(&used)));
    return finish();
}
