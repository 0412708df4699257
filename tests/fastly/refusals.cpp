#include "check.hpp"

// What the other files leave out of the statuses that functions can answer; coverage/statuses.txt lists them.

namespace {

const std::string mib(1 << 20, 'v');
const std::string long_name(65'536, 'a');

/// The functions about headers, which messages of both kinds have.
struct HeaderFunctions {
    uint32_t handle;
    decltype(&http_req_header_names_get) names_get;
    decltype(&http_req_header_value_get) value_get;
    decltype(&http_req_header_values_get) values_get;
    decltype(&http_req_header_values_set) values_set;
    decltype(&http_req_header_insert) insert, append;
    decltype(&http_req_header_remove) remove;
};

void test_headers(const HeaderFunctions& f)
{
    const uint32_t h = f.handle;
    Buffer b;
    EXPECT(ok, f.insert(h, TEXT("name"), TEXT("value")));
    EXPECT(buflen, f.names_get(h, at(b.bytes), 1, 0, at(&b.cursor), at(&b.size)));
    EXPECT(buflen, f.value_get(h, TEXT("name"), at(b.bytes), 1, at(&b.size)));
    EXPECT(buflen, f.values_get(h, TEXT("name"), at(b.bytes), 1, 0, at(&b.cursor), at(&b.size)));
    EXPECT(error, f.value_get(h, TEXT("no name"), INTO(b)));
    EXPECT(error, f.values_get(h, TEXT("no name"), CURSOR_INTO(b, 0)));
    EXPECT(error, f.values_set(h, TEXT("no name"), TEXT("")));
    EXPECT(error, f.insert(h, TEXT("no name"), TEXT("x")));
    EXPECT(error, f.append(h, TEXT("no name"), TEXT("x")));
    EXPECT(error, f.remove(h, TEXT("no name")));
    EXPECT(inval, f.values_get(h, TEXT(long_name), CURSOR_INTO(b, 0)));
    EXPECT(inval, f.values_set(h, TEXT(long_name), TEXT("")));
    EXPECT(inval, f.insert(h, TEXT(long_name), TEXT("x")));
    EXPECT(inval, f.append(h, TEXT(long_name), TEXT("x")));
    EXPECT(limit_exceeded, f.insert(h, TEXT("large"), TEXT(mib)));
    EXPECT(limit_exceeded, f.append(h, TEXT("large"), TEXT(mib)));
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += std::string("x\0", 2);
    EXPECT(limit_exceeded, f.values_set(h, TEXT("many"), TEXT(many)));
}

void test_messages_of_both_kinds()
{
    Buffer b;
    test_headers({new_request(), http_req_header_names_get, http_req_header_value_get, http_req_header_values_get,
                  http_req_header_values_set, http_req_header_insert, http_req_header_append, http_req_header_remove});
    test_headers({new_response(), http_resp_header_names_get, http_resp_header_value_get, http_resp_header_values_get,
                  http_resp_header_values_set, http_resp_header_insert, http_resp_header_append, http_resp_header_remove});
    EXPECT(inval, http_resp_framing_headers_mode_set(new_response(), 2));
    EXPECT(buflen, http_req_original_header_names_get(at(b.bytes), 1, 0, at(&b.cursor), at(&b.size)));
    EXPECT(buflen, http_req_downstream_compliance_region(at(b.bytes), 1, at(&b.size)));
}

/// Facts about requests of clients, asked of one that is not.
void test_own_request()
{
    Buffer b;
    uint32_t n = 0;
    const uint32_t own = new_request(), client = 0;
    for (const auto text :
         {http_downstream_downstream_client_h2_fingerprint, http_downstream_downstream_client_request_id,
          http_downstream_downstream_client_oh_fingerprint, http_downstream_downstream_tls_cipher_openssl_name,
          http_downstream_downstream_tls_protocol, http_downstream_downstream_tls_client_hello,
          http_downstream_downstream_tls_raw_client_certificate, http_downstream_downstream_tls_client_servername,
          http_downstream_downstream_tls_ja4, http_downstream_downstream_compliance_region, http_downstream_downstream_bot_name,
          http_downstream_downstream_bot_category, http_downstream_downstream_resvpnproxy_vpn_service_name})
        EXPECT(error, text(own, INTO(b)));
    for (const auto flag :
         {http_downstream_downstream_original_header_count, http_downstream_downstream_client_ddos_detected,
          http_downstream_downstream_tls_client_cert_verify_result, http_downstream_downstream_bot_analyzed,
          http_downstream_downstream_bot_detected, http_downstream_downstream_bot_category_kind,
          http_downstream_downstream_bot_verified, http_downstream_downstream_resvpnproxy_is_anonymous,
          http_downstream_downstream_resvpnproxy_is_anonymous_vpn, http_downstream_downstream_resvpnproxy_is_hosting_provider,
          http_downstream_downstream_resvpnproxy_is_proxy_over_vpn, http_downstream_downstream_resvpnproxy_is_public_proxy,
          http_downstream_downstream_resvpnproxy_is_relay_proxy, http_downstream_downstream_resvpnproxy_is_residential_proxy,
          http_downstream_downstream_resvpnproxy_is_smart_dns_proxy, http_downstream_downstream_resvpnproxy_is_tor_exit_node,
          http_downstream_downstream_resvpnproxy_is_vpn_datacenter})
        EXPECT(error, flag(own, at(&n)));
    for (const auto octets : {http_downstream_downstream_client_ip_addr, http_downstream_downstream_server_ip_addr,
                              http_downstream_downstream_tls_ja3_md5})
        EXPECT(error, octets(own, at(b.bytes), at(&n)));
    EXPECT(error, http_downstream_downstream_original_header_names(own, CURSOR_INTO(b, 0)));
    EXPECT(buflen, http_downstream_downstream_original_header_names(client, at(b.bytes), 1, 0, at(&b.cursor), at(&b.size)));
    EXPECT(buflen, http_downstream_downstream_client_request_id(client, at(b.bytes), 1, at(&b.size)));
    EXPECT(buflen, http_downstream_downstream_compliance_region(client, at(b.bytes), 1, at(&b.size)));
    // The client's request has no headers for bots.
    EXPECT(none, http_downstream_downstream_bot_name(client, INTO(b)));
    EXPECT(none, http_downstream_downstream_bot_category(client, INTO(b)));
    EXPECT(none, http_downstream_downstream_bot_category_kind(client, at(&n)));
}

void test_bodies_and_stores()
{
    Buffer b;
    uint32_t size = 0, store = 0, pending = 0;
    const uint32_t body = new_body();
    EXPECT(inval, http_body_trailer_append(body, TEXT(long_name), TEXT("x")));
    EXPECT(ok, http_body_trailer_append(body, TEXT("t"), TEXT("value")));
    uint32_t status = ok;
    for (int i = 0; i < 100 && status == ok; ++i) status = http_body_trailer_append(body, TEXT("t"), TEXT(std::string(1000, 'x')));
    EXPECT(limit_exceeded, status);
    EXPECT(ok, http_body_read(body, at(b.bytes), 1, at(&b.size)));
    EXPECT(buflen, http_body_trailer_names_get(body, at(b.bytes), 1, 0, at(&b.cursor), at(&b.size)));
    EXPECT(buflen, http_body_trailer_value_get(body, TEXT("t"), at(b.bytes), 1, at(&b.size)));
    EXPECT(buflen, http_body_trailer_values_get(body, TEXT("t"), at(b.bytes), 1, 0, at(&b.cursor), at(&b.size)));
    EXPECT(error, http_body_trailer_value_get(body, TEXT("no name"), INTO(b)));
    EXPECT(error, http_body_trailer_values_get(body, TEXT("no name"), CURSOR_INTO(b, 0)));
    EXPECT(inval, http_body_trailer_values_get(body, TEXT(long_name), CURSOR_INTO(b, 0)));
    EXPECT(ok, kv_store_open(TEXT("kv"), at(&store)));
    // A value may have 25 MiB.
    struct {
        uint32_t mode = 0, unused = 0, metadata = 0, metadata_size = 0, ttl = 0, padding = 0;
        uint64_t generation = 0;
    } config;
    const auto too_large = [&] {
        const uint32_t large = new_body();
        for (int i = 0; i < 26; ++i) EXPECT(ok, http_body_write(large, TEXT(mib), 0, at(&size)));
        return large;
    };
    EXPECT(limit_exceeded, kv_store_insert(store, TEXT("large"), too_large(), 0, at(&config), at(&pending)));
    EXPECT(limit_exceeded, object_store_insert(store, TEXT("large"), too_large()));
    EXPECT(limit_exceeded, object_store_insert_async(store, TEXT("large"), too_large(), at(&pending)));
    for (const auto find : {object_store_lookup, object_store_lookup_async, object_store_delete_async})
        EXPECT(inval, find(store, TEXT("\xff"), at(&pending)));
    EXPECT(inval, object_store_insert(store, TEXT("\xff"), new_body()));
    EXPECT(inval, object_store_insert_async(store, TEXT("\xff"), new_body(), at(&pending)));
    EXPECT(badf, kv_store_insert_wait(no_such, at(&pending)));
    EXPECT(buflen, backend_get_override_host(TEXT("origin"), at(b.bytes), 1, at(&b.size)));
    EXPECT(none, backend_get_first_byte_timeout_ms(TEXT("plain"), at(&size)));
}

/// Structs as SDKs passed them before they grew, at the very end of memory: what is behind must not be read.
void test_short_structs()
{
    __builtin_wasm_memory_grow(0, 1);
    const auto at_end = [](size_t size) {
        auto* const place = reinterpret_cast<uint32_t*>(__builtin_wasm_memory_size(0) * 65'536 - size);
        std::memset(place, 0, size);
        return place;
    };
    Buffer b;
    uint32_t store = 0, pending = 0;
    EXPECT(ok, kv_store_open(TEXT("kv"), at(&store)));
    EXPECT(ok, kv_store_list(store, 0, at(at_end(4)), at(&pending)));
    EXPECT(inval, kv_store_list(store, 8, at(at_end(4)), at(&pending)));
    EXPECT(ok, kv_store_insert(store, TEXT("short"), new_body("x"), 0, at(at_end(4)), at(&pending)));
    EXPECT(inval, kv_store_insert(store, TEXT("short"), new_body("x"), 16, at(at_end(4)), at(&pending)));
    uint32_t* const shield = at_end(8);
    shield[0] = at("key"), shield[1] = 3;
    EXPECT(ok,
           shielding_backend_for_shield(TEXT("http://short.example/"), 2, at(shield), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT(inval, shielding_backend_for_shield(TEXT("http://s.example/"), 4, at(shield), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT(ok, http_req_cache_override_v3_set(new_request(), 6, at(at_end(16))));
    uint32_t* const info = at_end(16);
    info[0] = at("corp"), info[1] = 4, info[2] = at("workspace"), info[3] = 9;
    EXPECT(ok, http_req_inspect(new_request(), new_body(), 6, at(info), at(b.bytes), sizeof b.bytes, at(&b.size)));
    EXPECT(inval, http_req_inspect(new_request(), new_body(), 14, at(info), at(b.bytes), sizeof b.bytes, at(&b.size)));
}

/// What is refused once the response has been sent.
void test_after_the_response()
{
    Buffer b;
    uint32_t n = 0;
    EXPECT(error, http_req_redirect_to_websocket_proxy(TEXT("origin")));
    EXPECT(error, http_req_redirect_to_grip_proxy(TEXT("origin")));
    EXPECT(error, http_req_redirect_to_websocket_proxy_v2(new_request(), TEXT("origin")));
    EXPECT(error, http_req_redirect_to_grip_proxy_v2(new_request(), TEXT("origin")));
    EXPECT(badf, http_req_redirect_to_websocket_proxy_v2(no_such, TEXT("origin")));
    EXPECT(ok, http_req_close(0));
    EXPECT(badf, http_req_fastly_key_is_valid(at(&n)));
    // No other request comes in the time for it.
    const uint64_t a_millisecond = 1;
    uint32_t promise = 0, request = 0, body = 0;
    EXPECT(ok, http_downstream_next_request(2, at(&a_millisecond), at(&promise)));
    EXPECT(none, http_downstream_next_request_wait(promise, at(&request), at(&body)));
}

}  // namespace

void test_refusals()
{
    test_messages_of_both_kinds();
    test_own_request();
    test_bodies_and_stores();
    test_short_structs();
}

/// Sends the head first.
void refuse_after_the_response()
{
    const uint32_t response = new_response(), body = new_body();
    uint32_t size = 0;
    EXPECT(ok, http_resp_send_downstream(response, body, 1));
    test_after_the_response();
    EXPECT(ok, http_body_write(body, TEXT(failures.empty() ? "ok" : failures), 0, at(&size)));
    EXPECT(ok, http_body_close(body));
}

/// A dictionary's file is not what it was.
void test_stale_dictionary()
{
    uint32_t h = 0;
    EXPECT(error, dictionary_open(TEXT("file"), at(&h)));
    EXPECT(error, config_store_open(TEXT("file"), at(&h)));
}

/// Fills each table of handles, of which a guest may have 10,000.
void test_limits()
{
    constexpr int most = 10'000;
    uint32_t h = 0, store = 0, acl = 0, secrets = 0, result = 0;
    const auto fill = [&](auto open) {
        uint32_t status = ok;
        for (int i = 0; i <= most && status == ok; ++i) status = open(i);
        return status;
    };
    EXPECT(ok, kv_store_open(TEXT("kv"), at(&store)));
    EXPECT(ok, acl_open(TEXT("list"), at(&acl)));
    EXPECT(ok, secret_store_open(TEXT("secrets"), at(&secrets)));
    EXPECT(limit_exceeded, fill([&](int) { return http_req_new(at(&h)); }));
    EXPECT(ok, http_req_close(h));
    const uint32_t request = new_request();
    EXPECT(limit_exceeded, fill([&](int) { return http_resp_new(at(&h)); }));
    EXPECT(limit_exceeded, fill([&](int i) { return log_endpoint_get(TEXT(std::to_string(i)), at(&h)); }));
    EXPECT(limit_exceeded, fill([&](int) { return dictionary_open(TEXT("inline"), at(&h)); }));
    EXPECT(limit_exceeded, config_store_open(TEXT("inline"), at(&h)));
    EXPECT(limit_exceeded, fill([&](int) { return kv_store_open(TEXT("kv"), at(&h)); }));
    EXPECT(limit_exceeded, object_store_open(TEXT("kv"), at(&h)));
    EXPECT(limit_exceeded, fill([&](int) { return secret_store_open(TEXT("secrets"), at(&h)); }));
    EXPECT(limit_exceeded, fill([&](int) { return secret_store_get(secrets, TEXT("word"), at(&h)); }));
    EXPECT(limit_exceeded, secret_store_from_bytes(TEXT("x"), at(&h)));
    EXPECT(limit_exceeded, fill([&](int) { return acl_open(TEXT("list"), at(&h)); }));
    const uint32_t body = new_body();
    EXPECT(limit_exceeded, fill([&](int) { return http_body_new(at(&h)); }));
    const uint32_t config[8]{};
    EXPECT(limit_exceeded, kv_store_lookup(store, TEXT("a"), 0, 0, at(&h)));
    EXPECT(limit_exceeded, kv_store_delete(store, TEXT("absent"), 0, 0, at(&h)));
    EXPECT(limit_exceeded, kv_store_list(store, 0, at(config), at(&h)));
    EXPECT(limit_exceeded, object_store_lookup(store, TEXT("a"), at(&h)));
    EXPECT(limit_exceeded, object_store_lookup_async(store, TEXT("a"), at(&h)));
    EXPECT(limit_exceeded, object_store_delete_async(store, TEXT("absent"), at(&h)));
    EXPECT(limit_exceeded, acl_lookup(acl, TEXT("\x0a\1\2\3"), at(&h), at(&result)));
    EXPECT(limit_exceeded, http_downstream_next_request(0, 0, at(&h)));
    EXPECT(limit_exceeded, http_req_send_async_streaming(request, body, TEXT("plain"), at(&h)));
}
