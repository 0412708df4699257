#include "wasm/type_registry.hpp"

#include "base/assert.hpp"

namespace weir::wasm {

namespace {

/// Writes a group so that equal groups give equal words.
class GroupWriter {
public:
    std::vector<uint32_t> words;

    void write(const SubType& t)
    {
        words.push_back(static_cast<uint32_t>(t.kind) | static_cast<uint32_t>(t.is_final) << 8);
        write(t.supertype);
        write(t.describes);
        write(t.descriptor);
        write(t.func.params);
        write(t.func.results);
        words.push_back(static_cast<uint32_t>(t.fields.size()));
        for (const FieldType& f : t.fields) {
            words.push_back(f.type.bits());
            words.push_back(static_cast<uint32_t>(f.packed) << 1 | static_cast<uint32_t>(f.mutability));
        }
    }

private:
    void write(const std::optional<TypeId>& id) { words.push_back(id ? id->value + 1 : 0); }
    void write(const ResultType& types)
    {
        words.push_back(static_cast<uint32_t>(types.size()));
        for (const ValType t : types) words.push_back(t.bits());
    }
};

/// Replaces positions in the group by canonical ids.
class Resolver {
public:
    explicit Resolver(uint32_t first) : m_first(first) {}
    void resolve(TypeId& id) const
    {
        if (id.value >= rec_group_member) id = TypeId{id.value - rec_group_member + m_first};
    }
    void resolve(std::optional<TypeId>& id) const
    {
        if (id) resolve(*id);
    }
    void resolve(ValType& t) const
    {
        if (!t.is_ref() || t.heap() != HeapKind::indexed) return;
        TypeId id = t.type();
        resolve(id);
        t = ValType::ref(id, t.is_nullable() ? Nullability::nullable : Nullability::non_null,
                         t.is_exact() ? Exactness::exact : Exactness::inexact);
    }
    void resolve(SubType& t) const
    {
        resolve(t.supertype);
        resolve(t.describes);
        resolve(t.descriptor);
        for (ValType& v : t.func.params) resolve(v);
        for (ValType& v : t.func.results) resolve(v);
        for (FieldType& f : t.fields) resolve(f.type);
    }

private:
    uint32_t m_first;
};

bool is_abstract_subtype(HeapKind a, HeapKind b)
{
    using enum HeapKind;
    if (a == b || a == bottom) return true;
    switch (a) {
    case nofunc: return b == func;
    case noextern: return b == extern_;
    case noexn: return b == exn;
    case none: return b == i31 || b == struct_ || b == array || b == eq || b == any;
    case i31:
    case struct_:
    case array: return b == eq || b == any;
    case eq: return b == any;
    default: return false;
    }
}

HeapKind kind_of(CompositeKind k)
{
    return k == CompositeKind::func ? HeapKind::func : k == CompositeKind::struct_ ? HeapKind::struct_ : HeapKind::array;
}

HeapKind top_of_kind(HeapKind k)
{
    using enum HeapKind;
    switch (k) {
    case func:
    case nofunc: return func;
    case extern_:
    case noextern: return extern_;
    case exn:
    case noexn: return exn;
    default: return any;
    }
}

HeapKind bottom_of_kind(HeapKind k)
{
    using enum HeapKind;
    switch (top_of_kind(k)) {
    case func: return nofunc;
    case extern_: return noextern;
    case exn: return noexn;
    default: return none;
    }
}

}  // namespace

TypeRegistry::~TypeRegistry()
{
    for (uint32_t id = 0; id < m_count; ++id) {
        const Place place = place_of(id);
        std::destroy_at(m_chunks[place.chunk].load(std::memory_order_relaxed) + place.index);
    }
    for (uint32_t k = 0; k < chunk_count; ++k)
        if (SubType* const chunk = m_chunks[k].load(std::memory_order_relaxed))
            std::allocator<SubType>{}.deallocate(chunk, first_chunk_size << k);
}

void TypeRegistry::append(SubType type)
{
    const Place place = place_of(m_count);
    SubType* chunk = m_chunks[place.chunk].load(std::memory_order_relaxed);
    if (chunk == nullptr) {
        chunk = std::allocator<SubType>{}.allocate(first_chunk_size << place.chunk);
        m_chunks[place.chunk].store(chunk, std::memory_order_release);
    }
    std::construct_at(chunk + place.index, std::move(type));
    ++m_count;
}

std::optional<TypeId> TypeRegistry::intern(std::vector<SubType> group)
{
    GroupWriter writer;
    for (const SubType& t : group) writer.write(t);
    const std::scoped_lock lock{m_mutex};
    if (const auto found = m_groups.find(writer.words); found != m_groups.end()) return found->second;
    if (group.size() > max_types - m_count) return std::nullopt;
    const TypeId first{m_count};
    const Resolver resolver{first.value};
    for (SubType& t : group) {
        resolver.resolve(t);
        const TypeId self{m_count};
        if (t.supertype) {
            WEIR_ASSERT(t.supertype->value < self.value, "a supertype is interned before its subtypes");
            t.display = at(*t.supertype).display;
            WEIR_ASSERT(t.display.size() <= max_subtype_depth, "a type has at most max_subtype_depth supertypes");
        }
        t.display.push_back(self);
        append(std::move(t));
    }
    m_groups.emplace(std::move(writer.words), first);
    return first;
}

std::optional<TypeId> TypeRegistry::intern(const FuncType& type)
{
    SubType t;
    t.func = type;
    return intern(std::vector<SubType>{std::move(t)});
}

bool TypeRegistry::is_subtype_slow(ValType a, ValType b) const noexcept
{
    if (a.kind() == ValKind::bottom) return true;
    if (!a.is_ref() || !b.is_ref()) return false;
    if (a.is_nullable() && !b.is_nullable()) return false;
    if (a.heap() == HeapKind::bottom) return true;
    if (b.heap() == HeapKind::indexed) {
        if (a.heap() != HeapKind::indexed) return a.heap() == bottom_of_kind(kind_of(at(b.type()).kind));
        if (b.is_exact()) return a.is_exact() && a.type() == b.type();
        return is_subtype(a.type(), b.type());
    }
    if (a.heap() == HeapKind::indexed) return is_abstract_subtype(kind_of(at(a.type()).kind), b.heap());
    return is_abstract_subtype(a.heap(), b.heap());
}

HeapKind TypeRegistry::top_of(ValType reference) const noexcept
{
    return top_of_kind(reference.heap() == HeapKind::indexed ? kind_of(at(reference.type()).kind) : reference.heap());
}

}  // namespace weir::wasm
