#include "check.hpp"

// Modules that weir does not have yet.

void test_later()
{
    EXPECT(unsupported, cache_lookup(0, 0, 0, 0, 0));
    EXPECT(unsupported, cache_insert(0, 0, 0, 0, 0));
    EXPECT(unsupported, cache_replace(0, 0, 0, 0, 0));
    EXPECT(unsupported, cache_replace_insert(0, 0, 0, 0));
    EXPECT(unsupported, cache_replace_get_age_ns(0, 0));
    EXPECT(unsupported, cache_replace_get_body(0, 0, 0, 0));
    EXPECT(unsupported, cache_replace_get_hits(0, 0));
    EXPECT(unsupported, cache_replace_get_length(0, 0));
    EXPECT(unsupported, cache_replace_get_max_age_ns(0, 0));
    EXPECT(unsupported, cache_replace_get_stale_while_revalidate_ns(0, 0));
    EXPECT(unsupported, cache_replace_get_state(0, 0));
    EXPECT(unsupported, cache_replace_get_user_metadata(0, 0, 0, 0));
    EXPECT(unsupported, cache_transaction_lookup(0, 0, 0, 0, 0));
    EXPECT(unsupported, cache_transaction_lookup_async(0, 0, 0, 0, 0));
    EXPECT(unsupported, cache_cache_busy_handle_wait(0, 0));
    EXPECT(unsupported, cache_transaction_insert(0, 0, 0, 0));
    EXPECT(unsupported, cache_transaction_insert_and_stream_back(0, 0, 0, 0, 0));
    EXPECT(unsupported, cache_transaction_update(0, 0, 0));
    EXPECT(unsupported, cache_transaction_cancel(0));
    EXPECT(unsupported, cache_close_busy(0));
    EXPECT(unsupported, cache_close(0));
    EXPECT(unsupported, cache_get_state(0, 0));
    EXPECT(unsupported, cache_get_user_metadata(0, 0, 0, 0));
    EXPECT(unsupported, cache_get_body(0, 0, 0, 0));
    EXPECT(unsupported, cache_get_length(0, 0));
    EXPECT(unsupported, cache_get_max_age_ns(0, 0));
    EXPECT(unsupported, cache_get_stale_while_revalidate_ns(0, 0));
    EXPECT(unsupported, cache_get_age_ns(0, 0));
    EXPECT(unsupported, cache_get_hits(0, 0));
    EXPECT(unsupported, http_cache_is_request_cacheable(0, 0));
    EXPECT(unsupported, http_cache_get_suggested_cache_key(0, 0, 0, 0));
    EXPECT(unsupported, http_cache_lookup(0, 0, 0, 0));
    EXPECT(unsupported, http_cache_transaction_lookup(0, 0, 0, 0));
    EXPECT(unsupported, http_cache_transaction_insert(0, 0, 0, 0, 0));
    EXPECT(unsupported, http_cache_transaction_insert_and_stream_back(0, 0, 0, 0, 0, 0));
    EXPECT(unsupported, http_cache_transaction_update(0, 0, 0, 0));
    EXPECT(unsupported, http_cache_transaction_update_and_return_fresh(0, 0, 0, 0, 0));
    EXPECT(unsupported, http_cache_transaction_choose_stale(0));
    EXPECT(unsupported, http_cache_transaction_record_not_cacheable(0, 0, 0));
    EXPECT(unsupported, http_cache_transaction_abandon(0));
    EXPECT(unsupported, http_cache_close(0));
    EXPECT(unsupported, http_cache_get_suggested_backend_request(0, 0));
    EXPECT(unsupported, http_cache_get_suggested_cache_options(0, 0, 0, 0, 0, 0));
    EXPECT(unsupported, http_cache_prepare_response_for_storage(0, 0, 0, 0));
    EXPECT(unsupported, http_cache_get_found_response(0, 0, 0, 0));
    EXPECT(unsupported, http_cache_get_state(0, 0));
    EXPECT(unsupported, http_cache_get_length(0, 0));
    EXPECT(unsupported, http_cache_get_max_age_ns(0, 0));
    EXPECT(unsupported, http_cache_get_stale_while_revalidate_ns(0, 0));
    EXPECT(unsupported, http_cache_get_stale_if_error_ns(0, 0));
    EXPECT(unsupported, http_cache_get_age_ns(0, 0));
    EXPECT(unsupported, http_cache_get_hits(0, 0));
    EXPECT(unsupported, http_cache_get_sensitive_data(0, 0));
    EXPECT(unsupported, http_cache_get_surrogate_keys(0, 0, 0, 0));
    EXPECT(unsupported, http_cache_get_vary_rule(0, 0, 0, 0));
    EXPECT(unsupported, erl_check_rate(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    EXPECT(unsupported, erl_ratecounter_increment(0, 0, 0, 0, 0));
    EXPECT(unsupported, erl_ratecounter_lookup_rate(0, 0, 0, 0, 0, 0));
    EXPECT(unsupported, erl_ratecounter_lookup_count(0, 0, 0, 0, 0, 0));
    EXPECT(unsupported, erl_penaltybox_add(0, 0, 0, 0, 0));
    EXPECT(unsupported, erl_penaltybox_has(0, 0, 0, 0, 0));
    EXPECT(unsupported, image_optimizer_transform_image_optimizer_request(0, 0, 0, 0, 0, 0, 0, 0, 0));
}
