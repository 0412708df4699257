#!/usr/bin/env python3
"""Benchmark of HTTP servers: demos/http and demos/go/http as guests of weir, beside the same sources as native programs and wasirun.

Usage: bench/http.py [--rounds N] [--seconds N] [--only c++|go] [--weir FILE] [--wasirun FILE]

All servers are started first and each gets a load that makes it warm. Then they take turns: wrk with one thread and 16 connections, on the
last processor, while the servers have the first. Each uses one core: Go's native server runs with GOMAXPROCS=1. Ratios are taken within a
round. Beside requests per second there is processor time per request, of the server alone, which other work on the machine disturbs less.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

from compare import BUILD, ROOT, Failed, execute, quartiles, ratio, table

CONNECTIONS = 16
WARM_SECONDS = 20  # LLVM takes that long for all that is hot in a Go server, on the core that the server has as well
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PROCESSORS = sorted(os.sched_getaffinity(0))


def pinned(processor, command):
    return ["taskset", "-c", str(processor), *map(str, command)]


class Server:
    """A server that runs until the end of the `with`."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(pinned(PROCESSORS[0], [*command, "127.0.0.1:0"]), stderr=subprocess.PIPE, text=True,
                                        stdin=subprocess.DEVNULL, env=os.environ | environment)
        line = self.process.stderr.readline()
        found = re.search(r"Serving HTTP server on (\S+)$", line.strip())
        if not found:
            self.process.kill()
            raise Failed(f"{command[0]} does not serve: {line}{self.process.stderr.read()}")
        self.address = found[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def processor_seconds(self):
        """What the server's process has used. (A compiler in a process of its own does not count; the load that warms is for it.)"""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def load(self, seconds):
        """Answers requests per second, the 99th percentile of latency in seconds, and processor seconds per request."""
        before = self.processor_seconds()
        _, done = execute(pinned(PROCESSORS[-1], ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", f"http://{self.address}/"]))
        used = self.processor_seconds() - before
        if trouble := re.search(r"(Socket errors|Non-2xx).*", done.stdout):
            raise Failed(f"{self.process.args}: {trouble[0]}")
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
        count = int(re.search(r"(\d+) requests in", done.stdout)[1])
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
        return rate, float(value) * UNITS[unit], used / count


def build_native():
    """Compiles the demos for this machine, from the same sources with the same options."""
    BUILD.mkdir(parents=True, exist_ok=True)
    execute(["clang++-22", "-std=c++20", "-O2", "-fno-exceptions", f"-I{ROOT}/sdk/include", "-o", BUILD / "http", ROOT / "demos/http/http.cpp"])
    execute(["go", "build", "-o", BUILD / "go-http", "./http"], folder=ROOT / "demos/go")


def spread(values, factor, digits):
    low, middle, high = (value * factor for value in quartiles(values))
    return f"{middle:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"


def compare(name, sides, base, arguments):
    """Measures servers against `base`, whose ratios are printed: more than 1 where the other side does more, takes longer or uses more."""
    servers, rates, latencies, costs = {}, {}, {}, {}
    try:
        for side, (command, environment) in sides.items():
            servers[side] = Server(command, environment)
            servers[side].load(WARM_SECONDS)
            rates[side], latencies[side], costs[side] = [], [], []
        names = list(sides)
        for number in range(arguments.rounds):
            shift = number % len(names)
            for side in names[shift:] + names[:shift]:
                rate, latency, cost = servers[side].load(arguments.seconds)
                rates[side].append(rate)
                latencies[side].append(latency)
                costs[side].append(cost)
    finally:
        for server in servers.values():
            server.__exit__()
    print(f"{name}, wrk -t1 -c{CONNECTIONS}: median [quartiles], ratios to {base}")
    table(["server", "requests/s", "ratio", "p99 ms", "ratio", "CPU us/request", "ratio"],
          [[side, spread(rates[side], 1, 0), ratio(rates, side, base), spread(latencies[side], 1e3, 2), ratio(latencies, side, base),
            spread(costs[side], 1e6, 1), ratio(costs, side, base)] for side in sides])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3, help="of load, each side in each round")
    parser.add_argument("--only", choices=["c++", "go"])
    parser.add_argument("--weir", type=os.path.abspath, default=ROOT / "build/release/bin/weir")
    parser.add_argument("--wasirun", type=os.path.abspath, default=ROOT / ".peers/bin/wasirun")
    arguments = parser.parse_args()
    demos, grant = ROOT / "build/demos", "--net=tcp:listen=127.0.0.1"
    try:
        build_native()
        if arguments.only != "go":
            compare("C++", {"weir": ([arguments.weir, "run", grant, demos / "http.wasm"], {}),
                            "native": ([BUILD / "http"], {})}, "native", arguments)
        if arguments.only != "c++":
            sides = {"weir": ([arguments.weir, "run", grant, demos / "go/http.wasm"], {}),
                     "native": ([BUILD / "go-http"], {"GOMAXPROCS": "1"})}
            if pathlib.Path(arguments.wasirun).exists():
                sides["wasirun"] = ([arguments.wasirun, "--sockets", "auto", demos / "go/http.wasm"], {})
            compare("Go", sides, "wasirun" if "wasirun" in sides else "native", arguments)
    except (Failed, OSError) as problem:
        sys.exit(f"http: {problem}")


main()
