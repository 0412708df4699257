#pragma once

#include "base/result.hpp"
#include "wasm/types.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace weir::wasm {

/// A reference to another member of the recursive group that is being interned, by its position in it. Never leaves the decoder.
constexpr uint32_t rec_group_member = 1U << 22;
static_assert(rec_group_member < max_canonical_types);

/// The canonical types of an engine. Thread-safe; ids and SubTypes live as long as the registry.
/// Equality is iso-recursive (Core 3.0, 3.2.10 "Type equivalence"): groups are equal when they are equal written with their own
/// members counted from their start and all others by their canonical ids.
class TypeRegistry {
public:
    TypeRegistry() = default;
    ~TypeRegistry();
    TypeRegistry(const TypeRegistry&) = delete;
    TypeRegistry& operator=(const TypeRegistry&) = delete;

    /// Interns a recursive group; answers the id of its first member, the others follow. Members refer to one another by
    /// TypeId{rec_group_member + position}. `display` is computed here. Empty: the registry is full.
    [[nodiscard]] std::optional<TypeId> intern(std::vector<SubType> group);
    /// A final function type in a group of its own, as the text format's plain `(func ...)`.
    [[nodiscard]] std::optional<TypeId> intern(const FuncType& type);

    /// Precondition: `id` came from this registry.
    [[nodiscard]] const SubType& at(TypeId id) const noexcept
    {
        return m_chunks[id.value / chunk_size].load(std::memory_order_acquire)[id.value % chunk_size];
    }

    [[nodiscard]] bool is_subtype(TypeId a, TypeId b) const noexcept
    {
        if (a == b) return true;
        const SubType& sub = at(a);
        const uint32_t depth = at(b).depth();
        return depth < sub.display.size() && sub.display[depth] == b;
    }
    /// Standard: Core 3.0, 3.3 "Matching".
    [[nodiscard]] bool is_subtype(ValType a, ValType b) const noexcept { return a == b || is_subtype_slow(a, b); }

    /// The top of the hierarchy that a heap type belongs to: any, func, extern_ or exn.
    [[nodiscard]] HeapKind top_of(ValType reference) const noexcept;

private:
    static constexpr uint32_t chunk_size = 1024;
    static constexpr uint32_t max_types = rec_group_member;
    [[nodiscard]] bool is_subtype_slow(ValType a, ValType b) const noexcept;

    std::array<std::atomic<SubType*>, max_types / chunk_size> m_chunks{};
    std::mutex m_mutex;                                 // guards what follows, and writing m_chunks
    std::map<std::vector<uint32_t>, TypeId> m_groups;   // by the group's canonical writing
    uint32_t m_count = 0;
};

}  // namespace weir::wasm
