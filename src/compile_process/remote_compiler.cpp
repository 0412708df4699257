#include "compile_process/remote_compiler.hpp"

#include "base/mapping.hpp"
#include "compile_process/protocol.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <mutex>

namespace weir::compile_process {

using runtime::CompiledCode;
using runtime::CompileError;

namespace {

// What a function may take. Then the process is given up, and the function with it.
constexpr int patience_ms = 60'000;
constexpr int max_processes = 4;  // in a row; one that falls over its first function each time is not started for ever
constexpr size_t max_modules = 16;

/// A running weir-llvm.
class Process {
public:
    static Result<std::unique_ptr<Process>, SysError> start(const std::string& program, unsigned effort)
    {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return Unexpected{last_error("socketpair")};
        auto process = std::unique_ptr<Process>{new Process};
        process->m_socket.reset(ends[0]);
        const UniqueFd theirs{ends[1]};
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
        // It has the socket as standard input, and nothing to say to anybody else.
        ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        // Ctrl-C is for weir, whose end it sees at the socket.
        sigset_t none;
        sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
        std::string name = program;
        std::string option = "-O" + std::to_string(effort);
        std::array<char*, 3> arguments{name.data(), option.data(), nullptr};
        const int error = ::posix_spawn(&process->m_pid, program.c_str(), &actions, &attributes, arguments.data(), ::environ);
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&actions);
        if (error != 0) {
            process->m_pid = 0;
            return Unexpected{SysError{error, "posix_spawn", program}};
        }
        return process;
    }
    ~Process()
    {
        m_socket.reset();
        if (m_pid <= 0) return;
        ::kill(m_pid, SIGKILL);
        while (::waitpid(m_pid, nullptr, 0) < 0 && errno == EINTR) {}
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] int socket() const { return m_socket.get(); }

    Result<void, SysError> greet()
    {
        Hello hello{};
        WEIR_CHECK(wait());
        WEIR_CHECK(receive(m_socket.get(), as_writable_bytes(hello)));
        if (hello.build != build_id()) return Unexpected{SysError{EPROTO, "weir-llvm is of another build", {}}};
        return {};
    }

    /// Until it has something to say.
    Result<void, SysError> wait() const
    {
        pollfd waiting{.fd = m_socket.get(), .events = POLLIN, .revents = 0};
        int n = 0;
        while ((n = ::poll(&waiting, 1, patience_ms)) < 0 && errno == EINTR) {}
        if (n < 0) return Unexpected{last_error("poll")};
        if (n == 0) return Unexpected{SysError{ETIMEDOUT, "poll", {}}};
        return {};
    }

    /// The number by which it knows a module; tells it of the module when it does not.
    Result<uint32_t, SysError> number_of(const wasm::Module& module, const runtime::CompileOptions& options)
    {
        const auto known = std::ranges::find(m_modules, module.serial, &KnownModule::serial);
        if (known != m_modules.end()) return known->number;
        if (m_modules.size() == max_modules) {
            Request forget{};
            forget.kind = Request::Kind::forget;
            forget.module = m_modules.front().number;
            WEIR_CHECK(send(socket(), as_bytes(forget)));
            m_modules.pop_front();
        }
        WEIR_TRY(bytes, shared_copy(module.bytes));
        Request load{};
        load.kind = Request::Kind::load;
        load.module = m_next_number++;
        load.module_bytes = module.bytes.size();
        load.counts = options.counts ? 1 : 0;
        load.memory_count = static_cast<uint32_t>(options.memory_modes.size());
        WEIR_CHECK(send(socket(), as_bytes(load), bytes.get()));
        WEIR_CHECK(send(socket(), std::as_bytes(std::span{options.memory_modes})));
        m_modules.push_back({module.serial, load.module});
        return load.module;
    }

private:
    Process() = default;

    struct KnownModule {
        uint64_t serial;
        uint32_t number;
    };

    static Result<UniqueFd, SysError> shared_copy(std::span<const std::byte> bytes)
    {
        UniqueFd file{::memfd_create("weir-module", MFD_CLOEXEC)};
        if (!file) return Unexpected{last_error("memfd_create")};
        if (::ftruncate(file.get(), static_cast<off_t>(bytes.size())) != 0) return Unexpected{last_error("ftruncate")};
        WEIR_TRY(mapping, Mapping::map(bytes.size(), PROT_READ | PROT_WRITE, MAP_SHARED, file.get()));
        std::memcpy(mapping.data(), bytes.data(), bytes.size());
        return file;
    }

    UniqueFd m_socket;
    pid_t m_pid = 0;
    std::deque<KnownModule> m_modules;
    uint32_t m_next_number = 0;
};

constexpr unsigned default_effort = 2;

class RemoteCompiler final : public runtime::Compiler {
public:
    RemoteCompiler(std::shared_ptr<const runtime::Compiler> baseline, std::string program, unsigned effort)
        : m_baseline(std::move(baseline)), m_program(std::move(program)), m_effort(effort)
    {
    }

    Result<void, CompileError> compile_function(const wasm::Module& module, const runtime::ContextLayout&,
                                                const runtime::CompileOptions& options, wasm::FuncIdx function,
                                                CompiledCode& out) const override
    {
        if (options.counts_fuel) return Unexpected{CompileError{"this tier does not count fuel"}};
        return compile(module, options, function, 0, out);
    }
    Result<void, CompileError> compile_loop(const wasm::Module& module, const runtime::ContextLayout&,
                                            const runtime::CompileOptions& options, wasm::FuncIdx function, uint32_t loop_offset,
                                            CompiledCode& out) const override
    {
        return compile(module, options, function, loop_offset, out);
    }
    Result<void, CompileError> compile_entry(const wasm::FuncType& type, CompiledCode& out) const override
    {
        return m_baseline->compile_entry(type, out);
    }
    Result<void, CompileError> compile_host_call(const wasm::FuncType& type, CompiledCode& out) const override
    {
        return m_baseline->compile_host_call(type, out);
    }

private:
    Result<void, CompileError> compile(const wasm::Module& module, const runtime::CompileOptions& options, wasm::FuncIdx function,
                                       uint32_t loop_offset, CompiledCode& out) const
    {
        const std::scoped_lock lock{m_mutex};
        auto reply = ask(module, options, function, loop_offset, out);
        if (reply) {
            if (*reply) m_failures = 0;
            return std::move(*reply);
        }
        m_process.reset();
        ++m_failures;
        return Unexpected{CompileError{"the compiling process is gone: " + reply.error().to_string()}};
    }

    Result<Result<void, CompileError>, SysError> ask(const wasm::Module& module, const runtime::CompileOptions& options,
                                                     wasm::FuncIdx function, uint32_t loop_offset, CompiledCode& out) const
    {
        if (m_process == nullptr) {
            if (m_failures >= max_processes) return Unexpected{SysError{ECONNREFUSED, "weir-llvm", {}}};
            WEIR_TRY(started, Process::start(m_program, m_effort));
            WEIR_CHECK(started->greet());
            m_process = std::move(started);
        }
        WEIR_TRY(number, m_process->number_of(module, options));
        Request request{};
        request.kind = Request::Kind::compile;
        request.module = number;
        request.function = function.value;
        request.loop_offset = loop_offset;
        WEIR_CHECK(send(m_process->socket(), as_bytes(request)));
        WEIR_CHECK(m_process->wait());
        return receive_code(m_process->socket(), module, out);
    }

    const std::shared_ptr<const runtime::Compiler> m_baseline;
    const std::string m_program;
    const unsigned m_effort;
    mutable std::mutex m_mutex;  // guards what follows
    mutable std::unique_ptr<Process> m_process;
    mutable int m_failures = 0;
};

}  // namespace

std::shared_ptr<const runtime::Compiler> create_remote_compiler(std::shared_ptr<const runtime::Compiler> baseline,
                                                                std::string program)
{
    return std::make_shared<RemoteCompiler>(std::move(baseline), std::move(program), default_effort);
}
std::shared_ptr<const runtime::Compiler> create_remote_compiler(std::shared_ptr<const runtime::Compiler> baseline)
{
    return create_remote_compiler(std::move(baseline), default_effort);
}

std::shared_ptr<const runtime::Compiler> create_remote_compiler(std::shared_ptr<const runtime::Compiler> baseline, unsigned effort)
{
    return std::make_shared<RemoteCompiler>(std::move(baseline), installed_compiler(), effort);
}

std::string installed_program(std::string_view name)
{
    std::array<char, PATH_MAX> self{};
    const ssize_t n = ::readlink("/proc/self/exe", self.data(), self.size());
    std::string folder{self.data(), n > 0 ? static_cast<size_t>(n) : 0};
    folder.resize(folder.rfind('/') + 1);  // none: the name alone, which is not found
    const std::string beside = folder + std::string{name};
    return ::access(beside.c_str(), X_OK) == 0 ? beside : folder + "../libexec/weir/" + std::string{name};
}

std::string installed_compiler() { return installed_program("weir-llvm"); }

}  // namespace weir::compile_process
