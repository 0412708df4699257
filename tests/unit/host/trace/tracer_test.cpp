#include "fixture.hpp"
#include "host/trace/tracer.hpp"

#include <nlohmann/json.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <sstream>

namespace weir::test {
namespace {

using runtime::HostBinding;
using trace::Options;
using trace::Tracer;

class ATracer : public Tracing {
protected:
    ATracer() : m_output(::memfd_create("trace", MFD_CLOEXEC)) {}

    /// Calls fd_close as a guest linked with the tracer does; the function answers its argument as errno.
    uint32_t call(const HostBinding& binding, uint32_t argument)
    {
        runtime::HostFunctionContext context{};
        context.instance = instance();
        context.data = binding.data;
        runtime::Value values[1]{{.i32 = argument}};
        binding.entry(context, values);
        EXPECT_EQ(context.data, binding.data);
        return values[0].i32;
    }
    static bool answer_argument(runtime::HostFunctionContext& call, runtime::Value* values) noexcept
    {
        ++*static_cast<int*>(call.data);
        return values[0].i32 != 1000;  // 1000: stops the guest
    }
    HostBinding bind(Tracer& tracer, std::string_view name = "fd_close", std::string_view group = "fs")
    {
        m_module.group = group;
        return tracer.adapt(m_module, function(name), {&answer_argument, &m_calls});
    }
    std::string written() const
    {
        std::string text(static_cast<size_t>(::lseek(m_output.get(), 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(m_output.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
        return text;
    }
    int output() const { return m_output.get(); }

    int m_calls = 0;

private:
    UniqueFd m_output;
    runtime::HostModule m_module{.name = "wasi_snapshot_preview1", .world = "WASI preview 1", .functions = {}};
};

TEST_F(ATracer, passes_calls_on_and_writes_a_line_each)
{
    Tracer tracer{{}, output()};
    const HostBinding binding = bind(tracer);
    EXPECT_EQ(call(binding, 0), 0U);
    EXPECT_EQ(call(binding, 8), 8U);
    call(binding, 1000);
    EXPECT_EQ(m_calls, 3);
    std::istringstream lines{written()};
    for (const std::string_view start : {"fd_close(fd=0) = success (", "fd_close(fd=8) = badf (", "fd_close(fd=1000) = ? ("}) {
        std::string line;
        ASSERT_TRUE(std::getline(lines, line));
        EXPECT_TRUE(line.starts_with(start)) << line;
    }
    tracer.finish();
    EXPECT_EQ(written(), lines.str()) << "no summary was asked for";
}

TEST_F(ATracer, leaves_functions_that_are_not_wanted_as_they_are)
{
    Tracer tracer{{.only = {"clock", "fd_close"}}, output()};
    EXPECT_NE(bind(tracer, "fd_close", "fs").entry, &answer_argument);
    EXPECT_NE(bind(tracer, "clock_res_get", "clock").entry, &answer_argument);
    const HostBinding plain = bind(tracer, "fd_read", "fs");
    EXPECT_EQ(plain.entry, &answer_argument);
    EXPECT_EQ(plain.data, &m_calls);
}

// Go's modules do that.
TEST_F(ATracer, counts_a_function_that_is_imported_twice_as_one)
{
    Tracer tracer{{.calls = Options::Calls::none, .has_summary = true}, output()};
    const HostBinding first = bind(tracer), second = bind(tracer);
    call(first, 0);
    call(second, 0);
    tracer.finish();
    EXPECT_NE(written().find("         2           fd_close\n"), std::string::npos) << written();
}

TEST_F(ATracer, counts_calls_and_errors)
{
    Tracer tracer{{.calls = Options::Calls::none, .has_summary = true}, output()};
    const HostBinding close = bind(tracer), sync = bind(tracer, "fd_sync");
    bind(tracer, "fd_tell");
    for (const uint32_t status : {0U, 8U, 0U, 1000U}) call(close, status);
    call(sync, 0);
    EXPECT_EQ(written(), "");
    tracer.finish();
    const std::string table = written();
    EXPECT_NE(table.find("         4         1 fd_close\n"), std::string::npos) << table;
    EXPECT_NE(table.find("         1           fd_sync\n"), std::string::npos) << table;
    EXPECT_NE(table.find("         5         1 total\n"), std::string::npos) << table;
    EXPECT_EQ(table.find("fd_tell"), std::string::npos) << "was never called";
}

TEST_F(ATracer, writes_json_a_line_and_its_summary_too)
{
    Tracer tracer{{.calls = Options::Calls::json, .has_summary = true}, output()};
    const HostBinding binding = bind(tracer);
    call(binding, 8);
    tracer.finish();
    std::istringstream lines{written()};
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(nlohmann::json::parse(line)["status"], "badf");
    ASSERT_TRUE(std::getline(lines, line));
    const auto summary = nlohmann::json::parse(line)["summary"];
    EXPECT_EQ(summary["function"], "fd_close");
    EXPECT_EQ(summary["calls"], 1);
    EXPECT_EQ(summary["errors"], 1);
    EXPECT_EQ(summary["mean_ns"], summary["total_ns"]);
    EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(ATracer, goes_on_when_nothing_can_be_written)
{
    Tracer tracer{{.has_summary = true}, -1};
    EXPECT_EQ(call(bind(tracer), 8), 8U);
    tracer.finish();
    EXPECT_EQ(m_calls, 1);
}

TEST(TraceFilters, know_groups_and_functions)
{
    const auto modules = wasip1::World::host_modules();
    const auto unknown = [&](std::vector<std::string> only) { return trace::find_unknown(only, modules); };
    EXPECT_EQ(unknown({}), "");
    EXPECT_EQ(unknown({"fs", "clock", "poll_oneoff"}), "");
    EXPECT_EQ(unknown({"fs", "fsx", "clok"}), "fsx");
    EXPECT_EQ(trace::groups_of(modules), (std::vector<std::string_view>{"args", "clock", "fs", "poll", "proc", "random", "sock"}));
}

TEST(TraceSummary, puts_what_took_longest_first)
{
    const std::string table = trace::to_table({{.module = "m", .function = "quick", .calls = 10, .errors = 0, .total_ns = 1000},
                                               {.module = "m", .function = "slow", .calls = 2, .errors = 2, .total_ns = 3000}});
    EXPECT_EQ(table, "% time     seconds  usecs/call     calls    errors function\n"
                     "------ ----------- ----------- --------- --------- ----------------\n"
                     " 75.00    0.000003       1.500         2         2 slow\n"
                     " 25.00    0.000001       0.100        10           quick\n"
                     "------ ----------- ----------- --------- --------- ----------------\n"
                     "100.00    0.000004       0.333        12         2 total\n");
    EXPECT_NE(trace::to_table({}).find(" total\n"), std::string::npos);
}

}  // namespace
}  // namespace weir::test
