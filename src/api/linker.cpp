#include "api/impl.hpp"
#include "wasm/module.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <ranges>

namespace weir {

namespace {

// Public headers know where this is, and machine code calls what they make of a lambda as it is: its parameters are the same addresses.
static_assert(offsetof(runtime::HostFunctionContext, data) == 3 * sizeof(void*));
using HostFunctionEntry = bool (*)(runtime::HostFunctionContext&, runtime::Value*) noexcept;

/// In the place of an instance's world in what a Prepared links.
const char world_of_instance = 0;

Result<std::unique_ptr<wasip1::World>> create_world(const WasiOptions& options)
{
    wasip1::WorldConfig config;
    config.args = options.arguments;
    config.environment = options.environment;
    for (const WasiOptions::Directory& d : options.directories)
        config.preopens.push_back({d.host_path, d.guest_path, d.is_read_only});
    config.stdin_fd = options.stdin_fd;
    config.stdout_fd = options.stdout_fd;
    config.stderr_fd = options.stderr_fd;
    config.max_open_files = options.max_open_files;
    auto world = wasip1::World::create(std::move(config));
    if (!world) return Unexpected{to_error(world.error(), "grant what WASI's options name")};
    return std::move(*world);
}

Error to_error(const runtime::LinkError& error)
{
    std::string message = "the module's imports are not all there:";
    for (const runtime::UnresolvedImport& i : error.imports) {
        message += "\n  " + i.module + "." + i.name + ", " + i.wanted;
        if (!i.found.empty()) message += ": what has this name is " + i.found;
        else if (!i.nearest.empty()) message += ": is " + i.nearest + " meant?";
    }
    return {ErrorKind::link, std::move(message)};
}

Error to_error(const runtime::InstantiateError& error)
{
    if (const auto* const trap = std::get_if<runtime::Trap>(&error)) return to_error(*trap);
    if (const auto* const exit = std::get_if<runtime::Exit>(&error)) return to_error(*exit);
    return {ErrorKind::system, "cannot instantiate: " + std::get<std::string>(error)};
}

/// In the place of each function of WASI that the guest has not called yet.
bool make_world_first(runtime::HostFunctionContext& context, runtime::Value* values) noexcept
{
    try {
        const auto made = owner_of(*context.instance).make_world();
        if (!made) return Access::fail(Access::caller(context), made.error());
    } catch (const std::bad_alloc&) {
        return Access::fail(Access::caller(context), Error::failure("out of memory"));
    }
    return context.function(context, values);
}

/// Whether granting these can fail, which is to be told before the guest runs.
bool can_be_refused(const WasiOptions& options) { return !options.directories.empty() || options.max_open_files < 3; }

}  // namespace

runtime::InterruptAnswer answer_interrupt(runtime::InterruptReasons reasons, void*) noexcept
{
    return (reasons & (stop_requested | time_is_over)) != 0 ? runtime::InterruptAnswer::stop : runtime::InterruptAnswer::yield;
}

// Instances.

Result<void> Instance::Impl::make_world()
{
    WEIR_TRY(made, create_world(own_wasi ? *own_wasi : *prepared->wasi));
    world = std::move(made);
    for (const WasiFunction& f : wasi_functions) {
        f.context->function = f.function;
        f.context->data = world.get();
    }
    return {};
}

void Instance::Impl::forget_world() noexcept
{
    if (world == nullptr) return;
    world.reset();
    for (const WasiFunction& f : wasi_functions) f.context->function = make_world_first;
}

bool Instance::Impl::reset() noexcept
{
    if (home->task != nullptr) home->task->stop();
    static_cast<void>(store().stop());
    {
        const std::scoped_lock lock{home->interrupts->mutex};
        ++home->interrupts->lease;
        store().recycle();
    }
    data = nullptr;
    forget_world();
    own_wasi.reset();
    return initial != nullptr && initial->restore(*instance);
}

Result<void> Prepared::Impl::link(Instance::Impl& made)
{
    const auto imports = linker.resolve(made.store(), *code->module());
    if (!imports) return Unexpected{to_error(imports.error())};
    for (const runtime::Extern& e : *imports) {
        const auto* const function = std::get_if<const runtime::Function*>(&e);
        if (function == nullptr || (*function)->index != runtime::host_function_index) continue;
        auto& context = *static_cast<runtime::HostFunctionContext*>((*function)->context);
        if (context.data != &world_of_instance || context.instance != nullptr) continue;  // or it is another instance's
        made.wasi_functions.push_back({&context, context.function});
        context.function = make_world_first;
    }
    const auto instance = made.store().instantiate(code, *imports, runtime::StartFunction::is_left_out, &made);
    if (!instance) return Unexpected{to_error(instance.error())};
    made.instance = *instance;
    return {};
}

Result<std::unique_ptr<Instance::Impl>> Prepared::Impl::create()
{
    auto made = std::make_unique<Instance::Impl>();
    WEIR_TRY(store, Access::create_store(engine));
    made->home = store.get();
    made->keeps_home = std::move(store);
    WEIR_CHECK(link(*made));
    if (max_idle == 0) return made;
    const std::scoped_lock lock{mutex};
    if (initial == nullptr) initial = runtime::InitialState::capture(*made->instance);
    else if (!initial->share_images(*made->instance))
        return Unexpected{Error{ErrorKind::system, "cannot instantiate: the system refuses to map the memory's image"}};
    made->initial = initial;
    return made;
}

Result<Instance> Prepared::Impl::instantiate(Store::Impl& store)
{
    // Whatever comes of it: what is linked already may have its functions.
    store.residents.push_back(std::make_unique<Instance::Impl>());
    Instance::Impl& made = *store.residents.back();
    made.home = &store;
    made.prepared = shared_from_this();
    WEIR_CHECK(link(made));
    made.keeps_home = store.shared_from_this();
    return begin(Access::make_instance(&made));
}

Result<std::unique_ptr<Instance::Impl>> Prepared::Impl::take()
{
    {
        const std::scoped_lock lock{mutex};
        if (!idle.empty()) {
            auto instance = std::move(idle.back());
            idle.pop_back();
            return instance;
        }
    }
    return create();
}

void Prepared::Impl::give_back(std::unique_ptr<Instance::Impl> instance) noexcept
{
    const bool is_new_again = instance->reset();
    instance->prepared.reset();
    if (!is_new_again) return;
    const std::scoped_lock lock{mutex};
    if (idle.size() < max_idle) idle.push_back(std::move(instance));  // has the room
}

Result<Instance> Prepared::Impl::instantiate(std::optional<WasiOptions> own_wasi)
{
    WEIR_TRY(impl, take());
    impl->prepared = shared_from_this();
    impl->own_wasi = std::move(own_wasi);
    return begin(Access::make_instance(impl.release()));  // gives itself back from here on
}

Result<Instance> Prepared::Impl::begin(Instance handle)
{
    Instance::Impl& lease = Access::impl(handle);
    if (!lease.wasi_functions.empty() && can_be_refused(lease.own_wasi ? *lease.own_wasi : *wasi)) WEIR_CHECK(lease.make_world());
    if (const auto start = code->module()->start) {
        runtime::Value none[1];
        if (const auto error = weir::to_error(lease.store().call(*lease.instance->function(*start), none)))
            return Unexpected{std::move(*error)};
    }
    return handle;
}

Result<Instance> Prepared::instantiate() const { return m_impl->instantiate(std::nullopt); }

Result<Instance> Prepared::instantiate(const WasiOptions& wasi) const { return m_impl->instantiate(wasi); }

size_t Prepared::idle_count() const
{
    const std::scoped_lock lock{m_impl->mutex};
    return m_impl->idle.size();
}

// Linking.

Linker::Linker(const Engine& engine) : m_impl(std::make_unique<Impl>())
{
    m_impl->engine = Access::impl(engine).engine;
    m_impl->max_idle_instances = Access::impl(engine).config.max_idle_instances;
}
Linker::Linker(Linker&&) noexcept = default;
Linker& Linker::operator=(Linker&&) noexcept = default;
Linker::~Linker() = default;

std::optional<Error> Linker::Impl::take_store(const runtime::Store* of)
{
    Store::Impl* const home = of == nullptr ? nullptr : &owner_of(*of);
    if (home == nullptr || !home->is_shared)
        return Error{ErrorKind::usage, "what is linked is in a weir::Store, and this is in an instance that was made without one"};
    if (store != nullptr && store.get() != home)
        return Error{ErrorKind::usage,
                     "what one linker defines is of one store, and this is of another than what was defined before"};
    store = home->shared_from_this();
    return std::nullopt;
}

namespace {

template <class Object, class View>
Result<void> define_view(Access::LinkerImpl& linker, std::string module, std::string name, const View& view)
{
    if (auto error = linker.take_store(Access::store_of(view))) return Unexpected{std::move(*error)};
    linker.externs[{std::move(module), std::move(name)}] = static_cast<Object*>(Access::own(view));
    return {};
}

}  // namespace

Result<void> Linker::define(std::string module, std::string name, const Memory& memory)
{
    return define_view<runtime::Memory>(*m_impl, std::move(module), std::move(name), memory);
}
Result<void> Linker::define(std::string module, std::string name, const Table& table)
{
    return define_view<runtime::Table>(*m_impl, std::move(module), std::move(name), table);
}
Result<void> Linker::define(std::string module, std::string name, const Global& global)
{
    return define_view<runtime::Global>(*m_impl, std::move(module), std::move(name), global);
}

Result<void> Linker::define_instance(const std::string& module, const Instance& instance)
{
    runtime::Instance& exporter = *Access::impl(instance).instance;
    if (auto error = m_impl->take_store(&exporter.store())) return Unexpected{std::move(*error)};
    for (const wasm::Export& e : exporter.module().exports) m_impl->externs[{module, std::string{e.name}}] = exporter.export_at(e);
    return {};
}

void Linker::define_function(std::string module, std::string name, detail::HostFunction function)
{
    m_impl->externs.erase({module, name});
    auto d = std::make_shared<Definition>();
    d->module = std::move(module);
    d->name = std::move(name);
    d->function = std::move(function);
    std::ranges::transform(d->function.parameters, std::back_inserter(d->parameters), to_val_type);
    std::ranges::transform(d->function.results, std::back_inserter(d->results), to_val_type);
    d->row = {d->name, d->parameters, d->results, std::bit_cast<HostFunctionEntry>(d->function.run), {}};
    d->table = {d->module, "the host", {&d->row, 1}};
    m_impl->definitions.push_back(std::move(d));
}

void Linker::define_wasi(WasiOptions options) { m_impl->wasi = std::move(options); }

Result<std::shared_ptr<Access::PreparedImpl>> Access::prepare(const LinkerImpl& linker, const Module& module)
{
    const auto& code = impl(module).code;
    if (&code->engine() != linker.engine.get())
        return Unexpected{Error{ErrorKind::usage, "the module and the linker are of two engines"}};
    const auto prepared = std::make_shared<PreparedImpl>();
    prepared->engine = linker.engine;
    prepared->code = code;
    prepared->definitions = linker.definitions;
    prepared->wasi = linker.wasi;
    // The first that fits is taken: the latest.
    for (const auto& d : linker.definitions | std::views::reverse) prepared->linker.add(d->table, d->function.callable.get());
    if (linker.wasi)
        for (const runtime::HostModule& m : wasip1::World::host_modules())
            prepared->linker.add(m, const_cast<char*>(&world_of_instance));
    for (const auto& [name, value] : linker.externs) prepared->linker.define(name.first, name.second, value);
    return prepared;
}

Result<Prepared> Linker::prepare(const Module& module) const
{
    if (m_impl->store != nullptr)
        return Unexpected{Error{
            ErrorKind::usage, "what is linked is made one by one, by Linker::instantiate: something of a weir::Store is defined"}};
    WEIR_TRY(prepared, Access::prepare(*m_impl, module));
    prepared->max_idle = m_impl->max_idle_instances;
    prepared->idle.reserve(prepared->max_idle);
    // What is missing shows now, and the first instance is there.
    WEIR_TRY(first, prepared->take());
    prepared->give_back(std::move(first));
    return Access::make<Prepared>(prepared);
}

Result<Instance> Linker::instantiate(const Module& module) const
{
    if (m_impl->store != nullptr) return instantiate(Access::make<Store>(m_impl->store), module);
    WEIR_TRY(prepared, prepare(module));
    return prepared.instantiate();
}

Result<Instance> Linker::instantiate(const Store& store, const Module& module) const
{
    Store::Impl& home = Access::impl(store);
    if (m_impl->store != nullptr && m_impl->store.get() != &home)
        return Unexpected{Error{ErrorKind::usage, "what the linker defines is of another store"}};
    if (&home.store->engine() != m_impl->engine.get())
        return Unexpected{Error{ErrorKind::usage, "the store and the linker are of two engines"}};
    WEIR_TRY(prepared, Access::prepare(*m_impl, module));
    return prepared->instantiate(home);
}

// Host functions.

Memory Caller::memory() const noexcept
{
    const auto& context = *static_cast<runtime::HostFunctionContext*>(m_context);
    return Access::memory(context.instance == nullptr ? nullptr : context.instance->default_memory(), context.exec->store);
}

void* Caller::data() const noexcept { return owner_of(*static_cast<runtime::HostFunctionContext*>(m_context)->instance).data; }

Result<detail::Callee> Caller::find_callee(std::string_view name, std::span<const ValueType> parameters,
                                           std::span<const ValueType> results) const
{
    return weir::find_callee(*static_cast<runtime::HostFunctionContext*>(m_context)->instance, name, parameters, results);
}

Result<std::vector<Value>> Caller::call(std::string_view name, std::span<const Value> arguments) const
{
    return call_untyped(*static_cast<runtime::HostFunctionContext*>(m_context)->instance, name, arguments);
}

Resumption Caller::suspend() const noexcept
{
    static_assert(static_cast<int>(Resumption::impossible) == static_cast<int>(runtime::Resumption::impossible) &&
                  static_cast<int>(Resumption::stopped) == static_cast<int>(runtime::Resumption::stopped));
    return static_cast<Resumption>(runtime::suspend(*static_cast<runtime::HostFunctionContext*>(m_context)));
}

bool Caller::can_suspend() const noexcept { return runtime::can_suspend(*static_cast<runtime::HostFunctionContext*>(m_context)); }

bool Caller::fail(const Error& error) const noexcept
{
    auto& context = *static_cast<runtime::HostFunctionContext*>(m_context);
    if (error.kind == ErrorKind::exit) return runtime::request_exit(context, error.exit_code);
    const auto kind = error.kind == ErrorKind::trap && error.trap != TrapKind::none ? static_cast<runtime::TrapKind>(error.trap)
                                                                                    : runtime::TrapKind::host_error;
    // Of a guest's own traps the kind says it all.
    if (kind != runtime::TrapKind::host_error) return runtime::request_trap(context, kind);
    return fail(error.message.c_str());
}

bool Caller::fail(const char* message) const noexcept
{
    auto& context = *static_cast<runtime::HostFunctionContext*>(m_context);
    runtime::request_trap(context, runtime::TrapKind::host_error);
#ifdef __cpp_exceptions
    try {
        context.exec->store->set_pending_trap(runtime::TrapKind::host_error, message);
    } catch (const std::bad_alloc&) {
        return false;  // without the message
    }
#else
    context.exec->store->set_pending_trap(runtime::TrapKind::host_error, message);
#endif
    return false;
}

bool Caller::accepts_references(std::span<const ValueType> types, const detail::Slot* slots) const noexcept
{
    const runtime::Store& store = *static_cast<runtime::HostFunctionContext*>(m_context)->exec->store;
    for (size_t i = 0; i < types.size(); ++i)
        if (types[i] == ValueType::funcref && !is_own_function(store, detail::load<FuncRef>(slots[i]).function))
            return fail("a host function answered a reference to another instance's function");
    return true;
}

namespace {

struct Untyped {
    std::vector<wasm::ValType> parameters, results;
    std::function<Result<std::vector<Value>>(const Caller&, std::span<const Value>)> function;

    static bool run(void* context_pointer, detail::Slot* slots) noexcept
    {
        const auto& self = detail::callable_of<const Untyped>(context_pointer);
        auto& context = *static_cast<runtime::HostFunctionContext*>(context_pointer);
        const Caller caller = Access::caller(context);
        try {
            std::vector<Value> arguments;
            for (size_t i = 0; i < self.parameters.size(); ++i)
                arguments.push_back(to_value(to_value_type(self.parameters[i]), to_values(slots)[i]));
            const auto answer = self.function(caller, arguments);
            if (!answer) return Access::fail(caller, answer.error());
            const auto does_fit = [&](const Value& v, wasm::ValType t) { return fits(v, t, *context.exec->store); };
            if (!std::ranges::equal(*answer, self.results, does_fit))
                return Access::fail(caller,
                                    Error::failure("a host function answered values of other types than it was defined with"));
            for (size_t i = 0; i < answer->size(); ++i) store_value(to_values(slots)[i], (*answer)[i]);
            return true;
        } catch (const std::exception& e) {
            return Access::fail(caller, Error::failure(e.what()));
        } catch (...) {
            return Access::fail(caller, Error::failure("a host function threw something that is no std::exception"));
        }
    }
};

}  // namespace

void Linker::define_untyped(std::string module, std::string name, FunctionType type,
                            std::function<Result<std::vector<Value>>(const Caller&, std::span<const Value>)> function)
{
    auto untyped = std::make_shared<Untyped>();
    std::ranges::transform(type.parameters, std::back_inserter(untyped->parameters), to_val_type);
    std::ranges::transform(type.results, std::back_inserter(untyped->results), to_val_type);
    untyped->function = std::move(function);
    define_function(std::move(module), std::move(name),
                    {std::move(untyped), &Untyped::run, std::move(type.parameters), std::move(type.results)});
}

}  // namespace weir
