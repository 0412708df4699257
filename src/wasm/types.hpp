#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weir::wasm {

/// An index into one of a module's index spaces. Distinct spaces are distinct types.
/// Standard: Core 3.0, 2.5.1 "Indices".
template <class Tag>
struct Index {
    uint32_t value = 0;
    constexpr Index() = default;
    constexpr explicit Index(uint32_t v) : value(v) {}
    friend constexpr auto operator<=>(Index, Index) = default;
};
using TypeIdx = Index<struct TypeTag>;  // a module's own numbering; see TypeId for the engine's
using FuncIdx = Index<struct FuncTag>;
using TableIdx = Index<struct TableTag>;
using MemoryIdx = Index<struct MemoryTag>;
using GlobalIdx = Index<struct GlobalTag>;
using TagIdx = Index<struct ExceptionTag>;
using ElemIdx = Index<struct ElemTag>;
using DataIdx = Index<struct DataTag>;
using LocalIdx = Index<struct LocalTag>;
using LabelIdx = Index<struct LabelTag>;  // relative depth
using FieldIdx = Index<struct FieldTag>;

/// A canonical type of a TypeRegistry: equal types have equal ids, across all modules of an engine.
using TypeId = Index<struct CanonicalTag>;

enum class ValKind : uint8_t { bottom, i32, i64, f32, f64, v128, ref };

/// Heap types. `indexed` is a defined type and goes with a TypeId. Standard: Core 3.0, 2.3.5.
enum class HeapKind : uint8_t { indexed, func, nofunc, extern_, noextern, any, none, eq, i31, struct_, array, exn, noexn, bottom };

enum class Nullability : uint8_t { non_null, nullable };
enum class Exactness : uint8_t { inexact, exact };  // custom-descriptors proposal

/// A value type, in 32 bits; two value types of one engine are equal exactly when their bits are.
/// Standard: Core 3.0, 2.3.7 "Value Types"; `bottom` is the validator's unknown operand (3.1.2).
class ValType {
public:
    constexpr ValType() = default;  // bottom
    constexpr ValType(ValKind kind) : m_bits(static_cast<uint32_t>(kind)) {}
    static constexpr ValType ref(HeapKind heap, Nullability n)
    {
        return ValType{static_cast<uint32_t>(ValKind::ref) | static_cast<uint32_t>(n) << 3 | static_cast<uint32_t>(heap) << 5};
    }
    static constexpr ValType ref(TypeId type, Nullability n, Exactness e = Exactness::inexact)
    {
        return ValType{static_cast<uint32_t>(ValKind::ref) | static_cast<uint32_t>(n) << 3 | static_cast<uint32_t>(e) << 4 |
                       type.value << 9};
    }
    [[nodiscard]] constexpr ValKind kind() const { return static_cast<ValKind>(m_bits & 7U); }
    [[nodiscard]] constexpr bool is_ref() const { return kind() == ValKind::ref; }
    [[nodiscard]] constexpr bool is_vector() const { return kind() == ValKind::v128; }
    [[nodiscard]] constexpr bool is_nullable() const { return (m_bits >> 3 & 1U) != 0; }
    [[nodiscard]] constexpr bool is_exact() const { return (m_bits >> 4 & 1U) != 0; }
    [[nodiscard]] constexpr HeapKind heap() const { return static_cast<HeapKind>(m_bits >> 5 & 15U); }
    [[nodiscard]] constexpr TypeId type() const { return TypeId{m_bits >> 9}; }  // heap() == indexed only
    /// Whether a local of this type has an initial value. Standard: Core 3.0, 3.2 "Defaultable types".
    [[nodiscard]] constexpr bool is_defaultable() const { return !is_ref() || is_nullable(); }
    /// The same reference type without null. Precondition: is_ref().
    [[nodiscard]] constexpr ValType as_non_null() const { return ValType{m_bits & ~8U}; }
    [[nodiscard]] constexpr uint32_t bits() const { return m_bits; }
    friend constexpr bool operator==(ValType, ValType) = default;

private:
    constexpr explicit ValType(uint32_t bits) : m_bits(bits) {}
    uint32_t m_bits = 0;
};
static_assert(sizeof(ValType) == 4);

/// Most canonical types an engine can hold: what ValType's 23 bits can name.
inline constexpr uint32_t max_canonical_types = 1U << 23;

inline constexpr ValType i32{ValKind::i32}, i64{ValKind::i64}, f32{ValKind::f32}, f64{ValKind::f64}, v128{ValKind::v128};
inline constexpr ValType funcref = ValType::ref(HeapKind::func, Nullability::nullable);
inline constexpr ValType externref = ValType::ref(HeapKind::extern_, Nullability::nullable);

using ResultType = std::vector<ValType>;

/// Standard: Core 3.0, 2.3.8 "Composite Types".
struct FuncType {
    ResultType params;
    ResultType results;
    friend bool operator==(const FuncType&, const FuncType&) = default;
};

enum class PackedType : uint8_t { not_packed, i8, i16 };
enum class Mutability : uint8_t { const_, var };

struct FieldType {
    ValType type;  // i32 when packed
    PackedType packed = PackedType::not_packed;
    Mutability mutability = Mutability::const_;
    friend bool operator==(const FieldType&, const FieldType&) = default;
};

enum class CompositeKind : uint8_t { func, struct_, array };

/// One type of a recursive group after canonicalization. Immutable once in a registry.
/// Standard: Core 3.0, 2.3.9 "Recursive Types"; `describes`/`descriptor` are the custom-descriptors proposal's.
struct SubType {
    CompositeKind kind = CompositeKind::func;
    bool is_final = true;
    std::optional<TypeId> supertype;
    std::optional<TypeId> describes;
    std::optional<TypeId> descriptor;
    FuncType func;                  // kind == func
    std::vector<FieldType> fields;  // struct_: all of them; array: the one
    /// All supertypes from the root down to this type itself: `a` is a subtype of `b` exactly when
    /// a.display[b.depth()] == b. One load and one comparison, which generated code does as well.
    std::vector<TypeId> display;
    [[nodiscard]] uint32_t depth() const { return static_cast<uint32_t>(display.size()) - 1; }
};

/// Bounds in units of elements or pages. Standard: Core 3.0, 2.3.11.
struct Limits {
    uint64_t min = 0;
    std::optional<uint64_t> max;
};

enum class AddressType : uint8_t { i32, i64 };

struct TableType {
    ValType element;
    Limits limits;
    AddressType address = AddressType::i32;
};

struct MemoryType {
    Limits limits;  // in pages of 1 << page_size_log2 bytes
    AddressType address = AddressType::i32;
    bool is_shared = false;
    uint8_t page_size_log2 = 16;  // 0 or 16 (custom-page-sizes proposal)
};

struct GlobalType {
    ValType type;
    Mutability mutability = Mutability::const_;
};

/// Text form as the standard writes it, e.g. "i32", "(ref null func)", "[i32 i32] -> [i64]".
std::string to_string(ValType type);
std::string to_string(const FuncType& type);

}  // namespace weir::wasm
