#include "wasm/decode.hpp"

#include "base/pages.hpp"
#include "base/printable.hpp"
#include "wasm/byte_reader.hpp"
#include "wasm/decode_types.hpp"
#include "wasm/reader.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <unordered_set>

namespace weir::wasm {

namespace {

/// Passes over a constant expression: stops at an instruction that may not be in one, notes the functions that it names.
class ConstExprSkipper {
public:
    explicit ConstExprSkipper(std::vector<bool>& referenced_functions) : m_referenced_functions(referenced_functions) {}
    /// Where the last instruction is, and which it is.
    [[nodiscard]] size_t offset() const { return m_offset; }
    [[nodiscard]] Opcode found() const { return m_found; }

    void at(uint32_t offset_bytes) { m_offset = offset_bytes; }
#define WEIR_OP(code, ident, text, imm, ...) \
    bool ident(const wasm::imm& i) { return see<Opcode::ident>(i); }
#include "wasm/opcodes.def"
#undef WEIR_OP

private:
    template <Opcode op, class Imm>
    bool see([[maybe_unused]] const Imm& imm)
    {
        if constexpr (op == Opcode::ref_func)
            if (imm.value < m_referenced_functions.size()) m_referenced_functions[imm.value] = true;
        m_found = op;
        return is_constant_op(op);
    }

    std::vector<bool>& m_referenced_functions;
    size_t m_offset = 0;
    Opcode m_found = Opcode::nop;
};

enum SectionId : uint8_t {
    custom,
    type,
    import,
    function,
    table,
    memory,
    global,
    export_,
    start,
    element,
    code,
    data,
    data_count,
    tag
};

/// Where a section stands in the prescribed order; its ids are historical. Core 3.0, 5.5.16.
constexpr std::array<uint8_t, 14> section_rank{0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

class Decoder {
public:
    Decoder(Module& module, const DecodeLimits& limits) : m_module(module), m_limits(limits), m_reader(module.bytes, 0) {}

    std::optional<ModuleError> run()
    {
        m_reader.bytes(8);  // checked by the caller
        uint8_t last_rank = 0;
        while (!m_reader.at_end() && !m_error) {
            const size_t at = m_reader.offset();
            const uint8_t id = m_reader.u8();
            const uint32_t size = m_reader.u32();
            const size_t content_offset = m_reader.offset();
            const auto content = m_reader.bytes(size);
            if (m_reader.failed())
                return error(ErrorKind::malformed, "unexpected end: the section's length is out of bounds", content_offset);
            if (id >= section_rank.size()) return error(ErrorKind::malformed, "malformed section id " + std::to_string(id), at);
            if (id != custom) {
                if (section_rank[id] <= last_rank)
                    return error(ErrorKind::malformed, "unexpected content after last section: sections out of order or repeated",
                                 at);
                last_rank = section_rank[id];
            }
            ByteReader r{content, content_offset};
            section(static_cast<SectionId>(id), r);
            if (m_error) return m_error;
            if (r.failed()) return r.error();
            if (id != custom && !r.at_end())
                return error(ErrorKind::malformed, "section size mismatch: bytes behind the section's content", r.offset());
        }
        if (m_reader.failed()) return m_reader.error();
        if (m_module.bodies.size() != m_declared_functions)
            return error(ErrorKind::malformed, "function and code section have inconsistent lengths", m_module.bytes.size());
        if (m_module.data_count && *m_module.data_count != m_module.datas.size())
            return error(ErrorKind::malformed, "data count and data section have inconsistent lengths", m_module.bytes.size());
        return std::nullopt;
    }

private:
    static ModuleError error(ErrorKind kind, std::string message, size_t offset)
    {
        return {kind, std::move(message), offset, std::nullopt, {}};
    }
    /// The count of a section's items, or of what else is limited.
    static uint32_t counted(ByteReader& r, size_t min_item_bytes, uint64_t limit_count, const char* what)
    {
        const size_t at = r.offset();
        const uint32_t count = r.count(min_item_bytes, "unexpected end: more items than bytes");
        if (count <= limit_count) return count;
        r.fail_at(what, at, ErrorKind::limit, count);
        return 0;
    }
    /// Whether an index is in its space; a failure otherwise.
    static bool check_index(ByteReader& r, uint32_t index, size_t size, const char* unknown, size_t at)
    {
        if (r.failed()) return false;
        if (index < size) return true;
        r.fail_at(unknown, at, ErrorKind::invalid, index);
        return false;
    }

    void section(SectionId id, ByteReader& r)
    {
        // The function index space is complete behind the sections that fill it, and nothing names functions before.
        if (section_rank[id] > section_rank[function]) m_module.referenced_functions.resize(m_module.functions.size());
        switch (id) {
        case custom: return custom_section(r);
        case type:
            if (auto e = decode_type_section(r, m_module, m_limits)) m_error = std::move(e);
            return;
        case import: return import_section(r);
        case function: return function_section(r);
        case table: return table_section(r);
        case memory: return memory_section(r);
        case global: return global_section(r);
        case export_: return export_section(r);
        case start: return start_section(r);
        case element: return element_section(r);
        case code: return code_section(r);
        case data: return data_section(r);
        case data_count: m_module.data_count = r.u32(); return;
        case tag: return tag_section(r);
        }
    }

    /// The type of a function or tag. The answer is good unless the reader failed.
    TypeId func_type_id(ByteReader& r)
    {
        const size_t at = r.offset();
        const uint32_t index = r.u32();
        if (!check_index(r, index, m_module.types.size(), "unknown type", at)) return {};
        const TypeId id = m_module.types[index];
        if (m_module.sub_type(id).kind != CompositeKind::func)
            r.fail_at("not a function type: type", at, ErrorKind::invalid, index);
        return id;
    }
    TypeId tag_type(ByteReader& r)
    {
        if (r.u8() != 0) r.fail("malformed tag attribute");
        const size_t at = r.offset();
        const TypeId id = func_type_id(r);
        if (!r.failed() && !m_module.sub_type(id).func.results.empty())
            r.fail_at("non-empty tag result type", at, ErrorKind::invalid);
        return id;
    }
    [[nodiscard]] size_t left_of(uint32_t limit, size_t used) const { return limit - std::min<size_t>(limit, used); }

    void import_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 4, m_limits.imports, "too many imports:");
        m_module.imports.reserve(count);
        for (uint32_t i = 0; i < count && !r.failed(); ++i) {
            Import import;
            import.module = r.name();
            import.name = r.name();
            const size_t kind_at = r.offset();
            const uint8_t kind = r.u8();
            switch (kind) {
            case 0x00:
            case 0x20: {
                const TypeId id = func_type_id(r);
                import.type = FuncExtern{id, kind == 0x20 ? Exactness::exact : Exactness::inexact};
                m_module.functions.push_back(id);
                ++m_module.imported_function_count;
                break;
            }
            case 0x01: {
                const TableType t = read_table_type(r, m_module);
                import.type = t;
                m_module.tables.push_back({t, std::nullopt});
                ++m_module.imported_table_count;
                break;
            }
            case 0x02: {
                const MemoryType t = read_memory_type(r);
                import.type = t;
                m_module.memories.push_back(t);
                ++m_module.imported_memory_count;
                break;
            }
            case 0x03: {
                const GlobalType t = read_global_type(r, m_module);
                import.type = t;
                m_module.globals.push_back({t, {}});
                ++m_module.imported_global_count;
                break;
            }
            case 0x04: {
                const TypeId id = tag_type(r);
                import.type = TagExtern{id};
                m_module.tags.push_back(id);
                ++m_module.imported_tag_count;
                break;
            }
            default: r.fail_at("malformed import kind", kind_at); break;
            }
            m_module.imports.push_back(import);
        }
    }

    void function_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 1, left_of(m_limits.functions, m_module.functions.size()), "too many functions:");
        m_module.functions.reserve(m_module.functions.size() + count);
        for (uint32_t i = 0; i < count && !r.failed(); ++i) m_module.functions.push_back(func_type_id(r));
        m_declared_functions = count;
    }

    void table_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 3, left_of(m_limits.tables, m_module.tables.size()), "too many tables:");
        for (uint32_t i = 0; i < count && !r.failed(); ++i) {
            const size_t at = r.offset();
            Table t;
            const bool has_init = r.peek() == 0x40;
            if (has_init) {
                r.u8();
                if (r.u8() != 0) r.fail("malformed table");
            }
            t.type = read_table_type(r, m_module);
            if (has_init) t.init = const_expr(r);
            else if (!t.type.element.is_defaultable())
                r.fail_at("type mismatch: a table of non-nullable references needs an initial value", at, ErrorKind::invalid);
            m_module.tables.push_back(t);
        }
    }

    void memory_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 2, left_of(m_limits.memories, m_module.memories.size()), "too many memories:");
        for (uint32_t i = 0; i < count && !r.failed(); ++i) m_module.memories.push_back(read_memory_type(r));
    }

    void global_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 3, left_of(m_limits.globals, m_module.globals.size()), "too many globals:");
        m_module.globals.reserve(m_module.globals.size() + count);
        for (uint32_t i = 0; i < count && !r.failed(); ++i) {
            const GlobalType t = read_global_type(r, m_module);
            m_module.globals.push_back({t, const_expr(r)});
        }
    }

    void export_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 3, m_limits.exports, "too many exports:");
        m_module.exports.reserve(count);
        std::unordered_set<std::string_view> names;
        names.reserve(count);
        for (uint32_t i = 0; i < count && !r.failed(); ++i) {
            size_t at = r.offset();
            Export e{};
            e.name = r.name();
            if (!r.failed() && !names.insert(e.name).second) {
                m_error = error(ErrorKind::invalid, "duplicate export name '" + printable(e.name) + "'", at);
                return;
            }
            at = r.offset();
            const uint8_t kind = r.u8();
            if (kind > 4) r.fail_at("malformed export kind", at);
            e.kind = static_cast<ExternKind>(kind);
            at = r.offset();
            e.index = r.u32();
            check_export(r, e, at);
            m_module.exports.push_back(e);
        }
    }
    void check_export(ByteReader& r, const Export& e, size_t at)
    {
        switch (e.kind) {
        case ExternKind::func:
            if (check_index(r, e.index, m_module.functions.size(), "unknown function", at))
                m_module.referenced_functions[e.index] = true;
            return;
        case ExternKind::table: check_index(r, e.index, m_module.tables.size(), "unknown table", at); return;
        case ExternKind::memory: check_index(r, e.index, m_module.memories.size(), "unknown memory", at); return;
        case ExternKind::global: check_index(r, e.index, m_module.globals.size(), "unknown global", at); return;
        case ExternKind::tag: check_index(r, e.index, m_module.tags.size(), "unknown tag", at); return;
        }
    }

    void start_section(ByteReader& r)
    {
        const size_t at = r.offset();
        const FuncIdx f{r.u32()};
        if (!check_index(r, f.value, m_module.functions.size(), "unknown function", at)) return;
        const FuncType& type = m_module.func_type(f);
        if (!type.params.empty() || !type.results.empty())
            r.fail_at("start function: it takes no parameters and gives no results, unlike function", at, ErrorKind::invalid,
                      f.value);
        m_module.start = f;
    }

    void tag_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 2, left_of(m_limits.tags, m_module.tags.size()), "too many tags:");
        for (uint32_t i = 0; i < count && !r.failed(); ++i) m_module.tags.push_back(tag_type(r));
    }

    // Core 3.0, 5.5.12: bit 0 passive or declarative, bit 1 explicit index or declarative, bit 2 expressions.
    void element_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 2, m_limits.segments, "too many element segments:");
        m_module.elems.reserve(count);
        for (uint32_t i = 0; i < count && !r.failed(); ++i) {
            ElemSegment s;
            const size_t flags_at = r.offset();
            const uint32_t flags = r.u32();
            if (flags > 7) r.fail_at("malformed elements segment kind", flags_at);
            const bool is_active = (flags & 1U) == 0;
            const bool has_expressions = (flags & 4U) != 0;
            s.mode = is_active ? SegmentMode::active : (flags & 2U) != 0 ? SegmentMode::declarative : SegmentMode::passive;
            if (is_active) {
                const size_t table_at = r.offset();
                if ((flags & 2U) != 0) s.table = TableIdx{r.u32()};
                check_index(r, s.table.value, m_module.tables.size(), "unknown table", table_at);
                s.offset = const_expr(r);
            }
            if ((flags & 3U) != 0) {
                if (has_expressions) s.type = read_ref_type(r, {m_module.types, 0});
                else if (r.u8() != 0) r.fail("malformed element kind");
            }
            // A list of indices has no nulls; a list of expressions without a type may have them.
            if (!has_expressions) s.type = ValType::ref(HeapKind::func, Nullability::non_null);
            else if ((flags & 3U) == 0) s.type = funcref;
            const uint32_t items = counted(r, has_expressions ? 2 : 1, max_elements, "too many elements in a segment:");
            if (has_expressions) {
                s.elements.reserve(items);
                for (uint32_t k = 0; k < items && !r.failed(); ++k) s.elements.push_back(const_expr(r));
            } else {
                s.functions.reserve(items);
                for (uint32_t k = 0; k < items && !r.failed(); ++k) s.functions.push_back(function_reference(r));
            }
            m_module.elems.push_back(std::move(s));
        }
    }

    FuncIdx function_reference(ByteReader& r)
    {
        const size_t at = r.offset();
        const FuncIdx f{r.u32()};
        if (check_index(r, f.value, m_module.functions.size(), "unknown function", at))
            m_module.referenced_functions[f.value] = true;
        return f;
    }

    void code_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 2, m_limits.functions, "too many function bodies:");
        m_module.bodies.reserve(count);
        for (uint32_t i = 0; i < count && !r.failed(); ++i) {
            const size_t at = r.offset();
            const uint32_t size = r.u32();
            if (size > m_limits.function_bytes) r.fail_at("function body too large, in bytes:", at, ErrorKind::limit, size);
            const size_t body_at = r.offset();
            m_module.bodies.push_back({r.bytes(size), body_at});
        }
    }

    void data_section(ByteReader& r)
    {
        const uint32_t count = counted(r, 2, m_limits.segments, "too many data segments:");
        m_module.datas.reserve(count);
        make_pages(m_module.datas.data(), count * sizeof(DataSegment));
        for (uint32_t i = 0; i < count && !r.failed(); ++i) {
            DataSegment& s = m_module.datas.emplace_back();
            if (short_segment(r, s)) continue;
            size_t at = r.offset();
            const uint32_t flags = r.u32();
            if (flags > 2) r.fail_at("malformed data segment kind", at);
            if (flags != 1) {
                s.mode = SegmentMode::active;
                at = r.offset();
                if (flags == 2) s.memory = MemoryIdx{r.u32()};
                check_index(r, s.memory.value, m_module.memories.size(), "unknown memory", at);
                s.offset = const_expr(r);
            }
            s.bytes = r.bytes(r.u32());
        }
    }

    void custom_section(ByteReader& r)
    {
        const std::string_view name = r.name();
        if (r.failed()) return;
        const auto content = r.bytes(r.remaining());
        m_module.custom_sections.push_back({name, content});
        // Damage in a known custom section never makes a module bad: what can be read is used.
        ByteReader inside{content, 0};
        if (name == "name") {
            m_module.name_section = content;
        } else if (name == "producers") {
            const uint32_t fields = inside.count(2, "");
            for (uint32_t i = 0; i < fields && !inside.failed(); ++i) {
                const std::string_view field = inside.name();
                const uint32_t values = inside.count(2, "");
                for (uint32_t k = 0; k < values && !inside.failed(); ++k) {
                    const std::string_view value = inside.name();
                    const std::string_view version = inside.name();
                    if (!inside.failed()) m_module.producers.push_back({field, value, version});
                }
            }
        } else if (name == "target_features") {
            const uint32_t features = inside.count(2, "");
            for (uint32_t i = 0; i < features && !inside.failed(); ++i) {
                const bool is_used = inside.u8() == '+';
                const std::string_view feature = inside.name();
                if (!inside.failed() && is_used) m_module.target_features.push_back(feature);
            }
        }
    }

    /// The length of `i32.const N end` at `next`, if N takes four bytes at most: all that such an encoding says is valid. Else 0. Reads
    /// constant_bytes at most. Most constant expressions are this.
    static size_t constant_size(const uint8_t* next)
    {
        if (*next != static_cast<uint8_t>(Opcode::i32_const)) return 0;
        size_t last = 1;
        while (last < constant_bytes - 2 && next[last] >= 0x80) ++last;
        return next[last] < 0x80 && next[last + 1] == static_cast<uint8_t>(Opcode::end) ? last + 2 : 0;
    }
    static constexpr size_t constant_bytes = 6;

    /// Reads a segment of the form that nearly all have: of memory 0, at a constant, short. False: it has another, and nothing is read. A Go module
    /// has thirty thousand.
    bool short_segment(ByteReader& r, DataSegment& s) const
    {
        constexpr size_t header_bytes = 1 + constant_bytes + 2;
        const auto* const begin = reinterpret_cast<const uint8_t*>(r.position());
        if (r.remaining() < header_bytes || *begin != 0 || m_module.memories.empty()) return false;
        const size_t expr_bytes = constant_size(begin + 1);
        if (expr_bytes == 0) return false;
        const uint8_t* content = begin + 1 + expr_bytes;
        size_t size = *content++;
        if (size >= 0x80) size = (size & 0x7f) | static_cast<size_t>(*content++) << 7;
        if (content[-1] >= 0x80 || size > r.remaining() - static_cast<size_t>(content - begin)) return false;
        s.mode = SegmentMode::active;
        s.offset = {{r.position() + 1, expr_bytes}, r.offset() + 1};
        s.bytes = r.bytes(static_cast<size_t>(content - begin) + size).last(size);
        return true;
    }

    /// Finds the end of a constant expression and sees that all its instructions may be in one; their types are validate()'s.
    ConstExpr const_expr(ByteReader& r)
    {
        const auto* const begin = r.position();
        const size_t offset = r.offset();
        const size_t constant = r.remaining() < constant_bytes ? 0 : constant_size(reinterpret_cast<const uint8_t*>(begin));
        if (constant != 0) return {r.bytes(constant), offset};
        ConstExprSkipper skipper{m_module.referenced_functions};
        if (!read_instructions(m_module, r, skipper)) {
            if (r.failed()) return {};
            r.fail_at("constant expression required", skipper.offset(), ErrorKind::invalid);
            m_error = r.error();
            m_error->message += ", found " + std::string{mnemonic(skipper.found())};
            return {};
        }
        return {{begin, static_cast<size_t>(r.position() - begin)}, offset};
    }

    static constexpr uint32_t max_elements = 10'000'000;  // the JS API's limit

    Module& m_module;
    const DecodeLimits& m_limits;
    ByteReader m_reader;
    std::optional<ModuleError> m_error;
    uint32_t m_declared_functions = 0;
};

/// WebAssembly text starts, behind blanks and comments, with a parenthesis.
bool looks_like_wat(std::span<const std::byte> bytes)
{
    std::string_view text{reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 512)};
    while (!text.empty()) {
        if (text[0] == ' ' || text[0] == '\n' || text[0] == '\r' || text[0] == '\t') text.remove_prefix(1);
        else if (text.starts_with(";;")) text.remove_prefix(std::min(text.find('\n'), text.size()));
        else return text[0] == '(';
    }
    return false;
}

bool looks_like_text(std::span<const std::byte> bytes)
{
    const size_t n = std::min<size_t>(bytes.size(), 512);
    return std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n), [](std::byte b) {
        const auto c = std::to_integer<uint8_t>(b);
        return c >= 0x20 || c == '\n' || c == '\r' || c == '\t';
    });
}

std::optional<ModuleError> check_header(std::span<const std::byte> bytes)
{
    const auto answer = [](ErrorKind kind, const char* message, size_t offset = 0) {
        return ModuleError{kind, message, offset, std::nullopt, {}};
    };
    static constexpr std::array<uint8_t, 4> magic{0x00, 0x61, 0x73, 0x6d};
    if (bytes.empty()) return answer(ErrorKind::empty, "the file is empty");
    const auto is_magic = [&](size_t n) {
        return std::equal(magic.begin(), magic.begin() + static_cast<std::ptrdiff_t>(n), bytes.begin(),
                          [](uint8_t m, std::byte b) { return m == std::to_integer<uint8_t>(b); });
    };
    if (bytes.size() < magic.size() && is_magic(bytes.size()))
        return answer(ErrorKind::malformed, "unexpected end: the magic number is cut off");
    if (bytes.size() < magic.size() || !is_magic(magic.size()))
        return !looks_like_text(bytes) ? answer(ErrorKind::not_wasm, "magic header not detected: this is not WebAssembly")
             : looks_like_wat(bytes)
                 ? answer(ErrorKind::text, "magic header not detected: this is WebAssembly text, not a binary module")
                 : answer(ErrorKind::text, "magic header not detected: this is a text file, not a binary module");
    if (bytes.size() < 8) return answer(ErrorKind::malformed, "unexpected end: the version is cut off", 4);
    const auto byte = [&](size_t i) { return std::to_integer<uint32_t>(bytes[i]); };
    const uint32_t version = byte(4) | byte(5) << 8;
    const uint32_t layer = byte(6) | byte(7) << 8;
    // Offsets in modules are 32 bits wide, in code positions and elsewhere.
    if (bytes.size() > UINT32_MAX) return answer(ErrorKind::limit, "the module is larger than 4 GiB");
    if (layer == 1) return answer(ErrorKind::component, "this is a component, not a core module", 4);
    if (version != 1 || layer != 0)
        return ModuleError{ErrorKind::malformed,
                           "unknown binary version " + std::to_string(version | layer << 16) + ": weir runs version 1",
                           4,
                           std::nullopt,
                           {}};
    return std::nullopt;
}

}  // namespace

Result<std::shared_ptr<Module>, ModuleError> decode(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                                    std::shared_ptr<TypeRegistry> registry, const DecodeLimits& limits)
{
    if (auto error = check_header(bytes)) return Unexpected{std::move(*error)};
    try {
        auto module = std::make_shared<Module>();
        module->owner = std::move(owner);
        module->bytes = bytes;
        module->registry = std::move(registry);
        if (auto error = Decoder{*module, limits}.run()) return Unexpected{std::move(*error)};
        return module;
    } catch (const std::bad_alloc&) {
        return Unexpected{ModuleError{ErrorKind::limit, "there is not enough memory to decode the module", 0, std::nullopt, {}}};
    }
}

Result<Locals, ModuleError> read_locals(const Module& module, const FunctionBody& body)
{
    ByteReader r{body.bytes, body.offset_bytes};
    Locals locals;
    read_local_groups(module, r, [&](uint32_t count, ValType type) { locals.types.insert(locals.types.end(), count, type); });
    if (r.failed()) return Unexpected{r.error()};
    locals.code_begin = r.offset() - body.offset_bytes;
    return locals;
}

}  // namespace weir::wasm
