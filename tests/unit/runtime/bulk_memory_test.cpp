#include "support/execution.hpp"

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
INSTANTIATE_EXECUTION_TESTS(BulkMemory);

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
