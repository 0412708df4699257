#!/usr/bin/env python3
"""Whole programs under weir beside wasmtime, wasm2c with clang -O3, and native code: in one run on one machine, as ratios.

Usage: bench/programs.py c | go | cold  [--quick] [--rounds N] [--only NAME,...] [--sides SIDE,...] [--weir FILE] [--wasmtime FILE]
       [--loose FILE]

  c      programs in C: the kernels of bench/kernels and those of bench/programs, steady state: each process does its work some times over,
         the best of all of them in all processes counts. Sides: weir (--tier auto), O3 (what weir compile -O3 made), wasmtime
         (what wasmtime compile made), wasm2c (the same module through wasm2c and clang -O3 -march=native), native (clang -O3
         -march=native); not by default: program (weir compile -O2), optimized (--tier optimized), cranelift (wasmtime run, cache off), loose
         (weir compile -O3 of the weir that --loose names, built with -DWEIR_LOOSE_LOADS=ON: what strictness costs)
  go     Go's own benchmarks of packages of its library, compiled to wasip1: the best time per operation of each. Sides: weir, wasmtime,
         as they start from the module; program, cwasm: steady state, what `weir compile` and `wasmtime compile` made, for the time that
         Go takes to measure; not optimized, which has all of Go's runtime compiled by LLVM first
  cold   wall-clock time of whole runs, start and compiling included, nothing cached: programs are given as much work as
         wasmtime needs for 0.1, 1 and 10 seconds. Sides: weir, wasmtime

The sides take turns. A ratio is that of the sides' best; `wasmtime / weir` is more than 1 where weir is faster. Where sides print different
answers the run ends. --quick: fewer and shorter rounds, for a first impression.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "programs"))
import build  # noqa: E402
import go_benchmarks  # noqa: E402
from compare import ROOT, Failed, execute, table  # noqa: E402

# Iterations that take a native build about a quarter of a second.
C_PROGRAMS = {
    "fib": 750, "sieve": 125, "matmul": 50, "sha256": 250, "base64": 900, "mandelbrot": 90,
    "bzip2": 6, "zstd": 5, "sqlite": 20, "lua": 18, "quickjs": 14, "ed25519": 120, "json": 300, "raytrace": 80,
}
COLD_SECONDS = {"0.1 s": 0.1, "1 s": 1, "10 s": 10}
COLD_C = ("matmul", "sha256", "bzip2", "zstd", "sqlite", "lua", "quickjs", "raytrace")
COLD_GO = ("sort", "encoding/json")


def guest_command(side, arguments, module, *words, options=()):
    commands = {
        "weir": [arguments.weir, "run", *cache_options(arguments)],
        "optimized": [arguments.weir, "run", *cache_options(arguments), "--tier", "optimized"],
        "wasmtime": [arguments.wasmtime, "run", "-C", "cache=n"],
    }
    return [*commands[side], *options, module, *words]


def compiled_command(side, arguments, module, *words):
    """How a side runs a program that it has compiled before; it is compiled when the module or the compiler is newer."""
    runtime = {"wasmtime": arguments.wasmtime, "loose": arguments.loose}.get(side, arguments.weir)
    if runtime is None:
        raise Failed("--loose FILE says which weir the side `loose` is")
    program = module.with_suffix(f".{side}")
    compile_words = {"program": ["compile", "-O2"], "wasmtime": ["compile", "-C", "cache=n"]}.get(side, ["compile", "-O3"])
    newest = max(path.stat().st_mtime for path in [module, *pathlib.Path(runtime).parent.glob("*")] if path.is_file())
    if not program.exists() or program.stat().st_mtime < newest:
        execute([runtime, *compile_words, module, "-o", program])
    return [runtime, "run", *(["--allow-precompiled"] if side == "wasmtime" else []), program, *words]


def steady_command(side, arguments, native, module, translated, *words):
    if side in ("native", "wasm2c"):
        return [native if side == "native" else translated, *words]
    if side in ("program", "O3", "loose", "wasmtime"):
        return compiled_command(side, arguments, module, *words)
    return guest_command({"cranelift": "wasmtime"}.get(side, side), arguments, module, *words)


def cache_options(arguments):
    """How weir is told to remember nothing, where it is a version that does."""
    if arguments.cache_options is None:
        _, done = execute([arguments.weir, "run", "--help"])
        arguments.cache_options = ["--no-cache"] if "--no-cache" in done.stdout else []
    return arguments.cache_options


def take_turns(sides, rounds, measure):
    """{side: [what measure(command) answers, of each round]}; who begins changes from round to round."""
    names, values = list(sides), {side: [] for side in sides}
    for number in range(rounds):
        shift = number % len(names)
        for side in names[shift:] + names[:shift]:
            values[side].append(measure(sides[side]))
    return values


def best_of(values):
    """The smallest of each key over some dictionaries."""
    return {key: min(each[key] for each in values) for key in values[0]}


def seconds_inside(command):
    """(the best of the times that a program of bench/kernels/kernel.h says, what it printed)."""
    _, done = execute(command)
    times = [int(ns) / 1e9 for ns in re.findall(r"^elapsed_ns (\d+)$", done.stderr, re.MULTILINE)]
    if not times:
        raise Failed(f"no time in what {command} printed: {done.stderr!r}")
    return min(times), done.stdout


def ratio_rows(rows, pairs):
    """Rows of ms and ratios for a table, with the geometric means as the last one. `rows`: [(name, {side: seconds})]."""
    sides = list(rows[0][1])
    lines = []
    for name, best in rows:
        lines.append([name, *(f"{best[side] * 1e3:.4g}" for side in sides), *(f"{best[a] / best[b]:.2f}x" for a, b in pairs)])
    means = [statistics.geometric_mean([best[a] / best[b] for _, best in rows]) for a, b in pairs]
    lines.append(["geometric mean", *[""] * len(sides), *(f"{mean:.3f}x" for mean in means)])
    table(["program", *sides, *(f"{a} / {b}" for a, b in pairs)], lines)


def pairs_of(sides):
    own = [side for side in ("weir", "program", "O3", "optimized") if side in sides]
    wanted = [("O3", "loose"), ("cwasm", "program"),
              *(("wasmtime", side) for side in own), *(("wasm2c", side) for side in own), *((side, "native") for side in own)]
    return [(a, b) for a, b in wanted if a in sides and b in sides]


def selected(names, arguments):
    chosen = [name for name in names if not arguments.only or name in arguments.only]
    if not chosen:
        raise Failed(f"no program '{','.join(arguments.only)}'; there are {', '.join(names)}")
    return chosen


def bench_c(arguments):
    wanted = arguments.sides or ["weir", "O3", "wasmtime", "wasm2c", "native"]
    rows = []
    build.fetch()
    for name in selected(C_PROGRAMS, arguments):
        native, module, translated = build.build(name, "wasm2c" in wanted)
        iterations = max(C_PROGRAMS[name] // (4 if arguments.quick else 1), 1)
        words = [iterations, 4 if arguments.quick else 8]
        sides = {side: steady_command(side, arguments, native, module, translated, *words) for side in wanted}
        values = take_turns(sides, arguments.rounds or (1 if arguments.quick else 3), seconds_inside)
        if len({output for answers in values.values() for _, output in answers}) != 1:
            raise Failed(f"{name}: the sides print different things")
        rows.append((name, {side: min(seconds for seconds, _ in answers) for side, answers in values.items()}))
        print(f"{name}: " + ", ".join(f"{side} {seconds * 1e3:.4g} ms" for side, seconds in rows[-1][1].items()), file=sys.stderr)
    print("Programs in C, steady state, ms inside the guest: best")
    ratio_rows(rows, pairs_of(wanted))


def go_program(side, arguments, module):
    """The module compiled in advance, anew each time: by whichever version is being measured."""
    compiled = module.with_suffix(f".{side}")
    runtime, words = (arguments.weir, []) if side == "program" else (arguments.wasmtime, ["-C", "cache=n"])
    execute([runtime, "compile", *words, module, "-o", compiled])
    return compiled


def go_command(side, arguments, module, compiled, folder, pattern, iterations):
    options = ["--dir", "/", "--env", f"PWD={folder}"]
    count = 3 if arguments.quick else 8
    if side not in compiled:
        return guest_command(side, arguments, module, *go_benchmarks.words(pattern, iterations, count), options=options)
    words = go_benchmarks.steady_words(pattern, count)
    if side == "program":
        return [arguments.weir, "run", *options, compiled[side], *words]
    return [arguments.wasmtime, "run", "--allow-precompiled", *options, compiled[side], *words]


def bench_go(arguments):
    wanted = arguments.sides or ["weir", "wasmtime"]
    rows = []
    for package in selected(go_benchmarks.BENCHMARKS, arguments):
        module, folder = go_benchmarks.compile_tests(package)
        compiled = {side: go_program(side, arguments, module) for side in wanted if side in ("program", "cwasm")}
        best = {side: {} for side in wanted}
        for pattern, iterations in go_benchmarks.BENCHMARKS[package]:
            iterations = max(iterations // (4 if arguments.quick else 1), 1)
            sides = {side: go_command(side, arguments, module, compiled, folder, pattern, iterations) for side in wanted}
            values = take_turns(sides, arguments.rounds or (1 if arguments.quick else 3), go_benchmarks.times)
            for side, each in values.items():
                best[side] |= best_of(each)
        if len({tuple(sorted(each)) for each in best.values()}) != 1:
            raise Failed(f"{package}: the sides ran different benchmarks")
        # One row for a package: the geometric mean of its benchmarks.
        for name in sorted(best[wanted[0]]):
            print(f"{package} {name}: " + ", ".join(f"{side} {best[side][name] * 1e3:.4g} ms" for side in wanted), file=sys.stderr)
        rows.append((package, {side: statistics.geometric_mean(best[side].values()) for side in wanted}))
    print("Go's benchmarks, ms per operation: geometric mean of each package's, best")
    ratio_rows(rows, pairs_of(wanted))


class ColdCase:
    """A program that can be given more or less work."""

    def __init__(self, name, arguments):
        self.name, self.arguments = name, arguments
        if name in C_PROGRAMS:
            build.fetch()
            _, self.module, _ = build.build(name, False)
        else:
            self.module, self.folder = go_benchmarks.compile_tests(name)

    def command(self, side, work):
        if self.name in C_PROGRAMS:
            return guest_command(side, self.arguments, self.module, work)
        pattern, _ = go_benchmarks.BENCHMARKS[self.name][0]
        return guest_command(side, self.arguments, self.module, *go_benchmarks.words(pattern, work, 1),
                             options=["--dir", "/", "--env", f"PWD={self.folder}"])

    def work_for(self, target_seconds):
        """How much work makes wasmtime's run take that long; nothing if it takes longer with the least."""
        run = lambda work: min(execute(self.command("wasmtime", work))[0] for _ in range(3 if target_seconds < 1 else 2))
        least = run(1)
        if least > target_seconds * 1.3:
            return None
        work, seconds = 1, least
        while seconds < target_seconds / 2 and seconds - least < target_seconds / 8:
            work *= 4
            seconds = run(work)
        per_work = max(seconds - least, 1e-6) / max(work - 1, 1)
        return max(1, 1 + int((target_seconds - least) / per_work)) if work > 1 else 1


def bench_cold(arguments):
    wanted = arguments.sides or ["weir", "wasmtime"]
    for label, target in COLD_SECONDS.items():
        if arguments.quick and target > 1:
            continue
        rows = []
        for name in selected([*COLD_C, *COLD_GO], arguments):
            case = ColdCase(name, arguments)
            work = case.work_for(target)
            if work is None:
                print(f"{name}: wasmtime takes longer than {label} for its least work", file=sys.stderr)
                continue
            sides = {side: case.command(side, work) for side in wanted}
            values = take_turns(sides, arguments.rounds or (3 if arguments.quick else 5), lambda command: execute(command)[0])
            rows.append((name, {side: min(seconds) for side, seconds in values.items()}))
            print(f"{label} {name}: " + ", ".join(f"{side} {seconds * 1e3:.4g} ms" for side, seconds in rows[-1][1].items()),
                  file=sys.stderr)
        if rows:
            print(f"Whole runs from a cold start, sized to {label} under wasmtime, ms of wall time: best")
            ratio_rows(rows, pairs_of(wanted))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["c", "go", "cold"])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, help="processes of each side")
    parser.add_argument("--only", type=lambda text: text.split(","), help="these programs alone")
    parser.add_argument("--sides", type=lambda text: text.split(","), help="these sides alone")
    parser.add_argument("--weir", type=os.path.abspath, default=ROOT / "build/release/bin/weir")
    parser.add_argument("--wasmtime", type=os.path.abspath, default=ROOT / ".peers/bin/wasmtime")
    parser.add_argument("--loose", type=os.path.abspath, help="a weir built with -DWEIR_LOOSE_LOADS=ON")
    arguments = parser.parse_args()
    arguments.cache_options = None
    try:
        {"c": bench_c, "go": bench_go, "cold": bench_cold}[arguments.what](arguments)
    except (Failed, OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f"programs: {problem}")


main()
