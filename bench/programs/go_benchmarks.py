"""Go's own benchmarks of packages of its library, compiled to wasip1."""

import os
import pathlib
import re
import subprocess

from compare import ROOT, Failed, execute

BUILD = ROOT / "build/bench/go"

# Of each package: which benchmarks, and how many operations one measurement does: some tenths of a second, in which code gets hot.
BENCHMARKS = {
    "sort": [("^Benchmark(Sort1e4|SortInt64K)$", 20),
             ("^Benchmark(SortString1K|SortInt1K|StableInt1K|StableString1K)$", 2000),
             ("^BenchmarkSearchWrappers$", 2000000)],
    "encoding/json": [("^BenchmarkCode(Encoder|Decoder|Unmarshal|Marshal)$", 2),
                      ("^Benchmark(EncoderEncode|UnmarshalString|UnmarshalInt64)$", 500000)],
    "regexp": [("^BenchmarkMatch/(Easy0|Easy1|Medium|Hard|Hard1)/32K$", 200),
               ("^Benchmark(Literal|NotLiteral|MatchClass|ReplaceAll|AnchoredLongNonMatch|OnePassLongPrefix)$", 200000)],
    "compress/flate": [("^Benchmark(Encode|Decode)/(Digits|Newton)/(Speed|Default|Huffman)/1e5$", 60)],
    "crypto/sha256": [("^BenchmarkHash8Bytes/", 1000000), ("^BenchmarkHash1K/", 40000), ("^BenchmarkHash8K/", 5000)],
}


def compile_tests(package):
    """(the package's tests as a module, the folder to run them in)."""
    answers = subprocess.run(["go", "env", "GOROOT", "GOVERSION"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    root, version = pathlib.Path(answers[0]), answers[1]
    module = BUILD / version / f"{package.replace('/', '_')}.wasm"
    if not module.exists():
        module.parent.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"GOOS": "wasip1", "GOARCH": "wasm", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
        subprocess.run(["go", "test", "-c", "-p", "1", "-o", str(module), package], check=True, env=environment, cwd=root / "src")
    return module, root / "src" / package


def words(pattern, iterations, count):
    return ["-test.run=^$", f"-test.bench={pattern}", f"-test.benchtime={iterations}x", f"-test.count={count}"]


def steady_words(pattern, count):
    """For as many operations as Go thinks are needed, which it finds out by some rounds before."""
    return ["-test.run=^$", f"-test.bench={pattern}", "-test.benchtime=150ms", f"-test.count={count}"]


def times(command):
    """{benchmark: best seconds per operation} of what a test binary prints."""
    _, done = execute(command)
    best = {}
    for name, ns in re.findall(r"^(Benchmark\S+)\s+\d+\s+([0-9.]+) ns/op", done.stdout, re.MULTILINE):
        best[name] = min(best.get(name, float("inf")), float(ns) / 1e9)
    if not best:
        raise Failed(f"no times in what {command} printed: {done.stdout!r}")
    return best
