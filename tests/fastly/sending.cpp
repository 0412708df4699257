#include "check.hpp"

// Sending requests to backends: `live` is an origin of fastly_test.py's that echoes what it gets, `refused` a port that nobody listens at.

namespace {

uint32_t request_for(std::string_view method, std::string_view uri)
{
    const uint32_t h = new_request();
    EXPECT(ok, http_req_method_set(h, TEXT(method)));
    EXPECT(ok, http_req_uri_set(h, TEXT(uri)));
    return h;
}

struct Answer {
    uint32_t response = 4711, body = 4711;
};
uint32_t status_of(uint32_t response)
{
    uint16_t status = 0;
    EXPECT(ok, http_resp_status_get(response, at(&status)));
    return status;
}
std::string header_of(uint32_t response, std::string_view name)
{
    Buffer b;
    return http_resp_header_value_get(response, TEXT(name), INTO(b)) == ok ? b.text() : "absent";
}

void test_send()
{
    Answer a;
    const uint32_t request = request_for("POST", "http://ignored.example/path?q=1");
    EXPECT(ok, http_req_header_append(request, TEXT("X-Twice"), TEXT(" one ")));
    EXPECT(ok, http_req_header_append(request, TEXT("X-Twice"), TEXT("two")));
    EXPECT(ok, http_req_send(request, new_body("content"), TEXT("live"), at(&a.response), at(&a.body)));
    EXPECT(200, status_of(a.response));
    EXPECT_TEXT("POST /prefix/path?q=1", header_of(a.response, "x-line"));
    EXPECT_TEXT("ignored.example", header_of(a.response, "x-host"));
    EXPECT_TEXT("one, two", header_of(a.response, "x-twice"));
    EXPECT_TEXT("7", header_of(a.response, "x-length"));
    EXPECT_TEXT("content", read_all(a.body));
    Buffer b;
    EXPECT(none, http_resp_get_addr_dest_ip(a.response, at(b.bytes), at(&b.size)));
    // With "pass" the response tells where it is from.
    const uint32_t passing = request_for("GET", "/");
    EXPECT(ok, http_req_cache_override_set(passing, 1, 0, 0));
    uint32_t detail[5]{};
    EXPECT(ok, http_req_send_v2(passing, new_body(), TEXT("live"), at(detail), at(&a.response), at(&a.body)));
    EXPECT(1, detail[0]);
    EXPECT(ok, http_resp_get_addr_dest_ip(a.response, at(b.bytes), at(&b.size)));
    EXPECT_TEXT(std::string("\x7f\0\0\1", 4), b.text());
    uint16_t port = 0;
    EXPECT(ok, http_resp_get_addr_dest_port(a.response, at(&port)));
    EXPECT(true, port != 0);
    EXPECT(ok, http_req_send_v3(request_for("GET", "/"), new_body(), TEXT("live"), at(detail), at(&a.response), at(&a.body)));
}

void test_failures()
{
    Answer a;
    struct {
        uint32_t tag = 0, mask = 0, canary = 0x7e7e7e7e;  // as JavaScript passes it
    } detail;
    EXPECT(error,
           http_req_send_v2(request_for("GET", "/"), new_body(), TEXT("refused"), at(&detail), at(&a.response), at(&a.body)));
    EXPECT(7, detail.tag);
    EXPECT(0x7e7e7e7e, detail.canary);
    EXPECT(http_invalid, http_req_send(request_for("GET", "/garbage"), new_body(), TEXT("live"), at(&a.response), at(&a.body)));
    EXPECT(http_incomplete, http_req_send(request_for("GET", "/close"), new_body(), TEXT("live"), at(&a.response), at(&a.body)));
    EXPECT(error,
           http_req_send_v2(request_for("GET", "/late"), new_body(), TEXT("impatient"), at(&detail), at(&a.response), at(&a.body)));
    EXPECT(16, detail.tag);
    // A body that ends too early must not look complete.
    EXPECT(ok, http_req_send(request_for("GET", "/short"), new_body(), TEXT("live"), at(&a.response), at(&a.body)));
    Buffer b;
    uint32_t status = ok;
    do status = http_body_read(a.body, at(b.bytes), sizeof b.bytes, at(&b.size));
    while (status == ok && b.size != 0);
    EXPECT(error, status);
    EXPECT(error, http_body_trailer_names_get(a.body, CURSOR_INTO(b, 0)));
}

void test_gzip()
{
    Answer a;
    EXPECT(ok, http_req_send(request_for("GET", "/gzip"), new_body(), TEXT("live"), at(&a.response), at(&a.body)));
    EXPECT_TEXT("gzip", header_of(a.response, "content-encoding"));
    const uint32_t request = request_for("GET", "/gzip");
    EXPECT(ok, http_req_auto_decompress_response_set(request, 1));
    EXPECT(ok, http_req_send(request, new_body(), TEXT("live"), at(&a.response), at(&a.body)));
    EXPECT_TEXT("absent", header_of(a.response, "content-encoding"));
    EXPECT_TEXT("absent", header_of(a.response, "content-length"));
    uint64_t length = 0;
    // Not what the headers said. Once all of it has come, which may be by now, it is known.
    const uint32_t known = http_body_known_length(a.body, at(&length));
    EXPECT(known == ok ? 10'000U : 0U, length);
    if (known != ok) EXPECT(none, known);
    EXPECT_TEXT(std::string(10'000, 'z'), read_all(a.body));
}

void test_pending()
{
    Answer a;
    uint32_t slow = 0, quick = 0, index = 7, is_done = 7, detail[5]{};
    // The slow one is answered only after /release has been asked for.
    EXPECT(ok, http_req_send_async(request_for("GET", "/wait"), new_body(), TEXT("live"), at(&slow)));
    EXPECT(ok, http_req_pending_req_poll(slow, at(&is_done), at(&a.response), at(&a.body)));
    EXPECT(0, is_done);
    EXPECT(0xffff'fffe, a.response);
    EXPECT(ok, http_req_send_async(request_for("GET", "/quick"), new_body(), TEXT("live"), at(&quick)));
    uint32_t both[2]{slow, quick};
    EXPECT(ok, http_req_pending_req_select(at(both), 2, at(&index), at(&a.response), at(&a.body)));
    EXPECT(1, index);
    EXPECT_TEXT("GET /prefix/quick", header_of(a.response, "x-line"));
    EXPECT(badf, http_req_pending_req_wait(quick, at(&a.response), at(&a.body)));
    uint32_t is_ready = 7;
    EXPECT(ok, async_io_is_ready(slow, at(&is_ready)));
    EXPECT(0, is_ready);
    EXPECT(ok, async_io_select(at(both), 1, 1, at(&index)));
    EXPECT(0xffff'ffff, index);
    EXPECT(ok, http_req_send(request_for("GET", "/release"), new_body(), TEXT("live"), at(&a.response), at(&a.body)));
    // One that asks again and again does not keep the answer from coming.
    do EXPECT(ok, http_req_pending_req_poll_v2(slow, at(detail), at(&is_done), at(&a.response), at(&a.body)));
    while (is_done == 0 && failures.empty());
    EXPECT_TEXT("GET /prefix/wait", header_of(a.response, "x-line"));
    EXPECT(badf, http_req_pending_req_poll(slow, at(&is_done), at(&a.response), at(&a.body)));
    EXPECT(ok, http_req_send_async(request_for("GET", "/"), new_body(), TEXT("live"), at(&slow)));
    EXPECT(ok, http_req_pending_req_wait(slow, at(&a.response), at(&a.body)));
    EXPECT(ok, http_req_send_async(request_for("GET", "/"), new_body(), TEXT("live"), at(&slow)));
    EXPECT(ok, http_req_pending_req_wait_v2(slow, at(detail), at(&a.response), at(&a.body)));
    // The winner failed: its index, and nothing.
    EXPECT(ok, http_req_send_async_v2(request_for("GET", "/"), new_body(), TEXT("refused"), 0, at(&slow)));
    EXPECT(ok, http_req_pending_req_select_v2(at(&slow), 1, at(detail), at(&index), at(&a.response), at(&a.body)));
    EXPECT(0, index);
    EXPECT(0xffff'fffe, a.response);
    EXPECT(7, detail[0]);
    EXPECT(ok, http_req_send_async(request_for("GET", "/"), new_body(), TEXT("refused"), at(&slow)));
    EXPECT(error, http_req_pending_req_wait(slow, at(&a.response), at(&a.body)));
}

void test_streaming()
{
    Answer a;
    uint32_t pending = 0, size = 0, is_ready = 0;
    for (const auto v2 : {false, true}) {
        const uint32_t body = new_body("first,"), request = request_for("POST", "/echo");
        EXPECT(ok, v2 ? http_req_send_async_v2(request, body, TEXT("live"), 1, at(&pending))
                      : http_req_send_async_streaming(request, body, TEXT("live"), at(&pending)));
        EXPECT(ok, async_io_is_ready(body, at(&is_ready)));
        EXPECT(ok, http_body_write(body, TEXT("second"), 0, at(&size)));
        EXPECT(ok, http_body_close(body));
        // Asking again and again does not keep it from coming.
        do EXPECT(ok, async_io_is_ready(pending, at(&is_ready)));
        while (is_ready == 0 && failures.empty());
        EXPECT(ok, http_req_pending_req_wait(pending, at(&a.response), at(&a.body)));
        EXPECT_TEXT("chunked", header_of(a.response, "x-encoding"));
        EXPECT_TEXT("first,second", read_all(a.body));
    }
}

}  // namespace

void test_sending()
{
    test_send();
    test_failures();
    test_gzip();
    test_pending();
    test_streaming();
}

/// Every way in which a request can fail, by every function that tells of it.
void test_refused_sending()
{
    Answer a;
    uint32_t pending = 0, is_done = 0, index = 0, detail[5]{};
    struct Case {
        uint32_t expected;
        std::string_view method, path, backend;
    };
    constexpr Case cases[]{{error, "GET", "/", "refused"},
                           {http_invalid, "GET", "/garbage", "live"},
                           {http_user, "CONNECT", "/", "live"},
                           {http_incomplete, "GET", "/close", "live"},
                           {http_head_too_large, "GET", "/large-head", "live"}};
    const auto start = [&](const Case& c) {
        EXPECT(ok, http_req_send_async(request_for(c.method, c.path), new_body(), TEXT(c.backend), at(&pending)));
    };
    const auto expect = [&](const Case& c) {
        EXPECT(c.expected, http_req_send(request_for(c.method, c.path), new_body(), TEXT(c.backend), at(&a.response), at(&a.body)));
        for (const auto send : {http_req_send_v2, http_req_send_v3})
            EXPECT(c.expected,
                   send(request_for(c.method, c.path), new_body(), TEXT(c.backend), at(detail), at(&a.response), at(&a.body)));
        start(c);
        EXPECT(c.expected, http_req_pending_req_wait(pending, at(&a.response), at(&a.body)));
        start(c);
        EXPECT(c.expected, http_req_pending_req_wait_v2(pending, at(detail), at(&a.response), at(&a.body)));
        uint32_t status = ok;
        start(c);
        do status = http_req_pending_req_poll(pending, at(&is_done), at(&a.response), at(&a.body));
        while (status == ok && is_done == 0);
        EXPECT(c.expected, status);
        start(c);
        do status = http_req_pending_req_poll_v2(pending, at(detail), at(&is_done), at(&a.response), at(&a.body));
        while (status == ok && is_done == 0);
        EXPECT(c.expected, status);
    };
    for (const Case& c : cases) expect(c);
    EXPECT(inval, http_req_pending_req_select_v2(at(&pending), 0, at(detail), at(&index), at(&a.response), at(&a.body)));
    // A body that was cut becomes no value.
    const auto cut_body = [&] {
        EXPECT(ok, http_req_send(request_for("GET", "/short"), new_body(), TEXT("live"), at(&a.response), at(&a.body)));
        return a.body;
    };
    uint32_t store = 0, ignored = 0;
    const uint32_t config[8]{};
    EXPECT(ok, kv_store_open(TEXT("counter"), at(&store)));
    EXPECT(error, kv_store_insert(store, TEXT("k"), cut_body(), 0, at(config), at(&ignored)));
    EXPECT(error, object_store_insert(store, TEXT("k"), cut_body()));
    EXPECT(error, object_store_insert_async(store, TEXT("k"), cut_body(), at(&ignored)));
    const uint32_t cut = cut_body();
    Buffer b;
    uint32_t status = ok;
    do status = http_body_read(cut, at(b.bytes), sizeof b.bytes, at(&b.size));
    while (status == ok);
    EXPECT(error, http_body_trailer_names_get(cut, CURSOR_INTO(b, 0)));
    EXPECT(error, http_body_trailer_value_get(cut, TEXT("a"), INTO(b)));
    EXPECT(error, http_body_trailer_values_get(cut, TEXT("a"), CURSOR_INTO(b, 0)));
    // Edits of a pending request: only so many.
    start(cases[0]);
    for (const auto edit : {http_req_pending_req_header_insert, http_req_pending_req_header_append}) {
        EXPECT(error, edit(pending, TEXT("no name"), TEXT("x"), 0));
        EXPECT(inval, edit(pending, TEXT("name"), TEXT("x"), 3));
        for (int i = 0; i < 1000; ++i) edit(pending, TEXT("name"), TEXT("x"), 0);
        EXPECT(limit_exceeded, edit(pending, TEXT("name"), TEXT("x"), 0));
    }
    EXPECT(error, http_req_pending_req_header_remove(pending, TEXT("no name"), 0));
    EXPECT(limit_exceeded, http_req_pending_req_header_remove(pending, TEXT("another"), 0));
    // And no room for what comes back.
    uint32_t first = 0, last = 0;
    EXPECT(ok, http_resp_new(at(&first)));
    for (last = first; http_resp_new(at(&last)) == ok;) {}
    const Case fine{limit_exceeded, "GET", "/", "live"};
    expect(fine);
}

/// Leaves the answer to the host, with headers edited.
void send_pending_downstream(std::string_view backend)
{
    uint32_t pending = 0;
    EXPECT(ok, http_req_send_async(request_for("GET", "/"), new_body(), TEXT(backend), at(&pending)));
    EXPECT(ok, http_req_pending_req_header_insert(pending, TEXT("x-any"), TEXT("1"), 0));
    EXPECT(ok, http_req_pending_req_header_append(pending, TEXT("x-response"), TEXT("1"), 1));
    EXPECT(ok, http_req_pending_req_header_append(pending, TEXT("x-error"), TEXT("1"), 2));
    EXPECT(ok, http_req_pending_req_header_remove(pending, TEXT("x-line"), 0));
    EXPECT(inval, http_req_pending_req_header_remove(pending, TEXT("x-line"), 3));
    EXPECT(error, http_req_pending_req_header_insert(pending, TEXT("no name"), TEXT("1"), 0));
    EXPECT(ok, http_resp_send_downstream_pending(pending));
    EXPECT(badf, http_resp_send_downstream_pending(pending));
    EXPECT(ok, http_req_send_async(request_for("GET", "/"), new_body(), TEXT("refused"), at(&pending)));
    EXPECT(error, http_resp_send_downstream_pending(pending));  // there is a response already
}
