#include "support/execution.hpp"
#include "support/module_builder.hpp"
#include "unit/baseline/numeric_reference.hpp"

#include <algorithm>
#include <cstring>

// Every numeric instruction against C++, with its operands in every place that the compiler distinguishes, its result going
// to every kind of destination, and with all registers taken.

namespace weir::test {
namespace {

using wasm::Opcode;
using wasm::ValKind;
using wasm::ValType;

/// Where an operand is when the instruction is compiled.
enum class Place : uint8_t {
    hot_local,   // a parameter that is used often enough for a register
    cold_local,  // a parameter in memory
    constant,
    temporary,  // loaded from memory
    spilled,    // loaded, then pushed out by the start of a block
};
constexpr Place places[] = {Place::hot_local, Place::cold_local, Place::constant, Place::temporary, Place::spilled};

enum class Destination : uint8_t {
    stack,
    fresh_local,    // a local in a register
    first_operand,  // the local that the first operand is read from
    second_operand,
    pending_first,   // as first_operand, while the old value is still wanted
    under_pressure,  // the stack, with more operands below than there are registers
};
constexpr Destination destinations[] = {Destination::stack,          Destination::fresh_local,   Destination::first_operand,
                                        Destination::second_operand, Destination::pending_first, Destination::under_pressure};

struct Operand {
    ValKind type;
    Place place;
    uint64_t constant = 0;
};

struct Shape {
    std::vector<Operand> operands;
    Destination destination;
    uint32_t function = 0;
};

constexpr uint64_t operand_address(size_t i) { return 16 + 16 * i; }
constexpr uint64_t pressure_address = 256;
constexpr uint32_t pressure_count = 12;  // of each register class
constexpr size_t telling_values = 6, telling_constants = 4;

Opcode load_of(ValKind kind)
{
    switch (kind) {
    case ValKind::i32: return Opcode::i32_load;
    case ValKind::i64: return Opcode::i64_load;
    case ValKind::f32: return Opcode::f32_load;
    default: return Opcode::f64_load;
    }
}
Opcode store_of(ValKind kind)
{
    switch (kind) {
    case ValKind::i32: return Opcode::i32_store;
    case ValKind::i64: return Opcode::i64_store;
    case ValKind::f32: return Opcode::f32_store;
    default: return Opcode::f64_store;
    }
}

uint64_t pressure_bits(uint32_t i) { return 0x3ff1'2345'6789'abcdU * (2 * i + 3); }

/// A function that does `op` once. Its first results are what the shape's destination implies, see check().
void add_function(ModuleBuilder& module, Opcode op, ValKind result, Shape& shape)
{
    const size_t count = shape.operands.size();
    std::vector<ValType> params, results;
    for (const Operand& o : shape.operands) params.emplace_back(o.type);
    const auto fresh = static_cast<uint32_t>(count);

    Code code;
    const auto make_hot = [&](uint32_t local) {
        for (int i = 0; i < 4; ++i) code.local_get(local).op(Opcode::drop);
    };
    for (uint32_t i = 0; i < count; ++i) {
        const Operand& o = shape.operands[i];
        if (o.place == Place::hot_local) make_hot(i);
        if (o.place == Place::temporary || o.place == Place::spilled)
            code.i32_const(0).local_get(i).mem(store_of(o.type), 0, operand_address(i));
    }
    if (shape.destination == Destination::fresh_local) make_hot(fresh);
    if (shape.destination == Destination::pending_first) {
        code.local_get(0);
        results.emplace_back(params[0]);
    }
    if (shape.destination == Destination::under_pressure) {
        for (uint32_t i = 0; i < pressure_count; ++i) {
            code.i32_const(0).mem(Opcode::i64_load, 0, pressure_address + uint64_t{8} * i);
            code.i32_const(0).mem(Opcode::f64_load, 0, pressure_address + uint64_t{8} * i);
        }
    }
    for (uint32_t i = 0; i < count; ++i) {
        const Operand& o = shape.operands[i];
        switch (o.place) {
        case Place::hot_local:
        case Place::cold_local: code.local_get(i); break;
        case Place::constant: code.constant(o.type, o.constant); break;
        case Place::temporary: code.i32_const(0).mem(load_of(o.type), 0, operand_address(i)); break;
        case Place::spilled:
            code.i32_const(0).mem(load_of(o.type), 0, operand_address(i));
            code.open(Opcode::block).end();
            break;
        }
    }
    code.op(op);
    switch (shape.destination) {
    case Destination::stack: break;
    case Destination::fresh_local: code.local_set(fresh).local_get(fresh); break;
    case Destination::first_operand:
    case Destination::pending_first: code.local_set(0).local_get(0); break;
    case Destination::second_operand: code.local_set(1).local_get(1); break;
    case Destination::under_pressure: {
        // The result waits in a local while every pair of equal bits below proves that it survived: the differences are all 0.
        const uint32_t differences = fresh + 1;
        code.local_set(fresh);
        for (uint32_t i = 0; i < pressure_count; ++i)
            code.op(Opcode::i64_reinterpret_f64)
                .op(Opcode::i64_xor)
                .local_get(differences)
                .op(Opcode::i64_or)
                .local_set(differences);
        results.emplace_back(ValKind::i64);
        code.local_get(differences).local_get(fresh);
        break;
    }
    }
    results.emplace_back(result);
    shape.function = module.function(module.type(params, results), "", code, {ValType{result}, ValType{ValKind::i64}});
}

/// Every place of every operand; a few constants where one is constant.
std::vector<std::vector<Operand>> operand_combinations(const wasm::Signature& signature)
{
    std::vector<std::vector<Operand>> combinations{{}};
    for (size_t i = 0; i < signature.operand_count; ++i) {
        std::vector<std::vector<Operand>> longer;
        const ValKind type = signature.operands[i].kind();
        for (const auto& start : combinations) {
            for (const Place place : places) {
                const size_t constants = place == Place::constant ? telling_constants : 1;
                for (size_t c = 0; c < constants; ++c) {
                    longer.push_back(start);
                    longer.back().push_back({type, place, edge_values(type)[c]});
                }
            }
        }
        combinations = std::move(longer);
    }
    return combinations;
}

bool fits(const wasm::Signature& signature, Destination destination)
{
    switch (destination) {
    case Destination::first_operand:
    case Destination::pending_first: return signature.operands[0] == signature.results[0];
    case Destination::second_operand: return signature.operand_count == 2 && signature.operands[1] == signature.results[0];
    default: return true;
    }
}

class Numeric : public testing::TestWithParam<std::tuple<EngineMode, NumericOp>> {};

/// Calls a shape's function with the values `a`, `b` and compares.
void check(Guest& guest, const NumericOp& op, const wasm::Signature& signature, const Shape& shape, uint64_t a, uint64_t b)
{
    const uint64_t given[] = {a, b};
    uint64_t seen[] = {a, b};
    Values arguments;
    for (size_t i = 0; i < shape.operands.size(); ++i) {
        arguments.push_back({shape.operands[i].type, given[i], 0});
        if (shape.operands[i].place == Place::constant) seen[i] = shape.operands[i].constant;
    }
    const Reference expected = op.evaluate(seen[0], seen[1]);
    const CallResult actual = guest.call(wasm::FuncIdx{shape.function}, arguments);
    const bool is_right = [&] {
        if (expected.trap != runtime::TrapKind::none) return actual == traps(expected.trap);
        if (actual.kind != CallResult::Kind::returned ||
            !is_allowed(expected, signature.results[0].kind(), actual.values.back().bits))
            return false;
        if (shape.destination == Destination::pending_first) return actual.values[0].bits == given[0];
        return shape.destination != Destination::under_pressure || actual.values[0].bits == 0;
    }();
    if (is_right) return;
    std::ostringstream numbers;
    for (const Operand& o : shape.operands) numbers << " " << int{static_cast<uint8_t>(o.place)};
    FAIL() << "operands in places" << numbers.str() << ", destination " << int{static_cast<uint8_t>(shape.destination)} << std::hex
           << ", values 0x" << seen[0] << " 0x" << seen[1] << ", expected 0x" << expected.bits << " or trap "
           << runtime::to_string(expected.trap) << ": " << actual;
}

TEST_P(Numeric, agrees_with_the_reference_wherever_operands_and_result_are)
{
    const auto& [mode, op] = GetParam();
    const wasm::Signature signature = signature_of(op.opcode);
    const ValKind result = signature.results[0].kind();
    ModuleBuilder module;
    module.memory(1);
    std::vector<Shape> shapes;
    for (const Destination destination : destinations) {
        if (!fits(signature, destination)) continue;
        for (auto& operands : operand_combinations(signature)) {
            Shape shape{std::move(operands), destination, 0};
            add_function(module, op.opcode, result, shape);
            shapes.push_back(std::move(shape));
        }
    }
    Guest guest{mode, module.build()};
    ASSERT_NE(guest.instance(), nullptr);
    for (uint32_t i = 0; i < pressure_count; ++i) {
        const uint64_t bits = pressure_bits(i);
        std::memcpy(guest.memory().data() + pressure_address + size_t{8} * i, &bits, 8);
    }
    for (const Shape& shape : shapes) {
        const auto values_of = [&](size_t operand) {
            if (operand >= shape.operands.size() || shape.operands[operand].place == Place::constant)
                return edge_values(ValKind::i32).first(1);
            const auto all = edge_values(shape.operands[operand].type);
            // The first shape sees every value, the others those that tell most.
            return &shape == &shapes.front() || shape.operands.size() == 1 ? all : all.first(telling_values);
        };
        for (const uint64_t a : values_of(0)) {
            for (const uint64_t b : values_of(1)) {
                check(guest, op, signature, shape, a, b);
                if (HasFatalFailure()) return;
            }
        }
    }
}

std::string test_name(const testing::TestParamInfo<Numeric::ParamType>& test)
{
    std::string text = std::string{std::get<0>(test.param).name} + "_" + std::string{name_of(std::get<1>(test.param).opcode)};
    std::replace(text.begin(), text.end(), '.', '_');
    return text;
}

INSTANTIATE_TEST_SUITE_P(AllModes, Numeric, testing::Combine(testing::ValuesIn(engine_modes), testing::ValuesIn(numeric_ops())),
                         test_name);

}  // namespace
}  // namespace weir::test
