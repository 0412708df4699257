#include "fixture.hpp"

#include "runtime/outcome.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace weir::wasip1 {

std::ostream& operator<<(std::ostream& out, Errno e)
{
    switch (e) {
#define WEIR_ERRNO(ident, host) \
    case Errno::ident: return out << #ident;
#include "host/wasip1/errno.def"
#undef WEIR_ERRNO
    }
    return out << "errno " << static_cast<unsigned>(e);
}

}  // namespace weir::wasip1

namespace weir::test {

namespace {

// (module (memory (export "memory") 2 2))
Wat memory_module() { return wat("", "0061736d01000000050401010202070a01066d656d6f72790200"); }

}  // namespace

TempDir::TempDir() : TempDir(std::filesystem::temp_directory_path().string()) {}

TempDir::TempDir(const std::string& parent)
{
    std::string path = parent + "/weir-test-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << path;
    m_path = path;
}

TempDir::~TempDir()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

void write_file(const std::string& path, std::string_view text) { std::ofstream{path, std::ios::binary} << text; }

std::string read_file(const std::string& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

bool exists(const std::string& path)
{
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

size_t open_descriptors()
{
    const auto entries = std::filesystem::directory_iterator{"/proc/self/fd"};
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

Pipe::Pipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) ADD_FAILURE() << "pipe2";
    reader = UniqueFd{ends[0]};
    writer = UniqueFd{ends[1]};
}

void PrintTo(const Answer& answer, std::ostream* out) { *out << answer.error << " " << answer.value; }

Wasi::Wasi() : m_box(m_temp / "box"), m_outside(m_temp / "outside"), m_guest(engine_modes[0], memory_module())
{
    std::filesystem::create_directory(m_box);
    std::filesystem::create_directory(m_outside);
    write_file(m_outside + "/secret", "secret");
    start();
}

void Wasi::start(WorldConfig config, bool is_read_only)
{
    if (config.preopens.empty()) config.preopens.push_back({m_box, "/box", is_read_only});
    auto world = World::create(std::move(config));
    ASSERT_TRUE(world) << world.error().to_string();
    m_world = *std::move(world);
}

const runtime::HostFunction* Wasi::find(std::string_view module, std::string_view name)
{
    for (const runtime::HostModule& m : World::host_modules()) {
        if (m.name != module) continue;
        for (const runtime::HostFunction& f : m.functions)
            if (f.name == name) return &f;
    }
    return nullptr;
}

bool Wasi::invoke(const runtime::HostFunction& function, std::span<const uint64_t> arguments, runtime::Value* values, void* world)
{
    EXPECT_EQ(arguments.size(), function.params.size()) << function.name;
    size_t i = 0;
    for (const uint64_t argument : arguments) {
        // The upper half of an i32 is unspecified in the convention: garbage must not matter.
        const bool is_wide = function.params[i] == wasm::i64;
        values[i++].i64 = is_wide ? argument : (argument & 0xFFFFFFFFU) | 0xAAAAAAAA00000000U;
    }
    m_call.exec = m_guest.instance()->context().exec;
    m_call.instance = m_guest.instance();
    m_call.data = world != nullptr ? world : m_world.get();
    return function.entry(m_call, values);
}

Errno Wasi::call(std::string_view name, std::initializer_list<uint64_t> arguments, std::string_view module)
{
    const runtime::HostFunction* const function = find(module, name);
    if (function == nullptr) {
        ADD_FAILURE() << "no function " << name;
        return Errno::nosys;
    }
    runtime::Value values[16]{};
    if (!invoke(*function, std::span{arguments.begin(), arguments.size()}, values)) {
        ADD_FAILURE() << name << " stopped the guest";
        return Errno::nosys;
    }
    return static_cast<Errno>(values[0].i32);
}

void Wasi::call_with(const runtime::HostFunction& function, std::span<const uint64_t> arguments, runtime::Value* values,
                     void* world)
{
    ASSERT_TRUE(invoke(function, arguments, values, world)) << function.name;
}

runtime::Outcome Wasi::run(std::string_view name, std::initializer_list<uint64_t> arguments)
{
    const runtime::HostFunction* const function = find("wasi_snapshot_preview1", name);
    if (function == nullptr) {
        ADD_FAILURE() << "no function " << name;
        return runtime::Returned{};
    }
    runtime::Store& store = guest_store();
    const auto type = store.engine().types()->intern(
        wasm::FuncType{{function->params.begin(), function->params.end()}, {function->results.begin(), function->results.end()}});
    const runtime::Function* const f = store.create_host_function(*type, function->entry, m_world.get());
    if (f == nullptr) {
        ADD_FAILURE() << "no code space";
        return runtime::Returned{};
    }
    static_cast<runtime::HostFunctionContext*>(f->context)->instance = m_guest.instance();
    runtime::Value values[16]{};
    size_t i = 0;
    for (const uint64_t argument : arguments) values[i++].i64 = argument;
    return store.call(*f, values);
}

std::optional<uint32_t> Wasi::exit_code_of(std::string_view name, std::initializer_list<uint64_t> arguments)
{
    const runtime::Outcome outcome = run(name, arguments);
    const auto* const exit = std::get_if<runtime::Exit>(&outcome);
    return exit == nullptr ? std::nullopt : std::optional{exit->code};
}

bool Wasi::is_untouched(uint32_t from, uint32_t to)
{
    return std::ranges::all_of(memory().subspan(from, to - from), [](std::byte b) { return b == canary; });
}

Answer Wasi::open(std::string_view path, uint16_t oflags, uint64_t rights, uint16_t fdflags, uint32_t lookup, uint32_t fd,
                  uint64_t inheriting)
{
    fill_with_canary();
    store_text(path_at, path);
    const Errno e = call("path_open", {fd, lookup, path_at, path.size(), oflags, rights, inheriting, fdflags, result_at});
    EXPECT_TRUE(is_untouched(0, result_at) && is_untouched(result_at + 4, path_at));
    if (e != Errno::success) EXPECT_TRUE(is_untouched(result_at, result_at + 4));
    return {e, load<uint32_t>(result_at)};
}

Answer Wasi::write(uint32_t fd, std::string_view text)
{
    fill_with_canary();
    store_text(buffer_at, text);
    store(iovs_at, Iovec{buffer_at, static_cast<uint32_t>(text.size())});
    return {call("fd_write", {fd, iovs_at, 1, result_at}), load<uint32_t>(result_at)};
}

Answer Wasi::read(uint32_t fd, uint32_t size)
{
    fill_with_canary();
    store(iovs_at, Iovec{buffer_at, size});
    const Errno e = call("fd_read", {fd, iovs_at, 1, result_at});
    const auto n = load<uint32_t>(result_at);
    if (e == Errno::success) EXPECT_TRUE(is_untouched(buffer_at + n, memory_bytes));
    return {e, n};
}

std::string Wasi::contents(std::string_view path)
{
    const Answer fd = open(path);
    EXPECT_EQ(fd.error, Errno::success) << path;
    if (fd.error != Errno::success) return {};
    const Answer n = read(static_cast<uint32_t>(fd.value), 1000);
    EXPECT_EQ(n.error, Errno::success);
    const std::string text = text_at(buffer_at, n.value);
    EXPECT_EQ(close(static_cast<uint32_t>(fd.value)), Errno::success);
    return text;
}

Errno Wasi::with_path(std::string_view name, std::string_view path, uint32_t fd)
{
    store_text(path_at, path);
    return call(name, {fd, path_at, path.size()});
}

Errno Wasi::rename(std::string_view from, std::string_view to, uint32_t from_fd, uint32_t to_fd)
{
    store_text(path_at, from);
    store_text(second_path_at, to);
    return call("path_rename", {from_fd, path_at, from.size(), to_fd, second_path_at, to.size()});
}

Errno Wasi::link(std::string_view from, std::string_view to, uint32_t from_fd, uint32_t to_fd, uint32_t flags)
{
    store_text(path_at, from);
    store_text(second_path_at, to);
    return call("path_link", {from_fd, flags, path_at, from.size(), to_fd, second_path_at, to.size()});
}

Errno Wasi::symlink(std::string_view target, std::string_view path, uint32_t fd)
{
    store_text(path_at, path);
    store_text(second_path_at, target);
    return call("path_symlink", {second_path_at, target.size(), fd, path_at, path.size()});
}

Answer Wasi::stat(std::string_view path, uint32_t lookup, uint32_t fd)
{
    fill_with_canary();
    store_text(path_at, path);
    return {call("path_filestat_get", {fd, lookup, path_at, path.size(), result_at}), 0};
}

Errno Wasi::set_times(std::string_view path, uint64_t atim, uint64_t mtim, uint16_t flags, uint32_t lookup, uint32_t fd)
{
    store_text(path_at, path);
    return call("path_filestat_set_times", {fd, lookup, path_at, path.size(), atim, mtim, flags});
}

std::string Wasi::readlink(std::string_view path)
{
    fill_with_canary();
    store_text(path_at, path);
    const Errno e = call("path_readlink", {preopen, path_at, path.size(), buffer_at, 4096, result_at});
    EXPECT_EQ(e, Errno::success) << path;
    return e == Errno::success ? text_at(buffer_at, load<uint32_t>(result_at)) : std::string{};
}

}  // namespace weir::test
