#include "wasm/validate.hpp"

#include "wasm/function_validator.hpp"
#include "wasm/names.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace weir::wasm {

namespace {

// Starting a thread costs about what it takes to validate so many bytes.
constexpr size_t bytes_per_thread = size_t{128} * 1024;
// A unit of work: large enough that taking it costs nothing, small enough that threads end together.
constexpr size_t functions_per_batch = 64;

/// The bodies of a module, validated by several threads.
class BodyValidation {
public:
    explicit BodyValidation(const ModuleFacts& facts) : m_facts(facts), m_count(facts.module.bodies.size()), m_first_bad(m_count) {}

    /// The first error in the module, if any. Throws std::bad_alloc.
    std::optional<ModuleError> run(unsigned threads)
    {
        size_t bytes = 0;
        for (const FunctionBody& b : m_facts.module.bodies) bytes += b.bytes.size();
        const size_t workers = std::clamp<size_t>(bytes / bytes_per_thread, 1, std::max(threads, 1U));
        {
            std::vector<std::jthread> others;
            others.reserve(workers - 1);
            try {
                while (others.size() + 1 < workers) others.emplace_back([this] { work(); });
            } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch)
                // The system gives no more threads: those that are there do the work.
            }
            work();
        }
        if (m_is_out_of_memory) throw std::bad_alloc{};
        return std::move(m_error);
    }
    [[nodiscard]] const std::optional<UnsupportedUse>& unsupported() const { return m_unsupported; }

private:
    void work() noexcept
    {
        try {
            validate_batches();
        } catch (const std::bad_alloc&) {
            m_is_out_of_memory = true;
        }
    }
    void validate_batches()
    {
        FunctionValidator validator{m_facts};
        for (;;) {
            const size_t begin = m_next.fetch_add(functions_per_batch, std::memory_order_relaxed);
            // Functions behind a bad one need no look; those before it do, for the first error is the one told.
            if (begin >= m_first_bad.load(std::memory_order_relaxed)) break;
            const size_t end = std::min(begin + functions_per_batch, m_count);
            for (size_t i = begin; i < end; ++i) {
                auto error = validator.validate_body(FuncIdx{m_facts.module.imported_function_count + static_cast<uint32_t>(i)});
                if (!error) continue;
                const std::scoped_lock lock{m_mutex};
                if (i < m_first_bad.load(std::memory_order_relaxed)) {
                    m_first_bad.store(i, std::memory_order_relaxed);
                    m_error = std::move(error);
                }
                break;
            }
        }
        if (const auto& use = validator.unsupported()) {
            const std::scoped_lock lock{m_mutex};
            if (!m_unsupported || use->offset_bytes < m_unsupported->offset_bytes) m_unsupported = use;
        }
    }

    const ModuleFacts& m_facts;
    size_t m_count;
    std::atomic<size_t> m_next{0};
    std::atomic<size_t> m_first_bad;
    std::atomic<bool> m_is_out_of_memory{false};
    std::mutex m_mutex;  // guards what follows
    std::optional<ModuleError> m_error;
    std::optional<UnsupportedUse> m_unsupported;
};

class ModuleValidator {
public:
    ModuleValidator(Module& module, const ValidationRules& rules) : m_module(module), m_facts(module, rules) {}

    /// In the order of the sections, for the error that stands first is the one told.
    std::optional<ModuleError> run(unsigned threads)
    {
        const ValidationRules& rules = m_facts.rules;
        if (!rules.allows_many_tables && m_module.tables.size() > 1)
            return ModuleError{ErrorKind::invalid, "multiple tables", 0, {}, {}};
        if (!rules.allows_many_memories && m_module.memories.size() > 1)
            return ModuleError{ErrorKind::invalid, "multiple memories", 0, {}, {}};
        FunctionValidator constants{m_facts};
        const auto global_count = static_cast<uint32_t>(m_module.globals.size());
        for (const Table& t : m_module.tables)
            if (t.init)
                if (auto e = constants.validate_const(*t.init, t.type.element, m_module.imported_global_count)) return e;
        for (uint32_t i = m_module.imported_global_count; i < global_count; ++i)
            if (auto e = constants.validate_const(m_module.globals[i].init, m_module.globals[i].type.type, i)) return e;
        for (const ElemSegment& s : m_module.elems)
            if (auto e = check_elem(constants, s)) return e;
        BodyValidation bodies{m_facts};
        if (auto e = bodies.run(threads)) return e;
        m_module.unsupported = bodies.unsupported();
        for (const DataSegment& s : m_module.datas)
            if (s.mode == SegmentMode::active)
                if (auto e = constants.validate_const(s.offset, m_facts.memory_address_types[s.memory.value], global_count))
                    return e;
        // A constant expression stands before all bodies, but for those of data segments.
        const auto& in_constants = constants.unsupported();
        if (in_constants && (!m_module.unsupported || in_constants->offset_bytes < m_module.unsupported->offset_bytes))
            m_module.unsupported = in_constants;
        return std::nullopt;
    }

private:
    std::optional<ModuleError> check_elem(FunctionValidator& constants, const ElemSegment& s) const
    {
        const auto global_count = static_cast<uint32_t>(m_module.globals.size());
        if (s.mode == SegmentMode::active) {
            const TableType& table = m_module.tables[s.table.value].type;
            if (auto e = constants.validate_const(s.offset, table.address == AddressType::i64 ? i64 : i32, global_count)) return e;
            if (!m_module.registry->is_subtype(s.type, table.element)) {
                ModuleError e{
                    ErrorKind::invalid,         {}, s.offset.offset_bytes, std::nullopt, {}, to_string(table.element, m_module),
                    to_string(s.type, m_module)};
                e.message = "type mismatch: the table wants elements of type " + e.expected + ", the segment has " + e.found;
                return e;
            }
        }
        for (const ConstExpr& expr : s.elements)
            if (auto e = constants.validate_const(expr, s.type, global_count)) return e;
        return std::nullopt;
    }

    Module& m_module;
    ModuleFacts m_facts;
};

}  // namespace

Result<void, ModuleError> validate(Module& module, unsigned threads, const ValidationRules& rules)
{
    try {
        auto error = ModuleValidator{module, rules}.run(threads);
        if (!error) return {};
        if (error->function) error->function_name = FunctionNames{module}.name_of(*error->function);
        return Unexpected{std::move(*error)};
    } catch (const std::bad_alloc&) {
        return Unexpected{ModuleError{ErrorKind::limit, "there is not enough memory to validate the module", 0, std::nullopt, {}}};
    }
}

}  // namespace weir::wasm
