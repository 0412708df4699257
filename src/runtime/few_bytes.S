// The builtins memory.copy and memory.fill, of a few bytes in memory 0, as most are: without C++, so that no look for an interruption is needed
// on the way back. A signal diverts at each instruction (interrupt.hpp), and finds the guest's return address on top of the stack. Anything else
// is left to C++, bounds that are exceeded too. All bytes are read before one is written.
    .text

    .macro leave_to name
    leaq weir_builtin_\name(%rip), %rax
    jmp weir_call_out
    .endm

// Takes the fuel of \count (64 or more) bytes from ExecContext::fuel, as C++ does: a unit for 64. Changes rax and \count.
    .macro take_fuel count
    movq 0(%rdi), %rax          // InstanceContext::exec
    shrq $6, \count
    subq \count, 48(%rax)       // ExecContext::fuel
    .endm

    .globl weir_few_bytes_begin, weir_few_bytes_end
weir_few_bytes_begin:

// rdi context, rsi 0: from memory 0 to itself, rdx destination, rcx source, r8 count
    .globl weir_guarded_memory_copy
    .type weir_guarded_memory_copy, @function
weir_guarded_memory_copy:
    testq %rsi, %rsi
    jne .Lcopy_other
    cmpq $256, %r8
    ja .Lcopy_other
    movq 32(%rdi), %rax         // InstanceContext::memory0
    movq 8(%rax), %rax          // MemoryHeader::size_bytes
    subq %r8, %rax
    jb .Lcopy_other
    cmpq %rdx, %rax
    jb .Lcopy_other
    cmpq %rcx, %rax
    jb .Lcopy_other
    movq 24(%rdi), %rax         // InstanceContext::memory0_base
    addq %rax, %rdx
    addq %rax, %rcx
    cmpl $16, %r8d
    ja .Lcopy_over_16
    cmpl $8, %r8d
    jae .Lcopy_8
    cmpl $4, %r8d
    jae .Lcopy_4
    testl %r8d, %r8d
    je .Lcopied
    movzbl (%rcx), %eax
    cmpl $1, %r8d
    je .Lcopy_1
    movzwl -2(%rcx,%r8), %r9d
    movw %r9w, -2(%rdx,%r8)
.Lcopy_1:
    movb %al, (%rdx)
.Lcopied:
    xorl %eax, %eax             // TrapKind::none
    retq
.Lcopy_4:
    movl (%rcx), %eax
    movl -4(%rcx,%r8), %r9d
    movl %eax, (%rdx)
    movl %r9d, -4(%rdx,%r8)
    xorl %eax, %eax
    retq
.Lcopy_8:
    movq (%rcx), %rax
    movq -8(%rcx,%r8), %r9
    movq %rax, (%rdx)
    movq %r9, -8(%rdx,%r8)
    xorl %eax, %eax
    retq
.Lcopy_over_16:
    movups (%rcx), %xmm0
    movups -16(%rcx,%r8), %xmm1
    cmpl $32, %r8d
    ja .Lcopy_over_32
.Lcopy_ends_16:
    movups %xmm0, (%rdx)
    movups %xmm1, -16(%rdx,%r8)
    xorl %eax, %eax
    retq
.Lcopy_over_32:
    movups 16(%rcx), %xmm2
    movups -32(%rcx,%r8), %xmm3
    cmpl $64, %r8d
    jae .Lcopy_64
.Lcopy_ends_32:
    movups %xmm2, 16(%rdx)
    movups %xmm3, -32(%rdx,%r8)
    jmp .Lcopy_ends_16
.Lcopy_64:
    movups 32(%rcx), %xmm4
    movups 48(%rcx), %xmm5
    movups -48(%rcx,%r8), %xmm6
    movups -64(%rcx,%r8), %xmm7
    cmpl $128, %r8d
    ja .Lcopy_over_128
.Lcopy_ends_64:
    movups %xmm4, 32(%rdx)
    movups %xmm5, 48(%rdx)
    movups %xmm6, -48(%rdx,%r8)
    movups %xmm7, -64(%rdx,%r8)
    movups %xmm2, 16(%rdx)
    movups %xmm3, -32(%rdx,%r8)
    movups %xmm0, (%rdx)
    movups %xmm1, -16(%rdx,%r8)
    take_fuel %r8
    xorl %eax, %eax
    retq
.Lcopy_over_128:
    movups 64(%rcx), %xmm8
    movups 80(%rcx), %xmm9
    movups 96(%rcx), %xmm10
    movups 112(%rcx), %xmm11
    movups -80(%rcx,%r8), %xmm12
    movups -96(%rcx,%r8), %xmm13
    movups -112(%rcx,%r8), %xmm14
    movups -128(%rcx,%r8), %xmm15
    movups %xmm8, 64(%rdx)
    movups %xmm9, 80(%rdx)
    movups %xmm10, 96(%rdx)
    movups %xmm11, 112(%rdx)
    movups %xmm12, -80(%rdx,%r8)
    movups %xmm13, -96(%rdx,%r8)
    movups %xmm14, -112(%rdx,%r8)
    movups %xmm15, -128(%rdx,%r8)
    jmp .Lcopy_ends_64
.Lcopy_other:
    leave_to memory_copy
    .size weir_guarded_memory_copy, . - weir_guarded_memory_copy

// rdi context, esi 0: memory 0, rdx destination, ecx value, r8 count
    .globl weir_guarded_memory_fill
    .type weir_guarded_memory_fill, @function
weir_guarded_memory_fill:
    testl %esi, %esi
    jne .Lfill_other
    cmpq $128, %r8
    ja .Lfill_other
    movq 32(%rdi), %rax         // InstanceContext::memory0
    movq 8(%rax), %rax          // MemoryHeader::size_bytes
    subq %r8, %rax
    jb .Lfill_other
    cmpq %rdx, %rax
    jb .Lfill_other
    addq 24(%rdi), %rdx         // InstanceContext::memory0_base
    movzbl %cl, %ecx
    movabsq $0x0101010101010101, %rax
    imulq %rcx, %rax
    cmpl $16, %r8d
    jae .Lfill_16
    cmpl $8, %r8d
    jae .Lfill_8
    cmpl $4, %r8d
    jae .Lfill_4
    testl %r8d, %r8d
    je .Lfilled
    movb %al, (%rdx)
    cmpl $1, %r8d
    je .Lfilled
    movw %ax, -2(%rdx,%r8)
.Lfilled:
    xorl %eax, %eax             // TrapKind::none
    retq
.Lfill_4:
    movl %eax, (%rdx)
    movl %eax, -4(%rdx,%r8)
    xorl %eax, %eax
    retq
.Lfill_8:
    movq %rax, (%rdx)
    movq %rax, -8(%rdx,%r8)
    xorl %eax, %eax
    retq
.Lfill_16:
    movq %rax, %xmm0
    punpcklqdq %xmm0, %xmm0
    movups %xmm0, (%rdx)
    movups %xmm0, -16(%rdx,%r8)
    cmpl $32, %r8d
    jbe .Lfilled
    movups %xmm0, 16(%rdx)
    movups %xmm0, -32(%rdx,%r8)
    cmpl $64, %r8d
    jb .Lfilled
    movups %xmm0, 32(%rdx)
    movups %xmm0, 48(%rdx)
    movups %xmm0, -48(%rdx,%r8)
    movups %xmm0, -64(%rdx,%r8)
    take_fuel %r8
    xorl %eax, %eax
    retq
.Lfill_other:
    leave_to memory_fill
    .size weir_guarded_memory_fill, . - weir_guarded_memory_fill

weir_few_bytes_end:

    .section .note.GNU-stack,"",@progbits
