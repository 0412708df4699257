#!/usr/bin/env python3
"""Tests of the command weir, as its users meet it: words in, text and exit code out.

Usage: cli_test.py WEIR DEMOS [unittest's arguments]      (CTest gives both)
"""

import os
import pathlib
import pty
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import wasm_module as wasm

WEIR = os.path.abspath(sys.argv[1])
DEMOS = pathlib.Path(sys.argv[2]).resolve()
GO_HELLO, CPP_HELLO = DEMOS / "go/hello.wasm", DEMOS / "hello.wasm"


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, content, name="x.wasm"):
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def weir(self, *words, env=None, **options):
        environment = {"PATH": os.environ["PATH"]} if env is None else env
        return subprocess.run([WEIR, *map(str, words)], cwd=self.folder, env=environment, capture_output=True, timeout=600,
                              stdin=subprocess.DEVNULL, **options)

    def expect(self, words, code, stdout=None, stderr=(), env=None, **options):
        done = self.weir(*words, env=env, **options)
        text = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, code, f"{words}: {text}")
        if stdout is not None:
            self.assertEqual(done.stdout, stdout)
        for part in [stderr] if isinstance(stderr, str) else stderr:
            self.assertIn(part, text)
        return text

    def expect_error(self, words, code, *parts):
        """A message of weir's own: it begins with "error: ", is not on standard output, and has no colour in a pipe."""
        text = self.expect(words, code, stdout=b"", stderr=parts)
        self.assertTrue(text.startswith("error: "), text)
        self.assertNotIn("\x1b", text)
        for line in text.splitlines():
            self.assertTrue(line.startswith(("error: ", "because ", "hint: ", "  ")), line)
        return text


class Running(Case):
    @unittest.skipUnless(CPP_HELLO.exists(), "make hello builds it")
    def test_cpp_hello(self):
        for words in ([CPP_HELLO], ["run", CPP_HELLO], ["run", "--bounds", "checked", CPP_HELLO], ["--bounds=guard", CPP_HELLO]):
            self.expect(words, 0, b"Hello world\n", "")

    @unittest.skipUnless(GO_HELLO.exists(), "make hello builds it")
    def test_go_hello(self):
        for words in ([GO_HELLO], ["run", "--bounds", "checked", GO_HELLO]):
            self.expect(words, 0, b"Hello world\n", "")

    def test_exit_codes_of_a_byte_pass_through(self):
        for code in (0, 1, 2, 7, 126, 134, 255):
            self.assertEqual(self.weir(self.file(wasm.exit_with(code))).returncode, code)

    def test_larger_exit_codes_stay_failures(self):
        for code in (256, 512, -1):
            self.assertEqual(self.weir(self.file(wasm.exit_with(code))).returncode, 255)

    def test_arguments_are_the_guests_whatever_they_look_like(self):
        guest = self.file(wasm.strings("args_sizes_get", "args_get"))
        arguments = ["--dir", "nowhere", "--", "--help", "-x", "", "--version", "a b", "é\n"]
        expected = b"".join(os.fsencode(word) + b"\0" for word in [guest, *arguments])
        for words in ([guest], ["run", guest], ["run", "--env-inherit", guest], ["--", guest]):
            self.expect([*words, *arguments], 0, expected, "")

    def test_environment_is_empty_unless_granted(self):
        guest = self.file(wasm.strings("environ_sizes_get", "environ_get"))
        host = {"A": "1", "B": "2"}
        for words, variables in (([], ""), (["--env", "A"], "A=1"), (["--env", "A=x=y"], "A=x=y"), (["--env=C="], "C="),
                                 (["--env", "A", "--env", "Q=7"], "A=1 Q=7"), (["--env-inherit"], "A=1 B=2"),
                                 (["--env-inherit", "--env", "A=3"], "B=2 A=3"), (["--env", "A=1", "--env", "A=2"], "A=2")):
            expected = "".join(v + "\0" for v in variables.split()).encode()
            self.expect([*words, guest], 0, expected, "", env=host)

    def test_folders_get_their_guest_names(self):
        guest = self.file(wasm.preopens())
        (self.folder / "data").mkdir()
        for words, names in (([], ""), (["--dir", "."], ".\n"), (["--dir", "data::/d"], "/d\n"), (["--dir=data:ro", "--dir", ".::/"], "data\n/\n"),
                             (["--dir", "data::/a::b:ro"], None)):
            done = self.weir("run", *words, guest)
            if names is None:
                self.assertEqual(done.returncode, 2 if b"suffix" in done.stderr else 0)
            else:
                self.assertEqual((done.returncode, done.stdout.decode()), (0, names), done.stderr)

    def test_standard_input_from_a_file(self):
        guest = self.file(wasm.copier())
        self.file("from a file\n", "input.txt")
        self.expect(["--stdin", "input.txt", guest], 0, b"from a file\n", "")
        self.expect([guest], 0, b"", "")
        self.expect_error(["--stdin", "nothing.txt", guest], 1, "--stdin 'nothing.txt' cannot be read", "No such file")

    def test_working_directory_is_told_by_pwd(self):
        guest = self.file(wasm.strings("environ_sizes_get", "environ_get"))
        (self.folder / "data/deep").mkdir(parents=True)
        for words, pwd in ((["--dir", "data::/d", "--cwd", "/d"], "/d"), (["--dir", "data::/d/", "--cwd", "/d/deep"], "/d/deep"),
                           (["--dir", "/", "--cwd", str(self.folder)], str(self.folder)),
                           (["--env", "PWD=/x", "--dir", "data::/d", "--cwd=/d"], "/d")):
            self.expect([*words, guest], 0, f"PWD={pwd}\0".encode(), "")

    def test_working_directory_is_where_relative_paths_begin(self):
        guest = self.file(wasm.preopens())
        (self.folder / "data/deep").mkdir(parents=True)
        for words, names in ((["--dir", "data::/d", "--cwd", "/d/deep"], "/d\n.\n"), (["--dir", "data::/", "--cwd", "/deep"], "/\n"),
                             (["--dir", "data::/d", "--dir", ".", "--cwd", "/d"], "/d\n.\n")):
            self.expect([*words, guest], 0, names.encode(), "")

    def test_working_directory_must_be_granted_and_there(self):
        guest = self.file(wasm.preopens())
        (self.folder / "data").mkdir()
        (self.folder / "data/out").symlink_to(self.folder)
        self.expect_error(["--dir", "data::/d", "--cwd", "d", guest], 2, "not absolute")
        for words in (["--cwd", "/d"], ["--dir", "data::/d", "--cwd", "/dd"], ["--dir", ".", "--cwd", "/d"]):
            self.expect_error([*words, guest], 2, "no folder that is granted")
        self.expect_error(["--dir", "data::/d", "--cwd", "/d/nothing", guest], 1, "/d/nothing", "No such file")
        self.expect_error(["--dir", "data::/d", "--cwd", "/d/out", guest], 1, "/d/out")
        self.expect_error(["--dir", "data::/d", "--cwd", "/d/../d", guest], 1, "/d/../d")

    def test_nested_folders(self):
        guest = self.file(wasm.preopens())
        (self.folder / "data/deep").mkdir(parents=True)
        self.expect(["--dir", "data::/d", "--dir", "data/deep::/d/deep:ro", guest], 0, b"/d\n/d/deep\n", "")

    def test_a_closed_pipe_ends_the_guest_like_any_filter(self):
        guest = self.file(wasm.writer(b"y\n" * 100, forever=True))
        with subprocess.Popen([WEIR, guest], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL)) as process:
            self.assertTrue(process.stdout.read(10))
            process.stdout.close()
            self.assertEqual(process.wait(timeout=600), -signal.SIGPIPE)
            self.assertEqual(process.stderr.read(), b"")

    def test_runs_in_little_address_space(self):
        limit = 512 << 20
        guest = self.file(wasm.writer(b"hi\n"))
        self.expect([guest], 0, b"hi\n", "", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))


class Traps(Case):
    def expect_trap(self, body, message, frames=("inner", "outer", "_start")):
        text = self.expect([self.file(wasm.trap_in(body))], 134, b"", [message])
        positions = [text.index(f": {frame} (") for frame in frames]
        self.assertEqual(positions, sorted(positions), text)
        return text

    def test_unreachable(self):
        self.expect_trap(wasm.UNREACHABLE, "unreachable")

    def test_out_of_bounds(self):
        for mode in ("guard", "checked"):
            guest = self.file(wasm.trap_in(wasm.load(-4) + wasm.DROP))
            self.expect(["--bounds", mode, guest], 134, b"", "out of bounds memory access")

    def test_division_by_zero(self):
        self.expect_trap(wasm.i32(1) + wasm.i32(0) + b"\x6d" + wasm.DROP, "integer divide by zero")

    def test_stack_overflow(self):
        text = self.expect_trap(wasm.call(0), "call stack exhausted", frames=("inner",))
        self.assertLess(len(text.splitlines()), 100)

    def test_output_before_a_trap_is_not_lost(self):
        m = wasm.Module()
        fd_write = m.wasi("fd_write", [wasm.I32] * 4)
        body = wasm.store(8, wasm.i32(64)) + wasm.store(12, wasm.i32(3)) + wasm.i32(1) + wasm.i32(8) + wasm.i32(1) + wasm.i32(16) + wasm.call(fd_write)
        m.function(body + wasm.DROP + wasm.UNREACHABLE, export="_start")
        m.data.append((64, b"hi\n"))
        self.expect([self.file(m.bytes())], 134, b"hi\n", "unreachable")


class Stopping(Case):
    GUESTS = {"loop": wasm.endless, "read": wasm.reader, "sleep": wasm.sleeper}

    def test_timeout_cuts_loops_and_waiting(self):
        for name, guest in self.GUESTS.items():
            for value in ("50ms", "0.05"):
                with self.subTest(guest=name, timeout=value), subprocess.Popen([WEIR, "run", "--timeout", value, self.file(guest())], cwd=self.folder,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                    self.assertEqual(process.wait(timeout=600), 124)
                    text = process.stderr.read().decode()
                    self.assertEqual(text.count("\n"), 1)
                    self.assertIn(f"longer than --timeout {value}", text)

    def test_timeout_does_not_touch_what_ends_before(self):
        self.expect(["run", "--timeout", "1h", self.file(wasm.writer(b"hi\n"))], 0, b"hi\n", "")

    def stopped_by(self, signals, guest, **options):
        """The exit code, and the text on standard error, of a guest that gets signals once it runs."""
        with subprocess.Popen([WEIR, self.file(guest)], cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              **options) as process:
            self.assertEqual(process.stdout.read(1), b"\n")
            for number in signals:
                process.send_signal(number)
            return process.wait(timeout=600), process.stderr.read()

    def test_interrupt_and_terminate(self):
        for name, guest in self.GUESTS.items():
            with self.subTest(guest=name):
                self.assertEqual(self.stopped_by([signal.SIGINT], guest()), (130, b""))
                self.assertEqual(self.stopped_by([signal.SIGTERM], guest()), (143, b""))

    def test_signals_that_are_ignored_stay_so(self):
        ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.assertEqual(self.stopped_by([signal.SIGINT, signal.SIGTERM], wasm.endless(), preexec_fn=ignore), (143, b""))


class Limits(Case):
    def test_memory_grows_to_its_limit(self):
        guest = self.file(wasm.grower())
        for mode in ("guard", "checked"):
            for size, grows in (("64KiB", 0), ("100K", 0), ("128KiB", 1), ("131072", 1), ("1GiB", 1)):
                text = self.expect(["--bounds", mode, "--max-memory", size, guest], grows, b"", "")
                self.assertEqual(text.count("wants more memory than"), 1 - grows, text)
        self.expect_error(["--max-memory", "64KiB", guest], 0, "more memory than the 64KiB it may have", "--max-memory SIZE")

    def test_memory_that_begins_beyond_the_limit(self):
        self.expect_error(["--max-memory", "65535", self.file(wasm.grower())], 1, "more memory than --max-memory 65535B", "it wants 64KiB")

    def test_stack(self):
        m = wasm.Module()
        m.function(wasm.call(0), export="_start")
        guest = self.file(m.bytes())
        self.expect(["--max-stack", "64KiB", guest], 134, b"", ["call stack exhausted", "its stack had 64KiB", "--max-stack SIZE"])
        self.expect([guest], 134, b"", ["call stack exhausted", "its stack had 8MiB"])

    def test_depth_follows_the_stack(self):
        # Calls itself so many times: 20,000 frames of some 50 bytes.
        m = wasm.Module()
        counted = b"\x20\x00\x45\x04\x40\x0f\x0b" + b"\x20\x00" + wasm.i32(1) + b"\x6b" + wasm.call(0)
        m.function(counted, params=[wasm.I32])
        m.function(wasm.i32(20_000) + wasm.call(0), export="_start")
        guest = self.file(m.bytes())
        self.expect(["--max-stack", "8MiB", guest], 0, b"", "")
        self.expect(["--max-stack", "64KiB", guest], 134, b"", "call stack exhausted")

    def test_open_files(self):
        guest, mfile = self.file(wasm.opener()), 33
        self.expect_error(["--max-open-files", "4", "--dir", ".", guest], mfile, "has 4 files open", "--max-open-files N")
        self.assertEqual(self.expect(["--max-open-files", "5", "--dir", ".", guest], 0, b"", ""), "")
        self.expect_error(["--max-open-files", "3", "--dir", ".", guest], 1, "--max-open-files 3 leaves no room")

    def test_fuel(self):
        # i32.const, i32.const, i32.add, drop, and then for ever br.
        m = wasm.Module()
        m.function(wasm.i32(1) + wasm.i32(2) + b"\x6a" + wasm.DROP + b"\x03\x40\x0c\x00\x0b", export="_start")
        guest = self.file(m.bytes())
        texts = {self.expect(["--fuel", "1000", guest], 134, b"", ["out of fuel", "it had executed 1000 instructions", "--fuel N"]) for _ in range(3)}
        self.assertEqual(len(texts), 1)
        self.expect(["--fuel", "100000000", self.file(wasm.writer(b"hi\n"))], 0, b"hi\n", "")
        self.expect_error(["--fuel", "5", "--tier", "optimized", guest], 2, "--fuel counts what the baseline")

    def test_values_that_are_none(self):
        for option, values in (("--timeout", ("", "0", "-1", "2x", "s")), ("--max-memory", ("", "-1", "64Mi B", "lots")),
                               ("--max-stack", ("1KiB", "2TiB", "x")), ("--max-open-files", ("2", "-1", "x", "2000000")),
                               ("--fuel", ("", "0", "-1", "1.5", "1k", "99999999999999999999"))):
            for value in values:
                said = f"{option} '{value}' is not understood" if value else f"option {option} needs a value"
                self.expect_error([f"{option}={value}", "x.wasm"], 2, said, f"the form is {option} ")
        self.expect_error(["--max-stack=1", "x.wasm"], 2, "it may be from 64KiB to 1TiB")
        self.expect_error(["--max-open-files=1", "x.wasm"], 2, "it may be from 3 to 1048576")


class BadFiles(Case):
    def test_missing_file(self):
        self.expect_error(["nothing.wasm"], 1, "there is no file 'nothing.wasm'")

    def test_missing_file_with_a_near_name(self):
        self.file(b"", "hello.wasm")
        self.expect_error(["helo.wasm"], 1, "did you mean 'hello.wasm'?")
        self.expect_error(["hello"], 1, "did you mean 'hello.wasm'?")

    def test_folder(self):
        self.expect_error(["."], 1, "is a folder", "--dir . FILE")

    def test_empty(self):
        self.expect_error([self.file(b"")], 1, "is empty")

    def test_text_format(self):
        self.expect_error([self.file("(module)", "x.wat")], 1, "is text", "text format", "wasm-tools parse x.wat")

    def test_sources(self):
        for name, content, part in (("x.c", "int main(void) { return 0; }", "C source"), ("x.cpp", "#include <cstdio>\n", "C++"),
                                    ("x.go", "package main\n", "Go source"), ("x.sh", "#!/bin/sh\n", "script")):
            self.expect_error(["inspect", self.file(content, name)], 1, "is text", part)

    def test_component(self):
        self.expect_error([self.file(b"\0asm\x0d\0\x01\0")], 1, "is a WebAssembly component", "wasip1")

    def test_native_program(self):
        self.expect_error([WEIR], 1, "not a WebAssembly module", "ELF")

    def test_not_regular(self):
        os.mkfifo(self.folder / "pipe")
        self.expect_error(["pipe"], 1, "is not a regular file")
        self.expect_error(["/dev/null"], 1, "is not a regular file")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_unreadable(self):
        (self.folder / self.file(b"")).chmod(0)
        self.expect_error(["x.wasm"], 1, "you may not read it")

    def test_every_truncation_is_an_error_that_names_a_byte(self):
        whole = wasm.preopens()
        for size in range(1, len(whole)):
            done = self.weir(self.file(whole[:size]))
            # A module may end between sections: what is left is one without its code, or without _start.
            self.assertEqual(done.returncode, 1, f"{size} bytes: {done.stderr.decode()}")
            self.assertTrue(done.stderr.startswith(b"error: 'x.wasm' "), done.stderr)

    def test_invalid(self):
        m = wasm.Module()
        m.function(wasm.DROP, export="_start", label="broken")
        self.expect_error([self.file(m.bytes())], 1, "not a valid module", "broken", "byte")

    def test_control_characters_of_a_file_do_not_reach_the_terminal(self):
        m = wasm.Module()
        m.import_function("env\x1b[31m", "f\ng")
        m.function(b"", export="_start")
        for words in ([self.file(m.bytes())], ["inspect", "x.wasm"]):
            done = self.weir(*words)
            self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        self.expect_error(["no\x1b[31m\nsuch"], 1, r"no\x1b[31m\x0asuch")

    def test_unsupported_instructions_are_named(self):
        m = wasm.Module(memory=False)
        m.types.append(b"\x5f\x00")  # (struct)
        m.function(b"\xfb\x01\x00" + wasm.DROP, export="_start")  # struct.new_default 0
        self.expect_error([self.file(m.bytes())], 1, "garbage collection")


class Imports(Case):
    def test_all_missing_imports_are_listed_at_once_by_world(self):
        m = wasm.Module()
        m.wasi("fd_wrte", [wasm.I32] * 4)
        m.import_function("env", "callback", [wasm.I32], [wasm.I64])
        m.import_function("gojs", "runtime.wasmExit", [wasm.I32])
        m.import_function("elsewhere", "f")
        m.function(b"", export="_start")
        text = self.expect_error([self.file(m.bytes())], 1, "4 things", "fd_wrte", "did you mean fd_write?", "WASI preview 1", "env.callback", "[i32] -> [i64]",
                                 "GOOS=wasip1", "elsewhere.f", "no world that weir knows")
        self.assertIn("hint: weir inspect", text)

    def test_an_import_of_another_type_says_which_it_has(self):
        m = wasm.Module()
        m.wasi("fd_write", [wasm.I32])
        m.function(b"", export="_start")
        self.expect_error([self.file(m.bytes())], 1, "fd_write", "[i32] -> [i32]", "[i32 i32 i32 i32] -> [i32]")

    def test_sockets_world_is_named(self):
        m = wasm.Module()
        m.wasi("sock_open", [wasm.I32] * 4)
        m.function(b"", export="_start")
        self.expect_error([self.file(m.bytes())], 1, "sockets world", "not with this type", "sock_open")

    def test_edge_world_is_named(self):
        m = wasm.Module()
        m.import_function("fastly_http_req", "body_downstream_get", [wasm.I32, wasm.I32], [wasm.I32])
        m.function(b"", export="_start")
        self.expect_error([self.file(m.bytes())], 1, "is an edge service (Fastly Compute)", "weir serve --request 'GET /'")

    @unittest.skipUnless((pathlib.Path(WEIR).parent / "weir-serve").exists(), "built with WEIR_HTTP")
    def test_serve_is_a_program_of_its_own(self):
        self.assertIn(b"weir serve [OPTIONS] FILE", self.weir("serve", "--help").stdout)
        self.expect_error(["serve"], 2, "which file?")
        self.expect_error(["serve", "absent.wasm"], 1, "there is no file 'absent.wasm'")

    def test_serve_says_when_it_is_not_there(self):
        alone = self.folder / "bin" / "weir"
        alone.parent.mkdir()
        shutil.copy(WEIR, alone)
        done = subprocess.run([alone, "serve", "x.wasm"], capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no edge server", done.stderr)

    def test_a_library_has_nothing_to_start(self):
        m = wasm.Module()
        m.function(b"", export="helper")
        self.expect_error([self.file(m.bytes())], 1, "not a command", "helper [] -> []", "weir run --invoke NAME")

    def test_a_module_without_functions_has_nothing_to_start(self):
        self.expect_error([self.file(wasm.Module().bytes())], 1, "not a command", "weir inspect")


def counting(passes):
    """A command that goes around a loop so often and exits with what is left of that."""
    m = wasm.Module()
    proc_exit = m.wasi("proc_exit", [wasm.I32], [])
    count = wasm.store(0, wasm.load(0) + wasm.i32(1) + b"\x6a")
    again = wasm.load(0) + wasm.i32(passes) + b"\x49\x0d\x00"
    m.function(wasm.LOOP + count + again + wasm.END + wasm.load(0) + wasm.i32(255) + b"\x71" + wasm.call(proc_exit), export="_start")
    return m.bytes()


class Tiers(Case):
    """What --tier does. The guest goes around a loop 300,000 times, which is hot."""

    def setUp(self):
        super().setUp()
        self.guest = self.file(counting(300_000))

    def test_all_come_to_the_same(self):
        tiers = [[], ["--tier", "auto"], ["--tier", "baseline"]]
        if (pathlib.Path(WEIR).parent / "weir-llvm").exists():
            tiers += [["--tier", "optimized"], ["--tier-stress"]]
        for words in tiers:
            with self.subTest(words):
                done = self.weir("run", *words, self.guest)
                self.assertEqual((done.returncode, done.stderr), (300_000 % 256, b""))

    def test_without_a_compiler_only_who_asks_for_it_is_told(self):
        alone = self.folder / "weir"
        shutil.copy(WEIR, alone)
        self.assertEqual(subprocess.run([alone, "run", self.guest], cwd=self.folder).returncode, 300_000 % 256)
        for words in (["--tier", "optimized"], ["--tier-stress"]):
            done = subprocess.run([alone, "run", *words, self.guest], cwd=self.folder, capture_output=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"there is no optimizing compiler", done.stderr)


class Caching(Case):
    """What runs keep for one another. The guest goes around a loop 300,000 times, which is hot, and exits with what is left of that."""

    def setUp(self):
        super().setUp()
        self.guest = self.file(counting(300_000), "guest.wasm")
        self.env = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(self.folder / "cache")}

    def run_guest(self, *words, **options):
        done = self.weir("run", *words, self.guest, env=options.pop("env", self.env), **options)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (300_000 % 256, b"", b""))

    def kept(self):
        """The lines of `weir cache ls` between its first and its last."""
        return self.weir("cache", "ls", env=self.env).stdout.decode().splitlines()[1:-1]

    def entries(self):
        return sorted((self.folder / "cache/weir").glob("*.code"))

    def settle(self):
        """A file that was written this very moment may still change, and nothing is kept of it."""
        settled = time.monotonic() + 0.05
        while time.monotonic() < settled:
            time.sleep(0.01)

    def run_until(self, condition):
        """Whether code is hot before the program ends is a race that it mostly wins."""
        for _ in range(200):
            self.run_guest()
            if condition():
                return
        self.fail("nothing was kept")

    def run_until_kept(self, count):
        self.run_until(lambda: len(self.entries()) >= count)

    def fill(self):
        """A small program's code is kept from its second run on."""
        self.expect(["cache", "ls"], 0, stdout=b"nothing is kept\n", env=self.env)
        self.settle()
        for _ in range(3):
            self.run_guest()
        self.assertEqual(len(self.kept()), 1)

    def test_is_listed_removed_and_used_again(self):
        self.fill()
        self.assertRegex(self.kept()[0], r"^[0-9a-f]{12} .* in the last hour  guest\.wasm$")
        self.expect(["cache", "path"], 0, stdout=f"{self.folder}/cache/weir\n".encode(), env=self.env)
        for which in ([self.guest], [self.kept()[0][:12]], ["--all"]):
            self.expect(["cache", "rm", *which], 0, env=self.env)
            self.assertEqual(self.kept(), [])
            self.run_guest()
            self.run_guest()
            self.assertEqual(len(self.kept()), 1)
        self.expect(["cache", "prune"], 0, stdout=b"removed 0 entries, 0KiB\n", env=self.env)
        self.expect(["cache", "prune", "1KiB"], 0, env=self.env)
        self.assertEqual(self.kept(), [])

    def test_no_cache_neither_reads_nor_writes(self):
        for _ in range(3):
            self.run_guest("--no-cache")
        self.assertFalse((self.folder / "cache").exists())

    def test_what_was_compiled_in_advance_is_found_by_runs(self):
        self.settle()
        for _ in range(2):  # also of a small module, and what is there is added to
            self.expect(["inspect", "--compile-all", "--keep", self.guest], 0, env=self.env)
            self.assertEqual(len(self.kept()), 1)
        for _ in range(2):  # they would leave another entry, if that one were of no use
            self.run_guest()
        self.assertEqual(len(self.kept()), 1)
        self.expect(["inspect", "--compile-all", "--keep", self.guest], 0, env={"PATH": os.environ["PATH"]})

    def test_compilers_are_kept_apart(self):
        self.fill()
        for _ in range(2):
            self.run_guest("--tier", "baseline")
            self.run_guest("--bounds", "checked")
        texts = " ".join(self.kept())
        self.assertEqual(len(self.kept()), 3, texts)
        self.assertIn("(--tier baseline)", texts)
        self.assertIn("(--bounds checked)", texts)

    def test_without_a_place_for_it_nothing_is_said(self):
        for variables in ({}, {"HOME": ""}, {"HOME": "/proc/none"}, {"XDG_CACHE_HOME": "/dev/null"}, {"HOME": "relative"}):
            for _ in range(2):
                self.run_guest(env={"PATH": os.environ["PATH"], **variables})
        self.expect_error(["cache", "ls"], 1, "there is no place for a cache")

    def test_a_folder_open_to_others_is_not_used(self):
        self.fill()
        (self.folder / "cache/weir").chmod(0o755)
        before = sorted(os.listdir(self.folder / "cache/weir"))
        self.run_guest("--tier", "baseline")
        self.run_guest("--tier", "baseline")
        self.assertEqual(sorted(os.listdir(self.folder / "cache/weir")), before)
        self.expect(["cache", "ls"], 1, stdout=b"", stderr=["does not use", "chmod 700"], env=self.env)

    @unittest.skipUnless((pathlib.Path(WEIR).parent / "weir-llvm").exists(), "the optimizing compiler is not built")
    def test_what_a_compiled_program_found_hot_is_kept_for_it_and_its_copies(self):
        # Goes on long enough for hot code to come, in the middle of its loop.
        self.file(counting(300_000 + (1 << 27)), "guest.wasm")
        self.expect(["compile", "-O0", self.guest, "-o", "program"], 0)
        program = (self.folder / "program").read_bytes()
        self.guest = "program"
        self.settle()
        self.run_until_kept(1)
        self.assertRegex(self.kept()[0], r"  program$")
        kept = self.entries()
        # It has the program's code, and more; the next run finds nothing to add.
        self.assertGreater(len(kept[0].read_bytes()), 4096)
        written = kept[0].stat().st_ino
        self.run_guest()
        self.guest = self.file(program, "copy")
        self.settle()
        self.run_guest()
        self.assertEqual([entry.stat().st_ino for entry in self.entries()], [written])
        # A module, and another program of it, are something else.
        self.guest = "guest.wasm"
        self.run_until_kept(2)
        self.expect(["compile", "-O3", "guest.wasm", "-o", "program"], 0)
        self.guest = "program"
        self.settle()
        self.run_guest()
        self.assertIn(kept[0], self.entries())
        # Damaged, it is as if it was not there.
        kept[0].write_bytes(kept[0].read_bytes()[:-1])
        self.guest = "copy"
        self.run_until(lambda: kept[0].stat().st_ino != written)

    def test_damaged_entries_are_replaced(self):
        self.fill()
        entry = next((self.folder / "cache/weir").glob("*.code"))
        content = entry.read_bytes()
        for damaged in (b"", content[:1000], content[:4200] + b"\xcc" * 100 + content[4300:], content[:-1]):
            entry.write_bytes(damaged)
            self.run_guest()
            self.run_guest()
            self.assertEqual(len(entry.read_bytes()), len(content))

    def test_go_programs_come_to_the_same(self):
        if not GO_HELLO.exists():
            self.skipTest("needs the demos")
        for _ in range(2):
            self.expect(["run", GO_HELLO], 0, stdout=b"Hello world\n", env=self.env)
        self.assertEqual(len(self.kept()), 1)

    def test_wrong_words(self):
        for words, part in ((["cache"], "what about it"), (["cache", "rm"], "which"), (["cache", "rm", "--all", "x"], "which"),
                            (["cache", "rm", "-x"], "no option -x"), (["cache", "prune", "much"], "not a size"),
                            (["cache", "clear"], "cannot 'clear'"), (["cache", "ls", "x"], "one word too many")):
            with self.subTest(words):
                self.expect_error(words, 2, part)
        self.expect(["cache", "rm", "unknown"], 1, stderr="cache", env=self.env)
        self.assertIn(b"weir cache ls", self.weir("cache", "--help").stdout)


class Compiling(Case):
    """weir compile. The guest goes around a loop 300,000 times and exits with what is left of that."""

    def setUp(self):
        super().setUp()
        self.guest = self.file(counting(300_000), "guest.wasm")
        self.has_llvm = (pathlib.Path(WEIR).parent / "weir-llvm").exists()

    def test_a_program_comes_to_the_same_without_its_module(self):
        for level in ("-O0", "-O1", "-O2", "-O3") if self.has_llvm else ("-O0",):
            with self.subTest(level):
                self.expect(["compile", level, self.guest, "-o", "out"], 0, stdout=b"")
                self.assertEqual(self.weir("compile", "-o", "again", level, self.guest).stderr, b"")
                self.assertEqual((self.folder / "out").read_bytes(), (self.folder / "again").read_bytes())
                content = (self.folder / self.guest).read_bytes()
                (self.folder / self.guest).unlink()
                done = self.weir("run", "out")
                self.assertEqual((done.returncode, done.stdout, done.stderr), (300_000 % 256, b"", b""))
                (self.folder / self.guest).write_bytes(content)
        self.expect(["compile", "-O0", self.guest], 0)
        self.expect(["guest.weir"], 300_000 % 256)

    def test_go_programs_run(self):
        if not GO_HELLO.exists():
            self.skipTest("needs the demos")
        self.expect(["compile", "-O0", GO_HELLO, "-o", "go"], 0)
        self.expect(["run", "go"], 0, stdout=b"Hello world\n")

    def test_it_has_sections_and_symbols(self):
        self.expect(["compile", "-O0", self.guest, "-o", "out"], 0)
        content = (self.folder / "out").read_bytes()
        sections_at, count, names_at = (int.from_bytes(content[at:at + n], "little") for at, n in ((40, 8), (60, 2), (62, 2)))
        sections = [content[sections_at + 64 * i:][:64] for i in range(count)]
        offset_of = lambda s: int.from_bytes(s[24:32], "little")
        titles = content[offset_of(sections[names_at]):]
        name_of = lambda s: titles[int.from_bytes(s[:4], "little"):].split(b"\0")[0]
        by_name = {name_of(s): s for s in sections}
        self.assertEqual(set(by_name), {b"", b".text", b".weir.tables", b".wasm", b".symtab", b".strtab", b".shstrtab"})
        self.assertIn(b"_start\0", content[offset_of(by_name[b".strtab"]):])
        self.assertEqual(content[offset_of(by_name[b".wasm"]):][:4], b"\0asm")

    def test_a_damaged_program_is_refused(self):
        self.expect(["compile", "-O0", self.guest, "-o", "out"], 0)
        content = (self.folder / "out").read_bytes()
        tables = int.from_bytes(content[64 + 224:64 + 232], "little")
        for damaged in (content[:-1], content[:4096], content[:100] + b"\xff" + content[101:], content[:tables] + b"\xff" + content[tables + 1:]):
            self.file(damaged, "bad")
            self.expect_error(["run", "bad"], 1, "'bad' ")

    def test_one_for_another_machine_or_weir_says_so(self):
        self.expect(["compile", "-O0", "--bounds", "checked", self.guest, "-o", "checked"], 0)
        self.expect_error(["run", "checked"], 1, "compiled for checked memory accesses", "--bounds checked")
        self.expect(["run", "--bounds", "checked", "checked"], 300_000 % 256)
        self.expect(["compile", "-O0", self.guest, "-o", "out"], 0)
        self.expect_error(["run", "--tier", "baseline", "out"], 2, "compiled already")

    def test_problems_leave_no_file(self):
        (self.folder / "folder").mkdir()
        for words, code, part in ((["compile", "-O0", self.guest, "-o", "none/out"], 1, "cannot write"),
                                  (["compile", "-O0", self.guest, "-o", "folder"], 1, "cannot write"),
                                  (["compile", "-O0", self.guest, "-o", self.guest], 2, "replace the module"),
                                  (["compile", "-O0", "none.wasm"], 1, "there is no file"),
                                  (["compile", "-O0", self.file("text", "t.wasm")], 1, "t.wasm"),
                                  (["compile"], 2, "which file"), (["compile", "a", "b"], 2, "one file"), (["compile", "-O9", "a"], 2, "no option"),
                                  (["compile", "a", "-o"], 2, "needs a value"), (["compile", "--threads", "0", "a"], 2, "--threads")):
            with self.subTest(words):
                before = sorted(os.listdir(self.folder))
                self.expect_error(words, code, part)
                self.assertEqual(sorted(os.listdir(self.folder)), before)
        self.assertIn(b"-o OUT", self.weir("compile", "--help").stdout)


class Invoke(Case):
    """Functions called by --invoke."""

    def setUp(self):
        super().setUp()
        m = wasm.Module()
        m.function(wasm.store(0, wasm.i32(40)), export="_initialize")
        m.function(wasm.load(0) + b"\x20\x00" + b"\x6a", export="add", params=[wasm.I32], results=[wasm.I32])
        m.function(b"\x20\x01\x20\x00", export="swap", params=[wasm.I32, wasm.I64], results=[wasm.I64, wasm.I32])
        m.function(wasm.UNREACHABLE, export="trap")
        self.library = self.file(m.bytes())

    def test_initialize_comes_first(self):
        done = self.weir("run", "--invoke", "add", self.library, "2")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"42\n", b""))

    def test_results_are_printed_one_a_line(self):
        done = self.weir("run", "--invoke=swap", self.library, "-1", "0x10")
        self.assertEqual((done.returncode, done.stdout), (0, b"16\n-1\n"))

    def test_a_trap_is_one(self):
        done = self.weir("run", "--invoke", "trap", self.library)
        self.assertEqual((done.returncode, done.stdout), (134, b""))
        self.assertIn(b"unreachable", done.stderr)

    def test_mistakes_say_the_signature(self):
        for words, code, parts in ((["ad"], 1, ["add [i32] -> [i32]", "did you mean add?"]),
                                   (["quite_different"], 1, ["swap [i32 i64] -> [i64 i32]"]),
                                   (["add"], 2, ["takes 1 argument, not 0", "add is [i32] -> [i32]"]),
                                   (["swap", "1"], 2, ["takes 2 arguments, not 1"]),
                                   (["add", "1.5"], 2, ["argument 1, '1.5', is not a 32-bit integer"])):
            with self.subTest(words):
                self.expect_error(["run", "--invoke", words[0], self.library, *words[1:]], code, *parts)

    def test_an_export_of_a_command(self):
        m = wasm.Module()
        m.function(wasm.UNREACHABLE, export="_start")
        m.function(wasm.i32(7), export="seven", results=[wasm.I32])
        done = self.weir("run", "--invoke", "seven", self.file(m.bytes()))
        self.assertEqual((done.returncode, done.stdout), (0, b"7\n"))


class Usage(Case):
    def test_help_fits_a_screen_and_shows_examples(self):
        for words in (["--help"], ["-h"], ["help"], ["run", "--help"], ["inspect", "-h"], ["build", "-h"], ["new", "-h"]):
            done = self.weir(*words)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            lines = done.stdout.decode().splitlines()
            self.assertLessEqual(len(lines), 24)
            self.assertLessEqual(max(map(len, lines)), 80)
            self.assertIn("Examples:", lines)

    def test_version(self):
        done = self.weir("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, rb"^weir \d+\.\d+\.\d+\n$")

    def test_mistakes_are_exit_code_2(self):
        for words, part in (([], "which file?"), (["run"], "which file?"), (["inspect"], "which file?"), (["--env"], "needs a value"),
                            (["--dirr", ".", "x"], "did you mean --dir?"), (["--env-inherit=1", "x"], "takes no value"),
                            (["--bounds", "often", "x"], "auto|guard|checked"), (["inspect", "a", "b"], "one file"),
                            (["inspect", "--threads", "0", "x"], "--threads"), (["--env", "=v", "x"], "names no variable"),
                            (["--env", "NOT_THERE", "x"], "no such variable"), (["--invoke"], "needs a value"),
                            (["--tier", "third", "x"], "auto|baseline|optimized")):
            self.expect_error(words, 2, part)

    def test_folder_mistakes(self):
        guest = self.file(wasm.exit_with(0))
        for value, part in ((".:rw", "':rw'"), ("a:b", "--dir a::b"), (".::/d:rx", "':rx'"), ("::/d", "host's folder is missing"), (".::", "guest's name"),
                            (":ro", "host's folder is missing")):
            self.expect_error(["--dir", value, guest], 2, part)
        self.expect_error(["--dir", "not-there", guest], 1, "cannot grant a folder", "not-there")

    def test_mapdir_is_said_in_weirs_words(self):
        for value, spelling in (("/guest::host/dir", "--dir host/dir::/guest"), ("/guest:host", "--dir host::/guest")):
            self.expect_error(["--mapdir", value, "x.wasm"], 2, spelling)
            self.expect_error([f"--mapdir={value}", "x.wasm"], 2, spelling)

    def on_terminal(self, *words, **environment):
        """Whether there is colour in what is printed on a terminal."""
        terminal, other_end = pty.openpty()
        try:
            subprocess.run([WEIR, *words], cwd=self.folder, stdout=other_end, stderr=other_end, env=environment, timeout=600, check=False)
            return b"\x1b[" in os.read(terminal, 65536)
        finally:
            os.close(terminal)
            os.close(other_end)

    def in_pipe(self, *words, **environment):
        done = self.weir(*words, env=environment)
        return b"\x1b[" in done.stdout + done.stderr

    def test_colour_only_on_terminals_unless_told_otherwise(self):
        guest = self.file(wasm.preopens())
        for words in (["nothing.wasm"], ["--help"], ["run", "--help"], ["--trace", guest]):
            self.assertTrue(self.on_terminal(*words, TERM="xterm"), words)
            self.assertFalse(self.on_terminal(*words, TERM="xterm", NO_COLOR="1"), words)
            self.assertFalse(self.on_terminal(*words, TERM="dumb"), words)
            self.assertFalse(self.on_terminal("--color=never", *words, TERM="xterm"), words)
            self.assertTrue(self.on_terminal("--color", "always", *words, TERM="xterm", NO_COLOR="1"), words)
            self.assertFalse(self.in_pipe(*words, TERM="xterm"), words)
            self.assertTrue(self.in_pipe(*words, CLICOLOR_FORCE="1"), words)
            self.assertFalse(self.in_pipe(*words, CLICOLOR_FORCE="0"), words)
            self.assertFalse(self.in_pipe(*words, CLICOLOR_FORCE="1", NO_COLOR="1"), words)
            self.assertTrue(self.in_pipe("--color=always", *words), words)

    def test_colour_is_an_option_of_every_command(self):
        for words in (["run", "--color=always", "x"], ["inspect", "--color", "always", "x"], ["compile", "x", "--color=always"],
                      ["cache", "rm", "--color=always"], ["personas", "--color=always"]):
            self.assertTrue(self.in_pipe(*words), words)
        self.expect_error(["run", "--color=pink", "x"], 2, "auto|always|never")
        self.expect_error(["--color"], 2, "auto|always|never")
        # It is not the program's: that gets what the shell had.
        guest = self.file(wasm.strings("environ_sizes_get", "environ_get"))
        self.expect(["--color=always", "--env-inherit", guest], 0, b"A=1\0", env={"A": "1"})


class Inspect(Case):
    def text(self, content, *options):
        done = self.weir("inspect", *options, self.file(content))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def test_command(self):
        text = self.text(wasm.preopens())
        for part in ("command: a program", "weir run x.wasm", "imports from wasi_snapshot_preview1 (3 things)", "fd_prestat_get", "[i32 i32] -> [i32]", "_start",
                     "memory, 1 pages"):
            self.assertIn(part, text)
        self.assertNotIn("MISSING", text)

    def test_missing_imports_are_marked(self):
        m = wasm.Module()
        m.import_function("fastly_log", "write", [wasm.I32], [wasm.I32])
        m.function(b"", export="_start")
        text = self.text(m.bytes())
        for part in ("edge service", "weir serve x.wasm"):
            self.assertIn(part, text)
        m = wasm.Module()
        m.import_function("wasi_snapshot_preview1", "no_such", [wasm.I32], [wasm.I32])
        m.function(b"", export="_start")
        text = self.text(m.bytes())
        for part in ("not with this weir", "MISSING"):
            self.assertIn(part, text)

    def test_custom_sections_and_producers(self):
        m = wasm.Module()
        m.function(b"", export="_start")
        producers = wasm.name("producers") + wasm.vector([wasm.name("language") + wasm.vector([wasm.name("Zig") + wasm.name("0.14")])])
        features = wasm.name("target_features") + wasm.vector([b"+" + wasm.name("simd128")])
        m.extra = wasm.section(0, producers) + wasm.section(0, features)
        text = self.text(m.bytes())
        for part in ("Zig 0.14", "simd128", "producers ("):
            self.assertIn(part, text)

    def test_compile_all_prints_one_line_of_figures(self):
        for options in ([], ["--threads", "2"]):
            self.assertRegex(self.text(wasm.preopens(), "--compile-all", *options),
                             r"^functions 1  wasm bytes \d+  code bytes \d+  seconds [\d.]+  MB/s [\d.]+\n$")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
