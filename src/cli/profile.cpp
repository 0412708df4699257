#include "cli/profile.hpp"

#include "base/unique_fd.hpp"
#include "wasm/names.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

namespace weir::cli {

namespace {

using runtime::PlacedCode;

/// What a profiler shows. Thread-safe by its owner.
class Symbols {
public:
    std::string name_of(const PlacedCode& code)
    {
        switch (code.kind) {
        case PlacedCode::Kind::entry: return "[weir: enter guest]";
        case PlacedCode::Kind::host_call: return "[weir: call host]";
        case PlacedCode::Kind::first: return function_name(code);
        case PlacedCode::Kind::hot: return function_name(code) + " [hot]";
        case PlacedCode::Kind::hot_loop: break;
        }
        const size_t offset = code.module->body_of(code.function).offset_bytes + code.loop_offset;
        return fmt::format("{} [hot loop at {:#x}]", function_name(code), offset);
    }

private:
    std::string function_name(const PlacedCode& code)
    {
        const auto names = m_names.try_emplace(code.module->serial, *code.module).first;
        const std::string name = printable(names->second.name_of(code.function));
        return name.empty() ? fmt::format("wasm function {}", code.function.value) : name;
    }

    std::map<uint64_t, wasm::FunctionNames> m_names;  // by Module::serial
};

/// Writes all parts as one record. Errors are not told: a profile that ends early is better than a guest that does.
void write_record(int fd, std::array<iovec, 3> parts) noexcept
{
    size_t first = 0;
    while (first < parts.size()) {
        if (parts[first].iov_len == 0) {
            ++first;
            continue;
        }
        const ssize_t n = ::writev(fd, &parts[first], static_cast<int>(parts.size() - first));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        for (auto left = static_cast<size_t>(n); left != 0;) {
            const size_t taken = std::min(left, parts[first].iov_len);
            parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + taken;
            parts[first].iov_len -= taken;
            left -= taken;
            if (parts[first].iov_len == 0 && left != 0) ++first;
        }
    }
}

iovec part(const void* data, size_t size) { return {.iov_base = const_cast<void*>(data), .iov_len = size}; }

class PerfMap final : public runtime::CodeListener {
public:
    explicit PerfMap(UniqueFd file) : m_file(std::move(file)) {}

    void placed(const PlacedCode& code) noexcept override
    {
        const std::scoped_lock lock{m_mutex};
        const std::string line = fmt::format("{:x} {:x} {}\n", reinterpret_cast<uintptr_t>(code.bytes.data()), code.bytes.size(),
                                             m_symbols.name_of(code));
        write_record(m_file.get(), {part(line.data(), line.size())});
    }

private:
    std::mutex m_mutex;  // guards what follows
    UniqueFd m_file;
    Symbols m_symbols;
};

// jitdump-specification.txt, version 1.
struct DumpHeader {
    uint32_t magic = 0x4a69'5444;  // "JiTD"
    uint32_t version = 1;
    uint32_t size_bytes = sizeof(DumpHeader);
    uint32_t elf_machine = EM_X86_64;
    uint32_t reserved = 0;
    uint32_t process;
    uint64_t time_ns;
    uint64_t flags = 0;
};
static_assert(sizeof(DumpHeader) == 40);
struct CodeLoad {
    uint32_t id = 0;  // JIT_CODE_LOAD
    uint32_t size_bytes;
    uint64_t time_ns;
    uint32_t process, thread;
    uint64_t virtual_address, address, code_bytes, index;
};
static_assert(sizeof(CodeLoad) == 56);

uint64_t now_ns()
{
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);  // as `perf record -k mono` has it
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

class JitDump final : public runtime::CodeListener {
public:
    explicit JitDump(UniqueFd file) : m_file(std::move(file))
    {
        const DumpHeader header{.process = static_cast<uint32_t>(::getpid()), .time_ns = now_ns()};
        write_record(m_file.get(), {part(&header, sizeof header)});
        // perf finds the file by this mapping, which it records like those of libraries.
        ::mmap(nullptr, sizeof header, PROT_READ | PROT_EXEC, MAP_PRIVATE, m_file.get(), 0);
    }

    void placed(const PlacedCode& code) noexcept override
    {
        const std::scoped_lock lock{m_mutex};
        const std::string name = m_symbols.name_of(code);
        const auto address = reinterpret_cast<uint64_t>(code.bytes.data());
        const CodeLoad record{
            .size_bytes = static_cast<uint32_t>(sizeof(CodeLoad) + name.size() + 1 + code.bytes.size()),
            .time_ns = now_ns(),
            .process = static_cast<uint32_t>(::getpid()),
            .thread = static_cast<uint32_t>(::syscall(SYS_gettid)),
            .virtual_address = address,
            .address = address,
            .code_bytes = code.bytes.size(),
            .index = m_count++,
        };
        write_record(m_file.get(), {part(&record, sizeof record), part(name.c_str(), name.size() + 1),
                                    part(code.bytes.data(), code.bytes.size())});
    }

private:
    std::mutex m_mutex;  // guards what follows
    UniqueFd m_file;
    Symbols m_symbols;
    uint64_t m_count = 0;
};

/// A file of this name that nobody else has a hand in: /tmp is everybody's.
Result<UniqueFd, Problem> create_file(const std::string& path)
{
    ::unlink(path.c_str());
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600)};
    if (file) return file;
    return Unexpected{Problem{
        .error = fmt::format("cannot make '{}' for the profiler", printable(path)), .because = std::strerror(errno), .hint = {}}};
}

}  // namespace

Result<std::shared_ptr<runtime::CodeListener>, Problem> create_profile(Profile profile)
{
    if (profile == Profile::none) return std::shared_ptr<runtime::CodeListener>{};
    const bool is_map = profile == Profile::map;
    WEIR_TRY(file, create_file(is_map ? fmt::format("/tmp/perf-{}.map", ::getpid()) : fmt::format("jit-{}.dump", ::getpid())));
    if (is_map) return std::shared_ptr<runtime::CodeListener>{std::make_shared<PerfMap>(std::move(file))};
    return std::shared_ptr<runtime::CodeListener>{std::make_shared<JitDump>(std::move(file))};
}

}  // namespace weir::cli
