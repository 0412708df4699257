// The few pieces of machine code that no compiler makes. Conventions: contract.hpp. System V x86-64.
    .text

// What .Lrestore takes back.
    .macro push_callee_saved
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    .endm

// int weir_enter_guest(Activation* rdi, void* stack_top rsi, entry rdx, context rcx, function's entry r8, exec r9, Value* values on the stack)
// Saves the host's registers in the activation, switches to stack_top (null: stays on this stack) and runs the entry
// trampoline. Answers 0 after a normal return, 1 when weir_leave_guest ended it, 2 when weir_suspend_guest left it.
// From weir_enter_checked on the activation can be left, and a signal diverts this code as it does the guest's (interrupt.hpp).
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
    .globl weir_enter_checked
weir_enter_checked:
    cmpl $0, 44(%r9)            // ExecContext::interrupt
    jne .Linterrupted_at_entry
.Lgo:
    movq %rdx, %r10
    movq %rcx, %rdi
    movq %r8, %rsi
    movq %r9, %rdx
    movq %rax, %rcx
    callq *%r10
    jmp .Lreturned
.Linterrupted_at_entry:
    callq weir_interrupted
    jmp .Lgo
    .globl weir_enter_called
weir_enter_called:
.Lreturned:
    xorl %eax, %eax
    movq 0(%rbx), %rsp
    jmp .Lrestore
    .size weir_enter_guest, . - weir_enter_guest

// int weir_call_guest(context rdi, function's entry rsi, exec rdx, Value* values rcx, entry r8, stack_top r9)
// As weir_enter_guest, for an activation that weir_leave_guest may end but that is never suspended: so this frame is where it was when the
// entry returns, with the callee-saved registers still in place. Interruptible likewise from weir_call_checked to the entry's return.
    .p2align 6                  // one call takes a few nanoseconds: of how many cache lines this is shows
    .globl weir_call_guest
    .type weir_call_guest, @function
weir_call_guest:
    push_callee_saved
    movq 8(%rdx), %rax          // ExecContext::activation
    movq %rsp, %rbx
    movq %rsp, 0(%rax)          // Activation::host_rsp
    testq %r9, %r9
    cmovzq %rsp, %r9
    andq $-16, %r9
    movq %r9, %rsp
    .globl weir_call_checked, weir_call_called, weir_call_interrupted, weir_call_end
weir_call_checked:
    cmpl $0, 44(%rdx)           // ExecContext::interrupt
    jne weir_call_interrupted
.Lcall:
    callq *%r8
weir_call_called:
    leaq 32(%rbx), %rsp
    xorl %eax, %eax             // guest_returned
    popq %rbx
    popq %rbp
    retq
weir_call_interrupted:
    callq weir_interrupted
    jmp .Lcall
weir_call_end:
    .size weir_call_guest, . - weir_call_guest

// int weir_resume_guest(Activation* rdi): goes on where weir_suspend_guest left this activation. Answers as weir_enter_guest.
    .globl weir_resume_guest
    .type weir_resume_guest, @function
weir_resume_guest:
    push_callee_saved
    movq %rsp, 0(%rdi)          // Activation::host_rsp
    movq 8(%rdi), %rsp          // Activation::suspended_rsp
    jmp .Lrestore
    .size weir_resume_guest, . - weir_resume_guest

// void weir_suspend_guest(Activation* rdi): leaves the guest's stack as it is; what entered or resumed the activation answers 2. Returns
// when weir_resume_guest is called.
    .globl weir_suspend_guest
    .type weir_suspend_guest, @function
weir_suspend_guest:
    push_callee_saved
    movq %rsp, 8(%rdi)          // Activation::suspended_rsp
    movq 0(%rdi), %rsp
    movl $2, %eax
    jmp .Lrestore
    .size weir_suspend_guest, . - weir_suspend_guest

// void weir_leave_guest(Activation* rdi): gives up all guest frames of the activation; what entered or resumed it answers 1.
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
    .globl weir_lazy_compiled, weir_lazy_end
weir_lazy_compiled:             // a signal diverts from here on
    movq -8(%rbp), %rdi
    movq 0(%rdi), %r11
    cmpl $0, 44(%r11)           // ExecContext::interrupt
    jne .Linterrupted_compiling
.Lcompiled:
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
.Linterrupted_compiling:
    callq weir_interrupted
    jmp .Lcompiled
weir_lazy_end:
    .size weir_lazy_entry, . - weir_lazy_entry

// Calls rax, which is C++, and looks for an interruption before it returns to generated code. rdi: a context of either kind.
// What is passed on: argument registers on the way in, rax on the way out.
    .globl weir_call_out_returned, weir_call_out_ret, weir_call_out_end
    .globl weir_call_out
    .hidden weir_call_out
    .type weir_call_out, @function
    .p2align 6
weir_call_out:
    pushq %rbp
    movq %rsp, %rbp
    pushq %rbx
    subq $8, %rsp
    movq 0(%rdi), %rbx          // both contexts start with ExecContext*
    callq *%rax
weir_call_out_returned:         // a signal diverts from here on
    cmpl $0, 44(%rbx)           // ExecContext::interrupt
    jne .Linterrupted_outside
.Lback:
    movq -8(%rbp), %rbx
    leave
weir_call_out_ret:
    retq
.Linterrupted_outside:
    callq weir_interrupted
    jmp .Lback
weir_call_out_end:
    .size weir_call_out, . - weir_call_out

// HostFunctionContext::entry of all host functions.
    .globl weir_call_host
    .type weir_call_host, @function
weir_call_host:
    movq 40(%rdi), %rax         // HostFunctionContext::function
    jmp weir_call_out
    .size weir_call_host, . - weir_call_host

// The builtins as generated code calls them; memory_copy and memory_fill are in few_bytes.S. raise and raise_pending do not return.
    .macro builtin name
    .globl weir_guarded_\name
    .type weir_guarded_\name, @function
weir_guarded_\name:
    leaq weir_builtin_\name(%rip), %rax
    jmp weir_call_out
    .size weir_guarded_\name, . - weir_guarded_\name
    .endm
    builtin memory_grow
    builtin memory_init
    builtin data_drop
    builtin table_grow
    builtin table_fill
    builtin table_copy
    builtin table_init
    builtin elem_drop
    builtin is_subtype
    builtin atomic_wait32
    builtin atomic_wait64
    builtin atomic_notify
    .globl weir_guarded_raise, weir_guarded_raise_pending
    .set weir_guarded_raise, weir_raise
    .set weir_guarded_raise_pending, weir_raise_pending

// Builtins that keep more registers than C functions do, since code calls them where it does not expect a call: the functions in rax.
    .globl weir_keeping_returned, weir_keeping_ret, weir_keeping_end
    .type weir_call_keeping, @function
weir_call_keeping:
    pushq %rbp
    movq %rsp, %rbp
    subq $288, %rsp
    movq %rcx, -8(%rbp)
    movq %r8, -16(%rbp)
    movq %r9, -24(%rbp)
    movq %r10, -32(%rbp)
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups %xmm\number, -48-16*\number(%rbp)
    .endr
    callq weir_call_out
weir_keeping_returned:          // a signal diverts from here on
    movq -8(%rbp), %rcx
    movq -16(%rbp), %r8
    movq -24(%rbp), %r9
    movq -32(%rbp), %r10
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups -48-16*\number(%rbp), %xmm\number
    .endr
    leave
weir_keeping_ret:
    retq
weir_keeping_end:
    .size weir_call_keeping, . - weir_call_keeping

    .macro keeping_builtin name, function
    .globl weir_guarded_\name
    .type weir_guarded_\name, @function
weir_guarded_\name:
    leaq \function(%rip), %rax
    jmp weir_call_keeping
    .size weir_guarded_\name, . - weir_guarded_\name
    .endm
    keeping_builtin hot, weir_hot
    keeping_builtin table_element, weir_builtin_table_element
    keeping_builtin open_table, weir_builtin_open_table
    keeping_builtin function_reference, weir_builtin_function_reference

// Called, by those above or by the signal handler in the name of any instruction of generated code: keeps every register and flag,
// asks the host, and returns when the guest shall go on. The request may come again meanwhile: it is looked for after the answer,
// and from weir_interrupted_restore to the return the signal handler starts over there.
    .globl weir_interrupted, weir_interrupted_restore, weir_interrupted_leave, weir_interrupted_popf, weir_interrupted_ret
    .type weir_interrupted, @function
weir_interrupted:
    pushfq
    pushq %rbp
    movq %rsp, %rbp
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rbx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rax                  // -120: room for ExecContext*
    cld
    subq weir_vector_state_bytes(%rip), %rsp
    andq $-64, %rsp
    movl weir_vector_state_mask(%rip), %eax
    xorl %edx, %edx
    testl %eax, %eax
    jz .Lfxsave
    movq %rdx, 512(%rsp)        // the header that xsave completes
    movq %rdx, 520(%rsp)
    movq %rdx, 528(%rsp)
    movq %rdx, 536(%rsp)
    movq %rdx, 544(%rsp)
    movq %rdx, 552(%rsp)
    movq %rdx, 560(%rsp)
    movq %rdx, 568(%rsp)
    xsave64 (%rsp)
    jmp .Lask
.Lfxsave:
    fxsave64 (%rsp)
.Lask:
    movq %rbp, %rdi
    callq weir_on_interrupt
    movq %rax, -120(%rbp)
weir_interrupted_restore:
    movq -120(%rbp), %rax
    cmpl $0, 44(%rax)           // ExecContext::interrupt
    jne .Lask
    movl weir_vector_state_mask(%rip), %eax
    xorl %edx, %edx
    testl %eax, %eax
    jz .Lfxrstor
    xrstor64 (%rsp)
    jmp .Lregisters
.Lfxrstor:
    fxrstor64 (%rsp)
.Lregisters:
    movq -8(%rbp), %rax
    movq -16(%rbp), %rcx
    movq -24(%rbp), %rdx
    movq -32(%rbp), %rbx
    movq -40(%rbp), %rsi
    movq -48(%rbp), %rdi
    movq -56(%rbp), %r8
    movq -64(%rbp), %r9
    movq -72(%rbp), %r10
    movq -80(%rbp), %r11
    movq -88(%rbp), %r12
    movq -96(%rbp), %r13
    movq -104(%rbp), %r14
    movq -112(%rbp), %r15
weir_interrupted_leave:
    leave
weir_interrupted_popf:
    popfq
weir_interrupted_ret:
    retq
    .size weir_interrupted, . - weir_interrupted

// long weir_interruptible_syscall(const uint32_t* interrupt rdi, long number rsi, const long arguments[6] rdx)
// Answers as the kernel does. A signal that finds a request before the system call has begun goes on in weir_syscall_cancelled.
    .globl weir_interruptible_syscall, weir_syscall_begin, weir_syscall_end, weir_syscall_cancelled
    .type weir_interruptible_syscall, @function
weir_interruptible_syscall:
    movq %rsi, %rax
    movq %rdi, %rcx
    movq %rdx, %r11
    movq 0(%r11), %rdi
    movq 8(%r11), %rsi
    movq 16(%r11), %rdx
    movq 24(%r11), %r10
    movq 32(%r11), %r8
    movq 40(%r11), %r9
weir_syscall_begin:
    cmpl $0, 0(%rcx)
    jne weir_syscall_cancelled
    syscall
weir_syscall_end:
    retq
weir_syscall_cancelled:
    movq $-4, %rax              // -EINTR
    retq
    .size weir_interruptible_syscall, . - weir_interruptible_syscall

    .section .note.GNU-stack,"",@progbits
