#include "host/fastly/support.hpp"

#include <array>

// fastly_secret_store.

namespace weir::fastly {

namespace {

/// @error none  There is no store of the name.   @error inval  The name is no text.   @error limit_exceeded  Spec: open.
HostResult<SecretStoreHandle> open(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(text, read_text(cx, name));
    const auto& known = cx.world.service().secret_stores;
    const auto found = known.find(text);
    if (found == known.end()) return Status::none;
    return or_limit(cx.world.secret_stores.add(&found->second));
}

HostResult<SecretHandle> add_secret(Context& cx, std::string bytes)
{
    Charge charge;
    if (!charge.add(cx.world.budget(), bytes.size())) return Status::limit_exceeded;
    return or_limit(cx.world.secrets.add({std::move(bytes), std::move(charge)}));
}

/// @error badf   @error none  There is no such secret.   @error inval  The key is no text.   @error limit_exceeded  Spec: get.
HostResult<SecretHandle> get(Context& cx, SecretStoreHandle store, GuestSpan<char> key)
{
    const auto* const items = cx.world.secret_stores.find(store);
    if (items == nullptr) return Status::badf;
    WEIR_TRY(text, read_text(cx, key));
    const auto found = (*items)->find(text);
    if (found == (*items)->end()) return Status::none;
    return add_secret(cx, found->second);
}

/// @error badf   @error buflen  Spec: plaintext.
HostResult<Nothing> plaintext(Context& cx, SecretHandle h, GuestSpan<uint8_t> buffer, GuestPtr<uint32_t> written)
{
    const auto* const secret = cx.world.secrets.find(h);
    if (secret == nullptr) return Status::badf;
    return write_value(cx, secret->first, buffer, written);
}

/// A secret of the guest's own, for what takes secrets. @error inval  Not in memory, or more than a MiB.   @error limit_exceeded  Spec: from_bytes.
HostResult<SecretHandle> from_bytes(Context& cx, GuestSpan<uint8_t> bytes)
{
    WEIR_TRY(copied, read_bytes(cx, bytes));
    return add_secret(cx, std::move(copied));
}

constexpr std::array functions{
    fastly_fn<"open", open>("name name_len store"),
    fastly_fn<"get", get>("store key key_len secret"),
    fastly_fn<"plaintext", plaintext>("secret buf buf_len nwritten"),
    fastly_fn<"from_bytes", from_bytes>("buf buf_len secret"),
};

}  // namespace

const std::span<const runtime::HostFunction> secret_store_functions{functions};

}  // namespace weir::fastly
