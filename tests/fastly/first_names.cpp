#include "check.hpp"

// The interface's first names, in module env: each is one of today's functions.

static void test_request(uint32_t response)
{
    Buffer b;
    uint32_t h = no_such, body = no_such, number = 0;
    EXPECT(ok, xqd_init(1));
    EXPECT(ok, xqd_req_body_downstream_get(at(&h), at(&body)));
    EXPECT(0, h);
    EXPECT(ok, xqd_req_original_header_count(at(&number)));
    EXPECT(ok, xqd_req_original_header_names_get(CURSOR_INTO(b, 0)));
    EXPECT(ok, xqd_req_downstream_client_ip_addr(at(b.bytes), at(&b.size)));
    EXPECT(ok, xqd_req_downstream_client_request_id(INTO(b)));
    EXPECT(none, xqd_req_downstream_tls_cipher_openssl_name(INTO(b)));
    EXPECT(none, xqd_req_downstream_tls_protocol(INTO(b)));
    EXPECT(none, xqd_req_downstream_tls_client_hello(INTO(b)));
    EXPECT(ok, xqd_req_new(at(&h)));
    EXPECT(ok, xqd_req_cache_override_set(h, 0, 1, 2));
    EXPECT(ok, xqd_req_header_insert(h, TEXT("a"), TEXT("1")));
    EXPECT(ok, xqd_req_header_append(h, TEXT("a"), TEXT("2")));
    EXPECT(ok, xqd_req_header_names_get(h, CURSOR_INTO(b, 0)));
    EXPECT_TEXT(std::string("a\0", 2), b.text());
    EXPECT(ok, xqd_req_header_value_get(h, TEXT("a"), INTO(b)));
    EXPECT_TEXT("1", b.text());
    EXPECT(ok, xqd_req_header_values_get(h, TEXT("a"), CURSOR_INTO(b, 0)));
    EXPECT(4, b.size);
    EXPECT(ok, xqd_req_header_values_set(h, TEXT("b"), TEXT(std::string_view("x\0", 2))));
    EXPECT(ok, xqd_req_header_remove(h, TEXT("a")));
    EXPECT(ok, xqd_req_method_set(h, TEXT("PUT")));
    EXPECT(ok, xqd_req_method_get(h, INTO(b)));
    EXPECT_TEXT("PUT", b.text());
    EXPECT(ok, xqd_req_uri_set(h, TEXT("/path")));
    EXPECT(ok, xqd_req_uri_get(h, INTO(b)));
    EXPECT_TEXT("/path", b.text());
    EXPECT(ok, xqd_req_version_set(h, 1));
    EXPECT(ok, xqd_req_version_get(h, at(&number)));
    EXPECT(1, number);
    EXPECT(badf, xqd_req_send(no_such, no_such, TEXT("live"), at(&response), at(&body)));
    EXPECT(badf, xqd_pending_req_wait(no_such, at(&response), at(&body)));
}

static void test_response()
{
    Buffer b;
    uint32_t h = no_such, version = 0;
    uint16_t status = 0;
    EXPECT(ok, xqd_resp_new(at(&h)));
    EXPECT(ok, xqd_resp_header_insert(h, TEXT("a"), TEXT("1")));
    EXPECT(ok, xqd_resp_header_append(h, TEXT("a"), TEXT("2")));
    EXPECT(ok, xqd_resp_header_names_get(h, CURSOR_INTO(b, 0)));
    EXPECT_TEXT(std::string("a\0", 2), b.text());
    EXPECT(ok, xqd_resp_header_value_get(h, TEXT("a"), INTO(b)));
    EXPECT_TEXT("1", b.text());
    EXPECT(ok, xqd_resp_header_values_get(h, TEXT("a"), CURSOR_INTO(b, 0)));
    EXPECT(4, b.size);
    EXPECT(ok, xqd_resp_header_values_set(h, TEXT("b"), TEXT(std::string_view("x\0", 2))));
    EXPECT(ok, xqd_resp_header_remove(h, TEXT("a")));
    EXPECT(ok, xqd_resp_version_set(h, 1));
    EXPECT(ok, xqd_resp_version_get(h, at(&version)));
    EXPECT(1, version);
    EXPECT(ok, xqd_resp_status_set(h, 404));
    EXPECT(ok, xqd_resp_status_get(h, at(&status)));
    EXPECT(404, status);
    test_request(h);
}

static void test_body_and_log()
{
    Buffer b;
    uint32_t body = no_such, other = no_such, size = 0, log = no_such;
    EXPECT(ok, xqd_body_new(at(&body)));
    EXPECT(ok, xqd_body_new(at(&other)));
    EXPECT(ok, xqd_body_write(other, TEXT("text"), 0, at(&size)));
    EXPECT(ok, xqd_body_append(body, other));
    EXPECT(ok, xqd_body_read(body, at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT_TEXT("text", b.text());
    EXPECT(ok, xqd_body_close(body));
    EXPECT(ok, xqd_body_new(at(&body)));
    EXPECT(ok, xqd_body_close_downstream(body));
    EXPECT(ok, xqd_log_endpoint_get(TEXT("first"), at(&log)));
    EXPECT(ok, xqd_log_write(log, TEXT("entry"), at(&size)));
    EXPECT(5, size);
}

void test_first_names()
{
    test_response();
    test_body_and_log();
}

/// With the backend `live`.
void test_first_names_of_sending()
{
    uint32_t response = 0, body = 0, pending = 0, is_done = 0, index = 0;
    EXPECT(ok, xqd_req_send(new_request(), new_body(), TEXT("live"), at(&response), at(&body)));
    EXPECT(ok, xqd_req_send_async(new_request(), new_body(), TEXT("live"), at(&pending)));
    EXPECT(ok, xqd_pending_req_wait(pending, at(&response), at(&body)));
    EXPECT(ok, xqd_req_send_async(new_request(), new_body(), TEXT("live"), at(&pending)));
    EXPECT(ok, xqd_pending_req_select(at(&pending), 1, at(&index), at(&response), at(&body)));
    const uint32_t stream = new_body("x");
    EXPECT(ok, xqd_req_send_async_streaming(new_request(), stream, TEXT("live"), at(&pending)));
    EXPECT(ok, http_body_close(stream));
    do EXPECT(ok, xqd_pending_req_poll(pending, at(&is_done), at(&response), at(&body)));
    while (is_done == 0 && failures.empty());
}
