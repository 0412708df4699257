// The few pieces of machine code that no compiler makes. Conventions: contract.hpp. System V x86-64.
    .text

// int weir_enter_guest(Activation* rdi, void* stack_top rsi, entry rdx, context rcx, slot r8, exec r9, Value* values on the stack)
// Saves the host's registers in the activation, switches to stack_top (null: stays on this stack) and runs the entry
// trampoline. Answers 0 after a normal return, 1 when weir_leave_guest ended it.
    .globl weir_enter_guest
    .type weir_enter_guest, @function
weir_enter_guest:
    pushq %rbp
    movq %rsp, %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq 16(%rbp), %rax
    movq %rsp, 0(%rdi)          // Activation::host_rsp
    movq %rdi, %rbx
    testq %rsi, %rsi
    cmovnzq %rsi, %rsp
    andq $-16, %rsp
    movq %rdx, %r10
    movq %rcx, %rdi
    movq %r8, %rsi
    movq %r9, %rdx
    movq %rax, %rcx
    callq *%r10
    xorl %eax, %eax
    movq 0(%rbx), %rsp
    jmp .Lrestore
    .size weir_enter_guest, . - weir_enter_guest

// void weir_leave_guest(Activation* rdi): gives up all guest frames of the activation; weir_enter_guest answers 1.
    .globl weir_leave_guest
    .type weir_leave_guest, @function
weir_leave_guest:
    cld
    movq 0(%rdi), %rsp
    movl $1, %eax
.Lrestore:
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    retq
    .size weir_leave_guest, . - weir_leave_guest

// Builtin raise(context rdi, TrapKind esi): notes where the guest is and stops it.
    .globl weir_raise
    .type weir_raise, @function
weir_raise:
    movq 0(%rdi), %rax          // both contexts start with ExecContext*
    movb %sil, 40(%rax)         // ExecContext::pending_trap
// Builtin raise_pending(context rdi): the same with the trap or exit that is pending already.
    .globl weir_raise_pending
    .type weir_raise_pending, @function
weir_raise_pending:
    movq 0(%rdi), %rdi
    movq (%rsp), %rax
    movq %rbp, 16(%rdi)         // ExecContext::host_exit_rbp
    movq %rax, 24(%rdi)         // ExecContext::host_exit_pc
    andq $-16, %rsp
    callq weir_stop_guest
    ud2
    .size weir_raise, . - weir_raise

// Where a CodeSlot points until its function is compiled, by way of a stub that pushes the function's index:
// compiles it, then goes on into the new code with all argument registers as they were.
    .globl weir_lazy_entry
    .type weir_lazy_entry, @function
weir_lazy_entry:
    pushq %rbp
    movq %rsp, %rbp
    subq $184, %rsp             // keeps rsp a multiple of 16 at the call
    movq %rdi, -8(%rbp)
    movq %rsi, -16(%rbp)
    movq %rdx, -24(%rbp)
    movq %rcx, -32(%rbp)
    movq %r8, -40(%rbp)
    movq %r9, -48(%rbp)
    movups %xmm0, -64(%rbp)
    movups %xmm1, -80(%rbp)
    movups %xmm2, -96(%rbp)
    movups %xmm3, -112(%rbp)
    movups %xmm4, -128(%rbp)
    movups %xmm5, -144(%rbp)
    movups %xmm6, -160(%rbp)
    movups %xmm7, -176(%rbp)
    movl 8(%rbp), %esi
    callq weir_compile_on_call
    movq -8(%rbp), %rdi
    movq -16(%rbp), %rsi
    movq -24(%rbp), %rdx
    movq -32(%rbp), %rcx
    movq -40(%rbp), %r8
    movq -48(%rbp), %r9
    movups -64(%rbp), %xmm0
    movups -80(%rbp), %xmm1
    movups -96(%rbp), %xmm2
    movups -112(%rbp), %xmm3
    movups -128(%rbp), %xmm4
    movups -144(%rbp), %xmm5
    movups -160(%rbp), %xmm6
    movups -176(%rbp), %xmm7
    leave
    addq $8, %rsp               // the index
    testq %rax, %rax
    jz weir_raise_pending
    jmpq *%rax
    .size weir_lazy_entry, . - weir_lazy_entry

    .section .note.GNU-stack,"",@progbits
