#!/usr/bin/env python3
"""Tests of weir run --profile: what perf reads. Usage as cli_test.py."""

import pathlib
import struct
import subprocess
import sys
import unittest

import wasm_module as wasm
from cli_test import WEIR, Case

HAS_LLVM = (pathlib.Path(WEIR).parent / "weir-llvm").exists()


def looping():
    """`_start` goes around a loop, then exits with 7 from a function named inner."""
    m = wasm.Module()
    proc_exit = m.wasi("proc_exit", [wasm.I32], [])
    inner = m.function(wasm.i32(7) + wasm.call(proc_exit), label="inner")
    count = wasm.store(0, wasm.load(0) + wasm.i32(1) + b"\x6a")
    again = wasm.load(0) + wasm.i32(100) + b"\x49\x0d\x00"
    m.function(wasm.LOOP + count + again + wasm.END + wasm.call(inner), export="_start", label="start of\nall")
    return m.bytes()


class Profile(Case):
    def run_profiled(self, *words):
        """Runs the guest and answers weir's process id."""
        process = subprocess.Popen([WEIR, "run", *words, self.file(looping())], cwd=self.folder, stderr=subprocess.PIPE)
        _, err = process.communicate()
        self.assertEqual((process.returncode, err), (7, b""))
        return process.pid

    def perf_map(self, *words):
        """{name: [(address, size)]}"""
        path = pathlib.Path(f"/tmp/perf-{self.run_profiled('--profile', 'perfmap', *words)}.map")
        self.addCleanup(path.unlink)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        found = {}
        for line in path.read_text().splitlines():
            address, size, name = line.split(" ", 2)
            found.setdefault(name, []).append((int(address, 16), int(size, 16)))
        return found

    def test_a_map_names_every_piece_of_code(self):
        found = self.perf_map("--tier", "baseline")
        self.assertEqual(set(found), {"inner", "start of\\x0aall", "[weir: enter guest]", "[weir: call host]"})
        self.assertTrue(all(size > 0 for pieces in found.values() for _, size in pieces))

    def test_pieces_do_not_overlap(self):
        pieces = sorted(piece for pieces in self.perf_map("--tier", "baseline").values() for piece in pieces)
        for (address, size), (following, _) in zip(pieces, pieces[1:]):
            self.assertLessEqual(address + size, following)

    @unittest.skipUnless(HAS_LLVM, "the optimizing compiler is not built")
    def test_a_map_names_hot_code(self):
        found = self.perf_map("--tier-stress")
        self.assertIn("start of\\x0aall [hot]", found)
        loop = looping().index(wasm.LOOP)
        self.assertIn(f"start of\\x0aall [hot loop at {loop:#x}]", found)

    def test_a_dump_holds_the_code(self):
        process = self.run_profiled("--profile", "jitdump", "--tier", "baseline")
        data = (self.folder / f"jit-{process}.dump").read_bytes()
        magic, version, header_bytes, machine, _, pid, _, flags = struct.unpack_from("<IIIIIIQQ", data)
        self.assertEqual((magic, version, header_bytes, machine, pid, flags), (0x4A695444, 1, 40, 62, process, 0))
        at, names, indices = header_bytes, [], []
        while at < len(data):
            kind, size, _, pid, _, address, code_address, code_bytes, index = struct.unpack_from("<IIQIIQQQQ", data, at)
            self.assertEqual((kind, pid, address), (0, process, code_address))
            name = data[at + 56:data.index(b"\0", at + 56)]
            self.assertEqual(size, 56 + len(name) + 1 + code_bytes)
            names.append(name.decode())
            indices.append(index)
            at += size
        self.assertEqual(at, len(data))
        self.assertEqual(indices, list(range(len(indices))))
        self.assertIn("inner", names)

    def test_where_no_file_can_be_made(self):
        guest = self.folder / self.file(looping())
        done = subprocess.run([WEIR, "run", "--profile", "jitdump", guest], cwd="/proc", capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"for the profiler", done.stderr)

    def test_the_value_is_one_of_two(self):
        self.expect_error(["--profile", "gprof", "x"], 2, "perfmap|jitdump")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
