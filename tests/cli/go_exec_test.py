#!/usr/bin/env python3
"""Tests of go_wasip1_wasm_exec, which stands beside weir. Usage as cli_test.py."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import wasm_module as wasm
from cli_test import GO_HELLO, WEIR, Case

EXEC = pathlib.Path(WEIR).parent / "go_wasip1_wasm_exec"


class GoExec(Case):
    def run_it(self, *words, program=EXEC, folder=None, **variables):
        environment = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", **variables}
        return subprocess.run([program, *map(str, words)], cwd=folder or self.folder, env=environment, capture_output=True, text=True, timeout=600,
                              stdin=subprocess.DEVNULL, check=False)

    def fake(self, name):
        """A runtime that prints its arguments, a line each."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nprintf '%s\\n' {name} \"$@\"\n")
        path.chmod(0o755)

    def test_runs_with_weir_and_passes_arguments_and_exit_code_on(self):
        done = self.run_it(self.file(wasm.strings("args_sizes_get", "args_get")), "-test.v", "a b", "")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "x.wasm\0-test.v\0a b\0\0", ""))
        for runtime in ({}, {"GOWASIRUNTIME": "weir"}, {"GOWASIRUNTIME": ""}):
            self.assertEqual(self.run_it(self.file(wasm.exit_with(9)), **runtime).returncode, 9)

    def test_passes_the_working_directory_and_path_and_no_more(self):
        done = self.run_it(self.file(wasm.strings("environ_sizes_get", "environ_get")), SECRET="s")
        self.assertEqual(set(done.stdout.split("\0")), {"", f"PWD={os.path.realpath(self.folder)}", f"PATH={self.folder}/bin:/usr/bin:/bin"})

    def test_grants_the_whole_file_system(self):
        self.assertEqual(self.run_it(self.file(wasm.preopens())).stdout, "/\n")

    def test_splits_the_arguments_for_the_runtime(self):
        done = self.run_it(self.file(wasm.strings("environ_sizes_get", "environ_get")), GOWASIRUNTIMEARGS="--env A=1 --env  B=2")
        self.assertEqual(done.stdout.split("\0")[-3:], ["A=1", "B=2", ""])

    def test_hands_over_to_other_runtimes_with_their_own_flags(self):
        here = os.path.realpath(self.folder)
        path = f"PATH={self.folder}/bin:/usr/bin:/bin"
        expected = {
            "wasmtime": ["run", "--dir=/", "--env", f"PWD={here}", "--env", path, "-W", "max-wasm-stack=8388608", "-x", "y", "f.wasm", "1", "2 3"],
            "wazero": ["run", "-mount", "/:/", "-env-inherit", "-cachedir", "/cache/wazero", "-x", "y", "f.wasm", "1", "2 3"],
            "wasmedge": ["--dir=/", "--env", f"PWD={here}", "--env", path, "-x", "y", "f.wasm", "1", "2 3"],
            "wasmer": ["run", "--dir=/", "--env", f"PWD={here}", "--env", path, "-x", "y", "f.wasm", "--", "1", "2 3"],
        }
        for runtime, words in expected.items():
            self.fake(runtime)
            done = self.run_it("f.wasm", "1", "2 3", GOWASIRUNTIME=runtime, GOWASIRUNTIMEARGS="-x y", TMPDIR="/cache")
            self.assertEqual((done.stdout.splitlines(), done.stderr), ([runtime, *words], ""))

    def test_says_what_is_missing(self):
        for runtime in ("wasmtime", "wazero", "wasmedge", "wasmer"):
            done = self.run_it("f.wasm", GOWASIRUNTIME=runtime, PATH="/nowhere")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"'{runtime}', which is not in PATH", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_unknown_runtimes_are_refused(self):
        done = self.run_it("f.wasm", GOWASIRUNTIME="chrome")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("'chrome'; it can be weir, wasmtime, wazero, wasmedge or wasmer", done.stderr)

    @unittest.skipUnless(GO_HELLO.exists() and shutil.which("go"), "make hello installs Go where there is none")
    def test_go_finds_it(self):
        self.file("module m\n", "go.mod")
        self.file("package main\nfunc main() { println(2) }\n", "main.go")
        self.file('package main\nimport ("os"; "testing")\nfunc TestFolder(t *testing.T) { if _, err := os.Stat("go.mod"); err != nil { t.Error(err) } }\n',
                  "main_test.go")
        environment = os.environ | {"GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local", "PATH": os.environ["PATH"] + f":{EXEC.parent}"}
        for words, stdout, stderr in ((["run", "."], "", "2\n"), (["test", "."], "ok", "")):
            done = subprocess.run(["go", *words], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600, check=False)
            self.assertEqual((done.returncode, done.stdout[:len(stdout)], done.stderr), (0, stdout, stderr), done.stdout)

    def test_without_a_file_says_how_to_use_it(self):
        done = self.run_it()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("usage:", done.stderr)

    def test_finds_weir_in_path_when_it_is_elsewhere(self):
        moved = self.folder / "go_wasip1_wasm_exec"
        moved.write_bytes(EXEC.read_bytes())
        moved.chmod(0o755)
        done = self.run_it("f.wasm", program=moved)
        self.assertEqual(done.returncode, 1)
        self.assertIn("weir is neither beside", done.stderr)
        self.fake("weir")
        self.assertEqual(self.run_it("f.wasm", program=moved).stdout.splitlines()[0], "weir")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
