#!/usr/bin/env python3
"""Benchmark of edge servers: demos/fastly and demos/go/fastly under `weir serve`, beside Viceroy where .peers/bin has it.

Usage: bench/serve.py [--rounds N] [--seconds N] [--weir FILE] [--viceroy FILE] [SERVICE.wasm ...]

For each service, both servers are started and timed up to the first answer, then take turns: wrk with one thread and 16 connections. Ratios are
taken within a round.
"""

import argparse
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.request

from compare import ROOT, Failed, execute, quartiles, ratio, table

CONNECTIONS, WARM_SECONDS = 16, 3
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return unused.getsockname()[1]


class Server:
    """A server that runs until close(); `first_answer` is the time from its start."""

    def __init__(self, command, service):
        self.url = f"http://127.0.0.1:{free_port()}/"
        started = time.monotonic()
        self.process = subprocess.Popen([*map(str, command), "--addr", self.url[7:-1], str(service)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while True:
            try:
                with urllib.request.urlopen(self.url) as answer:
                    content = answer.read()
                break
            except OSError as problem:
                if self.process.poll() is not None or time.monotonic() - started > 120:
                    self.close()
                    raise Failed(f"{command[0]} does not serve {service}: {problem}")
                time.sleep(0.001)
        self.first_answer = time.monotonic() - started
        if content != b"Hello World!\n":
            self.close()
            raise Failed(f"{command[0]} answers {content!r}")

    def close(self):
        self.process.kill()
        self.process.wait()

    def load(self, seconds):
        """Answers requests per second and the 99th percentile of latency in seconds."""
        _, done = execute(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", self.url])
        if trouble := re.search(r"(Socket errors|Non-2xx).*", done.stdout):
            raise Failed(f"{self.process.args}: {trouble[0]}")
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
        return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]), float(value) * UNITS[unit]


def spread(values, factor, digits):
    low, middle, high = (value * factor for value in quartiles(values))
    return f"{middle:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"


def compare(service, sides, arguments):
    base = list(sides)[-1]
    servers, rates, latencies = {}, {}, {}
    try:
        for side, command in sides.items():
            servers[side] = Server(command, service)
            servers[side].load(WARM_SECONDS)
            rates[side], latencies[side] = [], []
        for number in range(arguments.rounds):
            names = list(sides)
            for side in names[number % len(names):] + names[:number % len(names)]:
                rate, latency = servers[side].load(arguments.seconds)
                rates[side].append(rate)
                latencies[side].append(latency)
    finally:
        for server in servers.values():
            server.close()
    print(f"{service.relative_to(ROOT) if service.is_relative_to(ROOT) else service}, wrk -t1 -c{CONNECTIONS}: median [quartiles], ratios to {base}")
    table(["server", "first answer ms", "requests/s", "ratio", "p99 ms", "ratio"],
          [[side, f"{servers[side].first_answer * 1e3:.0f}", spread(rates[side], 1, 0), ratio(rates, side, base),
            spread(latencies[side], 1e3, 2), ratio(latencies, side, base)] for side in sides])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of load, each side in each round")
    parser.add_argument("--weir", type=os.path.abspath, default=ROOT / "build/release/bin/weir")
    parser.add_argument("--viceroy", type=os.path.abspath, default=ROOT / ".peers/bin/viceroy")
    parser.add_argument("services", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    demos = ROOT / "build/demos"
    sides = {"weir": [arguments.weir, "serve"]}
    if pathlib.Path(arguments.viceroy).exists():
        sides["viceroy"] = [arguments.viceroy, "serve"]
    try:
        for service in arguments.services or [demos / "fastly.wasm", demos / "go/fastly.wasm"]:
            compare(service.resolve(), sides, arguments)
    except (Failed, OSError) as problem:
        sys.exit(f"serve: {problem}")


main()
