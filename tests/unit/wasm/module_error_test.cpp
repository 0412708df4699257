#include "wasm/module_error.hpp"

#include "wasm/module.hpp"
#include "wasm/types.hpp"

#include <gtest/gtest.h>

namespace weir::wasm {
namespace {

TEST(ModuleError, reads_from_the_function_to_the_reason)
{
    ModuleError e{ErrorKind::invalid, "i32.add: type mismatch: expected i32, found f64", 0x1a2b, FuncIdx{12}, "main.foo"};
    EXPECT_EQ(e.to_string(), "function 12 (main.foo), byte 0x1a2b: i32.add: type mismatch: expected i32, found f64");
    e.function_name.clear();
    EXPECT_EQ(e.to_string(), "function 12, byte 0x1a2b: i32.add: type mismatch: expected i32, found f64");
    e.function.reset();
    EXPECT_EQ(e.to_string(), "byte 0x1a2b: i32.add: type mismatch: expected i32, found f64");
}

TEST(ModuleError, has_no_place_where_the_whole_file_is_meant)
{
    EXPECT_EQ((ModuleError{ErrorKind::empty, "the file is empty", 0, std::nullopt, {}}).to_string(), "the file is empty");
}

TEST(ModuleError, names_cannot_write_to_the_terminal)
{
    const ModuleError e{ErrorKind::invalid, "x", 1, FuncIdx{0}, "\x1b]0;pwned\x07"};
    EXPECT_EQ(e.to_string(), "function 0 (\\u{1b}]0;pwned\\u{7}), byte 0x1: x");
}

TEST(TypeText, is_the_standard_s)
{
    using enum HeapKind;
    EXPECT_EQ(to_string(v128), "v128");
    EXPECT_EQ(to_string(funcref), "funcref");
    EXPECT_EQ(to_string(externref), "externref");
    EXPECT_EQ(to_string(ValType::ref(any, Nullability::non_null)), "(ref any)");
    EXPECT_EQ(to_string(ValType::ref(none, Nullability::nullable)), "nullref");
    EXPECT_EQ(to_string(ValType::ref(nofunc, Nullability::nullable)), "nullfuncref");
    EXPECT_EQ(to_string(ValType::ref(noextern, Nullability::nullable)), "nullexternref");
    EXPECT_EQ(to_string(ValType::ref(noexn, Nullability::non_null)), "(ref noexn)");
    EXPECT_EQ(to_string(FuncType{{i32, f64}, {i64}}), "[i32 f64] -> [i64]");
    EXPECT_EQ(to_string(FuncType{}), "[] -> []");
}

TEST(TypeText, defined_types_have_the_module_s_own_numbers)
{
    Module module;
    module.types = {TypeId{70}, TypeId{71}};
    EXPECT_EQ(to_string(ValType::ref(TypeId{71}, Nullability::nullable), module), "(ref null 1)");
    EXPECT_EQ(to_string(ValType::ref(TypeId{70}, Nullability::non_null, Exactness::exact), module), "(ref (exact 0))");
    EXPECT_EQ(to_string(ValType::ref(TypeId{99}, Nullability::non_null), module), "(ref engine type 99)");
}

}  // namespace
}  // namespace weir::wasm
