#include "host/fastly/world.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

// The first names of these functions, from module env: each is one of today's.

namespace weir::fastly {

namespace {

struct Alias {
    std::string_view name;   // in module env
    std::string_view today;  // in its module today
};

constexpr std::array abi_aliases{Alias{"xqd_init", "init"}};
constexpr std::array body_aliases{
    Alias{"xqd_body_append", "append"}, Alias{"xqd_body_new", "new"},     Alias{"xqd_body_read", "read"},
    Alias{"xqd_body_write", "write"},   Alias{"xqd_body_close", "close"}, Alias{"xqd_body_close_downstream", "close"},
};
constexpr std::array log_aliases{Alias{"xqd_log_endpoint_get", "endpoint_get"}, Alias{"xqd_log_write", "write"}};
constexpr std::array req_aliases{
    Alias{"xqd_req_body_downstream_get", "body_downstream_get"},
    Alias{"xqd_req_cache_override_set", "cache_override_set"},
    Alias{"xqd_req_new", "new"},
    Alias{"xqd_req_header_names_get", "header_names_get"},
    Alias{"xqd_req_header_value_get", "header_value_get"},
    Alias{"xqd_req_header_values_get", "header_values_get"},
    Alias{"xqd_req_header_values_set", "header_values_set"},
    Alias{"xqd_req_header_insert", "header_insert"},
    Alias{"xqd_req_header_append", "header_append"},
    Alias{"xqd_req_header_remove", "header_remove"},
    Alias{"xqd_req_method_get", "method_get"},
    Alias{"xqd_req_method_set", "method_set"},
    Alias{"xqd_req_uri_get", "uri_get"},
    Alias{"xqd_req_uri_set", "uri_set"},
    Alias{"xqd_req_version_get", "version_get"},
    Alias{"xqd_req_version_set", "version_set"},
};
constexpr std::array req_downstream_aliases{
    Alias{"xqd_req_downstream_client_ip_addr", "downstream_client_ip_addr"},
    Alias{"xqd_req_downstream_client_request_id", "downstream_client_request_id"},
    Alias{"xqd_req_downstream_tls_cipher_openssl_name", "downstream_tls_cipher_openssl_name"},
    Alias{"xqd_req_downstream_tls_protocol", "downstream_tls_protocol"},
    Alias{"xqd_req_downstream_tls_client_hello", "downstream_tls_client_hello"},
    Alias{"xqd_req_original_header_names_get", "original_header_names_get"},
    Alias{"xqd_req_original_header_count", "original_header_count"},
};
constexpr std::array req_send_aliases{
    Alias{"xqd_req_send", "send"},
    Alias{"xqd_req_send_async", "send_async"},
    Alias{"xqd_req_send_async_streaming", "send_async_streaming"},
    Alias{"xqd_pending_req_poll", "pending_req_poll"},
    Alias{"xqd_pending_req_wait", "pending_req_wait"},
    Alias{"xqd_pending_req_select", "pending_req_select"},
};
constexpr std::array resp_aliases{
    Alias{"xqd_resp_new", "new"},
    Alias{"xqd_resp_header_names_get", "header_names_get"},
    Alias{"xqd_resp_header_value_get", "header_value_get"},
    Alias{"xqd_resp_header_values_get", "header_values_get"},
    Alias{"xqd_resp_header_values_set", "header_values_set"},
    Alias{"xqd_resp_header_insert", "header_insert"},
    Alias{"xqd_resp_header_append", "header_append"},
    Alias{"xqd_resp_header_remove", "header_remove"},
    Alias{"xqd_resp_version_get", "version_get"},
    Alias{"xqd_resp_version_set", "version_set"},
    Alias{"xqd_resp_status_get", "status_get"},
    Alias{"xqd_resp_status_set", "status_set"},
};

std::vector<runtime::HostFunction> make_functions()
{
    std::vector<runtime::HostFunction> functions;
    const auto add = [&](std::span<const Alias> aliases, std::span<const runtime::HostFunction> table) {
        for (const Alias& alias : aliases) {
            const auto row = std::ranges::find(table, alias.today, &runtime::HostFunction::name);
            functions.push_back(*row);
            functions.back().name = alias.name;
        }
    };
    add(abi_aliases, abi_functions);
    add(body_aliases, http_body_functions);
    add(log_aliases, log_functions);
    add(req_aliases, http_req_functions);
    add(req_downstream_aliases, http_req_downstream_functions);
    add(req_send_aliases, http_req_send_functions);
    add(resp_aliases, http_resp_functions);
    return functions;
}

}  // namespace

std::span<const runtime::HostFunction> legacy_functions()
{
    static const std::vector<runtime::HostFunction> functions = make_functions();
    return functions;
}

}  // namespace weir::fastly
