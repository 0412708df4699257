#include "building/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <string_view>
#include <thread>
#include <utility>

namespace weir::building {

namespace {

std::string read_back(const UniqueFd& file)
{
    std::string text;
    std::array<char, size_t{16} * 1024> buffer;
    for (off_t at = 0;;) {
        const ssize_t n = ::pread(file.get(), buffer.data(), buffer.size(), at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return text;
        text.append(buffer.data(), static_cast<size_t>(n));
        at += n;
    }
}

/// weir's environment with some variables replaced.
std::vector<std::string> environment_with(const std::vector<std::string>& changes)
{
    std::vector<std::string> all = changes;
    const auto is_changed = [&changes](std::string_view variable) {
        const std::string_view name = variable.substr(0, variable.find('=') + 1);
        return std::ranges::any_of(changes, [name](std::string_view change) { return change.starts_with(name); });
    };
    for (char** own = ::environ; *own != nullptr; ++own)
        if (!is_changed(*own)) all.emplace_back(*own);
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& words)
{
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

class FileActions {
public:
    FileActions() { ::posix_spawn_file_actions_init(&m_actions); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&m_actions); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    posix_spawn_file_actions_t* get() { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions{};
};

/// Signals are to have their usual effects, whatever weir does about them.
class Attributes {
public:
    Attributes()
    {
        sigset_t none{}, piping{};
        sigemptyset(&none);
        sigemptyset(&piping);
        sigaddset(&piping, SIGPIPE);
        ::posix_spawnattr_init(&m_attributes);
        ::posix_spawnattr_setsigmask(&m_attributes, &none);
        ::posix_spawnattr_setsigdefault(&m_attributes, &piping);
        ::posix_spawnattr_setflags(&m_attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Attributes() { ::posix_spawnattr_destroy(&m_attributes); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    [[nodiscard]] const posix_spawnattr_t* get() const { return &m_attributes; }

private:
    posix_spawnattr_t m_attributes{};
};

}  // namespace

RunningProgram::RunningProgram(RunningProgram&& other) noexcept
    : m_process(std::exchange(other.m_process, -1)), m_output(std::move(other.m_output)), m_errors(std::move(other.m_errors))
{
}

RunningProgram::~RunningProgram()
{
    if (m_process != -1) (void)wait();
}

Result<RunningProgram, SysError> RunningProgram::start(const ProgramToRun& program)
{
    RunningProgram running;
    running.m_output = UniqueFd{::memfd_create("output", MFD_CLOEXEC)};
    running.m_errors = UniqueFd{::memfd_create("errors", MFD_CLOEXEC)};
    if (!running.m_output || !running.m_errors) return Unexpected{last_error("memfd_create")};
    FileActions actions;
    ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(actions.get(), running.m_output.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(actions.get(), running.m_errors.get(), STDERR_FILENO);
    if (!program.folder.empty()) ::posix_spawn_file_actions_addchdir_np(actions.get(), program.folder.c_str());
    std::vector<std::string> words = program.words, environment = environment_with(program.environment);
    const Attributes attributes;
    const int code = ::posix_spawnp(&running.m_process, words.front().c_str(), actions.get(), attributes.get(),
                                    pointers_to(words).data(), pointers_to(environment).data());
    if (code == 0) return running;
    running.m_process = -1;
    return Unexpected{SysError{code, "posix_spawnp", words.front()}};
}

RunningProgram::End RunningProgram::wait()
{
    int status = 0;
    while (::waitpid(m_process, &status, 0) < 0 && errno == EINTR) {}
    m_process = -1;
    return {.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
            .output = read_back(m_output),
            .errors = read_back(m_errors)};
}

Result<std::vector<RunningProgram::End>, SysError> run_all(const std::vector<ProgramToRun>& programs)
{
    const size_t most = std::max(1U, std::thread::hardware_concurrency());
    std::vector<RunningProgram::End> ends;
    std::deque<RunningProgram> running;
    for (const ProgramToRun& program : programs) {
        if (running.size() == most) {
            ends.push_back(running.front().wait());
            running.pop_front();
        }
        WEIR_TRY(started, RunningProgram::start(program));
        running.push_back(std::move(started));
    }
    for (RunningProgram& last : running) ends.push_back(last.wait());
    return ends;
}

}  // namespace weir::building
