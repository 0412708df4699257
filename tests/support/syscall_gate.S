// System calls of the fault injector itself: code in [weir_syscall_gate, weir_syscall_gate_end) is let through by the kernel.
    .text
    .globl weir_syscall_gate
    .type weir_syscall_gate, @function
// long weir_syscall_gate(long number rdi, const long arguments[6] rsi): the kernel's answer, an error as -errno.
weir_syscall_gate:
    movq %rdi, %rax
    movq %rsi, %rcx
    movq 0(%rcx), %rdi
    movq 8(%rcx), %rsi
    movq 16(%rcx), %rdx
    movq 24(%rcx), %r10
    movq 32(%rcx), %r8
    movq 40(%rcx), %r9
    syscall
    retq
    .globl weir_syscall_gate_restorer
weir_syscall_gate_restorer:
    movl $15, %eax              // rt_sigreturn
    syscall
    ud2                         // the kernel looks at the address behind the system call
    .globl weir_syscall_gate_end
weir_syscall_gate_end:
    .size weir_syscall_gate, . - weir_syscall_gate
    .section .note.GNU-stack,"",@progbits
