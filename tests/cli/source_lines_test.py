#!/usr/bin/env python3
"""Tests of source lines in the report of a trap and in listings of machine code. Usage as cli_test.py."""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import unittest

from cli_test import WEIR, Case

HAS_LLVM = (pathlib.Path(WEIR).parent / "weir-llvm").exists()

SOURCE = """\
struct Till { volatile int* money; };
static inline __attribute__((always_inline)) int take(struct Till till, int n)
{
    return till.money[n];
}
__attribute__((noinline)) int serve(struct Till till, int n)
{
    return take(till, n) + 1;
}
int sum;
void _start(void)
{
    sum = serve((struct Till){(int*)0x7ffffff0}, 100);
}
"""


def debug_bytes(module):
    """The places of what .debug_* sections hold."""
    def number(at):
        value, shift = 0, 0
        while True:
            byte, at = module[at], at + 1
            value, shift = value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value, at

    at = 8
    while at < len(module):
        section = module[at]
        size, begin = number(at + 1)
        at = begin + size
        if section == 0:
            length, name = number(begin)
            if module[name:].startswith(b".debug_"):
                yield from range(name + length, at)


class Lines(Case):
    def listing(self, *words):
        done = self.weir("inspect", "--asm", *words)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()


@unittest.skipUnless(HAS_LLVM, "weir-llvm, which reads DWARF, is not built")
class SourceLines(Lines):
    def compile(self, source=SOURCE, *options):
        self.file(source, "shop.c")
        subprocess.run(["clang-22", "--target=wasm32", "-g", "-O1", "-nostdlib", "-fuse-ld=lld", *options, "-o", "shop.wasm", "shop.c"],
                       cwd=self.folder, check=True)
        return self.folder / "shop.wasm"

    def test_each_frame_has_its_line_and_inlined_functions(self):
        guest = self.compile()
        for tier in ("baseline", "optimized"):
            text = self.expect(["run", "--tier", tier, guest], 134)
            self.assertRegex(text, r"  0: take at shop.c:4:12, inlined\n"
                                   r"     serve \(function \d+, byte 0x[0-9a-f]+\) at shop.c:8:12\n"
                                   r"  1: _start \(function \d+, byte 0x[0-9a-f]+\) at shop.c:13:11\n")

    def test_instructions_in_a_listing_have_them(self):
        guest = self.compile()
        for tier in ("baseline", "optimized"):
            text = self.listing("serve", "--tier", tier, guest)
            self.assertRegex(text, r"i32\.load.* ;; take at shop\.c:4:12, inlined at shop\.c:8:12\n +mov")
            self.assertRegex(text, r"i32\.add +;; shop\.c:8:26\n")

    def test_a_listing_without_dwarf_has_none(self):
        self.assertNotIn(";; ", self.listing("serve", self.compile(SOURCE, "-g0")))

    def test_names_are_made_printable(self):
        guest = self.compile(f'#line 1 "\\033[31mred.c"\n{SOURCE}')
        for text in self.expect(["run", guest], 134), self.listing("serve", guest):
            self.assertIn("[31mred.c:4:12, inlined", text)
            self.assertNotIn("\x1b", text)

    def test_a_module_without_dwarf_has_frames_alone(self):
        text = self.expect(["run", self.compile(SOURCE, "-g0")], 134, stderr=["  0: serve (function ", "  1: _start (function "])
        self.assertNotIn(" at ", text)

    def test_without_the_reader_there_are_frames_alone(self):
        guest = self.compile()
        alone = self.folder / "weir"
        shutil.copy(WEIR, alone)
        done = subprocess.run([alone, "run", guest], capture_output=True, text=True)
        self.assertEqual(done.returncode, 134)
        self.assertIn("  0: serve (function ", done.stderr)
        self.assertNotIn("shop.c", done.stderr)

    def test_damaged_dwarf_costs_lines_and_nothing_else(self):
        guest = self.compile()
        sound = guest.read_bytes()
        places = list(debug_bytes(sound))
        self.assertGreater(len(places), 100)
        for seed in range(16):
            rng, data = random.Random(seed), bytearray(sound)
            for at in rng.sample(places, 12):
                data[at] = rng.randrange(256)
            guest.write_bytes(data)
            with self.subTest(seed):
                self.expect(["run", guest], 134, stderr=["out of bounds memory access", "serve (function ", "_start (function "])


GO_SOURCE = """\
package main

import "unsafe"

type till struct{ money *int64 }

func (t till) half(n int) int { return serve(t, n / 2) / 2 }

//go:noinline
func serve(t till, n int) int {
	if n == 3 {
		println("three")
	}
	return int(*(*int64)(unsafe.Add(unsafe.Pointer(t.money), n)))
}

//go:noinline
func each(f func(int) int) int {
	sum := 0
	for i := range 3 {
		sum += f(i + 0x7fff0000)
	}
	return sum
}

func main() {
	println(each(func(n int) int {
		var money [64]int64
		return till{&money[3]}.half(
			2 * n)
	}))
}
"""


@unittest.skipUnless(HAS_LLVM, "weir-llvm, which reads Go's table, is not built")
@unittest.skipUnless(shutil.which("go"), "there is no Go")
class GoSourceLines(Lines):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sound = {}

    def compile(self, *flags):
        if flags not in self.sound:
            self.file("module shop\n\ngo 1.24\n", "go.mod")
            self.file(GO_SOURCE, "main.go")
            environment = os.environ | {"GOOS": "wasip1", "GOARCH": "wasm", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-p=1"}
            subprocess.run(["go", "build", "-trimpath", *flags, "-o", "shop.wasm", "."], cwd=self.folder, check=True, env=environment)
            self.sound[flags] = (self.folder / "shop.wasm").read_bytes()
        guest = self.folder / "shop.wasm"
        guest.write_bytes(self.sound[flags])
        return guest

    def test_each_frame_has_its_line_and_inlined_functions(self):
        guest = self.compile()
        for options in ([], ["--tier", "baseline", "--bounds", "checked"]):
            text = self.expect(["run", "--no-cache", *options, guest], 134)
            self.assertRegex(text, r"  0: main.serve \(function \d+, byte 0x[0-9a-f]+\) at shop/main.go:14\n"
                                   r"  1: main.till.half at shop/main.go:7, inlined\n"
                                   r"     main.main.func1 \(function \d+, byte 0x[0-9a-f]+\) at shop/main.go:29\n"
                                   r"  2: main.each \(function \d+, byte 0x[0-9a-f]+\) at shop/main.go:21\n"
                                   r"  3: main.main \(function \d+, byte 0x[0-9a-f]+\) at shop/main.go:27\n"
                                   r"  4: runtime.main \(function \d+, byte 0x[0-9a-f]+\) at runtime/proc.go:\d+\n")

    def test_instructions_in_a_listing_have_them(self):
        text = self.listing("main.main.func1", self.compile())
        self.assertRegex(text, r"call \d+  ;; main\.serve +;; main\.till\.half at shop/main\.go:7, inlined at shop/main\.go:29\n")

    def test_the_table_is_enough_where_symbols_were_left_out(self):
        text = self.expect(["run", "--no-cache", self.compile("-ldflags=-s")], 134)
        self.assertRegex(text, r" 0: .*main.go:14\n +1: main.till.half at shop/main.go:7, inlined\n")

    def test_damaged_tables_cost_lines_and_nothing_else(self):
        guest = self.compile()
        sound = guest.read_bytes()
        begin = sound.index(b"\xf1\xff\xff\xff\x00\x00\x01\x08") + 4
        # The table of functions and lines is most of what lies behind its header. What breaks the module itself does not count.
        counted = 0
        for seed in range(24):
            rng, data = random.Random(seed), bytearray(sound)
            for at in rng.sample(range(begin, begin + 150_000), 400):
                if data[at - 1] > 0x0f and data[at] > 0x0f: data[at] = rng.randrange(0x10, 256)
            guest.write_bytes(data)
            done = subprocess.run([WEIR, "run", "--no-cache", guest], capture_output=True, text=True, errors="replace", timeout=600, check=False)
            counted += "main.serve (function " in done.stderr
            with self.subTest(seed):
                self.assertIn(done.returncode, (1, 2, 134))  # Go's runtime reads these tables as well
        self.assertGreater(counted, 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
