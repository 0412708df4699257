#include "fixture.hpp"

#include <algorithm>
#include <set>

namespace weir::test {
namespace {

// Everything that wasi_snapshot_preview1 has. wasi_unstable lacks sock_accept.
constexpr std::string_view all_functions[] = {
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
};

std::set<std::string_view> functions_of(std::string_view module)
{
    std::set<std::string_view> names;
    for (const runtime::HostModule& m : World::host_modules())
        if (m.name == module)
            for (const runtime::HostFunction& f : m.functions)
                EXPECT_TRUE(names.insert(f.name).second) << f.name << " is there twice";
    return names;
}

TEST(WasiTables, hold_each_function_of_the_specification_once)
{
    std::set<std::string_view> expected(std::begin(all_functions), std::end(all_functions));
    EXPECT_EQ(functions_of("wasi_snapshot_preview1"), expected);
    expected.erase("sock_accept");
    EXPECT_EQ(functions_of("wasi_unstable"), expected);
}

TEST(WasiTables, describe_each_parameter)
{
    for (const runtime::HostModule& m : World::host_modules()) {
        for (const runtime::HostFunction& f : m.functions) {
            const auto spaces = std::ranges::count(f.parameter_names, ' ');
            const size_t names = f.parameter_names.empty() ? 0 : static_cast<size_t>(spaces) + 1;
            EXPECT_EQ(names, f.params.size()) << f.name;
            EXPECT_EQ(f.parameters.size(), f.params.size()) << f.name;
        }
    }
}

class RandomArguments : public Wasi {};

// A guest may call anything with anything: nothing may crash, block or touch memory beyond the guest's own.
TEST_F(RandomArguments, are_survived_by_every_function)
{
    Pipe input;
    write_file(m_box + "/file", "text");
    WorldConfig config;
    config.args = {"prog", "argument"};
    config.stdin_fd = input.reader.get();
    config.stdout_fd = config.stderr_fd = input.writer.get();
    config.max_open_files = 64;
    start(std::move(config));
    ASSERT_EQ(call("fd_fdstat_set_flags", {0, fdflag_nonblock}), Errno::success);
    ASSERT_EQ(call("fd_fdstat_set_flags", {1, fdflag_nonblock}), Errno::success);
    ASSERT_EQ(call("fd_fdstat_set_flags", {2, fdflag_nonblock}), Errno::success);

    uint64_t state = 0x9E3779B97F4A7C15;
    const auto random = [&state] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    };
    const uint64_t interesting[] = {0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    5,
                                    7,
                                    8,
                                    64,
                                    65535,
                                    65536,
                                    memory_bytes - 1,
                                    memory_bytes,
                                    0x7FFFFFFF,
                                    0x80000000,
                                    0xFFFFFFFF,
                                    INT64_MAX,
                                    1ULL << 63,
                                    UINT64_MAX};
    const auto argument = [&] { return random() % 3 != 0 ? interesting[random() % std::size(interesting)] : random() % 200; };
    const std::string_view texts[] = {"file", "dir", "dir/x", ".", "..", "/", "a/", "../outside/secret", ""};
    for (const runtime::HostModule& m : World::host_modules()) {
        for (const runtime::HostFunction& f : m.functions) {
            // These end the guest, wait for as long as they are told to, make others wait, or fill the disk.
            constexpr std::string_view excluded[] = {"proc_exit", "proc_raise", "poll_oneoff", "fd_fdstat_set_flags",
                                                     "fd_allocate"};
            if (std::ranges::find(excluded, f.name) != std::end(excluded)) continue;
            for (int round = 0; round < 400; ++round) {
                store_text(64, texts[random() % std::size(texts)]);
                store(200, Iovec{static_cast<uint32_t>(argument()), static_cast<uint32_t>(argument())});
                runtime::Value values[16]{};
                const runtime::HostFunction& function = f;
                std::vector<uint64_t> arguments(function.params.size());
                for (uint64_t& a : arguments) a = argument();
                ASSERT_NO_FATAL_FAILURE(call_with(function, arguments, values));
                ASSERT_LT(values[0].i32, 77U) << f.name;
            }
        }
    }
    EXPECT_EQ(read_file(m_outside + "/secret"), "secret");
}

}  // namespace
}  // namespace weir::test
