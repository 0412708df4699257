#include "wasm/validate.hpp"

#include "wasm/function_validator.hpp"
#include "wasm/names.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>

namespace weir::wasm {

namespace {

// Starting a thread costs about what it takes to validate so many bytes.
constexpr size_t bytes_per_thread = 128 * 1024;
// A unit of work: large enough that taking it costs nothing, small enough that threads end together.
constexpr size_t functions_per_batch = 64;

/// Notes the functions that ref.func names.
class RefCollector {
public:
    explicit RefCollector(std::vector<bool>& found) : m_found(found) {}
    void at(uint32_t) {}
#define WEIR_OP(code, ident, text, imm, ...) \
    bool ident(const imm& i) { return see<Opcode::ident>(i); }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    template <Opcode op, class Imm>
    bool see([[maybe_unused]] const Imm& imm)
    {
        if constexpr (op == Opcode::ref_func)
            if (imm.value < m_found.size()) m_found[imm.value] = true;
        return true;
    }
    std::vector<bool>& m_found;
};

class ModuleValidator {
public:
    explicit ModuleValidator(Module& module) : m_module(module), m_declared_refs(module.functions.size(), false) {}

    std::optional<ModuleError> run(unsigned threads)
    {
        collect_declared_refs();
        for (const Import& import : m_module.imports)
            if (auto e = check_extern(import.type)) return e;
        FunctionValidator constants{m_module, m_declared_refs};
        for (size_t i = m_module.imported_memory_count; i < m_module.memories.size(); ++i)
            if (auto e = check_memory(m_module.memories[i])) return e;
        if (auto e = check_tables(constants)) return e;
        if (auto e = check_globals(constants)) return e;
        for (const TypeId tag : m_module.tags)
            if (!m_module.sub_type(tag).func.results.empty()) return invalid("non-empty tag result type");
        if (auto e = check_exports()) return e;
        if (m_module.start) {
            if (m_module.start->value >= m_module.functions.size()) return invalid("unknown function: the start function");
            const FuncType& type = m_module.func_type(*m_module.start);
            if (!type.params.empty() || !type.results.empty()) return invalid("start function: it takes no parameters and gives no results");
        }
        if (auto e = check_elems(constants)) return e;
        if (auto e = check_datas(constants)) return e;
        m_module.unsupported = constants.unsupported();
        return check_bodies(threads);
    }

private:
    static ModuleError invalid(std::string message, size_t offset = 0) { return {ErrorKind::invalid, std::move(message), offset, std::nullopt, {}}; }

    static std::optional<ModuleError> check_limits(const Limits& limits, uint64_t range, const char* too_large)
    {
        if (limits.min > range || (limits.max && *limits.max > range)) return invalid(too_large);
        if (limits.max && *limits.max < limits.min) return invalid("size minimum must not be greater than maximum");
        return std::nullopt;
    }
    static std::optional<ModuleError> check_memory(const MemoryType& t)
    {
        if (t.page_size_log2 != 0 && t.page_size_log2 != 16) return invalid("invalid custom page size");
        // The address space in pages; all 2^64 bytes of single-byte pages do not fit a count and need no check.
        const uint32_t address_bits = t.address == AddressType::i64 ? 64 : 32;
        const uint64_t range = address_bits == 64 && t.page_size_log2 == 0 ? UINT64_MAX : uint64_t{1} << (address_bits - t.page_size_log2);
        if (auto e = check_limits(t.limits, range, "memory size must be at most 65536 pages (4 GiB), or 2^48 pages with 64-bit addresses")) return e;
        if (t.is_shared && !t.limits.max) return invalid("shared memory must have maximum");
        return std::nullopt;
    }
    static std::optional<ModuleError> check_table(const TableType& t)
    {
        return check_limits(t.limits, t.address == AddressType::i64 ? UINT64_MAX : UINT32_MAX, "table size must be at most 2^32-1");
    }
    std::optional<ModuleError> check_extern(const ExternType& type) const
    {
        if (const auto* const t = std::get_if<TableType>(&type)) return check_table(*t);
        if (const auto* const t = std::get_if<MemoryType>(&type)) return check_memory(*t);
        return std::nullopt;
    }

    std::optional<ModuleError> check_tables(FunctionValidator& constants)
    {
        for (size_t i = m_module.imported_table_count; i < m_module.tables.size(); ++i) {
            const Table& t = m_module.tables[i];
            if (auto e = check_table(t.type)) return e;
            if (t.init) {
                if (auto e = constants.validate_const(*t.init, t.type.element, m_module.imported_global_count)) return e;
            } else if (!t.type.element.is_defaultable()) {
                return invalid("type mismatch: a table of non-nullable references needs an initial value");
            }
        }
        return std::nullopt;
    }
    std::optional<ModuleError> check_globals(FunctionValidator& constants)
    {
        for (uint32_t i = m_module.imported_global_count; i < m_module.globals.size(); ++i)
            if (auto e = constants.validate_const(m_module.globals[i].init, m_module.globals[i].type.type, i)) return e;
        return std::nullopt;
    }

    std::optional<ModuleError> check_exports() const
    {
        std::unordered_set<std::string_view> names;
        names.reserve(m_module.exports.size());
        for (const Export& e : m_module.exports) {
            if (!names.insert(e.name).second) return invalid("duplicate export name '" + std::string{e.name} + "'");
            const auto check = [&](size_t size, const char* what) -> std::optional<ModuleError> {
                if (e.index < size) return std::nullopt;
                return invalid(std::string{"unknown "} + what + " " + std::to_string(e.index) + " in export '" + std::string{e.name} + "'");
            };
            std::optional<ModuleError> error;
            switch (e.kind) {
            case ExternKind::func: error = check(m_module.functions.size(), "function"); break;
            case ExternKind::table: error = check(m_module.tables.size(), "table"); break;
            case ExternKind::memory: error = check(m_module.memories.size(), "memory"); break;
            case ExternKind::global: error = check(m_module.globals.size(), "global"); break;
            case ExternKind::tag: error = check(m_module.tags.size(), "tag"); break;
            }
            if (error) return error;
        }
        return std::nullopt;
    }

    std::optional<ModuleError> check_elems(FunctionValidator& constants)
    {
        const auto global_count = static_cast<uint32_t>(m_module.globals.size());
        for (const ElemSegment& s : m_module.elems) {
            if (s.mode == SegmentMode::active) {
                if (s.table.value >= m_module.tables.size()) return invalid("unknown table " + std::to_string(s.table.value));
                const TableType& table = m_module.tables[s.table.value].type;
                if (!m_module.registry->is_subtype(s.type, table.element))
                    return invalid("type mismatch: the segment's elements do not fit the table", s.offset.offset_bytes);
                if (auto e = constants.validate_const(s.offset, table.address == AddressType::i64 ? i64 : i32, global_count)) return e;
            }
            for (const FuncIdx f : s.functions)
                if (f.value >= m_module.functions.size()) return invalid("unknown function " + std::to_string(f.value) + " in an element segment");
            for (const ConstExpr& expr : s.elements)
                if (auto e = constants.validate_const(expr, s.type, global_count)) return e;
        }
        return std::nullopt;
    }
    std::optional<ModuleError> check_datas(FunctionValidator& constants)
    {
        const auto global_count = static_cast<uint32_t>(m_module.globals.size());
        for (const DataSegment& s : m_module.datas) {
            if (s.mode != SegmentMode::active) continue;
            if (s.memory.value >= m_module.memories.size()) return invalid("unknown memory " + std::to_string(s.memory.value));
            const ValType address = m_module.memories[s.memory.value].address == AddressType::i64 ? i64 : i32;
            if (auto e = constants.validate_const(s.offset, address, global_count)) return e;
        }
        return std::nullopt;
    }

    /// ref.func may name what the module names outside of function bodies. Core 3.0, 3.5 "Modules": C.refs.
    void collect_declared_refs()
    {
        const auto declare = [&](uint32_t f) {
            if (f < m_declared_refs.size()) m_declared_refs[f] = true;
        };
        RefCollector collector{m_declared_refs};
        const auto scan = [&](const ConstExpr& e) {
            if (!e.bytes.empty()) read_trusted(m_module, e.bytes, e.offset_bytes, collector);
        };
        for (const Export& e : m_module.exports)
            if (e.kind == ExternKind::func) declare(e.index);
        for (const Global& g : m_module.globals) scan(g.init);
        for (const Table& t : m_module.tables)
            if (t.init) scan(*t.init);
        for (const ElemSegment& s : m_module.elems) {
            for (const FuncIdx f : s.functions) declare(f.value);
            for (const ConstExpr& e : s.elements) scan(e);
        }
    }

    std::optional<ModuleError> check_bodies(unsigned threads)
    {
        const size_t count = m_module.bodies.size();
        size_t bytes = 0;
        for (const FunctionBody& b : m_module.bodies) bytes += b.bytes.size();
        const auto workers = static_cast<unsigned>(std::clamp<size_t>(bytes / bytes_per_thread, 1, std::max(threads, 1U)));

        std::atomic<size_t> next{0};
        std::atomic<size_t> first_bad{count};
        std::mutex mutex;  // guards what follows
        std::optional<ModuleError> error;
        std::optional<UnsupportedUse> unsupported;
        const auto work = [&] {
            FunctionValidator validator{m_module, m_declared_refs};
            for (;;) {
                const size_t begin = next.fetch_add(functions_per_batch, std::memory_order_relaxed);
                // Functions behind a bad one need no look; those before it do, for the first error is the one told.
                if (begin >= first_bad.load(std::memory_order_relaxed)) break;
                const size_t end = std::min(begin + functions_per_batch, count);
                for (size_t i = begin; i < end; ++i) {
                    auto e = validator.validate_body(FuncIdx{m_module.imported_function_count + static_cast<uint32_t>(i)});
                    if (!e) continue;
                    const std::scoped_lock lock{mutex};
                    if (i < first_bad.load(std::memory_order_relaxed)) {
                        first_bad.store(i, std::memory_order_relaxed);
                        error = std::move(e);
                    }
                    break;
                }
            }
            if (const auto& use = validator.unsupported()) {
                const std::scoped_lock lock{mutex};
                if (!unsupported || use->offset_bytes < unsupported->offset_bytes) unsupported = use;
            }
        };
        {
            std::vector<std::jthread> others;
            for (unsigned i = 1; i < workers; ++i) others.emplace_back(work);
            work();
        }
        if (!m_module.unsupported) m_module.unsupported = unsupported;
        return error;
    }

    Module& m_module;
    std::vector<bool> m_declared_refs;
};

}  // namespace

Result<void, ModuleError> validate(Module& module, unsigned threads)
{
    auto error = ModuleValidator{module}.run(threads);
    if (!error) return {};
    if (error->function) error->function_name = FunctionNames{module}.name_of(*error->function);
    return Unexpected{std::move(*error)};
}

}  // namespace weir::wasm
