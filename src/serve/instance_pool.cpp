#include "serve/instance_pool.hpp"

#include "runtime/suspension.hpp"
#include "serve/preemption.hpp"
#include "serve/trap_text.hpp"

#include <utility>
#include <variant>

namespace weir::serve {

namespace {

/// In the place of each function that has to do with requests, until one is called: there the guest is suspended, for a snapshot. It owns nothing and
/// looks anew at everything behind that, as Checkpoint wants it: what goes on is another request's guest.
bool pause_before_call(runtime::HostFunctionContext& context, runtime::Value* values) noexcept
{
    auto& instance = *static_cast<GuestInstance*>(context.exec->store->owner());
    if (runtime::can_suspend(context)) {
        instance.is_at_snapshot = true;
        if (runtime::suspend(context) != runtime::Resumption::resumed) return false;
    } else {
        instance.pass_imports();  // of a start function that calls this there is none
    }
    return context.function(context, values);
}

}  // namespace

Result<std::unique_ptr<GuestInstance>, std::string> GuestInstance::create_without_imports(std::shared_ptr<const Loaded> loaded)
{
    auto made = std::make_unique<GuestInstance>();
    made->loaded = std::move(loaded);
    auto store = runtime::Store::create(made->loaded->engine);
    if (!store) return Unexpected{"cannot make a stack for an instance: " + store.error().to_string()};
    made->store = std::move(*store);
    made->store->set_interrupt_handler(answer_interrupt, nullptr);
    return made;
}

Result<std::unique_ptr<GuestInstance>, std::string> GuestInstance::create(std::shared_ptr<const Loaded> loaded)
{
    WEIR_TRY(made, create_without_imports(std::move(loaded)));
    std::vector<runtime::Extern> functions;
    functions.reserve(made->loaded->imports.size());
    for (const LinkedImport& import : made->loaded->imports) {
        const runtime::Function* const function = made->store->create_host_function(import.type, import.entry, nullptr);
        if (function == nullptr) return Unexpected{std::string{"there is no more room for code"}};
        functions.emplace_back(function);
        made->imports.push_back(static_cast<runtime::HostFunctionContext*>(function->context));
    }
    if (made->loaded->options->takes_snapshots && made->loaded->initial != nullptr) made->pause_at_imports();
    WEIR_CHECK(made->instantiate(functions));
    return std::move(made);
}

Result<std::unique_ptr<GuestInstance>, std::string> GuestInstance::create(std::shared_ptr<const Loaded> loaded,
                                                                          const runtime::Linker& linker)
{
    WEIR_TRY(made, create_without_imports(std::move(loaded)));
    const auto functions = linker.resolve(*made->store, *made->loaded->code->module());
    if (!functions) return Unexpected{std::string{"an import that was there at the start is missing"}};
    WEIR_CHECK(made->instantiate(*functions));
    return std::move(made);
}

Result<void, std::string> GuestInstance::instantiate(std::span<const runtime::Extern> with)
{
    auto made = store->instantiate(loaded->code, with, runtime::StartFunction::is_left_out);
    if (!made) {
        if (const auto* const trap = std::get_if<runtime::Trap>(&made.error())) return Unexpected{describe_trap(*trap)};
        return Unexpected{std::get<std::string>(std::move(made).error())};  // without a start function nothing exits
    }
    instance = *made;
    if (loaded->initial != nullptr && !loaded->initial->share_images(*instance))
        return Unexpected{std::string{"the system refuses to map the memory's image"}};
    return {};
}

void GuestInstance::pause_at_imports() noexcept
{
    store->set_owner(this);
    for (size_t i = 0; i < imports.size(); ++i)
        if (!loaded->imports[i].precedes_requests) imports[i]->function = pause_before_call;
}

void GuestInstance::pass_imports() noexcept
{
    for (size_t i = 0; i < imports.size(); ++i) imports[i]->function = loaded->imports[i].entry;
}

void GuestInstance::take_snapshot(wasip1::World& wasi)
{
    is_at_snapshot = false;
    pass_imports();
    for (uint32_t i = 0; i < file_flags.size(); ++i)
        if (const wasip1::OpenFile* const file = wasi.files().find(wasip1::Fd{i})) file_flags[i] = file->flags;
    snapshot = runtime::Checkpoint::capture(*instance);
}

bool GuestInstance::restore() noexcept
{
    store->recycle();
    return has_snapshot() ? snapshot->restore(*instance) : loaded->initial->restore(*instance);
}

void GuestInstance::bind(fastly::World& world, wasip1::World& wasi) noexcept
{
    for (size_t i = 0; i < imports.size(); ++i) {
        switch (loaded->imports[i].world) {
        case LinkedImport::World::fastly: imports[i]->data = &world; break;
        case LinkedImport::World::waits: imports[i]->data = &world.waits(); break;
        case LinkedImport::World::wasi: imports[i]->data = &wasi; break;
        }
    }
    if (!has_snapshot()) return;
    for (uint32_t i = 0; i < file_flags.size(); ++i)
        if (wasip1::OpenFile* const file = wasi.files().find(wasip1::Fd{i})) file->flags = file_flags[i];
}

Result<std::unique_ptr<GuestInstance>, std::string> InstancePool::take(const std::shared_ptr<const Loaded>& loaded)
{
    (m_idle.empty() ? m_metrics.made : m_metrics.used_again).add();
    if (m_idle.empty()) return GuestInstance::create(loaded);
    auto instance = std::move(m_idle.back());
    m_idle.pop_back();
    m_metrics.idle.add(-1);
    return instance;
}

void InstancePool::keep_only(std::shared_ptr<const Loaded> version)
{
    if (m_version == version) return;
    drop_idle();
    m_version = std::move(version);
}

void InstancePool::give_back(std::unique_ptr<GuestInstance> instance) noexcept
{
    if (!instance->can_be_used_again() || m_idle.size() == max_idle || instance->loaded != m_version) return;
    if (!instance->restore()) return;
    m_idle.push_back(std::move(instance));
    m_metrics.idle.add(1);
}

void InstancePool::drop_idle() noexcept
{
    m_metrics.idle.add(-static_cast<int64_t>(m_idle.size()));
    m_idle.clear();
}

}  // namespace weir::serve
