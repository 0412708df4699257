#include "host/fastly/support.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

// fastly_acl: lists of addresses.

namespace weir::fastly {

namespace {

constexpr size_t ipv4_bytes = 4, ipv6_bytes = 16;

std::string to_text(const Acl::Entry& entry)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(entry.prefix.size() == ipv4_bytes ? AF_INET : AF_INET6, entry.prefix.data(), text.data(), text.size());
    return fmt::format("{}/{}", text.data(), entry.bits);
}

/// @error none  There is no list of the name.   @error inval  The name is no text.   @error limit_exceeded  Spec: open.
HostResult<AclHandle> open(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(text, read_text(cx, name));
    const auto& known = cx.world.service().acls;
    const auto found = known.find(text);
    if (found == known.end()) return Status::none;
    return or_limit(cx.world.acls.add(&found->second));
}

/// Looks for the entry with the longest prefix of an address. The body gets it as JSON; without one the error is no_content and the body's
/// place is left alone.
/// @error badf   @error inval  The address has neither 4 nor 16 bytes.   @error limit_exceeded
/// Spec: lookup.
HostResult<Nothing> lookup(Context& cx, AclHandle h, GuestSpan<uint8_t> ip, GuestPtr<BodyHandle> body_out,
                           GuestPtr<AclError> error_out)
{
    const auto* const acl = cx.world.acls.find(h);
    if (acl == nullptr) return Status::badf;
    if (ip.count != ipv4_bytes && ip.count != ipv6_bytes) return Status::inval;
    WEIR_TRY(address, read_bytes(cx, ip));
    const Acl::Entry* const entry = (*acl)->find(address);
    if (entry == nullptr) return done(store(cx, error_out, AclError::no_content));
    const auto body = cx.world.add<BodyHandle>(
        Body{fmt::format("{{\n  \"prefix\": {},\n  \"action\": {}\n}}", json_string(to_text(*entry)), json_string(entry->action))});
    if (!body) return Status::limit_exceeded;
    return done(store(cx, body_out, *body) && store(cx, error_out, AclError::ok));
}

constexpr std::array functions{
    fastly_fn<"open", open>("name name_len acl"),
    fastly_fn<"lookup", lookup>("acl ip ip_len body error"),
};

}  // namespace

const std::span<const runtime::HostFunction> acl_functions{functions};

}  // namespace weir::fastly
