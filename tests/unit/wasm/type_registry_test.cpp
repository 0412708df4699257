#include "wasm/type_registry.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir::wasm {
namespace {

constexpr TypeId member(uint32_t position) { return TypeId{rec_group_member + position}; }
constexpr ValType to_member(uint32_t position) { return ValType::ref(member(position), Nullability::nullable); }

SubType open_struct(std::vector<FieldType> fields, std::optional<TypeId> supertype = std::nullopt)
{
    SubType t;
    t.kind = CompositeKind::struct_;
    t.is_final = false;
    t.supertype = supertype;
    t.fields = std::move(fields);
    return t;
}
FieldType field(ValType t) { return {t, PackedType::not_packed, Mutability::const_}; }
ValType ref(TypeId id, Nullability n = Nullability::non_null, Exactness e = Exactness::inexact) { return ValType::ref(id, n, e); }
ValType ref(HeapKind h, Nullability n = Nullability::non_null) { return ValType::ref(h, n); }

TEST(TypeRegistry, equal_function_types_are_one)
{
    TypeRegistry registry;
    const auto a = registry.intern(FuncType{{i32, i64}, {f32}});
    const auto b = registry.intern(FuncType{{i32, i64}, {f32}});
    const auto c = registry.intern(FuncType{{i32}, {i64, f32}});
    ASSERT_TRUE(a && b && c);
    EXPECT_EQ(*a, *b);
    EXPECT_NE(*a, *c);
    EXPECT_EQ(registry.at(*a).func, (FuncType{{i32, i64}, {f32}}));
    EXPECT_TRUE(registry.at(*a).is_final);
}

TEST(TypeRegistry, recursive_groups_are_equal_when_they_are_written_equally)
{
    TypeRegistry registry;
    const auto list = [&] { return registry.intern({open_struct({field(i32), field(to_member(0))})}); };
    const auto a = list();
    EXPECT_EQ(*a, *list());
    EXPECT_EQ(registry.at(*a).fields[1].type, ref(*a, Nullability::nullable));
    // Unrolled by one step it is another type: equality is iso-recursive, not equi-recursive.
    const auto unrolled = registry.intern({open_struct({field(i32), field(ref(*a, Nullability::nullable))})});
    EXPECT_NE(*a, *unrolled);
    // So is the same type as a member of a larger group, and at another position.
    const auto pair = registry.intern({open_struct({field(i32), field(to_member(0))}), open_struct({})});
    const auto swapped = registry.intern({open_struct({}), open_struct({field(i32), field(to_member(1))})});
    EXPECT_NE(*a, *pair);
    EXPECT_NE(pair->value, swapped->value + 1);
}

TEST(TypeRegistry, finality_and_mutability_tell_types_apart)
{
    TypeRegistry registry;
    SubType final_one = open_struct({field(i32)});
    final_one.is_final = true;
    SubType mutable_one = open_struct({field(i32)});
    mutable_one.fields[0].mutability = Mutability::var;
    SubType packed = open_struct({field(i32)});
    packed.fields[0].packed = PackedType::i8;
    const auto plain = *registry.intern({open_struct({field(i32)})});
    EXPECT_NE(plain, *registry.intern({final_one}));
    EXPECT_NE(plain, *registry.intern({mutable_one}));
    EXPECT_NE(plain, *registry.intern({packed}));
}

TEST(TypeRegistry, subtype_of_a_chain_is_found_by_depth)
{
    TypeRegistry registry;
    std::vector<TypeId> chain{*registry.intern({open_struct({})})};
    while (chain.size() <= max_subtype_depth) chain.push_back(*registry.intern({open_struct({}, chain.back())}));
    for (size_t i = 0; i < chain.size(); ++i)
        for (size_t k = 0; k < chain.size(); ++k) EXPECT_EQ(registry.is_subtype(chain[i], chain[k]), i >= k);
    const TypeId other = *registry.intern({open_struct({}, chain[3])});
    EXPECT_NE(other, *registry.intern({open_struct({field(i32)}, chain[3])}));
    EXPECT_EQ(other, chain[4]);  // canonical: the same supertype and the same fields
    EXPECT_EQ(registry.at(chain[5]).depth(), 5U);
    EXPECT_EQ(registry.at(chain[5]).display, (std::vector<TypeId>(chain.begin(), chain.begin() + 6)));
}

TEST(TypeRegistry, abstract_heap_types_form_four_hierarchies)
{
    using enum HeapKind;
    const TypeRegistry registry;
    const HeapKind all[] = {func, nofunc, extern_, noextern, any, none, eq, i31, struct_, array, exn, noexn};
    const auto is_below = [](HeapKind a, HeapKind b) {
        if (a == b) return true;
        switch (b) {
        case func: return a == nofunc;
        case extern_: return a == noextern;
        case exn: return a == noexn;
        case any: return a == eq || a == i31 || a == struct_ || a == array || a == none;
        case eq: return a == i31 || a == struct_ || a == array || a == none;
        case i31:
        case struct_:
        case array: return a == none;
        default: return false;
        }
    };
    for (const HeapKind a : all)
        for (const HeapKind b : all) {
            EXPECT_EQ(registry.is_subtype(ref(a), ref(b)), is_below(a, b)) << to_string(ref(a)) << " " << to_string(ref(b));
            EXPECT_EQ(registry.is_subtype(ref(a), ref(b, Nullability::nullable)), is_below(a, b));
            EXPECT_FALSE(registry.is_subtype(ref(a, Nullability::nullable), ref(b)));
        }
}

TEST(TypeRegistry, defined_types_stand_between_their_kind_and_its_bottom)
{
    using enum HeapKind;
    TypeRegistry registry;
    const TypeId s = *registry.intern({open_struct({})});
    const TypeId f = *registry.intern(FuncType{});
    EXPECT_TRUE(registry.is_subtype(ref(s), ref(struct_)));
    EXPECT_TRUE(registry.is_subtype(ref(s), ref(eq)));
    EXPECT_TRUE(registry.is_subtype(ref(s), ref(any)));
    EXPECT_FALSE(registry.is_subtype(ref(s), ref(array)));
    EXPECT_FALSE(registry.is_subtype(ref(s), ref(func)));
    EXPECT_TRUE(registry.is_subtype(ref(none), ref(s)));
    EXPECT_FALSE(registry.is_subtype(ref(nofunc), ref(s)));
    EXPECT_TRUE(registry.is_subtype(ref(f), ref(func)));
    EXPECT_TRUE(registry.is_subtype(ref(nofunc), ref(f)));
    EXPECT_FALSE(registry.is_subtype(ref(f), ref(any)));
    EXPECT_FALSE(registry.is_subtype(ref(struct_), ref(s)));
    EXPECT_EQ(registry.top_of(ref(s)), any);
    EXPECT_EQ(registry.top_of(ref(f)), func);
    EXPECT_EQ(registry.top_of(ref(noexn)), exn);
}

TEST(TypeRegistry, exact_type_is_only_itself)
{
    TypeRegistry registry;
    const TypeId super = *registry.intern({open_struct({})});
    const TypeId sub = *registry.intern({open_struct({field(i32)}, super)});
    const auto exact = [](TypeId id) { return ref(id, Nullability::non_null, Exactness::exact); };
    EXPECT_TRUE(registry.is_subtype(exact(sub), exact(sub)));
    EXPECT_TRUE(registry.is_subtype(exact(sub), ref(sub)));
    EXPECT_TRUE(registry.is_subtype(exact(sub), ref(super)));
    EXPECT_FALSE(registry.is_subtype(ref(sub), exact(sub)));
    EXPECT_FALSE(registry.is_subtype(exact(sub), exact(super)));
    EXPECT_TRUE(registry.is_subtype(ref(HeapKind::none), exact(sub)));
}

TEST(TypeRegistry, numbers_match_themselves_and_bottom_matches_all)
{
    const TypeRegistry registry;
    const ValType all[] = {i32, i64, f32, f64, v128, funcref};
    for (const ValType a : all) {
        EXPECT_TRUE(registry.is_subtype(ValType{}, a));
        EXPECT_FALSE(registry.is_subtype(a, ValType{}));
        for (const ValType b : all) EXPECT_EQ(registry.is_subtype(a, b), a == b);
    }
}

TEST(TypeRegistry, addresses_stay_while_it_grows)
{
    TypeRegistry registry;
    const SubType* const first = &registry.at(*registry.intern(FuncType{}));
    std::vector<std::pair<TypeId, ResultType>> all;
    ResultType params;
    for (uint32_t i = 0; i < 5000; ++i) {
        // Counts in base four, so that every list is another one.
        params.clear();
        for (uint32_t n = i; n != 0; n /= 4) params.push_back(ValType{static_cast<ValKind>(1 + n % 4)});
        params.push_back(v128);
        all.emplace_back(*registry.intern(FuncType{params, {}}), params);
    }
    EXPECT_EQ(first, &registry.at(TypeId{0}));
    for (const auto& [id, expected] : all) EXPECT_EQ(registry.at(id).func.params, expected);
}

TEST(TypeRegistry, threads_get_the_same_ids)
{
    TypeRegistry registry;
    std::vector<std::vector<TypeId>> ids(4);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : ids)
            threads.emplace_back([&registry, &mine] {
                for (size_t i = 0; i < 500; ++i) {
                    mine.push_back(*registry.intern(FuncType{ResultType(i % 50, i32), ResultType(i / 50, i64)}));
                    EXPECT_EQ(registry.at(mine.back()).func.params.size(), i % 50);
                }
            });
    }
    for (const auto& mine : ids) EXPECT_EQ(mine, ids[0]);
}

}  // namespace
}  // namespace weir::wasm
