#include "runtime/module_code.hpp"

#include "runtime/activation.hpp"
#include "runtime/instance.hpp"
#include "runtime/store.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <new>
#include <optional>
#include <thread>
#include <vector>

namespace weir::runtime {

namespace {
// Machine code is some four to ten times its wasm; vectors and br_table more. Address space costs nothing.
constexpr size_t code_bytes_per_wasm_byte = 32;
// Counting, leaving loops, and the other tier's code, which gets no more than half of the room: functions that have no code yet come first.
constexpr size_t tiered_code_bytes_per_wasm_byte = 128;
constexpr size_t min_code_bytes = size_t{1} << 20;
// Of code from a file that counts for a tier which this engine does not have: it counts so far, and from there again.
constexpr int32_t never_hot = std::numeric_limits<int32_t>::max();
}  // namespace

ModuleCode::ModuleCode(std::shared_ptr<Engine> engine, std::shared_ptr<const wasm::Module> module)
    : m_engine(std::move(engine)), m_module(std::move(module)), m_layout(*m_module), m_static_elements(*m_module)
{
    m_options = options_for(*m_engine, *m_module);
}

CompileOptions ModuleCode::options_for(const Engine& engine, const wasm::Module& module)
{
    CompileOptions options;
    for (const wasm::MemoryType& t : module.memories) options.memory_modes.push_back(engine.mode_for(t));
    options.counts = engine.tier_up() != nullptr;
    options.counts_fuel = engine.config().fuel != 0;
    return options;
}

Result<std::shared_ptr<ModuleCode>, std::string> ModuleCode::create(std::shared_ptr<Engine> engine,
                                                                    std::shared_ptr<const wasm::Module> module)
{
    return create(std::move(engine), std::move(module), nullptr);
}

Result<std::shared_ptr<ModuleCode>, std::string> ModuleCode::create(std::shared_ptr<Engine> engine,
                                                                    std::shared_ptr<const wasm::Module> module,
                                                                    std::shared_ptr<const CodeImage> image)
{
    if (module->unsupported) {
        const auto& use = *module->unsupported;
        return Unexpected{"the module uses " + std::string{use.feature} + " (" + std::string{use.instruction} + " in function " +
                          std::to_string(use.function.value) + "), which weir validates but does not run yet"};
    }
    size_t wasm_bytes = 0;
    for (const wasm::FunctionBody& b : module->bodies) wasm_bytes += b.bytes.size();
    auto code = std::shared_ptr<ModuleCode>{new ModuleCode{std::move(engine), std::move(module)}};
    if (code->m_options.counts_fuel) image = nullptr;  // no former run's code counts it
    const size_t per_byte =
        code->m_options.counts || code->m_options.counts_fuel ? tiered_code_bytes_per_wasm_byte : code_bytes_per_wasm_byte;
    const size_t slots = code->m_module->bodies.size(), code_bytes = min_code_bytes + wasm_bytes * per_byte;
    auto space = CodeSpace::create(slots, code_bytes, image);
    if (!space && image != nullptr) space = CodeSpace::create(slots, code_bytes);
    if (!space) return Unexpected{space.error().to_string()};
    code->m_space = std::move(*space);
    code->m_space->owner = code.get();
    if (const CodeImage* const mapped = code->m_space->image()) code->enter_image(*mapped);
    return code;
}

const std::byte* ModuleCode::publish(const CompiledCode& code, wasm::FuncIdx function, PlacedCode::Kind kind, uint32_t loop_offset)
{
    const std::byte* const place = m_space->publish(code, m_module->imported_function_count, function.value,
                                                    kind == PlacedCode::Kind::first ? CodeTier::first : CodeTier::hot, loop_offset);
    if (CodeListener* const listener = m_engine->config().code_listener.get(); listener != nullptr && place != nullptr)
        listener->placed({kind, m_module.get(), function, loop_offset, {place, code.bytes.size()}});
    return place;
}

void ModuleCode::enter_image(const CodeImage& image)
{
    const uint32_t first = m_module->imported_function_count;
    const TierUp* const tiers = m_engine->tier_up();
    for (const PieceRecord& piece : image.pieces) {
        const std::byte* const code = m_space->address_of(piece);
        HeatCounters& counters = m_space->counters(piece.function - first);
        if (piece.loop_offset != 0) {
            if (tiers != nullptr) counters.loops = 0;  // on_hot soon learns which loop it is
            continue;
        }
        if (piece.tier == CodeTier::first) {
            if (tiers != nullptr) tiers->start_counting(counters, code);
            else counters = {.calls = never_hot, .loops = never_hot, .first_code = code};
        }
        m_space->slot(piece.function - first).entry.store(code, std::memory_order_relaxed);
    }
}

Result<const void*, CompileError> ModuleCode::make_first_code(wasm::FuncIdx function, CompiledCode& buffers)
{
    WEIR_CHECK(m_engine->compiler().compile_function(*m_module, m_layout, m_options, function, buffers));
    const std::byte* const code = publish(buffers, function, PlacedCode::Kind::first);
    if (code == nullptr) return Unexpected{CompileError{"the module's code space is full"}};
    if (const TierUp* const tiers = m_engine->tier_up()) tiers->start_counting(counters_of(function), code);
    set_entry(function, code);
    return static_cast<const void*>(code);
}

void ModuleCode::add(Instance& instance)
{
    const std::scoped_lock lock{m_instances_mutex};
    instance.m_place = m_instances.size();
    m_instances.push_back(&instance);
}

void ModuleCode::remove(const Instance& instance) noexcept
{
    const std::scoped_lock lock{m_instances_mutex};
    m_instances.back()->m_place = instance.m_place;
    m_instances[instance.m_place] = m_instances.back();
    m_instances.pop_back();
}

void ModuleCode::set_entry(wasm::FuncIdx function, const void* code)
{
    m_space->slot(function.value - m_module->imported_function_count).entry.store(code);
    const std::scoped_lock lock{m_instances_mutex};
    for (const Instance* const instance : m_instances) instance->update_function(function, code);
}

Result<const void*, CompileError> ModuleCode::compile(wasm::FuncIdx function)
{
    const CodeSlot& slot = slot_of(function);
    const std::scoped_lock lock{m_mutex};
    const void* const entry = slot.entry.load(std::memory_order_acquire);
    if (m_space->find(reinterpret_cast<uintptr_t>(entry))) return entry;  // another thread was faster
    thread_local CompiledCode compiled;
    return make_first_code(function, compiled);
}

const void* ModuleCode::on_hot(wasm::FuncIdx function, uint32_t loop_offset)
{
    if (m_engine->tier_up() == nullptr) {
        HeatCounters& counters = counters_of(function);
        counters.calls = counters.loops = never_hot;
        return nullptr;
    }
    std::call_once(m_image_is_remembered, [this] {
        if (const CodeImage* const image = m_space->image()) m_hot_code.remember(*image, *m_space);
    });
    return m_engine->tier_up()->on_hot(*this, function, loop_offset);
}

const void* ModuleCode::install(const CompiledCode& code, wasm::FuncIdx function, uint32_t loop_offset)
{
    const bool is_entry = loop_offset == 0;
    if (m_space->used_bytes() > m_space->capacity_bytes() / 2) return nullptr;
    const std::byte* const place =
        publish(code, function, is_entry ? PlacedCode::Kind::hot : PlacedCode::Kind::hot_loop, loop_offset);
    if (place != nullptr && is_entry) set_entry(function, place);
    return place;
}

Result<ModuleCode::CompileTotals, CompileError> ModuleCode::compile_all(unsigned threads)
{
    const uint32_t first = m_module->imported_function_count;
    const auto count = static_cast<uint32_t>(m_module->bodies.size());
    std::atomic<uint32_t> next{0};
    std::mutex mutex;  // guards error
    std::optional<CompileError> error;
    const auto work = [&] {
        CompiledCode compiled;
        for (uint32_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
            const wasm::FuncIdx function{first + i};
            auto result = make_first_code(function, compiled);
            if (!result) {
                const std::scoped_lock lock{mutex};
                if (!error) error = result.error();
                return;
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < std::min(threads, count); ++i) others.emplace_back(work);
        work();
    }
    if (error) return Unexpected{std::move(*error)};
    CompileTotals totals{count, 0, m_space->used_bytes()};
    for (const wasm::FunctionBody& b : m_module->bodies) totals.wasm_bytes += b.bytes.size();
    return totals;
}

std::span<const std::byte> ModuleCode::code_of(wasm::FuncIdx function)
{
    const auto entry = compile(function);
    if (!entry) return {};
    const auto piece = m_space->find(reinterpret_cast<uintptr_t>(*entry));
    return !piece ? std::span<const std::byte>{} : m_space->code_of(*piece);
}

extern "C" const void* weir_hot(InstanceContext* context, uint32_t function, uint32_t loop_offset) noexcept
{
    try {
        return context->instance->code().on_hot(wasm::FuncIdx{function}, loop_offset);
    } catch (const std::bad_alloc&) {
        return nullptr;  // then it stays as it is
    }
}

extern "C" const void* weir_compile_on_call(InstanceContext* context, uint32_t function) noexcept
{
    ModuleCode& code = context->instance->code();
    Store& store = *context->exec->store;
    try {
        const auto entry = code.compile(wasm::FuncIdx{code.module()->imported_function_count + function});
        if (entry) return *entry;
        store.set_pending_trap(TrapKind::compilation_failed, entry.error().message);
    } catch (const std::bad_alloc&) {
        store.set_pending_trap(TrapKind::compilation_failed, "out of memory");
    }
    return nullptr;
}

}  // namespace weir::runtime
