#include "check.hpp"

// http_downstream, and the functions of http_req about the current request. The request is GET http://localhost/... with the headers that
// fastly_test.py gives it.

static void expect_known(uint32_t h)
{
    Buffer b;
    EXPECT(ok, http_downstream_downstream_original_header_names(h, CURSOR_INTO(b, 0)));
    EXPECT(true, b.text().starts_with(std::string("x-fastly-bot-analyzed\0", 22)));
    EXPECT(badf, http_downstream_downstream_original_header_names(no_such, CURSOR_INTO(b, 0)));
    uint32_t count = 0, original = 0;
    EXPECT(ok, http_downstream_downstream_original_header_count(h, at(&count)));
    EXPECT(ok, http_req_original_header_count(at(&original)));
    EXPECT(count, original);
    EXPECT(true, count >= 6);
    EXPECT(badf, http_downstream_downstream_original_header_count(no_such, at(&count)));
    EXPECT(ok, http_req_original_header_names_get(CURSOR_INTO(b, 0)));
    const std::string local("\x7f\0\0\1", 4);
    EXPECT(ok, http_downstream_downstream_client_ip_addr(h, at(b.bytes), at(&b.size)));
    EXPECT_TEXT(local, b.text());
    EXPECT(badf, http_downstream_downstream_client_ip_addr(no_such, at(b.bytes), at(&b.size)));
    EXPECT(ok, http_downstream_downstream_server_ip_addr(h, at(b.bytes), at(&b.size)));
    EXPECT_TEXT(local, b.text());
    EXPECT(badf, http_downstream_downstream_server_ip_addr(no_such, at(b.bytes), at(&b.size)));
    EXPECT(ok, http_req_downstream_client_ip_addr(at(b.bytes), at(&b.size)));
    EXPECT(ok, http_req_downstream_server_ip_addr(at(b.bytes), at(&b.size)));
    EXPECT(inval, http_req_downstream_server_ip_addr(NOWHERE + 14, at(&b.size)));
    EXPECT(ok, http_downstream_downstream_client_request_id(h, INTO(b)));
    EXPECT_TEXT(std::string(32, '0'), b.text());
    EXPECT(ok, http_req_downstream_client_request_id(INTO(b)));
    EXPECT(buflen, http_req_downstream_client_request_id(at(b.bytes), 31, at(&b.size)));
    EXPECT(32, b.size);
    EXPECT(badf, http_downstream_downstream_client_request_id(no_such, INTO(b)));
    uint32_t flag = 7;
    EXPECT(ok, http_downstream_downstream_client_ddos_detected(h, at(&flag)));
    EXPECT(0, flag);
    EXPECT(ok, http_req_downstream_client_ddos_detected(at(&flag)));
    EXPECT(badf, http_downstream_downstream_client_ddos_detected(no_such, at(&flag)));
    EXPECT(ok, http_downstream_downstream_compliance_region(h, INTO(b)));
    EXPECT_TEXT("none", b.text());
    EXPECT(ok, http_req_downstream_compliance_region(INTO(b)));
    EXPECT(badf, http_downstream_downstream_compliance_region(no_such, INTO(b)));
    EXPECT(ok, http_downstream_fastly_key_is_valid(h, at(&flag)));
    EXPECT(1, flag);
    EXPECT(ok, http_req_fastly_key_is_valid(at(&flag)));
    EXPECT(1, flag);
    EXPECT(badf, http_downstream_fastly_key_is_valid(no_such, at(&flag)));
    const uint32_t own = new_request();
    EXPECT(error, http_downstream_fastly_key_is_valid(own, at(&flag)));
    EXPECT(error, http_downstream_downstream_client_ip_addr(own, at(b.bytes), at(&b.size)));
}

static void expect_bot(uint32_t h)
{
    Buffer b;
    uint32_t flag = 7;
    EXPECT(ok, http_downstream_downstream_bot_analyzed(h, at(&flag)));
    EXPECT(1, flag);
    EXPECT(ok, http_downstream_downstream_bot_detected(h, at(&flag)));
    EXPECT(0, flag);
    EXPECT(ok, http_downstream_downstream_bot_name(h, INTO(b)));
    EXPECT_TEXT("crawly", b.text());
    EXPECT(ok, http_downstream_downstream_bot_category(h, INTO(b)));
    EXPECT_TEXT("AI-Fetcher", b.text());
    EXPECT(ok, http_downstream_downstream_bot_category_kind(h, at(&flag)));
    EXPECT(4, flag);
    EXPECT(none, http_downstream_downstream_bot_verified(h, at(&flag)));
    EXPECT(buflen, http_downstream_downstream_bot_name(h, at(b.bytes), 1, at(&b.size)));
    EXPECT(buflen, http_downstream_downstream_bot_category(h, at(b.bytes), 1, at(&b.size)));
    EXPECT(badf, http_downstream_downstream_bot_analyzed(no_such, at(&flag)));
    EXPECT(badf, http_downstream_downstream_bot_detected(no_such, at(&flag)));
    EXPECT(badf, http_downstream_downstream_bot_name(no_such, INTO(b)));
    EXPECT(badf, http_downstream_downstream_bot_category(no_such, INTO(b)));
    EXPECT(badf, http_downstream_downstream_bot_category_kind(no_such, at(&flag)));
    EXPECT(badf, http_downstream_downstream_bot_verified(no_such, at(&flag)));
}

/// What is not known of a request without TLS: none, and badf for a handle that is none.
static void expect_unknown(uint32_t h)
{
    Buffer b;
    uint32_t n = 0;
    for (const auto text : {http_downstream_downstream_client_h2_fingerprint, http_downstream_downstream_client_oh_fingerprint,
                            http_downstream_downstream_tls_cipher_openssl_name, http_downstream_downstream_tls_protocol,
                            http_downstream_downstream_tls_client_hello, http_downstream_downstream_tls_raw_client_certificate,
                            http_downstream_downstream_tls_client_servername, http_downstream_downstream_tls_ja4,
                            http_downstream_downstream_resvpnproxy_vpn_service_name}) {
        EXPECT(none, text(h, INTO(b)));
        EXPECT(badf, text(no_such, INTO(b)));
    }
    for (const auto flag :
         {http_downstream_downstream_tls_client_cert_verify_result, http_downstream_downstream_resvpnproxy_is_anonymous,
          http_downstream_downstream_resvpnproxy_is_anonymous_vpn, http_downstream_downstream_resvpnproxy_is_hosting_provider,
          http_downstream_downstream_resvpnproxy_is_proxy_over_vpn, http_downstream_downstream_resvpnproxy_is_public_proxy,
          http_downstream_downstream_resvpnproxy_is_relay_proxy, http_downstream_downstream_resvpnproxy_is_residential_proxy,
          http_downstream_downstream_resvpnproxy_is_smart_dns_proxy, http_downstream_downstream_resvpnproxy_is_tor_exit_node,
          http_downstream_downstream_resvpnproxy_is_vpn_datacenter}) {
        EXPECT(none, flag(h, at(&n)));
        EXPECT(badf, flag(no_such, at(&n)));
    }
    for (const auto text :
         {http_req_downstream_client_h2_fingerprint, http_req_downstream_client_oh_fingerprint,
          http_req_downstream_tls_cipher_openssl_name, http_req_downstream_tls_protocol, http_req_downstream_tls_client_hello,
          http_req_downstream_tls_raw_client_certificate, http_req_downstream_tls_ja4})
        EXPECT(none, text(INTO(b)));
    EXPECT(none, http_downstream_downstream_tls_ja3_md5(h, at(b.bytes), at(&n)));
    EXPECT(badf, http_downstream_downstream_tls_ja3_md5(no_such, at(b.bytes), at(&n)));
    EXPECT(none, http_req_downstream_tls_ja3_md5(at(b.bytes), at(&n)));
    EXPECT(none, http_req_downstream_tls_client_cert_verify_result(at(&n)));
    EXPECT(unsupported, http_downstream_downstream_visits_this_service(at(&n)));
    EXPECT(unsupported, http_downstream_downstream_visits_this_pop(at(&n)));
}

static void expect_promise()
{
    uint64_t options = 1;
    uint32_t promise = 0, second = 0, request = 0, body = 0;
    EXPECT(inval, http_downstream_next_request(4, at(&options), at(&promise)));
    EXPECT(inval, http_downstream_next_request(2, NOWHERE, at(&promise)));
    EXPECT(ok, http_downstream_next_request(2, at(&options), at(&promise)));
    EXPECT(limit_exceeded, http_downstream_next_request(0, 0, at(&second)));
    EXPECT(unsupported, http_downstream_next_request_wait(promise, at(&request), at(&body)));  // there is no response yet
    EXPECT(ok, http_downstream_next_request_abandon(promise));
    EXPECT(badf, http_downstream_next_request_abandon(promise));
    EXPECT(badf, http_downstream_next_request_wait(promise, at(&request), at(&body)));
}

void test_downstream()
{
    uint32_t h = no_such, body = no_such;
    EXPECT(ok, http_req_body_downstream_get(at(&h), at(&body)));
    EXPECT(0, h);
    EXPECT(0, body);
    EXPECT(inval, http_req_body_downstream_get(at(&h), NOWHERE));
    EXPECT_TEXT("a body", read_all(body));
    Buffer b;
    EXPECT(ok, http_req_uri_get(h, INTO(b)));
    EXPECT_TEXT("http://localhost/downstream", b.text());
    expect_known(h);
    expect_bot(h);
    expect_unknown(h);
    expect_promise();
}

/// Of a request that came by TLS with a client's certificate and a name, and a header about bots.
void test_tls()
{
    const uint32_t h = 0;
    Buffer b;
    uint32_t n = 7;
    for (const auto text : {http_downstream_downstream_tls_cipher_openssl_name, http_downstream_downstream_tls_protocol,
                            http_downstream_downstream_tls_client_hello, http_downstream_downstream_tls_raw_client_certificate,
                            http_downstream_downstream_tls_client_servername}) {
        EXPECT(buflen, text(h, at(b.bytes), 1, at(&b.size)));
        EXPECT(true, b.size > 1);
        EXPECT(inval, text(h, NOWHERE, 4096, at(&b.size)));
    }
    for (const auto text : {http_req_downstream_tls_cipher_openssl_name, http_req_downstream_tls_protocol,
                            http_req_downstream_tls_client_hello, http_req_downstream_tls_raw_client_certificate}) {
        EXPECT(buflen, text(at(b.bytes), 1, at(&b.size)));
        EXPECT(inval, text(NOWHERE, 4096, at(&b.size)));
    }
    EXPECT(ok, http_downstream_downstream_tls_client_servername(h, INTO(b)));
    EXPECT_TEXT("localhost", b.text());
    EXPECT(ok, http_downstream_downstream_tls_protocol(h, INTO(b)));
    EXPECT_TEXT("TLSv1.3", b.text());
    EXPECT(ok, http_req_downstream_tls_protocol(INTO(b)));
    EXPECT(ok, http_downstream_downstream_tls_cipher_openssl_name(h, INTO(b)));
    EXPECT(true, b.text().starts_with("TLS_"));
    EXPECT(ok, http_req_downstream_tls_cipher_openssl_name(INTO(b)));
    static char large[16384];
    EXPECT(ok, http_downstream_downstream_tls_client_hello(h, at(large), sizeof large, at(&n)));
    EXPECT(1, large[0]);  // the type of the handshake's message
    EXPECT(ok, http_req_downstream_tls_client_hello(at(large), sizeof large, at(&n)));
    EXPECT(ok, http_downstream_downstream_tls_ja3_md5(h, at(b.bytes), at(&n)));
    EXPECT(16, n);
    EXPECT(ok, http_req_downstream_tls_ja3_md5(at(b.bytes), at(&n)));
    EXPECT(ok, http_downstream_downstream_tls_raw_client_certificate(h, at(large), sizeof large, at(&n)));
    EXPECT(true, std::string_view(large, n).starts_with("-----BEGIN CERTIFICATE-----\n"));
    EXPECT(ok, http_req_downstream_tls_raw_client_certificate(at(large), sizeof large, at(&n)));
    EXPECT(ok, http_downstream_downstream_tls_client_cert_verify_result(h, at(&n)));
    EXPECT(0, n);
    EXPECT(ok, http_req_downstream_tls_client_cert_verify_result(at(&n)));
    EXPECT(ok, http_downstream_downstream_bot_verified(h, at(&n)));
    EXPECT(1, n);
}
