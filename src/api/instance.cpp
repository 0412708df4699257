#include "api/impl.hpp"
#include "runtime/crossing.hpp"
#include "wasm/type_registry.hpp"

#include <algorithm>

namespace weir {

namespace {

Error no_such_export(const wasm::Module& module, std::string_view what, std::string_view name)
{
    std::string message = "the module exports no " + std::string{what} + " '" + std::string{name} + "'";
    std::string others;
    for (const wasm::Export& e : module.exports)
        if (e.kind == wasm::ExternKind::func) others += (others.empty() ? "" : ", ") + std::string{e.name};
    if (what == "function") message += others.empty() ? "; it exports none at all" : "; it exports " + others;
    return {ErrorKind::usage, std::move(message)};
}

template <class T>
Result<T> find(runtime::Instance& instance, std::string_view what, std::string_view name)
{
    const auto found = instance.find_export(name);
    const T* const object = found ? std::get_if<T>(&*found) : nullptr;
    if (object == nullptr) return Unexpected{no_such_export(instance.module(), what, name)};
    return *object;
}

}  // namespace

Result<detail::Callee> find_callee(runtime::Instance& instance, std::string_view name, std::span<const ValueType> parameters,
                                   std::span<const ValueType> results)
{
    WEIR_TRY(function, find<const runtime::Function*>(instance, "function", name));
    runtime::Engine& engine = instance.store().engine();
    const wasm::FuncType& type = engine.types()->at(function->type).func;
    const auto is_same = [](std::span<const ValueType> a, const std::vector<wasm::ValType>& b) {
        return std::ranges::equal(a, b, [](ValueType x, wasm::ValType y) { return x == to_value_type(y); });
    };
    if (!is_same(parameters, type.params) || !is_same(results, type.results)) {
        const FunctionType asked{{parameters.begin(), parameters.end()}, {results.begin(), results.end()}};
        return Unexpected{Error{ErrorKind::usage,
                                "'" + std::string{name} + "' is " + to_string(type) + " and was asked for as " + to_string(asked)}};
    }
    const void* const entry = engine.entry_code(function->type);
    if (entry == nullptr) return Unexpected{Error{ErrorKind::system, "there is no room for more machine code"}};
    return detail::Callee{&instance.store(), function, entry};
}

Result<FunctionType> function_type(runtime::Instance& instance, std::string_view name)
{
    WEIR_TRY(function, find<const runtime::Function*>(instance, "function", name));
    return to_function_type(instance.store().engine().types()->at(function->type).func);
}

namespace {
// Apart from the call, which then needs no room for it.
[[gnu::noinline]] Error* to_owned_error(std::unique_ptr<runtime::Outcome> stopped) { return to_error(*stopped).release(); }
}  // namespace

Error* detail::call(const Callee& callee, Slot* slots)
{
    auto& store = *static_cast<runtime::Store*>(callee.store);
    const auto& function = *static_cast<const runtime::Function*>(callee.function);
    if (auto stopped = runtime::Crossing::call(store, callee.entry, function, to_values(slots))) [[unlikely]]
        return to_owned_error(std::move(stopped));
    return nullptr;
}

Unexpected<Error> detail::take(Error* error)
{
    const std::unique_ptr<Error> owned{error};
    return Unexpected{std::move(*owned)};
}

bool detail::is_usable(const Callee& callee, FuncRef reference) noexcept
{
    return is_own_function(*static_cast<const runtime::Store*>(callee.store), reference.function);
}

Error detail::foreign_reference() { return {ErrorKind::usage, "an argument is a reference to another instance's function"}; }

Result<std::vector<Value>> call_untyped(runtime::Store& store, const runtime::Function& function, std::string_view name,
                                        std::span<const Value> arguments)
{
    const wasm::FuncType& type = store.engine().types()->at(function.type).func;
    const auto does_fit = [&](const Value& v, wasm::ValType t) { return fits(v, t, store); };
    if (!std::ranges::equal(arguments, type.params, does_fit)) {
        FunctionType given;
        std::ranges::transform(arguments, std::back_inserter(given.parameters), type_of);
        return Unexpected{Error{ErrorKind::usage, "'" + std::string{name} + "' is " + to_string(type) + " and was called with " +
                                                      to_string(given).substr(0, to_string(given).find(" ->")) +
                                                      (std::ranges::equal(given.parameters, to_function_type(type).parameters)
                                                           ? ", of which one is another instance's function"
                                                           : "")}};
    }
    std::vector<runtime::Value> values(std::max({size_t{1}, type.params.size(), type.results.size()}));
    for (size_t i = 0; i < arguments.size(); ++i) store_value(values[i], arguments[i]);
    const runtime::Outcome outcome = store.call(function, values.data());
    if (const auto error = to_error(outcome)) return Unexpected{std::move(*error)};
    std::vector<Value> results;
    for (size_t i = 0; i < type.results.size(); ++i) results.push_back(to_value(to_value_type(type.results[i]), values[i]));
    return results;
}

Result<std::vector<Value>> call_untyped(runtime::Instance& instance, std::string_view name, std::span<const Value> arguments)
{
    WEIR_TRY(function, find<const runtime::Function*>(instance, "function", name));
    return call_untyped(instance.store(), *function, name, arguments);
}

Instance::Instance(Instance&& other) noexcept : m_impl(std::exchange(other.m_impl, nullptr)) {}

Instance& Instance::operator=(Instance&& other) noexcept
{
    if (this != &other) {
        const Instance old{std::exchange(m_impl, nullptr)};
        m_impl = std::exchange(other.m_impl, nullptr);
    }
    return *this;
}

Instance::~Instance()
{
    if (m_impl == nullptr) return;
    if (m_impl->home->is_shared) {
        // What keeps the store may be what keeps the instance: the last handle takes both along.
        const auto store = std::move(m_impl->keeps_home);
        return;
    }
    const auto prepared = m_impl->prepared;
    prepared->give_back(std::unique_ptr<Impl>{m_impl});
}

Result<detail::Callee> Instance::find_callee(std::string_view name, std::span<const ValueType> parameters,
                                             std::span<const ValueType> results) const
{
    return weir::find_callee(*m_impl->instance, name, parameters, results);
}

Result<std::vector<Value>> Instance::call(std::string_view name, std::span<const Value> arguments) const
{
    return call_untyped(*m_impl->instance, name, arguments);
}

Result<std::vector<Value>> Instance::call(FuncRef function, std::span<const Value> arguments) const
{
    if (!function || !is_own_function(m_impl->store(), function.function))
        return Unexpected{Error{ErrorKind::usage, "the reference is null, or to another instance's function"}};
    return call_untyped(m_impl->store(), *static_cast<const runtime::Function*>(function.function), "the function", arguments);
}

Result<Memory> Instance::memory(std::string_view name) const
{
    WEIR_TRY(memory, find<runtime::Memory*>(*m_impl->instance, "memory", name));
    return Access::memory(memory, &m_impl->store());
}

Result<Table> Instance::table(std::string_view name) const
{
    WEIR_TRY(table, find<runtime::Table*>(*m_impl->instance, "table", name));
    return Access::table(table, &m_impl->store());
}

Result<Global> Instance::global(std::string_view name) const
{
    WEIR_TRY(global, find<runtime::Global*>(*m_impl->instance, "global", name));
    return Access::global(global, &m_impl->store());
}

Result<FunctionType> Instance::function_type(std::string_view name) const { return weir::function_type(*m_impl->instance, name); }

void Instance::set_data(void* data) noexcept { m_impl->data = data; }

uint64_t Instance::fuel() const noexcept
{
    const runtime::Store& store = m_impl->store();
    return store.engine().config().fuel == 0 ? 0 : store.fuel();
}

void Instance::set_fuel(uint64_t fuel) noexcept { m_impl->store().set_fuel(fuel); }

Interrupter Instance::interrupter() const { return Access::interrupter(m_impl->home->interrupts, m_impl->home->interrupts->lease); }

Deadline Instance::stop_after(std::chrono::nanoseconds time) const { return Access::deadline(*m_impl, time); }

}  // namespace weir
