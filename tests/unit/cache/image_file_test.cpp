#include "cache/image_file.hpp"

#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

using namespace weir;
using namespace weir::cache;
using runtime::CodeSite;
using runtime::PieceRecord;

namespace {

std::vector<std::byte> some_code()
{
    std::vector<std::byte> code(5000);
    for (size_t i = 0; i < code.size(); ++i) code[i] = static_cast<std::byte>(i * 7);
    return code;
}

/// An image of two pieces, and ways to damage it.
class ImageFile : public testing::Test {
protected:
    void SetUp() override
    {
        m_settings.build.fill(3);
        m_settings.processor.bits.fill(0xF0);
        m_bytes = written();
    }

    [[nodiscard]] std::vector<std::byte> written() const
    {
        const UniqueFd file{::memfd_create("image", MFD_CLOEXEC)};
        const runtime::CodeSnapshot snapshot{
            .code = m_code,
            .pieces =
                {PieceRecord{.begin = 64, .size_bytes = 100, .function = 1, .first_site = 0, .site_count = 1},
                 PieceRecord{
                     .begin = 176, .size_bytes = 4000, .function = 2, .first_site = 1, .site_count = 3, .inlined_call_count = 2}},
            .sites = {CodeSite{10, 1, CodeSite::Kind::call}, CodeSite{20, 2, CodeSite::Kind::call},
                      CodeSite{30, 3, CodeSite::Kind::call}, CodeSite{40, 4, CodeSite::Kind::call, runtime::TrapKind::none, 2}},
            .inlined_calls = {runtime::InlinedCall{3, 5, 0}, runtime::InlinedCall{4, 6, 1}}};
        const Sha256 hash{1, 2, 3};
        EXPECT_TRUE(write_image(file.get(), {.code = snapshot,
                                             .settings = m_settings,
                                             .module_hash = hash,
                                             .module = std::as_bytes(std::span{"module"}),
                                             .module_name = "name.wasm"})
                        .has_value());
        std::vector<std::byte> bytes(static_cast<size_t>(::lseek(file.get(), 0, SEEK_END)));
        EXPECT_EQ(::pread(file.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
        return bytes;
    }
    static UniqueFd file_of(std::span<const std::byte> bytes)
    {
        UniqueFd file{::memfd_create("image", MFD_CLOEXEC)};
        EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
        return file;
    }
    [[nodiscard]] ImageProblem problem_of(std::span<const std::byte> bytes, const Settings& wanted,
                                          Checks checks = Checks::everything) const
    {
        const auto opened = open_image(file_of(bytes), wanted, checks);
        return opened ? ImageProblem::none : opened.error();
    }
    void expect_same(const OpenImage& opened) const
    {
        EXPECT_EQ(opened.header.module_hash[2], 3);
        EXPECT_EQ(opened.header.module_bytes, 7U);
        EXPECT_STREQ(opened.header.module_name.data(), "name.wasm");
        ASSERT_EQ(opened.image->pieces.size(), 2U);
        EXPECT_EQ(opened.image->pieces[1].begin, 176U);
        ASSERT_EQ(opened.image->sites.size(), 4U);
        EXPECT_EQ(opened.image->sites[2].code_offset, 30U);
        EXPECT_EQ(opened.image->sites[3].inlined_by, 2U);
        ASSERT_EQ(opened.image->inlined_calls.size(), 2U);
        EXPECT_EQ(opened.image->inlined_calls[1].callee, 4U);
        ASSERT_EQ(opened.image->code_bytes, 8192U);
        std::vector<std::byte> code(5000);
        ASSERT_EQ(::pread(opened.image->file, code.data(), code.size(), static_cast<off_t>(opened.image->file_offset)), 5000);
        EXPECT_EQ(code, m_code);
    }

    Settings m_settings;
    const std::vector<std::byte> m_code = some_code();
    std::vector<std::byte> m_bytes;
};

TEST_F(ImageFile, is_read_as_it_was_written)
{
    const auto opened = open_image(file_of(m_bytes), m_settings, Checks::everything);
    ASSERT_TRUE(opened.has_value());
    expect_same(*opened);
    EXPECT_EQ(written(), m_bytes) << "the same image is not the same bytes";
}

TEST_F(ImageFile, is_refused_when_any_part_is_missing)
{
    for (size_t size = 0; size < m_bytes.size(); ++size)
        ASSERT_NE(problem_of(std::span{m_bytes}.first(size), m_settings), ImageProblem::none) << size << " bytes";
    auto longer = m_bytes;
    longer.push_back(std::byte{0});
    EXPECT_EQ(problem_of(longer, m_settings), ImageProblem::damaged);
}

TEST_F(ImageFile, is_refused_or_means_the_same_when_any_bit_is_another)
{
    size_t harmless = 0;
    for (size_t i = 0; i < m_bytes.size(); ++i) {
        auto bytes = m_bytes;
        bytes[i] ^= std::byte{static_cast<unsigned char>(1U << (i % 8))};
        const auto opened = open_image(file_of(bytes), m_settings, Checks::everything);
        if (!opened) continue;
        ++harmless;
        expect_same(*opened);
        ASSERT_FALSE(HasFailure()) << "byte " << i;
    }
    // What fills the first page up.
    EXPECT_EQ(harmless, 4096 - image_header_offset - sizeof(ImageHeader));
}

TEST_F(ImageFile, of_another_build_processor_or_setting_is_refused)
{
    Settings other = m_settings;
    other.build[15] = 4;
    EXPECT_EQ(problem_of(m_bytes, other), ImageProblem::other_build);
    other = m_settings;
    other.processor.bits[7] = 0xE0;
    EXPECT_EQ(problem_of(m_bytes, other), ImageProblem::other_processor);
    EXPECT_EQ(problem_of(m_bytes, other, Checks::tables), ImageProblem::other_processor);
    other.processor.bits[7] = 0xF1;
    EXPECT_EQ(problem_of(m_bytes, other), ImageProblem::other_processor);
    EXPECT_EQ(problem_of(m_bytes, other, Checks::tables), ImageProblem::none) << "a processor that has more";
    other = m_settings;
    other.tiers = Settings::Tiers::baseline;
    EXPECT_EQ(problem_of(m_bytes, other), ImageProblem::other_settings);
    other = m_settings;
    other.has_guard_pages = 0;
    EXPECT_EQ(problem_of(m_bytes, other), ImageProblem::other_settings);
}

TEST_F(ImageFile, of_another_format_is_another_builds)
{
    m_bytes[image_header_offset + offsetof(ImageHeader, format)] ^= std::byte{2};
    EXPECT_EQ(problem_of(m_bytes, m_settings), ImageProblem::other_build);
}

TEST_F(ImageFile, is_no_other_kind_of_file)
{
    EXPECT_EQ(problem_of(std::vector<std::byte>(10'000), m_settings), ImageProblem::not_an_image);
    const UniqueFd null{::open("/dev/null", O_RDONLY)};
    EXPECT_EQ(read_image_header(null.get()).error(), ImageProblem::not_an_image);
    UniqueFd folder{::open("/", O_RDONLY)};
    EXPECT_EQ(open_image(std::move(folder), m_settings, Checks::everything).error(), ImageProblem::not_an_image);
}

}  // namespace
