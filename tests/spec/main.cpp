// weir-spec-runner: runs converted scripts of the specification test suite, each in a process of its own, so that a crash is
// the failure of one script.

#include "baseline/baseline.hpp"
#ifdef WEIR_LLVM
#include "optimizing/optimizing.hpp"
#endif
#include "report.hpp"
#include "runtime/engine.hpp"
#include "script.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using weir::spec::Report;
using weir::spec::Script;

/// Far beyond what any script takes: a hang is the failure of one script, too.
constexpr unsigned script_timeout_seconds = 600;

struct Options {
    weir::runtime::BoundsPolicy bounds = weir::runtime::BoundsPolicy::automatic;
    weir::baseline::CpuFeatures cpu = weir::baseline::CpuFeatures::host();
    unsigned processes = 1;
    enum class Tier { baseline, optimized, stress } tier = Tier::baseline;
    bool is_verbose = false;
    std::vector<std::string> scripts;
};

struct Child {
    size_t script;
    pid_t pid;
    int output;
    std::string text;
};

[[noreturn]] void run_child(const Options& options, const std::string& script, int output)
{
    ::alarm(script_timeout_seconds);
    weir::runtime::EngineConfig config;
    config.compiler = weir::baseline::create_compiler(options.cpu);
#ifdef WEIR_LLVM
    if (options.tier == Options::Tier::optimized) {
        config.compiler = weir::optimizing::create_compiler(config.compiler);
    } else if (options.tier == Options::Tier::stress) {
        config.optimizer = weir::optimizing::create_compiler(config.compiler);
        config.tiers = weir::runtime::TierPolicy::eager;
    }
#endif
    config.bounds = options.bounds;
    const std::string text = Script::run(std::move(config), script).serialize();
    for (size_t written = 0; written < text.size();) {
        const ssize_t n = ::write(output, text.data() + written, text.size() - written);
        if (n <= 0) ::_exit(1);
        written += static_cast<size_t>(n);
    }
    ::_exit(0);
}

Report finish(Child& child)
{
    ::close(child.output);
    int status = 0;
    ::waitpid(child.pid, &status, 0);
    bool is_complete = false;
    Report report = Report::parse(child.text, is_complete);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        report.failures.push_back(fmt::format("took longer than {} seconds", script_timeout_seconds));
    else if (WIFSIGNALED(status))
        report.failures.push_back(
            fmt::format("the script's process died of signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status))));
    else if (!is_complete) report.failures.push_back("the script's process ended without a report");
    return report;
}

/// "proposals/threads/atomic.wast" for ".../proposals/threads/atomic.wast/atomic.json".
std::string name_of(const std::string& script, const std::string& common)
{
    const std::string folder = std::filesystem::path{script}.parent_path().generic_string();
    return folder.starts_with(common) ? folder.substr(common.size()) : folder;
}

/// The folder, with a trailing slash, that all scripts' own folders share.
std::string common_folder(const std::vector<std::string>& scripts)
{
    std::string common = scripts.empty() ? "" : std::filesystem::path{scripts.front()}.parent_path().generic_string();
    for (const auto& script : scripts) {
        size_t n = 0;
        while (n < common.size() && n < script.size() && common[n] == script[n]) ++n;
        common.resize(n);
    }
    const size_t slash = common.rfind('/');
    return slash == std::string::npos ? "" : common.substr(0, slash + 1);
}

void print(const std::string& name, const Report& report, bool is_verbose)
{
    if (is_verbose || !report.failures.empty() || report.skipped() != 0 || report.passed == 0)
        fmt::print("{}: {} passed, {} failed, {} skipped\n", name, report.passed, report.failures.size(), report.skipped());
    else fmt::print("{}: {} passed\n", name, report.passed);
    for (const auto& [reason, count] : report.skips) fmt::print("    {} skipped: {}\n", count, reason);
    for (const auto& failure : report.failures) fmt::print("    FAILED {}\n", failure);
}

std::vector<Report> run_all(const Options& options)
{
    std::vector<Report> reports(options.scripts.size());
    std::vector<Child> children;
    const std::string common = common_folder(options.scripts);
    size_t next = 0, next_to_print = 0;
    std::vector<bool> is_done(options.scripts.size());
    std::fflush(stdout);
    while (next < options.scripts.size() || !children.empty()) {
        while (next < options.scripts.size() && children.size() < options.processes) {
            int ends[2];
            if (::pipe(ends) != 0) return reports;
            const pid_t pid = ::fork();
            if (pid == 0) {
                ::close(ends[0]);
                run_child(options, options.scripts[next], ends[1]);
            }
            ::close(ends[1]);
            children.push_back({next++, pid, ends[0], {}});
        }
        std::vector<pollfd> polled;
        for (const auto& child : children) polled.push_back({.fd = child.output, .events = POLLIN, .revents = 0});
        ::poll(polled.data(), polled.size(), -1);
        for (size_t i = polled.size(); i-- > 0;) {
            if (polled[i].revents == 0) continue;
            char buffer[65536];
            const ssize_t n = ::read(children[i].output, buffer, sizeof buffer);
            if (n > 0) {
                children[i].text.append(buffer, static_cast<size_t>(n));
                continue;
            }
            reports[children[i].script] = finish(children[i]);
            is_done[children[i].script] = true;
            children.erase(children.begin() + static_cast<ptrdiff_t>(i));
        }
        for (; next_to_print < next && is_done[next_to_print]; ++next_to_print)
            print(name_of(options.scripts[next_to_print], common), reports[next_to_print], options.is_verbose);
        std::fflush(stdout);
    }
    return reports;
}

}  // namespace

int main(int argc, char** argv)
{
    Options options;
    options.processes = std::max(1U, std::thread::hardware_concurrency());
    CLI::App app{"Runs converted scripts of the WebAssembly specification test suite (wasm-tools json-from-wast)."};
    const std::map<std::string, weir::runtime::BoundsPolicy> modes{{"guard", weir::runtime::BoundsPolicy::guard},
                                                                   {"checked", weir::runtime::BoundsPolicy::checked}};
    app.add_option("--mode", options.bounds, "how memory accesses are kept inside: guard pages, or comparisons (checked)")
        ->transform(CLI::CheckedTransformer(modes));
    std::string cpu = "host";
    app.add_option("--cpu", cpu, "instructions that code may use: the host's, or the floor's (SSE4.1)")
        ->check(CLI::IsMember({"host", "floor"}));
#ifdef WEIR_LLVM
    using enum Options::Tier;
    const std::map<std::string, Options::Tier> tiers{{"baseline", baseline}, {"optimized", optimized}, {"stress", stress}};
    app.add_option("--tier", options.tier,
                   "the compiler: baseline, LLVM (optimized), or from one to the other at every chance (stress)")
        ->transform(CLI::CheckedTransformer(tiers));
#endif
    app.add_option("-j", options.processes, "processes at once")->check(CLI::PositiveNumber);
    app.add_flag("--verbose", options.is_verbose, "print all counts of every script");
    app.add_option("scripts", options.scripts, "JSON files, their modules beside them")->required();
    CLI11_PARSE(app, argc, argv);
    if (cpu == "floor") options.cpu = weir::baseline::CpuFeatures::floor();

    size_t passed = 0, failed = 0, skipped = 0;
    std::map<std::string, size_t> skips;
    for (const auto& report : run_all(options)) {
        passed += report.passed;
        failed += report.failures.size();
        skipped += report.skipped();
        for (const auto& [reason, count] : report.skips) skips[reason] += count;
    }
    if (!skips.empty()) fmt::print("\nSkipped, by reason:\n");
    for (const auto& [reason, count] : skips) fmt::print("{:6} {}\n", count, reason);
    fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
    return failed == 0 && passed != 0 ? 0 : 1;
}
