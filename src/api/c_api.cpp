#include "weir.h"

#include "api/impl.hpp"
#include "wasm/type_registry.hpp"

#include <algorithm>
#include <cstring>
#include <new>

// The C API, over the C++ one.

struct weir_engine {
    weir::Engine engine;
};
struct weir_module {
    weir::Module module;
};
struct weir_linker {
    weir::Linker linker;
};
struct weir_prepared {
    weir::Prepared prepared;
};
struct weir_store {
    weir::Store store;
};
struct weir_instance {
    weir::Instance instance;
};
struct weir_caller {
    weir::runtime::HostFunctionContext& context;
};
struct weir_task {
    std::unique_ptr<weir::detail::TaskState> state;
    size_t result_count;
};
struct weir_interrupter {
    weir::Interrupter interrupter;
};
struct weir_deadline {
    weir::Deadline deadline;
};
struct weir_error {
    weir::Error error;
};

namespace {

using weir::Access;
using weir::Error;
using weir::ErrorKind;
using weir::Result;
using weir::Value;
using weir::ValueType;
using weir::detail::Slot;

// The enumerations of both headers are the same.
static_assert(WEIR_ERROR_MODULE == static_cast<int>(ErrorKind::module) && WEIR_ERROR_LINK == static_cast<int>(ErrorKind::link) &&
              WEIR_ERROR_USAGE == static_cast<int>(ErrorKind::usage) && WEIR_ERROR_SYSTEM == static_cast<int>(ErrorKind::system) &&
              WEIR_ERROR_TRAP == static_cast<int>(ErrorKind::trap) && WEIR_ERROR_EXIT == static_cast<int>(ErrorKind::exit));
#define WEIR_SAME_TRAP(c, cpp) static_assert((c) == static_cast<int>(weir::TrapKind::cpp))
WEIR_SAME_TRAP(WEIR_TRAP_NONE, none);
WEIR_SAME_TRAP(WEIR_TRAP_UNREACHABLE, unreachable);
WEIR_SAME_TRAP(WEIR_TRAP_MEMORY_OUT_OF_BOUNDS, memory_out_of_bounds);
WEIR_SAME_TRAP(WEIR_TRAP_TABLE_OUT_OF_BOUNDS, table_out_of_bounds);
WEIR_SAME_TRAP(WEIR_TRAP_UNDEFINED_ELEMENT, undefined_element);
WEIR_SAME_TRAP(WEIR_TRAP_UNINITIALIZED_ELEMENT, uninitialized_element);
WEIR_SAME_TRAP(WEIR_TRAP_INDIRECT_CALL_TYPE, indirect_call_type);
WEIR_SAME_TRAP(WEIR_TRAP_INTEGER_DIVIDE_BY_ZERO, integer_divide_by_zero);
WEIR_SAME_TRAP(WEIR_TRAP_INTEGER_OVERFLOW, integer_overflow);
WEIR_SAME_TRAP(WEIR_TRAP_INVALID_CONVERSION, invalid_conversion);
WEIR_SAME_TRAP(WEIR_TRAP_NULL_REFERENCE, null_reference);
WEIR_SAME_TRAP(WEIR_TRAP_NULL_FUNCTION_REFERENCE, null_function_reference);
WEIR_SAME_TRAP(WEIR_TRAP_UNALIGNED_ATOMIC, unaligned_atomic);
WEIR_SAME_TRAP(WEIR_TRAP_EXPECTED_SHARED_MEMORY, expected_shared_memory);
WEIR_SAME_TRAP(WEIR_TRAP_CALL_STACK_EXHAUSTED, call_stack_exhausted);
WEIR_SAME_TRAP(WEIR_TRAP_CODE_SPACE_EXHAUSTED, code_space_exhausted);
WEIR_SAME_TRAP(WEIR_TRAP_COMPILATION_FAILED, compilation_failed);
WEIR_SAME_TRAP(WEIR_TRAP_INTERRUPTED, interrupted);
WEIR_SAME_TRAP(WEIR_TRAP_OUT_OF_FUEL, out_of_fuel);
WEIR_SAME_TRAP(WEIR_TRAP_HOST_ERROR, host_error);
static_assert(WEIR_I32 == static_cast<int>(ValueType::i32) && WEIR_I64 == static_cast<int>(ValueType::i64) &&
              WEIR_F32 == static_cast<int>(ValueType::f32) && WEIR_F64 == static_cast<int>(ValueType::f64) &&
              WEIR_V128 == static_cast<int>(ValueType::v128) && WEIR_FUNCREF == static_cast<int>(ValueType::funcref) &&
              WEIR_EXTERNREF == static_cast<int>(ValueType::externref) && WEIR_OTHER == static_cast<int>(ValueType::other));
static_assert(WEIR_TASK_WAITING == static_cast<int>(weir::TaskStatus::waiting) &&
              WEIR_TASK_PREEMPTED == static_cast<int>(weir::TaskStatus::preempted) &&
              WEIR_TASK_DONE == static_cast<int>(weir::TaskStatus::done));
static_assert(WEIR_RESUMED == static_cast<int>(weir::Resumption::resumed) &&
              WEIR_STOPPED == static_cast<int>(weir::Resumption::stopped) &&
              WEIR_IMPOSSIBLE == static_cast<int>(weir::Resumption::impossible));
static_assert(sizeof(weir_slot_t) == sizeof(Slot));

weir_error_t* fail(Error error) { return new weir_error{std::move(error)}; }
weir_error_t* fail(ErrorKind kind, const char* message) { return fail(Error{kind, message}); }

/// Hands over what was made, or the error.
template <class Handle, class T>
weir_error_t* hand_over(Result<T> result, Handle** handle)
{
    if (!result) return fail(std::move(result).error());
    *handle = new Handle{std::move(*result)};
    return nullptr;
}
weir_error_t* hand_over(Result<void> result) { return result ? nullptr : fail(std::move(result).error()); }

/// The same for what is a plain value here.
weir_error_t* hand_over(Result<weir::Memory> result, weir_memory_t* memory)
{
    if (!result) return fail(std::move(result).error());
    *memory = {{Access::own(*result), Access::store_of(*result)}};
    return nullptr;
}
weir_error_t* hand_over(Result<weir::Table> result, weir_table_t* table)
{
    if (!result) return fail(std::move(result).error());
    *table = {{Access::own(*result), Access::store_of(*result)}, static_cast<weir_value_type_t>(Access::element(*result))};
    return nullptr;
}
weir_error_t* hand_over(Result<weir::Global> result, weir_global_t* global)
{
    if (!result) return fail(std::move(result).error());
    *global = {
        {Access::own(*result), Access::store_of(*result)}, static_cast<weir_value_type_t>(result->type()), result->is_mutable()};
    return nullptr;
}
weir::Memory to_view(const weir_memory_t& memory) { return Access::memory(memory.own[0], memory.own[1]); }
weir::Table to_view(const weir_table_t& table) { return Access::table(table.own[0], table.own[1]); }
weir::Global to_view(const weir_global_t& global) { return Access::global(global.own[0], global.own[1]); }

Value to_value(const weir_value_t& v)
{
    switch (v.type) {
    case WEIR_I32: return v.of.i32;
    case WEIR_I64: return v.of.i64;
    case WEIR_F32: return v.of.f32;
    case WEIR_F64: return v.of.f64;
    case WEIR_V128: {
        weir::V128 bytes;
        std::ranges::copy(v.of.v128, bytes.begin());
        return bytes;
    }
    case WEIR_FUNCREF: return weir::FuncRef{v.of.funcref};
    default: return weir::ExternRef{v.of.externref};
    }
}

weir_value_t from_value(const Value& v)
{
    weir_value_t value{static_cast<weir_value_type_t>(v.index()), {}};
    std::visit([&](const auto& x) { std::memcpy(&value.of, &x, sizeof x); }, v);
    return value;
}

std::vector<ValueType> to_types(const weir_value_type_t* types, size_t count)
{
    std::vector<ValueType> result;
    for (size_t i = 0; i < count; ++i) result.push_back(static_cast<ValueType>(types[i]));
    return result;
}

bool has_only_known_types(const weir_function_type_t& type)
{
    const auto is_known = [](weir_value_type_t t) { return t < WEIR_OTHER; };
    return std::all_of(type.parameters, type.parameters + type.parameter_count, is_known) &&
           std::all_of(type.results, type.results + type.result_count, is_known);
}

/// The callable of a host function in C, which has its data.
template <class Function>
struct Callback {
    Callback(Function f, void* d, void (*del)(void*)) : function(f), data(d), delete_data(del) {}
    ~Callback()
    {
        if (delete_data != nullptr) delete_data(data);
    }
    Callback(const Callback&) = delete;
    Callback& operator=(const Callback&) = delete;
    Function function;
    void* data;
    void (*delete_data)(void*);
    std::vector<ValueType> parameters{}, results{};
};

bool finish(weir::runtime::HostFunctionContext& context, weir_error_t* error)
{
    if (error == nullptr) return true;
    const std::unique_ptr<weir_error_t> owned{error};
    return Access::fail(Access::caller(context), owned->error);
}

bool run_raw(void* context_pointer, Slot* slots) noexcept
{
    const auto& callback = weir::detail::callable_of<Callback<weir_raw_host_function_t>>(context_pointer);
    auto& context = *static_cast<weir::runtime::HostFunctionContext*>(context_pointer);
    const weir_caller caller{context};
    if (!finish(context, callback.function(callback.data, &caller, reinterpret_cast<weir_slot_t*>(slots)))) return false;
    return Access::accepts_references(Access::caller(context), callback.results, slots);
}

bool run_checked(void* context_pointer, Slot* slots) noexcept
{
    const auto& callback = weir::detail::callable_of<Callback<weir_host_function_t>>(context_pointer);
    auto& context = *static_cast<weir::runtime::HostFunctionContext*>(context_pointer);
    const weir_caller caller{context};
    try {
        std::vector<weir_value_t> arguments(callback.parameters.size()), results(callback.results.size());
        for (size_t i = 0; i < arguments.size(); ++i)
            arguments[i] = from_value(weir::to_value(callback.parameters[i], weir::to_values(slots)[i]));
        for (size_t i = 0; i < results.size(); ++i) results[i] = {static_cast<weir_value_type_t>(callback.results[i]), {}};
        if (!finish(context, callback.function(callback.data, &caller, arguments.data(), results.data()))) return false;
        for (size_t i = 0; i < results.size(); ++i) {
            if (results[i].type != static_cast<weir_value_type_t>(callback.results[i]))
                return Access::fail(Access::caller(context), Error::failure("a host function changed the type of a result"));
            weir::store_value(weir::to_values(slots)[i], to_value(results[i]));
        }
        return Access::accepts_references(Access::caller(context), callback.results, slots);
    } catch (const std::bad_alloc&) {
        return Access::fail(Access::caller(context), Error::failure("out of memory"));
    }
}

template <class Function>
weir_error_t* define(weir_linker_t* linker, const char* module, const char* name, weir_function_type_t type, Function function,
                     bool (*run)(void*, Slot*) noexcept, void* data, void (*delete_data)(void*))
{
    auto callback = std::make_shared<Callback<Function>>(function, data, delete_data);
    if (!has_only_known_types(type)) return fail(ErrorKind::usage, "a host function has types that have no values here");
    callback->parameters = to_types(type.parameters, type.parameter_count);
    callback->results = to_types(type.results, type.result_count);
    auto parameters = callback->parameters, results = callback->results;
    Access::define(linker->linker, module, name, {std::move(callback), run, std::move(parameters), std::move(results)});
    return nullptr;
}

weir::WasiOptions to_options(const weir_wasi_options_t& o)
{
    weir::WasiOptions options;
    options.arguments.assign(o.arguments, o.arguments + o.argument_count);
    options.environment.assign(o.environment, o.environment + o.environment_count);
    for (size_t i = 0; i < o.directory_count; ++i)
        options.directories.push_back({o.directories[i].host_path, o.directories[i].guest_path, o.directories[i].is_read_only});
    options.stdin_fd = o.stdin_fd;
    options.stdout_fd = o.stdout_fd;
    options.stderr_fd = o.stderr_fd;
    options.max_open_files = o.max_open_files;
    return options;
}

weir_error_t* get_function(weir::runtime::Instance& instance, const char* name, const weir_function_type_t* type,
                           weir_function_t* function)
{
    const auto own = weir::function_type(instance, name);
    if (!own) return fail(own.error());
    const auto parameters = type == nullptr ? own->parameters : to_types(type->parameters, type->parameter_count);
    const auto results = type == nullptr ? own->results : to_types(type->results, type->result_count);
    const auto callee = weir::find_callee(instance, name, parameters, results);
    if (!callee) return fail(callee.error());
    *function = {{callee->store, const_cast<void*>(callee->function), const_cast<void*>(callee->entry)},
                 static_cast<uint32_t>(parameters.size()),
                 static_cast<uint32_t>(results.size())};
    return nullptr;
}

weir::detail::Callee callee_of(const weir_function_t& f) { return {f.own[0], f.own[1], f.own[2]}; }

}  // namespace

extern "C" {

weir_error_t* weir_error_new(const char* message) { return fail(Error::failure(message)); }
weir_error_t* weir_error_new_exit(uint32_t code) { return fail(Error::exit(code)); }
void weir_error_delete(weir_error_t* error) { delete error; }
weir_error_kind_t weir_error_kind(const weir_error_t* error) { return static_cast<weir_error_kind_t>(error->error.kind); }
const char* weir_error_message(const weir_error_t* error) { return error->error.message.c_str(); }
weir_trap_kind_t weir_error_trap(const weir_error_t* error) { return static_cast<weir_trap_kind_t>(error->error.trap); }
uint32_t weir_error_exit_code(const weir_error_t* error) { return error->error.exit_code; }
size_t weir_error_frame_count(const weir_error_t* error) { return error->error.backtrace.size(); }
weir_frame_t weir_error_frame(const weir_error_t* error, size_t index)
{
    const weir::Frame& frame = error->error.backtrace[index];
    return {frame.function.c_str(), frame.function_index, frame.byte_offset};
}

weir_config_t weir_config_default(void)
{
    const weir::Config c;
    return {c.max_stack_bytes, c.max_memory_bytes, c.max_table_elements, c.max_idle_instances, c.checks_bounds, c.fuel, nullptr};
}

weir_error_t* weir_engine_new(const weir_config_t* config, weir_engine_t** engine)
{
    weir::Config c;
    if (config != nullptr)
        c = {config->max_stack_bytes,
             config->max_memory_bytes,
             config->max_table_elements,
             config->max_idle_instances,
             config->checks_bounds,
             config->fuel,
             config->optimizer == nullptr ? "" : config->optimizer};
    return hand_over(weir::Engine::create(c), engine);
}
void weir_engine_delete(weir_engine_t* engine) { delete engine; }

weir_error_t* weir_module_from_bytes(const weir_engine_t* engine, const void* bytes, size_t size_bytes, weir_module_t** module)
{
    return hand_over(weir::Module::from_bytes(engine->engine, {static_cast<const std::byte*>(bytes), size_bytes}), module);
}
weir_error_t* weir_module_from_file(const weir_engine_t* engine, const char* path, weir_module_t** module)
{
    return hand_over(weir::Module::from_file(engine->engine, path), module);
}
void weir_module_delete(weir_module_t* module) { delete module; }
weir_error_t* weir_module_compile(const weir_module_t* module, unsigned threads)
{
    return hand_over(module->module.compile(threads));
}

weir_error_t* weir_module_save(const weir_module_t* module, const char* path, unsigned threads)
{
    return hand_over(module->module.save(path, threads));
}

weir_linker_t* weir_linker_new(const weir_engine_t* engine) { return new weir_linker{weir::Linker{engine->engine}}; }
void weir_linker_delete(weir_linker_t* linker) { delete linker; }

weir_error_t* weir_linker_define(weir_linker_t* linker, const char* module, const char* name, weir_function_type_t type,
                                 weir_host_function_t function, void* data, void (*delete_data)(void*))
{
    return define(linker, module, name, type, function, run_checked, data, delete_data);
}
weir_error_t* weir_linker_define_raw(weir_linker_t* linker, const char* module, const char* name, weir_function_type_t type,
                                     weir_raw_host_function_t function, void* data, void (*delete_data)(void*))
{
    return define(linker, module, name, type, function, run_raw, data, delete_data);
}

weir_wasi_options_t weir_wasi_options_default(void)
{
    weir_wasi_options_t options{};
    const weir::WasiOptions defaults;
    options.stdin_fd = defaults.stdin_fd;
    options.stdout_fd = defaults.stdout_fd;
    options.stderr_fd = defaults.stderr_fd;
    options.max_open_files = defaults.max_open_files;
    return options;
}
void weir_linker_define_wasi(weir_linker_t* linker, const weir_wasi_options_t* options)
{
    linker->linker.define_wasi(options == nullptr ? weir::WasiOptions{} : to_options(*options));
}

weir_error_t* weir_linker_define_memory(weir_linker_t* linker, const char* module, const char* name, weir_memory_t memory)
{
    return hand_over(linker->linker.define(module, name, to_view(memory)));
}
weir_error_t* weir_linker_define_table(weir_linker_t* linker, const char* module, const char* name, weir_table_t table)
{
    return hand_over(linker->linker.define(module, name, to_view(table)));
}
weir_error_t* weir_linker_define_global(weir_linker_t* linker, const char* module, const char* name, weir_global_t global)
{
    return hand_over(linker->linker.define(module, name, to_view(global)));
}
weir_error_t* weir_linker_define_instance(weir_linker_t* linker, const char* module, const weir_instance_t* instance)
{
    return hand_over(linker->linker.define_instance(module, instance->instance));
}

weir_error_t* weir_linker_instantiate(const weir_linker_t* linker, const weir_store_t* store, const weir_module_t* module,
                                      weir_instance_t** instance)
{
    return hand_over(linker->linker.instantiate(store->store, module->module), instance);
}
weir_error_t* weir_linker_prepare(const weir_linker_t* linker, const weir_module_t* module, weir_prepared_t** prepared)
{
    return hand_over(linker->linker.prepare(module->module), prepared);
}
void weir_prepared_delete(weir_prepared_t* prepared) { delete prepared; }
weir_error_t* weir_prepared_instantiate(const weir_prepared_t* prepared, const weir_wasi_options_t* wasi,
                                        weir_instance_t** instance)
{
    return hand_over(wasi == nullptr ? prepared->prepared.instantiate() : prepared->prepared.instantiate(to_options(*wasi)),
                     instance);
}

void weir_instance_delete(weir_instance_t* instance) { delete instance; }
void weir_instance_set_data(weir_instance_t* instance, void* data) { instance->instance.set_data(data); }
uint64_t weir_instance_fuel(const weir_instance_t* instance) { return instance->instance.fuel(); }
void weir_instance_set_fuel(weir_instance_t* instance, uint64_t fuel) { instance->instance.set_fuel(fuel); }

weir_error_t* weir_instance_get_function(const weir_instance_t* instance, const char* name, const weir_function_type_t* type,
                                         weir_function_t* function)
{
    return get_function(*Access::impl(instance->instance).instance, name, type, function);
}

weir_error_t* weir_function_call(const weir_function_t* function, const weir_value_t* arguments, size_t argument_count,
                                 weir_value_t* results)
{
    std::vector<Value> values;
    for (size_t i = 0; i < argument_count; ++i) {
        if (arguments[i].type >= WEIR_OTHER) return fail(ErrorKind::usage, "an argument has no type");
        values.push_back(to_value(arguments[i]));
    }
    auto answer = weir::call_untyped(*static_cast<weir::runtime::Store*>(function->own[0]),
                                     *static_cast<const weir::runtime::Function*>(function->own[1]), "the function", values);
    if (!answer) return fail(std::move(answer).error());
    std::ranges::transform(*answer, results, from_value);
    return nullptr;
}

weir_error_t* weir_function_call_raw(const weir_function_t* function, weir_slot_t* slots)
{
    if (auto* const error = weir::detail::call(callee_of(*function), reinterpret_cast<Slot*>(slots))) [[unlikely]]
        return fail(weir::detail::take(error).error);
    return nullptr;
}

weir_error_t* weir_instance_get_memory(const weir_instance_t* instance, const char* name, weir_memory_t* memory)
{
    return hand_over(instance->instance.memory(name), memory);
}
uint64_t weir_memory_size_bytes(weir_memory_t memory) { return to_view(memory).size_bytes(); }
void* weir_memory_bytes(weir_memory_t memory, uint64_t address, uint64_t size_bytes)
{
    const auto bytes = to_view(memory).bytes(address, size_bytes);
    return bytes ? bytes->data() : nullptr;
}
bool weir_memory_grow(weir_memory_t memory, uint64_t pages, uint64_t* old_pages)
{
    const auto old = to_view(memory).grow(pages);
    if (old && old_pages != nullptr) *old_pages = *old;
    return old.has_value();
}

weir_error_t* weir_instance_get_table(const weir_instance_t* instance, const char* name, weir_table_t* table)
{
    return hand_over(instance->instance.table(name), table);
}
uint64_t weir_table_size(weir_table_t table) { return to_view(table).size(); }
weir_error_t* weir_table_get(weir_table_t table, uint64_t index, weir_value_t* value)
{
    const auto found = to_view(table).get(index);
    if (!found) return fail(ErrorKind::usage, "there is no such element, or it has no value here");
    *value = from_value(*found);
    return nullptr;
}
weir_error_t* weir_table_set(weir_table_t table, uint64_t index, const weir_value_t* value)
{
    return hand_over(to_view(table).set(index, to_value(*value)));
}
bool weir_table_grow(weir_table_t table, uint64_t elements, uint64_t* old_size)
{
    const auto old = to_view(table).grow(elements);
    if (old && old_size != nullptr) *old_size = *old;
    return old.has_value();
}

weir_error_t* weir_instance_get_global(const weir_instance_t* instance, const char* name, weir_global_t* global)
{
    return hand_over(instance->instance.global(name), global);
}
weir_value_t weir_global_get(weir_global_t global) { return from_value(to_view(global).get()); }
weir_error_t* weir_global_set(weir_global_t global, const weir_value_t* value)
{
    return hand_over(to_view(global).set(to_value(*value)));
}

weir_error_t* weir_store_new(const weir_engine_t* engine, weir_store_t** store)
{
    return hand_over(weir::Store::create(engine->engine), store);
}
void weir_store_delete(weir_store_t* store) { delete store; }
weir_error_t* weir_store_make_memory(const weir_store_t* store, uint64_t min_pages, uint64_t max_pages, bool is_shared,
                                     weir_memory_t* memory)
{
    return hand_over(store->store.make_memory({min_pages, max_pages, is_shared}), memory);
}
weir_error_t* weir_store_make_table(const weir_store_t* store, weir_value_type_t element, uint64_t min_size, uint64_t max_size,
                                    const weir_value_t* initial, weir_table_t* table)
{
    const weir::TableType type{static_cast<ValueType>(std::min<weir_value_type_t>(element, WEIR_OTHER)), min_size, max_size};
    return hand_over(initial == nullptr ? store->store.make_table(type) : store->store.make_table(type, to_value(*initial)), table);
}
weir_error_t* weir_store_make_global(const weir_store_t* store, const weir_value_t* value, bool is_mutable, weir_global_t* global)
{
    if (value->type >= WEIR_OTHER) return fail(ErrorKind::usage, "the value has no type");
    return hand_over(store->store.make_global({static_cast<ValueType>(value->type), is_mutable}, to_value(*value)), global);
}

weir_memory_t weir_caller_memory(const weir_caller_t* caller)
{
    weir_memory_t memory{};
    static_cast<void>(hand_over(Result<weir::Memory>{Access::caller(caller->context).memory()}, &memory));
    return memory;
}
void* weir_caller_data(const weir_caller_t* caller) { return Access::caller(caller->context).data(); }
weir_error_t* weir_caller_get_function(const weir_caller_t* caller, const char* name, const weir_function_type_t* type,
                                       weir_function_t* function)
{
    return get_function(*caller->context.instance, name, type, function);
}

weir_interrupter_t* weir_instance_get_interrupter(const weir_instance_t* instance)
{
    return new weir_interrupter{instance->instance.interrupter()};
}
void weir_interrupter_delete(weir_interrupter_t* interrupter) { delete interrupter; }
void weir_interrupter_stop(const weir_interrupter_t* interrupter) { interrupter->interrupter.stop(); }
void weir_interrupter_preempt(const weir_interrupter_t* interrupter) { interrupter->interrupter.preempt(); }

weir_deadline_t* weir_instance_stop_after(const weir_instance_t* instance, uint64_t time_ns)
{
    const auto longest = static_cast<uint64_t>(std::chrono::nanoseconds::max().count());
    return new weir_deadline{instance->instance.stop_after(std::chrono::nanoseconds{std::min(time_ns, longest)})};
}
bool weir_deadline_has_passed(const weir_deadline_t* deadline) { return deadline->deadline.has_passed(); }
void weir_deadline_delete(weir_deadline_t* deadline) { delete deadline; }

weir_task_t* weir_function_start(const weir_function_t* function, const weir_slot_t* slots)
{
    const size_t count = std::max({uint32_t{1}, function->parameter_count, function->result_count});
    return new weir_task{
        weir::detail::start(callee_of(*function), reinterpret_cast<const Slot*>(slots), function->parameter_count, count),
        function->result_count};
}
weir_task_status_t weir_task_status(const weir_task_t* task) { return static_cast<weir_task_status_t>(task->state->status); }
weir_task_status_t weir_task_resume(weir_task_t* task) { return static_cast<weir_task_status_t>(task->state->resume()); }
weir_error_t* weir_task_take(weir_task_t* task, weir_slot_t* results)
{
    if (task->state->status != weir::TaskStatus::done) return fail(ErrorKind::usage, "the task is not done");
    if (task->state->error) return fail(*task->state->error);
    std::copy_n(task->state->slots.get(), task->result_count, reinterpret_cast<Slot*>(results));
    return nullptr;
}
void weir_task_delete(weir_task_t* task) { delete task; }

weir_resumption_t weir_caller_suspend(const weir_caller_t* caller)
{
    return static_cast<weir_resumption_t>(Access::caller(caller->context).suspend());
}

}  // extern "C"
