// Damaged modules: each of 100,000 must be refused, or run, or trap. None may crash weir, hang it or take more than 1 GiB.
//
// The inputs are loaded, compiled in full, linked with WASI and started, in processes that take as many as they can: a process
// that dies is a failure of the input it was at, and the next one goes on behind it. A damaged module that is still valid may run for
// ever, which is no fault of weir's: the process's timer ends it, and that is counted as "ran on". Before the guest starts the same
// timer, set to much longer, finds hangs of weir's own.

#include "mutation.hpp"

#include "base/result.hpp"
#include "baseline/baseline.hpp"
#include "host/wasip1/world.hpp"
#include "runtime/engine.hpp"
#include "runtime/linker.hpp"
#include "runtime/module_code.hpp"
#include "runtime/store.hpp"
#include "wasm/load.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace weir::robustness {

namespace {

constexpr uint64_t default_inputs = 100'000;
constexpr size_t max_resident_bytes = size_t{1} << 30;
constexpr long host_limit_ms =
    20'000;  // of the processor: of loading, compiling and linking one input, on however slow and busy a machine
constexpr long guest_limit_ms = 10;  // which may well wait
constexpr uint64_t inputs_per_process = 2'000;

enum class Phase : uint32_t { host, guest };
enum class Ending : uint32_t { rejected, refused, unlinkable, not_instantiated, returned, trapped, exited, library, count_ };
constexpr const char* ending_names[]{
    "rejected", "refused (unsupported)", "unlinkable", "not instantiated", "returned", "trapped", "exited", "no start"};

/// What a process says while it lives; shared with the one that watches it. A process has one thread, and the watcher reads after its death.
struct Progress {
    uint64_t number;
    Phase phase;
    uint64_t endings[static_cast<size_t>(Ending::count_)];
};

/// Ends the process after so long: by SIGPROF, or by SIGALRM for a timer of real time. 0 takes it back.
void set_timer(__itimer_which which, long milliseconds)
{
    const itimerval timer{.it_interval = {}, .it_value = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000}};
    ::setitimer(which, &timer, nullptr);
}

void stop_timers()
{
    set_timer(ITIMER_REAL, 0);
    set_timer(ITIMER_PROF, 0);
}

/// From here on weir works, and not the guest. The guest's timer is taken back while what it does is still the guest's doing.
void begin_host_phase(Progress& progress)
{
    set_timer(ITIMER_REAL, 0);
    progress.phase = Phase::host;
    set_timer(ITIMER_PROF, host_limit_ms);
}

void begin_guest_phase(Progress& progress)
{
    set_timer(ITIMER_PROF, 0);
    progress.phase = Phase::guest;
    set_timer(ITIMER_REAL, guest_limit_ms);
}

Ending ending_of(const runtime::Outcome& outcome)
{
    if (std::holds_alternative<runtime::Trap>(outcome)) return Ending::trapped;
    return std::holds_alternative<runtime::Exit>(outcome) ? Ending::exited : Ending::returned;
}

Ending run_input(const Bytes& bytes, int null_fd, Progress& progress)
{
    begin_host_phase(progress);
    auto engine = runtime::Engine::create({.compiler = baseline::create_compiler()});
    if (!engine) return Ending::not_instantiated;
    const auto owner = std::make_shared<const Bytes>(bytes);
    const auto module = wasm::load_module(*owner, owner, (*engine)->types(), {.threads = 1, .limits = {}, .rules = {}});
    if (!module) return Ending::rejected;
    auto code = runtime::ModuleCode::create(*engine, *module);
    if (!code) return Ending::refused;
    if ((*module)->bytes.size() <= large_bytes && !(*code)->compile_all(1)) return Ending::refused;

    wasip1::WorldConfig config;
    config.args = {"damaged.wasm"};
    config.stdin_fd = config.stdout_fd = config.stderr_fd = null_fd;
    auto world = wasip1::World::create(std::move(config));
    auto store = runtime::Store::create(*engine);
    if (!world || !store) return Ending::not_instantiated;
    runtime::Linker linker;
    (*world)->add_to(linker);
    const auto imports = linker.resolve(**store, **module);
    if (!imports) return Ending::unlinkable;

    begin_guest_phase(progress);
    auto instance = (*store)->instantiate(*code, *imports);
    if (!instance) return Ending::not_instantiated;
    // Every exported function without parameters is started, not only _start: the seeds are libraries for the most part.
    Ending ending = Ending::library;
    for (const auto& e : (*module)->exports) {
        if (e.kind != wasm::ExternKind::func) continue;
        const wasm::FuncType& type = (*module)->func_type(wasm::FuncIdx{e.index});
        if (!type.params.empty()) continue;
        std::vector<runtime::Value> values(std::max<size_t>(1, type.results.size()));
        ending = ending_of((*store)->call(*(*instance)->function(wasm::FuncIdx{e.index}), values.data()));
    }
    // Giving back memory, stacks and code is weir's work again.
    begin_host_phase(progress);
    return ending;
}

/// Works off the numbers from `begin` on. Half of the processes have 1 GiB of address space, which the checked mode is for.
[[noreturn]] void work(uint64_t begin, uint64_t end, bool has_little_space, std::span<const Seed> seeds, Progress& progress)
{
    if (has_little_space) {
        const rlimit limit{.rlim_cur = max_resident_bytes, .rlim_max = max_resident_bytes};
        ::setrlimit(RLIMIT_AS, &limit);
    }
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    const int null_fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (progress.number = begin; progress.number < end; ++progress.number) {
        const Ending ending = run_input(make_input(progress.number, seeds).bytes, null_fd, progress);
        stop_timers();
        ++progress.endings[static_cast<size_t>(ending)];
    }
    ::_exit(0);
}

struct Totals {
    std::map<std::string, uint64_t> endings;
    std::vector<std::string> failures;
    size_t max_resident_bytes = 0;
};

std::string describe(uint64_t number, std::span<const Seed> seeds)
{
    const Input input = make_input(number, seeds);
    return "input " + std::to_string(number) + " (" + std::string{input.kind} +
           (input.seed == nullptr ? "" : ", " + input.seed->name) + ", " + std::to_string(input.bytes.size()) + " bytes)";
}

/// Forks processes one after the other until all numbers of the range are done.
Totals watch(uint64_t begin, uint64_t end, bool has_little_space, std::span<const Seed> seeds, Progress& progress)
{
    Totals totals;
    while (begin < end) {
        const uint64_t batch_end = std::min(end, begin + inputs_per_process);
        progress = {};
        const pid_t child = ::fork();
        if (child == 0) work(begin, batch_end, has_little_space, seeds, progress);
        int status = 0;
        rusage usage{};
        if (child < 0 || ::wait4(child, &status, 0, &usage) != child) {
            totals.failures.emplace_back("no process could be made");
            return totals;
        }
        for (size_t i = 0; i < std::size(ending_names); ++i) totals.endings[ending_names[i]] += progress.endings[i];
        totals.max_resident_bytes = std::max(totals.max_resident_bytes, static_cast<size_t>(usage.ru_maxrss) * 1024);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            begin = batch_end;
            continue;
        }
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM && progress.phase == Phase::guest) {
            ++totals.endings["ran on"];
        } else {
            const std::string what =
                !WIFSIGNALED(status)          ? "ended the process with exit code " + std::to_string(WEXITSTATUS(status))
                : WTERMSIG(status) == SIGPROF ? "took longer than " + std::to_string(host_limit_ms) + " ms before the guest ran"
                                              : std::string{"crashed weir: "} + ::strsignal(WTERMSIG(status));
            totals.failures.push_back(describe(progress.number, seeds) + " " + what);
        }
        begin = progress.number + 1;
    }
    return totals;
}

/// A seed for when nothing else was built yet. `wasm-tools parse | wasm-tools strip --all` of
///   (module
///     (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
///     (table 2 funcref)
///     (memory (export "memory") 1 4)
///     (global $g (mut i32) (i32.const 7))
///     (func (export "_start")
///       (global.set $g (call_indirect (param i32) (result i32) (i32.const 5) (i32.const 1)))
///       (i32.store (i32.const 8) (global.get $g))
///       (call $exit (i32.load (i32.const 8))))
///     (func $sum (param $n i32) (result i32) (local $s i32)
///       (loop (local.set $s (i32.add (local.get $s) (local.get $n)))
///         (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
///       (local.get $s))
///     (elem (i32.const 0) func $exit $sum)
///     (data (i32.const 16) "hi"))
Seed built_in_seed()
{
    // clang-format off
    constexpr unsigned char bytes[]{
        0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0d, 0x03, 0x60, 0x01, 0x7f, 0x00, 0x60, 0x00, 0x00, 0x60, 0x01,
        0x7f, 0x01, 0x7f, 0x02, 0x24, 0x01, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74,
        0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x09, 0x70, 0x72, 0x6f, 0x63, 0x5f, 0x65, 0x78, 0x69, 0x74, 0x00,
        0x00, 0x03, 0x03, 0x02, 0x01, 0x02, 0x04, 0x04, 0x01, 0x70, 0x00, 0x02, 0x05, 0x04, 0x01, 0x01, 0x01, 0x04, 0x06, 0x06,
        0x01, 0x7f, 0x01, 0x41, 0x07, 0x0b, 0x07, 0x13, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x06, 0x5f,
        0x73, 0x74, 0x61, 0x72, 0x74, 0x00, 0x01, 0x09, 0x08, 0x01, 0x00, 0x41, 0x00, 0x0b, 0x02, 0x00, 0x02, 0x0a, 0x35, 0x02,
        0x19, 0x00, 0x41, 0x05, 0x41, 0x01, 0x11, 0x02, 0x00, 0x24, 0x00, 0x41, 0x08, 0x23, 0x00, 0x36, 0x02, 0x00, 0x41, 0x08,
        0x28, 0x02, 0x00, 0x10, 0x00, 0x0b, 0x19, 0x01, 0x01, 0x7f, 0x03, 0x40, 0x20, 0x01, 0x20, 0x00, 0x6a, 0x21, 0x01, 0x20,
        0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b, 0x20, 0x01, 0x0b, 0x0b, 0x08, 0x01, 0x00, 0x41, 0x10, 0x0b, 0x02,
        0x68, 0x69,
    };
    // clang-format on
    Seed seed{"built in", {}};
    for (const unsigned char byte : bytes) seed.bytes.push_back(static_cast<std::byte>(byte));
    return seed;
}

std::vector<Seed> find_seeds()
{
    std::vector<Seed> seeds{built_in_seed()};
    std::vector<std::filesystem::path> paths;
    for (const char* folder : {"build/demos", "build/spec", "build/bench"}) {
        std::error_code ignored;
        for (std::filesystem::recursive_directory_iterator it{folder, ignored}, end; it != end; it.increment(ignored))
            if (it->path().extension() == ".wasm") paths.push_back(it->path());
    }
    std::ranges::sort(paths);
    for (const auto& path : paths) {
        std::ifstream file{path, std::ios::binary};
        const std::string content{std::istreambuf_iterator<char>{file}, {}};
        Seed seed{path.generic_string(), Bytes(content.size())};
        std::memcpy(seed.bytes.data(), content.data(), content.size());
        // Most modules of the suite are there to be refused: damage to those shows little.
        const auto registry = std::make_shared<wasm::TypeRegistry>();
        if (wasm::load_module(seed.bytes, nullptr, registry, {.threads = 1, .limits = {}, .rules = {}}))
            seeds.push_back(std::move(seed));
    }
    return seeds;
}

}  // namespace

TEST(Robustness, the_seed_itself_runs_to_its_exit)
{
    Progress progress{};
    const int null_fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    const Ending ending = run_input(built_in_seed().bytes, null_fd, progress);
    stop_timers();
    ::close(null_fd);
    EXPECT_STREQ(ending_names[static_cast<size_t>(ending)], "exited");
}

TEST(Robustness, damaged_modules_are_refused_or_run_and_never_crash_hang_or_eat_memory)
{
    const char* const wanted = std::getenv("WEIR_ROBUSTNESS_INPUTS");
    const uint64_t inputs = wanted == nullptr ? default_inputs : std::strtoull(wanted, nullptr, 10);
    const std::vector<Seed> seeds = find_seeds();
    const unsigned watchers = 2 * std::max(1U, std::thread::hardware_concurrency() / 2);
    auto* const progress = static_cast<Progress*>(
        ::mmap(nullptr, watchers * sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(progress, MAP_FAILED);

    // Watchers are processes too: a process with threads should not fork. Each writes its totals as text to a pipe.
    std::vector<std::pair<pid_t, int>> children;
    for (unsigned i = 0; i < watchers; ++i) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const Totals totals = watch(inputs * i / watchers, inputs * (i + 1) / watchers, i % 2 == 1, seeds, progress[i]);
            std::string text = "memory " + std::to_string(totals.max_resident_bytes) + "\n";
            for (const auto& [ending, count] : totals.endings) text += "count " + std::to_string(count) + " " + ending + "\n";
            for (const auto& failure : totals.failures) text += "failure " + failure + "\n";
            for (size_t n = 0; n < text.size();) {
                const ssize_t written = ::write(ends[1], text.data() + n, text.size() - n);
                if (written <= 0) ::_exit(1);
                n += static_cast<size_t>(written);
            }
            ::_exit(0);
        }
        ::close(ends[1]);
        children.emplace_back(child, ends[0]);
    }

    std::map<std::string, uint64_t> endings;
    uint64_t sum = 0;
    for (const auto& [child, output] : children) {
        std::string text;
        char buffer[4096];
        for (ssize_t n = 0; (n = ::read(output, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
        ::close(output);
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        std::istringstream lines{text};
        for (std::string what; lines >> what;) {
            uint64_t number = 0;
            if (what != "failure") lines >> number;
            std::string rest;
            if (what == "memory") lines.ignore();
            else std::getline(lines >> std::ws, rest);
            if (what == "memory") {
                EXPECT_LE(number, max_resident_bytes);
            } else if (what == "count") {
                endings[rest] += number;
                sum += number;
            } else {
                ++sum;
                ADD_FAILURE() << rest;
            }
        }
    }
    ::munmap(progress, watchers * sizeof(Progress));
    EXPECT_EQ(sum, inputs);
    EXPECT_GT(endings["rejected"], inputs / 4);
    for (const auto& [ending, count] : endings)
        std::printf("    %7llu %s\n", static_cast<unsigned long long>(count), ending.c_str());
    std::printf("    %zu seeds\n", seeds.size());
}

}  // namespace weir::robustness
