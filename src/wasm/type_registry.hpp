#pragma once

#include "base/result.hpp"
#include "wasm/types.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace weir::wasm {

/// A reference to another member of the recursive group that is being interned, by its position in it. Never leaves the decoder.
inline constexpr uint32_t rec_group_member = 1U << 22;
static_assert(rec_group_member < max_canonical_types);

/// The most supertypes above a type. The JS API's limit; it bounds SubType::display.
inline constexpr uint32_t max_subtype_depth = 63;

/// The canonical types of an engine. Thread-safe; ids and SubTypes live as long as the registry, also those of modules that were
/// refused or are gone: there are at most rec_group_member of them, then intern() declines.
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
    /// Precondition: supertypes come before their subtypes, and have fewer than max_subtype_depth supertypes themselves.
    [[nodiscard]] std::optional<TypeId> intern(std::vector<SubType> group);
    /// A final function type in a group of its own, as the text format's plain `(func ...)`.
    [[nodiscard]] std::optional<TypeId> intern(const FuncType& type);

    /// Precondition: `id` came from this registry. The reference is good for the registry's life; no lock is taken.
    [[nodiscard]] const SubType& at(TypeId id) const noexcept
    {
        const Place place = place_of(id.value);
        return m_chunks[place.chunk].load(std::memory_order_acquire)[place.index];
    }

    /// Whether values of type `a` are values of type `b`: one load and one comparison.
    [[nodiscard]] bool is_subtype(TypeId a, TypeId b) const noexcept
    {
        if (a == b) return true;
        const SubType& sub = at(a);
        const uint32_t depth = at(b).depth();
        return depth < sub.display.size() && sub.display[depth] == b;
    }
    /// Standard: Core 3.0, 3.3 "Matching". The validator's bottom is a subtype of all.
    [[nodiscard]] bool is_subtype(ValType a, ValType b) const noexcept { return a == b || is_subtype_slow(a, b); }

    /// The top of the hierarchy that a heap type belongs to: any, func, extern_ or exn.
    [[nodiscard]] HeapKind top_of(ValType reference) const noexcept;

private:
    // Chunk k holds first_chunk_size << k types, so an engine with few types has little memory and addresses never change.
    static constexpr uint32_t first_chunk_size = 64;
    static constexpr uint32_t max_types = rec_group_member;
    static constexpr uint32_t chunk_count = std::bit_width(max_types / first_chunk_size) + 1;
    struct Place {
        uint32_t chunk;
        uint32_t index;
    };
    static constexpr Place place_of(uint32_t id)
    {
        const uint32_t chunk = static_cast<uint32_t>(std::bit_width(id / first_chunk_size + 1)) - 1;
        return {chunk, id - (first_chunk_size * ((1U << (chunk & 31U)) - 1))};
    }
    [[nodiscard]] bool is_subtype_slow(ValType a, ValType b) const noexcept;
    void append(SubType type);

    std::array<std::atomic<SubType*>, chunk_count> m_chunks{};
    std::mutex m_mutex;                                // guards what follows, and writing m_chunks
    std::map<std::vector<uint32_t>, TypeId> m_groups;  // by the group's canonical writing
    uint32_t m_count = 0;
};

}  // namespace weir::wasm
