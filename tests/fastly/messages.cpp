#include "check.hpp"

// abi, http_req and http_resp: heads of messages.

static void test_request_headers()
{
    const uint32_t h = new_request();
    Buffer b;
    EXPECT(ok, http_req_header_append(h, TEXT("X-One"), TEXT("1")));
    EXPECT(ok, http_req_header_append(h, TEXT("x-one"), TEXT("2")));
    EXPECT(ok, http_req_header_insert(h, TEXT("Two"), TEXT("zwei")));
    EXPECT(ok, http_req_header_names_get(h, CURSOR_INTO(b, 0)));
    EXPECT_TEXT(std::string("x-one\0two\0", 10), b.text());
    EXPECT(-1, b.cursor);
    Buffer first;
    EXPECT(ok, http_req_header_names_get(h, at(first.bytes), 8, 0, at(&first.cursor), at(&first.size)));
    EXPECT_TEXT(std::string("x-one\0", 6), first.text());
    EXPECT(1, first.cursor);
    EXPECT(true, first.is_kept_from(6));
    Buffer small;
    EXPECT(buflen, http_req_header_names_get(h, at(small.bytes), 3, 0, at(&small.cursor), at(&small.size)));
    EXPECT(6, small.size);
    EXPECT(-1, small.cursor);
    EXPECT(true, small.is_kept_from(0));
    EXPECT(ok,
           http_req_header_names_get(h, at(b.bytes), sizeof b.bytes, 5, 0, at(&b.size)));  // past the end; no place for the cursor
    EXPECT(0, b.size);
    EXPECT(ok, http_req_header_value_get(h, TEXT("X-ONE"), INTO(b)));
    EXPECT_TEXT("1", b.text());
    EXPECT(ok, http_req_header_values_get(h, TEXT("x-one"), CURSOR_INTO(b, 0)));
    EXPECT_TEXT(std::string("1\0"
                            "2\0",
                            4),
                b.text());
    EXPECT(ok, http_req_header_values_get(h, TEXT("absent"), CURSOR_INTO(b, 0)));
    EXPECT(0, b.size);
    EXPECT(-1, b.cursor);
    EXPECT(buflen, http_req_header_value_get(h, TEXT("two"), at(b.bytes), 2, at(&b.size)));
    EXPECT(4, b.size);
    EXPECT(inval, http_req_header_value_get(h, TEXT("absent"), INTO(b)));
    EXPECT(error, http_req_header_value_get(h, TEXT("no name"), INTO(b)));
    EXPECT(inval, http_req_header_value_get(h, TEXT(std::string(65'536, 'a')), INTO(b)));
    EXPECT(inval, http_req_header_value_get(h, NOWHERE, 100, INTO(b)));
    EXPECT(inval, http_req_header_value_get(h, TEXT("two"), NOWHERE, 100, at(&b.size)));
    EXPECT(ok, http_req_header_values_set(h, TEXT("x-one"), TEXT(std::string_view("a\0b\0lost", 8))));
    EXPECT(ok, http_req_header_values_get(h, TEXT("x-one"), CURSOR_INTO(b, 0)));
    EXPECT_TEXT(std::string("a\0b\0", 4), b.text());
    EXPECT(error, http_req_header_values_set(h, TEXT("x-one"), TEXT(std::string_view("a\nb\0", 4))));
    EXPECT(ok, http_req_header_values_set(h, TEXT("x-one"), TEXT("")));
    EXPECT(inval, http_req_header_value_get(h, TEXT("x-one"), INTO(b)));
    EXPECT(error, http_req_header_insert(h, TEXT("bad name"), TEXT("v")));
    EXPECT(error, http_req_header_insert(h, TEXT("name"), TEXT("line\r\nbreak")));
    EXPECT(error, http_req_header_append(h, TEXT(""), TEXT("v")));
    EXPECT(ok, http_req_header_remove(h, TEXT("two")));
    EXPECT(inval, http_req_header_remove(h, TEXT("two")));
    EXPECT(error, http_req_header_remove(h, TEXT("t:o")));
    const std::string long_value(1 << 20, 'v');
    EXPECT(limit_exceeded, http_req_header_insert(h, TEXT("long"), TEXT(long_value)));
    EXPECT(limit_exceeded, http_req_header_append(h, TEXT("long"), TEXT(long_value)));
    EXPECT(badf, http_req_header_names_get(no_such, CURSOR_INTO(b, 0)));
    EXPECT(badf, http_req_header_value_get(no_such, TEXT("a"), INTO(b)));
    EXPECT(badf, http_req_header_values_get(no_such, TEXT("a"), CURSOR_INTO(b, 0)));
    EXPECT(badf, http_req_header_values_set(no_such, TEXT("a"), TEXT("b")));
    EXPECT(badf, http_req_header_insert(no_such, TEXT("a"), TEXT("b")));
    EXPECT(badf, http_req_header_append(no_such, TEXT("a"), TEXT("b")));
    EXPECT(badf, http_req_header_remove(no_such, TEXT("a")));
    EXPECT(ok, http_req_close(h));
    EXPECT(badf, http_req_close(h));
}

static void test_request()
{
    const uint32_t h = new_request();
    Buffer b;
    EXPECT(ok, http_req_method_get(h, INTO(b)));
    EXPECT_TEXT("GET", b.text());
    EXPECT(ok, http_req_method_set(h, TEXT("PURGE")));
    EXPECT(ok, http_req_method_get(h, INTO(b)));
    EXPECT_TEXT("PURGE", b.text());
    EXPECT(buflen, http_req_method_get(h, at(b.bytes), 2, at(&b.size)));
    EXPECT(5, b.size);
    EXPECT(error, http_req_method_set(h, TEXT("NO GO")));
    EXPECT(inval, http_req_method_set(h, TEXT("\xff")));
    EXPECT(badf, http_req_method_set(no_such, TEXT("GET")));
    EXPECT(badf, http_req_method_get(no_such, INTO(b)));
    EXPECT(ok, http_req_uri_get(h, INTO(b)));
    EXPECT_TEXT("/", b.text());
    EXPECT(ok, http_req_uri_set(h, TEXT("HTTP://Example.com:81?a=b#gone")));
    EXPECT(ok, http_req_uri_get(h, INTO(b)));
    EXPECT_TEXT("http://Example.com:81/?a=b", b.text());
    for (const char* relative : {"/a?b", "*", "example.com:80"}) {
        EXPECT(ok, http_req_uri_set(h, TEXT(relative)));
        EXPECT(ok, http_req_uri_get(h, INTO(b)));
        EXPECT_TEXT(relative, b.text());
    }
    for (const char* wrong : {"", "http://", "a b", "http://a b/", "://x", "/\x01"})
        EXPECT(error, http_req_uri_set(h, TEXT(wrong)));
    EXPECT(badf, http_req_uri_set(no_such, TEXT("/")));
    EXPECT(badf, http_req_uri_get(no_such, INTO(b)));
    EXPECT(buflen, http_req_uri_get(h, at(b.bytes), 1, at(&b.size)));
    uint32_t version = 0;
    EXPECT(ok, http_req_version_get(h, at(&version)));
    EXPECT(2, version);
    EXPECT(ok, http_req_version_set(h, 3));
    EXPECT(ok, http_req_version_get(h, at(&version)));
    EXPECT(3, version);
    EXPECT(inval, http_req_version_set(h, 5));
    EXPECT(inval, http_req_version_get(h, NOWHERE));
    EXPECT(badf, http_req_version_set(no_such, 2));
    EXPECT(badf, http_req_version_get(no_such, at(&version)));
    EXPECT(ok, http_req_framing_headers_mode_set(h, 1));
    EXPECT(inval, http_req_framing_headers_mode_set(h, 2));
    EXPECT(badf, http_req_framing_headers_mode_set(no_such, 0));
    EXPECT(ok, http_req_auto_decompress_response_set(h, 1));
    EXPECT(inval, http_req_auto_decompress_response_set(h, 2));
    EXPECT(badf, http_req_auto_decompress_response_set(no_such, 1));
    EXPECT(ok, http_req_cache_override_set(h, 1, 10, 20));
    EXPECT(inval, http_req_cache_override_set(h, 32, 0, 0));
    EXPECT(badf, http_req_cache_override_set(no_such, 1, 0, 0));
    EXPECT(ok, http_req_cache_override_v2_set(h, 2, 10, 20, TEXT("a b")));
    EXPECT(inval, http_req_cache_override_v2_set(h, 2, 10, 20, TEXT("a\nb")));
    EXPECT(badf, http_req_cache_override_v2_set(no_such, 2, 10, 20, TEXT("a")));
    const uint32_t options[5]{10, 20, 0, 0, 5};
    EXPECT(ok, http_req_cache_override_v3_set(h, 18, at(options)));
    EXPECT(inval, http_req_cache_override_v3_set(h, 18, NOWHERE));
    EXPECT(badf, http_req_cache_override_v3_set(no_such, 0, at(options)));
    EXPECT(unsupported, http_req_on_behalf_of(h, TEXT("service")));
    EXPECT(inval, http_req_new(NOWHERE));

    const uint32_t body = new_body();
    struct {
        uint32_t corp, corp_size, workspace, workspace_size, ip, ip_size;
    } info{TEXT("corp"), TEXT("workspace"), 0, 0};
    EXPECT(ok, http_req_inspect(h, body, 6, at(&info), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT_TEXT(R"({"waf_response":200,"redirect_url":"","tags":[],"verdict":"allow","decision_ms":0})", b.text());
    EXPECT(buflen, http_req_inspect(h, body, 6, at(&info), at(b.bytes), 10, at(&b.size)));
    EXPECT(inval, http_req_inspect(h, body, 2, at(&info), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT(badf, http_req_inspect(no_such, body, 6, at(&info), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT(badf, http_req_inspect(h, no_such, 6, at(&info), at(b.bytes), sizeof b.bytes, at(&b.size)));
    info.ip_size = 5;
    EXPECT(inval, http_req_inspect(h, body, 14, at(&info), at(b.bytes), sizeof b.bytes, at(&b.size)));
    info.corp_size = 0;
    EXPECT(inval, http_req_inspect(h, body, 6, at(&info), at(b.bytes), sizeof b.bytes, at(&b.size)));
}

static void test_response()
{
    const uint32_t h = new_response();
    struct {
        uint16_t status = 0x1111, canary = 0x7e7e;
    } status;
    EXPECT(ok, http_resp_status_get(h, at(&status.status)));
    EXPECT(200, status.status);
    EXPECT(0x7e7e, status.canary);
    EXPECT(ok, http_resp_status_set(h, 999));
    EXPECT(ok, http_resp_status_get(h, at(&status.status)));
    EXPECT(999, status.status);
    for (const uint32_t wrong : {0U, 99U, 1000U, 65'736U}) EXPECT(inval, http_resp_status_set(h, wrong));
    EXPECT(badf, http_resp_status_set(no_such, 200));
    EXPECT(badf, http_resp_status_get(no_such, at(&status.status)));
    Buffer b;
    EXPECT(ok, http_resp_header_append(h, TEXT("A"), TEXT("1")));
    EXPECT(ok, http_resp_header_insert(h, TEXT("a"), TEXT("2")));
    EXPECT(ok, http_resp_header_value_get(h, TEXT("A"), INTO(b)));
    EXPECT_TEXT("2", b.text());
    EXPECT(ok, http_resp_header_names_get(h, CURSOR_INTO(b, 0)));
    EXPECT_TEXT(std::string("a\0", 2), b.text());
    EXPECT(ok, http_resp_header_values_set(h, TEXT("a"), TEXT(std::string_view("x\0y\0", 4))));
    EXPECT(ok, http_resp_header_values_get(h, TEXT("a"), CURSOR_INTO(b, 1)));
    EXPECT_TEXT(std::string("y\0", 2), b.text());
    EXPECT(ok, http_resp_header_remove(h, TEXT("a")));
    EXPECT(inval, http_resp_header_remove(h, TEXT("a")));
    EXPECT(inval, http_resp_header_value_get(h, TEXT("a"), INTO(b)));
    EXPECT(badf, http_resp_header_names_get(no_such, CURSOR_INTO(b, 0)));
    EXPECT(badf, http_resp_header_value_get(no_such, TEXT("a"), INTO(b)));
    EXPECT(badf, http_resp_header_values_get(no_such, TEXT("a"), CURSOR_INTO(b, 0)));
    EXPECT(badf, http_resp_header_values_set(no_such, TEXT("a"), TEXT("b")));
    EXPECT(badf, http_resp_header_insert(no_such, TEXT("a"), TEXT("b")));
    EXPECT(badf, http_resp_header_append(no_such, TEXT("a"), TEXT("b")));
    EXPECT(badf, http_resp_header_remove(no_such, TEXT("a")));
    uint32_t version = 0;
    EXPECT(ok, http_resp_version_get(h, at(&version)));
    EXPECT(2, version);
    EXPECT(ok, http_resp_version_set(h, 1));
    EXPECT(inval, http_resp_version_set(h, 9));
    EXPECT(badf, http_resp_version_get(no_such, at(&version)));
    EXPECT(badf, http_resp_version_set(no_such, 1));
    EXPECT(ok, http_resp_framing_headers_mode_set(h, 0));
    EXPECT(badf, http_resp_framing_headers_mode_set(no_such, 0));
    EXPECT(ok, http_resp_http_keepalive_mode_set(h, 0));
    EXPECT(unsupported, http_resp_http_keepalive_mode_set(h, 1));
    EXPECT(inval, http_resp_http_keepalive_mode_set(h, 2));
    EXPECT(badf, http_resp_http_keepalive_mode_set(no_such, 0));
    EXPECT(none, http_resp_get_addr_dest_ip(h, at(b.bytes), at(&b.size)));
    EXPECT(badf, http_resp_get_addr_dest_ip(no_such, at(b.bytes), at(&b.size)));
    EXPECT(none, http_resp_get_addr_dest_port(h, at(&status.status)));
    EXPECT(badf, http_resp_get_addr_dest_port(no_such, at(&status.status)));
    EXPECT(ok, http_resp_close(h));
    EXPECT(badf, http_resp_close(h));
    EXPECT(badf, http_resp_send_downstream_pending(no_such));
    const uint32_t early = new_response();
    EXPECT(badf, http_resp_send_downstream(early, no_such, 0));
    EXPECT(badf, http_resp_send_downstream(no_such, new_body(), 0));
    EXPECT(ok, http_resp_status_set(early, 103));
    EXPECT(ok, http_resp_send_downstream(early, new_body(), 0));  // accepted; the final response can still be sent
    const uint32_t other = new_response();
    EXPECT(ok, http_resp_status_set(other, 100));
    EXPECT(inval, http_resp_send_downstream(other, new_body(), 0));
}

void test_messages()
{
    EXPECT(ok, abi_init(1));
    EXPECT(error, abi_init(2));
    test_request_headers();
    test_request();
    test_response();
}
