#include "cli/interruption.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <sys/time.h>

namespace weir::cli {

namespace {

enum Reason : runtime::InterruptReasons { timed_out = 1, sigint = 2, sigterm = 4 };

// Set before the handlers are installed.
runtime::Store* supervised = nullptr;

void on_signal(int signal) { supervised->request_interrupt(signal == SIGALRM ? timed_out : signal == SIGINT ? sigint : sigterm); }

enum class Again : uint8_t { is_handled, has_default_effect };

void handle(int signal, Again again)
{
    struct sigaction action{}, previous{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    if (again == Again::has_default_effect) action.sa_flags |= static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, &previous);
    if (previous.sa_handler == SIG_IGN && signal != SIGALRM) ::sigaction(signal, &previous, nullptr);  // nohup, a shell's `&`
}

}  // namespace

void stop_on_signals(runtime::Store& store, const RunOptions& options)
{
    supervised = &store;
    handle(SIGINT, Again::has_default_effect);
    handle(SIGTERM, Again::has_default_effect);
    if (!options.timeout) return;
    handle(SIGALRM, Again::is_handled);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    constexpr uint64_t us_per_s = 1'000'000;
    const uint64_t us = (options.timeout->ns + 999) / 1000;
    itimerval timer{};
    timer.it_value = {.tv_sec = static_cast<time_t>(us / us_per_s), .tv_usec = static_cast<suseconds_t>(us % us_per_s)};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
}

int report_interruption(const runtime::Store& store, const RunOptions& options)
{
    if ((store.stopped_for() & sigint) != 0) return exit_sigint;
    if ((store.stopped_for() & sigterm) != 0) return exit_sigterm;
    return report({.error = fmt::format("the guest was stopped: it ran longer than --timeout {} allows", options.timeout->text),
                   .because = {},
                   .hint = {},
                   .exit_code = options.manners.timeout_exit_code});
}

}  // namespace weir::cli
