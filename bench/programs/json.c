/* yyjson: parse a document of half a megabyte, go through all of it, and write it again. */
#include "text.h"

#include <string.h>
#include <yyjson.h>

static char* document;
static size_t document_bytes;

/* Objects as services send them: numbers of both kinds, strings with escapes, arrays, nesting. */
static void make_document(void)
{
    enum { entries = 2500, most_bytes = 320 };
    static char prose[entries * 64];
    uint64_t state = 4242;
    make_text(prose, sizeof prose);
    for (char* c = prose; c < prose + sizeof prose; ++c)
        if (*c == '\n') *c = ' ';
    document = malloc((size_t)entries * most_bytes);
    char* out = document;
    *out++ = '[';
    for (int i = 0; i < entries; ++i) {
        const uint64_t r = next_random(&state);
        out += snprintf(out, most_bytes,
                        "%s{\"id\":%u,\"name\":\"%.24s\",\"active\":%s,\"score\":%d.%04u,\"tags\":[\"%.7s\",\"%.5s\\n\",null],"
                        "\"at\":{\"x\":-%u.%ue-3,\"y\":%u},\"text\":\"%.60s \\u00e9\\\"\"}",
                        i == 0 ? "" : ",\n", (unsigned)i, prose + i * 64, r & 1 ? "true" : "false", (int)(r >> 40 & 1023) - 512,
                        (unsigned)(r >> 50 & 8191), prose + i * 64 + 3, prose + i * 64 + 11, (unsigned)(r >> 8 & 65535),
                        (unsigned)(r >> 24 & 65535), (unsigned)(r >> 13), prose + i * 64);
    }
    *out++ = ']';
    document_bytes = (size_t)(out - document);
}

static uint64_t visit(yyjson_val* value)
{
    uint64_t sum = yyjson_get_type(value);
    size_t i, count;
    yyjson_val *key, *item;
    if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, i, count, item) sum = mix(sum, visit(item));
    } else if (yyjson_is_obj(value)) {
        yyjson_obj_foreach(value, i, count, key, item) sum = mix(sum, yyjson_get_len(key) + visit(item));
    } else if (yyjson_is_str(value)) {
        sum = mix(sum, yyjson_get_len(value));
    } else if (yyjson_is_num(value)) {
        sum = mix(sum, (uint64_t)(int64_t)(yyjson_get_num(value) * 1000));
    }
    return sum;
}

static uint64_t kernel(uint32_t iterations)
{
    uint64_t sum = 0;
    if (document == NULL) make_document();
    for (uint32_t i = 0; i < iterations; ++i) {
        yyjson_doc* const parsed = yyjson_read(document, document_bytes, 0);
        if (parsed == NULL) abort();
        size_t bytes = 0;
        char* const written = yyjson_write(parsed, i & 1 ? YYJSON_WRITE_PRETTY : 0, &bytes);
        if (written == NULL) abort();
        sum = mix(mix(sum, visit(yyjson_doc_get_root(parsed))), bytes);
        free(written);
        yyjson_doc_free(parsed);
    }
    return sum;
}
