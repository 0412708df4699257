#include "host/fastly/support.hpp"

#include <array>
#include <cstddef>
#include <utility>

// Modules that weir does not have yet: fastly_cache, fastly_http_cache, fastly_erl, fastly_image_optimizer. Every function is there and answers
// `unsupported`, so that services which try one and do without run.

namespace weir::fastly {

namespace {

template <size_t>
using Word = uint32_t;

/// @error unsupported
template <class Sequence>
struct Later;
template <size_t... i>
struct Later<std::index_sequence<i...>> {
    static HostResult<Nothing> call(Context&, Word<i>...) { return Status::unsupported; }
};

/// The row of a function of `count` parameters of 32 bits.
template <host::FixedString name, size_t count>
constexpr runtime::HostFunction later(std::string_view parameter_names)
{
    return fastly_fn<name, Later<std::make_index_sequence<count>>::call>(parameter_names);
}

constexpr std::array cache_rows{
    later<"lookup", 5>("cache_key cache_key_len options_mask options cache"),
    later<"insert", 5>("cache_key cache_key_len options_mask options body"),
    later<"replace", 5>("cache_key cache_key_len options_mask options cache_replace"),
    later<"replace_insert", 4>("handle options_mask options body"),
    later<"replace_get_age_ns", 2>("handle result"),
    later<"replace_get_body", 4>("handle options_mask options body"),
    later<"replace_get_hits", 2>("handle result"),
    later<"replace_get_length", 2>("handle result"),
    later<"replace_get_max_age_ns", 2>("handle result"),
    later<"replace_get_stale_while_revalidate_ns", 2>("handle result"),
    later<"replace_get_state", 2>("handle cache_lookup_state"),
    later<"replace_get_user_metadata", 4>("handle user_metadata_out_ptr user_metadata_out_len_len nwritten_out"),
    later<"transaction_lookup", 5>("cache_key cache_key_len options_mask options cache"),
    later<"transaction_lookup_async", 5>("cache_key cache_key_len options_mask options cache_busy"),
    later<"cache_busy_handle_wait", 2>("busy_handle cache"),
    later<"transaction_insert", 4>("handle options_mask options body"),
    later<"transaction_insert_and_stream_back", 5>("handle options_mask options body cache"),
    later<"transaction_update", 3>("handle options_mask options"),
    later<"transaction_cancel", 1>("handle"),
    later<"close_busy", 1>("handle"),
    later<"close", 1>("handle"),
    later<"get_state", 2>("handle cache_lookup_state"),
    later<"get_user_metadata", 4>("handle user_metadata_out_ptr user_metadata_out_len_len nwritten_out"),
    later<"get_body", 4>("handle options_mask options body"),
    later<"get_length", 2>("handle result"),
    later<"get_max_age_ns", 2>("handle result"),
    later<"get_stale_while_revalidate_ns", 2>("handle result"),
    later<"get_age_ns", 2>("handle result"),
    later<"get_hits", 2>("handle result"),
};
constexpr std::array http_cache_rows{
    later<"is_request_cacheable", 2>("req_handle result"),
    later<"get_suggested_cache_key", 4>("req_handle key_out_ptr key_out_len_len nwritten_out"),
    later<"lookup", 4>("req_handle options_mask options http_cache"),
    later<"transaction_lookup", 4>("req_handle options_mask options http_cache"),
    later<"transaction_insert", 5>("handle resp_handle options_mask options body"),
    later<"transaction_insert_and_stream_back", 6>("handle resp_handle options_mask options body http_cache"),
    later<"transaction_update", 4>("handle resp_handle options_mask options"),
    later<"transaction_update_and_return_fresh", 5>("handle resp_handle options_mask options http_cache"),
    later<"transaction_choose_stale", 1>("handle"),
    later<"transaction_record_not_cacheable", 3>("handle options_mask options"),
    later<"transaction_abandon", 1>("handle"),
    later<"close", 1>("handle"),
    later<"get_suggested_backend_request", 2>("handle request"),
    later<"get_suggested_cache_options", 6>("handle response options_mask options options_mask_out options_out"),
    later<"prepare_response_for_storage", 4>("handle response http_storage_action response_2"),
    later<"get_found_response", 4>("handle transform_for_client response body"),
    later<"get_state", 2>("handle cache_lookup_state"),
    later<"get_length", 2>("handle result"),
    later<"get_max_age_ns", 2>("handle result"),
    later<"get_stale_while_revalidate_ns", 2>("handle result"),
    later<"get_stale_if_error_ns", 2>("handle result"),
    later<"get_age_ns", 2>("handle result"),
    later<"get_hits", 2>("handle result"),
    later<"get_sensitive_data", 2>("handle result"),
    later<"get_surrogate_keys", 4>("handle surrogate_keys_out_ptr surrogate_keys_out_len_len nwritten_out"),
    later<"get_vary_rule", 4>("handle vary_rule_out_ptr vary_rule_out_len_len nwritten_out"),
};
constexpr std::array erl_rows{
    later<"check_rate", 11>("rc rc_len entry entry_len delta window limit pb pb_len ttl result"),
    later<"ratecounter_increment", 5>("rc rc_len entry entry_len delta"),
    later<"ratecounter_lookup_rate", 6>("rc rc_len entry entry_len window result"),
    later<"ratecounter_lookup_count", 6>("rc rc_len entry entry_len duration result"),
    later<"penaltybox_add", 5>("pb pb_len entry entry_len ttl"),
    later<"penaltybox_has", 5>("pb pb_len entry entry_len result"),
};
constexpr std::array image_optimizer_rows{
    later<"transform_image_optimizer_request", 9>(
        "origin_image_request origin_image_request_body origin_image_request_backend origin_image_request_backend_len "
        "io_transform_config_mask io_transform_configuration io_error_detail response body"),
};

}  // namespace

const std::span<const runtime::HostFunction> cache_functions{cache_rows};
const std::span<const runtime::HostFunction> http_cache_functions{http_cache_rows};
const std::span<const runtime::HostFunction> erl_functions{erl_rows};
const std::span<const runtime::HostFunction> image_optimizer_functions{image_optimizer_rows};

}  // namespace weir::fastly
