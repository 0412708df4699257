#include "base/mapping.hpp"
#include "base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace weir {
namespace {

/// Whether the page at `p` is mapped at all.
bool is_mapped(const std::byte* p)
{
    unsigned char residency = 0;
    return ::mincore(const_cast<std::byte*>(p), 1, &residency) == 0;
}

UniqueFd file_with(std::string_view text)
{
    UniqueFd fd{::memfd_create("mapping_test", MFD_CLOEXEC)};
    EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return fd;
}

TEST(Mapping, reservation_commits_nothing_and_is_given_back)
{
    constexpr size_t size = size_t{8} << 30;
    const std::byte* data = nullptr;
    {
        auto reserved = Mapping::reserve(size);
        ASSERT_TRUE(reserved);
        EXPECT_EQ(reserved->size_bytes(), size);
        data = reserved->data();
        EXPECT_TRUE(is_mapped(data));
    }
    EXPECT_FALSE(is_mapped(data));
}

TEST(Mapping, move_keeps_one_owner)
{
    auto a = Mapping::map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    auto b = Mapping::map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    ASSERT_TRUE(a && b);
    const std::byte* const first = a->data();
    const std::byte* const second = b->data();
    Mapping owner = std::move(*a);
    EXPECT_EQ(a->data(), nullptr);
    EXPECT_EQ(a->size_bytes(), 0U);
    owner = std::move(*b);
    EXPECT_FALSE(is_mapped(first));
    EXPECT_EQ(owner.data(), second);
    std::memset(owner.data(), 1, owner.size_bytes());
}

TEST(Mapping, maps_a_file_whole)
{
    const UniqueFd fd = file_with("eight...");
    const auto mapped = Mapping::map_file(fd.get(), "x.wasm");
    ASSERT_TRUE(mapped);
    ASSERT_EQ(mapped->size_bytes(), 8U);
    EXPECT_EQ(std::memcmp(mapped->data(), "eight...", 8), 0);
}

TEST(Mapping, empty_file_is_an_empty_mapping)
{
    const UniqueFd fd = file_with("");
    const auto mapped = Mapping::map_file(fd.get(), "x.wasm");
    ASSERT_TRUE(mapped);
    EXPECT_TRUE(mapped->bytes().empty());
}

TEST(Mapping, refusal_says_call_and_subject)
{
    const auto mapped = Mapping::map_file(-1, "x.wasm");
    ASSERT_FALSE(mapped);
    EXPECT_EQ(mapped.error().code, EBADF);
    EXPECT_EQ(mapped.error().to_string(), "fstat 'x.wasm': Bad file descriptor");
    const auto none = Mapping::map(SIZE_MAX / 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ENOMEM);
}

}  // namespace
}  // namespace weir
