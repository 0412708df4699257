#pragma once

#include <optional>

// Makes system calls of this thread fail, whoever makes them and however: the kernel hands each one to a signal handler before it is
// executed (Syscall User Dispatch, Linux 5.11), which answers in its place or makes it. Calls that only manage memory are let through, uncounted.

namespace weir::test {

/// Counts system calls for as long as it lives, one object at a time, and disturbs one or all of them.
class SyscallFaults {
public:
    /// The `nth` call, from 1, fails with `error` and is not made; but for close, which the kernel never leaves undone.
    static SyscallFaults fail(int nth, int error) { return SyscallFaults{nth, error, 0}; }
    /// Every call that reads or writes moves at most so many bytes.
    static SyscallFaults shorten(unsigned bytes) { return SyscallFaults{0, 0, bytes}; }
    ~SyscallFaults();
    SyscallFaults(const SyscallFaults&) = delete;
    SyscallFaults& operator=(const SyscallFaults&) = delete;

    /// Whether this kernel can do it. Asked once before the first object.
    static bool are_possible();
    /// Number of the call that the last object made to fail, if there were so many.
    static std::optional<long> failed_call();
    /// How many calls were shortened.
    static int shortened_calls();

private:
    SyscallFaults(int nth, int error, unsigned bytes);
};

}  // namespace weir::test
