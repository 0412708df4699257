#include "baseline/baseline.hpp"
#include "baseline/function_compiler.hpp"
#include "baseline/trampolines.hpp"

// glibc 2.36 wrote this header for C alone.
#define _Bool bool
#include <sys/platform/x86.h>
#undef _Bool

namespace weir::baseline {

CpuFeatures CpuFeatures::host()
{
    // What libc found out when the process started. The instruction cpuid itself takes microseconds on a virtual machine, which
    // asmjit's CpuInfo and __builtin_cpu_supports would pay again at every start.
    return {.avx = CPU_FEATURE_ACTIVE(AVX),
            .avx2 = CPU_FEATURE_ACTIVE(AVX2),
            .fma = CPU_FEATURE_ACTIVE(FMA),
            .bmi2 = CPU_FEATURE_ACTIVE(BMI2),
            .lzcnt = CPU_FEATURE_ACTIVE(LZCNT),
            .tzcnt = CPU_FEATURE_ACTIVE(BMI1),
            .popcnt = CPU_FEATURE_ACTIVE(POPCNT)};
}

namespace {

class BaselineCompiler final : public runtime::Compiler {
public:
    explicit BaselineCompiler(CpuFeatures features) : m_features(features) {}

    Result<void, runtime::CompileError> compile_function(const wasm::Module& module, const runtime::ContextLayout& layout,
                                                         const runtime::CompileOptions& options, wasm::FuncIdx function,
                                                         runtime::CompiledCode& out) const override
    {
        return with_compiler([&](FunctionCompiler& c) { return c.compile(module, layout, options, function, out); });
    }

    Result<void, runtime::CompileError> compile_loop(const wasm::Module&, const runtime::ContextLayout&,
                                                     const runtime::CompileOptions&, wasm::FuncIdx, uint32_t,
                                                     runtime::CompiledCode&) const override
    {
        return Unexpected{runtime::CompileError{"this tier is entered at functions' entries only"}};
    }

    Result<void, runtime::CompileError> compile_entry(const wasm::FuncType& type, runtime::CompiledCode& out) const override
    {
        return with_compiler([&](FunctionCompiler& c) { return checked(emit_entry(c.masm(), type, out)); });
    }

    Result<void, runtime::CompileError> compile_host_call(const wasm::FuncType& type, runtime::CompiledCode& out) const override
    {
        return with_compiler([&](FunctionCompiler& c) { return checked(emit_host_call(c.masm(), type, out)); });
    }

private:
    static Result<void, runtime::CompileError> checked(bool ok)
    {
        if (!ok) return Unexpected{runtime::CompileError{"the assembler ran out of memory"}};
        return {};
    }

    // A compiler keeps its buffers from function to function; each thread has its own.
    template <class F>
    Result<void, runtime::CompileError> with_compiler(F f) const
    {
        thread_local std::unique_ptr<FunctionCompiler> compiler;
        if (!compiler || !(compiler->features() == m_features)) compiler = std::make_unique<FunctionCompiler>(m_features);
        return f(*compiler);
    }

    CpuFeatures m_features;
};

}  // namespace

std::shared_ptr<const runtime::Compiler> create_compiler(CpuFeatures features)
{
    return std::make_shared<BaselineCompiler>(features);
}

}  // namespace weir::baseline
