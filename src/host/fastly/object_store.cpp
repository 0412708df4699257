#include "host/fastly/kv_functions.hpp"

#include <array>

// fastly_object_store: the older interface to KV stores.

namespace weir::fastly {

namespace {

/// @error badf   @error error  The key breaks a rule for keys.   @error inval  It is no text.   @error limit_exceeded
Result<PendingLookup, Status> start_lookup(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key)
{
    const auto* const kv = cx.world.kv_stores.find(store_handle);
    if (kv == nullptr) return Unexpected{Status::badf};
    WEIR_TRY(text, read_key(cx, key, Status::error));
    return look_up(cx, **kv, text);
}
/// A value that is missing is no error: the place is left alone.
HostResult<Nothing> hand_over(Context& cx, PendingLookup& found, GuestPtr<BodyHandle> out)
{
    if (!found.value) return nothing;
    const auto body = add_body(cx, found);
    if (!body) return Status::limit_exceeded;
    return done(store(cx, out, *body));
}

/// @error  As start_lookup. Spec: lookup.
HostResult<Nothing> lookup(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, GuestPtr<BodyHandle> out)
{
    WEIR_TRY(found, start_lookup(cx, store_handle, key));
    return hand_over(cx, found, out);
}
/// @error  As start_lookup. Spec: lookup_async.
HostResult<Nothing> lookup_async(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, GuestPtr<KvLookupHandle> out)
{
    WEIR_TRY(found, start_lookup(cx, store_handle, key));
    const auto handle = cx.world.add<KvLookupHandle>(std::move(found));
    if (!handle) return Status::limit_exceeded;
    return done(store(cx, out, *handle));
}
/// @error badf   @error limit_exceeded  Spec: pending_lookup_wait.
HostResult<Nothing> pending_lookup_wait(Context& cx, KvLookupHandle h, GuestPtr<BodyHandle> out)
{
    auto found = cx.world.take<PendingLookup>(h);
    if (!found) return Status::badf;
    return hand_over(cx, *found, out);
}

/// Stores a body, which is consumed once the key is right.
/// @error badf  No store, or no body, or one that is being sent.   @error error  The key, or the body was cut.   @error limit_exceeded
Result<PendingInsert, Status> start_insert(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, BodyHandle body_handle)
{
    const auto* const kv = cx.world.kv_stores.find(store_handle);
    if (kv == nullptr) return Unexpected{Status::badf};
    WEIR_TRY(text, read_key(cx, key, Status::error));
    auto body = cx.world.take<Body>(body_handle);
    if (!body) return Unexpected{Status::badf};
    WEIR_TRY(data, read_all(cx, *body));
    return PendingInsert{(*kv)->insert(text, std::move(data), {})};
}
HostResult<Nothing> told(const PendingInsert& inserted)
{
    if (inserted.result != KvError::ok) return Status::limit_exceeded;
    return nothing;
}
/// @error  As start_insert. Spec: insert.
HostResult<Nothing> insert(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, BodyHandle body)
{
    WEIR_TRY(inserted, start_insert(cx, store_handle, key, body));
    return told(inserted);
}
/// @error  As start_insert. Spec: insert_async.
HostResult<Nothing> insert_async(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, BodyHandle body,
                                 GuestPtr<KvInsertHandle> out)
{
    WEIR_TRY(inserted, start_insert(cx, store_handle, key, body));
    const auto handle = cx.world.add<KvInsertHandle>(inserted);
    if (!handle) return Status::limit_exceeded;
    return done(store(cx, out, *handle));
}
/// @error badf   @error limit_exceeded  The store is full, or the value too large. Spec: pending_insert_wait.
HostResult<Nothing> pending_insert_wait(Context& cx, KvInsertHandle h)
{
    const auto inserted = cx.world.take<PendingInsert>(h);
    if (!inserted) return Status::badf;
    return told(*inserted);
}

/// @error badf   @error error  The key.   @error limit_exceeded  Spec: delete_async.
HostResult<Nothing> delete_async(Context& cx, KvStoreHandle store_handle, GuestSpan<char> key, GuestPtr<KvDeleteHandle> out)
{
    const auto* const kv = cx.world.kv_stores.find(store_handle);
    if (kv == nullptr) return Status::badf;
    WEIR_TRY(text, read_key(cx, key, Status::error));
    const auto handle = cx.world.add<KvDeleteHandle>(PendingDelete{(*kv)->remove(text)});
    if (!handle) return Status::limit_exceeded;
    return done(store(cx, out, *handle));
}
/// @error badf   @error none  The key was missing. Spec: pending_delete_wait.
HostResult<Nothing> pending_delete_wait(Context& cx, KvDeleteHandle h)
{
    const auto removed = cx.world.take<PendingDelete>(h);
    if (!removed) return Status::badf;
    if (!removed->existed) return Status::none;
    return nothing;
}

constexpr std::array functions{
    fastly_fn<"open", open_kv_store>("name name_len store"),
    fastly_fn<"lookup", lookup>("store key key_len body"),
    fastly_fn<"lookup_async", lookup_async>("store key key_len pending"),
    fastly_fn<"pending_lookup_wait", pending_lookup_wait>("pending body"),
    fastly_fn<"insert", insert>("store key key_len body"),
    fastly_fn<"insert_async", insert_async>("store key key_len body pending"),
    fastly_fn<"pending_insert_wait", pending_insert_wait>("pending"),
    fastly_fn<"delete_async", delete_async>("store key key_len pending"),
    fastly_fn<"pending_delete_wait", pending_delete_wait>("pending"),
};

}  // namespace

const std::span<const runtime::HostFunction> object_store_functions{functions};

}  // namespace weir::fastly
