#pragma once

#include "host/bind.hpp"
#include "host/fastly/body.hpp"
#include "host/fastly/handles.hpp"
#include "host/fastly/message.hpp"
#include "host/fastly/network.hpp"
#include "host/fastly/service.hpp"
#include "host/fastly/types.hpp"
#include "host/fastly/wasi.hpp"
#include "runtime/linker.hpp"

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

// Fastly Compute: what an edge service sees of the host. docs/edge.md.

namespace weir::fastly {

/// What one guest may have of the host, by default.
struct Limits {
    uint32_t max_handles = 10'000;                  // of each table at a time; one more is limit_exceeded
    uint64_t max_host_bytes = uint64_t{256} << 20;  // in bodies, secrets and lists that the host keeps for it
    size_t max_header_bytes = size_t{1} << 20;      // of one message
    size_t max_dynamic_backends = 1000;
    size_t max_log_bytes = size_t{1} << 20;          // of one entry; what is longer is cut
    uint64_t max_logged_bytes = uint64_t{16} << 20;  // of all entries together; another is limit_exceeded
};

/// The write end of a body that is being sent.
struct StreamingBody {
    http::BodyWriter writer;
    http::Headers trailers;
};

struct PendingRequest {
    std::unique_ptr<Exchange> exchange;
    std::vector<HeaderEdit> edits;
};
struct PendingPromise {
    std::unique_ptr<Promise> promise;
};

// Operations of KV stores are carried out when they are started; what waits is their result.
struct PendingLookup {
    std::optional<KvStore::Value> value;
    Charge charge;
};
struct PendingInsert {
    KvError result;
};
struct PendingDelete {
    bool existed;
};
struct PendingList {
    KvError result;
    std::string json;
};

/// Everything that may be waited for is in one table and shares its numbers.
using AsyncItem =
    std::variant<Body, StreamingBody, PendingRequest, PendingPromise, PendingLookup, PendingInsert, PendingDelete, PendingList>;

/// One guest's view: its handles, and the request that it serves. Used by the thread of its event loop.
class World {
public:
    static constexpr Status fault = Status::inval;
    static constexpr Status invalid_argument = Status::inval;

    /// `network` and `scheduler` must outlive it. The request becomes the current one, with handles 0 and 0.
    World(std::shared_ptr<const Service> service, Network& network, Scheduler& scheduler, DownstreamRequest request,
          Limits limits = {});
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Registers the functions; before those of WASI, some of which are replaced. The world must outlive the instances that are linked to it.
    void add_to(runtime::Linker& linker) { add_to(linker, this, &m_wasi_waits); }
    /// The same by what the functions get as HostFunctionContext::data: a World, and the functions that replace WASI's what `waits()` gives.
    static void add_to(runtime::Linker& linker, void* world, void* waits);
    [[nodiscard]] WasiWaits& waits() { return m_wasi_waits; }
    static std::span<const runtime::HostModule> host_modules();

    [[nodiscard]] const Service& service() const { return *m_service; }
    [[nodiscard]] const Limits& limits() const { return m_limits; }
    [[nodiscard]] Network& network() { return m_network; }
    [[nodiscard]] Scheduler& scheduler() { return m_scheduler; }
    [[nodiscard]] const std::shared_ptr<Budget>& budget() const { return m_budget; }

    HandleTable<RequestHandle, Request> requests;
    HandleTable<ResponseHandle, Response> responses;
    HandleTable<AsyncHandle, AsyncItem> items;
    HandleTable<EndpointHandle, std::string> endpoints;
    HandleTable<DictionaryHandle, std::shared_ptr<const Items>> dictionaries;
    HandleTable<KvStoreHandle, std::shared_ptr<KvStore>> kv_stores;
    HandleTable<SecretStoreHandle, const Items*> secret_stores;
    HandleTable<SecretHandle, std::pair<std::string, Charge>> secrets;
    HandleTable<AclHandle, const Acl*> acls;
    std::map<std::string, EndpointHandle, std::less<>> endpoint_names;

    // The item of a kind that a handle stands for; null when it is another or none.
    template <class T, class Handle>
    [[nodiscard]] T* find(Handle handle) noexcept
    {
        AsyncItem* const item = items.find(AsyncHandle{static_cast<uint32_t>(handle)});
        return item == nullptr ? nullptr : std::get_if<T>(item);
    }
    /// Takes it out of the table; an item of another kind stays.
    template <class T, class Handle>
    [[nodiscard]] std::optional<T> take(Handle handle)
    {
        if (find<T>(handle) == nullptr) return std::nullopt;
        auto item = items.take(AsyncHandle{static_cast<uint32_t>(handle)});
        return std::get<T>(std::move(*item));
    }
    template <class Handle, class T>
    [[nodiscard]] std::optional<Handle> add(T item)
    {
        const auto handle = items.add(AsyncItem{std::move(item)});
        if (!handle) return std::nullopt;
        return Handle{static_cast<uint32_t>(*handle)};
    }

    /// The downstream request that was delivered last.
    struct Current {
        RequestHandle request{no_handle};
        BodyHandle body{no_handle};
        std::shared_ptr<const Arrival> arrival;
        std::unique_ptr<Downstream> downstream;  // null once it has its response
    };
    [[nodiscard]] const Current& current() const { return m_current; }
    /// Makes another request the current one. False: there is no room for its handles.
    [[nodiscard]] bool deliver(DownstreamRequest request);
    /// Sends the current request's response. False: it already has one.
    [[nodiscard]] bool respond(Response response, Body body);
    [[nodiscard]] bool respond(PendingRequest pending);
    /// The same from outside, when the guest has ended: who waits for a response that was not sent, else null.
    [[nodiscard]] std::unique_ptr<Downstream> take_downstream() { return std::move(m_current.downstream); }
    bool has_promise = false;  // one may be outstanding

    [[nodiscard]] std::shared_ptr<const Backend> find_backend(std::string_view name) const;
    /// False: the name is taken or there are too many.
    [[nodiscard]] bool add_backend(std::shared_ptr<const Backend> backend);

    /// What wakes the guest, for whatever it waits for to call; nothing once this is gone.
    [[nodiscard]] http::Task waker();
    enum class Waited : uint8_t { is_ready, timed_out, must_stop };
    /// Suspends the guest until `is_ready` says so. `listen` asks, each time before that, whatever is waited for to call waker().
    template <class Predicate, class Listen>
    [[nodiscard]] Waited wait(host::Context<World>& cx, Predicate is_ready, Listen listen,
                              std::optional<Clock::time_point> deadline = {})
    {
        while (!is_ready()) {
            if (deadline && Clock::now() >= *deadline) return Waited::timed_out;
            listen();
            if (!m_scheduler.wait(cx.call, deadline)) return Waited::must_stop;
        }
        return Waited::is_ready;
    }
    /// The same for a body: until its state is not `waiting`.
    [[nodiscard]] Waited wait(host::Context<World>& cx, Body& body)
    {
        return wait(cx, [&] { return body.state() != Body::State::waiting; }, [&] { body.on_change(waker()); });
    }
    /// And for what a backend or a client is to answer.
    template <class Pending>
    [[nodiscard]] Waited wait_done(host::Context<World>& cx, Pending& pending)
    {
        return wait(cx, [&] { return pending.is_done(); }, [&] { pending.on_done(waker()); });
    }
    /// For functions that ask and do not wait: lets others run once, so that a guest which asks again and again does not stop what it asks for.
    void let_others_run(host::Context<World>& cx)
    {
        m_scheduler.wake();
        m_scheduler.wait(cx.call, Clock::now());
    }
    /// Whether an entry of so many bytes may be written to a log. The first time that it may not, a warning says so.
    [[nodiscard]] bool take_log_bytes(size_t bytes);
    void warn(std::string_view text) const
    {
        if (m_service->warn) m_service->warn(m_current.arrival.get(), text);
    }

private:
    std::shared_ptr<const Service> m_service;
    Network& m_network;
    Scheduler& m_scheduler;
    Limits m_limits;
    std::shared_ptr<Budget> m_budget;
    ByName<std::shared_ptr<const Backend>> m_dynamic_backends;
    Current m_current;
    uint64_t m_logged_bytes = 0;
    bool m_has_warned_of_log = false;
    WasiWaits m_wasi_waits;
    std::shared_ptr<World*> m_self;  // what wakers hold on to, weakly
};

using Context = host::Context<World>;
template <class T>
using HostResult = host::HostResult<T, Status>;
using Nothing = std::monostate;
inline constexpr Nothing nothing{};

/// Makes a function that may throw one that does not: what it throws is that the host's memory has run out.
template <auto function>
struct Caught;
template <class T, class... Args, HostResult<T> (*function)(Context&, Args...)>
struct Caught<function> {
    static HostResult<T> call(Context& cx, Args... args) noexcept
    try {
        return function(cx, args...);
    } catch (const std::exception&) {
        return Status::error;
    }
};

/// A row of a host module's table, for functions `HostResult<T> f(Context&, ...)`.
template <host::FixedString name, auto function>
constexpr runtime::HostFunction fastly_fn(std::string_view parameter_names)
{
    return host::host_fn<name, Caught<function>::call>(parameter_names);
}

// The functions, a table for each file that defines them.
extern const std::span<const runtime::HostFunction> abi_functions, acl_functions, async_io_functions, backend_functions,
    compute_runtime_functions, device_detection_functions, dictionary_functions, downstream_functions, geo_functions,
    http_body_functions, http_req_functions, http_req_backend_functions, http_req_downstream_functions, http_req_send_functions,
    http_resp_functions, kv_store_functions, log_functions, object_store_functions, purge_functions, secret_store_functions,
    shielding_functions, uap_functions;
// Of modules that come later: every function answers `unsupported`.
extern const std::span<const runtime::HostFunction> cache_functions, erl_functions, http_cache_functions, image_optimizer_functions;
/// The names from before modules were called fastly_*, in module env.
[[nodiscard]] std::span<const runtime::HostFunction> legacy_functions();

}  // namespace weir::fastly
