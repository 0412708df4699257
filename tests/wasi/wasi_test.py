#!/usr/bin/env python3
"""Runs the programs of tests/wasi under weir and compares them with what the host itself answers.

Usage: wasi_test.py WEIR GUESTS NATIVE [unittest's arguments]      (CTest gives the three: the command, the folders of the programs)

  posix/   each program runs natively and as a guest, in folders of their own; they must print the same lines. Where a difference is
           right, or Debian's wasi-libc makes it, DIFFERENCES says so; one that does not occur any more fails.
  raw/     programs that call the imports of preview 1 and know what to expect; see raw/raw.h.

The last test sums up the traces of all runs: each function of preview 1 must have succeeded and must have failed somewhere.
"""

import fcntl
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

WEIR = os.path.abspath(sys.argv[1])
GUESTS, NATIVE = pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]).resolve()
# In memory where that can be: the programs make and remove some 100,000 files.
TEMPORARY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

DIRECTORY_IS_NO_FILE = "a directory has no rights of files in WASI, so calls say what it is where POSIX has an answer"
# Of each program: (native line, guest's line, why), as regular expressions for whole lines.
DIFFERENCES = {
    "open": [
        (r"open '(\./|\./\.?/?|dir/\./|dir/\.\./)' .*creat excl.*: EEXIST.*", r".*: EISDIR.*",
         "a trailing slash with O_CREAT is refused before the name is looked at"),
    ],
    "waiting": [
        (r"the end: 1 hup", r"the end: 1 inhup", "wasi-libc calls whatever is to be read readable"),
        (r"nanosleep\(&negative, NULL\): EINVAL", r"nanosleep\(&negative, NULL\): 0", "wasi-libc takes less than nothing for nothing"),
    ],
    "io": [
        (r"ftruncate\(fd, 3\): EINVAL", r"ftruncate\(fd, 3\): (ENOTCAPABLE|EISDIR)", "not opened to write, which is a missing right"),
        (r"posix_fallocate\(fd, 0, 1\): EBADF", r"posix_fallocate\(fd, 0, 1\): (ENOTCAPABLE|EISDIR)", "the same"),
        (r"fdatasync\(fd\): 0", r"fdatasync\(fd\): EBADF", "wasi-libc asks for this right only for files that it opens to write"),
        (r"lseek\(fd, 0, SEEK_(CUR|SET)\): 0", r"lseek\(fd, 0, SEEK_(CUR|SET)\): EISDIR", DIRECTORY_IS_NO_FILE),
        (r"posix_fadvise\(fd, 0, 1, POSIX_FADV_NORMAL\): 0", r".*: EISDIR", DIRECTORY_IS_NO_FILE),
    ],
}


def tree_of(folder):
    """All that is in a folder: kinds, sizes, contents, times of modification."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path.relative_to(folder))] = (
            status.st_mode, status.st_nlink, status.st_mtime_ns,
            os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None)
    return found


class Feeder(threading.Thread):
    """Answers a program's lines "> TEXT" on its standard output with TEXT on its standard input."""

    def __init__(self, process):
        super().__init__()
        self.process, self.lines = process, []

    def run(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip(b"\n"))
            if not line.startswith(b"> "):
                continue
            if line == b"> end\n":
                self.process.stdin.close()
            elif not self.process.stdin.closed:
                self.process.stdin.write(line[2:-1])
                self.process.stdin.flush()


class Case(unittest.TestCase):
    outcomes = {}  # of each function of preview 1: the errnos it answered in all runs
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=TEMPORARY)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.trace = self.folder / "trace"

    def new_folder(self, name):
        (self.folder / name).mkdir()
        return self.folder / name

    def weir(self, *words):
        return [WEIR, "run", "--trace-json", "--trace-output", self.trace, *words]

    def note_trace(self):
        # Not parsed as JSON: that would take longer than the programs.
        for function, status in re.findall(rb'"function":"(\w+)".*"status":(?:"(\w+)"|null)', self.trace.read_bytes()):
            Case.outcomes.setdefault(function.decode(), set()).add(status.decode())

    def run_program(self, command, folder, stdin=subprocess.DEVNULL, **options):
        return subprocess.run(list(map(str, command)), cwd=folder, stdin=stdin, capture_output=True, timeout=600, **options)


class SameAsTheHost(Case):
    def commands(self, name, *arguments, options=()):
        native, guest = self.new_folder("native"), self.new_folder("guest")
        return (([NATIVE / name, *arguments], native),
                (self.weir("--dir", f"{guest}::.", *options, GUESTS / f"{name}.wasm", *arguments), guest))

    def expect_same(self, name, native, guest):
        """Lines of both; differences must be known ones, and all known ones occur."""
        known = [(re.compile(n, re.S), re.compile(g, re.S), why, []) for n, g, why in DIFFERENCES.get(name, [])]
        unknown = []
        for number, (n, g) in enumerate(zip(native, guest), 1):
            if n == g:
                continue
            for native_line, guest_line, _, uses in known:
                if native_line.fullmatch(n) and guest_line.fullmatch(g):
                    uses.append(number)
                    break
            else:
                unknown.append(f"line {number}:\n  native {n}\n  guest  {g}")
        self.assertFalse(unknown, f"{len(unknown)} lines differ\n" + "\n".join(unknown[:20]))
        self.assertEqual(len(native), len(guest))
        self.assertGreater(len(native), 5)
        for native_line, _, why, uses in known:
            self.assertTrue(uses, f"{name}: no line differs as {native_line.pattern} any more ({why})")

    def compare(self, name):
        results = []
        for command, folder in self.commands(name):
            done = self.run_program(command, folder)
            self.assertEqual(done.returncode, 0, (done.stdout[-300:], done.stderr[-2000:]))
            results.append(done.stdout.decode(errors="surrogateescape").split("\n"))
        self.expect_same(name, *results)
        self.note_trace()

    def test_open(self):
        self.compare("open")

    def test_names(self):
        self.compare("names")

    def test_io(self):
        self.compare("io")

    def test_times(self):
        self.compare("times")

    def test_directory(self):
        self.compare("directory")

    def test_streams(self):
        self.compare("streams")

    def test_environment(self):
        arguments = ["", " ", "a b", "caf\u00e9", b"\xff\xfe", "--dir", "-x=1", "a\nb", "x" * 5000]
        variables = {"NAME": "value", "EMPTY": "", "BYTES": b"\xff", "EQUALS": "a=b"}
        options = [word for name, value in variables.items() for word in ("--env", name.encode() + b"=" + os.fsencode(value))]
        results = []
        for command, folder in self.commands("environment", *arguments, options=options):
            command = [os.fsencode(part) for part in command]
            done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=600, env=variables)
            self.assertEqual(done.returncode, 0, done.stderr)
            results.append(done.stdout.decode(errors="surrogateescape").split("\n"))
        self.expect_same("environment", *results)
        self.note_trace()

    def test_waiting(self):
        results = []
        for command, folder in self.commands("waiting"):
            reader, writer = os.pipe()
            process = subprocess.Popen(list(map(str, command)), cwd=folder, stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdin = open(writer, "wb")
            feeder = Feeder(process)
            feeder.start()
            errors = process.stderr.read()
            feeder.join(600)
            self.assertEqual(process.wait(600), 0, errors)
            process.stdout.close()
            process.stderr.close()
            # A guest's flags are its own: whoever shares the pipe does not see them.
            if command[0] == WEIR:
                self.assertEqual(fcntl.fcntl(reader, fcntl.F_GETFL) & os.O_NONBLOCK, 0)
            os.close(reader)
            results.append([line.decode() for line in feeder.lines])
        self.expect_same("waiting", *results)
        self.note_trace()

    def test_exit_codes(self):
        guest = self.new_folder("guest")
        for how in ("return", "exit", "_exit"):
            for code in range(256) if how == "exit" else (0, 1, 2, 77, 124, 127, 128, 134, 254, 255):
                native = self.run_program([NATIVE / "exit", how, code], guest)
                done = self.run_program([WEIR, "run", GUESTS / "exit.wasm", how, code], guest)
                self.assertEqual((done.returncode, done.stdout), (native.returncode, native.stdout), (how, code))
                self.assertEqual(done.returncode, code)
        for code in (256, 257, 511, -1):  # the host would cut them off, and call 256 success
            self.assertEqual(self.run_program([WEIR, "run", GUESTS / "exit.wasm", "exit", code], guest).returncode, 255)
        done = self.run_program(self.weir(GUESTS / "exit.wasm", "abort"), guest)
        self.assertEqual(done.returncode, 134)
        self.run_program(self.weir(GUESTS / "exit.wasm", "exit", "3"), guest)
        self.note_trace()


class Imports(Case):
    def setUp(self):
        super().setUp()
        self.box, self.read_only, self.other = map(self.new_folder, ("box", "read-only", "other"))
        self.outside = self.new_folder("outside")
        (self.outside / "secret").write_text("secret")
        (self.read_only / "file").write_text("content")
        (self.read_only / "dir").mkdir()
        (self.read_only / "dir/inner").write_text("inner")
        (self.read_only / "link").symlink_to("file")
        (self.other / "kept").write_text("kept")

    def run_guest(self, name, stdin=subprocess.DEVNULL):
        untouched = tree_of(self.outside), tree_of(self.read_only)
        done = self.run_program(self.weir("--dir", f"{self.box}::/box", "--dir", f"{self.read_only}::/read-only:ro", "--dir",
                                          f"{self.other}::/other", "--env", "NAME=value", GUESTS / f"raw_{name}.wasm"),
                                self.folder, stdin)
        text = done.stdout.decode(errors="replace")
        self.assertEqual(done.returncode, 0, text + done.stderr.decode(errors="replace"))
        self.assertRegex(text, r"\A[1-9]\d* expectations, 0 unmet\n\Z")
        self.assertEqual((tree_of(self.outside), tree_of(self.read_only)), untouched)
        self.note_trace()

    def test_arguments(self):
        self.run_guest("arguments")

    def test_descriptors(self):
        self.run_guest("descriptors")

    def test_cookies(self):
        self.run_guest("cookies")

    def test_paths(self):
        (self.box / "relative").symlink_to("../outside")
        (self.box / "absolute").symlink_to(self.outside)
        (self.box / "secret").symlink_to("../outside/secret")
        (self.box / "descriptors").symlink_to("/proc/self/fd")
        self.run_guest("paths")

    def test_read_only(self):
        self.run_guest("read_only")

    def test_polling(self):
        self.run_guest("polling")

    def test_sockets(self):
        ours, guests = socket.socketpair()

        def echo():
            while part := ours.recv(100):
                ours.sendall(part)
            ours.close()

        echoing = threading.Thread(target=echo)
        echoing.start()
        with guests:
            self.run_guest("sockets", guests)
        echoing.join(600)


class ZCoverage(Case):
    """Runs last: unittest sorts by name."""

    # The rest has no way to succeed here: sock_accept needs a listening socket; the unit tests have one.
    NEVER_SUCCEEDS = {"sock_accept"}
    # These cannot fail but by what the binder tests, or do not return.
    NEVER_FAILS = {"proc_exit", "sched_yield"}
    SUCCESS = {"success", ""}

    def test_every_function_succeeded_and_failed(self):
        if not Case.outcomes:
            self.skipTest("the other tests did not run")
        self.assertEqual(len(Case.outcomes), 46, sorted(Case.outcomes))
        self.assertEqual({f for f, errnos in Case.outcomes.items() if not errnos & self.SUCCESS}, self.NEVER_SUCCEEDS)
        self.assertEqual({f for f, errnos in Case.outcomes.items() if not errnos - self.SUCCESS}, self.NEVER_FAILS)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
