#!/usr/bin/env python3
"""Tests of the differential tester itself: it finds what a weir that does something wrong does wrong.

Usage: differ_test.py WEIR_DIFFERENTIAL
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
WEIR = pathlib.Path(sys.argv.pop(1)).resolve()
SEEDS = ("--seed", "0", "--count", "4")  # one of these makes no module


class Differ(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def differ(self, *arguments, spoilt_by=None, configurations="stress "):
        """Runs the tester. `spoilt_by`: shell commands in place of weir's own for the configurations whose names begin like that."""
        weir = WEIR.parent
        if spoilt_by:
            weir = self.folder / "bin"
            weir.mkdir(exist_ok=True)
            wrapper = weir / "weir-differential"
            wrapper.write_text(f"#!/bin/sh\ncase \"$*\" in\n*'--config {configurations}'*) {spoilt_by};;\n*) exec '{WEIR}' \"$@\";;\nesac\n")
            wrapper.chmod(0o755)
        return subprocess.run([HERE / "differ", "--weir", weir, "--keep", self.folder / "kept", *arguments],
                              capture_output=True, text=True)

    def last_line(self, run):
        return run.stdout.strip().splitlines()[-1]

    def test_weir_does_the_same_everywhere(self):
        run = self.differ(*SEEDS)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(self.last_line(run), "3 passed, 0 failed")

    def test_a_wrong_result_is_found_and_kept(self):
        run = self.differ(*SEEDS, spoilt_by=f"""'{WEIR}' "$@" | sed '0,/returned/s/returned/& i32:0x2a/'""")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(self.last_line(run), "2 passed, 1 failed")
        self.assertIn("again: tests/differential/differ --seed ", run.stdout)
        self.assertIn("returned i32:0x2a", run.stdout)
        self.assertEqual(len(list((self.folder / "kept").glob("*.wasm"))), 1)

    def test_a_crash_is_that_of_one_module(self):
        crash = f"""sed -u 2q | '{WEIR}' "$@" | sed '$d'; kill -SEGV $$"""
        run = self.differ(*SEEDS, spoilt_by=crash)
        self.assertEqual(run.returncode, 1)
        self.assertIn("process ended with -11", run.stdout)

    def test_what_all_of_weir_does_wrong_v8_shows(self):
        run = self.differ(*SEEDS, spoilt_by=f"""'{WEIR}' "$@" | sed 's/host 0 .*/host 1 0x0/'""", configurations="")
        self.assertEqual(run.returncode, 1)
        self.assertIn("V8:", run.stdout)
        self.assertNotIn("stress:", run.stdout)
        self.assertIn("+ host 0 0x811c9dc5", run.stdout)

    def test_a_file_that_is_no_module_is_the_same_everywhere(self):
        module = self.folder / "no.wasm"
        module.write_bytes(b"\0asm\1\0\0\0\1")
        run = self.differ(module)
        self.assertEqual(self.last_line(run), "1 passed, 0 failed")
        self.assertIn("0 of them also in V8", run.stdout)


unittest.main()
