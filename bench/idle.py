#!/usr/bin/env python3
"""What idle connections cost: servers of demos/http and demos/go/http as guests, with connections that have been answered once.

Usage: bench/idle.py [--connections N] [--seconds N] [--weir FILE]

Prints, for each server: the host's memory for a connection (resident, without the guest's own memory), what the processor did in the seconds
in which nothing came (its time, and how often the guest's thread woke), and then what a request on one of
the connections takes beside the same with 16 connections: the rest of them should not matter to the host.
"""

import argparse
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import time

from compare import ROOT, Failed

REQUEST, GREETING = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"Hello, World!\n"
FEW, MEASURED_REQUESTS = 16, 20_000
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, weir, guest):
        command = [weir, "run", "--net", "--max-open-files", "60000", guest, "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        found = None
        while not found:
            line = self.process.stderr.readline()
            if not line:
                raise Failed(f"{guest} does not serve")
            found = re.search(r"Serving HTTP server on (.+):(\d+)$", line.strip())
        self.address = (found[1], int(found[2]))
        self.clients = []

    def grow(self, count):
        while len(self.clients) < count:
            self.clients.append(socket.create_connection(self.address))
            self.ask(-1)

    def ask(self, index):
        client = self.clients[index]
        client.sendall(REQUEST)
        got = b""
        while not got.endswith(GREETING):
            part = client.recv(4096)
            if not part:
                raise Failed("the server closed a connection")
            got += part

    def memory(self):
        """Resident bytes: of the host, and of the guest's linear memory, the one mapping that gigabytes of nothing follow."""
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps").read_text()
        mappings = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) .*\n(?:.*\n)*?Rss:\s+(\d+)", text, re.M)
        total = guest = 0
        for (*_, rss), (start, end, rights, _) in zip(mappings, mappings[1:]):
            total += int(rss) * 1024
            if rights == "---p" and int(end, 16) - int(start, 16) > 1 << 32:
                guest += int(rss) * 1024
        return total - guest, guest

    def used(self):
        """Processor seconds of all threads, and wake-ups of the guest's, which is the first. (Another waits for the optimizing compiler.)"""
        seconds = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            seconds += (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
        status = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/status").read_text()
        return seconds, int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])

    def seconds_for_requests(self, index):
        before, _ = self.used()
        for _ in range(MEASURED_REQUESTS):
            self.ask(index)
        return self.used()[0] - before

    def end(self):
        self.process.kill()
        self.process.wait()
        for client in self.clients:
            client.close()


def measure(weir, guest, connections, seconds):
    server = Server(weir, guest)
    try:
        server.grow(FEW)
        few_seconds = server.seconds_for_requests(0)
        host_before, guest_before = server.memory()
        server.grow(connections)
        host_after, guest_after = server.memory()
        time.sleep(1)  # what the last request left to do
        (used_before, wakes_before), _ = server.used(), time.sleep(seconds)
        used_after, wakes_after = server.used()
        many_seconds = server.seconds_for_requests(0)
    finally:
        server.end()
    added = connections - FEW
    print(f"{guest.relative_to(ROOT)}, {connections} connections\n"
          f"  memory for each, host   {(host_after - host_before) / added:8.0f} bytes\n"
          f"  memory for each, guest  {(guest_after - guest_before) / added:8.0f} bytes\n"
          f"  {seconds} s without requests  {used_after - used_before:8.2f} s of the processor, {wakes_after - wakes_before} wake-ups\n"
          f"  a request on one        {many_seconds / MEASURED_REQUESTS * 1e6:8.1f} us of the processor; with {FEW} connections "
          f"{few_seconds / MEASURED_REQUESTS * 1e6:.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/release/bin/weir")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < options.connections + 100:
        raise Failed(f"this shell may have {most} open files at most (ulimit -Hn): too few for {options.connections} connections")
    for guest in ("http.wasm", "go/http.wasm"):
        measure(options.weir, ROOT / "build/demos" / guest, options.connections, options.seconds)


if __name__ == "__main__":
    try:
        main()
    except Failed as problem:
        sys.exit(f"idle.py: {problem}")
