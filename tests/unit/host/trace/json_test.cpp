#include "fixture.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace weir::test {
namespace {

using namespace wasip1;
using nlohmann::json;

TEST_F(Tracing, writes_json_with_names_and_numbers)
{
    store_text(100, "a\"\\\n");
    const auto opened = [&] { store(200, uint32_t{4}); };
    const json object = json::parse(
        to_json(call("path_open", {3, 1, 100, 4, oflag_creat, right_fd_read, 1ULL << 40, 0, 200}, Errno::success, opened), 1234));
    EXPECT_EQ(object, json::parse(R"({
        "module": "wasi_snapshot_preview1", "function": "path_open", "status": "success", "duration_ns": 1234,
        "arguments": {"fd": 3, "dirflags": ["symlink_follow"], "path": "a\"\\\\u{a}", "oflags": ["creat"], "fs_rights_base": ["fd_read"],
                      "fs_rights_inheriting": [1099511627776], "fdflags": []},
        "results": {"opened_fd": 4}})"));
}

TEST_F(Tracing, writes_json_of_buffers_and_bad_addresses)
{
    store_text(100, "text");
    store(200, Iovec{100, 4});
    const json written = json::parse(to_json(call("fd_write", {1, 200, 1, 70000}, Errno::fault, [] {}), 0));
    EXPECT_EQ(written["arguments"]["iovs"], json::parse(R"({"bytes": 4, "buffers": 1, "start": "text"})"));
    EXPECT_EQ(written["arguments"]["nwritten"], json::parse(R"({"bad_address": 70000, "bytes": 4})"));
    EXPECT_EQ(written["status"], "fault");
    EXPECT_FALSE(written.contains("results"));
}

// Whatever a guest passes: a line is one line that a terminal can show, and JSON is JSON.
TEST_F(Tracing, survives_any_arguments)
{
    uint64_t state = 0x9E3779B97F4A7C15;
    const auto random = [&state] {
        state ^= state << 13;
        state ^= state >> 7;
        return state ^= state << 17;
    };
    constexpr std::array<uint64_t, 12> interesting{0,     1,     7,          8,          200,        1024,
                                                   65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, UINT64_MAX};
    const auto argument = [&] { return random() % 2 != 0 ? interesting[random() % interesting.size()] : random() % 65536; };
    for (uint32_t at = 0; at < memory_bytes; at += 8) store(at, random() % 3 != 0 ? argument() | argument() << 32 : random());
    for (const runtime::HostModule& module : World::host_modules()) {
        for (const runtime::HostFunction& f : module.functions) {
            const trace::Decoder decoder{module.name, f};
            for (int round = 0; round < 200; ++round) {
                runtime::Value values[16]{}, after[16]{};
                for (size_t i = 0; i < f.params.size(); ++i) values[i].i64 = argument();
                after[0].i64 = round % 2 == 0 ? 0 : argument();
                trace::ShownCall call = decoder.before(memory(), values);
                decoder.after(call, memory(), values, after, round % 7 != 0);
                const std::string line = to_line(call, 1);
                EXPECT_LT(line.size(), 20000U);
                EXPECT_TRUE(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) << line;
                EXPECT_TRUE(json::accept(to_json(call, 1))) << to_json(call, 1);
            }
        }
    }
}

}  // namespace
}  // namespace weir::test
