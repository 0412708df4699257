#pragma once

#include <cstdint>

// Every function of the interface as a guest imports it: all parameters are of 32 bits, but for one of 64, and so is the status.

// clang-format off
#define IMPORT(module, name, ident) __attribute__((import_module(module), import_name(name))) uint32_t ident
extern "C" {
// fastly_abi
IMPORT("fastly_abi", "init", abi_init)(uint64_t);

// fastly_http_req
IMPORT("fastly_http_req", "body_downstream_get", http_req_body_downstream_get)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "cache_override_set", http_req_cache_override_set)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "cache_override_v2_set", http_req_cache_override_v2_set)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "cache_override_v3_set", http_req_cache_override_v3_set)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_client_ip_addr", http_req_downstream_client_ip_addr)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_server_ip_addr", http_req_downstream_server_ip_addr)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_client_h2_fingerprint", http_req_downstream_client_h2_fingerprint)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_client_request_id", http_req_downstream_client_request_id)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_client_oh_fingerprint", http_req_downstream_client_oh_fingerprint)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_client_ddos_detected", http_req_downstream_client_ddos_detected)(uint32_t);
IMPORT("fastly_http_req", "downstream_tls_cipher_openssl_name", http_req_downstream_tls_cipher_openssl_name)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_tls_protocol", http_req_downstream_tls_protocol)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_tls_client_hello", http_req_downstream_tls_client_hello)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_tls_raw_client_certificate", http_req_downstream_tls_raw_client_certificate)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_tls_client_cert_verify_result", http_req_downstream_tls_client_cert_verify_result)(uint32_t);
IMPORT("fastly_http_req", "downstream_tls_ja3_md5", http_req_downstream_tls_ja3_md5)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_tls_ja4", http_req_downstream_tls_ja4)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "downstream_compliance_region", http_req_downstream_compliance_region)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "new", http_req_new)(uint32_t);
IMPORT("fastly_http_req", "header_names_get", http_req_header_names_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "original_header_names_get", http_req_original_header_names_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "original_header_count", http_req_original_header_count)(uint32_t);
IMPORT("fastly_http_req", "header_value_get", http_req_header_value_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "header_values_get", http_req_header_values_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "header_values_set", http_req_header_values_set)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "header_insert", http_req_header_insert)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "header_append", http_req_header_append)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "header_remove", http_req_header_remove)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "method_get", http_req_method_get)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "method_set", http_req_method_set)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "uri_get", http_req_uri_get)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "uri_set", http_req_uri_set)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "version_get", http_req_version_get)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "version_set", http_req_version_set)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "send", http_req_send)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "send_v2", http_req_send_v2)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "send_v3", http_req_send_v3)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "send_async", http_req_send_async)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "send_async_v2", http_req_send_async_v2)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "send_async_streaming", http_req_send_async_streaming)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_header_insert", http_req_pending_req_header_insert)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_header_append", http_req_pending_req_header_append)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_header_remove", http_req_pending_req_header_remove)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_poll", http_req_pending_req_poll)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_poll_v2", http_req_pending_req_poll_v2)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_wait", http_req_pending_req_wait)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_wait_v2", http_req_pending_req_wait_v2)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_select", http_req_pending_req_select)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "pending_req_select_v2", http_req_pending_req_select_v2)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "fastly_key_is_valid", http_req_fastly_key_is_valid)(uint32_t);
IMPORT("fastly_http_req", "close", http_req_close)(uint32_t);
IMPORT("fastly_http_req", "auto_decompress_response_set", http_req_auto_decompress_response_set)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "upgrade_websocket", http_req_upgrade_websocket)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "redirect_to_websocket_proxy", http_req_redirect_to_websocket_proxy)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "redirect_to_grip_proxy", http_req_redirect_to_grip_proxy)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "redirect_to_websocket_proxy_v2", http_req_redirect_to_websocket_proxy_v2)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "redirect_to_grip_proxy_v2", http_req_redirect_to_grip_proxy_v2)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "framing_headers_mode_set", http_req_framing_headers_mode_set)(uint32_t, uint32_t);
IMPORT("fastly_http_req", "register_dynamic_backend", http_req_register_dynamic_backend)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "inspect", http_req_inspect)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_req", "on_behalf_of", http_req_on_behalf_of)(uint32_t, uint32_t, uint32_t);

// fastly_http_downstream
IMPORT("fastly_http_downstream", "next_request", http_downstream_next_request)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "next_request_wait", http_downstream_next_request_wait)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "next_request_abandon", http_downstream_next_request_abandon)(uint32_t);
IMPORT("fastly_http_downstream", "downstream_original_header_names", http_downstream_downstream_original_header_names)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_original_header_count", http_downstream_downstream_original_header_count)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_client_ip_addr", http_downstream_downstream_client_ip_addr)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_server_ip_addr", http_downstream_downstream_server_ip_addr)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_client_h2_fingerprint", http_downstream_downstream_client_h2_fingerprint)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_client_request_id", http_downstream_downstream_client_request_id)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_client_oh_fingerprint", http_downstream_downstream_client_oh_fingerprint)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_client_ddos_detected", http_downstream_downstream_client_ddos_detected)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_tls_cipher_openssl_name", http_downstream_downstream_tls_cipher_openssl_name)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_tls_protocol", http_downstream_downstream_tls_protocol)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_tls_client_hello", http_downstream_downstream_tls_client_hello)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_tls_raw_client_certificate", http_downstream_downstream_tls_raw_client_certificate)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_tls_client_cert_verify_result", http_downstream_downstream_tls_client_cert_verify_result)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_tls_client_servername", http_downstream_downstream_tls_client_servername)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_tls_ja3_md5", http_downstream_downstream_tls_ja3_md5)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_tls_ja4", http_downstream_downstream_tls_ja4)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_compliance_region", http_downstream_downstream_compliance_region)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "fastly_key_is_valid", http_downstream_fastly_key_is_valid)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_bot_analyzed", http_downstream_downstream_bot_analyzed)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_bot_detected", http_downstream_downstream_bot_detected)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_bot_name", http_downstream_downstream_bot_name)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_bot_category", http_downstream_downstream_bot_category)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_bot_category_kind", http_downstream_downstream_bot_category_kind)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_bot_verified", http_downstream_downstream_bot_verified)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_anonymous", http_downstream_downstream_resvpnproxy_is_anonymous)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_anonymous_vpn", http_downstream_downstream_resvpnproxy_is_anonymous_vpn)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_hosting_provider", http_downstream_downstream_resvpnproxy_is_hosting_provider)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_proxy_over_vpn", http_downstream_downstream_resvpnproxy_is_proxy_over_vpn)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_public_proxy", http_downstream_downstream_resvpnproxy_is_public_proxy)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_relay_proxy", http_downstream_downstream_resvpnproxy_is_relay_proxy)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_residential_proxy", http_downstream_downstream_resvpnproxy_is_residential_proxy)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_smart_dns_proxy", http_downstream_downstream_resvpnproxy_is_smart_dns_proxy)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_tor_exit_node", http_downstream_downstream_resvpnproxy_is_tor_exit_node)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_is_vpn_datacenter", http_downstream_downstream_resvpnproxy_is_vpn_datacenter)(uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_resvpnproxy_vpn_service_name", http_downstream_downstream_resvpnproxy_vpn_service_name)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_downstream", "downstream_visits_this_service", http_downstream_downstream_visits_this_service)(uint32_t);
IMPORT("fastly_http_downstream", "downstream_visits_this_pop", http_downstream_downstream_visits_this_pop)(uint32_t);

// fastly_http_resp
IMPORT("fastly_http_resp", "new", http_resp_new)(uint32_t);
IMPORT("fastly_http_resp", "header_names_get", http_resp_header_names_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "header_value_get", http_resp_header_value_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "header_values_get", http_resp_header_values_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "header_values_set", http_resp_header_values_set)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "header_insert", http_resp_header_insert)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "header_append", http_resp_header_append)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "header_remove", http_resp_header_remove)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "version_get", http_resp_version_get)(uint32_t, uint32_t);
IMPORT("fastly_http_resp", "version_set", http_resp_version_set)(uint32_t, uint32_t);
IMPORT("fastly_http_resp", "send_downstream", http_resp_send_downstream)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "send_downstream_pending", http_resp_send_downstream_pending)(uint32_t);
IMPORT("fastly_http_resp", "status_get", http_resp_status_get)(uint32_t, uint32_t);
IMPORT("fastly_http_resp", "status_set", http_resp_status_set)(uint32_t, uint32_t);
IMPORT("fastly_http_resp", "close", http_resp_close)(uint32_t);
IMPORT("fastly_http_resp", "framing_headers_mode_set", http_resp_framing_headers_mode_set)(uint32_t, uint32_t);
IMPORT("fastly_http_resp", "http_keepalive_mode_set", http_resp_http_keepalive_mode_set)(uint32_t, uint32_t);
IMPORT("fastly_http_resp", "get_addr_dest_ip", http_resp_get_addr_dest_ip)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_resp", "get_addr_dest_port", http_resp_get_addr_dest_port)(uint32_t, uint32_t);

// fastly_http_body
IMPORT("fastly_http_body", "append", http_body_append)(uint32_t, uint32_t);
IMPORT("fastly_http_body", "new", http_body_new)(uint32_t);
IMPORT("fastly_http_body", "read", http_body_read)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_body", "write", http_body_write)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_body", "close", http_body_close)(uint32_t);
IMPORT("fastly_http_body", "abandon", http_body_abandon)(uint32_t);
IMPORT("fastly_http_body", "trailer_append", http_body_trailer_append)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_body", "trailer_names_get", http_body_trailer_names_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_body", "trailer_value_get", http_body_trailer_value_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_body", "trailer_values_get", http_body_trailer_values_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_body", "known_length", http_body_known_length)(uint32_t, uint32_t);

// fastly_async_io
IMPORT("fastly_async_io", "select", async_io_select)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_async_io", "is_ready", async_io_is_ready)(uint32_t, uint32_t);

// fastly_backend
IMPORT("fastly_backend", "exists", backend_exists)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "is_healthy", backend_is_healthy)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "is_dynamic", backend_is_dynamic)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_host", backend_get_host)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_override_host", backend_get_override_host)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_port", backend_get_port)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_connect_timeout_ms", backend_get_connect_timeout_ms)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_first_byte_timeout_ms", backend_get_first_byte_timeout_ms)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_between_bytes_timeout_ms", backend_get_between_bytes_timeout_ms)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_http_keepalive_time", backend_get_http_keepalive_time)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_tcp_keepalive_enable", backend_get_tcp_keepalive_enable)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_tcp_keepalive_interval", backend_get_tcp_keepalive_interval)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_tcp_keepalive_probes", backend_get_tcp_keepalive_probes)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_tcp_keepalive_time", backend_get_tcp_keepalive_time)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "is_ssl", backend_is_ssl)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_ssl_min_version", backend_get_ssl_min_version)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_backend", "get_ssl_max_version", backend_get_ssl_max_version)(uint32_t, uint32_t, uint32_t);

// fastly_cache
IMPORT("fastly_cache", "lookup", cache_lookup)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "insert", cache_insert)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "replace", cache_replace)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_insert", cache_replace_insert)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_get_age_ns", cache_replace_get_age_ns)(uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_get_body", cache_replace_get_body)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_get_hits", cache_replace_get_hits)(uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_get_length", cache_replace_get_length)(uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_get_max_age_ns", cache_replace_get_max_age_ns)(uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_get_stale_while_revalidate_ns", cache_replace_get_stale_while_revalidate_ns)(uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_get_state", cache_replace_get_state)(uint32_t, uint32_t);
IMPORT("fastly_cache", "replace_get_user_metadata", cache_replace_get_user_metadata)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "transaction_lookup", cache_transaction_lookup)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "transaction_lookup_async", cache_transaction_lookup_async)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "cache_busy_handle_wait", cache_cache_busy_handle_wait)(uint32_t, uint32_t);
IMPORT("fastly_cache", "transaction_insert", cache_transaction_insert)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "transaction_insert_and_stream_back", cache_transaction_insert_and_stream_back)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "transaction_update", cache_transaction_update)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "transaction_cancel", cache_transaction_cancel)(uint32_t);
IMPORT("fastly_cache", "close_busy", cache_close_busy)(uint32_t);
IMPORT("fastly_cache", "close", cache_close)(uint32_t);
IMPORT("fastly_cache", "get_state", cache_get_state)(uint32_t, uint32_t);
IMPORT("fastly_cache", "get_user_metadata", cache_get_user_metadata)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "get_body", cache_get_body)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_cache", "get_length", cache_get_length)(uint32_t, uint32_t);
IMPORT("fastly_cache", "get_max_age_ns", cache_get_max_age_ns)(uint32_t, uint32_t);
IMPORT("fastly_cache", "get_stale_while_revalidate_ns", cache_get_stale_while_revalidate_ns)(uint32_t, uint32_t);
IMPORT("fastly_cache", "get_age_ns", cache_get_age_ns)(uint32_t, uint32_t);
IMPORT("fastly_cache", "get_hits", cache_get_hits)(uint32_t, uint32_t);

// fastly_http_cache
IMPORT("fastly_http_cache", "is_request_cacheable", http_cache_is_request_cacheable)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_suggested_cache_key", http_cache_get_suggested_cache_key)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "lookup", http_cache_lookup)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "transaction_lookup", http_cache_transaction_lookup)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "transaction_insert", http_cache_transaction_insert)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "transaction_insert_and_stream_back", http_cache_transaction_insert_and_stream_back)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "transaction_update", http_cache_transaction_update)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "transaction_update_and_return_fresh", http_cache_transaction_update_and_return_fresh)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "transaction_choose_stale", http_cache_transaction_choose_stale)(uint32_t);
IMPORT("fastly_http_cache", "transaction_record_not_cacheable", http_cache_transaction_record_not_cacheable)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "transaction_abandon", http_cache_transaction_abandon)(uint32_t);
IMPORT("fastly_http_cache", "close", http_cache_close)(uint32_t);
IMPORT("fastly_http_cache", "get_suggested_backend_request", http_cache_get_suggested_backend_request)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_suggested_cache_options", http_cache_get_suggested_cache_options)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "prepare_response_for_storage", http_cache_prepare_response_for_storage)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_found_response", http_cache_get_found_response)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_state", http_cache_get_state)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_length", http_cache_get_length)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_max_age_ns", http_cache_get_max_age_ns)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_stale_while_revalidate_ns", http_cache_get_stale_while_revalidate_ns)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_stale_if_error_ns", http_cache_get_stale_if_error_ns)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_age_ns", http_cache_get_age_ns)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_hits", http_cache_get_hits)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_sensitive_data", http_cache_get_sensitive_data)(uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_surrogate_keys", http_cache_get_surrogate_keys)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_http_cache", "get_vary_rule", http_cache_get_vary_rule)(uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_kv_store
IMPORT("fastly_kv_store", "open", kv_store_open)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_kv_store", "lookup", kv_store_lookup)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_kv_store", "lookup_wait", kv_store_lookup_wait)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_kv_store", "lookup_wait_v2", kv_store_lookup_wait_v2)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_kv_store", "insert", kv_store_insert)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_kv_store", "insert_wait", kv_store_insert_wait)(uint32_t, uint32_t);
IMPORT("fastly_kv_store", "delete", kv_store_delete)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_kv_store", "delete_wait", kv_store_delete_wait)(uint32_t, uint32_t);
IMPORT("fastly_kv_store", "list", kv_store_list)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_kv_store", "list_wait", kv_store_list_wait)(uint32_t, uint32_t, uint32_t);

// fastly_object_store
IMPORT("fastly_object_store", "open", object_store_open)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_object_store", "lookup", object_store_lookup)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_object_store", "lookup_async", object_store_lookup_async)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_object_store", "pending_lookup_wait", object_store_pending_lookup_wait)(uint32_t, uint32_t);
IMPORT("fastly_object_store", "insert", object_store_insert)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_object_store", "insert_async", object_store_insert_async)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_object_store", "pending_insert_wait", object_store_pending_insert_wait)(uint32_t);
IMPORT("fastly_object_store", "delete_async", object_store_delete_async)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_object_store", "pending_delete_wait", object_store_pending_delete_wait)(uint32_t);

// fastly_dictionary
IMPORT("fastly_dictionary", "open", dictionary_open)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_dictionary", "get", dictionary_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_config_store
IMPORT("fastly_config_store", "open", config_store_open)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_config_store", "get", config_store_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_secret_store
IMPORT("fastly_secret_store", "open", secret_store_open)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_secret_store", "get", secret_store_get)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_secret_store", "plaintext", secret_store_plaintext)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_secret_store", "from_bytes", secret_store_from_bytes)(uint32_t, uint32_t, uint32_t);

// fastly_acl
IMPORT("fastly_acl", "open", acl_open)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_acl", "lookup", acl_lookup)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_geo
IMPORT("fastly_geo", "lookup", geo_lookup)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_device_detection
IMPORT("fastly_device_detection", "lookup", device_detection_lookup)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_log
IMPORT("fastly_log", "endpoint_get", log_endpoint_get)(uint32_t, uint32_t, uint32_t);
IMPORT("fastly_log", "write", log_write)(uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_erl
IMPORT("fastly_erl", "check_rate", erl_check_rate)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_erl", "ratecounter_increment", erl_ratecounter_increment)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_erl", "ratecounter_lookup_rate", erl_ratecounter_lookup_rate)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_erl", "ratecounter_lookup_count", erl_ratecounter_lookup_count)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_erl", "penaltybox_add", erl_penaltybox_add)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_erl", "penaltybox_has", erl_penaltybox_has)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_purge
IMPORT("fastly_purge", "purge_surrogate_key", purge_purge_surrogate_key)(uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_compute_runtime
IMPORT("fastly_compute_runtime", "get_vcpu_ms", compute_runtime_get_vcpu_ms)(uint32_t);
IMPORT("fastly_compute_runtime", "has_domain_inspector", compute_runtime_has_domain_inspector)(uint32_t);
IMPORT("fastly_compute_runtime", "has_image_optimizer", compute_runtime_has_image_optimizer)(uint32_t);
IMPORT("fastly_compute_runtime", "has_origin_inspector", compute_runtime_has_origin_inspector)(uint32_t);
IMPORT("fastly_compute_runtime", "get_heap_mib", compute_runtime_get_heap_mib)(uint32_t);

// fastly_image_optimizer
IMPORT("fastly_image_optimizer", "transform_image_optimizer_request", image_optimizer_transform_image_optimizer_request)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_shielding
IMPORT("fastly_shielding", "shield_info", shielding_shield_info)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("fastly_shielding", "backend_for_shield", shielding_backend_for_shield)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// fastly_uap
IMPORT("fastly_uap", "parse", uap_parse)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

// Their first names.
IMPORT("env", "xqd_init", xqd_init)(uint64_t);
IMPORT("env", "xqd_body_append", xqd_body_append)(uint32_t, uint32_t);
IMPORT("env", "xqd_body_new", xqd_body_new)(uint32_t);
IMPORT("env", "xqd_body_read", xqd_body_read)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_body_write", xqd_body_write)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_body_close", xqd_body_close)(uint32_t);
IMPORT("env", "xqd_body_close_downstream", xqd_body_close_downstream)(uint32_t);
IMPORT("env", "xqd_log_endpoint_get", xqd_log_endpoint_get)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_log_write", xqd_log_write)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_body_downstream_get", xqd_req_body_downstream_get)(uint32_t, uint32_t);
IMPORT("env", "xqd_req_cache_override_set", xqd_req_cache_override_set)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_new", xqd_req_new)(uint32_t);
IMPORT("env", "xqd_req_header_names_get", xqd_req_header_names_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_header_value_get", xqd_req_header_value_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_header_values_get", xqd_req_header_values_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_header_values_set", xqd_req_header_values_set)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_header_insert", xqd_req_header_insert)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_header_append", xqd_req_header_append)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_header_remove", xqd_req_header_remove)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_method_get", xqd_req_method_get)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_method_set", xqd_req_method_set)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_uri_get", xqd_req_uri_get)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_uri_set", xqd_req_uri_set)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_version_get", xqd_req_version_get)(uint32_t, uint32_t);
IMPORT("env", "xqd_req_version_set", xqd_req_version_set)(uint32_t, uint32_t);
IMPORT("env", "xqd_req_downstream_client_ip_addr", xqd_req_downstream_client_ip_addr)(uint32_t, uint32_t);
IMPORT("env", "xqd_req_downstream_client_request_id", xqd_req_downstream_client_request_id)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_downstream_tls_cipher_openssl_name", xqd_req_downstream_tls_cipher_openssl_name)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_downstream_tls_protocol", xqd_req_downstream_tls_protocol)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_downstream_tls_client_hello", xqd_req_downstream_tls_client_hello)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_original_header_names_get", xqd_req_original_header_names_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_original_header_count", xqd_req_original_header_count)(uint32_t);
IMPORT("env", "xqd_req_send", xqd_req_send)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_send_async", xqd_req_send_async)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_req_send_async_streaming", xqd_req_send_async_streaming)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_pending_req_poll", xqd_pending_req_poll)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_pending_req_wait", xqd_pending_req_wait)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_pending_req_select", xqd_pending_req_select)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_resp_new", xqd_resp_new)(uint32_t);
IMPORT("env", "xqd_resp_header_names_get", xqd_resp_header_names_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_resp_header_value_get", xqd_resp_header_value_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_resp_header_values_get", xqd_resp_header_values_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_resp_header_values_set", xqd_resp_header_values_set)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_resp_header_insert", xqd_resp_header_insert)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_resp_header_append", xqd_resp_header_append)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_resp_header_remove", xqd_resp_header_remove)(uint32_t, uint32_t, uint32_t);
IMPORT("env", "xqd_resp_version_get", xqd_resp_version_get)(uint32_t, uint32_t);
IMPORT("env", "xqd_resp_version_set", xqd_resp_version_set)(uint32_t, uint32_t);
IMPORT("env", "xqd_resp_status_get", xqd_resp_status_get)(uint32_t, uint32_t);
IMPORT("env", "xqd_resp_status_set", xqd_resp_status_set)(uint32_t, uint32_t);
}
#undef IMPORT
// clang-format on
