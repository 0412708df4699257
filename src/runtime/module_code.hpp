#pragma once

#include "base/result.hpp"
#include "runtime/code_space.hpp"
#include "runtime/context_layout.hpp"
#include "runtime/engine.hpp"
#include "runtime/static_elements.hpp"
#include "wasm/module.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace weir::runtime {

class Instance;

/// The machine code of a module, shared by its instances: a function is compiled at its first call. Thread-safe.
class ModuleCode : public std::enable_shared_from_this<ModuleCode> {
public:
    /// Refuses a module that uses instructions weir does not run; the message names the feature.
    static Result<std::shared_ptr<ModuleCode>, std::string> create(std::shared_ptr<Engine> engine,
                                                                   std::shared_ptr<const wasm::Module> module);
    /// With code that a former run has made: a consistent image, of the same module and options. Where it cannot be mapped, without.
    static Result<std::shared_ptr<ModuleCode>, std::string> create(std::shared_ptr<Engine> engine,
                                                                   std::shared_ptr<const wasm::Module> module,
                                                                   std::shared_ptr<const CodeImage> image);
    /// The options with which an engine has a module compiled.
    static CompileOptions options_for(const Engine& engine, const wasm::Module& module);

    [[nodiscard]] Engine& engine() const { return *m_engine; }
    [[nodiscard]] const std::shared_ptr<const wasm::Module>& module() const { return m_module; }
    [[nodiscard]] const ContextLayout& layout() const { return m_layout; }
    [[nodiscard]] const StaticElements& static_elements() const { return m_static_elements; }
    [[nodiscard]] const CompileOptions& options() const { return m_options; }
    [[nodiscard]] const CodeSlot& slot_of(wasm::FuncIdx f) const
    {
        return m_space->slot(f.value - m_module->imported_function_count);
    }
    [[nodiscard]] CodeSpace& space() const { return *m_space; }

    /// The entry address of a defined function, compiled if it was not yet; the error says why it could not be.
    Result<const void*, CompileError> compile(wasm::FuncIdx function);
    struct CompileTotals {
        size_t functions = 0, wasm_bytes = 0, code_bytes = 0;
    };
    /// What a hot function's counter led to; for the builtin `hot`. Answers a loop's code, or null.
    const void* on_hot(wasm::FuncIdx function, uint32_t loop_offset);
    /// Code of the other tier: gets its place, and the function's slot where `loop_offset` is 0. Null when there is no room.
    const void* install(const CompiledCode& code, wasm::FuncIdx function, uint32_t loop_offset);
    /// Instances whose functions are to call the newest code: from when they have room for functions until they are gone.
    void add(Instance& instance);
    void remove(const Instance& instance) noexcept;
    [[nodiscard]] HotCode& hot_code() { return m_hot_code; }
    [[nodiscard]] HeatCounters& counters_of(wasm::FuncIdx f)
    {
        return m_space->counters(f.value - m_module->imported_function_count);
    }

    /// Compiles every function on `threads` threads.
    Result<CompileTotals, CompileError> compile_all(unsigned threads);
    /// Machine code of a function, compiled if need be; empty on failure.
    [[nodiscard]] std::span<const std::byte> code_of(wasm::FuncIdx function);

private:
    ModuleCode(std::shared_ptr<Engine> engine, std::shared_ptr<const wasm::Module> module);
    /// From now on calls of a function lead there.
    void set_entry(wasm::FuncIdx function, const void* code);
    /// Slots and counters for the image's code.
    void enter_image(const CodeImage& image);

    /// Gives code its place and tells the engine's listener. Null when there is no room.
    const std::byte* publish(const CompiledCode& code, wasm::FuncIdx function, PlacedCode::Kind kind, uint32_t loop_offset = 0);
    /// By the engine's compiler; the slot gets it. `buffers` are the caller's.
    Result<const void*, CompileError> make_first_code(wasm::FuncIdx function, CompiledCode& buffers);

    std::shared_ptr<Engine> m_engine;
    std::shared_ptr<const wasm::Module> m_module;
    ContextLayout m_layout;
    StaticElements m_static_elements;
    CompileOptions m_options;
    std::unique_ptr<CodeSpace> m_space;
    HotCode m_hot_code;
    std::once_flag m_image_is_remembered;
    std::mutex m_mutex;  // one compilation of a function at a time
    std::mutex m_instances_mutex;
    std::vector<Instance*> m_instances;
};

}  // namespace weir::runtime
