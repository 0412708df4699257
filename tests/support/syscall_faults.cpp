#include "support/syscall_faults.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

extern "C" {
long weir_syscall_gate(long number, const long* arguments);
void weir_syscall_gate_restorer();
extern const char weir_syscall_gate_end[];
}

namespace weir::test {

namespace {

// <linux/prctl.h> of Debian 12 has them; <sys/prctl.h> of its glibc includes that.
volatile char selector = SYSCALL_DISPATCH_FILTER_ALLOW;

struct {
    int nth, error;
    unsigned bytes;
    int count;
    int shortened;
    std::optional<long> failed;
} plan;

bool only_manages_memory(long number)
{
    switch (number) {
    case SYS_brk:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mremap:
    case SYS_mprotect:
    case SYS_madvise: return true;
    default: return false;
    }
}

/// The first bytes of the first vector that has any.
iovec first_part(const iovec* vectors, size_t count)
{
    const iovec* const first = std::find_if(vectors, vectors + count, [](const iovec& v) { return v.iov_len > 0; });
    ++plan.shortened;
    return first == vectors + count ? iovec{} : iovec{first->iov_base, std::min<size_t>(first->iov_len, plan.bytes)};
}

long shorten(long number, std::array<long, 6> arguments)
{
    switch (number) {
    case SYS_read:
    case SYS_write:
        ++plan.shortened;
        arguments[2] = std::min<long>(arguments[2], plan.bytes);
        break;
    case SYS_readv:
    case SYS_writev:
    case SYS_preadv:
    case SYS_pwritev:
    case SYS_preadv2:
    case SYS_pwritev2: {
        const iovec part = first_part(reinterpret_cast<const iovec*>(arguments[1]), static_cast<size_t>(arguments[2]));
        arguments[1] = reinterpret_cast<long>(&part);
        arguments[2] = 1;
        return weir_syscall_gate(number, arguments.data());
    }
    case SYS_recvmsg:
    case SYS_sendmsg: {
        auto& header = *reinterpret_cast<msghdr*>(arguments[1]);
        const msghdr given = header;
        const iovec part = first_part(given.msg_iov, given.msg_iovlen);
        header.msg_iov = const_cast<iovec*>(&part);
        header.msg_iovlen = 1;
        const long n = weir_syscall_gate(number, arguments.data());
        header.msg_iov = given.msg_iov;
        header.msg_iovlen = given.msg_iovlen;
        return n;
    }
    case SYS_getdents64: arguments[2] = std::min<long>(arguments[2], plan.bytes); break;
    case SYS_getrandom: arguments[1] = std::min<long>(arguments[1], plan.bytes); break;
    default: return weir_syscall_gate(number, arguments.data());
    }
    ++plan.shortened;
    return weir_syscall_gate(number, arguments.data());
}

void on_syscall(int, siginfo_t* info, void* context)
{
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const long number = info->si_syscall;
    const std::array<long, 6> arguments{registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                                        registers[REG_R10], registers[REG_R8],  registers[REG_R9]};
    auto& answer = registers[REG_RAX];
    if (only_manages_memory(number)) {
        answer = weir_syscall_gate(number, arguments.data());
    } else if (++plan.count == plan.nth) {
        plan.failed = number;
        if (number == SYS_close) weir_syscall_gate(number, arguments.data());
        answer = -plan.error;
    } else {
        answer = plan.bytes != 0 ? shorten(number, arguments) : weir_syscall_gate(number, arguments.data());
    }
}

/// What the kernel, and not the C library, calls struct sigaction.
struct KernelSigaction {
    void (*handler)(int, siginfo_t*, void*);
    unsigned long flags;
    void (*restorer)();
    uint64_t mask;
};

}  // namespace

bool SyscallFaults::are_possible()
{
    const auto begin = reinterpret_cast<uintptr_t>(&weir_syscall_gate);
    const auto end = reinterpret_cast<uintptr_t>(weir_syscall_gate_end);
    constexpr unsigned long restorer_is_given = 0x04000000;  // SA_RESTORER, which headers leave out
    // The handler's return is a system call too: not the C library's, which would be handed to the handler.
    const KernelSigaction action{on_syscall, SA_SIGINFO | restorer_is_given, weir_syscall_gate_restorer, 0};
    return ::syscall(SYS_rt_sigaction, SIGSYS, &action, nullptr, sizeof action.mask) == 0 &&
           ::prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, begin, end - begin, &selector) == 0;
}

SyscallFaults::SyscallFaults(int nth, int error, unsigned bytes)
{
    plan = {nth, error, bytes, 0, 0, std::nullopt};
    selector = SYSCALL_DISPATCH_FILTER_BLOCK;
}

SyscallFaults::~SyscallFaults() { selector = SYSCALL_DISPATCH_FILTER_ALLOW; }

std::optional<long> SyscallFaults::failed_call() { return plan.failed; }
int SyscallFaults::shortened_calls() { return plan.shortened; }

}  // namespace weir::test
