/* SQLite, all in memory: a table with an index is filled; look-ups, a join with groups, an update, a search in text. */
#include "text.h"

#include <sqlite3.h>
#include <string.h>

/* What SQLite asks of a system when it has no file: the time and random numbers, both the same at each run. */
static int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags)
{
    (void)vfs, (void)name, (void)file, (void)flags, (void)out_flags;
    return SQLITE_CANTOPEN;
}
static int vfs_access(sqlite3_vfs* vfs, const char* name, int flags, int* out)
{
    (void)vfs, (void)name, (void)flags;
    *out = 0;
    return SQLITE_OK;
}
static int vfs_full_name(sqlite3_vfs* vfs, const char* name, int bytes, char* out)
{
    (void)vfs;
    snprintf(out, (size_t)bytes, "%s", name);
    return SQLITE_OK;
}
static int vfs_randomness(sqlite3_vfs* vfs, int bytes, char* out)
{
    (void)vfs;
    memset(out, 42, (size_t)bytes);
    return bytes;
}
static int vfs_time(sqlite3_vfs* vfs, double* days)
{
    (void)vfs;
    *days = 2460000.5;
    return SQLITE_OK;
}
int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs = {.iVersion = 1,
                              .szOsFile = 64,
                              .mxPathname = 64,
                              .zName = "none",
                              .xOpen = vfs_open,
                              .xAccess = vfs_access,
                              .xFullPathname = vfs_full_name,
                              .xRandomness = vfs_randomness,
                              .xCurrentTime = vfs_time};
    return sqlite3_vfs_register(&vfs, 1);
}
int sqlite3_os_end(void) { return SQLITE_OK; }

static sqlite3* db;

static void must(int result)
{
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
    fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
    abort();
}

static void execute(const char* sql) { must(sqlite3_exec(db, sql, NULL, NULL, NULL)); }

/* The sum of all that a query answers. */
static uint64_t ask(const char* sql)
{
    uint64_t sum = 0;
    sqlite3_stmt* query = NULL;
    must(sqlite3_prepare_v2(db, sql, -1, &query, NULL));
    for (int result; (result = sqlite3_step(query)) != SQLITE_DONE; must(result))
        for (int i = 0; i < sqlite3_column_count(query); ++i) sum = mix(sum, (uint64_t)sqlite3_column_int64(query, i));
    must(sqlite3_finalize(query));
    return sum;
}

static uint64_t kernel(uint32_t iterations)
{
    enum { rows = 4000 };
    static char prose[rows * 32];
    uint64_t sum = 0, state = 99;
    make_text(prose, sizeof prose);
    for (uint32_t i = 0; i < iterations; ++i) {
        must(sqlite3_open(":memory:", &db));
        execute("CREATE TABLE item(id INTEGER PRIMARY KEY, owner INTEGER, price REAL, name TEXT);"
                "CREATE TABLE owner(id INTEGER PRIMARY KEY, name TEXT); BEGIN");
        sqlite3_stmt* insert = NULL;
        must(sqlite3_prepare_v2(db, "INSERT INTO item(owner, price, name) VALUES(?, ?, ?)", -1, &insert, NULL));
        for (int row = 0; row < rows; ++row) {
            const uint64_t r = next_random(&state);
            must(sqlite3_bind_int(insert, 1, (int)(r % 300)));
            must(sqlite3_bind_double(insert, 2, (double)(r >> 40) / 100));
            must(sqlite3_bind_text(insert, 3, prose + row * 32, 12 + (int)(r >> 20 & 15), SQLITE_STATIC));
            must(sqlite3_step(insert));
            must(sqlite3_reset(insert));
        }
        must(sqlite3_finalize(insert));
        execute("WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i < 299)"
                "INSERT INTO owner SELECT i, 'owner ' || i FROM n; COMMIT; CREATE INDEX by_owner ON item(owner, price)");
        sqlite3_stmt* find = NULL;
        must(sqlite3_prepare_v2(db, "SELECT count(*), max(price) FROM item WHERE owner = ? AND price > ?", -1, &find, NULL));
        for (int k = 0; k < 2000; ++k) {
            must(sqlite3_bind_int(find, 1, k % 300));
            must(sqlite3_bind_double(find, 2, k * 50.0));
            must(sqlite3_step(find));
            sum = mix(sum, (uint64_t)sqlite3_column_int64(find, 0));
            must(sqlite3_reset(find));
        }
        must(sqlite3_finalize(find));
        sum = mix(sum, ask("SELECT length(o.name), count(*), sum(i.price) FROM item i JOIN owner o ON o.id = i.owner "
                           "GROUP BY o.id HAVING count(*) > 5 ORDER BY 3 DESC, o.name"));
        execute("UPDATE item SET price = price * 1.1, name = upper(name) WHERE id % 3 = 0");
        sum = mix(sum,
                  ask("SELECT count(*), sum(length(name)), min(price) FROM item WHERE name LIKE '%ta%' OR name GLOB '*[E-H]?O*'"));
        sum = mix(sum, ask("SELECT count(DISTINCT substr(name, 1, 3)) FROM item"));
        execute("DELETE FROM item WHERE owner < 100");
        sum = mix(sum, ask("SELECT count(*), total(price) FROM item"));
        must(sqlite3_close(db));
    }
    return sum;
}
