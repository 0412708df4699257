#include "support/execution.hpp"

#ifdef WEIR_TEST_OPTIMIZING
#include "optimizing/optimizing.hpp"
#endif

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

// memory.copy and memory.fill against the same in C++, of all the counts that are treated apart (few_bytes.S).

namespace weir::test {
namespace {

using runtime::TrapKind;

constexpr uint32_t size_bytes = 65536;
constexpr uint32_t most_bytes = 300;  // a little more than what is done without C++

Wat copies_and_fills()
{
    return wat(
        R"wat(
(module
  (memory (export "memory") 1 1)
  (memory $other 1 1)
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy_there") (param i32 i32 i32) (memory.copy $other 0 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy_back") (param i32 i32 i32) (memory.copy 0 $other (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill_there") (param i32 i32 i32) (memory.fill $other (local.get 0) (local.get 1) (local.get 2)))
)
)wat",
        "0061736d0100000001070160037f7f7f000306050000000000050702010101010101073e06066d656d6f7279020004636f707900000466696c6c0001"
        "0a636f70795f7468657265000209636f70795f6261636b00030a66696c6c5f746865726500040a40050c00200020012002fc0a00000b0b0020002001"
        "2002fc0b000b0c00200020012002fc0a01000b0c00200020012002fc0a00010b0b00200020012002fc0b010b");
}

constexpr uint32_t known_counts[] = {0, 1, 3, 8, 17, 31, 32, 63, 100, 255, 256};

Wat of_known_counts()
{
    return wat(
        R"wat(
(module
  (memory (export "memory") 1 1)
  (func (export "copy_0") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 0)))
  (func (export "fill_0") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 0)))
  (func (export "copy_1") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 1)))
  (func (export "fill_1") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 1)))
  (func (export "copy_3") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 3)))
  (func (export "fill_3") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 3)))
  (func (export "copy_8") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 8)))
  (func (export "fill_8") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 8)))
  (func (export "copy_17") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 17)))
  (func (export "fill_17") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 17)))
  (func (export "copy_31") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 31)))
  (func (export "fill_31") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 31)))
  (func (export "copy_32") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 32)))
  (func (export "fill_32") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 32)))
  (func (export "copy_63") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 63)))
  (func (export "fill_63") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 63)))
  (func (export "copy_100") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 100)))
  (func (export "fill_100") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 100)))
  (func (export "copy_255") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 255)))
  (func (export "fill_255") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 255)))
  (func (export "copy_256") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 256)))
  (func (export "fill_256") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 256)))
)
)wat",
        "0061736d0100000001060160027f7f000317160000000000000000000000000000000000000000000005040101010107e40117066d656d6f72790200"
        "06636f70795f3000000666696c6c5f30000106636f70795f3100020666696c6c5f31000306636f70795f3300040666696c6c5f33000506636f70795f"
        "3800060666696c6c5f38000707636f70795f313700080766696c6c5f3137000907636f70795f3331000a0766696c6c5f3331000b07636f70795f3332"
        "000c0766696c6c5f3332000d07636f70795f3633000e0766696c6c5f3633000f08636f70795f31303000100866696c6c5f313030001108636f70795f"
        "32353500120866696c6c5f323535001308636f70795f32353600140866696c6c5f32353600150a9a02160c00200020014100fc0a00000b0b00200020"
        "014100fc0b000b0c00200020014101fc0a00000b0b00200020014101fc0b000b0c00200020014103fc0a00000b0b00200020014103fc0b000b0c0020"
        "0020014108fc0a00000b0b00200020014108fc0b000b0c00200020014111fc0a00000b0b00200020014111fc0b000b0c0020002001411ffc0a00000b"
        "0b0020002001411ffc0b000b0c00200020014120fc0a00000b0b00200020014120fc0b000b0c0020002001413ffc0a00000b0b0020002001413ffc0b"
        "000b0d002000200141e400fc0a00000b0c002000200141e400fc0b000b0d002000200141ff01fc0a00000b0c002000200141ff01fc0b000b0d002000"
        "2001418002fc0a00000b0c0020002001418002fc0b000b");
}

class BulkMemory : public Execution {
protected:
    void SetUp() override
    {
        std::minstd_rand random{1};
        for (std::byte& b : m_expected) b = static_cast<std::byte>(random() >> 8U);
        std::ranges::copy(m_expected, m_guest.memory().begin());
    }

    CallResult call(std::string_view name, uint32_t a, uint32_t b, uint32_t c)
    {
        return m_guest.call(name, {i32(static_cast<int32_t>(a)), i32(static_cast<int32_t>(b)), i32(static_cast<int32_t>(c))});
    }
    void copy(uint32_t to, uint32_t from, uint32_t count)
    {
        ASSERT_EQ(call("copy", to, from, count), returns());
        std::memmove(m_expected.data() + to, m_expected.data() + from, count);
    }
    void fill(uint32_t to, uint32_t value, uint32_t count)
    {
        ASSERT_EQ(call("fill", to, value, count), returns());
        std::memset(m_expected.data() + to, static_cast<int>(value), count);
    }
    [[nodiscard]] bool is_as_expected() const { return std::ranges::equal(m_guest.memory(), m_expected); }

    Guest m_guest = load(copies_and_fills());
    std::vector<std::byte> m_expected = std::vector<std::byte>(size_bytes);
};
#ifdef WEIR_TEST_OPTIMIZING
constexpr EngineMode modes[] = {
    {"guard", runtime::BoundsPolicy::guard, false, &optimizing::create_compiler},
    {"checked", runtime::BoundsPolicy::checked, false, &optimizing::create_compiler},
};
INSTANTIATE_TEST_SUITE_P(Tiered, BulkMemory, testing::ValuesIn(modes),
                         [](const auto& test) { return std::string{test.param.name}; });
#else
INSTANTIATE_EXECUTION_TESTS(BulkMemory);
#endif

TEST_P(BulkMemory, copies_any_count_however_the_two_overlap)
{
    for (uint32_t count = 0; count <= most_bytes; ++count) {
        for (const uint32_t distance : {0U, 1U, 7U, count / 2, count, 1000U}) {
            copy(5000 + distance, 5000, count);
            copy(9000, 9000 + distance, count);
        }
        ASSERT_TRUE(is_as_expected()) << count;
    }
}

TEST_P(BulkMemory, fills_any_count_with_the_lowest_byte)
{
    for (uint32_t count = 0; count <= most_bytes; ++count) {
        fill(3000 + count, 0x12345600 + count, count);
        ASSERT_TRUE(is_as_expected()) << count;
    }
}

TEST_P(BulkMemory, reaches_both_ends_and_nothing_beyond)
{
    for (uint32_t count = 0; count <= most_bytes; ++count) {
        const uint32_t last = size_bytes - count;
        copy(last, 0, count);
        copy(0, last, count);
        fill(last, 7, count);
        for (const uint32_t outside : {last + 1, size_bytes + 1, ~0U, ~0U - count}) {
            const auto out_of_bounds = traps(TrapKind::memory_out_of_bounds);
            ASSERT_EQ(call("copy", outside, 0, count), out_of_bounds) << count;
            ASSERT_EQ(call("copy", 0, outside, count), out_of_bounds) << count;
            ASSERT_EQ(call("fill", outside, 9, count), out_of_bounds) << count;
        }
        ASSERT_TRUE(is_as_expected()) << count;
    }
}

TEST_P(BulkMemory, does_as_well_what_count_is_known_when_it_is_compiled)
{
    m_guest = load(of_known_counts());
    std::ranges::copy(m_expected, m_guest.memory().begin());
    const auto call_both = [&](std::string_view name, uint32_t count, uint32_t a, uint32_t b) {
        return m_guest.call(std::string{name} + std::to_string(count),
                            {i32(static_cast<int32_t>(a)), i32(static_cast<int32_t>(b))});
    };
    for (const uint32_t count : known_counts) {
        SCOPED_TRACE(count);
        for (int round = 0; round < 2; ++round) {  // the first call is the baseline's
            for (const uint32_t distance : {0U, 1U, 7U, count / 2, count, 1000U}) {
                ASSERT_EQ(call_both("copy_", count, 5000 + distance, 5000), returns());
                std::memmove(m_expected.data() + 5000 + distance, m_expected.data() + 5000, count);
                ASSERT_EQ(call_both("copy_", count, 9000, 9000 + distance), returns());
                std::memmove(m_expected.data() + 9000, m_expected.data() + 9000 + distance, count);
            }
            const uint32_t last = size_bytes - count;
            ASSERT_EQ(call_both("fill_", count, last, 0x1234), returns());
            std::memset(m_expected.data() + last, 0x34, count);
            for (const uint32_t outside : {last + 1, ~0U}) {
                const auto out_of_bounds = traps(TrapKind::memory_out_of_bounds);
                ASSERT_EQ(call_both("copy_", count, outside, 0), out_of_bounds);
                ASSERT_EQ(call_both("copy_", count, 0, outside), out_of_bounds);
                ASSERT_EQ(call_both("fill_", count, outside, 9), out_of_bounds);
            }
            ASSERT_TRUE(is_as_expected());
        }
    }
}

TEST_P(BulkMemory, tells_memories_apart)
{
    for (uint32_t count = 0; count <= most_bytes; count += 3) {
        ASSERT_EQ(call("copy_there", 100, 200, count), returns());
        ASSERT_EQ(call("fill_there", 100 + count / 2, 3, count / 2), returns());
        ASSERT_TRUE(is_as_expected()) << count;
        ASSERT_EQ(call("copy_back", 4000, 100, count), returns());
        std::memmove(m_expected.data() + 4000, m_expected.data() + 200, count);
        std::memset(m_expected.data() + 4000 + count / 2, 3, count / 2);
        ASSERT_TRUE(is_as_expected()) << count;
    }
}

}  // namespace
}  // namespace weir::test
