#!/usr/bin/env python3
"""Tests of weir in the place of other tools, by links that `weir personas` makes.

Usage: persona_test.py WEIR DEMOS [unittest's arguments]      (CTest gives both)
"""

import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import wasm_module as wasm

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from ports import free_port  # noqa: E402

WEIR = pathlib.Path(sys.argv[1]).resolve()
DEMOS = pathlib.Path(sys.argv[2]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ("wasmtime", "wazero", "wasmedge", "wasmer", "wasirun", "viceroy")
GO = shutil.which("go") or shutil.which("go", path=ROOT / ".venv/bin")


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bin = self.folder / "bin"
        self.run_it(WEIR, "personas", self.bin)

    def file(self, content, name="x.wasm"):
        (self.folder / name).write_bytes(content)
        return name

    def run_it(self, program, *words, code=0, env=None):
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.folder)} | (env or {})
        done = subprocess.run([program, *map(str, words)], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, f"{program} {words}: {done.stdout}{done.stderr}")
        return done

    def tool(self, name, *words, code=0, env=None):
        return self.run_it(self.bin / name, *words, code=code, env=env)


class Links(Case):
    def test_are_made_once_and_stay(self):
        self.assertEqual(sorted(os.listdir(self.bin)), sorted(NAMES))
        for name in NAMES:
            self.assertEqual((self.bin / name).resolve(), WEIR)
        self.run_it(WEIR, "personas", self.bin)

    def test_what_is_there_is_left_alone(self):
        (self.bin / "wasmer").unlink()
        (self.bin / "wasmer").write_text("mine")
        (self.bin / "wazero").unlink()
        done = self.run_it(WEIR, "personas", self.bin, code=1)
        self.assertIn("has other programs of these names", done.stderr)
        self.assertIn("because wasmer\n", done.stderr)
        self.assertEqual((self.bin / "wasmer").read_text(), "mine")
        self.assertFalse((self.bin / "wazero").exists())
        self.run_it(WEIR, "personas", "--force", self.bin)
        self.assertEqual((self.bin / "wasmer").resolve(), WEIR)
        self.assertEqual(sorted(os.listdir(self.bin)), sorted(NAMES))

    def test_mistakes(self):
        self.assertIn("in which folder?", self.run_it(WEIR, "personas", code=2).stderr)
        self.assertIn("one too many", self.run_it(WEIR, "personas", "a", "b", code=2).stderr)
        self.assertIn("did you mean --force?", self.run_it(WEIR, "personas", "--forec", "a", code=2).stderr)
        self.assertIn("No such file", self.run_it(WEIR, "personas", "no/such/folder", code=1).stderr)
        self.file(b"", "file")
        self.assertIn("Not a directory", self.run_it(WEIR, "personas", "file", code=1).stderr)
        (self.folder / "occupied/wasmtime").mkdir(parents=True)
        self.assertIn("Is a directory", self.run_it(WEIR, "personas", "--force", "occupied", code=1).stderr)
        self.assertEqual(os.listdir(self.folder / "occupied"), ["wasmtime"])


class Behaviour(Case):
    def test_versions_and_help(self):
        for name in NAMES:
            self.assertIn("(weir ", self.tool(name, "--version").stdout)
            self.assertIn(f"in {name}'s place", self.tool(name, "--help").stdout)

    def test_exit_codes_of_traps_and_programs(self):
        m = wasm.Module()
        m.function(wasm.UNREACHABLE, export="_start")
        trap, seven = self.file(m.bytes()), self.file(wasm.exit_with(7), "seven.wasm")
        for name, run, code in (("wasmtime", [], 134), ("wasmtime", ["run"], 134), ("wazero", ["run"], 1), ("wasmedge", [], 1), ("wasmer", ["run"], 1),
                                ("wasirun", [], 1)):
            self.assertIn("unreachable", self.tool(name, *run, trap, code=code).stderr)
            self.tool(name, *run, seven, code=7)

    def test_exit_codes_of_timeouts(self):
        m = wasm.Module()
        m.function(wasm.LOOP + wasm.BR_0 + wasm.END, export="_start")
        endless = self.file(m.bytes())
        for words, code in ((["wasmtime", "-W", "timeout=50ms"], 134), (["wazero", "run", "-timeout", "50ms"], 255), (["wasmedge", "--time-limit", "50"], 1)):
            self.tool(*words, endless, code=code)

    def test_programs_get_their_words_and_their_name(self):
        guest = self.file(wasm.strings("args_sizes_get", "args_get"))
        for words, first in ((["wasmtime"], "x.wasm"), (["wazero", "run"], "x.wasm"), (["wasmedge"], "x.wasm"), (["wasirun"], "x.wasm"),
                             (["wasmer", "run"], "./x.wasm")):
            separator = ["--"] if words[0] in ("wasmer", "wazero", "wasirun") else []
            done = self.tool(*words, "./" + guest, *separator, "a", "--dir", "b")
            self.assertEqual(done.stdout.split("\0"), [first, "a", "--dir", "b", ""], words)

    def test_folders(self):
        guest = self.file(wasm.preopens())
        (self.folder / "data").mkdir()
        for words in (["wasmtime", "--dir", "data::/d"], ["wazero", "run", "-mount", "data:/d"], ["wasmedge", "--dir", "/d:data"],
                      ["wasmer", "run", "--mapdir", "/d:data"], ["wasirun", "--dir", "data:/d"]):
            self.assertEqual(self.tool(*words, guest).stdout, "/d\n", words)

    def test_results_as_each_prints_them(self):
        m = wasm.Module()
        m.function(wasm.i32(-1) + wasm.i32(7), export="both", results=[wasm.I32, wasm.I32])
        m.function(b"\x44" + struct.pack("<d", 1e21), export="large", results=[0x7C])
        guest = self.file(m.bytes())
        self.assertEqual(self.tool("wasmtime", "--invoke", "both", guest).stdout, "-1\n7\n")
        self.assertEqual(self.tool("wasmer", "run", "--invoke", "both", guest).stdout, "-1 7\n")
        self.assertEqual(self.tool("wasmedge", "--reactor", guest, "both").stdout, "4294967295\n7\n")
        self.assertNotIn("e+", self.tool("wasmtime", "--invoke", "large", guest).stdout)
        self.assertIn("e+", self.run_it(WEIR, "run", "--invoke", "large", guest).stdout)

    def test_compiling(self):
        guest = self.file(wasm.exit_with(3))
        self.tool("wasmtime", "compile", "-O", "opt-level=0", guest, "-o", "a.cwasm")
        self.tool("wasmtime", "run", "--allow-precompiled", "a.cwasm", code=3)
        self.tool("wasmedge", "compile", "--optimize=0", guest, "a.so")
        self.tool("wasmedge", "a.so", code=3)
        self.tool("wasmer", "compile", "--singlepass", guest, "-o", "a.wasmu")
        self.tool("wasmer", "run", "a.wasmu", code=3)
        time.sleep(0.05)  # of a file that was written this very moment nothing is kept: it may still change
        self.tool("wazero", "compile", "-cachedir", "c", guest)
        self.assertIn("x.wasm", self.run_it(WEIR, "cache", "ls").stdout)
        self.tool("wazero", "run", guest, code=3)

    def test_a_flag_that_weir_has_otherwise_is_named(self):
        guest = self.file(wasm.exit_with(0))
        for words, part in ((["wasmtime", "-D", "coredump=f"], "a backtrace"), (["wasmer", "run", "--use", "p"], "not packages"),
                            (["wazero", "run", "-cpuprofile", "f"], "--profile perfmap"), (["wasmtime", "--max-stack", "1"], "weir run has --max-stack"),
                            (["viceroy", "--log-stdout"], "the guest's output")):
            done = self.tool(*words, guest, code=2)
            self.assertTrue(done.stderr.startswith("error: "), done.stderr)
            self.assertIn(part, done.stderr)

    @unittest.skipUnless((WEIR.parent / "weir-serve").exists(), "built with WEIR_HTTP")
    def test_viceroy_runs_programs(self):
        m = wasm.Module()
        m.import_function("fastly_abi", "init", [wasm.I64], [wasm.I32])
        m.import_function("wasi_snapshot_preview1", "proc_exit", [wasm.I32], [])
        m.function(wasm.i32(9) + wasm.call(1), export="_start")
        guest = self.file(m.bytes())
        self.tool("viceroy", "run", guest, "--addr", "b", code=9)

    @unittest.skipUnless((DEMOS / "export.wasm").exists(), "make export builds it")
    def test_wasmtime_invokes_primes(self):
        for words in (["--invoke", "primes"], ["run", "--invoke", "primes"]):
            done = self.tool("wasmtime", *words, DEMOS / "export.wasm", "10")
            self.assertEqual(done.stdout, self.run_it(WEIR, "--invoke", "primes", DEMOS / "export.wasm", "10").stdout)
            self.assertIn("29", done.stdout)


@unittest.skipUnless(GO, "needs Go")
class GoScript(Case):
    def test_every_runtime_of_gos_own_script_is_weir(self):
        root = subprocess.run([GO, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
        script = next((path for path in (pathlib.Path(root, "lib/wasm"), pathlib.Path(root, "misc/wasm")) if (path / "go_wasip1_wasm_exec").exists()), None)
        if script is None:
            self.skipTest("this Go has no script for wasip1")
        for name in NAMES:
            self.assertIsNone(shutil.which(name, path="/usr/bin:/bin"), "another runtime would be started")
        # Go's cache is kept: only the start of the program differs.
        cache = subprocess.run([GO, "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip()
        for runtime in ("wasmtime", "wazero", "wasmedge", "wasmer", ""):
            done = subprocess.run([GO, "run", "./hello"], cwd=ROOT / "demos/go", capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL,
                                  env={"PATH": f"{self.bin}:{script}:{pathlib.Path(GO).parent}:/usr/bin:/bin", "HOME": str(self.folder), "GOCACHE": cache,
                                       "GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GOWASIRUNTIME": runtime})
            self.assertEqual((done.returncode, done.stdout), (0, "Hello world\n"), f"{runtime}: {done.stderr}")


FASTLY = shutil.which("fastly")


@unittest.skipUnless(FASTLY and (DEMOS / "go/fastly.wasm").exists(), "needs Fastly's command line tool (npm package @fastly/cli) and make fastly")
class FastlyTool(Case):
    def test_serves_the_go_service(self):
        (self.folder / "main").mkdir()
        shutil.copy(DEMOS / "go/fastly.wasm", self.folder / "main/main.wasm")
        (self.folder / "fastly.toml").write_text('manifest_version = 3\nname = "x"\nlanguage = "other"\n')
        address = f"127.0.0.1:{free_port()}"
        # A group of its own: the tool starts viceroy, and both get the signal that ends them.
        tool = subprocess.Popen([FASTLY, "compute", "serve", "--skip-build", "--file=main/main.wasm", f"--viceroy-path={self.bin / 'viceroy'}",
                                 f"--addr={address}", "--non-interactive", "--verbose"], cwd=self.folder, text=True, start_new_session=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder)})
        self.addCleanup(tool.stdout.close)
        watchdog = threading.Timer(600, os.killpg, (tool.pid, signal.SIGKILL))
        watchdog.start()
        try:
            said = []
            for line in tool.stdout:
                said.append(line)
                if line.startswith("Listening on "):
                    break
            self.assertTrue(any("viceroy 0.22.0 (weir " in line for line in said), said)
            self.assertEqual(said[-1], f"Listening on http://{address}\n", said)
            with urllib.request.urlopen(f"http://{address}/", timeout=600) as response:
                self.assertEqual(response.status, 200)
        finally:
            os.killpg(tool.pid, signal.SIGINT)
            tool.stdout.read()
            tool.wait(600)
            watchdog.cancel()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
