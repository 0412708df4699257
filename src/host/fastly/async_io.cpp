#include "host/fastly/support.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

// fastly_async_io: waiting for any of several things.

namespace weir::fastly {

namespace {

using Waited = World::Waited;

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

/// Whether the function that uses the item would not wait.
bool is_ready(AsyncItem& item)
{
    return std::visit(Overloaded{
                          [](Body& body) { return body.state() != Body::State::waiting; },
                          [](StreamingBody& body) { return body.writer.is_ready(); },
                          [](PendingRequest& pending) { return pending.exchange->is_done(); },
                          [](PendingPromise& pending) { return pending.promise == nullptr || pending.promise->is_done(); },
                          [](auto& /*of a KV store*/) { return true; },
                      },
                      item);
}

/// Has the item call `waker` when it may have become ready.
void listen(AsyncItem& item, http::Task waker)
{
    if (auto* const body = std::get_if<Body>(&item)) body->on_change(std::move(waker));
    else if (auto* const streaming = std::get_if<StreamingBody>(&item)) streaming->writer.on_writable(std::move(waker));
    else if (auto* const pending = std::get_if<PendingRequest>(&item)) pending->exchange->on_done(std::move(waker));
    else if (auto* const promise = std::get_if<PendingPromise>(&item)) promise->promise->on_done(std::move(waker));
}

/// Waits until one of the items is ready, for `timeout_ms` at most, 0 for as long as it takes. Nothing is consumed.
/// @return       The index in the list of the first that is ready; 2^32 - 1 when the time has run out.
/// @error inval  The list is empty and there is no time limit, or it is not in memory.   @error badf  One stands for nothing.
/// Spec: select.
HostResult<uint32_t> select(Context& cx, GuestSpan<AsyncHandle> handles, uint32_t timeout_ms)
{
    if ((handles.count == 0 && timeout_ms == 0) || handles.count > cx.world.limits().max_handles) return Status::inval;
    WEIR_TRY(bytes, read_bytes(cx, handles.address, handles.count * static_cast<uint32_t>(sizeof(uint32_t))));
    std::vector<AsyncHandle> list(handles.count);
    std::ranges::copy(std::as_bytes(std::span{bytes}), std::as_writable_bytes(std::span{list}).begin());
    std::vector<AsyncItem*> items;
    for (const AsyncHandle h : list) {
        items.push_back(cx.world.items.find(h));
        if (items.back() == nullptr) return Status::badf;
    }
    auto first = items.end();
    const auto find = [&] {
        first = std::ranges::find_if(items, [](AsyncItem* item) { return is_ready(*item); });
        return first != items.end();
    };
    std::optional<Clock::time_point> deadline;
    if (timeout_ms != 0) deadline = Clock::now() + std::chrono::milliseconds{timeout_ms};
    const auto listen_to_all = [&] {
        for (AsyncItem* const item : items) listen(*item, cx.world.waker());
    };
    const Waited waited = cx.world.wait(cx, find, listen_to_all, deadline);
    if (waited == Waited::must_stop) return Status::error;
    if (waited == Waited::timed_out) return 0xffff'ffff;
    return static_cast<uint32_t>(first - items.begin());
}

/// Whether an item is ready. Does not wait, but others' turn comes when it is not. @error badf  Spec: is_ready.
HostResult<uint32_t> is_ready(Context& cx, AsyncHandle h)
{
    AsyncItem* const item = cx.world.items.find(h);
    if (item == nullptr) return Status::badf;
    if (is_ready(*item)) return 1;
    cx.world.let_others_run(cx);
    return is_ready(*item) ? 1U : 0U;
}

constexpr std::array functions{
    fastly_fn<"select", select>("handles handles_count timeout_ms index"),
    fastly_fn<"is_ready", static_cast<HostResult<uint32_t> (*)(Context&, AsyncHandle)>(is_ready)>("handle is_ready"),
};

}  // namespace

const std::span<const runtime::HostFunction> async_io_functions{functions};

}  // namespace weir::fastly
