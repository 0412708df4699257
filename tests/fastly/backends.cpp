#include "check.hpp"

// backend, register_dynamic_backend, and what sending refuses before anything is sent.

static void test_settings()
{
    Buffer b;
    uint32_t n = 7;
    struct {
        uint16_t port = 0, canary = 0x7e7e;
    } port;
    EXPECT(ok, backend_exists(TEXT("origin"), at(&n)));
    EXPECT(1, n);
    EXPECT(ok, backend_exists(TEXT("unknown"), at(&n)));
    EXPECT(0, n);
    EXPECT(inval, backend_exists(TEXT("\xff"), at(&n)));
    EXPECT(ok, backend_is_healthy(TEXT("origin"), at(&n)));
    EXPECT(2, n);
    EXPECT(ok, backend_is_dynamic(TEXT("origin"), at(&n)));
    EXPECT(0, n);
    EXPECT(ok, backend_is_ssl(TEXT("origin"), at(&n)));
    EXPECT(1, n);
    EXPECT(ok, backend_get_host(TEXT("origin"), INTO(b)));
    EXPECT_TEXT("origin.example", b.text());
    EXPECT(buflen, backend_get_host(TEXT("origin"), at(b.bytes), 3, at(&b.size)));
    EXPECT(ok, backend_get_override_host(TEXT("origin"), INTO(b)));
    EXPECT_TEXT("override.example", b.text());
    EXPECT(none, backend_get_override_host(TEXT("plain"), INTO(b)));
    EXPECT(ok, backend_get_port(TEXT("origin"), at(&port.port)));
    EXPECT(443, port.port);
    EXPECT(0x7e7e, port.canary);
    EXPECT(ok, backend_get_port(TEXT("plain"), at(&port.port)));
    EXPECT(8080, port.port);
    EXPECT(ok, backend_get_first_byte_timeout_ms(TEXT("origin"), at(&n)));
    EXPECT(1500, n);
    EXPECT(none, backend_get_connect_timeout_ms(TEXT("origin"), at(&n)));
    EXPECT(none, backend_get_between_bytes_timeout_ms(TEXT("origin"), at(&n)));
    EXPECT(none, backend_get_ssl_min_version(TEXT("origin"), at(&n)));
    EXPECT(none, backend_get_ssl_max_version(TEXT("origin"), at(&n)));
    for (const auto get : {backend_get_http_keepalive_time, backend_get_tcp_keepalive_enable, backend_get_tcp_keepalive_interval,
                           backend_get_tcp_keepalive_probes, backend_get_tcp_keepalive_time}) {
        EXPECT(ok, get(TEXT("origin"), at(&n)));
        EXPECT(0, n);
        EXPECT(inval, get(TEXT("unknown"), at(&n)));
    }
    for (const auto get :
         {backend_is_healthy, backend_is_dynamic, backend_is_ssl, backend_get_connect_timeout_ms, backend_get_first_byte_timeout_ms,
          backend_get_between_bytes_timeout_ms, backend_get_ssl_min_version, backend_get_ssl_max_version})
        EXPECT(inval, get(TEXT("unknown"), at(&n)));
    EXPECT(inval, backend_get_port(TEXT("unknown"), at(&port.port)));
    EXPECT(inval, backend_get_host(TEXT("unknown"), INTO(b)));
    EXPECT(inval, backend_get_override_host(TEXT("unknown"), INTO(b)));
}

static void test_dynamic()
{
    Buffer b;
    uint32_t n = 7;
    // The form that older guests pass, at the very end of memory: what is behind it must not be read.
    uint32_t* const config = reinterpret_cast<uint32_t*>(__builtin_wasm_memory_size(0) * 65'536 - 92);
    std::memset(config, 0xff, 92);
    const auto add = [&](std::string_view name, std::string_view target, uint32_t mask) {
        return http_req_register_dynamic_backend(TEXT(name), TEXT(target), mask, at(config));
    };
    EXPECT(ok, add("bare", "bare.example:81", 0));
    EXPECT(error, add("bare", "bare.example", 0));
    EXPECT(error, add("origin", "bare.example", 0));  // one of the configuration's
    EXPECT(error, add("no-host", "http://bare.example/", 0));
    EXPECT(inval, add("reserved", "bare.example", 1));
    EXPECT(inval, add("undefined", "bare.example", 1U << 19));
    EXPECT(inval, add("\xff", "bare.example", 0));
    EXPECT(inval, add("override", "bare.example", 1U << 1));  // its text is nowhere
    config[0] = at("over.example");
    config[1] = 12;
    config[2] = 100, config[3] = 200, config[4] = 300;
    config[5] = 2, config[6] = 3;
    EXPECT(ok, add("full", "full.example", 0xfe & ~(1U << 8)));
    EXPECT(ok, backend_is_dynamic(TEXT("full"), at(&n)));
    EXPECT(1, n);
    EXPECT(ok, backend_is_ssl(TEXT("full"), at(&n)));
    EXPECT(1, n);
    EXPECT(ok, backend_get_override_host(TEXT("full"), INTO(b)));
    EXPECT_TEXT("over.example", b.text());
    EXPECT(ok, backend_get_connect_timeout_ms(TEXT("full"), at(&n)));
    EXPECT(100, n);
    EXPECT(ok, backend_get_between_bytes_timeout_ms(TEXT("full"), at(&n)));
    EXPECT(300, n);
    EXPECT(ok, backend_get_ssl_min_version(TEXT("full"), at(&n)));
    EXPECT(2, n);
    EXPECT(ok, backend_get_ssl_max_version(TEXT("full"), at(&n)));
    EXPECT(3, n);
    EXPECT(ok, backend_is_healthy(TEXT("full"), at(&n)));
    EXPECT(0, n);
    config[5] = 4;
    EXPECT(inval, add("version", "bare.example", 1U << 6));
    config[1] = 0;
    EXPECT(inval, add("empty", "bare.example", 1U << 1));
    config[7] = at("cert.example"), config[8] = 12;
    config[13] = at("sni.example"), config[14] = 11;
    EXPECT(inval, add("names", "bare.example", (1U << 5) | (1U << 8) | (1U << 11)));
    config[14] = 0;
    EXPECT(ok, add("no-sni", "bare.example", (1U << 5) | (1U << 8) | (1U << 11)));
    config[9] = at("no certificate"), config[10] = 14;
    EXPECT(ok, add("ca", "bare.example", (1U << 5) | (1U << 9)));  // none in it: the system's are used
    constexpr std::string_view broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    config[9] = at(broken.data()), config[10] = broken.size();
    EXPECT(error, add("broken", "bare.example", (1U << 5) | (1U << 9)));
    config[15] = at("none"), config[16] = 4, config[17] = no_such;
    EXPECT(badf, add("client", "bare.example", 1U << 13));
    EXPECT(ok, secret_store_from_bytes(TEXT("no key"), at(&config[17])));
    EXPECT(inval, add("client", "bare.example", 1U << 13));
}

/// Request and body are gone even when nothing was sent.
static void test_refused()
{
    uint32_t response = 7, body_out = 7, pending = 7, is_done = 7, index = 7;
    const auto refused = [&](auto send) {
        EXPECT(inval, send(new_request(), new_body(), std::string_view("unknown")));
        EXPECT(error, send(new_request(), new_body(), std::string_view("\xff")));
        EXPECT(badf, send(no_such, new_body(), std::string_view("origin")));
        EXPECT(badf, send(new_request(), no_such, std::string_view("origin")));
        const uint32_t request = new_request(), body = new_body();
        EXPECT(inval, send(request, body, std::string_view("unknown")));
        EXPECT(badf, http_req_close(request));
    };
    uint32_t detail[5]{};
    refused([&](uint32_t r, uint32_t b, std::string_view n) { return http_req_send(r, b, TEXT(n), at(&response), at(&body_out)); });
    refused([&](uint32_t r, uint32_t b, std::string_view n) {
        return http_req_send_v2(r, b, TEXT(n), at(detail), at(&response), at(&body_out));
    });
    refused([&](uint32_t r, uint32_t b, std::string_view n) {
        return http_req_send_v3(r, b, TEXT(n), at(detail), at(&response), at(&body_out));
    });
    refused([&](uint32_t r, uint32_t b, std::string_view n) { return http_req_send_async(r, b, TEXT(n), at(&pending)); });
    refused([&](uint32_t r, uint32_t b, std::string_view n) { return http_req_send_async_v2(r, b, TEXT(n), 0, at(&pending)); });
    refused([&](uint32_t r, uint32_t b, std::string_view n) { return http_req_send_async_streaming(r, b, TEXT(n), at(&pending)); });
    EXPECT(badf, http_req_pending_req_poll(no_such, at(&is_done), at(&response), at(&body_out)));
    EXPECT(badf, http_req_pending_req_poll_v2(no_such, at(detail), at(&is_done), at(&response), at(&body_out)));
    EXPECT(badf, http_req_pending_req_wait(no_such, at(&response), at(&body_out)));
    EXPECT(badf, http_req_pending_req_wait_v2(no_such, at(detail), at(&response), at(&body_out)));
    EXPECT(inval, http_req_pending_req_select(at(&pending), 0, at(&index), at(&response), at(&body_out)));
    pending = no_such;
    EXPECT(badf, http_req_pending_req_select(at(&pending), 1, at(&index), at(&response), at(&body_out)));
    EXPECT(badf, http_req_pending_req_select_v2(at(&pending), 1, at(detail), at(&index), at(&response), at(&body_out)));
    EXPECT(badf, http_req_pending_req_header_insert(no_such, TEXT("a"), TEXT("b"), 0));
    EXPECT(badf, http_req_pending_req_header_append(no_such, TEXT("a"), TEXT("b"), 0));
    EXPECT(badf, http_req_pending_req_header_remove(no_such, TEXT("a"), 0));
    EXPECT(unsupported, http_req_upgrade_websocket(TEXT("origin")));
    EXPECT(unsupported, http_req_redirect_to_websocket_proxy(TEXT("origin")));
    EXPECT(unsupported, http_req_redirect_to_grip_proxy(TEXT("origin")));
    EXPECT(unsupported, http_req_redirect_to_websocket_proxy_v2(new_request(), TEXT("origin")));
    EXPECT(unsupported, http_req_redirect_to_grip_proxy_v2(new_request(), TEXT("origin")));
    EXPECT(badf, http_req_redirect_to_grip_proxy_v2(no_such, TEXT("origin")));
}

void test_backends()
{
    test_settings();
    test_dynamic();
    test_refused();
}
