#include "compile_process/whole_module.hpp"

#include "compile_process/importance.hpp"
#include "compile_process/remote_compiler.hpp"
#include "runtime/context_layout.hpp"
#include "wasm/reader.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <numeric>
#include <thread>

namespace weir::compile_process {

using runtime::CompileError;

namespace {

constexpr size_t max_kernel_bytes = 4096;
// How much of a module level 1 has the optimizer for. LLVM takes seven times as long as Cranelift, the baseline a seventh; so it is about as much as
// lets a program be ready in no more than twice the time that another runtime with a compiler of one tier takes.
constexpr size_t optimized_part = 7, min_optimized_bytes = size_t{64} << 10;

/// Looks for loops and calls.
struct KernelFinder {
    bool has_loop = false;
    bool has_call = false;

    void at(uint32_t) {}
#define WEIR_OP(code, ident, text, imm, ...) \
    bool ident(const wasm::imm&) { return read(wasm::Opcode::ident); }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    /// Whether to read on.
    bool read(wasm::Opcode op)
    {
        using enum wasm::Opcode;
        has_loop |= op == loop;
        has_call |= op == call || op == call_indirect || op == call_ref || op == return_call || op == return_call_indirect ||
                    op == return_call_ref;
        return !has_call;
    }
};

bool is_kernel(const wasm::Module& module, const wasm::FunctionBody& body)
{
    if (body.bytes.size() > max_kernel_bytes) return false;
    const auto locals = wasm::read_locals(module, body);
    if (!locals) return false;
    KernelFinder finder;
    wasm::read_trusted(module, body.bytes.subspan(locals->code_begin), 0, finder);
    return finder.has_loop && !finder.has_call;
}

/// Of each body, whether the optimizer is to compile it.
std::vector<bool> wanted_bodies(const wasm::Module& module, const WholeModuleOptions& options)
{
    const auto size_of = [](const wasm::FunctionBody& body) { return body.bytes.size(); };
    std::vector<bool> wanted(module.bodies.size());
    if (options.level != 1) {
        for (size_t i = 0; i < wanted.size(); ++i)
            wanted[i] = options.level != 0 && size_of(module.bodies[i]) <= options.max_optimized_bytes;
        return wanted;
    }
    size_t all_bytes = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
        all_bytes += size_of(module.bodies[i]);
        wanted[i] = is_kernel(module, module.bodies[i]);
    }
    const size_t max_bytes = std::max(all_bytes / optimized_part, min_optimized_bytes);
    for (const uint32_t i : most_important(module, max_bytes, options.max_optimized_bytes)) wanted[i] = true;
    return wanted;
}

}  // namespace

Result<std::vector<WholeFunction>, CompileError> compile_whole(const wasm::Module& module, const runtime::CompileOptions& code,
                                                               const std::shared_ptr<const runtime::Compiler>& baseline,
                                                               const WholeModuleOptions& options)
{
    const runtime::ContextLayout layout{module};
    const size_t count = module.bodies.size();
    // Large ones first, so that no thread begins with one when the others end.
    std::vector<uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    const auto size_of = [&](uint32_t i) { return module.bodies[i].bytes.size(); };
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) { return size_of(a) != size_of(b) ? size_of(a) > size_of(b) : a < b; });

    const std::vector<bool> is_wanted = wanted_bodies(module, options);
    std::vector<WholeFunction> functions(count);
    std::atomic<size_t> next{0}, done{0};
    std::mutex mutex;  // guards error
    std::optional<CompileError> error;
    const auto create_optimizer = [&] {
        return options.optimizer.empty() ? create_remote_compiler(baseline, options.level == 3 ? 3 : 2)
                                         : create_remote_compiler(baseline, options.optimizer);
    };
    const auto work = [&] {
        const auto optimizer = options.level != 0 ? create_optimizer() : nullptr;
        for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
            const uint32_t index = order[i];
            const wasm::FuncIdx function{module.imported_function_count + index};
            WholeFunction& made = functions[index];
            if (auto result = baseline->compile_function(module, layout, code, function, made.first); !result) {
                const std::scoped_lock lock{mutex};
                if (!error) error = std::move(result).error();
                next = count;
                return;
            }
            if (is_wanted[index]) {
                made.hot.emplace();
                if (!optimizer->compile_function(module, layout, code, function, *made.hot)) made.hot.reset();
            }
            const size_t so_far = done.fetch_add(1) + 1;
            if (options.on_progress) options.on_progress(so_far);
        }
    };
    {
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < options.threads; ++i) others.emplace_back(work);
        work();
    }
    if (error) return Unexpected{std::move(*error)};
    return functions;
}

bool place(const std::vector<WholeFunction>& functions, runtime::ModuleCode& code)
{
    const uint32_t imported = code.module()->imported_function_count;
    const auto index_of = [&](size_t i) { return imported + static_cast<uint32_t>(i); };
    for (size_t i = 0; i < functions.size(); ++i)
        if (code.space().publish(functions[i].first, imported, index_of(i)) == nullptr) return false;
    // The optimizer's code stands together: it is what runs. Without it a function runs as the baseline has it.
    for (size_t i = 0; i < functions.size(); ++i)
        if (functions[i].hot) code.space().publish(*functions[i].hot, imported, index_of(i), runtime::CodeTier::hot);
    return true;
}

}  // namespace weir::compile_process
