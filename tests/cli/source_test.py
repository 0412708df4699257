#!/usr/bin/env python3
"""Tests of what the command weir does with sources: running, building and watching them, executables, and projects of `weir new`.

Usage: source_test.py WEIR [unittest's arguments]      (CTest gives it)
"""

import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from ports import free_port  # noqa: E402

WEIR = os.path.abspath(sys.argv[1])
CLANG, GO = shutil.which("clang++-22"), shutil.which("go")
HAS_SERVE = os.access(os.path.join(os.path.dirname(WEIR), "weir-serve"), os.X_OK)
# Compiling takes a second on an idle machine, and many on a busy one.
PATIENCE = 600

GO_CACHE = subprocess.run([GO, "env", "GOCACHE"], capture_output=True, text=True).stdout.strip() if GO else ""

HELLO = '#include <cstdio>\nint main(int argc, char** argv) { std::printf("hello %s\\n", argc > 1 ? argv[1] : "there"); }\n'
needs_clang = unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
needs_go = unittest.skipUnless(GO, "scripts/setup demos installs Go")


class Lines:
    """What a process writes to a pipe, line by line."""

    def __init__(self, process, file):
        self.process, self.lines, self.arrived, self.ended = process, [], threading.Condition(), False
        self.thread = threading.Thread(target=self.read, args=(file,), daemon=True)
        self.thread.start()

    def read(self, file):
        for line in file:
            with self.arrived:
                self.lines.append(line)
                self.arrived.notify_all()
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def wait_for(self, part, after=0):
        """The first line with `part` from number `after` on."""
        def found():
            return next((line for line in self.lines[after:] if part in line), None)
        with self.arrived:
            self.arrived.wait_for(lambda: found() is not None or self.ended, PATIENCE)
            line = found()
        assert line is not None, f"no line with {part!r} in {self.lines}"
        return line


class Case(unittest.TestCase):
    cache = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cache = folder.name

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def environment(self, **more):
        own = {name: os.environ[name] for name in ("PATH", "HOME", "GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS", "GOSUMDB")
               if name in os.environ}
        # Go's cache is in that folder, too, if it is not said where else.
        return {"GOCACHE": GO_CACHE, **own, "XDG_CACHE_HOME": self.cache, "GOTOOLCHAIN": "local", **more}

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    def weir(self, *words, env=None, program=WEIR):
        return subprocess.run([program, *map(str, words)], cwd=self.folder, env=self.environment() if env is None else env,
                              capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)

    def expect(self, words, stdout, code=0, **options):
        done = self.weir(*words, **options)
        self.assertEqual((done.stdout, done.returncode), (stdout, code), done.stderr)
        return done.stderr

    def expect_error(self, words, code, *parts, **options):
        done = self.weir(*words, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        return done.stderr

    def start(self, *words, program=WEIR, **options):
        process = subprocess.Popen([program, *map(str, words)], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        lines = Lines(process, process.stdout)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
            lines.thread.join(PATIENCE)
            process.stdout.close()
        self.addCleanup(end)
        return lines


def get(port, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@needs_clang
class RunningC(Case):
    def test_a_file_runs_and_all_behind_it_is_its_own(self):
        self.file("hello.cpp", HELLO)
        self.expect(["run", "hello.cpp", "--dir"], "hello --dir\n")
        self.expect(["hello.cpp"], "hello there\n")
        self.file("hello.c", "#include <stdio.h>\nint main(void) { puts(\"C\"); return 3; }\n")
        self.expect(["run", "hello.c"], "C\n", code=3)

    def test_a_folder_is_all_files_in_it_c_and_cpp(self):
        self.file("p/main.cpp", '#include "more.h"\nint main() { return more(); }\n')
        self.file("p/include/more.h", '#ifdef __cplusplus\nextern "C"\n#endif\nint more(void);\n')
        self.file("p/more.c", '#include <stdio.h>\n#include "more.h"\nint more(void) { puts("more"); return 4; }\n')
        self.expect(["run", "p"], "more\n", code=4)

    def test_the_sdk_is_found(self):
        self.file("url.cpp", '#include <weir/http.hpp>\n#include <cstdio>\n'
                  'int main() { std::printf("%d\\n", weir::http::Url::parse("http://a:81")->port); }\n')
        self.expect(["run", "url.cpp"], "81\n")

    def test_compilers_errors_are_shown_as_they_are(self):
        self.file("x.cpp", "int main() { return nothing; }\n")
        text = self.expect_error(["run", "x.cpp"], 1, "x.cpp:1:21: error: use of undeclared identifier 'nothing'")
        self.assertNotIn("hint:", text)
        self.file("y.cpp", "int missing(); int main() { return missing(); }\n")
        self.expect_error(["run", "y.cpp"], 1, "undefined symbol: missing")

    def test_a_trap_has_the_sources_lines(self):
        self.file("x.cpp", "#include <cstdlib>\nint main() {\n  __builtin_trap();\n}\n")
        self.expect_error(["run", "x.cpp"], 134, "x.cpp:3")

    def test_functions_of_a_library_are_called(self):
        self.file("lib.cpp", "#include <weir/export.hpp>\nWEIR_EXPORT(int, add, (int a, int b)) { return a + b; }\n")
        self.expect(["run", "--invoke", "add", "lib.cpp", "40", "2"], "42\n")
        # The command that it is not: weir says what there is instead.
        self.expect_error(["run", "lib.cpp"], 1, "is not a command", "add")

    def test_a_missing_compiler(self):
        self.file("hello.cpp", HELLO)
        self.expect_error(["run", "hello.cpp"], 1, "there is no compiler for C++", "apt-get install clang-22",
                          env=self.environment(PATH="/nothing"))
        self.expect_error(["run", "hello.cpp"], 1, "there is no compiler 'nothing'", "WEIR_CXX", env=self.environment(WEIR_CXX="nothing"))

    def test_a_folder_without_a_program(self):
        self.file("p/README", "")
        self.expect_error(["run", "p"], 1, "'p' is a folder that holds no program")

    def test_options_for_the_compiler(self):
        self.file("x.c", "#include <stdio.h>\nint main(void) { puts(TEXT); }\n")
        self.expect(["run", "x.c"], "given\n", env=self.environment(WEIR_CFLAGS='-DTEXT="given" -DMORE'))


@needs_clang
class Caching(Case):
    """A compiler that counts its calls stands before the real one."""

    def setUp(self):
        super().setUp()
        self.calls = self.folder / "calls"
        compiler = self.folder / "counting"
        compiler.write_text(f'#!/bin/sh\necho "$@" >> "{self.calls}"\nexec "{CLANG}" "$@"\n')
        compiler.chmod(0o755)
        self.env = self.environment(WEIR_CXX=str(compiler), XDG_CACHE_HOME=str(self.folder / "cache"))

    def run_and_count(self, stdout, *words):
        """How many files were compiled, and whether the linker ran."""
        self.calls.write_text("")
        self.expect(["run", *(words or ["p"])], stdout, env=self.env)
        calls = self.calls.read_text().splitlines()
        return sum(" -c " in call for call in calls), any(" -c " not in call for call in calls)

    def test_what_has_not_changed_is_not_compiled(self):
        self.file("p/a.cpp", '#include <cstdio>\n#include "text.hpp"\nint b();\nint main() { std::puts(text()); return b(); }\n')
        self.file("p/b.cpp", "int b() { return 0; }\n")
        self.file("p/text.hpp", 'inline const char* text() { return "one"; }\n')
        self.assertEqual(self.run_and_count("one\n"), (2, True))
        self.assertEqual(self.run_and_count("one\n"), (0, False))
        os.utime(self.folder / "p/b.cpp")  # another time, the same content
        self.assertEqual(self.run_and_count("one\n"), (0, False))
        # Whose times were looked at is stamped exactly when it changes (Linux 6.13), and is older than what comes next all the same.
        os.stat(self.folder / "p/text.hpp")
        self.file("p/text.hpp", 'inline const char* text() { return "two"; }\n')
        self.assertEqual(self.run_and_count("two\n"), (1, True))
        self.assertEqual(self.run_and_count("two\n"), (0, False))
        # What was there before is found again: the object by its content, so no more than one is compiled and nothing linked.
        self.file("p/text.hpp", 'inline const char* text() { return "one"; }\n')
        self.assertEqual(self.run_and_count("one\n"), (1, False))
        self.env["WEIR_CXXFLAGS"] = "-DOTHER"
        self.assertEqual(self.run_and_count("one\n"), (2, True))

    def test_without_a_cache_nothing_stays(self):
        self.file("p/a.cpp", HELLO)
        self.assertEqual(self.run_and_count("hello there\n", "--no-cache", "p"), (1, True))
        self.assertEqual(self.run_and_count("hello there\n", "--no-cache", "p"), (1, True))
        self.assertFalse((self.folder / "cache").exists())

    def test_the_cache_command_removes_it(self):
        self.file("p/a.cpp", HELLO)
        self.run_and_count("hello there\n")
        built = self.folder / "cache/weir/built"
        self.assertEqual({path.suffix for path in built.iterdir()}, {".wasm", ".object", ".inputs"})
        self.assertIn("removed", self.weir("cache", "rm", "--all", env=self.env).stdout)
        self.assertEqual(list(built.iterdir()), [])


@needs_go
class RunningGo(Case):
    def test_a_folder_a_file_and_a_package_in_a_module(self):
        self.file("p/go.mod", "module p\n\ngo 1.24\n")
        self.file("p/main.go", 'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() { fmt.Println(text, os.Args[1:]) }\n')
        self.file("p/text.go", 'package main\n\nconst text = "go"\n')
        self.expect(["run", "p", "-x"], "go [-x]\n")
        self.file("p/cmd/one/one.go", 'package main\n\nfunc main() { println("one") }\n')
        self.expect_error(["run", "p/cmd/one"], 0, "one\n")
        self.expect_error(["run", "p/cmd/one/one.go"], 0, "one\n")
        self.file("p/text.go", "package main\n\nconst text = nothing\n")
        self.expect_error(["run", "p"], 1, "text.go:3")

    def test_functions_of_a_library_are_called(self):
        self.file("lib.go", "package main\n\n//go:wasmexport add\nfunc add(a, b int32) int32 { return a + b }\n\nfunc main() {}\n")
        self.expect(["run", "--invoke", "add", "lib.go", "40", "2"], "42\n")

    def test_a_missing_go(self):
        if os.path.exists("/usr/local/go/bin/go"):
            self.skipTest("weir looks for Go where it is, also without PATH")
        self.file("x.go", "package main\n\nfunc main() {}\n")
        self.expect_error(["run", "x.go"], 1, "there is no Go", "https://go.dev/dl/", env=self.environment(PATH="/nothing"))


@needs_clang
class Building(Case):
    def test_a_module_is_written(self):
        self.file("hello.cpp", HELLO)
        self.expect(["build", "hello.cpp"], "")
        self.expect(["run", "hello.wasm"], "hello there\n")
        self.expect(["build", "--release", "-o", "small.wasm", "hello.cpp"], "")
        self.assertNotIn(b".debug_info", (self.folder / "small.wasm").read_bytes())
        self.assertIn(b".debug_info", (self.folder / "hello.wasm").read_bytes())
        self.file("p/main.cpp", HELLO)
        self.expect(["build", "p"], "")
        self.expect(["run", "p.wasm"], "hello there\n")

    def test_what_cannot_be_built(self):
        self.file("hello.cpp", HELLO)
        self.expect_error(["build", "x.wasm"], 1, "there is no file 'x.wasm'")
        self.expect(["build", "-o", "x.wasm", "hello.cpp"], "")
        self.expect_error(["build", "x.wasm"], 2, "is no source to build", "--exe")
        self.expect_error(["build", "hello.cpp", "more.cpp"], 2, "takes one file or folder")
        self.expect_error(["build", "--nothing"], 2, "no option --nothing")
        self.expect_error(["build", "--dir", ".", "hello.cpp"], 2, "--exe")
        self.expect_error(["build", "-o", ".", "hello.cpp"], 2, "is a folder")
        self.file("bad.cpp", "int main() { return x; }\n")
        self.expect_error(["build", "bad.cpp"], 1, "bad.cpp:1:21: error")
        self.assertFalse((self.folder / "bad.wasm").exists())

    def test_compile_takes_sources(self):
        self.file("hello.cpp", HELLO)
        self.expect(["compile", "-O0", "hello.cpp", "-o", "hello.weir"], "")
        self.expect(["run", "hello.weir"], "hello there\n")


@needs_clang
class Executables(Case):
    def build(self, *words):
        done = self.weir("build", "--exe", "-O0", *words)
        if "linked dynamically" in done.stderr:
            self.skipTest("this weir is not static")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_it_is_a_program_of_its_own(self):
        self.file("hello.cpp", HELLO)
        self.build("-o", "hello", "hello.cpp")
        self.expect(["--dir"], "hello --dir\n", program=self.folder / "hello", env={})
        # Under any name, also one that weir itself would take for a tool's.
        os.rename(self.folder / "hello", self.folder / "viceroy")
        self.expect(["x"], "hello x\n", program=self.folder / "viceroy", env={})

    def test_of_a_module(self):
        self.file("hello.cpp", HELLO)
        self.expect(["build", "hello.cpp"], "")
        self.build("hello.wasm")
        self.expect([], "hello there\n", program=self.folder / "hello", env={})

    def test_grants_are_those_of_the_build(self):
        self.file("x.cpp", """
            #include <cstdio>
            #include <cstdlib>
            int main() {
              std::FILE* file = std::fopen("/data/text", "r");
              char line[20] = "nothing";
              if (file) std::fgets(line, sizeof line, file);
              const char* name = std::getenv("NAME");
              std::printf("%s %s\\n", line, name ? name : "nobody");
            }""")
        self.file("d/text", "words")
        self.build("--dir", "d::/data:ro", "--env", "NAME=n", "-o", "granted", "x.cpp")
        self.expect([], "words n\n", program=self.folder / "granted", env={})
        self.build("-o", "bare", "x.cpp")
        self.expect([], "nothing nobody\n", program=self.folder / "bare", env={"NAME": "n"})
        self.expect_error(["build", "--exe", "--dir", "x:rw", "x.cpp"], 2, "--dir 'x:rw' is not understood")
        self.expect_error(["build", "--exe", "--timeout", "soon", "x.cpp"], 2, "--timeout")

    def test_traps_and_exit_codes(self):
        self.file("x.cpp", "#include <cstdlib>\nint main(int argc, char**) { if (argc > 1) __builtin_trap(); return 7; }\n")
        self.build("-o", "x", "x.cpp")
        self.expect([], "", code=7, program=self.folder / "x", env={})
        self.assertIn("the guest trapped", self.expect(["y"], "", code=134, program=self.folder / "x", env={}))

    def test_what_none_is_made_of(self):
        self.file("lib.cpp", "#include <weir/export.hpp>\nWEIR_EXPORT(int, add, (int a, int b)) { return a + b; }\n")
        self.expect_error(["build", "--exe", "lib.cpp"], 1, "is a library")
        self.file("edge.cpp", "#include <weir/fastly.hpp>\n"
                  'int main() { return weir::fastly::serve([](weir::fastly::Request&) { return weir::fastly::Response{"x"}; }); }\n')
        self.expect_error(["build", "--exe", "edge.cpp"], 1, "is an edge service")

    def test_damaged_ones_say_so(self):
        self.file("hello.cpp", HELLO)
        self.build("-o", "hello", "hello.cpp")
        program = self.folder / "hello"
        whole = program.read_bytes()
        program.write_bytes(whole[:-4096])
        self.expect_error([], 1, "is damaged", program=program, env={})

    @unittest.skipUnless(os.geteuid() == 0, "chroot takes root")
    def test_on_a_machine_that_has_nothing(self):
        # Hot enough for the optimizer to be asked for, which is not there.
        self.file("x.cpp", """
            #include <cstdio>
            #include <cstdint>
            #include <cstdlib>
            __attribute__((noinline)) uint64_t work(uint64_t n, uint64_t x) { while (n--) x = x * 6364136223846793005u + 1; return x; }
            int main(int, char** argv) { std::printf("%llu\\n", (unsigned long long)work(std::strtoul(argv[1], nullptr, 10), 1)); }""")
        (self.folder / "root").mkdir()
        self.build("-o", "root/x", "x.cpp")
        done = subprocess.run([shutil.which("chroot"), self.folder / "root", "/x", "30000000"], capture_output=True, text=True, timeout=PATIENCE, env={})
        x = 1
        a, c, n, mask = 6364136223846793005, 1, 30000000, (1 << 64) - 1
        while n:  # n steps at once, by doubling
            if n & 1:
                x = (x * a + c) & mask
            a, c, n = a * a & mask, c * (a + 1) & mask, n >> 1
        self.assertEqual((done.stdout, done.stderr, done.returncode), (f"{x}\n", "", 0))


@needs_clang
class Watching(Case):
    def test_an_edit_is_live(self):
        self.file("p/main.cpp", '#include <cstdio>\n#include "text.hpp"\nint main() { std::puts(text); }\n')
        self.file("p/text.hpp", 'constexpr const char* text = "one";\n')
        lines = self.start("run", "--watch", "p")
        lines.wait_for("one")
        lines.wait_for("it ended with exit code 0")
        self.file("p/text.hpp", 'constexpr const char* text = "two";\n')
        lines.wait_for("two")
        # What does not compile is shown, and waited for.
        self.file("p/text.hpp", "nonsense\n")
        lines.wait_for("error: unknown type name 'nonsense'")
        self.file("p/text.hpp", 'constexpr const char* text = "three";\n')
        lines.wait_for("three")
        # A file that is new counts as well.
        self.file("p/more.cpp", '#include <cstdio>\n[[gnu::constructor]] static void begin() { std::puts("more"); }\n')
        lines.wait_for("more")

    def test_what_runs_is_stopped(self):
        port = free_port()
        text = """
            #include <weir/http.hpp>
            int main() {{
              auto listener = weir::net::Listener::listen(weir::net::Address::loopback({port}));
              if (!listener) return 1;
              weir::async::Loop loop;
              const auto answer = [](weir::http::Request&, weir::http::Response& response) {{ response.set_body("{text}"); }};
              return loop.run(weir::http::serve(loop, std::move(*listener), answer)) ? 0 : 1;
            }}"""
        self.file("s.cpp", text.format(port=port, text="one"))
        lines = self.start("run", "--watch", "--net=tcp:listen", "s.cpp")

        def answers(wanted):
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                try:
                    if get(port)[1] == wanted:
                        return True
                except OSError:
                    pass
                time.sleep(0.05)
            return False
        self.assertTrue(answers("one"), lines.lines)
        self.file("s.cpp", text.format(port=port, text="two"))
        self.assertTrue(answers("two"), lines.lines)
        lines.process.send_signal(signal.SIGTERM)
        self.assertEqual(lines.process.wait(PATIENCE), 143)
        with self.assertRaises(OSError):  # nothing is left that serves
            get(port)

    def test_a_source_that_is_broken_at_first(self):
        self.file("x.cpp", "nonsense\n")
        lines = self.start("run", "--watch", "x.cpp")
        lines.wait_for("waiting for a change")
        self.file("x.cpp", HELLO)
        lines.wait_for("hello there")
        lines.process.send_signal(signal.SIGINT)
        self.assertEqual(lines.process.wait(PATIENCE), 130)

    @needs_go
    def test_go(self):
        self.file("p/go.mod", "module p\n\ngo 1.24\n")
        self.file("p/main.go", 'package main\n\nimport "p/text"\n\nfunc main() { println(text.Text) }\n')
        self.file("p/text/text.go", 'package text\n\nconst Text = "one"\n')
        lines = self.start("run", "--watch", "p")
        lines.wait_for("one")
        lines.wait_for("it ended with exit code 0")
        self.file("p/text/text.go", 'package text\n\nconst Text = "two"\n')
        lines.wait_for("two")


class NewProjects(Case):
    def make(self, kind, language):
        self.expect_error(["new", kind, "my-thing", "--lang", language], 0)
        self.assertNotIn("@NAME@", "".join(path.read_text() for path in (self.folder / "my-thing").iterdir()))

    def check_http(self, language):
        self.make("http", language)
        port = free_port()
        lines = self.start("run", f"--net=tcp:listen=127.0.0.1:{port}", "my-thing", f"127.0.0.1:{port}")
        lines.wait_for(f"Serving on http://127.0.0.1:{port}/")
        self.assertEqual(get(port), (200, "Hello, World!\n"))
        self.assertEqual(get(port, "/other")[0], 404)

    def check_fastly(self, language):
        self.make("fastly", language)
        lines = self.start("serve", "--watch", "--addr", "127.0.0.1:0", "my-thing")
        port = int(lines.wait_for("Listening on http://").rpartition(":")[2])
        self.assertEqual(get(port), (200, "Hello, World!\n"))
        self.assertEqual(get(port, "/other")[0], 404)
        source = next((self.folder / "my-thing").glob("main.*"))
        source.write_text(source.read_text().replace("Hello, World!", "Changed"))
        lines.wait_for("Reloaded")
        self.assertEqual(get(port), (200, "Changed\n"))

    def check_command(self, language):
        self.make("command", language)
        self.expect(["run", "my-thing", "you"], "Hello, you!\n")
        done = subprocess.run(["make", "-s", "build", "run"], cwd=self.folder / "my-thing", env=self.environment(WEIR=WEIR),
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertTrue(done.stdout.endswith("Hello, world!\n"), done)
        self.expect(["run", "my-thing/my-thing.wasm"], "Hello, world!\n")

    def check_reactor(self, language):
        self.make("reactor", language)
        self.expect(["run", "--invoke", "add", "my-thing", 2, 3], "5\n")
        self.expect(["build", "--reactor", "-o", "x.wasm", "my-thing"], "")
        self.expect(["run", "--invoke", "add", "x.wasm", 2, 3], "5\n")

    def test_mistakes(self):
        self.file("full/x", "")
        self.expect_error(["new", "full"], 1, "'full' is there already")
        self.expect_error(["new"], 2, "which name?")
        self.expect_error(["new", "http"], 2, "which name?")
        self.expect_error(["new", "htpp", "x"], 2, "no kind of project 'htpp'")
        self.expect_error(["new", "x", "--lang", "rust"], 2, "no project in 'rust'")
        self.expect_error(["new", "a b"], 2, "'a b' is no name for a project")
        self.expect_error(["new", "nothing/x"], 1, "cannot make 'nothing/x'")

    def test_an_empty_folder_is_filled(self):
        (self.folder / "p").mkdir()
        self.assertIn("main.cpp", self.weir("new", "p").stdout)
        self.assertTrue((self.folder / "p/main.cpp").exists())


for kind in ("command", "http", "fastly", "reactor"):
    for language, needs in (("c++", needs_clang), ("go", needs_go)):
        def test(self, check=f"check_{kind}", language=language):
            getattr(self, check)(language)
        if kind == "fastly":
            test = unittest.skipUnless(HAS_SERVE, "this weir has no edge server")(test)
        setattr(NewProjects, f"test_{kind}_in_{'cpp' if language == 'c++' else language}", needs(test))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
