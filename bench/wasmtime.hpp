#pragma once

#include <cstddef>
#include <cstdint>

// The part of wasmtime's C API that the benchmark calls, as its documentation (docs.wasmtime.dev/c-api) and the Python package's own bindings have
// it, version 50. The package brings the library without its headers.

extern "C" {

struct wasm_engine_t;
struct wasm_config_t;
struct wasm_functype_t;
struct wasm_valtype_t;
struct wasm_trap_t;
struct wasi_config_t;
struct wasmtime_error_t;
struct wasmtime_module_t;
struct wasmtime_store_t;
struct wasmtime_context_t;
struct wasmtime_linker_t;
struct wasmtime_caller_t;
struct wasmtime_instance_pre_t;
struct wasmtime_pooling_allocation_config_t;

struct wasm_valtype_vec_t {
    size_t size;
    wasm_valtype_t** data;
};
struct wasmtime_func_t {
    uint64_t store_id;
    void* own;
};
struct wasmtime_instance_t {
    uint64_t store_id;
    size_t own;
};
struct wasmtime_val_t {
    uint8_t kind;  // 0: i32
    union {
        int32_t i32;
        uint64_t words[3];
    } of;
};
union alignas(16) wasmtime_val_raw_t {
    int32_t i32;
    uint8_t v128[16];
};
struct wasmtime_extern_t {
    uint8_t kind;  // 0: a function
    union {
        wasmtime_func_t func;
        uint64_t words[3];
    } of;
};

#define WASMTIME_FUNCTIONS(X)                                                                                                    \
    X(wasm_config_t*, wasm_config_new, (void))                                                                                   \
    X(wasm_engine_t*, wasm_engine_new_with_config, (wasm_config_t*))                                                             \
    X(wasm_functype_t*, wasm_functype_new, (wasm_valtype_vec_t*, wasm_valtype_vec_t*))                                           \
    X(wasmtime_pooling_allocation_config_t*, wasmtime_pooling_allocation_config_new, (void))                                     \
    X(void, wasmtime_pooling_allocation_config_linear_memory_keep_resident_set, (wasmtime_pooling_allocation_config_t*, size_t)) \
    X(void, wasmtime_pooling_allocation_config_table_keep_resident_set, (wasmtime_pooling_allocation_config_t*, size_t))         \
    X(void, wasmtime_pooling_allocation_strategy_set, (wasm_config_t*, const wasmtime_pooling_allocation_config_t*))             \
    X(wasmtime_error_t*, wasmtime_module_new, (wasm_engine_t*, const uint8_t*, size_t, wasmtime_module_t**))                     \
    X(wasmtime_store_t*, wasmtime_store_new, (wasm_engine_t*, void*, void (*)(void*)))                                           \
    X(wasmtime_context_t*, wasmtime_store_context, (wasmtime_store_t*))                                                          \
    X(void, wasmtime_store_delete, (wasmtime_store_t*))                                                                          \
    X(wasi_config_t*, wasi_config_new, (void))                                                                                   \
    X(void, wasi_config_inherit_stdout, (wasi_config_t*))                                                                        \
    X(wasmtime_error_t*, wasmtime_context_set_wasi, (wasmtime_context_t*, wasi_config_t*))                                       \
    X(wasmtime_linker_t*, wasmtime_linker_new, (wasm_engine_t*))                                                                 \
    X(wasmtime_error_t*, wasmtime_linker_define_wasi, (wasmtime_linker_t*))                                                      \
    X(wasmtime_error_t*, wasmtime_linker_define_func_unchecked,                                                                  \
      (wasmtime_linker_t*, const char*, size_t, const char*, size_t, const wasm_functype_t*,                                     \
       wasm_trap_t* (*)(void*, wasmtime_caller_t*, wasmtime_val_raw_t*, size_t), void*, void (*)(void*)))                        \
    X(wasmtime_error_t*, wasmtime_linker_define_func,                                                                            \
      (wasmtime_linker_t*, const char*, size_t, const char*, size_t, const wasm_functype_t*,                                     \
       wasm_trap_t* (*)(void*, wasmtime_caller_t*, const wasmtime_val_t*, size_t, wasmtime_val_t*, size_t), void*,               \
       void (*)(void*)))                                                                                                         \
    X(wasmtime_error_t*, wasmtime_linker_instantiate_pre,                                                                        \
      (wasmtime_linker_t*, const wasmtime_module_t*, wasmtime_instance_pre_t**))                                                 \
    X(wasmtime_error_t*, wasmtime_instance_pre_instantiate,                                                                      \
      (const wasmtime_instance_pre_t*, wasmtime_context_t*, wasmtime_instance_t*, wasm_trap_t**))                                \
    X(bool, wasmtime_instance_export_get,                                                                                        \
      (wasmtime_context_t*, const wasmtime_instance_t*, const char*, size_t, wasmtime_extern_t*))                                \
    X(wasmtime_error_t*, wasmtime_func_call,                                                                                     \
      (wasmtime_context_t*, const wasmtime_func_t*, const wasmtime_val_t*, size_t, wasmtime_val_t*, size_t, wasm_trap_t**))      \
    X(wasmtime_error_t*, wasmtime_func_call_unchecked,                                                                           \
      (wasmtime_context_t*, const wasmtime_func_t*, wasmtime_val_raw_t*, size_t, wasm_trap_t**))

}  // extern "C"
