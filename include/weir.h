#ifndef WEIR_H
#define WEIR_H

/* weir's C API: the same as <weir/weir.hpp>, whose comments say more. docs/embedding.md shows both.
 *
 * Conventions
 *   - A function that can fail answers a weir_error_t*, NULL for success, and writes what it makes to its last parameters only then.
 *   - What a function named _new, _from, _prepare, _instantiate, _start, _get_* with an owner's * answers is the caller's to delete, with the function
 *     of the type's name and _delete. NULL may be deleted. Deleting in any order is fine, except where a comment says "while".
 *   - Texts are UTF-8, as pointer and length, or null-terminated where there is no length.
 *   - Threads: engines, modules, prepared modules and interrupters may be used by several at once; linkers, instances and what comes from these by one
 *     at a time. A suspended guest stays on its thread.
 *   - weir_memory_t, weir_table_t, weir_global_t and weir_function_t are plain values: copy them, delete none; valid while their instance or
 *     store is. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default) /* all of this is shown by the shared library, and nothing else is */

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(modernize-use-using, readability-identifier-naming): this is C. */

typedef struct weir_engine weir_engine_t;
typedef struct weir_module weir_module_t;
typedef struct weir_linker weir_linker_t;
typedef struct weir_prepared weir_prepared_t;
typedef struct weir_store weir_store_t;
typedef struct weir_instance weir_instance_t;
typedef struct weir_caller weir_caller_t;
typedef struct weir_task weir_task_t;
typedef struct weir_interrupter weir_interrupter_t;
typedef struct weir_deadline weir_deadline_t;
typedef struct weir_error weir_error_t;

/* Errors. */

typedef uint8_t weir_error_kind_t;
enum weir_error_kind {
    WEIR_ERROR_MODULE, /* no WebAssembly module that weir runs */
    WEIR_ERROR_LINK,   /* imports are missing, or of another type */
    WEIR_ERROR_USAGE,  /* no such export, another type than asked for, a call that is not possible now */
    WEIR_ERROR_SYSTEM, /* the operating system refused memory or files */
    WEIR_ERROR_TRAP,   /* the guest was stopped: weir_error_trap */
    WEIR_ERROR_EXIT    /* the guest ended itself: weir_error_exit_code */
};

typedef uint8_t weir_trap_kind_t;
enum weir_trap_kind {
    WEIR_TRAP_NONE,
    WEIR_TRAP_UNREACHABLE,
    WEIR_TRAP_MEMORY_OUT_OF_BOUNDS,
    WEIR_TRAP_TABLE_OUT_OF_BOUNDS,
    WEIR_TRAP_UNDEFINED_ELEMENT,
    WEIR_TRAP_UNINITIALIZED_ELEMENT,
    WEIR_TRAP_INDIRECT_CALL_TYPE,
    WEIR_TRAP_INTEGER_DIVIDE_BY_ZERO,
    WEIR_TRAP_INTEGER_OVERFLOW,
    WEIR_TRAP_INVALID_CONVERSION,
    WEIR_TRAP_NULL_REFERENCE,
    WEIR_TRAP_NULL_FUNCTION_REFERENCE,
    WEIR_TRAP_UNALIGNED_ATOMIC,
    WEIR_TRAP_EXPECTED_SHARED_MEMORY,
    WEIR_TRAP_CALL_STACK_EXHAUSTED,
    WEIR_TRAP_CODE_SPACE_EXHAUSTED,
    WEIR_TRAP_COMPILATION_FAILED,
    WEIR_TRAP_INTERRUPTED,
    WEIR_TRAP_OUT_OF_FUEL,
    WEIR_TRAP_HOST_ERROR
};

/* A failure of a host function: the guest traps with WEIR_TRAP_HOST_ERROR and this message. */
weir_error_t* weir_error_new(const char* message);
/* The guest ends as if it had exited. */
weir_error_t* weir_error_new_exit(uint32_t code);
void weir_error_delete(weir_error_t* error);
weir_error_kind_t weir_error_kind(const weir_error_t* error);
/* Valid while the error is. */
const char* weir_error_message(const weir_error_t* error);
weir_trap_kind_t weir_error_trap(const weir_error_t* error);
uint32_t weir_error_exit_code(const weir_error_t* error);

/* A guest function that was running when a trap happened. `function` is valid while the error is; it may be empty. */
typedef struct weir_frame {
    const char* function;
    uint32_t function_index;
    uint64_t byte_offset; /* in the module */
} weir_frame_t;
size_t weir_error_frame_count(const weir_error_t* error);
/* Innermost first. Precondition: index < weir_error_frame_count. */
weir_frame_t weir_error_frame(const weir_error_t* error, size_t index);

/* Values. */

typedef uint8_t weir_value_type_t;
enum weir_value_type {
    WEIR_I32,
    WEIR_I64,
    WEIR_F32,
    WEIR_F64,
    WEIR_V128,
    WEIR_FUNCREF,
    WEIR_EXTERNREF,
    WEIR_OTHER /* a reference that this API has no value for */
};

/* A value without its type. */
typedef union weir_slot {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint8_t v128[16];
    const void* funcref; /* NULL, or of the same instance */
    uint64_t externref;  /* any word of the host's; 0 is null */
    uint64_t words[2];   /* for its alignment */
} weir_slot_t;

typedef struct weir_value {
    weir_value_type_t type;
    weir_slot_t of;
} weir_value_t;

typedef struct weir_function_type {
    const weir_value_type_t* parameters;
    size_t parameter_count;
    const weir_value_type_t* results;
    size_t result_count;
} weir_function_type_t;

/* Engines and modules. */

typedef struct weir_config {
    size_t max_stack_bytes;
    uint64_t max_memory_bytes;
    uint64_t max_table_elements;
    size_t max_idle_instances;
    bool checks_bounds;
    uint64_t fuel; /* that an instance has at first; 0: it is not counted */
    const char* optimizer; /* the program weir-llvm; NULL: none */
} weir_config_t;

/* The defaults; change what you want and give it to weir_engine_new. */
weir_config_t weir_config_default(void);
/* `config` may be NULL, for the defaults. */
weir_error_t* weir_engine_new(const weir_config_t* config, weir_engine_t** engine);
void weir_engine_delete(weir_engine_t* engine);

/* Copies the bytes. */
weir_error_t* weir_module_from_bytes(const weir_engine_t* engine, const void* bytes, size_t size_bytes, weir_module_t** module);
/* Maps the file, which must not change while the module lives; a module, or a program that weir_module_save or `weir compile` has made, which is as
 * powerful as a native one. */
weir_error_t* weir_module_from_file(const weir_engine_t* engine, const char* path, weir_module_t** module);
void weir_module_delete(weir_module_t* module);
/* Compiles all functions now, on so many threads, instead of each at its first call. */
weir_error_t* weir_module_compile(const weir_module_t* module, unsigned threads);
/* Compiles all functions and writes them to a program, for weir_module_from_file of this build of weir and this processor. */
weir_error_t* weir_module_save(const weir_module_t* module, const char* path, unsigned threads);

/* Memories, tables and globals: of instances, or made in a store. */

/* Memory. Addresses are the guest's; the bytes may not be used beyond size_bytes, and the guest changes them when it runs. Never moves. */
typedef struct weir_memory {
    void* own[2];
} weir_memory_t;

typedef struct weir_table {
    void* own[2];
    weir_value_type_t type;
} weir_table_t;

typedef struct weir_global {
    void* own[2];
    weir_value_type_t type;
    bool is_mutable;
} weir_global_t;

/* Instances that are linked with each other, and what the host makes for them. They share a stack: one guest runs at a time. What is made in a store
 * lives until the store and its instances are deleted. */
weir_error_t* weir_store_new(const weir_engine_t* engine, weir_store_t** store);
void weir_store_delete(weir_store_t* store);
/* UINT64_MAX as a maximum: none. */
weir_error_t* weir_store_make_memory(const weir_store_t* store, uint64_t min_pages, uint64_t max_pages, bool is_shared,
                                     weir_memory_t* memory);
/* `initial` NULL: null references. */
weir_error_t* weir_store_make_table(const weir_store_t* store, weir_value_type_t element, uint64_t min_size, uint64_t max_size,
                                    const weir_value_t* initial, weir_table_t* table);
weir_error_t* weir_store_make_global(const weir_store_t* store, const weir_value_t* value, bool is_mutable, weir_global_t* global);

/* Linking. */

weir_linker_t* weir_linker_new(const weir_engine_t* engine);
void weir_linker_delete(weir_linker_t* linker);

/* A host function: reads `arguments`, writes `results`, whose types are set already. An error stops the guest; it is the runtime's then. */
typedef weir_error_t* (*weir_host_function_t)(void* data, const weir_caller_t* caller, const weir_value_t* arguments,
                                              weir_value_t* results);
/* The same without types and without a copy: `slots` holds the arguments and gets the results. */
typedef weir_error_t* (*weir_raw_host_function_t)(void* data, const weir_caller_t* caller, weir_slot_t* slots);

/* `data` is given to each call; `delete_data`, unless NULL, is called when nothing can call the function any more. A later definition of a name hides an
 * earlier one. Called by all instances, so on all threads at once. */
weir_error_t* weir_linker_define(weir_linker_t* linker, const char* module, const char* name, weir_function_type_t type,
                                 weir_host_function_t function, void* data, void (*delete_data)(void*));
weir_error_t* weir_linker_define_raw(weir_linker_t* linker, const char* module, const char* name, weir_function_type_t type,
                                     weir_raw_host_function_t function, void* data, void (*delete_data)(void*));

typedef struct weir_wasi_directory {
    const char* host_path;
    const char* guest_path;
    bool is_read_only;
} weir_wasi_directory_t;

/* What a guest may use of WASI preview 1. All of it is copied; descriptors stay the caller's. */
typedef struct weir_wasi_options {
    const char* const* arguments; /* the first is the program's name */
    size_t argument_count;
    const char* const* environment; /* "NAME=value" */
    size_t environment_count;
    const weir_wasi_directory_t* directories;
    size_t directory_count;
    int stdin_fd, stdout_fd, stderr_fd;
    uint32_t max_open_files;
} weir_wasi_options_t;
/* No arguments, no environment, no directories; descriptors 0, 1 and 2. */
weir_wasi_options_t weir_wasi_options_default(void);
void weir_linker_define_wasi(weir_linker_t* linker, const weir_wasi_options_t* options);

/* Something of a store: from then on the linker makes instances in that store, by weir_linker_instantiate. */
weir_error_t* weir_linker_define_memory(weir_linker_t* linker, const char* module, const char* name, weir_memory_t memory);
weir_error_t* weir_linker_define_table(weir_linker_t* linker, const char* module, const char* name, weir_table_t table);
weir_error_t* weir_linker_define_global(weir_linker_t* linker, const char* module, const char* name, weir_global_t global);
/* All exports of an instance in a store. */
weir_error_t* weir_linker_define_instance(weir_linker_t* linker, const char* module, const weir_instance_t* instance);

/* An instance in this store. */
weir_error_t* weir_linker_instantiate(const weir_linker_t* linker, const weir_store_t* store, const weir_module_t* module,
                                      weir_instance_t** instance);
weir_error_t* weir_linker_prepare(const weir_linker_t* linker, const weir_module_t* module, weir_prepared_t** prepared);
void weir_prepared_delete(weir_prepared_t* prepared);
/* `wasi` NULL: the linker's. */
weir_error_t* weir_prepared_instantiate(const weir_prepared_t* prepared, const weir_wasi_options_t* wasi,
                                        weir_instance_t** instance);

/* Instances. */

/* Makes the instance ready for the next that is asked for; one in a store stays there. Not while a guest of it runs. */
void weir_instance_delete(weir_instance_t* instance);
void weir_instance_set_data(weir_instance_t* instance, void* data);
/* What is left of the fuel; 0 when the engine counts none. */
uint64_t weir_instance_fuel(const weir_instance_t* instance);
void weir_instance_set_fuel(weir_instance_t* instance, uint64_t fuel);

/* A function that is found and checked. A plain value: copy it; valid while its instance lives. */
typedef struct weir_function {
    void* own[3];
    uint32_t parameter_count, result_count;
} weir_function_t;

/* `type` NULL: whatever it is. */
weir_error_t* weir_instance_get_function(const weir_instance_t* instance, const char* name, const weir_function_type_t* type,
                                         weir_function_t* function);
/* Calls and checks the types. `results` has room for result_count. */
weir_error_t* weir_function_call(const weir_function_t* function, const weir_value_t* arguments, size_t argument_count,
                                 weir_value_t* results);
/* Calls without any check: `slots` holds the arguments, which must be of the function's types, and gets the results; it has room for the larger number, and
 * at least one. */
weir_error_t* weir_function_call_raw(const weir_function_t* function, weir_slot_t* slots);

weir_error_t* weir_instance_get_memory(const weir_instance_t* instance, const char* name, weir_memory_t* memory);
uint64_t weir_memory_size_bytes(weir_memory_t memory);
/* NULL if some of the bytes lie outside. */
void* weir_memory_bytes(weir_memory_t memory, uint64_t address, uint64_t size_bytes);
/* Answers false when a limit forbids it. */
bool weir_memory_grow(weir_memory_t memory, uint64_t pages, uint64_t* old_pages);

weir_error_t* weir_instance_get_table(const weir_instance_t* instance, const char* name, weir_table_t* table);
uint64_t weir_table_size(weir_table_t table);
weir_error_t* weir_table_get(weir_table_t table, uint64_t index, weir_value_t* value);
weir_error_t* weir_table_set(weir_table_t table, uint64_t index, const weir_value_t* value);
/* New elements are null. Answers false when a limit forbids it. */
bool weir_table_grow(weir_table_t table, uint64_t elements, uint64_t* old_size);

weir_error_t* weir_instance_get_global(const weir_instance_t* instance, const char* name, weir_global_t* global);
weir_value_t weir_global_get(weir_global_t global);
weir_error_t* weir_global_set(weir_global_t global, const weir_value_t* value);

/* What a host function knows of its caller; valid while it runs. */
weir_memory_t weir_caller_memory(const weir_caller_t* caller);
void* weir_caller_data(const weir_caller_t* caller);
weir_error_t* weir_caller_get_function(const weir_caller_t* caller, const char* name, const weir_function_type_t* type,
                                       weir_function_t* function);

/* Stopping and waiting. */

/* From other threads. Outlives the instance, then it does nothing. */
weir_interrupter_t* weir_instance_get_interrupter(const weir_instance_t* instance);
void weir_interrupter_delete(weir_interrupter_t* interrupter);
/* The call that runs, or the next one, traps with WEIR_TRAP_INTERRUPTED. */
void weir_interrupter_stop(const weir_interrupter_t* interrupter);
/* A guest that was started is suspended; its task is WEIR_TASK_PREEMPTED. */
void weir_interrupter_preempt(const weir_interrupter_t* interrupter);

/* Stops the guest after a time, unless it is deleted before. */
weir_deadline_t* weir_instance_stop_after(const weir_instance_t* instance, uint64_t time_ns);
bool weir_deadline_has_passed(const weir_deadline_t* deadline);
void weir_deadline_delete(weir_deadline_t* deadline);

typedef uint8_t weir_task_status_t;
enum weir_task_status { WEIR_TASK_WAITING, WEIR_TASK_PREEMPTED, WEIR_TASK_DONE };

/* Begins a call that host functions may suspend. `slots` as weir_function_call_raw; they are copied. */
weir_task_t* weir_function_start(const weir_function_t* function, const weir_slot_t* slots);
weir_task_status_t weir_task_status(const weir_task_t* task);
/* Goes on until it is suspended again or ends; on the thread that started it. */
weir_task_status_t weir_task_resume(weir_task_t* task);
/* Of a task that is done: its results, or its error. */
weir_error_t* weir_task_take(weir_task_t* task, weir_slot_t* results);
/* Stops a guest that has not ended. */
void weir_task_delete(weir_task_t* task);

typedef uint8_t weir_resumption_t;
enum weir_resumption {
    WEIR_RESUMED,
    WEIR_STOPPED,   /* return at once */
    WEIR_IMPOSSIBLE /* the guest was called, not started */
};
/* For host functions: leaves the guest until weir_task_resume. */
weir_resumption_t weir_caller_suspend(const weir_caller_t* caller);

/* NOLINTEND(modernize-use-using, readability-identifier-naming) */

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
