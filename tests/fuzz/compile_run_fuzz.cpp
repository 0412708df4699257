#include "baseline/baseline.hpp"
#include "runtime/linker.hpp"
#include "runtime/module_code.hpp"
#include "runtime/store.hpp"
#include "wasm/load.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

// Compiles and runs whatever validates. A guest may loop for ever, so it runs in a child process with a budget of processor time:
// to run out of that is fine, to end by any other signal is a find. Modules with imports are only compiled.

namespace {

namespace rt = weir::runtime;

constexpr rlim_t child_cpu_seconds = 1;
constexpr uint64_t max_memory_bytes = uint64_t{64} << 20;

void run_exports(const std::shared_ptr<rt::Engine>& engine, const std::shared_ptr<rt::ModuleCode>& code)
{
    auto store = rt::Store::create(engine);
    if (!store) return;
    auto instance = (*store)->instantiate(code, {});
    if (!instance) return;
    for (const weir::wasm::Export& e : code->module()->exports) {
        if (e.kind != weir::wasm::ExternKind::func) continue;
        const weir::wasm::FuncIdx f{e.index};
        const weir::wasm::FuncType& type = code->module()->func_type(f);
        std::vector<rt::Value> values(std::max({type.params.size(), type.results.size(), size_t{1}}));
        static_cast<void>((*store)->call(*(*instance)->function(f), values.data()));
    }
}

void run(std::span<const std::byte> bytes, rt::BoundsPolicy bounds)
{
    static const auto compiler = weir::baseline::create_compiler();
    auto engine = rt::Engine::create(
        {.compiler = compiler, .bounds = bounds, .max_memory_bytes = max_memory_bytes, .max_table_elements = 100'000});
    if (!engine) return;
    auto module = weir::wasm::load_module(bytes, nullptr, (*engine)->types(), {.threads = 1, .limits = {}});
    if (!module) return;
    auto code = rt::ModuleCode::create(*engine, *module);
    if (!code || !(*code)->compile_all(1)) return;
    if ((*module)->imports.empty()) run_exports(*engine, *code);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto bytes = std::as_bytes(std::span{data, size});
    // Most mutants do not validate: those cost no process.
    if (!weir::wasm::load_module(bytes, nullptr, std::make_shared<weir::wasm::TypeRegistry>(), {.threads = 1, .limits = {}}))
        return -1;
    for (const auto bounds : {rt::BoundsPolicy::guard, rt::BoundsPolicy::checked}) {
        const pid_t child = ::fork();
        if (child < 0) return 0;
        if (child == 0) {
            const rlimit cpu{child_cpu_seconds, child_cpu_seconds + 1};
            ::setrlimit(RLIMIT_CPU, &cpu);
            ::signal(SIGXCPU, SIG_DFL);
            run(bytes, bounds);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        const bool ran_out = WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
        if (!ran_out && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) __builtin_trap();
    }
    return 0;
}
