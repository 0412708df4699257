#!/usr/bin/env python3
"""Provokes weir's messages and compares them with docs/errors.md, which is made of them.

Usage: errors_test.py WEIR PAGE [--update]      (CTest gives the first two; --update writes the page anew)
"""

import difflib
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

import wasm_module as wasm

WEIR = pathlib.Path(sys.argv[1]).resolve()
PAGE = pathlib.Path(sys.argv[2])
HEAD = """# Messages and what to do about them

Every mistake here is provoked by a test, which compares what weir says with this page. Messages go to standard error, in this form:

    error: what went wrong, and with what
    because why
    hint: what to do about it

Exit codes: 1 when a file cannot be run, 2 for mistakes in the command line, 124 after a timeout, 134 after a trap; all others are the program's own.
"""
I32, I64 = wasm.I32, wasm.I64


def start(body, **options):
    m = wasm.Module()
    m.function(body, export="_start", label="_start", **options)
    return m.bytes()


def importing(*imports, start_too=True):
    m = wasm.Module()
    for module, name, params, results in imports:
        m.import_function(module, name, params, results)
    if start_too:
        m.function(b"", export="_start")
    return m.bytes()


def library():
    m = wasm.Module()
    m.function(wasm.i32(4), export="primes", params=[I32], results=[I32])
    m.function(wasm.i32(4), export="sum", params=[I32, 0x7C], results=[I32])
    return m.bytes()


def binder(port):
    """Opens a TCP socket and binds it (WasmEdge's first version), then exits with the errno."""
    m = wasm.Module()
    sock_open = m.wasi("sock_open", [I32, I32, I32])
    sock_bind = m.wasi("sock_bind", [I32, I32, I32])
    proc_exit = m.wasi("proc_exit", [I32], [])
    m.function(wasm.i32(1) + wasm.i32(2) + wasm.i32(16) + wasm.call(sock_open) + wasm.DROP +
               wasm.store(32, wasm.i32(64)) + wasm.store(36, wasm.i32(4)) +
               wasm.load(16) + wasm.i32(32) + wasm.i32(port) + wasm.call(sock_bind) + wasm.call(proc_exit), export="_start")
    m.data.append((64, bytes([127, 0, 0, 1])))
    return m.bytes()


def opener(count):
    """Opens its first folder so many times, and exits with 0."""
    m = wasm.Module()
    path_open = m.wasi("path_open", [I32, I32, I32, I32, I32, I64, I64, I32, I32])
    i64_0 = b"\x42\x00"
    one = wasm.i32(3) + wasm.i32(0) + wasm.i32(64) + wasm.i32(1) + wasm.i32(0) + i64_0 + i64_0 + wasm.i32(0) + wasm.i32(16) + wasm.call(path_open) + wasm.DROP
    m.function(one * count, export="_start")
    m.data.append((64, b"."))
    return m.bytes()


def recursion():
    m = wasm.Module()
    m.function(wasm.call(0), export="_start", label="_start")
    return m.bytes()


def growing(pages):
    m = wasm.Module()
    m.function(wasm.i32(pages) + b"\x40\x00" + wasm.DROP, export="_start")
    return m.bytes()


HELLO = wasm.writer(b"Hello\n")
SERVICE = importing(("fastly_abi", "init", [I64], [I32]), ("fastly_http_req", "body_downstream_get", [I32, I32], [I32]))
FILES = {
    "hello.wasm": HELLO,
    "library.wasm": library(),
    "service.wasm": SERVICE,
    "empty.wasm": b"",
    "cut.wasm": HELLO[:40],
    "damaged.wasm": HELLO[:8] + b"\x0d" + HELLO[9:],
    "invalid.wasm": start(wasm.i32(1)),
    "component.wasm": b"\0asm\x0d\0\1\0",
    "module.wat": b"(module)\n",
    "hello.go": b"package main\n",
    "notes.txt": b"Notes\n",
    "tool": b"\x7fELF\x02\x01\x01" + bytes(60),
    "tool.tar.gz": b"\x1f\x8b\x08\x00" + bytes(20),
    "unlinked.wasm": importing(("wasi_snapshot_preview1", "fd_raed", [I32] * 4, [I32]), ("env", "puts", [I32], [I32])),
    "preview2.wasm": importing(("wasi:cli/stdout@0.2.0", "get-stdout", [], [I32])),
    "othertype.wasm": importing(("wasi_snapshot_preview1", "fd_write", [I32] * 3, [I32])),
    "no-exports.wasm": wasm.Module(memory=False).bytes(),
    "binder.wasm": binder(3000),
    "unreachable.wasm": wasm.trap_in(wasm.UNREACHABLE),
    "divide.wasm": wasm.trap_in(wasm.i32(1) + wasm.i32(0) + b"\x6d" + wasm.DROP),
    "memory.wasm": wasm.trap_in(wasm.i32(-4) + b"\x28\x02\x00" + wasm.DROP),
    "recursion.wasm": recursion(),
    "endless.wasm": start(wasm.LOOP + wasm.BR_0 + wasm.END),
    "growing.wasm": growing(100),
    "opener.wasm": opener(3),
    "syntax.toml": b"[local_server\n",
    "wrong.toml": b"[local_server.backends.origin]\nurl = 3\n\n[local_server.dictionaries.words]\nformat = \"yaml\"\n",
    "cert.pem": b"not a certificate\n",
}


class Case:
    def __init__(self, command, note="", before=None):
        self.command, self.note, self.before = command, note, before


SECTIONS = [
    ("The file", "What is given to weir as a program, and is none.", [
        Case("weir helo.wasm"),
        Case("weir isnpect hello.wasm", "A word that is no command is taken for a file."),
        Case("weir run folder"),
        Case("weir empty.wasm"),
        Case("weir cut.wasm"),
        Case("weir damaged.wasm"),
        Case("weir invalid.wasm"),
        Case("weir component.wasm"),
        Case("weir module.wat"),
        Case("weir inspect hello.go"),
        Case("weir build --exe notes.txt"),
        Case("weir tool"),
        Case("weir tool.tar.gz"),
        Case("weir compile hello.weir", "A program that `weir compile` made is compiled already.", "weir compile -O0 hello.wasm"),
    ]),
    ("The command line", "", [
        Case("weir"),
        Case("weir run"),
        Case("weir run --dri . hello.wasm"),
        Case("weir run --frobnicate hello.wasm"),
        Case("weir run --timeout"),
        Case("weir run --timeout soon hello.wasm"),
        Case("weir run --max-memory much hello.wasm"),
        Case("weir run --tier best hello.wasm"),
        Case("weir run --env-inherit=yes hello.wasm"),
        Case("weir run --color=pink hello.wasm"),
        Case("weir run --mapdir /data::./data hello.wasm", "The spelling of other tools."),
        Case("weir run --trace=files hello.wasm"),
        Case("weir inspect hello.wasm library.wasm"),
        Case("weir compile -O9 hello.wasm"),
        Case("weir compile hello.wasm -o hello.wasm"),
        Case("weir compile hello.wasm -o no/such/folder/out"),
        Case("weir inspect --asm nothing hello.wasm"),
        Case("weir cache"),
        Case("weir cache remove hello.wasm"),
        Case("weir cache prune much"),
        Case("weir cache rm other.wasm"),
        Case("weir completions tcsh"),
        Case("weir personas"),
    ]),
    ("Folders, variables and the network", "A program reaches what it was granted and nothing else. What it says when something is refused is its own affair; "
     "`weir run --trace` shows each call and its answer.", [
        Case("weir run --dir data hello.wasm"),
        Case("weir run --dir data:/data hello.wasm"),
        Case("weir run --dir folder::/data:rw hello.wasm"),
        Case("weir run --cwd /data hello.wasm"),
        Case("weir run --dir folder --cwd folder hello.wasm"),
        Case("weir run --env NO_SUCH_VARIABLE hello.wasm"),
        Case("weir run --env =value hello.wasm"),
        Case("weir run --stdin nothing.txt hello.wasm"),
        Case("weir run binder.wasm", "The exit code is the program's own: it got EACCES, and ended with that number."),
        Case("weir run --net=tcp:connect binder.wasm"),
        Case("weir run --net=http hello.wasm"),
        Case("weir run --net=tcp:listen=127.0.0.1:many hello.wasm"),
        Case("weir run --listen 127.0.0.1 hello.wasm"),
        Case("weir run --listen 127.0.0.1:PORT hello.wasm", "Another program listens there already."),
    ]),
    ("What a module imports", "", [
        Case("weir unlinked.wasm", "All that is missing is named at once."),
        Case("weir othertype.wasm"),
        Case("weir preview2.wasm"),
        Case("weir run service.wasm"),
    ]),
    ("Calling functions", "", [
        Case("weir library.wasm"),
        Case("weir no-exports.wasm"),
        Case("weir run --invoke prime library.wasm 10"),
        Case("weir run --invoke primes library.wasm"),
        Case("weir run --invoke sum library.wasm 1 two"),
    ]),
    ("Traps", "Frames of the program, the innermost first; with lines of its source where it was compiled with `-g`.", [
        Case("weir unreachable.wasm"),
        Case("weir divide.wasm"),
        Case("weir memory.wasm"),
        Case("weir run --max-stack 64KiB recursion.wasm"),
    ]),
    ("Limits", "", [
        Case("weir run --timeout 100ms endless.wasm"),
        Case("weir run --fuel 1000 endless.wasm"),
        Case("weir run --max-memory 1MiB growing.wasm", "The program is told, too: memory.grow answered -1. This one took no notice."),
        Case("weir run --max-memory 1KiB hello.wasm"),
        Case("weir run --dir . --max-open-files 5 opener.wasm"),
        Case("weir run --dir . --max-open-files 3 hello.wasm"),
        Case("weir run --max-stack 1 hello.wasm"),
    ]),
    ("Compiled programs", "", [
        Case("weir run --tier baseline hello.weir", before="weir compile -O0 hello.wasm"),
        Case("weir run changed.weir", "A byte of it was changed.", "weir compile -O0 hello.wasm -o changed.weir"),
        Case("weir run checked.weir", before="weir compile -O0 --bounds checked hello.wasm -o checked.weir"),
    ]),
    ("weir serve", "", [
        Case("weir serve"),
        Case("weir serve absent.wasm"),
        Case("weir serve library.wasm"),
        Case("weir serve -C absent.toml service.wasm"),
        Case("weir serve -C syntax.toml service.wasm"),
        Case("weir serve -C wrong.toml service.wasm", "All mistakes of a file are told at once."),
        Case("weir serve --addr nowhere service.wasm"),
        Case("weir serve --addr 127.0.0.1:PORT service.wasm", "Another program listens there already."),
        Case("weir serve --tls-cert cert.pem service.wasm"),
        Case("weir serve --tls-cert cert.pem --tls-key cert.pem service.wasm"),
        Case("weir serve --workers many service.wasm"),
        Case("weir serve --wrokers 2 service.wasm"),
        Case("weir serve --request-timeout soon service.wasm"),
        Case("weir serve --once request.txt service.wasm"),
        Case("weir serve --request 'GET' service.wasm"),
        Case("weir serve --data x service.wasm"),
        Case("weir serve hello.wasm library.wasm"),
    ]),
    ("In the place of other tools", "[drop-in.md](drop-in.md) has what each flag becomes.", [
        Case("wasmtime --dri . hello.wasm"),
        Case("wasmtime -D coredump=core hello.wasm"),
        Case("wasmtime serve hello.wasm"),
        Case("wazero run -mount data:/data hello.wasm"),
        Case("wasmer run --use python hello.wasm"),
        Case("wasmedge --time-limit 50 endless.wasm", "What weir would say of its own options is said of the tool's."),
        Case("viceroy --log-stdout service.wasm"),
        Case("weir personas folder/taken", "One of the names is another program's."),
    ]),
]


class Provoker:
    def __init__(self, folder):
        self.folder = folder
        for name, content in FILES.items():
            (folder / name).write_bytes(content)
        (folder / "folder/taken").mkdir(parents=True)
        (folder / "folder/taken/wasmer").write_text("another program")
        self.bin = folder / ".bin"
        self.bin.mkdir()
        for name in ("weir", "wasmtime", "wazero", "wasmedge", "wasmer", "viceroy"):
            (self.bin / name).symlink_to(WEIR)
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.port = str(self.listener.getsockname()[1])

    def shell(self, command):
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.folder / ".home"), "LC_ALL": "C"}
        return subprocess.run(["bash", "-c", "exec " + command.replace("PORT", self.port)], cwd=self.folder, env=environment, capture_output=True, text=True,
                              timeout=600, stdin=subprocess.DEVNULL)

    def provoke(self, case):
        if case.before:
            done = self.shell(case.before)
            assert done.returncode == 0, f"{case.before}: {done.stderr}"
        if "changed.weir" in case.command:
            file = self.folder / "changed.weir"
            content = bytearray(file.read_bytes())
            content[64 + 16] ^= 0xFF  # in weir's own header, behind that of ELF
            file.write_bytes(content)
        done = self.shell(case.command)
        text = done.stdout + done.stderr
        text = text.replace(f":{self.port}", ":3000").replace(str(self.folder) + "/", "")
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "2026-01-01T00:00:00.000000Z", text)
        shown = case.command.replace("PORT", "3000")
        return f"$ {shown}\n{text.rstrip()}\n[exit code {done.returncode}]\n", done.returncode


def page():
    out = HEAD
    problems = []
    with tempfile.TemporaryDirectory() as name:
        provoker = Provoker(pathlib.Path(name))
        for title, text, cases in SECTIONS:
            out = out.rstrip("\n") + f"\n\n## {title}\n\n" + (text + "\n\n" if text else "")
            for case in cases:
                if case.note:
                    out += case.note + "\n\n"
                shown, code = provoker.provoke(case)
                if code in (0, 126, 127) and "growing" not in case.command and "opener" not in case.command or code < 0:
                    problems.append(f"{case.command}: exit code {code}\n{shown}")
                out += "```console\n" + shown + "```\n\n"
        provoker.listener.close()
    return out.rstrip("\n") + "\n", problems


def main():
    if not (WEIR.parent / "weir-serve").exists() or not (WEIR.parent / "weir-llvm").exists():
        print("skipped: this weir was built without WEIR_HTTP or WEIR_LLVM")
        return 77
    made, problems = page()
    for problem in problems:
        print(problem)
    if "--update" in sys.argv:
        PAGE.write_text(made)
        return 1 if problems else 0
    difference = list(difflib.unified_diff(PAGE.read_text().splitlines(), made.splitlines(), str(PAGE), "what weir says", lineterm=""))
    print("\n".join(difference))
    return 1 if difference or problems else 0


if __name__ == "__main__":
    sys.exit(main())
