// The embedding API beside wasmtime's C API, in one run, in turns. Started by  make bench-api.
// Usage: weir-bench-api WASMTIME_LIBRARY EXPORT_WASM GO_EXPORT_WASM [ROUNDS]

#include "wasmtime.hpp"

#include <weir/weir.hpp>

#include <dlfcn.h>
#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace {

/// (module (import "host" "f" (func $f)) (func (export "nothing")) (func (export "calls") (param i32)
///   (loop (call $f) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
constexpr unsigned char calls_module[] = {
#include "api_module.inc"
};

struct Wasmtime {
#define WASMTIME_MEMBER(result, name, parameters) result(*name) parameters = nullptr;
    WASMTIME_FUNCTIONS(WASMTIME_MEMBER)
#undef WASMTIME_MEMBER
} wt;

[[noreturn]] void fail(const std::string& message)
{
    std::fprintf(stderr, "bench-api: %s\n", message.c_str());
    std::exit(1);
}

template <class T>
T must(weir::Result<T> result)
{
    if (!result) fail(result.error().to_string());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}
void must(wasmtime_error_t* error)
{
    if (error != nullptr) fail("wasmtime answers an error");
}

void load_wasmtime(const char* library)
{
    void* const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) fail(dlerror());
#define WASMTIME_LOAD(result, name, parameters)                             \
    wt.name = reinterpret_cast<result(*) parameters>(dlsym(handle, #name)); \
    if (wt.name == nullptr) fail("the library has no " #name);
    WASMTIME_FUNCTIONS(WASMTIME_LOAD)
#undef WASMTIME_LOAD
}

std::vector<std::byte> read_file(const char* path)
{
    std::ifstream in{path, std::ios::binary};
    if (!in) fail(std::string{"cannot read "} + path);
    std::vector<std::byte> bytes;
    for (std::istreambuf_iterator<char> i{in}, end; i != end; ++i) bytes.push_back(static_cast<std::byte>(*i));
    return bytes;
}

/// Nanoseconds of this thread's processor time that one of `n` takes.
double time_of(size_t n, const std::function<void(size_t)>& run)
{
    const auto now = [] {
        timespec t{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
    };
    const double begin = now();
    run(n);
    return (now() - begin) / static_cast<double>(n);
}

double quantile(std::vector<double> values, double q)
{
    std::sort(values.begin(), values.end());
    return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

struct Side {
    const char* name;
    std::function<void(size_t)> run;
};

/// All sides in turns. Ratios are taken within a round.
void compare(const char* what, size_t n, int rounds, const std::vector<Side>& sides)
{
    std::vector<std::vector<double>> times(sides.size());
    for (const Side& side : sides) side.run(std::max<size_t>(n / 10, 1));
    for (int round = 0; round < rounds; ++round)
        for (size_t i = 0; i < sides.size(); ++i) times[i].push_back(time_of(n, sides[i].run));
    std::printf("%s\n", what);
    for (size_t i = 0; i < sides.size(); ++i) {
        std::vector<double> ratios;
        for (size_t r = 0; r < times[i].size(); ++r) ratios.push_back(times[i][r] / times[0][r]);
        std::printf("  %-34s %10.1f ns", sides[i].name, quantile(times[i], 0.5));
        if (i != 0)
            std::printf("   %5.1f times weir's [%.1f %.1f]", quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75));
        std::printf("\n");
    }
}

struct WasmtimeInstance {
    wasmtime_store_t* store = nullptr;
    wasmtime_context_t* context = nullptr;
    wasmtime_instance_t instance{};

    wasmtime_func_t function(const char* name) const
    {
        wasmtime_extern_t found{};
        if (!wt.wasmtime_instance_export_get(context, &instance, name, std::strlen(name), &found)) fail("wasmtime finds no export");
        return found.of.func;
    }
};

wasm_trap_t* nothing_raw(void*, wasmtime_caller_t*, wasmtime_val_raw_t*, size_t) { return nullptr; }
wasm_trap_t* nothing(void*, wasmtime_caller_t*, const wasmtime_val_t*, size_t, wasmtime_val_t*, size_t) { return nullptr; }

WasmtimeInstance wasmtime_calls(wasm_engine_t* engine, bool is_unchecked)
{
    wasmtime_module_t* module = nullptr;
    must(wt.wasmtime_module_new(engine, calls_module, sizeof calls_module, &module));
    wasmtime_linker_t* const linker = wt.wasmtime_linker_new(engine);
    wasm_valtype_vec_t none1{}, none2{};
    const wasm_functype_t* const type = wt.wasm_functype_new(&none1, &none2);
    if (is_unchecked)
        must(wt.wasmtime_linker_define_func_unchecked(linker, "host", 4, "f", 1, type, nothing_raw, nullptr, nullptr));
    else must(wt.wasmtime_linker_define_func(linker, "host", 4, "f", 1, type, nothing, nullptr, nullptr));
    wasmtime_instance_pre_t* pre = nullptr;
    must(wt.wasmtime_linker_instantiate_pre(linker, module, &pre));
    WasmtimeInstance made;
    made.store = wt.wasmtime_store_new(engine, nullptr, nullptr);
    made.context = wt.wasmtime_store_context(made.store);
    wasm_trap_t* trap = nullptr;
    must(wt.wasmtime_instance_pre_instantiate(pre, made.context, &made.instance, &trap));
    return made;
}

void bench_calls(int rounds)
{
    const weir::Engine engine = must(weir::Engine::create());
    const weir::Module module = must(weir::Module::from_bytes(engine, std::as_bytes(std::span{calls_module})));
    weir::Linker linker{engine};
    linker.define("host", "f", [] {});
    const weir::Instance instance = must(linker.instantiate(module));
    const auto empty = must(instance.get<void()>("nothing"));
    const auto calls = must(instance.get<void(int32_t)>("calls"));

    wasm_engine_t* const wasmtime = wt.wasm_engine_new_with_config(wt.wasm_config_new());
    const WasmtimeInstance checked = wasmtime_calls(wasmtime, false), unchecked = wasmtime_calls(wasmtime, true);
    const wasmtime_func_t wt_empty = checked.function("nothing");
    const auto loop = [](const WasmtimeInstance& i, size_t n) {
        const wasmtime_func_t function = i.function("calls");
        wasmtime_val_t argument{};
        argument.of.i32 = static_cast<int32_t>(n);
        wasm_trap_t* trap = nullptr;
        must(wt.wasmtime_func_call(i.context, &function, &argument, 1, nullptr, 0, &trap));
    };
    compare("host calls guest: an empty function", 2'000'000, rounds,
            {{"weir, Function<void()>",
              [&](size_t n) {
                  for (size_t i = 0; i < n; ++i) must(empty());
              }},
             {"wasmtime, func_call_unchecked",
              [&](size_t n) {
                  wasmtime_val_raw_t raw[1];
                  wasm_trap_t* trap = nullptr;
                  for (size_t i = 0; i < n; ++i) must(wt.wasmtime_func_call_unchecked(checked.context, &wt_empty, raw, 1, &trap));
              }},
             {"wasmtime, func_call", [&](size_t n) {
                  wasm_trap_t* trap = nullptr;
                  for (size_t i = 0; i < n; ++i)
                      must(wt.wasmtime_func_call(checked.context, &wt_empty, nullptr, 0, nullptr, 0, &trap));
              }}});
    compare("guest calls host: an empty function, in a loop", 2'000'000, rounds,
            {{"weir, lambda", [&](size_t n) { must(calls(static_cast<int32_t>(n))); }},
             {"wasmtime, define_func_unchecked", [&](size_t n) { loop(unchecked, n); }},
             {"wasmtime, define_func", [&](size_t n) { loop(checked, n); }}});
}

struct WasmtimePool {
    wasm_engine_t* engine;
    wasmtime_instance_pre_t* pre;
};

WasmtimePool wasmtime_pool(const std::vector<std::byte>& bytes, size_t keep_resident_bytes)
{
    wasm_config_t* const config = wt.wasm_config_new();
    wasmtime_pooling_allocation_config_t* const pool = wt.wasmtime_pooling_allocation_config_new();
    if (keep_resident_bytes != 0) {
        wt.wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool, keep_resident_bytes);
        wt.wasmtime_pooling_allocation_config_table_keep_resident_set(pool, keep_resident_bytes);
    }
    wt.wasmtime_pooling_allocation_strategy_set(config, pool);
    wasm_engine_t* const engine = wt.wasm_engine_new_with_config(config);
    if (engine == nullptr) fail("wasmtime makes no engine with a pool");
    wasmtime_module_t* module = nullptr;
    must(wt.wasmtime_module_new(engine, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &module));
    wasmtime_linker_t* const linker = wt.wasmtime_linker_new(engine);
    must(wt.wasmtime_linker_define_wasi(linker));
    wasmtime_instance_pre_t* pre = nullptr;
    must(wt.wasmtime_linker_instantiate_pre(linker, module, &pre));
    return {engine, pre};
}

void wasmtime_cycles(const WasmtimePool& pool, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        WasmtimeInstance made;
        made.store = wt.wasmtime_store_new(pool.engine, nullptr, nullptr);
        made.context = wt.wasmtime_store_context(made.store);
        wasi_config_t* const wasi = wt.wasi_config_new();
        wt.wasi_config_inherit_stdout(wasi);
        must(wt.wasmtime_context_set_wasi(made.context, wasi));
        wasm_trap_t* trap = nullptr;
        must(wt.wasmtime_instance_pre_instantiate(pool.pre, made.context, &made.instance, &trap));
        const wasmtime_func_t initialize = made.function("_initialize"), primes = made.function("primes");
        must(wt.wasmtime_func_call(made.context, &initialize, nullptr, 0, nullptr, 0, &trap));
        wasmtime_val_t argument{};
        must(wt.wasmtime_func_call(made.context, &primes, &argument, 1, nullptr, 0, &trap));
        wt.wasmtime_store_delete(made.store);
    }
}

void bench_instances(const std::vector<std::byte>& bytes, int rounds)
{
    const weir::Engine engine = must(weir::Engine::create());
    const weir::Module module = must(weir::Module::from_bytes(engine, bytes));
    weir::Linker linker{engine};
    linker.define_wasi();
    const weir::Prepared prepared = must(linker.prepare(module));

    // Once as it comes, and once as good as it gets: what is a megabyte or less is cleared and not given back to the kernel.
    const WasmtimePool as_it_comes = wasmtime_pool(bytes, 0), keeping = wasmtime_pool(bytes, size_t{1} << 20);
    compare("instantiate from the pool, _initialize, primes(0), give back", 2000, rounds,
            {{"weir",
              [&](size_t n) {
                  for (size_t i = 0; i < n; ++i) {
                      const weir::Instance instance = must(prepared.instantiate());
                      must(must(instance.get<void()>("_initialize"))());
                      must(must(instance.get<void(int32_t)>("primes"))(0));
                  }
              }},
             {"wasmtime, pooling allocator", [&](size_t n) { wasmtime_cycles(as_it_comes, n); }},
             {"the same, keeping 1 MiB resident", [&](size_t n) { wasmtime_cycles(keeping, n); }}});
}

/// Proportional shares, in bytes: of the process, and of the mappings that begin at or behind one of `memories` and belong to it.
struct Footprint {
    double all = 0, memories = 0;
};
Footprint measure(const std::vector<std::pair<uintptr_t, uintptr_t>>& memories)
{
    Footprint footprint;
    std::ifstream in{"/proc/self/smaps"};
    uintptr_t begin = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("Pss:")) {
            const double bytes = std::strtod(line.c_str() + 4, nullptr) * 1024;
            footprint.all += bytes;
            const auto next = std::upper_bound(memories.begin(), memories.end(), std::pair{begin, UINTPTR_MAX});
            if (next != memories.begin() && begin < std::prev(next)->second) footprint.memories += bytes;
        } else if (const size_t dash = line.find('-'); dash != std::string::npos && line.find(' ') > dash) {
            std::from_chars(line.data(), line.data() + dash, begin, 16);
        }
    }
    return footprint;
}

void measure_memory(const std::vector<std::byte>& bytes)
{
    constexpr size_t count = 1000;
    const weir::Engine engine = must(weir::Engine::create());
    const weir::Module module = must(weir::Module::from_bytes(engine, bytes));
    weir::Linker linker{engine};
    linker.define_wasi({.stdout_fd = open("/dev/null", O_WRONLY | O_CLOEXEC)});
    const weir::Prepared prepared = must(linker.prepare(module));
    std::vector<weir::Instance> live;
    const auto add = [&] {
        live.push_back(must(prepared.instantiate()));
        must(must(live.back().get<void()>("_initialize"))());
        must(must(live.back().get<void(int32_t)>("primes"))(10));
    };
    live.reserve(count + 1);
    add();  // compiles; not counted
    const Footprint before = measure({});
    std::vector<std::pair<uintptr_t, uintptr_t>> memories;
    for (size_t i = 0; i < count; ++i) {
        add();
        const weir::Memory memory = must(live.back().memory());
        const auto base = reinterpret_cast<uintptr_t>(memory.bytes(0, 0)->data());
        memories.emplace_back(base, base + memory.size_bytes());
    }
    std::sort(memories.begin(), memories.end());
    const Footprint after = measure(memories);
    const double all = (after.all - before.all) / count, own = after.memories / count;
    std::printf("%zu live instances of the Go module, after _initialize and primes(10)\n", count);
    std::printf(
        "  of each, the guest's memory        %10.1f KiB\n  of each, all that the process has  %10.1f KiB   %.3f times that\n",
        own / 1024, all / 1024, all / own);
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 4) fail("usage: weir-bench-api WASMTIME_LIBRARY EXPORT_WASM GO_EXPORT_WASM [ROUNDS]");
    const int rounds = argc > 4 ? std::atoi(argv[4]) : 11;
    measure_memory(read_file(argv[3]));
    load_wasmtime(argv[1]);
    bench_calls(rounds);
    bench_instances(read_file(argv[2]), rounds);
}
