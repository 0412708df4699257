#include "host/fastly/kv_functions.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>

// fastly_kv_store. Operations are carried out when they are started; what is waited for is their result.

namespace weir::fastly {

namespace {

/// Looks a value up.
/// @error badf   @error inval  The key breaks a rule for keys.   @error limit_exceeded
/// Spec: lookup.
HostResult<Nothing> lookup(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, KvLookupMask,
                           GuestPtr<uint32_t> /*config*/, GuestPtr<KvLookupHandle> out)
{
    const auto* const kv = cx.world.kv_stores.find(store_handle);
    if (kv == nullptr) return Status::badf;
    WEIR_TRY(text, read_key(cx, key, Status::inval));
    WEIR_TRY(pending, look_up(cx, **kv, text));
    const auto handle = cx.world.add<KvLookupHandle>(std::move(pending));
    if (!handle) return Status::limit_exceeded;
    return done(store(cx, out, *handle));
}

/// The result of a lookup, which is consumed. A key that is missing is kv_error not_found, and the other places are left alone.
/// @error badf   @error buflen  The metadata; they cannot be had again.   @error limit_exceeded
/// Spec: lookup_wait, and lookup_wait_v2 with a generation of 64 bits.
template <class Generation>
HostResult<Nothing> lookup_wait(Context& cx, KvLookupHandle h, GuestPtr<BodyHandle> body_out, GuestSpan<char> metadata,
                                GuestPtr<uint32_t> metadata_written, GuestPtr<Generation> generation, GuestPtr<KvError> error_out)
{
    auto pending = cx.world.take<PendingLookup>(h);
    if (!pending) return Status::badf;
    if (!pending->value) return done(store(cx, error_out, KvError::not_found));
    const KvStore::Value value{
        .data = {}, .metadata = pending->value->metadata, .generation = pending->value->generation, .expires = {}};
    const auto body = add_body(cx, *pending);
    if (!body) return Status::limit_exceeded;
    if (!store(cx, body_out, *body)) return Status::inval;
    const Status status = write_value(cx, value.metadata, metadata.address, metadata.count, metadata_written);
    if (status != Status::ok) return status;
    // The old place has 32 bits, in which no generation fits: it gets 0.
    const Generation told = sizeof(Generation) == sizeof(uint64_t) ? static_cast<Generation>(value.generation) : 0;
    return done(store(cx, generation, told) && store(cx, error_out, KvError::ok));
}

/// @error inval  There is no such mode; metadata are empty, too long or no text.
Result<KvStore::Insertion, Status> read_insertion(const Context& cx, KvInsertMask mask, GuestPtr<KvInsertConfig> config)
{
    KvStore::Insertion how;
    WEIR_TRY(mode, WEIR_FIELD(cx, config.address, KvInsertConfig, mode));
    if (mode > KvInsertMode::prepend) return Unexpected{Status::inval};
    how.mode = mode;
    if ((mask & kv_insert_metadata) != 0) {
        WEIR_TRY(slice, WEIR_FIELD(cx, config.address, KvInsertConfig, metadata));
        WEIR_TRY(metadata, read_text(cx, slice));
        if (metadata.empty()) return Unexpected{Status::inval};
        how.metadata = std::move(metadata);
    }
    if ((mask & kv_insert_ttl) != 0) {
        WEIR_TRY(ttl, WEIR_FIELD(cx, config.address, KvInsertConfig, time_to_live_s));
        how.time_to_live = std::chrono::seconds{ttl};
    }
    if ((mask & kv_insert_generation) != 0) {
        WEIR_TRY(generation, WEIR_FIELD(cx, config.address, KvInsertConfig, if_generation_match));
        how.if_generation_match = generation;
    }
    return how;
}

/// Stores a body, which is consumed once the key is right.
/// @error badf  No store, or no body, or one that is being sent.   @error inval  The key, or what read_insertion says.
/// @error error  The body was cut.   @error limit_exceeded
/// Spec: insert.
HostResult<Nothing> insert(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, BodyHandle body_handle, KvInsertMask mask,
                           GuestPtr<KvInsertConfig> config, GuestPtr<KvInsertHandle> out)
{
    const auto* const kv = cx.world.kv_stores.find(store_handle);
    if (kv == nullptr) return Status::badf;
    WEIR_TRY(text, read_key(cx, key, Status::inval));
    WEIR_TRY(how, read_insertion(cx, mask, config));
    auto body = cx.world.take<Body>(body_handle);
    if (!body) return Status::badf;
    WEIR_TRY(data, read_all(cx, *body));
    const auto handle = cx.world.add<KvInsertHandle>(PendingInsert{(*kv)->insert(text, std::move(data), how)});
    if (!handle) return Status::limit_exceeded;
    return done(store(cx, out, *handle));
}
/// @error badf  Spec: insert_wait.
HostResult<Nothing> insert_wait(Context& cx, KvInsertHandle h, GuestPtr<KvError> error_out)
{
    const auto pending = cx.world.take<PendingInsert>(h);
    if (!pending) return Status::badf;
    return done(store(cx, error_out, pending->result));
}

/// Spec: delete. @error badf   @error inval  The key.   @error limit_exceeded
HostResult<Nothing> delete_(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, KvDeleteMask,
                            GuestPtr<uint32_t> /*config*/, GuestPtr<KvDeleteHandle> out)
{
    const auto* const kv = cx.world.kv_stores.find(store_handle);
    if (kv == nullptr) return Status::badf;
    WEIR_TRY(text, read_key(cx, key, Status::inval));
    const auto handle = cx.world.add<KvDeleteHandle>(PendingDelete{(*kv)->remove(text)});
    if (!handle) return Status::limit_exceeded;
    return done(store(cx, out, *handle));
}
/// A key that was missing is kv_error not_found. @error badf  Spec: delete_wait.
HostResult<Nothing> delete_wait(Context& cx, KvDeleteHandle h, GuestPtr<KvError> error_out)
{
    const auto pending = cx.world.take<PendingDelete>(h);
    if (!pending) return Status::badf;
    return done(store(cx, error_out, pending->existed ? KvError::ok : KvError::not_found));
}

std::string encode_cursor(std::string_view key)
{
    std::string text((key.size() + 2) / 3 * 4 + 1, '\0');  // and a NUL, which OpenSSL writes
    text.resize(
        static_cast<size_t>(::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                              reinterpret_cast<const unsigned char*>(key.data()), static_cast<int>(key.size()))));
    return text;
}
/// Empty when it is not what encode_cursor makes.
std::optional<std::string> decode_cursor(std::string_view text)
{
    constexpr size_t max_cursor_bytes = 2000;
    if (text.size() > max_cursor_bytes || text.size() % 4 != 0) return std::nullopt;
    std::string key(text.size() / 4 * 3, '\0');
    const int size = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                                       reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size <= 0) return std::nullopt;
    key.resize(static_cast<size_t>(size) - static_cast<size_t>(std::ranges::count(text, '=')));
    if (encode_cursor(key) != text) return std::nullopt;
    return key;
}

/// The keys of a store with a prefix, sorted, page by page, as JSON.
/// @error badf   @error inval  A mode that does not exist; a cursor or prefix that is empty or no text.   @error limit_exceeded
/// Spec: list.
HostResult<Nothing> list(Context& cx, KvStoreHandle store_handle, KvListMask mask, GuestPtr<KvListConfig> config,
                         GuestPtr<KvListHandle> out)
{
    constexpr uint32_t default_limit = 1000;
    const auto* const kv = cx.world.kv_stores.find(store_handle);
    if (kv == nullptr) return Status::badf;
    WEIR_TRY(mode, WEIR_FIELD(cx, config.address, KvListConfig, mode));
    if (mode > 1) return Status::inval;
    std::string prefix, cursor;
    uint32_t limit = default_limit;
    if ((mask & kv_list_cursor) != 0) {
        WEIR_TRY(slice, WEIR_FIELD(cx, config.address, KvListConfig, cursor));
        WEIR_TRY(text, read_text(cx, slice));
        if (text.empty()) return Status::inval;
        cursor = std::move(text);
    }
    if ((mask & kv_list_limit) != 0) {
        WEIR_TRY(given, WEIR_FIELD(cx, config.address, KvListConfig, limit));
        limit = std::min(given, default_limit);
    }
    if ((mask & kv_list_prefix) != 0) {
        WEIR_TRY(slice, WEIR_FIELD(cx, config.address, KvListConfig, prefix));
        WEIR_TRY(text, read_text(cx, slice));
        if (text.empty()) return Status::inval;
        prefix = std::move(text);
    }
    const auto after = cursor.empty() ? std::optional<std::string>{} : decode_cursor(cursor);
    PendingList pending{.result = KvError::bad_request, .json = {}};
    if (cursor.empty() || after) {
        const KvStore::Page page = (*kv)->list(prefix, after, limit);
        std::string keys;
        for (const std::string& key : page.keys) keys += (keys.empty() ? "" : ",") + json_string(key);
        pending.result = KvError::ok;
        pending.json = "{\"data\":[" + keys + "],\"meta\":{\"limit\":" + std::to_string(limit);
        if (!prefix.empty()) pending.json += ",\"prefix\":" + json_string(prefix);
        if (page.has_more && !page.keys.empty()) pending.json += ",\"next_cursor\":" + json_string(encode_cursor(page.keys.back()));
        pending.json += "}}";
    }
    const auto handle = cx.world.add<KvListHandle>(std::move(pending));
    if (!handle) return Status::limit_exceeded;
    return done(store(cx, out, *handle));
}
/// A cursor that is none is kv_error bad_request. @error badf   @error limit_exceeded  Spec: list_wait.
HostResult<Nothing> list_wait(Context& cx, KvListHandle h, GuestPtr<BodyHandle> body_out, GuestPtr<KvError> error_out)
{
    auto pending = cx.world.take<PendingList>(h);
    if (!pending) return Status::badf;
    if (pending->result != KvError::ok) return done(store(cx, error_out, pending->result));
    Charge charge;
    if (!charge.add(cx.world.budget(), pending->json.size())) return Status::limit_exceeded;
    const auto body = cx.world.add<BodyHandle>(Body{std::move(pending->json), std::move(charge)});
    if (!body) return Status::limit_exceeded;
    return done(store(cx, body_out, *body) && store(cx, error_out, KvError::ok));
}

constexpr std::string_view wait_parameters = "pending body >metadata[nwritten] metadata_len nwritten generation kv_error";
constexpr std::array functions{
    fastly_fn<"open", open_kv_store>("name name_len store"),
    fastly_fn<"lookup", lookup>("store key key_len mask config pending"),
    fastly_fn<"lookup_wait", lookup_wait<uint32_t>>(wait_parameters),
    fastly_fn<"lookup_wait_v2", lookup_wait<uint64_t>>(wait_parameters),
    fastly_fn<"insert", insert>("store key key_len body mask config pending"),
    fastly_fn<"insert_wait", insert_wait>("pending kv_error"),
    fastly_fn<"delete", delete_>("store key key_len mask config pending"),
    fastly_fn<"delete_wait", delete_wait>("pending kv_error"),
    fastly_fn<"list", list>("store mask config pending"),
    fastly_fn<"list_wait", list_wait>("pending body kv_error"),
};

}  // namespace

const std::span<const runtime::HostFunction> kv_store_functions{functions};

}  // namespace weir::fastly
