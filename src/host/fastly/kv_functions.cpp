#include "host/fastly/kv_functions.hpp"

namespace weir::fastly {

HostResult<KvStoreHandle> open_kv_store(Context& cx, GuestSpan<char> name)
{
    WEIR_TRY(text, read_text(cx, name));
    const auto& known = cx.world.service().kv_stores;
    const auto found = known.find(text);
    if (found == known.end()) return Status::inval;
    return or_limit(cx.world.kv_stores.add(found->second));
}

Result<std::string, Status> read_key(const Context& cx, GuestSpan<char> key, Status problem)
{
    WEIR_TRY(text, read_text(cx, key));
    if (!kv_key_problem(text).empty()) return Unexpected{problem};
    return std::move(text);
}

Result<std::string, Status> read_all(Context& cx, Body& body)
{
    std::string all;
    Charge charge;
    for (;;) {
        if (cx.world.wait(cx, body) != World::Waited::is_ready) return Unexpected{Status::error};
        if (body.state() == Body::State::complete) return std::move(all);
        if (body.state() == Body::State::cut) return Unexpected{Status::error};
        const std::string_view bytes = body.waiting();
        if (all.size() + bytes.size() > KvStore::max_value_bytes + 1 || !charge.add(cx.world.budget(), bytes.size()))
            return Unexpected{Status::limit_exceeded};
        all += bytes;
        body.consume(bytes.size());
    }
}

Result<PendingLookup, Status> look_up(Context& cx, KvStore& store, std::string_view key)
{
    PendingLookup lookup{.value = store.lookup(key), .charge = {}};
    if (lookup.value && !lookup.charge.add(cx.world.budget(), lookup.value->data.size())) return Unexpected{Status::limit_exceeded};
    return lookup;
}

std::optional<BodyHandle> add_body(Context& cx, PendingLookup& lookup)
{
    return cx.world.add<BodyHandle>(Body{std::move(lookup.value->data), std::move(lookup.charge)});
}

}  // namespace weir::fastly
