#!/usr/bin/env python3
"""Tests of weir run --trace and its like. Usage as cli_test.py."""

import json
import subprocess
import sys
import unittest

import wasm_module as wasm
from cli_test import WEIR, Case


class Trace(Case):
    def trace(self, *words, guest=None, code=0):
        done = self.weir("run", *words, self.file(guest or wasm.writer(b"hi\n")))
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    def test_nothing_unless_asked_for(self):
        self.assertEqual(self.trace(), ("hi\n", ""))

    def test_a_line_each_call(self):
        for words in (["--trace"], ["--trace=fs"], ["--trace=clock,fd_write"], ["--trace=clock", "--trace=fd_write"], ["--trace", "--dir", "."]):
            out, err = self.trace(*words)
            self.assertEqual(out, "hi\n")
            self.assertRegex(err, r'^fd_write\(fd=1, iovs="hi\\n" \(3 bytes\)\) = 3 \([0-9.]+ .?s\)\n$')

    def test_filters_leave_out(self):
        for words in (["--trace=clock"], ["--trace=fd_read,poll"]):
            self.assertEqual(self.trace(*words), ("hi\n", ""))

    def test_unknown_names_are_refused(self):
        guest = self.file(wasm.exit_with(0))
        self.expect_error(["--trace=clok", guest], 2, "--trace=clok", "clock", "fd_write")

    def test_the_value_needs_an_equals_sign(self):
        done = self.weir("run", "--trace", "fs", self.file(wasm.exit_with(0)))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"there is no file 'fs'", done.stderr)

    def test_an_exit_is_shown_and_keeps_its_code(self):
        _, err = self.trace("--trace", guest=wasm.exit_with(7), code=7)
        self.assertRegex(err, r"^proc_exit\(rval=7\) = \? \(")

    def test_a_file_takes_it(self):
        self.assertEqual(self.trace("--trace-output", "trace.txt"), ("hi\n", ""))
        self.assertIn("fd_write(fd=1", (self.folder / "trace.txt").read_text())
        self.expect_error(["--trace-output", "no/such/folder", "x.wasm"], 1, "cannot write the trace", "No such file")

    def test_json_is_an_object_a_line(self):
        _, err = self.trace("--trace-json", "--trace-summary")
        call, summary = map(json.loads, err.splitlines())
        self.assertEqual((call["function"], call["arguments"]["iovs"]["bytes"], call["status"], call["results"]),
                         ("fd_write", 3, "success", {"nwritten": 3}))
        self.assertGreaterEqual(call["duration_ns"], 0)
        self.assertEqual((summary["summary"]["function"], summary["summary"]["calls"], summary["summary"]["errors"]), ("fd_write", 1, 0))

    def test_a_summary_at_the_end_however_that_comes(self):
        trap = wasm.Module()
        fd_close = trap.wasi("fd_close", [wasm.I32])
        trap.function(wasm.i32(77) + wasm.call(fd_close) + wasm.DROP + wasm.UNREACHABLE, export="_start")
        for guest, code, function, errors in ((None, 0, "fd_write", 0), (wasm.exit_with(3), 3, "proc_exit", 0), (trap.bytes(), 134, "fd_close", 1)):
            _, err = self.trace("--trace-summary", guest=guest, code=code)
            self.assertRegex(err, rf" 1 +{errors or ''} {function}\n")
            self.assertRegex(err, r" 1 +\d* total\n$")
            self.assertNotIn("fd=", err)

    def test_a_call_that_is_cut_off_is_shown_and_counted(self):
        with subprocess.Popen([WEIR, "run", "--timeout", "2s", "--trace", "--trace-summary", self.file(wasm.copier())], cwd=self.folder,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            text = process.stderr.read()
            self.assertEqual(process.wait(timeout=600), 124, text)
        self.assertIn("fd_read(fd=0", text)
        self.assertRegex(text, r" 1 +\d* fd_read\n")

    def test_both_lines_and_summary(self):
        _, err = self.trace("--trace", "--trace-summary")
        self.assertIn("fd_write(fd=1", err)
        self.assertIn("usecs/call", err)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
