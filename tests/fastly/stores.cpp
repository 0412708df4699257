#include "check.hpp"

// log, dictionary and config_store, secret_store, kv_store and object_store. What they hold is in fastly_test.py.

static void test_log()
{
    uint32_t h = no_such, again_h = no_such, written = 0;
    EXPECT(ok, log_endpoint_get(TEXT("entries"), at(&h)));
    EXPECT(ok, log_endpoint_get(TEXT("entries"), at(&again_h)));
    EXPECT(h, again_h);
    for (const char* reserved : {"stdout", "stderr", "fst_managed_x", "FST_Managed_"})
        EXPECT(inval, log_endpoint_get(TEXT(reserved), at(&again_h)));
    EXPECT(ok, log_write(h, TEXT("two\nlines\n"), at(&written)));
    EXPECT(10, written);
    EXPECT(ok, log_write(h, TEXT(""), at(&written)));
    EXPECT(badf, log_write(no_such, TEXT("x"), at(&written)));
    EXPECT(inval, log_write(h, NOWHERE, 100, at(&written)));
}

static void test_dictionaries()
{
    Buffer b;
    const auto test = [&](auto open, auto get) {
        uint32_t h = no_such, file = no_such, unknown = no_such;
        EXPECT(ok, open(TEXT("inline"), at(&h)));
        EXPECT(ok, get(h, TEXT("key"), INTO(b)));
        EXPECT_TEXT("value", b.text());
        EXPECT(none, get(h, TEXT("absent"), INTO(b)));
        EXPECT(inval, get(h, TEXT("\xff"), INTO(b)));
        EXPECT(buflen, get(h, TEXT("key"), at(b.bytes), 4, at(&b.size)));
        EXPECT(5, b.size);
        EXPECT(badf, get(no_such, TEXT("key"), INTO(b)));
        EXPECT(badf, open(TEXT("unknown"), at(&unknown)));
        EXPECT(inval, open(TEXT("\xff"), at(&unknown)));
        EXPECT(ok, open(TEXT("file"), at(&file)));
        EXPECT(ok, get(file, TEXT("from"), INTO(b)));
        EXPECT_TEXT("a file", b.text());
    };
    test(dictionary_open, dictionary_get);
    test(config_store_open, config_store_get);
}

static void test_secrets()
{
    Buffer b;
    uint32_t store = no_such, secret = no_such, own = no_such;
    EXPECT(ok, secret_store_open(TEXT("secrets"), at(&store)));
    EXPECT(none, secret_store_open(TEXT("unknown"), at(&secret)));
    EXPECT(inval, secret_store_open(TEXT("\xff"), at(&secret)));
    EXPECT(ok, secret_store_get(store, TEXT("word"), at(&secret)));
    EXPECT(ok, secret_store_plaintext(secret, INTO(b)));
    EXPECT_TEXT("open sesame", b.text());
    EXPECT(ok, secret_store_get(store, TEXT("from-env"), at(&secret)));
    EXPECT(ok, secret_store_plaintext(secret, INTO(b)));
    EXPECT_TEXT("from the environment", b.text());
    EXPECT(buflen, secret_store_plaintext(secret, at(b.bytes), 1, at(&b.size)));
    EXPECT(none, secret_store_get(store, TEXT("absent"), at(&secret)));
    EXPECT(inval, secret_store_get(store, TEXT("\xff"), at(&secret)));
    EXPECT(badf, secret_store_get(no_such, TEXT("word"), at(&secret)));
    EXPECT(badf, secret_store_plaintext(no_such, INTO(b)));
    EXPECT(ok, secret_store_from_bytes(TEXT(std::string_view("\0\1", 2)), at(&own)));
    EXPECT(ok, secret_store_plaintext(own, INTO(b)));
    EXPECT(2, b.size);
    EXPECT(inval, secret_store_from_bytes(NOWHERE, 100, at(&own)));
}

constexpr const char* wrong_keys[]{"", ".", "..", "a/../b", "x/.", "a#b", "a\nb", ".well-known/acme-challenge/x", " "};

static void test_kv_insert(uint32_t store)
{
    struct {
        uint32_t mode = 0, unused = 0, metadata = 0, metadata_size = 0, ttl = 0, padding = 0;
        uint64_t generation = 0;
    } config;
    static_assert(sizeof config == 32);
    uint32_t pending = no_such, result = 0;
    const auto insert = [&](std::string_view key, std::string_view value, uint32_t mask) {
        const uint32_t status = kv_store_insert(store, TEXT(key), new_body(value), mask, at(&config), at(&pending));
        if (status != ok) return status + 100;
        EXPECT(ok, kv_store_insert_wait(pending, at(&result)));
        EXPECT(badf, kv_store_insert_wait(pending, at(&result)));
        return result;
    };
    EXPECT(1, insert("new", "b", 0));
    config.mode = 1;
    EXPECT(4, insert("new", "x", 0));  // it exists: precondition failed
    config.mode = 2;
    EXPECT(1, insert("new", "c", 0));
    config.mode = 3;
    config.metadata = at("meta");
    config.metadata_size = 4;
    EXPECT(1, insert("new", "a", 8));
    config.mode = 4;
    EXPECT(inval + 100, insert("new", "x", 0));
    config.mode = 0;
    config.metadata_size = 0;
    EXPECT(inval + 100, insert("new", "x", 8));
    config.generation = 1;
    EXPECT(4, insert("new", "x", 32));
    for (const char* key : wrong_keys) EXPECT(inval + 100, insert(key, "x", 0));
    EXPECT(badf, kv_store_insert(no_such, TEXT("k"), new_body("x"), 0, at(&config), at(&pending)));
    EXPECT(badf, kv_store_insert(store, TEXT("k"), no_such, 0, at(&config), at(&pending)));
    EXPECT(inval, kv_store_insert(store, TEXT("k"), new_body("x"), 64, at(&config), at(&pending)));
    EXPECT(inval, kv_store_insert(store, TEXT("k"), new_body("x"), 0, NOWHERE, at(&pending)));
    config.ttl = 0;
    EXPECT(1, insert("gone", "at once", 16));
}

static void test_kv_lookup(uint32_t store)
{
    Buffer b;
    uint32_t pending = no_such, body = no_such, result = 0, short_generation = 7;
    uint64_t generation = 0;
    EXPECT(ok, kv_store_lookup(store, TEXT("new"), 0, 0, at(&pending)));
    uint32_t is_ready = 0;
    EXPECT(ok, async_io_is_ready(pending, at(&is_ready)));
    EXPECT(1, is_ready);
    EXPECT(ok, kv_store_lookup_wait_v2(pending, at(&body), INTO(b), at(&generation), at(&result)));
    EXPECT(1, result);
    EXPECT(true, generation != 0);
    EXPECT_TEXT("meta", b.text());
    EXPECT_TEXT("abc", read_all(body));
    EXPECT(badf, kv_store_lookup_wait_v2(pending, at(&body), INTO(b), at(&generation), at(&result)));
    EXPECT(badf, kv_store_lookup_wait(pending, at(&body), INTO(b), at(&short_generation), at(&result)));
    EXPECT(ok, kv_store_lookup(store, TEXT("new"), 1, 0, at(&pending)));
    EXPECT(ok, kv_store_lookup_wait(pending, at(&body), INTO(b), at(&short_generation), at(&result)));
    EXPECT(0, short_generation);
    EXPECT(ok, kv_store_lookup(store, TEXT("new"), 0, 0, at(&pending)));
    EXPECT(buflen, kv_store_lookup_wait_v2(pending, at(&body), at(b.bytes), 1, at(&b.size), at(&generation), at(&result)));
    EXPECT(4, b.size);
    EXPECT(ok, kv_store_lookup(store, TEXT("new"), 0, 0, at(&pending)));
    EXPECT(buflen, kv_store_lookup_wait(pending, at(&body), at(b.bytes), 1, at(&b.size), at(&short_generation), at(&result)));
    for (const char* absent : {"absent", "gone"}) {
        body = 4711;
        EXPECT(ok, kv_store_lookup(store, TEXT(absent), 0, 0, at(&pending)));
        EXPECT(ok, kv_store_lookup_wait_v2(pending, at(&body), INTO(b), at(&generation), at(&result)));
        EXPECT(3, result);
        EXPECT(4711, body);
    }
    for (const char* key : wrong_keys) EXPECT(inval, kv_store_lookup(store, TEXT(key), 0, 0, at(&pending)));
    EXPECT(badf, kv_store_lookup(no_such, TEXT("k"), 0, 0, at(&pending)));
    EXPECT(inval, kv_store_lookup(store, TEXT("k"), 2, 0, at(&pending)));
    EXPECT(inval, kv_store_lookup(store, TEXT("new"), 0, 0, NOWHERE + 14));
}

static void test_kv_list(uint32_t store)
{
    struct {
        uint32_t mode = 0, cursor = 0, cursor_size = 0, limit = 0, prefix = 0, prefix_size = 0;
    } config;
    uint32_t pending = no_such, body = no_such, result = 0;
    const auto list = [&](uint32_t mask) -> std::string {
        const uint32_t status = kv_store_list(store, mask, at(&config), at(&pending));
        if (status != ok) return "status " + std::to_string(status);
        EXPECT(ok, kv_store_list_wait(pending, at(&body), at(&result)));
        return result == 1 ? read_all(body) : "error " + std::to_string(result);
    };
    EXPECT_TEXT(R"({"data":["a","b","new"],"meta":{"limit":1000}})", list(0));
    config.limit = 1;
    EXPECT_TEXT(R"({"data":["a"],"meta":{"limit":1,"next_cursor":"YQ=="}})", list(4));
    config.cursor = at("YQ==");
    config.cursor_size = 4;
    EXPECT_TEXT(R"({"data":["b"],"meta":{"limit":1,"next_cursor":"Yg=="}})", list(6));
    config.prefix = at("ne");
    config.prefix_size = 2;
    EXPECT_TEXT(R"({"data":["new"],"meta":{"limit":1000,"prefix":"ne"}})", list(8));
    config.cursor = at("!!!!");
    EXPECT_TEXT("error 2", list(2));
    config.cursor_size = 0;
    EXPECT_TEXT("status 2", list(2));
    config.prefix_size = 0;
    EXPECT_TEXT("status 2", list(8));
    config.mode = 2;
    EXPECT_TEXT("status 2", list(0));
    EXPECT(badf, kv_store_list(no_such, 0, at(&config), at(&pending)));
    EXPECT(inval, kv_store_list(store, 0, NOWHERE, at(&pending)));
    EXPECT(badf, kv_store_list_wait(no_such, at(&body), at(&result)));
}

static void test_object_store()
{
    uint32_t store = no_such, unknown = no_such, body = 4711, pending = no_such;
    EXPECT(ok, object_store_open(TEXT("kv"), at(&store)));
    EXPECT(inval, object_store_open(TEXT("unknown"), at(&unknown)));
    EXPECT(ok, object_store_lookup(store, TEXT("b"), at(&body)));
    EXPECT_TEXT("from a file", read_all(body));
    body = 4711;
    EXPECT(ok, object_store_lookup(store, TEXT("absent"), at(&body)));
    EXPECT(4711, body);
    EXPECT(ok, object_store_insert(store, TEXT("object"), new_body("its value")));
    EXPECT(ok, object_store_lookup_async(store, TEXT("object"), at(&pending)));
    EXPECT(ok, object_store_pending_lookup_wait(pending, at(&body)));
    EXPECT_TEXT("its value", read_all(body));
    EXPECT(badf, object_store_pending_lookup_wait(pending, at(&body)));
    body = 4711;
    EXPECT(ok, object_store_lookup_async(store, TEXT("absent"), at(&pending)));
    EXPECT(ok, object_store_pending_lookup_wait(pending, at(&body)));
    EXPECT(4711, body);
    EXPECT(ok, object_store_insert_async(store, TEXT("object"), new_body("another"), at(&pending)));
    EXPECT(ok, object_store_pending_insert_wait(pending));
    EXPECT(badf, object_store_pending_insert_wait(pending));
    EXPECT(ok, object_store_delete_async(store, TEXT("object"), at(&pending)));
    EXPECT(ok, object_store_pending_delete_wait(pending));
    EXPECT(badf, object_store_pending_delete_wait(pending));
    EXPECT(ok, object_store_delete_async(store, TEXT("object"), at(&pending)));
    EXPECT(none, object_store_pending_delete_wait(pending));
    for (const char* key : wrong_keys) {
        EXPECT(error, object_store_lookup(store, TEXT(key), at(&body)));
        EXPECT(error, object_store_lookup_async(store, TEXT(key), at(&pending)));
        EXPECT(error, object_store_insert(store, TEXT(key), new_body("x")));
        EXPECT(error, object_store_insert_async(store, TEXT(key), new_body("x"), at(&pending)));
        EXPECT(error, object_store_delete_async(store, TEXT(key), at(&pending)));
    }
    EXPECT(badf, object_store_lookup(no_such, TEXT("k"), at(&body)));
    EXPECT(badf, object_store_lookup_async(no_such, TEXT("k"), at(&pending)));
    EXPECT(badf, object_store_insert(no_such, TEXT("k"), new_body("x")));
    EXPECT(badf, object_store_insert(store, TEXT("k"), no_such));
    EXPECT(badf, object_store_insert_async(no_such, TEXT("k"), new_body("x"), at(&pending)));
    EXPECT(badf, object_store_delete_async(no_such, TEXT("k"), at(&pending)));
}

void test_stores()
{
    test_log();
    test_dictionaries();
    test_secrets();
    uint32_t store = no_such, unknown = no_such, pending = no_such, result = 0;
    EXPECT(ok, kv_store_open(TEXT("kv"), at(&store)));
    EXPECT(inval, kv_store_open(TEXT("unknown"), at(&unknown)));
    EXPECT(inval, kv_store_open(TEXT("\xff"), at(&unknown)));
    test_kv_insert(store);
    test_kv_lookup(store);
    test_kv_list(store);
    EXPECT(ok, kv_store_delete(store, TEXT("new"), 0, 0, at(&pending)));
    EXPECT(ok, kv_store_delete_wait(pending, at(&result)));
    EXPECT(1, result);
    EXPECT(badf, kv_store_delete_wait(pending, at(&result)));
    EXPECT(ok, kv_store_delete(store, TEXT("new"), 0, 0, at(&pending)));
    EXPECT(ok, kv_store_delete_wait(pending, at(&result)));
    EXPECT(3, result);
    EXPECT(inval, kv_store_delete(store, TEXT(".."), 0, 0, at(&pending)));
    EXPECT(badf, kv_store_delete(no_such, TEXT("k"), 0, 0, at(&pending)));
    test_object_store();
}
