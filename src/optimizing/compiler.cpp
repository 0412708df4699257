#include "optimizing/inlining.hpp"
#include "optimizing/machine.hpp"
#include "optimizing/object_reader.hpp"
#include "optimizing/optimizing.hpp"
#include "optimizing/translator.hpp"

#include <llvm/IR/Verifier.h>

namespace weir::optimizing {

using runtime::CompiledCode;
using runtime::CompileError;

namespace {

// A stack check looks at the frame's upper end. Frames up to this size fit into the reserve below the limit; larger ones are compiled once
// more with their size in the comparison.
constexpr uint32_t max_unchecked_frame_bytes = 16 * 1024;
constexpr uint32_t max_frame_bytes = 1U << 24;

class OptimizingCompiler final : public runtime::Compiler {
public:
    OptimizingCompiler(std::shared_ptr<const runtime::Compiler> baseline, unsigned effort)
        : m_baseline(std::move(baseline)), m_effort(effort)
    {
    }

    Result<void, CompileError> compile_function(const wasm::Module& module, const runtime::ContextLayout& layout,
                                                const runtime::CompileOptions& options, wasm::FuncIdx function,
                                                CompiledCode& out) const override
    {
        return compile(module, layout, options, function, 0, out);
    }
    Result<void, CompileError> compile_loop(const wasm::Module& module, const runtime::ContextLayout& layout,
                                            const runtime::CompileOptions& options, wasm::FuncIdx function, uint32_t loop_offset,
                                            CompiledCode& out) const override
    {
        return compile(module, layout, options, function, loop_offset, out);
    }

    Result<void, CompileError> compile_entry(const wasm::FuncType& type, CompiledCode& out) const override
    {
        return m_baseline->compile_entry(type, out);
    }
    Result<void, CompileError> compile_host_call(const wasm::FuncType& type, CompiledCode& out) const override
    {
        return m_baseline->compile_host_call(type, out);
    }

private:
    Result<void, CompileError> compile(const wasm::Module& module, const runtime::ContextLayout& layout,
                                       const runtime::CompileOptions& options, wasm::FuncIdx function, uint32_t loop_offset,
                                       CompiledCode& out) const
    {
        thread_local std::unique_ptr<Machine> machine;
        if (!machine) {
            WEIR_TRY(made, Machine::create());
            machine = std::move(made);
        }
        machine->set_effort(m_effort);
        TranslationOptions translation{.has_fma = machine->has_feature("fma"), .loop_offset = loop_offset};
        const TranslationOptions of_callees{.has_fma = translation.has_fma, .checks_stack = false};
        const auto compile_once = [&]() -> Result<ReadObject, CompileError> {
            llvm::LLVMContext context;
            llvm::Module unit{"wasm", context};
            machine->prepare(unit);
            InlineCandidates candidates{unit, module, function, inlining_limits(m_effort)};
            WEIR_TRY(translated, FunctionTranslator(unit, module, layout, options, translation, candidates).translate(function));
            while (const auto callee = candidates.next()) {
                FunctionTranslator translator{unit, module, layout, options, of_callees, candidates};
                (void)translator.translate_callee(callee->function, callee->declaration);  // else it is called
            }
            machine->optimize(*translated);
            call_through_slots(unit);
            auto inlined_calls = number_inlined_calls(*translated);
            if (!inlined_calls) return Unexpected{CompileError{"too many calls were inlined"}};
            out.inlined_calls = std::move(*inlined_calls);
            WEIR_TRY(object, machine->emit(unit));
            return read_object(*machine, object, out);
        };
        WEIR_TRY(read, compile_once());
        if (read.frame_bytes > max_unchecked_frame_bytes) {
            if (read.frame_bytes > max_frame_bytes) return Unexpected{CompileError{"the function's frame is too large"}};
            translation.stack_slack_bytes = static_cast<uint32_t>(read.frame_bytes);
            WEIR_CHECK(compile_once());
        }
        return {};
    }

    std::shared_ptr<const runtime::Compiler> m_baseline;
    unsigned m_effort;
};

}  // namespace

std::shared_ptr<const runtime::Compiler> create_compiler(std::shared_ptr<const runtime::Compiler> baseline)
{
    return create_compiler(std::move(baseline), 2);
}

std::shared_ptr<const runtime::Compiler> create_compiler(std::shared_ptr<const runtime::Compiler> baseline, unsigned effort)
{
    return std::make_shared<OptimizingCompiler>(std::move(baseline), effort);
}

}  // namespace weir::optimizing
