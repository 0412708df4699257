#include "optimizing/optimizing.hpp"
#include "support/execution.hpp"
#include "unit/baseline/random_program.hpp"

#include <cstring>

// Random programs whose functions change tiers at every loop, compared with the baseline's code.

namespace weir::test {
namespace {

using wasm::ValKind;

constexpr uint64_t programs_per_mode = 250;
constexpr std::array<uint64_t, 4> arguments[] = {
    {0, 0, 0, 0},
    {7, UINT64_MAX, 0x4048'0000 /* 3.125 */, 0xc0f8'6a00'0000'0000 /* -100000 */},
};

class TieredPrograms : public Execution {};

CallResult run(Guest& guest, const std::array<uint64_t, 4>& given)
{
    return guest.call(
        "run",
        {{ValKind::i32, given[0], 0}, {ValKind::i64, given[1], 0}, {ValKind::f32, given[2], 0}, {ValKind::f64, given[3], 0}});
}

TEST_P(TieredPrograms, do_what_they_do_in_one_tier)
{
    EngineMode single = GetParam();
    single.create_optimizer = nullptr;
    for (uint64_t seed = 0; seed < programs_per_mode && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto bytes = encode(make_program(seed));
        Guest tiered{GetParam(), bytes}, plain{single, bytes};
        for (const auto& given : arguments) {
            ASSERT_EQ(run(tiered, given), run(plain, given));
            ASSERT_EQ(std::memcmp(tiered.memory().data(), plain.memory().data(), plain.memory().size()), 0) << "memory differs";
        }
    }
}

constexpr EngineMode tiered_modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
    {"checked", runtime::BoundsPolicy::checked, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, TieredPrograms, testing::ValuesIn(tiered_modes),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace weir::test
