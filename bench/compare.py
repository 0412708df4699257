#!/usr/bin/env python3
"""Benchmarks of weir beside wasmtime and wazero, in one run on one machine, as ratios.

Usage: bench/compare.py start | warm | run | compile | wasi  [--rounds N] [--weir FILE] [--wasmtime FILE] [--wazero FILE] [--only NAME]

  start    cold start of the C++ and the Go hello: wall time from process start to exit, no caches of code; a turn is five runs
  warm     start of the same with a filled cache, and of what `weir compile` and `wasmtime compile` made of them; and how long that takes
  run      kernels of bench/kernels: time inside the guest, start and compile of the module not included
  compile  whole modules compiled to machine code on one core, start of the compiler not included
  wasi     programs of bench/wasi, whose work is the host's: 1 GiB copied in blocks of 64 KiB, 100,000 files listed, 10 million
           readings of the clock and 10 million calls that do nothing: time inside the guest, files in memory (/dev/shm)

The sides take turns within a round, so that what disturbs the machine disturbs all of them. Every ratio is taken
within a round: `peer / weir`, more than 1 where weir is faster. The tables give the median of the rounds and, in
brackets, their quartiles. A round in which the sides print different things ends the run.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/bench"

# Iterations that take a native build some tenths of a second.
KERNELS = {"fib": 1500, "sieve": 250, "matmul": 100, "sha256": 500, "base64": 1800, "mandelbrot": 180}

WASI_PROGRAMS = ("copy", "list", "clock", "call")
WASI_CALLS = 10_000_000  # of clock and call
COPIED_BYTES, LISTED_FILES = 1 << 30, 100_000

# An empty module: what a compiler needs to start.
EMPTY_MODULE = b"\0asm\x01\0\0\0"


class Failed(Exception):
    pass


def execute(command, one_core=False, folder=None):
    """Runs a command; answers its wall time in seconds and the process with its output."""
    command = [str(part) for part in command]
    if one_core:
        command = ["taskset", "-c", str(min(os.sched_getaffinity(0))), *command]
    start = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise Failed(f"'{' '.join(command)}' ended with exit code {done.returncode}:\n{done.stderr}")
    return seconds, done


def wall_time(command):
    """Runs a command under the stopwatch, which starts processes faster than Python: answers (seconds, standard output)."""
    stopwatch = BUILD / "stopwatch"
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as time_ns:
        actions = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, time_ns.fileno(), 3)]
        words = [str(part) for part in (stopwatch, *command)]
        child = os.posix_spawn(stopwatch, words, os.environ, file_actions=actions)
        _, status = os.waitpid(child, 0)
        if status != 0:
            raise Failed(f"'{' '.join(words[1:])}' ended with status {status}")
        output.seek(0)
        time_ns.seek(0)
        return int(time_ns.read()) / 1e9, output.read()


def burst_time(command):
    """The median of a few runs in a row, as one who runs a command again and again meets it: after another runtime, whose start goes
    through fifty megabytes, the first run of a small program finds nothing of its own in the processor's caches."""
    runs = [wall_time(command) for _ in range(5)]
    if len({output for _, output in runs}) != 1:
        raise Failed(f"{command} does not print the same each time")
    return statistics.median(seconds for seconds, _ in runs), runs[0][1]


def build_stopwatch():
    BUILD.mkdir(parents=True, exist_ok=True)
    execute(["clang-22", "-O2", "-Wall", "-Wextra", "-o", BUILD / "stopwatch", ROOT / "bench/stopwatch.c"])


def interleave(rounds, sides, measure, warms=True):
    """Measures every side once per round. `measure(command)` answers (value, output); outputs must agree.

    Returns {side: [value of each round]}. One round before the first warms the file cache and is not counted, if `warms`.
    """
    values = {side: [] for side in sides}
    names = list(sides)
    for number in range(0 if warms else 1, rounds + 1):
        outputs = {}
        # Who goes first changes from round to round.
        shift = number % len(names)
        for side in names[shift:] + names[:shift]:
            value, outputs[side] = measure(sides[side])
            if number:
                values[side].append(value)
        if len(set(outputs.values())) != 1:
            raise Failed("the sides print different things: " + ", ".join(f"{s}: {o!r}" for s, o in outputs.items()))
    return values


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def ratio(values, side, base):
    low, middle, high = quartiles([a / b for a, b in zip(values[side], values[base])])
    return f"{middle:.2f}x [{low:.2f}-{high:.2f}]"


def table(header, rows):
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))))
    print(flush=True)


def ms(values):
    low, middle, high = quartiles(values)
    return f"{middle * 1e3:.1f} [{low * 1e3:.1f}-{high * 1e3:.1f}]"


def bench_start(arguments):
    build_stopwatch()
    rows = []
    for name, file in (("C++ hello", "hello.wasm"), ("Go hello", "go/hello.wasm")):
        file = ROOT / "build/demos" / file
        sides = {
            "weir": [arguments.weir, "run", "--no-cache", file],
            "wasmtime": [arguments.wasmtime, "run", "-C", "cache=n", file],
            "winch": [arguments.wasmtime, "run", "-C", "compiler=winch", "-C", "cache=n", file],
        }
        values = interleave(arguments.rounds or 11, sides, burst_time)
        rows.append([name, *(ms(values[side]) for side in sides), ratio(values, "wasmtime", "weir"),
                     ratio(values, "winch", "weir")])
    print("Cold start, ms of wall time: median [quartiles]")
    table(["guest", "weir", "wasmtime", "wasmtime winch", "wasmtime / weir", "winch / weir"], rows)


def bench_warm(arguments):
    build_stopwatch()
    # A cache for both that nothing else is in.
    cache = BUILD / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    os.environ["XDG_CACHE_HOME"] = str(cache)
    rows, compiling = [], []
    for name, file in (("C++ hello", "hello.wasm"), ("Go hello", "go/hello.wasm")):
        file = ROOT / "build/demos" / file
        program, precompiled = BUILD / f"{file.stem}.weir", BUILD / f"{file.stem}.cwasm"
        compilers = {
            "weir": [arguments.weir, "compile", file, "-o", program],
            "weir -O0": [arguments.weir, "compile", "-O0", file, "-o", BUILD / "O0.weir"],
            "wasmtime": [arguments.wasmtime, "compile", "-C", "cache=n", file, "-o", precompiled],
        }
        values = interleave(arguments.rounds or 7, compilers, lambda command: (execute(command)[0], ""))
        compiling.append([name, *(ms(values[side]) for side in compilers), ratio(values, "wasmtime", "weir")])
        sides = {
            "weir": [arguments.weir, "run", file],
            "wasmtime": [arguments.wasmtime, "run", "-C", "cache=y", file],
            "weir program": [arguments.weir, "run", program],
            "wasmtime precompiled": [arguments.wasmtime, "run", "--allow-precompiled", precompiled],
        }
        time.sleep(0.1)  # a file that was written this moment is not cached
        for _ in range(3):  # small programs are kept from their second run on
            execute(sides["weir"])
        values = interleave(arguments.rounds or 11, sides, burst_time)
        rows.append([name, *(ms(values[side]) for side in sides), ratio(values, "wasmtime", "weir"),
                     ratio(values, "wasmtime precompiled", "weir program")])
    print("Start with a filled cache, and of programs compiled in advance, ms of wall time: median [quartiles]")
    table(["guest", "weir", "wasmtime", "weir program", "wasmtime precompiled", "wasmtime / weir", "precompiled / program"], rows)
    print("Compiling in advance on all processors, ms of wall time: median [quartiles]")
    table(["guest", "weir", "weir -O0", "wasmtime", "wasmtime / weir"], compiling)


def build_program(name, folder="kernels", header="kernel.h"):
    """Compiles a program natively and to wasm with the same options."""
    BUILD.mkdir(parents=True, exist_ok=True)
    source, header = ROOT / f"bench/{folder}/{name}.c", ROOT / f"bench/{folder}/{header}"
    native, wasm = BUILD / name, BUILD / f"{name}.wasm"
    for target, options in ((native, []), (wasm, ["--target=wasm32-wasi", "-Wno-deprecated"])):
        newest = max(source.stat().st_mtime, header.stat().st_mtime)
        if not target.exists() or target.stat().st_mtime < newest:
            execute(["clang-22", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", *options, "-o", target, source])
    return native, wasm


def inside(command, folder=None):
    """As execute(), but answers (the time that the program says it took, standard output)."""
    _, done = execute(command, folder=folder)
    found = re.search(r"^elapsed_ns (\d+)$", done.stderr, re.MULTILINE)
    if not found:
        raise Failed(f"no time in what {command} printed: {done.stderr!r}")
    return int(found[1]) / 1e9, done.stdout


def bench_run(arguments):
    rows = []
    logs = {"winch / weir": [], "cranelift / weir": [], "weir / native": []}
    for name, iterations in KERNELS.items():
        if arguments.only and name != arguments.only:
            continue
        native, wasm = build_program(name)
        sides = {
            "weir": [arguments.weir, "run", "--no-cache", wasm, iterations],
            "winch": [arguments.wasmtime, "run", "-C", "compiler=winch", "-C", "cache=n", wasm, iterations],
            "cranelift": [arguments.wasmtime, "run", "-C", "cache=n", wasm, iterations],
            "native": [native, iterations],
        }

        values = interleave(arguments.rounds or 7, sides, inside)
        rows.append([name, *(ms(values[side]) for side in sides), ratio(values, "winch", "weir"),
                     ratio(values, "cranelift", "weir"), ratio(values, "weir", "native")])
        for pair in logs:
            side, base = pair.split(" / ")
            logs[pair].append(statistics.median(a / b for a, b in zip(values[side], values[base])))
    if not rows:
        raise Failed(f"no kernel '{arguments.only}'; there are {', '.join(KERNELS)}")
    rows.append(["geometric mean", "", "", "", "", *(f"{statistics.geometric_mean(each):.2f}x" for each in logs.values())])
    print("Kernels, ms inside the guest: median [quartiles]")
    table(["kernel", "weir", "winch", "cranelift", "native", *logs], rows)


def code_section_bytes(file):
    """Size of a module's code section."""
    data, at = file.read_bytes(), 8
    while at < len(data):
        section, at = data[at], at + 1
        size = shift = 0
        while True:
            byte, at = data[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if section == 10:
            return size
        at += size
    return 0


def bench_compile(arguments):
    BUILD.mkdir(parents=True, exist_ok=True)
    empty, output = BUILD / "empty.wasm", BUILD / "compiled"
    empty.write_bytes(EMPTY_MODULE)
    rows = []
    for name, file in (("C++ hello", "hello.wasm"), ("Go hello", "go/hello.wasm")):
        file = ROOT / "build/demos" / file
        options = ["-C", "cache=n", "-C", "parallel-compilation=n", "-o", output]
        sides = {
            "weir": [arguments.weir, "inspect", "--compile-all", "--threads", "1"],
            "winch": [arguments.wasmtime, "compile", "-C", "compiler=winch", *options],
            "cranelift": [arguments.wasmtime, "compile", *options],
        }

        def less_start(command):
            whole, _ = execute([*command, file], one_core=True)
            start, _ = execute([*command, empty], one_core=True)
            return max(whole - start, 1e-6), ""

        values = interleave(arguments.rounds or 7, sides, less_start)
        size = code_section_bytes(file)
        speeds = [f"{size / 1e6 / statistics.median(values[side]):.1f}" for side in sides]
        rows.append([name, f"{size / 1e6:.2f}", *(ms(values[side]) for side in sides), *speeds,
                     ratio(values, "winch", "weir"), ratio(values, "cranelift", "weir")])
    print("Whole modules compiled on one core, ms: median [quartiles]; MB of wasm code per second")
    table(["module", "MB", "weir", "winch", "cranelift", "weir MB/s", "winch MB/s", "cranelift MB/s", "winch / weir",
           "cranelift / weir"], rows)


def ns_beyond(values, natives):
    low, middle, high = quartiles([(value - native) / WASI_CALLS * 1e9 for value, native in zip(values, natives)])
    return f"{middle:.1f} [{low:.1f}-{high:.1f}]"


def bench_wasi(arguments):
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        folder = pathlib.Path(name)
        with open(folder / "in", "wb") as file:
            for _ in range(COPIED_BYTES >> 20):
                file.write(os.urandom(1 << 20))
        (folder / "many").mkdir()
        for number in range(LISTED_FILES):
            (folder / f"many/file-{number}").touch()
        names = ["weir", "wasmtime", "wazero", "native"]
        rows, beyond = [], []
        for program in WASI_PROGRAMS:
            if arguments.only and program != arguments.only:
                continue
            native, wasm = build_program(program, "wasi", "bench.h")
            sides = {
                "weir": [arguments.weir, "run", "--no-cache", "--dir", f"{folder}::/", wasm],
                "wasmtime": [arguments.wasmtime, "run", "-C", "cache=n", "--dir", f"{folder}::/", wasm],
                "wazero": [arguments.wazero, "run", f"-mount={folder}:/", wasm],
                "native": [native],
            }
            if program == "call":
                del sides["wasmtime"]  # it makes a backtrace for each refusal: some microseconds
            # wasmtime reads the whole folder anew for each part of the listing that it hands over: some minutes.
            is_slow = program == "list"
            rounds = 1 if is_slow else arguments.rounds or 7
            values = interleave(rounds, sides, lambda command: inside(command, folder), warms=not is_slow)
            rows.append([program, *(ms(values[side]) if side in values else "-" for side in names),
                         *(ratio(values, side, base) if side in values else "-"
                           for side, base in (("wasmtime", "weir"), ("wazero", "weir"), ("weir", "native")))])
            if program in ("clock", "call"):
                beyond.append([program, *(ns_beyond(values[side], values["native"]) if side in values else "-" for side in names[:3])])
    if not rows:
        raise Failed(f"no program '{arguments.only}'; there are {', '.join(WASI_PROGRAMS)}")
    print("Work of the host's, ms inside the guest: median [quartiles]")
    table(["program", "weir", "wasmtime", "wazero", "native", "wasmtime / weir", "wazero / weir", "weir / native"], rows)
    if beyond:
        print("A host call, ns beyond what the native program takes for the same: median [quartiles]")
        table(["program", *names[:3]], beyond)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["start", "warm", "run", "compile", "wasi"])
    parser.add_argument("--rounds", type=int, help="measured rounds (11 for start, 7 otherwise)")
    parser.add_argument("--weir", type=os.path.abspath, default=ROOT / "build/release/bin/weir")
    parser.add_argument("--wasmtime", type=os.path.abspath, default=ROOT / ".peers/bin/wasmtime")
    parser.add_argument("--wazero", type=os.path.abspath, default=ROOT / ".peers/bin/wazero")
    parser.add_argument("--only", help="run, wasi: this program alone")
    arguments = parser.parse_args()
    try:
        {"start": bench_start, "warm": bench_warm, "run": bench_run, "compile": bench_compile, "wasi": bench_wasi}[arguments.what](arguments)
    except (Failed, OSError) as problem:
        sys.exit(f"compare: {problem}")


if __name__ == "__main__":
    main()
