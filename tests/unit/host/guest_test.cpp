#include "host/guest.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace {

using namespace weir;
using host::GuestMemory;
using host::GuestPtr;
using host::GuestSpan;

class Guest : public testing::Test {
protected:
    static constexpr uint64_t size = 65536;
    Guest()
    {
        wasm::MemoryType type;
        type.limits.min = 1;
        m_memory = *runtime::Memory::create(type, runtime::MemoryMode::guard, 1 << 20, m_pool);
    }
    GuestMemory memory() { return GuestMemory{m_memory.get()}; }

private:
    runtime::MemoryPool m_pool{0};
    std::unique_ptr<runtime::Memory> m_memory;
};

TEST_F(Guest, range_holds_up_to_the_last_byte)
{
    EXPECT_TRUE(memory().range(0, size));
    EXPECT_TRUE(memory().range(size - 1, 1));
    EXPECT_FALSE(memory().range(size - 1, 2));
    EXPECT_FALSE(memory().range(size, 1));
    EXPECT_FALSE(memory().range(0, size + 1));
}

TEST_F(Guest, no_bytes_are_in_range_up_to_one_past_the_end)
{
    EXPECT_TRUE(memory().range(size, 0));
    EXPECT_FALSE(memory().range(size + 1, 0));
}

TEST_F(Guest, range_does_not_wrap_around)
{
    EXPECT_FALSE(memory().range(0xFFFFFFFF, 2));
    EXPECT_FALSE(memory().range(UINT64_MAX, 2));
    EXPECT_FALSE(memory().range(2, UINT64_MAX));
    EXPECT_FALSE(memory().range(GuestSpan<uint64_t>{8, 0x20000000}));  // 8 bytes each: 4 GiB
}

TEST_F(Guest, reads_and_writes_unaligned_values_whole_or_not_at_all)
{
    EXPECT_TRUE(memory().write(GuestPtr<uint64_t>{3}, uint64_t{42}));
    EXPECT_EQ(memory().read(GuestPtr<uint64_t>{3}), 42U);
    EXPECT_FALSE(memory().write(GuestPtr<uint64_t>{size - 7}, ~uint64_t{0}));
    EXPECT_EQ(memory().read(GuestPtr<uint8_t>{size - 7}), 0U);
    EXPECT_FALSE(memory().read(GuestPtr<uint64_t>{size - 7}));
}

TEST_F(Guest, an_instance_without_memory_has_no_range)
{
    EXPECT_FALSE(GuestMemory{nullptr}.range(0, 0));
    EXPECT_FALSE(GuestMemory{nullptr}.read(GuestPtr<uint8_t>{0}));
}

}  // namespace
