#include "unit/baseline/random_program.hpp"

#include "support/execution.hpp"

#include <cstring>

// Random functions with locals, nested blocks, branches, calls, memory and globals, compared with a plain interpreter.

namespace weir::test {
namespace {

using wasm::ValKind;

class RandomPrograms : public Execution {};

constexpr uint64_t programs_per_mode = 1500;
constexpr std::array<uint64_t, 4> arguments[] = {
    {0, 0, 0, 0},
    {7, UINT64_MAX, 0x4048'0000 /* 3.125 */, 0xc0f8'6a00'0000'0000 /* -100000 */},
    {0xffff'ffff, uint64_t{1} << 63, 0xbf80'0000, 0x3ff8'0000'0000'0000},
};

void compare(const EngineMode& mode, uint64_t seed)
{
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Program program = make_program(seed);
    Guest guest{mode, encode(program)};
    ASSERT_NE(guest.instance(), nullptr);
    for (const auto& given : arguments) {
        State state;
        const Interpreted expected = interpret(program, given, state);
        if (expected.is_unknown) continue;
        const State initial;
        std::memcpy(guest.memory().data(), initial.memory.data(), initial.memory.size());
        for (uint32_t g = 0; g < 4; ++g)
            *guest.instance()->global_cell(wasm::GlobalIdx{g}) =
                to_value({g % 2 == 0 ? ValKind::i32 : ValKind::i64, initial.globals[g], 0});
        const CallResult actual = guest.call(
            "run",
            {{ValKind::i32, given[0], 0}, {ValKind::i64, given[1], 0}, {ValKind::f32, given[2], 0}, {ValKind::f64, given[3], 0}});
        CallResult wanted = traps(expected.trap);
        if (expected.trap == runtime::TrapKind::none) {
            wanted = returns();
            wanted.values = expected.results;
        }
        ASSERT_EQ(actual, wanted);
        ASSERT_EQ(std::memcmp(guest.memory().data(), state.memory.data(), state.memory.size()), 0) << "memory differs";
        for (uint32_t g = 0; g < 4; ++g) {
            const uint64_t bits =
                from_value(g % 2 == 0 ? ValKind::i32 : ValKind::i64, *guest.instance()->global_cell(wasm::GlobalIdx{g})).bits;
            ASSERT_EQ(bits, state.globals[g]) << "global " << g;
        }
    }
}

TEST_P(RandomPrograms, do_what_the_interpreter_does)
{
    for (uint64_t seed = 0; seed < programs_per_mode && !HasFailure(); ++seed) compare(GetParam(), seed);
}

TEST(RandomProgramMaker, makes_programs_that_mostly_come_to_a_result)
{
    uint64_t returned = 0, trapped = 0, unknown = 0;
    for (uint64_t seed = 0; seed < programs_per_mode; ++seed) {
        State state;
        const Interpreted result = interpret(make_program(seed), arguments[1], state);
        ++(result.is_unknown ? unknown : result.trap != runtime::TrapKind::none ? trapped : returned);
    }
    EXPECT_GT(returned, programs_per_mode / 2) << trapped << " trapped, " << unknown << " unknown";
    EXPECT_GT(trapped, programs_per_mode / 50);
}

INSTANTIATE_EXECUTION_TESTS(RandomPrograms);

}  // namespace
}  // namespace weir::test
