#include "fixture.hpp"

#include <filesystem>
#include <set>

namespace weir::test {
namespace {

class ReadDir : public Wasi {
protected:
    struct Entry {
        std::string name;
        FileType type;
        uint64_t next;
    };
    /// The whole entries in an answer.
    std::vector<Entry> parse(uint32_t size)
    {
        std::vector<Entry> entries;
        uint32_t at = buffer_at;
        while (at + sizeof(DirEntry) <= buffer_at + size) {
            const auto header = load<DirEntry>(at);
            if (at + sizeof header + header.name_len > buffer_at + size) break;
            EXPECT_EQ(memory()[at + 21], std::byte{0});
            EXPECT_EQ(memory()[at + 22], std::byte{0});
            EXPECT_EQ(memory()[at + 23], std::byte{0});
            entries.push_back({text_at(at + 24, header.name_len), header.type, static_cast<uint64_t>(header.next)});
            at += static_cast<uint32_t>(sizeof header) + header.name_len;
        }
        return entries;
    }
    Answer readdir(uint64_t cookie, uint32_t size, uint32_t fd = preopen)
    {
        fill_with_canary();
        const Errno e = call("fd_readdir", {fd, buffer_at, size, cookie, result_at});
        EXPECT_TRUE(is_untouched(buffer_at + size, memory_bytes));
        return {e, load<uint32_t>(result_at)};
    }
    /// All names, by buffers of a size.
    std::multiset<std::string> list(uint32_t size)
    {
        std::multiset<std::string> names;
        uint64_t cookie = 0;
        for (;;) {
            const Answer n = readdir(cookie, size);
            EXPECT_EQ(n.error, Errno::success);
            if (n.error != Errno::success) return names;
            const auto entries = parse(static_cast<uint32_t>(n.value));
            for (const Entry& e : entries) names.insert(e.name);
            if (!entries.empty()) cookie = entries.back().next;
            if (n.value < size || entries.empty()) return names;
        }
    }
};

TEST_F(ReadDir, an_empty_directory_has_itself_and_its_parent) { EXPECT_EQ(list(1000), (std::multiset<std::string>{".", ".."})); }

TEST_F(ReadDir, types_are_told)
{
    write_file(m_box + "/file", "");
    std::filesystem::create_directory(m_box + "/dir");
    std::filesystem::create_symlink("file", m_box + "/link");
    const Answer n = readdir(0, 1000);
    for (const Entry& e : parse(static_cast<uint32_t>(n.value)))
        EXPECT_EQ(e.type, e.name == "file"   ? FileType::regular_file
                          : e.name == "link" ? FileType::symbolic_link
                                             : FileType::directory)
            << e.name;
}

TEST_F(ReadDir, every_entry_comes_once_whatever_the_buffers_size)
{
    std::multiset<std::string> expected{".", ".."};
    for (int i = 0; i < 3000; ++i) {
        const std::string name = "entry-" + std::to_string(i);
        write_file(m_box + "/" + name, "");
        expected.insert(name);
    }
    for (const uint32_t size : {64U, 100U, 4096U, 65536U}) EXPECT_EQ(list(size), expected) << size;
}

TEST_F(ReadDir, a_cookie_leads_back_to_its_entry)
{
    for (int i = 0; i < 2000; ++i) write_file(m_box + "/" + std::to_string(i), "");
    const Answer all = readdir(0, 60'000);
    const auto entries = parse(static_cast<uint32_t>(all.value));
    ASSERT_GT(entries.size(), 1500U);
    for (const size_t i : {size_t{1500}, size_t{3}, size_t{1400}, size_t{0}, size_t{700}}) {
        const Answer n = readdir(entries[i].next, 200);
        ASSERT_EQ(n.error, Errno::success);
        EXPECT_EQ(parse(static_cast<uint32_t>(n.value)).at(0).name, entries[i + 1].name);
    }
}

TEST_F(ReadDir, entries_that_stay_come_once_while_others_come_and_go)
{
    std::set<std::string> staying;
    for (int i = 0; i < 1500; ++i) {
        staying.insert("stay-" + std::to_string(i));
        write_file(m_box + "/stay-" + std::to_string(i), "");
        write_file(m_box + "/go-" + std::to_string(i), "");
    }
    std::multiset<std::string> seen;
    uint64_t cookie = 0;
    for (int round = 0;; ++round) {
        const Answer n = readdir(cookie, 512);
        ASSERT_EQ(n.error, Errno::success);
        const auto entries = parse(static_cast<uint32_t>(n.value));
        for (const Entry& e : entries)
            if (e.name.starts_with("stay-")) seen.insert(e.name);
        if (n.value < 512 || entries.empty()) break;
        cookie = entries.back().next;
        std::filesystem::remove(m_box + "/go-" + std::to_string(round));
        write_file(m_box + "/new-" + std::to_string(round), "");
    }
    EXPECT_EQ(seen, (std::multiset<std::string>{staying.begin(), staying.end()}));
}

TEST_F(ReadDir, rewinding_sees_what_is_new)
{
    EXPECT_EQ(list(1000).size(), 2U);
    write_file(m_box + "/new", "");
    EXPECT_EQ(list(1000).size(), 3U);
}

TEST_F(ReadDir, names_are_bytes)
{
    write_file(m_box + "/\xff\xfe", "x");
    EXPECT_TRUE(list(1000).contains("\xff\xfe"));
    EXPECT_EQ(contents("\xff\xfe"), "x");
}

TEST_F(ReadDir, refusals)
{
    write_file(m_box + "/file", "");
    EXPECT_EQ(readdir(UINT64_MAX, 100).error, Errno::inval);
    EXPECT_EQ(readdir(0, 100, 99).error, Errno::badf);
    EXPECT_EQ(readdir(0, 100, static_cast<uint32_t>(open("file").value)).error, Errno::notdir);
    EXPECT_EQ(call("fd_readdir", {preopen, memory_bytes - 10, 11, 0, result_at}), Errno::fault);
    EXPECT_EQ(readdir(0, 0).value, 0U);
    EXPECT_EQ(readdir(0, 10).value, 10U);  // part of a header
}

}  // namespace
}  // namespace weir::test
