#include "host/fastly/world.hpp"

#include "base/assert.hpp"

#include <array>
#include <utility>

namespace weir::fastly {

World::World(std::shared_ptr<const Service> service, Network& network, Scheduler& scheduler, DownstreamRequest request,
             Limits limits)
    : requests(limits.max_handles), responses(limits.max_handles), items(limits.max_handles), endpoints(limits.max_handles),
      dictionaries(limits.max_handles), kv_stores(limits.max_handles), secret_stores(limits.max_handles),
      secrets(limits.max_handles), acls(limits.max_handles), m_service(std::move(service)), m_network(network),
      m_scheduler(scheduler), m_limits(limits), m_budget(std::make_shared<Budget>(limits.max_host_bytes)), m_wasi_waits{scheduler},
      m_self(std::make_shared<World*>(this))
{
    const bool has_room = deliver(std::move(request));
    WEIR_ASSERT(has_room, "a limit of no handles at all is not one");
}

World::~World() = default;

bool World::deliver(DownstreamRequest request)
{
    Current current;
    current.arrival = request.request.arrival;
    const auto head = requests.add(std::move(request.request));
    const auto body = add<BodyHandle>(std::move(request.body));
    if (!head || !body) return false;
    current.request = *head;
    current.body = *body;
    current.downstream = std::move(request.downstream);
    m_current = std::move(current);
    return true;
}

bool World::respond(Response response, Body body)
{
    if (m_current.downstream == nullptr) return false;
    const auto downstream = std::move(m_current.downstream);
    downstream->respond(std::move(response), std::move(body));
    return true;
}

bool World::respond(PendingRequest pending)
{
    if (m_current.downstream == nullptr) return false;
    const auto downstream = std::move(m_current.downstream);
    downstream->respond_with(std::move(pending.exchange), std::move(pending.edits));
    return true;
}

std::shared_ptr<const Backend> World::find_backend(std::string_view name) const
{
    if (const auto found = m_dynamic_backends.find(name); found != m_dynamic_backends.end()) return found->second;
    const auto found = m_service->backends.find(name);
    return found == m_service->backends.end() ? nullptr : found->second;
}

bool World::add_backend(std::shared_ptr<const Backend> backend)
{
    if (find_backend(backend->name) != nullptr || m_dynamic_backends.size() >= m_limits.max_dynamic_backends) return false;
    std::string name = backend->name;
    m_dynamic_backends.emplace(std::move(name), std::move(backend));
    return true;
}

bool World::take_log_bytes(size_t bytes)
{
    if (bytes <= m_limits.max_logged_bytes - m_logged_bytes) {
        m_logged_bytes += bytes;
        return true;
    }
    if (!std::exchange(m_has_warned_of_log, true))
        warn("the service has logged as much as it may for one request; further entries are refused");
    return false;
}

http::Task World::waker()
{
    return [self = std::weak_ptr{m_self}] {
        if (const auto world = self.lock()) (*world)->m_scheduler.wake();
    };
}

void apply(const std::vector<HeaderEdit>& edits, PendingTarget outcome, http::Headers& headers)
{
    for (const auto kind : {HeaderEdit::Kind::remove, HeaderEdit::Kind::insert, HeaderEdit::Kind::append}) {
        for (const HeaderEdit& edit : edits) {
            if (edit.kind != kind || (edit.target != PendingTarget::any && edit.target != outcome)) continue;
            if (kind == HeaderEdit::Kind::remove) headers.remove(edit.name);
            if (kind == HeaderEdit::Kind::insert) headers.set(edit.name, edit.value);
            if (kind == HeaderEdit::Kind::append) headers.append(edit.name, edit.value);
        }
    }
}

BackendResponse gateway_response(const SendError& error)
{
    BackendResponse response;
    response.response.status = error.gateway_status;
    response.body = Body{error.text};
    return response;
}

std::span<const runtime::HostModule> World::host_modules()
{
    static constexpr std::string_view world = "edge service (Fastly Compute)";
    static const std::array modules{
        runtime::HostModule{"fastly_abi", world, abi_functions, "abi"},
        runtime::HostModule{"fastly_http_req", world, http_req_functions, "http_req"},
        runtime::HostModule{"fastly_http_req", world, http_req_send_functions, "http_req"},
        runtime::HostModule{"fastly_http_req", world, http_req_downstream_functions, "http_downstream"},
        runtime::HostModule{"fastly_http_req", world, http_req_backend_functions, "backend"},
        runtime::HostModule{"fastly_http_resp", world, http_resp_functions, "http_resp"},
        runtime::HostModule{"fastly_http_body", world, http_body_functions, "http_body"},
        runtime::HostModule{"fastly_http_downstream", world, downstream_functions, "http_downstream"},
        runtime::HostModule{"fastly_async_io", world, async_io_functions, "async_io"},
        runtime::HostModule{"fastly_backend", world, backend_functions, "backend"},
        runtime::HostModule{"fastly_log", world, log_functions, "log"},
        runtime::HostModule{"fastly_dictionary", world, dictionary_functions, "config_store"},
        runtime::HostModule{"fastly_config_store", world, dictionary_functions, "config_store"},
        runtime::HostModule{"fastly_kv_store", world, kv_store_functions, "kv_store"},
        runtime::HostModule{"fastly_object_store", world, object_store_functions, "kv_store"},
        runtime::HostModule{"fastly_secret_store", world, secret_store_functions, "secret_store"},
        runtime::HostModule{"fastly_acl", world, acl_functions, "acl"},
        runtime::HostModule{"fastly_geo", world, geo_functions, "geo"},
        runtime::HostModule{"fastly_device_detection", world, device_detection_functions, "device_detection"},
        runtime::HostModule{"fastly_uap", world, uap_functions, "uap"},
        runtime::HostModule{"fastly_compute_runtime", world, compute_runtime_functions, "compute_runtime"},
        runtime::HostModule{"fastly_purge", world, purge_functions, "purge"},
        runtime::HostModule{"fastly_shielding", world, shielding_functions, "shielding"},
        runtime::HostModule{"fastly_cache", world, cache_functions, "cache"},
        runtime::HostModule{"fastly_http_cache", world, http_cache_functions, "http_cache"},
        runtime::HostModule{"fastly_erl", world, erl_functions, "erl"},
        runtime::HostModule{"fastly_image_optimizer", world, image_optimizer_functions, "image_optimizer"},
        runtime::HostModule{"env", world, legacy_functions(), "legacy"},
    };
    return modules;
}

void World::add_to(runtime::Linker& linker, void* world, void* waits)
{
    static constexpr std::string_view name = "edge service (Fastly Compute)";
    static const std::array waiting{
        runtime::HostModule{"wasi_snapshot_preview1", name, wasi_wait_preview1_functions, "poll"},
        runtime::HostModule{"wasi_unstable", name, wasi_wait_unstable_functions, "poll"},
    };
    for (const runtime::HostModule& module : waiting) linker.add(module, waits);
    for (const runtime::HostModule& module : host_modules()) linker.add(module, world);
}

}  // namespace weir::fastly
