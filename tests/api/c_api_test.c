/* The C API, used from C. Ends with 0 when all is as it should be. */

#define _POSIX_C_SOURCE 200809L /* mkstemp */

#include <weir.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;
#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            ++failures;                                                             \
        }                                                                           \
    } while (0)

static void must(weir_error_t* error)
{
    if (error == NULL) return;
    fprintf(stderr, "unexpected error: %s\n", weir_error_message(error));
    exit(1);
}

/* Checks kind and beginning of an error, and deletes it. */
static int is_error(weir_error_t* error, weir_error_kind_t kind, const char* begins)
{
    if (error == NULL) return 0;
    const int is = weir_error_kind(error) == kind && strncmp(weir_error_message(error), begins, strlen(begins)) == 0;
    if (!is) fprintf(stderr, "error %d: %s\n", weir_error_kind(error), weir_error_message(error));
    weir_error_delete(error);
    return is;
}

/* (module
     (import "host" "add" (func $add (param i32 i32) (result i32)))
     (import "host" "wait" (func $wait (param i64) (result i64)))
     (memory (export "memory") 1 2)
     (table (export "table") 2 funcref)
     (elem (i32.const 1) $add)
     (global (export "global") (mut i64) (i64.const 7))
     (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
     (func (export "wait") (param i64) (result i64) (call $wait (local.get 0)))
     (func (export "trap") unreachable)
     (func (export "endless") (loop (br 0)))) */
static const unsigned char module_bytes[] = {
#include "c_api_module.inc"
};

static int deleted = 0;
static void count_deletion(void* data)
{
    CHECK(data == &deleted);
    ++deleted;
}

static weir_error_t* add(void* data, const weir_caller_t* caller, const weir_value_t* arguments, weir_value_t* results)
{
    CHECK(data == &deleted);
    CHECK(weir_caller_data(caller) == &failures);
    CHECK(weir_memory_size_bytes(weir_caller_memory(caller)) == 65536);
    if (arguments[0].of.i32 == -1) return weir_error_new("minus one");
    if (arguments[0].of.i32 == -2) return weir_error_new_exit(9);
    results[0].of.i32 = arguments[0].of.i32 + arguments[1].of.i32;
    if (arguments[0].of.i32 == -3) results[0].type = WEIR_F64;
    return NULL;
}

static weir_resumption_t last_resumption = WEIR_RESUMED;
static weir_error_t* wait_once(void* data, const weir_caller_t* caller, weir_slot_t* slots)
{
    (void)data;
    last_resumption = weir_caller_suspend(caller);
    slots[0].i64 *= 2;
    return NULL;
}

static void test_values(const weir_instance_t* instance)
{
    weir_function_t function;
    must(weir_instance_get_function(instance, "add", NULL, &function));
    CHECK(function.parameter_count == 2 && function.result_count == 1);
    const weir_value_t arguments[] = {{WEIR_I32, {.i32 = 2}}, {WEIR_I32, {.i32 = 40}}};
    weir_value_t result = {0};
    must(weir_function_call(&function, arguments, 2, &result));
    CHECK(result.type == WEIR_I32 && result.of.i32 == 42);
    weir_slot_t slots[2] = {{.i32 = 3}, {.i32 = 4}};
    must(weir_function_call_raw(&function, slots));
    CHECK(slots[0].i32 == 7);
    CHECK(is_error(weir_function_call(&function, arguments, 1, &result), WEIR_ERROR_USAGE, "'the function' is [i32 i32] -> [i32]"));
    const weir_value_t wrong[] = {{WEIR_F32, {.f32 = 2}}, {WEIR_I32, {.i32 = 40}}};
    CHECK(is_error(weir_function_call(&function, wrong, 2, &result), WEIR_ERROR_USAGE, "'the function' is"));
    const weir_value_type_t types[] = {WEIR_I32, WEIR_I64};
    const weir_function_type_t type = {types, 2, types, 1};
    CHECK(is_error(weir_instance_get_function(instance, "add", &type, &function), WEIR_ERROR_USAGE, "'add' is [i32 i32] -> [i32]"));
    CHECK(is_error(weir_instance_get_function(instance, "nothing", NULL, &function), WEIR_ERROR_USAGE,
                   "the module exports no function"));
}

static void test_failures(const weir_instance_t* instance)
{
    weir_function_t add_function, trap;
    must(weir_instance_get_function(instance, "add", NULL, &add_function));
    must(weir_instance_get_function(instance, "trap", NULL, &trap));
    weir_slot_t slots[2] = {{.i32 = -1}, {.i32 = 0}};
    CHECK(is_error(weir_function_call_raw(&add_function, slots), WEIR_ERROR_TRAP, "minus one"));
    slots[0].i32 = -2;
    weir_error_t* error = weir_function_call_raw(&add_function, slots);
    CHECK(error != NULL && weir_error_exit_code(error) == 9);
    CHECK(is_error(error, WEIR_ERROR_EXIT, "the guest exited"));
    slots[0].i32 = -3;
    CHECK(is_error(weir_function_call_raw(&add_function, slots), WEIR_ERROR_TRAP, "a host function changed the type"));
    error = weir_function_call_raw(&trap, slots);
    CHECK(error != NULL && weir_error_trap(error) == WEIR_TRAP_UNREACHABLE && weir_error_frame_count(error) == 1);
    CHECK(weir_error_frame(error, 0).function_index == 4);
    CHECK(is_error(error, WEIR_ERROR_TRAP, "unreachable"));
}

static void test_objects(const weir_instance_t* instance)
{
    weir_memory_t memory;
    must(weir_instance_get_memory(instance, "memory", &memory));
    CHECK(weir_memory_bytes(memory, 65530, 6) != NULL);
    CHECK(weir_memory_bytes(memory, 65530, 7) == NULL);
    CHECK(weir_memory_bytes(memory, UINT64_MAX, 2) == NULL);
    uint64_t pages = 0;
    CHECK(weir_memory_grow(memory, 1, &pages) && pages == 1);
    CHECK(!weir_memory_grow(memory, 1, &pages));

    weir_table_t table;
    must(weir_instance_get_table(instance, "table", &table));
    weir_value_t element;
    must(weir_table_get(table, 1, &element));
    CHECK(weir_table_size(table) == 2 && element.type == WEIR_FUNCREF && element.of.funcref != NULL);
    must(weir_table_set(table, 0, &element));
    CHECK(is_error(weir_table_get(table, 2, &element), WEIR_ERROR_USAGE, "there is no such element"));

    weir_global_t global;
    must(weir_instance_get_global(instance, "global", &global));
    CHECK(global.is_mutable && weir_global_get(global).of.i64 == 7);
    const weir_value_t eight = {WEIR_I64, {.i64 = 8}}, half = {WEIR_F64, {.f64 = 0.5}};
    must(weir_global_set(global, &eight));
    CHECK(weir_global_get(global).of.i64 == 8);
    CHECK(is_error(weir_global_set(global, &half), WEIR_ERROR_USAGE, "a value of type f64 does not fit"));
}

static void test_waiting(const weir_instance_t* instance)
{
    weir_function_t wait_function;
    must(weir_instance_get_function(instance, "wait", NULL, &wait_function));
    weir_slot_t slot = {.i64 = 21};
    weir_task_t* task = weir_function_start(&wait_function, &slot);
    CHECK(weir_task_status(task) == WEIR_TASK_WAITING);
    CHECK(is_error(weir_task_take(task, &slot), WEIR_ERROR_USAGE, "the task is not done"));
    CHECK(weir_task_resume(task) == WEIR_TASK_DONE && last_resumption == WEIR_RESUMED);
    must(weir_task_take(task, &slot));
    CHECK(slot.i64 == 42);
    weir_task_delete(task);
    task = weir_function_start(&wait_function, &slot);
    weir_task_delete(task);
    CHECK(last_resumption == WEIR_STOPPED);
    must(weir_function_call_raw(&wait_function, &slot));
    CHECK(last_resumption == WEIR_IMPOSSIBLE);
}

static void test_stopping(const weir_instance_t* instance)
{
    weir_function_t endless;
    must(weir_instance_get_function(instance, "endless", NULL, &endless));
    weir_slot_t none;
    weir_interrupter_t* interrupter = weir_instance_get_interrupter(instance);
    weir_interrupter_stop(interrupter); /* the next call */
    CHECK(is_error(weir_function_call_raw(&endless, &none), WEIR_ERROR_TRAP, "interrupted"));
    weir_interrupter_delete(interrupter);
#if !defined(__has_feature) || !__has_feature(thread_sanitizer)
    weir_deadline_t* deadline = weir_instance_stop_after(instance, 1000000);
    CHECK(is_error(weir_function_call_raw(&endless, &none), WEIR_ERROR_TRAP, "interrupted"));
    CHECK(weir_deadline_has_passed(deadline));
    weir_deadline_delete(deadline);
#endif
}

/* (module
     (import "env" "memory" (memory 1)) (import "env" "table" (table 2 funcref)) (import "env" "counter" (global (mut i32)))
     (elem (i32.const 0) $count)
     (func $count (export "count") (result i32)
       (global.set 0 (i32.add (global.get 0) (i32.load (i32.const 0)))) (global.get 0))) */
static const unsigned char library_bytes[] = {
#include "c_api_library.inc"
};
/* (module (import "library" "count" (func $count (result i32))) (func (export "count_twice") (result i32) (drop (call $count)) (call $count))) */
static const unsigned char client_bytes[] = {
#include "c_api_client.inc"
};

static void test_linking(const weir_engine_t* engine)
{
    weir_store_t* store;
    must(weir_store_new(engine, &store));
    weir_memory_t memory;
    weir_table_t table;
    weir_global_t counter;
    CHECK(is_error(weir_store_make_memory(store, 2, 1, false, &memory), WEIR_ERROR_USAGE, "a memory has"));
    must(weir_store_make_memory(store, 1, UINT64_MAX, false, &memory));
    CHECK(is_error(weir_store_make_table(store, WEIR_I32, 2, UINT64_MAX, NULL, &table), WEIR_ERROR_USAGE, "a table has"));
    must(weir_store_make_table(store, WEIR_FUNCREF, 2, 3, NULL, &table));
    const weir_value_t forty = {WEIR_I32, {.i32 = 40}}, no_type = {WEIR_OTHER, {0}};
    CHECK(is_error(weir_store_make_global(store, &no_type, true, &counter), WEIR_ERROR_USAGE, "the value has no type"));
    must(weir_store_make_global(store, &forty, true, &counter));
    *(int32_t*)weir_memory_bytes(memory, 0, 4) = 1;

    weir_module_t *library, *client;
    must(weir_module_from_bytes(engine, library_bytes, sizeof library_bytes, &library));
    must(weir_module_from_bytes(engine, client_bytes, sizeof client_bytes, &client));
    weir_linker_t* linker = weir_linker_new(engine);
    must(weir_linker_define_memory(linker, "env", "memory", memory));
    must(weir_linker_define_table(linker, "env", "table", table));
    must(weir_linker_define_global(linker, "env", "counter", counter));
    weir_instance_t *library_instance, *client_instance;
    must(weir_linker_instantiate(linker, store, library, &library_instance));
    CHECK(is_error(weir_linker_instantiate(linker, store, client, &client_instance), WEIR_ERROR_LINK, "the module's imports"));
    must(weir_linker_define_instance(linker, "library", library_instance));
    must(weir_linker_instantiate(linker, store, client, &client_instance));
    weir_linker_delete(linker);
    weir_store_delete(store); /* its instances keep it */
    weir_instance_delete(library_instance);

    weir_function_t count_twice;
    must(weir_instance_get_function(client_instance, "count_twice", NULL, &count_twice));
    weir_slot_t slot;
    must(weir_function_call_raw(&count_twice, &slot));
    CHECK(slot.i32 == 42 && weir_global_get(counter).of.i32 == 42);
    weir_value_t element;
    must(weir_table_get(table, 0, &element));
    CHECK(element.of.funcref != NULL);
    uint64_t old_size = 0;
    CHECK(weir_table_grow(table, 1, &old_size) && old_size == 2 && !weir_table_grow(table, 1, NULL));
    weir_instance_delete(client_instance);
    weir_module_delete(library);
    weir_module_delete(client);
}

static void test_fuel(void)
{
    weir_config_t config = weir_config_default();
    CHECK(config.fuel == 0);
    config.fuel = 1000;
    weir_engine_t* engine;
    must(weir_engine_new(&config, &engine));
    weir_module_t* module;
    must(weir_module_from_bytes(engine, client_bytes, sizeof client_bytes, &module));
    weir_linker_t* linker = weir_linker_new(engine);
    const weir_value_type_t i32s[] = {WEIR_I32};
    must(weir_linker_define_raw(linker, "library", "count", (weir_function_type_t){NULL, 0, i32s, 1}, wait_once, NULL, NULL));
    weir_prepared_t* prepared;
    must(weir_linker_prepare(linker, module, &prepared));
    weir_instance_t* instance;
    must(weir_prepared_instantiate(prepared, NULL, &instance));
    weir_function_t count_twice;
    must(weir_instance_get_function(instance, "count_twice", NULL, &count_twice));
    weir_slot_t slot;
    must(weir_function_call_raw(&count_twice, &slot));
    CHECK(weir_instance_fuel(instance) == 997);
    weir_instance_set_fuel(instance, 2);
    weir_error_t* error = weir_function_call_raw(&count_twice, &slot);
    CHECK(error != NULL && weir_error_trap(error) == WEIR_TRAP_OUT_OF_FUEL);
    weir_error_delete(error);
    weir_instance_delete(instance);
    weir_prepared_delete(prepared);
    weir_linker_delete(linker);
    weir_module_delete(module);
    weir_engine_delete(engine);
}

static void test_programs(const weir_engine_t* engine, const weir_module_t* module)
{
    char path[] = "/tmp/weir-c-api-test-XXXXXX";
    const int file = mkstemp(path);
    CHECK(file >= 0);
    must(weir_module_save(module, path, 2));
    weir_module_t* loaded;
    must(weir_module_from_file(engine, path, &loaded));
    weir_module_delete(loaded);
    CHECK(is_error(weir_module_save(module, "/nonexistent/x", 1), WEIR_ERROR_SYSTEM, "cannot write '/nonexistent/x'"));
    remove(path);
}

int main(void)
{
    weir_config_t config = weir_config_default();
    config.max_idle_instances = 1;
    weir_engine_t* engine;
    must(weir_engine_new(&config, &engine));
    weir_module_t* module;
    CHECK(is_error(weir_module_from_bytes(engine, "wasm", 4, &module), WEIR_ERROR_MODULE, ""));
    CHECK(is_error(weir_module_from_file(engine, "/nonexistent", &module), WEIR_ERROR_SYSTEM, "cannot read '/nonexistent'"));
    must(weir_module_from_bytes(engine, module_bytes, sizeof module_bytes, &module));
    must(weir_module_compile(module, 1));

    weir_linker_t* linker = weir_linker_new(engine);
    weir_prepared_t* prepared;
    CHECK(is_error(weir_linker_prepare(linker, module, &prepared), WEIR_ERROR_LINK, "the module's imports are not all there"));
    const weir_value_type_t i32s[] = {WEIR_I32, WEIR_I32}, i64[] = {WEIR_I64}, other[] = {WEIR_OTHER};
    must(weir_linker_define(linker, "host", "add", (weir_function_type_t){i32s, 2, i32s, 1}, add, &deleted, count_deletion));
    must(weir_linker_define_raw(linker, "host", "wait", (weir_function_type_t){i64, 1, i64, 1}, wait_once, NULL, NULL));
    CHECK(is_error(weir_linker_define_raw(linker, "host", "x", (weir_function_type_t){other, 1, NULL, 0}, wait_once, NULL, NULL),
                   WEIR_ERROR_USAGE, "a host function has types"));
    weir_wasi_options_t wasi = weir_wasi_options_default();
    weir_linker_define_wasi(linker, &wasi);
    must(weir_linker_prepare(linker, module, &prepared));

    void (*const tests[])(const weir_instance_t*) = {test_values, test_failures, test_objects, test_waiting, test_stopping};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) {
        weir_instance_t* instance;
        must(weir_prepared_instantiate(prepared, NULL, &instance));
        weir_instance_set_data(instance, &failures);
        tests[i](instance);
        weir_instance_delete(instance);
    }
    test_linking(engine);
    test_fuel();
    test_programs(engine, module);
    weir_linker_delete(linker);
    CHECK(deleted == 0);
    weir_prepared_delete(prepared);
    CHECK(deleted == 1);
    weir_module_delete(module);
    weir_engine_delete(engine);
    weir_error_delete(NULL);
    return failures != 0;
}
