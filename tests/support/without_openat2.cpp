#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// without-openat2 ENOSYS|EPERM COMMAND...: runs a command whose openat2(2) fails as it does in an old kernel or in an old sandbox.

int main(int argc, char** argv)
{
    if (argc < 3) return std::fputs("usage: without-openat2 ENOSYS|EPERM COMMAND...\n", stderr), EXIT_FAILURE;
    const auto error = static_cast<__u32>(std::string_view{argv[1]} == "EPERM" ? EPERM : ENOSYS);
    sock_filter filter[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat2},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    };
    const sock_fprog program{4, filter};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return std::perror("without-openat2: seccomp"), EXIT_FAILURE;
    ::execvp(argv[2], argv + 2);
    std::perror("without-openat2: exec");
    return EXIT_FAILURE;
}
