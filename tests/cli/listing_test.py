#!/usr/bin/env python3
"""Tests of weir inspect --asm. Usage as cli_test.py."""

import pathlib
import shutil
import subprocess
import sys
import unittest

import wasm_module as wasm
from cli_test import WEIR, Case

HAS_LLVM = (pathlib.Path(WEIR).parent / "weir-llvm").exists()


class Listing(Case):
    def setUp(self):
        super().setUp()
        self.module = wasm.trap_in(wasm.store(4096, wasm.i32(7)) + wasm.UNREACHABLE)
        self.guest = self.file(self.module)

    def listing(self, *words):
        done = self.weir("inspect", "--asm", *words, self.guest)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def test_instructions_stand_above_their_code(self):
        text = self.listing("inner", "--tier", "baseline")
        self.assertRegex(text, r"^function 0 inner \[\] -> \[\], \d+ bytes from 0x[0-9a-f]+\n\nbaseline: \d+ bytes of code\n")
        place = self.module.index(wasm.i32(4096))
        self.assertIn(f"  {place:#08x}  i32.const 4096\n", text)
        self.assertRegex(text, r"(?s)  i32\.store\n +mov .*; access @.*  unreachable\n.*; unreachable @")

    def test_calls_name_their_functions(self):
        text = self.listing("outer", "--tier", "baseline")
        self.assertIn("call 0  ;; inner\n", text)
        self.assertIn("call [slot of function 0]  ; inner  ; call @", text)

    def test_a_number_means_the_function_too(self):
        self.assertEqual(self.listing("0"), self.listing("inner"))

    @unittest.skipUnless(HAS_LLVM, "the optimizing compiler is not built")
    def test_both_tiers_or_one(self):
        both, optimized = self.listing("inner"), self.listing("inner", "--tier", "optimized")
        self.assertIn("\nbaseline: ", both)
        self.assertIn("\noptimized: ", both)
        self.assertNotIn("\nbaseline: ", optimized)
        self.assertRegex(optimized, r"(?s)  i32\.store\n +mov .*; access @")

    @unittest.skipUnless(HAS_LLVM, "the optimizing compiler is not built")
    def test_locals_are_in_registers_where_the_stack_is_checked(self):
        """LLVM makes values of locals that are declared ahead of the check; others stay in the frame."""
        m = wasm.Module()
        get, tee, set_ = (lambda i, op=op: bytes([op, i]) for op in (0x20, 0x22, 0x21))
        # Around a loop: 1 = 1 * 5 + 0, 2 = 2 ^ f(1, 2, 0), 0 = 0 - 1. The stack is checked for the call.
        loop = (wasm.LOOP + get(1) + wasm.i32(5) + b"\x6c" + get(0) + b"\x6a" + set_(1)
                + get(2) + get(1) + get(2) + wasm.i32(0) + wasm.call(0) + b"\x73" + set_(2)
                + get(0) + wasm.i32(1) + b"\x6b" + tee(0) + b"\x0d\x00" + wasm.END)
        m.function(loop + get(1) + get(2) + b"\x6a", export="f", params=[wasm.I32] * 3, results=[wasm.I32])
        self.guest = self.file(m.bytes())
        text = self.listing("f", "--tier", "optimized")
        self.assertIn("; call @", text)
        self.assertIn("; call stack exhausted @", text)
        self.assertNotRegex(text, r"\[r[sb]p\b")

    def test_names_that_are_near_are_offered(self):
        self.expect_error(["inspect", "--asm", "iner", self.guest], 1, "has no function iner", "did you mean inner?")
        self.expect_error(["inspect", "--asm", "17", self.guest], 1, "has no function 17", "it has 3")

    def test_what_has_no_code(self):
        guest = self.file(wasm.exit_with(3))
        self.expect_error(["inspect", "--asm", "0", guest], 1, "has no code of its own", "wasi_snapshot_preview1.proc_exit")

    def test_damaged_and_missing_files(self):
        self.expect_error(["inspect", "--asm", "0", self.file(self.module[:-3])], 1, "cut short")
        self.expect_error(["inspect", "--asm", "0", "nowhere.wasm"], 1, "no file 'nowhere.wasm'")
        self.expect_error(["inspect", "--asm", "0", "--tier", "third", self.guest], 2, "baseline|optimized")

    def test_without_the_program_that_lists(self):
        alone = self.folder / "weir"
        shutil.copy(WEIR, alone)
        done = subprocess.run([alone, "inspect", "--asm", "0", self.guest], cwd=self.folder, capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"weir-listing", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
