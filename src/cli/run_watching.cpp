#include "cli/run_watching.hpp"

#include "base/file_watch.hpp"
#include "building/source.hpp"
#include "cli/program.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

namespace weir::cli {

namespace {

/// So long a program has for ending by SIGTERM.
constexpr int grace_ms = 2000;

void say(std::string_view text) { print(STDERR_FILENO, fmt::format("weir: {}\n", text)); }

/// SIGINT and SIGTERM, from a descriptor as long as it is wanted.
class StopSignals {
public:
    StopSignals()
    {
        sigemptyset(&m_set);
        sigaddset(&m_set, SIGINT);
        sigaddset(&m_set, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &m_set, &m_before);
        m_descriptor = UniqueFd{::signalfd(-1, &m_set, SFD_CLOEXEC | SFD_NONBLOCK)};
    }
    /// What comes in between ends the process, as without this.
    void unblock() { ::sigprocmask(SIG_SETMASK, &m_before, nullptr); }
    void block() { ::sigprocmask(SIG_BLOCK, &m_set, nullptr); }
    [[nodiscard]] int descriptor() const { return m_descriptor.get(); }
    struct Came {
        int signal = 0;           // 0: none
        bool is_for_all = false;  // a terminal's, which sends it to all processes of its foreground
    };
    [[nodiscard]] Came take() const
    {
        signalfd_siginfo info{};
        if (::read(m_descriptor.get(), &info, sizeof info) != sizeof info) return {};
        return {static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
    }

private:
    sigset_t m_set{}, m_before{};
    UniqueFd m_descriptor;
};

/// The program at work.
class Child {
public:
    Child(const RunOptions& options, const std::string& module, StopSignals& signals)
    {
        const pid_t parent = ::getpid();
        m_process = ::fork();
        if (m_process == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (::getppid() != parent) ::_exit(exit_cannot_run);
            signals.unblock();
            ::_exit(run_module(options, module));
        }
        if (m_process > 0) m_descriptor = UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, m_process, 0))};
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child()
    {
        if (is_running()) stop(SIGTERM);
    }

    /// False too when none could be started.
    [[nodiscard]] bool is_running() const { return static_cast<bool>(m_descriptor); }
    /// Readable when it has ended; -1 when there is nothing to wait for.
    [[nodiscard]] int descriptor() const { return m_descriptor.get(); }
    /// Has it end by a signal, or waits for its end when it was sent one; it is killed when it takes too long.
    int stop(int signal)
    {
        if (signal != 0) ::kill(m_process, signal);
        pollfd end{m_descriptor.get(), POLLIN, 0};
        int n = 0;
        while ((n = ::poll(&end, 1, grace_ms)) < 0 && errno == EINTR) {}
        if (n == 0) ::kill(m_process, SIGKILL);
        return wait();
    }
    /// Its exit code, when it has ended.
    int wait()
    {
        int status = 0;
        while (::waitpid(m_process, &status, 0) < 0 && errno == EINTR) {}
        m_descriptor.reset();
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

private:
    pid_t m_process = -1;
    UniqueFd m_descriptor;
};

class Watcher {
public:
    Watcher(const RunOptions& options, FileWatch watch) : m_options(options), m_watch(std::move(watch))
    {
        m_build = build_options(options);
        m_build.wants_inputs = true;
    }

    Result<int, Problem> run()
    {
        // Until there is something better to watch: what was named.
        WEIR_CHECK(follow(inputs_to_begin_with(m_options.file)));
        build_and_start();
        for (;;) {
            if (const auto came = wait_for_change(); came.signal != 0) return end(came);
            build_and_start();
        }
    }

private:
    Result<void, Problem> follow(std::vector<std::string> inputs)
    {
        if (auto followed = m_watch.follow(inputs); !followed)
            return Unexpected{
                Problem{.error = "cannot watch the files", .because = printable(followed.error().to_string()), .hint = {}}};
        m_inputs = std::move(inputs);
        return {};
    }

    /// The program as it is now. Nothing when it cannot be built, which has been said then.
    std::optional<Program> build()
    {
        for (;;) {
            auto program = find_program(m_options.file, m_build);
            if (!program) {
                report(program.error());
                return std::nullopt;
            }
            if (program->inputs == m_inputs) return std::move(*program);
            // What was not watched before may have changed meanwhile.
            if (const auto followed = follow(program->inputs); !followed) {
                report(followed.error());
                return std::move(*program);
            }
        }
    }

    void build_and_start()
    {
        m_signals.unblock();
        auto program = build();
        m_signals.block();
        if (!program) {
            say(m_child && m_child->is_running() ? "what changed is not run, the old version goes on" : "waiting for a change");
            return;
        }
        if (m_program && m_program->version == program->version && m_child && m_child->is_running()) return;
        if (m_child) {
            m_child.reset();
            say(fmt::format("'{}' has changed, it is started again", printable(m_options.file)));
        }
        m_program = std::move(program);
        m_child.emplace(m_options, m_program->module, m_signals);
        if (!m_child->is_running()) say(fmt::format("cannot start a process: {}", std::strerror(errno)));
    }

    /// Until something has changed, and nothing any more for a moment; or a signal comes.
    StopSignals::Came wait_for_change()
    {
        bool has_changed = false;
        for (;;) {
            std::array<pollfd, 3> waits{{{m_watch.descriptor(), POLLIN, 0},
                                         {m_signals.descriptor(), POLLIN, 0},
                                         {m_child ? m_child->descriptor() : -1, POLLIN, 0}}};
            const int n = ::poll(waits.data(), waits.size(), has_changed ? FileWatch::quiet_ms : -1);
            if (n < 0 && errno != EINTR) return {SIGTERM, false};
            if (n == 0) return {};
            if (n < 0) continue;
            if (waits[1].revents != 0)
                if (const auto came = m_signals.take(); came.signal != 0) return came;
            if (waits[2].revents != 0) say(fmt::format("it ended with exit code {}, waiting for a change", m_child->wait()));
            if (waits[0].revents != 0) has_changed = m_watch.take_changes() || has_changed;
        }
    }

    int end(const StopSignals::Came& came)
    {
        // A second signal would end it without order.
        if (m_child && m_child->is_running()) (void)m_child->stop(came.is_for_all ? 0 : came.signal);
        return came.signal == SIGINT ? exit_sigint : exit_sigterm;
    }

    const RunOptions& m_options;
    building::BuildOptions m_build;
    FileWatch m_watch;
    StopSignals m_signals;
    std::vector<std::string> m_inputs;
    std::optional<Program> m_program;
    std::optional<Child> m_child;
};

}  // namespace

int run_watching(const RunOptions& options)
{
    auto watch = FileWatch::create(building::is_source_name);
    if (!watch) return report({.error = "cannot watch the files", .because = printable(watch.error().to_string()), .hint = {}});
    const auto exit_code = Watcher{options, std::move(*watch)}.run();
    return exit_code ? *exit_code : report(exit_code.error());
}

}  // namespace weir::cli
