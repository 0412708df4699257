#include "host/sockets/resolve.hpp"

#include "base/unique_fd.hpp"
#include "runtime/interrupt.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace weir::sockets {

namespace {

/// Shared by who asks and the thread that answers; whoever is later frees it.
struct Job {
    Lookup lookup;
    UniqueFd done;
    std::mutex mutex;
    int status = 0;
    Answers answers;
};

/// Lookups that run, those given up included: a guest that is stopped and started again does not pile up threads.
std::atomic<int> g_running{0};
constexpr int max_running = 64;

void look_up(Job& job) noexcept
{
    const Lookup& l = job.lookup;
    addrinfo hints{};
    hints.ai_flags = l.flags;
    hints.ai_family = l.family;
    hints.ai_socktype = l.type;
    hints.ai_protocol = l.protocol;
    addrinfo* list = nullptr;
    int status =
        ::getaddrinfo(l.node.empty() ? nullptr : l.node.c_str(), l.service.empty() ? nullptr : l.service.c_str(), &hints, &list);
    const std::scoped_lock lock{job.mutex};
    try {
        for (const addrinfo* a = list; status == 0 && a != nullptr; a = a->ai_next) {
            Found found{{}, a->ai_socktype, a->ai_protocol};
            if (a->ai_addrlen > sizeof found.address.storage) continue;
            std::memcpy(&found.address.storage, a->ai_addr, a->ai_addrlen);
            found.address.size = a->ai_addrlen;
            job.answers.found.push_back(found);
            if (a->ai_canonname != nullptr && job.answers.canonical_name.empty()) job.answers.canonical_name = a->ai_canonname;
        }
    } catch (const std::bad_alloc&) {
        status = EAI_MEMORY;
    }
    if (list != nullptr) ::freeaddrinfo(list);
    job.status = status;
}

Errno to_errno(int status) noexcept
{
    switch (status) {
    case 0: return Errno::success;
    case EAI_ADDRFAMILY: return Errno::aiaddrfamily;
    case EAI_AGAIN: return Errno::aiagain;
    case EAI_BADFLAGS: return Errno::aibadflag;
    case EAI_FAMILY: return Errno::aifamily;
    case EAI_MEMORY: return Errno::aimemory;
    case EAI_NODATA: return Errno::ainodata;
    case EAI_NONAME: return Errno::ainoname;
    case EAI_SERVICE: return Errno::aiservice;
    case EAI_SOCKTYPE: return Errno::aisocktype;
    case EAI_SYSTEM: return Errno::aisystem;
    default: return Errno::aifail;
    }
}

}  // namespace

Result<Answers, Errno> resolve(const Lookup& lookup) noexcept
{
    try {
        auto job = std::make_shared<Job>();
        job->lookup = lookup;
        job->done = UniqueFd{::eventfd(0, EFD_CLOEXEC)};
        if (!job->done) return Unexpected{wasip1::from_host(errno)};
        if (g_running.fetch_add(1) >= max_running) {
            g_running.fetch_sub(1);
            return Unexpected{Errno::aiagain};
        }
        // The thread takes no signals: they are for the guest's thread.
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        bool is_started = true;
        try {
            std::thread{[job] {
                look_up(*job);
                g_running.fetch_sub(1);
                ::eventfd_write(job->done.get(), 1);
            }}.detach();
        } catch (const std::exception&) {
            is_started = false;
            g_running.fetch_sub(1);
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (!is_started) return Unexpected{Errno::nomem};
        pollfd p{job->done.get(), POLLIN, 0};
        if (runtime::interruptible_syscall(SYS_poll, &p, 1, -1) < 0) return Unexpected{wasip1::from_host(errno)};
        const std::scoped_lock lock{job->mutex};
        if (const Errno e = to_errno(job->status); e != Errno::success) return Unexpected{e};
        return std::move(job->answers);
    } catch (const std::exception&) {
        return Unexpected{Errno::nomem};
    }
}

}  // namespace weir::sockets
