#include "wasm/validate.hpp"

#include "module_bytes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace weir::wasm {
namespace {

using namespace test;

constexpr auto name_of = [](const auto& info) { return std::string{info.param.name}; };

struct InvalidModule {
    const char* name;
    ErrorKind kind;
    size_t offset;
    std::string_view message;
    ByteVector file;
};
class Invalid : public testing::TestWithParam<InvalidModule> {};

// clang-format off
const InvalidModule invalid_modules[] = {
    {"unknown_type_of_a_function", ErrorKind::invalid, 0xb, "unknown type 3",
     wat(R"wat((module (func (type 3))))wat",
        "0061736d01000000030201030a040102000b")},
    {"operand_of_the_wrong_type", ErrorKind::invalid, 0x23, "i32.add: type mismatch: expected i32, found f64",
     wat(R"wat((module (func (result i32) f64.const 1 i32.const 2 i32.add)))wat",
        "0061736d010000000105016000017f030201000a10010e0044000000000000f03f41026a0b")},
    {"operand_missing", ErrorKind::invalid, 0x1a, "i32.add: type mismatch: expected i32, found nothing",
     wat(R"wat((module (func (result i32) i32.const 2 i32.add)))wat",
        "0061736d010000000105016000017f030201000a0701050041026a0b")},
    {"operand_of_an_outer_block_is_out_of_reach", ErrorKind::invalid, 0x1c, "i32.eqz: type mismatch: expected i32, found nothing",
     wat(R"wat((module (func (result i32) i32.const 1 block i32.eqz drop end)))wat",
        "0061736d010000000105016000017f030201000a0b01090041010240451a0b0b")},
    {"value_left_at_the_end_of_a_block", ErrorKind::invalid, 0x19, "end: type mismatch: values remain on the stack at the end of a block, i32 on top",
     wat(R"wat((module (func i32.const 1)))wat",
        "0061736d01000000010401600000030201000a0601040041010b")},
    {"result_missing", ErrorKind::invalid, 0x18, "end: type mismatch: expected i64, found nothing",
     wat(R"wat((module (func (result i64))))wat",
        "0061736d010000000105016000017e030201000a040102000b")},
    {"result_of_another_type", ErrorKind::invalid, 0x1a, "end: type mismatch: expected i64, found i32",
     wat(R"wat((module (func (result i64) i32.const 1)))wat",
        "0061736d010000000105016000017e030201000a0601040041010b")},
    {"unknown_local", ErrorKind::invalid, 0x1a, "local.get: unknown local 2",
     wat(R"wat((module (func (param i32) (local i64) local.get 2 drop)))wat",
        "0061736d0100000001050160017f00030201000a09010701017e20021a0b")},
    {"local_set_of_another_type", ErrorKind::invalid, 0x1b, "local.set: type mismatch: expected f32, found i32",
     wat(R"wat((module (func (local f32) i32.const 1 local.set 0)))wat",
        "0061736d01000000010401600000030201000a0a010801017d410121000b")},
    {"unknown_global", ErrorKind::invalid, 0x17, "global.get: unknown global 0",
     wat(R"wat((module (func global.get 0 drop)))wat",
        "0061736d01000000010401600000030201000a0701050023001a0b")},
    {"immutable_global", ErrorKind::invalid, 0x21, "global.set: immutable global: cannot set global 0",
     wat(R"wat((module (global i32 i32.const 0) (func i32.const 1 global.set 0)))wat",
        "0061736d01000000010401600000030201000606017f0041000b0a08010600410124000b")},
    {"unknown_function", ErrorKind::invalid, 0x17, "call: unknown function 7",
     wat(R"wat((module (func call 7)))wat",
        "0061736d01000000010401600000030201000a0601040010070b")},
    {"call_argument_of_another_type", ErrorKind::invalid, 0x21, "call: type mismatch: expected i64, found i32",
     wat(R"wat((module (func (param i64)) (func i32.const 1 call 0)))wat",
        "0061736d0100000001080260017e0060000003030200010a0b0202000b0600410110000b")},
    {"unknown_label", ErrorKind::invalid, 0x19, "br: unknown label 2",
     wat(R"wat((module (func block br 2 end)))wat",
        "0061736d01000000010401600000030201000a0901070002400c020b0b")},
    {"branch_without_its_operand", ErrorKind::invalid, 0x18, "br: type mismatch: expected i32, found nothing",
     wat(R"wat((module (func (result i32) br 0)))wat",
        "0061736d010000000105016000017f030201000a060104000c000b")},
    {"loop_label_takes_parameters", ErrorKind::invalid, 0x1b, "br_if: type mismatch: expected i32, found i64",
     wat(R"wat((module (func loop (param) (result i32) i64.const 1 br_if 0 i32.const 0 end drop)))wat",
        "0061736d01000000010401600000030201000a0e010c00037f42010d0041000b1a0b")},
    {"br_table_labels_of_different_arity", ErrorKind::invalid, 0x1d, "br_table: type mismatch: labels take different numbers of operands",
     wat(R"wat((module (func block (result i32) block i32.const 0 br_table 0 1 end i32.const 1 end drop)))wat",
        "0061736d01000000010401600000030201000a13011100027f024041000e0100010b41010b1a0b")},
    {"br_table_label_of_another_type", ErrorKind::invalid, 0x1e, "br_table: type mismatch: expected i32, found i64",
     wat(R"wat((module (func (result i64) block (result i32) i64.const 1 i32.const 0 br_table 0 1 end drop i64.const 0)))wat",
        "0061736d010000000105016000017e030201000a12011000027f420141000e0100010b1a42000b")},
    {"if_without_else_that_gives_a_result", ErrorKind::invalid, 0x1e, "end: type mismatch: an if without else leaves the stack as it was",
     wat(R"wat((module (func (result i32) i32.const 1 if (result i32) i32.const 1 end)))wat",
        "0061736d010000000105016000017f030201000a0b0109004101047f41010b0b")},
    {"else_gives_another_type", ErrorKind::invalid, 0x21, "end: type mismatch: expected i32, found i64",
     wat(R"wat((module (func (result i32) i32.const 1 if (result i32) i32.const 1 else i64.const 1 end)))wat",
        "0061736d010000000105016000017f030201000a0e010c004101047f41010542010b0b")},
    {"select_of_references_without_a_type", ErrorKind::invalid, 0x1e, "select: type mismatch: select without a type takes no references",
     wat(R"wat((module (func (param funcref) local.get 0 local.get 0 i32.const 1 select drop)))wat",
        "0061736d0100000001050160017000030201000a0c010a002000200041011b1a0b")},
    {"select_of_two_types", ErrorKind::invalid, 0x1d, "select: type mismatch: expected i32, found i64",
     wat(R"wat((module (func i32.const 1 i64.const 1 i32.const 1 select drop)))wat",
        "0061736d01000000010401600000030201000a0c010a004101420141011b1a0b")},
    {"alignment_above_natural", ErrorKind::invalid, 0x1e, "i32.load: alignment must not be larger than natural, 2^2",
     wat(R"wat((module (memory 1) (func i32.const 0 i32.load align=8 drop)))wat",
        "0061736d010000000104016000000302010005030100010a0a01080041002803001a0b")},
    {"atomic_alignment_below_natural", ErrorKind::invalid, 0x1f, "i32.atomic.load: alignment must be natural for an atomic access, 2^2",
     wat(R"wat((module (memory 1 1 shared) (func i32.const 0 i32.atomic.load align=2 drop)))wat",
        "0061736d01000000010401600000030201000504010301010a0b0109004100fe1001001a0b")},
    {"load_without_memory", ErrorKind::invalid, 0x19, "i32.load: unknown memory 0",
     wat(R"wat((module (func i32.const 0 i32.load drop)))wat",
        "0061736d01000000010401600000030201000a0a01080041002802001a0b")},
    {"load_of_unknown_memory", ErrorKind::invalid, 0x1e, "i32.load: unknown memory 1",
     wat(R"wat((module (memory 1) (func i32.const 0 i32.load 1 drop)))wat",
        "0061736d010000000104016000000302010005030100010a0b0109004100284201001a0b")},
    {"offset_beyond_a_32_bit_memory", ErrorKind::invalid, 0x1e, "i32.load: offset out of range: 4294967296 of a 32-bit memory",
     wat(R"wat((module (memory 1) (func i32.const 0 i32.load offset=0x100000000 drop)))wat",
        "0061736d010000000104016000000302010005030100010a0e010c004100280280808080101a0b")},
    {"index_of_64_bit_memory_is_i64", ErrorKind::invalid, 0x1e, "i32.load: type mismatch: expected i64, found i32",
     wat(R"wat((module (memory i64 1) (func i32.const 0 i32.load drop)))wat",
        "0061736d010000000104016000000302010005030104010a0a01080041002802001a0b")},
    {"memory_grow_of_64_bit_memory_takes_i64", ErrorKind::invalid, 0x1e, "memory.grow: type mismatch: expected i64, found i32",
     wat(R"wat((module (memory i64 1) (func i32.const 0 memory.grow drop)))wat",
        "0061736d010000000104016000000302010005030104010a09010700410040001a0b")},
    {"memory_copy_between_widths_takes_the_narrow_length", ErrorKind::invalid, 0x24, "memory.copy: type mismatch: expected i32, found i64",
     wat(R"wat((module (memory 1) (memory i64 1) (func i32.const 0 i64.const 0 i64.const 0 memory.copy 0 1)))wat",
        "0061736d0100000001040160000003020100050502000104010a0e010c00410042004200fc0a00010b")},
    {"lane_out_of_range", ErrorKind::invalid, 0x29, "i32x4.extract_lane: invalid lane index 4",
     wat(R"wat((module (func v128.const i64x2 0 0 i32x4.extract_lane 4 drop)))wat",
        "0061736d01000000010401600000030201000a1a011800fd0c00000000000000000000000000000000fd1b041a0b")},
    {"lane_of_a_load_out_of_range", ErrorKind::invalid, 0x30, "v128.load64_lane: invalid lane index 2",
     wat(R"wat((module (memory 1) (func i32.const 0 v128.const i64x2 0 0 v128.load64_lane 2 drop)))wat",
        "0061736d010000000104016000000302010005030100010a1e011c004100fd0c00000000000000000000000000000000fd570300021a0b")},
    {"shuffle_lane_out_of_range", ErrorKind::invalid, 0x3b, "i8x16.shuffle: invalid lane index 32",
     wat(R"wat((module (func v128.const i64x2 0 0 v128.const i64x2 0 0 i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 32 drop)))wat",
        "0061736d01000000010401600000030201000a3b013900fd0c00000000000000000000000000000000fd0c00000000000000000000000000000000fd"
        "0d000102030405060708090a0b0c0d0e201a0b")},
    {"relaxed_operand_of_another_type", ErrorKind::invalid, 0x3d, "f32x4.relaxed_madd: type mismatch: expected v128, found i32",
     wat(R"wat((module (func v128.const i64x2 0 0 i32.const 0 v128.const i64x2 0 0 f32x4.relaxed_madd drop)))wat",
        "0061736d01000000010401600000030201000a2e012c00fd0c000000000000000000000000000000004100fd0c000000000000000000000000000000"
        "00fd85021a0b")},
    {"wide_arithmetic_operand_of_another_type", ErrorKind::invalid, 0x1f, "i64.add128: type mismatch: expected i64, found i32",
     wat(R"wat((module (func i64.const 0 i64.const 0 i32.const 0 i64.const 0 i64.add128 drop drop)))wat",
        "0061736d01000000010401600000030201000a10010e004200420041004200fc131a1a0b")},
    {"call_indirect_through_a_table_of_externs", ErrorKind::invalid, 0x1f, "call_indirect: type mismatch: the table holds no functions",
     wat(R"wat((module (type (func)) (table 1 externref) (func i32.const 0 call_indirect (type 0))))wat",
        "0061736d01000000010401600000030201000404016f00010a0901070041001100000b")},
    {"call_indirect_of_unknown_table", ErrorKind::invalid, 0x19, "call_indirect: unknown table 0",
     wat(R"wat((module (type (func)) (func i32.const 0 call_indirect (type 0))))wat",
        "0061736d01000000010401600000030201000a0901070041001100000b")},
    {"table_set_of_another_type", ErrorKind::invalid, 0x22, "table.set: type mismatch: expected funcref, found externref",
     wat(R"wat((module (table 1 funcref) (func (param externref) i32.const 0 local.get 0 table.set 0)))wat",
        "0061736d0100000001050160016f00030201000404017000010a0a0108004100200026000b")},
    {"index_of_64_bit_table_is_i64", ErrorKind::invalid, 0x1f, "table.get: type mismatch: expected i64, found i32",
     wat(R"wat((module (table i64 1 funcref) (func i32.const 0 table.get 0 drop)))wat",
        "0061736d01000000010401600000030201000404017004010a09010700410025001a0b")},
    {"table_copy_of_another_type", ErrorKind::invalid, 0x26, "table.copy: type mismatch: table.copy between tables of different types",
     wat(R"wat((module (table 1 funcref) (table 1 externref) (func i32.const 0 i32.const 0 i32.const 0 table.copy 0 1)))wat",
        "0061736d01000000010401600000030201000407027000016f00010a0e010c00410041004100fc0e00010b")},
    {"table_init_of_unknown_segment", ErrorKind::invalid, 0x23, "table.init: unknown elem segment 0",
     wat(R"wat((module (table 1 funcref) (func i32.const 0 i32.const 0 i32.const 0 table.init 0)))wat",
        "0061736d01000000010401600000030201000404017000010a0e010c00410041004100fc0c00000b")},
    {"memory_init_of_unknown_segment", ErrorKind::invalid, 0x25, "memory.init: unknown data segment 1",
     wat(R"wat((module (memory 1) (data "") (func i32.const 0 i32.const 0 i32.const 0 memory.init 1)))wat",
        "0061736d010000000104016000000302010005030100010c01010a0e010c00410041004100fc0801000b0b03010100")},
    {"ref_func_of_a_function_not_declared", ErrorKind::invalid, 0x1b, "ref.func: undeclared function reference 0",
     wat(R"wat((module (func) (func ref.func 0 drop)))wat",
        "0061736d0100000001040160000003030200000a0a0202000b0500d2001a0b")},
    {"local_without_initial_value", ErrorKind::invalid, 0x1a, "local.get: uninitialized local 0",
     wat(R"wat((module (type (func)) (func (local (ref 0)) local.get 0 drop)))wat",
        "0061736d01000000010401600000030201000a0a01080101640020001a0b")},
    {"local_set_in_a_block_that_ended", ErrorKind::invalid, 0x26, "local.get: uninitialized local 1",
     wat(R"wat((module (type (func)) (func (param (ref 0)) (local (ref 0)) block local.get 0 local.set 1 end local.get 1 drop)))wat",
        "0061736d010000000109026000006001640000030201010a11010f010164000240200021010b20011a0b")},
    {"call_ref_of_another_type", ErrorKind::invalid, 0x24, "call_ref: type mismatch: expected (ref null 1), found (ref 0)",
     wat(R"wat((module (type (func)) (type (func (param i32))) (func (param (ref 0)) i32.const 1 local.get 0 call_ref 1)))wat",
        "0061736d01000000010d0360000060017f006001640000030201020a0a0108004101200014010b")},
    {"tail_call_with_other_results", ErrorKind::invalid, 0x22, "return_call: type mismatch: expected i64, found i32",
     wat(R"wat((module (func (result i32) i32.const 1) (func (result i64) return_call 0)))wat",
        "0061736d010000000109026000017f6000017e03030200010a0b02040041010b040012000b")},
    {"tail_call_with_more_results", ErrorKind::invalid, 0x25, "return_call: type mismatch: the callee gives another number of results than its caller",
     wat(R"wat((module (func (result i32 i32) i32.const 1 i32.const 2) (func (result i32) return_call 0)))wat",
        "0061736d01000000010a026000027f7f6000017f03030200010a0d020600410141020b040012000b")},
    {"throw_of_unknown_tag", ErrorKind::invalid, 0x17, "throw: unknown tag 0",
     wat(R"wat((module (func throw 0)))wat",
        "0061736d01000000010401600000030201000a0601040008000b")},
    {"throw_without_operand", ErrorKind::invalid, 0x20, "throw: type mismatch: expected i32, found nothing",
     wat(R"wat((module (tag (param i32)) (func throw 0)))wat",
        "0061736d0100000001080260017f00600000030201010d030100000a0601040008000b")},
    {"catch_label_of_another_type", ErrorKind::invalid, 0x22, "try_table: type mismatch: expected i64, found i32",
     wat(R"wat((module (tag (param i32)) (func block (result i64) try_table (catch 0 0) end i64.const 0 end drop)))wat",
        "0061736d0100000001080260017f00600000030201010d030100000a11010f00027e1f40010000000b42000b1a0b")},
    {"catch_all_ref_label_without_exnref", ErrorKind::invalid, 0x19, "try_table: type mismatch: a catch clause gives its label another number of operands",
     wat(R"wat((module (func block try_table (catch_all_ref 0) end end)))wat",
        "0061736d01000000010401600000030201000a0d010b0002401f400103000b0b0b")},
    {"struct_get_of_packed_field", ErrorKind::invalid, 0x1f, "struct.get: field is packed: struct.get_s or struct.get_u reads it",
     wat(R"wat((module (type (struct (field i8))) (func (param (ref 0)) local.get 0 struct.get 0 0 drop)))wat",
        "0061736d01000000010a025f0178006001640000030201010a0b0109002000fb0200001a0b")},
    {"struct_get_of_unknown_field", ErrorKind::invalid, 0x1f, "struct.get_u: unknown field 1",
     wat(R"wat((module (type (struct (field i8))) (func (param (ref 0)) local.get 0 struct.get_u 0 1 drop)))wat",
        "0061736d01000000010a025f0178006001640000030201010a0b0109002000fb0400011a0b")},
    {"struct_set_of_immutable_field", ErrorKind::invalid, 0x21, "struct.set: immutable field: cannot set field 0",
     wat(R"wat((module (type (struct (field i32))) (func (param (ref 0)) local.get 0 i32.const 1 struct.set 0 0)))wat",
        "0061736d01000000010a025f017f006001640000030201010a0c010a0020004101fb0500000b")},
    {"struct_new_default_of_a_field_without_default", ErrorKind::invalid, 0x1c, "struct.new_default: field type is not defaultable",
     wat(R"wat((module (type (struct (field (ref any)))) (func struct.new_default 0 drop)))wat",
        "0061736d010000000109025f01646e00600000030201010a08010600fb01001a0b")},
    {"array_set_of_immutable_array", ErrorKind::invalid, 0x22, "array.set: immutable array",
     wat(R"wat((module (type (array i32)) (func (param (ref 0)) local.get 0 i32.const 0 i32.const 0 array.set 0)))wat",
        "0061736d010000000109025e7f006001640000030201010a0d010b00200041004100fb0e000b")},
    {"array_new_data_of_references", ErrorKind::invalid, 0x21, "array.new_data: array type is not numeric or vector",
     wat(R"wat((module (type (array anyref)) (data "") (func i32.const 0 i32.const 0 array.new_data 0 0 drop)))wat",
        "0061736d010000000107025e6e00600000030201010c01010a0d010b0041004100fb0900001a0b0b03010100")},
    {"array_op_on_a_struct_type", ErrorKind::invalid, 0x1f, "array.get: type 0 is not an array type",
     wat(R"wat((module (type (struct)) (func (param (ref 0)) local.get 0 i32.const 0 array.get 0 drop)))wat",
        "0061736d010000000108025f006001640000030201010a0c010a0020004100fb0b001a0b")},
    {"cast_to_another_hierarchy", ErrorKind::invalid, 0x1a, "ref.cast null: type mismatch: expected funcref, found anyref",
     wat(R"wat((module (func (param anyref) local.get 0 ref.cast funcref drop)))wat",
        "0061736d0100000001050160016e00030201000a0a0108002000fb17701a0b")},
    {"br_on_cast_to_a_type_that_is_no_subtype", ErrorKind::invalid, 0x1b, "br_on_cast: type mismatch: expected eqref, found anyref",
     wat(R"wat((module (func (param eqref) (result anyref) local.get 0 br_on_cast 0 eqref anyref)))wat",
        "0061736d0100000001060160016d016e030201000a0c010a002000fb1803006d6e0b")},
    {"ref_eq_of_functions", ErrorKind::invalid, 0x1c, "ref.eq: type mismatch: expected eqref, found funcref",
     wat(R"wat((module (func (param funcref) local.get 0 local.get 0 ref.eq drop)))wat",
        "0061736d0100000001050160017000030201000a0a01080020002000d31a0b")},
    {"null_where_a_reference_is_wanted", ErrorKind::invalid, 0x1c, "end: type mismatch: expected (ref any), found anyref",
     wat(R"wat((module (func (param (ref null any)) (result (ref any)) local.get 0)))wat",
        "0061736d0100000001070160016e01646e030201000a0601040020000b")},
    {"supertype_where_a_subtype_is_wanted", ErrorKind::invalid, 0x28, "end: type mismatch: expected (ref 1), found (ref 0)",
     wat(R"wat((module (type (sub (struct))) (type (sub 0 (struct (field i32)))) (func (param (ref 0)) (result (ref 1)) local.get 0)))wat",
        "0061736d0100000001130350005f005001005f017f0060016400016401030201020a0601040020000b")},
    {"inexact_where_an_exact_type_is_wanted", ErrorKind::invalid, 0x20, "end: type mismatch: expected (ref (exact 0)), found (ref 0)",
     wat(R"wat((module (type (struct)) (func (param (ref 0)) (result (ref (exact 0))) local.get 0)))wat",
        "0061736d01000000010b025f006001640001646200030201010a0601040020000b")},
    {"subtype_of_a_final_type", ErrorKind::invalid, 0xd, "sub type does not match super type",
     wat(R"wat((module (type (struct)) (type (sub 0 (struct)))))wat",
        "0061736d010000000108025f005001005f00")},
    {"subtype_with_another_field", ErrorKind::invalid, 0x11, "sub type does not match super type",
     wat(R"wat((module (type (sub (struct (field i32)))) (type (sub 0 (struct (field i64))))))wat",
        "0061736d01000000010e0250005f017f005001005f017e00")},
    {"subtype_with_a_mutable_field_narrowed", ErrorKind::invalid, 0x11, "sub type does not match super type",
     wat(R"wat((module (type (sub (struct (field (mut anyref))))) (type (sub 0 (struct (field (mut eqref)))))))wat",
        "0061736d01000000010e0250005f016e015001005f016d01")},
    {"descriptor_that_describes_another_type", ErrorKind::invalid, 0xd, "descriptor type does not describe this type",
     wat(R"wat((module (rec (type (descriptor 1) (struct)) (type (struct)))))wat",
        "0061736d010000000109014e024d015f005f00")},
    {"tag_with_results", ErrorKind::invalid, 0x13, "non-empty tag result type",
     wat(R"wat((module (tag (result i32))))wat",
        "0061736d010000000105016000017f0d03010000")},
    {"start_function_with_parameters", ErrorKind::invalid, 0x15, "start function: it takes no parameters and gives no results, unlike function 0",
     wat(R"wat((module (func (param i32)) (start 0)))wat",
        "0061736d0100000001050160017f00030201000801000a040102000b")},
    {"start_function_unknown", ErrorKind::invalid, 0xa, "unknown function 0",
     wat(R"wat((module (start 0)))wat",
        "0061736d01000000080100")},
    {"export_unknown", ErrorKind::invalid, 0x13, "unknown memory 1",
     wat(R"wat((module (memory 1) (export "m" (memory 1))))wat",
        "0061736d010000000503010001070501016d0201")},
    {"export_twice", ErrorKind::invalid, 0x1d, "duplicate export name 'f\\u{1b}[2J'",
     wat(R"wat((module (func) (export "f\1b[2J" (func 0)) (export "f\1b[2J" (func 0))))wat",
        "0061736d010000000104016000000302010007110205661b5b324a000005661b5b324a00000a040102000b")},
    {"memory_larger_than_its_address_space", ErrorKind::invalid, 0xb, "memory size must be at most 65536 pages (4 GiB), or 2^32-1 pages of one byte",
     wat(R"wat((module (memory 65537)))wat",
        "0061736d0100000005050100818004")},
    {"memory_minimum_above_maximum", ErrorKind::invalid, 0xb, "size minimum must not be greater than maximum",
     wat(R"wat((module (memory 2 1)))wat",
        "0061736d01000000050401010201")},
    {"shared_memory_without_maximum", ErrorKind::invalid, 0xb, "shared memory must have maximum",
     wat(R"wat((module (memory 1 shared)))wat",
        "0061736d010000000503010201")},
    {"memory_page_size_of_another_kind", ErrorKind::invalid, 0xd, "invalid custom page size 2 to the power of 1",
     wat(R"wat((module (memory 1 (pagesize 2))))wat",
        "0061736d01000000050401080101")},
    {"table_of_non_nullable_references_without_value", ErrorKind::invalid, 0xb, "type mismatch: a table of non-nullable references needs an initial value",
     wat(R"wat((module (table 1 (ref func))))wat",
        "0061736d0100000004050164700001")},
    {"table_value_of_another_type", ErrorKind::invalid, 0x13, "end: type mismatch: expected (ref func), found funcref",
     wat(R"wat((module (table 1 (ref func) (ref.null func))))wat",
        "0061736d01000000040a01400064700001d0700b")},
    {"global_value_of_another_type", ErrorKind::invalid, 0xf, "end: type mismatch: expected i32, found i64",
     wat(R"wat((module (global i32 (i64.const 0))))wat",
        "0061736d010000000606017f0042000b")},
    {"global_value_that_is_not_constant", ErrorKind::invalid, 0xf, "constant expression required, found i32.ctz",
     wat(R"wat((module (global i32 (i32.ctz (i32.const 0)))))wat",
        "0061736d010000000607017f004100680b")},
    {"global_value_from_a_mutable_global", ErrorKind::invalid, 0x15, "global.get: constant expression required: the global is mutable",
     wat(R"wat((module (import "" "" (global (mut i32))) (global i32 (global.get 0))))wat",
        "0061736d010000000206010000037f010606017f0023000b")},
    {"global_value_from_a_later_global", ErrorKind::invalid, 0xd, "global.get: unknown global 1",
     wat(R"wat((module (global i32 (global.get 1)) (global i32 (i32.const 0))))wat",
        "0061736d01000000060b027f0023010b7f0041000b")},
    {"element_offset_of_another_type", ErrorKind::invalid, 0x14, "end: type mismatch: expected i32, found i64",
     wat(R"wat((module (table 1 funcref) (elem (offset (i64.const 0)) funcref)))wat",
        "0061736d010000000404017000010906010442000b00")},
    {"element_type_that_the_table_does_not_take", ErrorKind::invalid, 0x12, "type mismatch: the table wants elements of type externref, the segment has funcref",
     wat(R"wat((module (table 1 externref) (elem (i32.const 0) funcref)))wat",
        "0061736d010000000404016f00010906010441000b00")},
    {"element_of_an_unknown_function", ErrorKind::invalid, 0x16, "unknown function 5",
     wat(R"wat((module (table 1 funcref) (elem (i32.const 0) func 5)))wat",
        "0061736d010000000404017000010907010041000b0105")},
    {"data_offset_of_another_type", ErrorKind::invalid, 0x13, "end: type mismatch: expected i64, found i32",
     wat(R"wat((module (memory i64 1) (data (i32.const 0) "")))wat",
        "0061736d0100000005030104010b06010041000b00")},
    {"data_of_an_unknown_memory", ErrorKind::invalid, 0xc, "unknown memory 0",
     wat(R"wat((module (data (i32.const 0) "")))wat",
        "0061736d010000000b06010041000b00")},
};
// clang-format on

TEST_P(Invalid, is_refused_with_its_reason)
{
    const InvalidModule& c = GetParam();
    const auto module = load(c.file);
    ASSERT_FALSE(module);
    EXPECT_EQ(module.error().kind, c.kind);
    EXPECT_EQ(module.error().offset_bytes, c.offset);
    EXPECT_EQ(module.error().message, c.message);
}
INSTANTIATE_TEST_SUITE_P(Validate, Invalid, testing::ValuesIn(invalid_modules), name_of);

struct ValidModule {
    const char* name;
    ByteVector file;
};
class Valid : public testing::TestWithParam<ValidModule> {};

// clang-format off
const ValidModule valid_modules[] = {
    {"empty",
     wat(R"wat((module))wat",
        "0061736d01000000")},
    {"multiple_values_and_block_parameters",
     wat(R"wat((module (func (param i32) (result i32 i64) local.get 0 i64.const 1 block (param i32 i64) (result i64 i32) drop i64.extend_i32_s i32.const 2 end drop i32.wrap_i64 i64.const 3)))wat",
        "0061736d01000000010e0260017f027f7e60027f7e027e7f030201000a130111002000420102011aac41020b1aa742030b")},
    {"unreachable_code_takes_any_operand",
     wat(R"wat((module (func (result i32) unreachable i64.add drop i32.add select ref.is_null)))wat",
        "0061736d010000000105016000017f030201000a0a010800007c1a6a1bd10b")},
    {"br_table_after_unreachable",
     wat(R"wat((module (func (result i32) block (result f32) unreachable i32.const 0 br_table 0 1 end drop i32.const 0)))wat",
        "0061736d010000000105016000017f030201000a11010f00027d0041000e0100010b1a41000b")},
    {"bulk_memory",
     wat(R"wat((module (memory 1) (data "x") (func i32.const 0 i32.const 0 i32.const 1 memory.init 0 data.drop 0 i32.const 0 i32.const 0 i32.const 0 memory.fill)))wat",
        "0061736d010000000104016000000302010005030100010c01010a1a011800410041004101fc080000fc0900410041004100fc0b000b0b0401010178")},
    {"simd",
     wat(R"wat((module (memory 1) (func (result v128) i32.const 0 v128.load v128.const i32x4 1 2 3 4 i32x4.add f32x4.convert_i32x4_s f32x4.extract_lane 3 drop v128.const i64x2 0 0)(func (result v128) i32.const 0 i32x4.splat)))wat",
        "0061736d010000000105016000017b030302000005030100010a3f0236004100fd000400fd0c01000000020000000300000004000000fdae01fdfa01"
        "fd1f031afd0c000000000000000000000000000000000b06004100fd110b")},
    {"relaxed_simd",
     wat(R"wat((module (func (param v128 v128 v128) (result v128) local.get 0 local.get 1 local.get 2 i8x16.relaxed_laneselect)))wat",
        "0061736d0100000001080160037b7b7b017b030201000a0d010b00200020012002fd89020b")},
    {"tail_calls",
     wat(R"wat((module (type (func (result i32))) (table 1 funcref) (func $f (result i32) return_call $f) (func (result i32) i32.const 0 return_call_indirect (type 0)) (func (param (ref 0)) (result i32) local.get 0 return_call_ref 0)))wat",
        "0061736d01000000010b026000017f60016400017f0304030000010404017000010a1503040012000b070041001300000b0600200015000b")},
    {"tail_call_to_results_of_a_subtype",
     wat(R"wat((module (func $f (result (ref func)) ref.func $f) (func (result funcref) return_call $f) (elem declare func $f)))wat",
        "0061736d01000000010a026000016470600001700303020001090501030001000a0b020400d2000b040012000b")},
    {"function_references",
     wat(R"wat((module (type (func)) (func (param (ref null 0)) (local (ref 0)) local.get 0 br_on_null 0 local.tee 1 call_ref 0)))wat",
        "0061736d010000000109026000006001630000030201010a0f010d010164002000d500220114000b")},
    {"garbage_collection",
     wat(R"wat((module (rec (type $a (sub (struct (field i32)))) (type $b (sub $a (struct (field i32) (field (mut (ref null $a))))))) (func (param anyref) (result (ref $b)) block (result (ref $b)) local.get 0 br_on_cast 0 anyref (ref $b) drop i32.const 1 ref.null $a struct.new $b end)))wat",
        "0061736d010000000119024e0250005f017f005001005f027f0063000160016e016401030201020a180116000264012000fb1801006e011a4101d000"
        "fb00010b0b")},
    {"exceptions",
     wat(R"wat((module (tag (param i32)) (func (result i32) block (result i32 exnref) try_table (result i32) (catch_ref 0 0) i32.const 1 throw 0 end return end throw_ref)))wat",
        "0061736d01000000010e0360017f006000017f6000027f69030201010d030100000a1401120002021f7f01010000410108000b0f0b0a0b")},
    {"many_memories_and_tables",
     wat(R"wat((module (memory 1) (memory i64 1) (table 1 funcref) (table i64 1 externref) (func (result i32) i64.const 0 i32.load 1 i32.const 0 i32.store8 0 i64.const 0 table.get 1 drop i32.const 0)))wat",
        "0061736d010000000105016000017f030201000407027000016f0401050502000104010a1601140042002842010041003a0000420025011a41000b")},
    {"extended_constants",
     wat(R"wat((module (import "" "g" (global i32)) (global i32 (i32.add (global.get 0) (i32.mul (i32.const 3) (i32.const 4)))) (type (array i32)) (global (ref 0) (array.new_fixed 0 2 (global.get 1) (i32.const 0)))))wat",
        "0061736d010000000104015e7f00020701000167037f000618027f002300410341046c6a0b64000023014100fb0800020b")},
    {"threads",
     wat(R"wat((module (memory 1 2 shared) (func (result i32) i32.const 0 i32.const 1 i32.atomic.rmw.add atomic.fence drop i32.const 0 i32.const 0 i64.const -1 memory.atomic.wait32)))wat",
        "0061736d010000000105016000017f030201000504010301020a1a01180041004101fe1e0200fe03001a41004100427ffe0102000b")},
    {"custom_page_sizes",
     wat(R"wat((module (memory 0 0xffffffff (pagesize 1))))wat",
        "0061736d010000000509010900ffffffff0f00")},
    {"wide_arithmetic",
     wat(R"wat((module (func (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_u)))wat",
        "0061736d0100000001080160027e7e027e7e030201000a0a01080020002001fc160b")},
    {"custom_descriptors",
     wat(R"wat((module (rec (type $t (descriptor $d) (struct)) (type $d (describes $t) (struct))) (func (result (ref (exact $t))) struct.new_default $d struct.new_default_desc $t)))wat",
        "0061736d010000000111024e024d015f004c005f00600001646200030201020a0a010800fb0101fb21000b")},
    {"locals_set_before_use",
     wat(R"wat((module (type (func)) (func (param (ref 0)) (local (ref 0)) local.get 0 local.set 1 block local.get 1 drop end)))wat",
        "0061736d010000000109026000006001640000030201010a11010f0101640020002101024020011a0b0b")},
    {"import_names_may_repeat",
     wat(R"wat((module (import "a" "b" (func)) (import "a" "b" (func (param i32)))))wat",
        "0061736d0100000001080260000060017f00020d02016101620000016101620001")},
};
// clang-format on

TEST_P(Valid, is_accepted)
{
    const auto module = load(GetParam().file);
    EXPECT_TRUE(module) << module.error().to_string();
}
INSTANTIATE_TEST_SUITE_P(Validate, Valid, testing::ValuesIn(valid_modules), name_of);

const ValidModule& valid_module(std::string_view name)
{
    for (const ValidModule& m : valid_modules)
        if (m.name == name) return m;
    ADD_FAILURE() << name;
    return valid_modules[0];
}

TEST(Validate, first_instruction_that_is_not_run_is_noted)
{
    const struct {
        const char* module;
        std::string_view feature;
        std::string_view instruction;
    } cases[] = {
        {"garbage_collection", "garbage collection", "br_on_cast"},
        {"extended_constants", "garbage collection", "array.new_fixed"},
        {"exceptions", "exceptions", "try_table"},
        {"custom_descriptors", "garbage collection", "struct.new_default"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.module);
        const auto module = load(valid_module(c.module).file);
        ASSERT_TRUE(module);
        ASSERT_TRUE((*module)->unsupported);
        EXPECT_EQ((*module)->unsupported->feature, c.feature);
        EXPECT_EQ((*module)->unsupported->instruction, c.instruction);
    }
    for (const char* const name :
         {"function_references", "tail_calls", "threads", "relaxed_simd", "wide_arithmetic", "many_memories_and_tables"})
        EXPECT_FALSE((*load(valid_module(name).file))->unsupported) << name;
}

TEST(Validate, mismatch_has_both_types_apart)
{
    // (module (func (result i32) f64.const 1 i32.const 2 i32.add))
    for (const InvalidModule& m : invalid_modules) {
        if (m.name != std::string_view{"operand_of_the_wrong_type"}) continue;
        const auto module = load(m.file);
        ASSERT_FALSE(module);
        EXPECT_EQ(module.error().expected, "i32");
        EXPECT_EQ(module.error().found, "f64");
        EXPECT_EQ(module.error().function, FuncIdx{0});
        EXPECT_EQ(module.error().to_string(), "function 0, byte 0x23: i32.add: type mismatch: expected i32, found f64");
    }
}

TEST(Validate, casts_across_a_hierarchy_are_a_rule_of_the_proposal_alone)
{
    // custom-descriptors drops what 3.0 demands: that the target be a subtype of the source.
    for (const InvalidModule& m : invalid_modules) {
        if (m.name != std::string_view{"br_on_cast_to_a_type_that_is_no_subtype"}) continue;
        LoadOptions options;
        EXPECT_FALSE(load(m.file, options));
        options.rules.allows_casts_across = true;
        EXPECT_TRUE(load(m.file, options));
    }
}

}  // namespace
}  // namespace weir::wasm
