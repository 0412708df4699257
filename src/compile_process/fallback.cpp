#include "compile_process/fallback.hpp"

namespace weir::compile_process {

using runtime::CompiledCode;
using runtime::CompileError;

namespace {

class FallbackCompiler final : public runtime::Compiler {
public:
    FallbackCompiler(std::shared_ptr<const runtime::Compiler> first, std::shared_ptr<const runtime::Compiler> second)
        : m_first(std::move(first)), m_second(std::move(second))
    {
    }

    Result<void, CompileError> compile_function(const wasm::Module& module, const runtime::ContextLayout& layout,
                                                const runtime::CompileOptions& options, wasm::FuncIdx function,
                                                CompiledCode& out) const override
    {
        if (m_first->compile_function(module, layout, options, function, out)) return {};
        return m_second->compile_function(module, layout, options, function, out);
    }
    Result<void, CompileError> compile_loop(const wasm::Module& module, const runtime::ContextLayout& layout,
                                            const runtime::CompileOptions& options, wasm::FuncIdx function, uint32_t loop_offset,
                                            CompiledCode& out) const override
    {
        if (m_first->compile_loop(module, layout, options, function, loop_offset, out)) return {};
        return m_second->compile_loop(module, layout, options, function, loop_offset, out);
    }
    Result<void, CompileError> compile_entry(const wasm::FuncType& type, CompiledCode& out) const override
    {
        return m_second->compile_entry(type, out);
    }
    Result<void, CompileError> compile_host_call(const wasm::FuncType& type, CompiledCode& out) const override
    {
        return m_second->compile_host_call(type, out);
    }

private:
    std::shared_ptr<const runtime::Compiler> m_first, m_second;
};

}  // namespace

std::shared_ptr<const runtime::Compiler> create_fallback_compiler(std::shared_ptr<const runtime::Compiler> first,
                                                                  std::shared_ptr<const runtime::Compiler> second)
{
    return std::make_shared<FallbackCompiler>(std::move(first), std::move(second));
}

}  // namespace weir::compile_process
