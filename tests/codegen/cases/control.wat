;; Branches, loops, br_table, traps.
;;! modes: guard
(module
  (func $if_else (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))
  (func $fused_compare (param i32 i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
  (func $br_if_value (param i32) (result i32) (block (result i32) (br_if 0 (i32.const 7) (local.get 0)) (drop) (i32.const 8)))
  (func $count_down (param i32) (result i32) (local i32)
    (loop $l (local.set 1 (i32.add (local.get 1) (local.get 0))) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $sum (param i32 i32) (result i32) (local i32)
    (block $done (loop $l
      (br_if $done (i32.ge_u (local.get 0) (local.get 1)))
      (local.set 2 (i32.add (local.get 2) (i32.load (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br $l)))
    (local.get 2))
  (func $br_table_small (param i32) (result i32)
    (block (block (br_table 0 1 (local.get 0))) (return (i32.const 1))) (i32.const 2))
  (func $br_table_large (param i32) (result i32)
    (block (block (block (block (block (block (block
      (br_table 0 1 2 3 4 5 5 4 3 6 (local.get 0))) (return (i32.const 1))) (return (i32.const 2))) (return (i32.const 3)))
      (return (i32.const 4))) (return (i32.const 5))) (return (i32.const 6))) (i32.const 7))
  (func $br_table_value (param i32) (result i32)
    (block (result i32) (block (result i32) (br_table 0 1 0 1 0 1 (i32.const 3) (local.get 0))) (i32.add (i32.const 1))))
  (func $unreachable (param i32) (if (local.get 0) (then (unreachable))))
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $select (param i32 i32 i32) (result i32) (select (local.get 0) (local.get 1) (i32.eqz (local.get 2))))
  (memory 1)
)
;;# 0061736d0100000001170460017f017f60027f7f017f60017f0060037f7f7f017f030c0b000100000100000002010305030100010af0010b0c002000047f41010541020b0b0f002000200149047f4101
;;# 0541020b0b0e00027f410720000d001a41080b0b1901017f0340200120006a2101200041016b22000d000b20010b2601017f02400340200020014f0d01200220002802006a2102200041046a21000c00
;;# 0b0b20020b13000240024020000e0100010b41010f0b41020b3900024002400240024002400240024020000e09000102030405050403060b41010f0b41020f0b41030f0b41040f0b41050f0b41060f0b
;;# 41070b1700027f027f410320000e050001000100010b41016a0b0b080020000440000b0b0700200020016d0b0a00200020012002451b0b009f01046e616d650184010b000769665f656c7365010d6675
;;# 7365645f636f6d70617265020b62725f69665f76616c7565030a636f756e745f646f776e040373756d050e62725f7461626c655f736d616c6c060e62725f7461626c655f6c61726765070e62725f7461
;;# 626c655f76616c7565080b756e726561636861626c6509066469766964650a0673656c656374031102030100016c04020004646f6e6501016c
;;=
;;= if_else (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x20
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   cmp dword ptr [rbp-0x18], 0x0
;;=   jz L1
;;=   mov eax, 0x1
;;=   jmp L2
;;= L1:
;;=   mov eax, 0x2
;;= L2:
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;=
;;= fused_compare (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x20
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   mov dword ptr [rbp-0x20], edx
;;=   mov eax, dword ptr [rbp-0x20]
;;=   cmp dword ptr [rbp-0x18], eax
;;=   jnb L1
;;=   mov eax, 0x1
;;=   jmp L2
;;= L1:
;;=   mov eax, 0x2
;;= L2:
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;=
;;= br_if_value (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x20
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   cmp dword ptr [rbp-0x18], 0x0
;;=   jz L1
;;=   mov eax, 0x7
;;=   jmp L2
;;= L1:
;;=   mov eax, 0x8
;;= L2:
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;=
;;= count_down (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x10
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov r10d, esi
;;=   xor r9d, r9d
;;= L1:
;;=   add r9d, r10d
;;=   sub r10d, 0x1
;;=   test r10d, r10d
;;=   jnz L1
;;=   mov eax, r9d
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;=
;;= sum (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x10
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov r10d, esi
;;=   mov r8d, edx
;;=   xor r9d, r9d
;;= L1:
;;=   cmp r10d, r8d
;;=   jnb L2
;;=   mov r11, qword ptr [r15+0x30]
;;=   mov eax, dword ptr [r11+r10*1]  ; access @18
;;=   add eax, r9d
;;=   mov r9d, eax
;;=   add r10d, 0x4
;;=   jmp L1
;;= L2:
;;=   mov eax, r9d
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;=
;;= br_table_small (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x20
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   mov eax, dword ptr [rbp-0x18]
;;=   test eax, eax
;;=   jz L1
;;=   jmp L2
;;= L1:
;;=   mov eax, 0x1
;;=   jmp L3
;;= L2:
;;=   mov eax, 0x2
;;= L3:
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;=
;;= br_table_large (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x20
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   mov eax, dword ptr [rbp-0x18]
;;=   cmp eax, 0x9
;;=   jnb L7
;;=   lea r11, [T1]
;;=   movsxd rax, dword ptr [r11+rax*4]
;;=   add r11, rax
;;=   jmp r11
;;= L1:
;;=   mov eax, 0x1
;;=   jmp L8
;;= L2:
;;=   mov eax, 0x2
;;=   jmp L8
;;= L3:
;;=   mov eax, 0x3
;;=   jmp L8
;;= L4:
;;=   mov eax, 0x4
;;=   jmp L8
;;= L5:
;;=   mov eax, 0x5
;;=   jmp L8
;;= L6:
;;=   mov eax, 0x6
;;=   jmp L8
;;= L7:
;;=   mov eax, 0x7
;;= L8:
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;= T1: L1 L2 L3 L4 L5 L6 L6 L5 L4
;;=
;;= br_table_value (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x20
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   mov eax, dword ptr [rbp-0x18]
;;=   cmp eax, 0x5
;;=   jnb L1
;;=   lea r11, [T1]
;;=   movsxd rax, dword ptr [r11+rax*4]
;;=   add r11, rax
;;=   jmp r11
;;= L1:
;;=   mov eax, 0x3
;;=   jmp L4
;;= L2:
;;=   mov eax, 0x3
;;=   jmp L3
;;= L3:
;;=   add eax, 0x1
;;= L4:
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;= T1: L2 L1 L2 L1 L2
;;=
;;= unreachable (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x20
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   cmp dword ptr [rbp-0x18], 0x0
;;=   jz L1
;;=   ud2  ; unreachable @5
;;= L1:
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;=
;;= divide (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x20
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   mov dword ptr [rbp-0x20], edx
;;=   mov ecx, dword ptr [rbp-0x20]
;;=   mov eax, dword ptr [rbp-0x18]
;;=   test ecx, ecx
;;=   jz L3
;;=   cmp ecx, 0xFFFFFFFF
;;=   jnz L1
;;=   neg eax
;;=   jo L4
;;=   jmp L2
;;= L1:
;;=   cdq
;;=   idiv ecx
;;= L2:
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
;;= L3:
;;=   ud2  ; integer divide by zero @5
;;= L4:
;;=   ud2  ; integer overflow @5
;;=
;;= select (guard, avx2)
;;=   push rbp
;;=   mov rbp, rsp
;;=   sub rsp, 0x30
;;=   mov qword ptr [rbp-0x8], r15
;;=   mov r15, rdi
;;=   mov dword ptr [rbp-0x18], esi
;;=   mov dword ptr [rbp-0x20], edx
;;=   mov dword ptr [rbp-0x28], ecx
;;=   cmp dword ptr [rbp-0x28], 0x0
;;=   mov eax, dword ptr [rbp-0x20]
;;=   mov ecx, dword ptr [rbp-0x18]
;;=   cmovnz ecx, eax
;;=   mov eax, ecx
;;=   mov r15, qword ptr [rbp-0x8]
;;=   leave
;;=   ret
