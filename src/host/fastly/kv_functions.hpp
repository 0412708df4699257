#pragma once

#include "host/fastly/support.hpp"

#include <string>

// What fastly_kv_store and fastly_object_store share: two interfaces to the same stores.

namespace weir::fastly {

/// @error inval  There is no store of the name, or it is no text.   @error limit_exceeded  Spec: open.
[[nodiscard]] HostResult<KvStoreHandle> open_kv_store(Context& cx, GuestSpan<char> name);

/// A key that a store may have. @error inval  It is not text.   @error problem  It breaks a rule for keys.
[[nodiscard]] Result<std::string, Status> read_key(const Context& cx, GuestSpan<char> key, Status problem);

/// Reads a body to its end, waiting for what is on its way.
/// @error error  It was cut.   @error limit_exceeded  More than a value may have.
[[nodiscard]] Result<std::string, Status> read_all(Context& cx, Body& body);

/// Carries a lookup out. @error limit_exceeded  The guest keeps too much.
[[nodiscard]] Result<PendingLookup, Status> look_up(Context& cx, KvStore& store, std::string_view key);
/// A found value as a body.
[[nodiscard]] std::optional<BodyHandle> add_body(Context& cx, PendingLookup& lookup);

}  // namespace weir::fastly
