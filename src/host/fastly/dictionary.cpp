#include "host/fastly/support.hpp"

#include <array>

// fastly_dictionary and fastly_config_store: one thing by two names.

namespace weir::fastly {

namespace {

/// Opens a store as it is now: one that is a file may have changed.
/// @error badf  There is none of the name.   @error error  Its file cannot be read any more.   @error inval  The name is no text.
/// @error limit_exceeded
/// Spec: open.
HostResult<DictionaryHandle> open(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(text, read_text(cx, name));
    const auto& known = cx.world.service().dictionaries;
    const auto found = known.find(text);
    if (found == known.end()) return Status::badf;
    auto items = found->second();
    if (items == nullptr) return Status::error;
    return or_limit(cx.world.dictionaries.add(std::move(items)));
}

/// @error badf   @error none  There is no such key.   @error buflen   @error inval  The key is no text. Spec: get.
HostResult<Nothing> get(Context& cx, DictionaryHandle h, GuestSpan<char> key, GuestSpan<char> buffer, GuestPtr<uint32_t> written)
{
    const auto* const items = cx.world.dictionaries.find(h);
    if (items == nullptr) return Status::badf;
    WEIR_TRY(text, read_text(cx, key));
    const auto found = (*items)->find(text);
    if (found == (*items)->end()) return Status::none;
    return write_value(cx, found->second, buffer, written);
}

constexpr std::array functions{
    fastly_fn<"open", open>("name name_len store"),
    fastly_fn<"get", get>("store key key_len >value[nwritten] value_len nwritten"),
};

}  // namespace

const std::span<const runtime::HostFunction> dictionary_functions{functions};

}  // namespace weir::fastly
