#!/usr/bin/env python3
"""Requests that go wrong in every way beside requests that do not: each of these is answered rightly, whatever the others do, and nothing of the
others stays behind.

Usage: load_test.py WEIR_SERVE [unittest's arguments]      (CTest gives it)
"""

import collections
import contextlib
import http.client
import re
import socket
import struct
import sys
import threading
import time
import unittest

from harness import CLANG, Server, TestFolder, test_guest

GOOD_CLIENTS, LOOPS, BAD_REQUESTS = 3, 3, 60  # the last of each other kind
PATIENCE_S = 600  # an answer that takes longer is a failure; alone they take milliseconds


class Load(TestFolder):
    @classmethod
    def setUpClass(cls):
        if not CLANG:
            raise unittest.SkipTest("scripts/setup demos installs the guests' compiler")
        super().setUpClass()
        cls.guest = test_guest(cls.folder)

    def setUp(self):
        # Fewer instances than there are bad requests of a kind in both rounds: one that stayed behind for each would leave none for the others.
        # Without the optimizing compiler, to which there would be a socket. With little memory, which is soon exhausted.
        self.server = Server(self.folder, self.guest, "--workers", "2", "--max-instances", "100", "--request-timeout", "5s", "--max-memory", "16MiB",
                             "--tier", "baseline", "--metrics-addr", "127.0.0.1:0", "-v")
        self.addCleanup(self.server.stop)
        self.problems = []

    def good(self, name, is_over):
        """Asks until the bad ones are done, and at least some times."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        count = 0
        while not is_over.is_set() or count < 20:
            count += 1
            expected = f"{name} {count} ".encode() * (count % 50 * 100)
            connection.request("POST", "/echo", expected)
            response = connection.getresponse()
            body = response.read()
            if (response.status, body) != (200, expected):
                return self.problems.append(f"{name} {count}: {response.status}, {len(body)} bytes: {body[:200]}")
        connection.close()

    def expect_500(self, path):
        response, _ = self.server.get(path, timeout=PATIENCE_S)
        if response.status != 500:
            self.problems.append(f"{path}: {response.status}")

    def trap(self):
        self.expect_500("/trap")

    def exhaust_memory(self):
        self.expect_500("/exhaust")

    def loop(self):
        self.expect_500("/loop")

    def cut_stream(self):
        with contextlib.suppress(http.client.IncompleteRead, ConnectionResetError):
            self.server.get("/stream-trap", timeout=PATIENCE_S)
            self.problems.append("/stream-trap: the response looks complete")

    def reset(self):
        """In the middle of its request, or of the response."""
        for sent in (b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nsome", b"GET /write-until-gone HTTP/1.1\r\nhost: x\r\n\r\n", b"GET /no"):
            client = self.server.connect(PATIENCE_S)
            client.sendall(sent)
            if sent.startswith(b"GET /write"):
                client.recv(10)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()

    def stall(self, held):
        """Sends half of what it should, or takes nothing of what it gets; until the end."""
        for sent in (b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nsome", b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n", b"GET /no"):
            held.append(self.server.connect(PATIENCE_S))
            held[-1].sendall(sent)

    def round(self):
        held, is_over = [], threading.Event()
        kinds = {self.trap: BAD_REQUESTS, self.exhaust_memory: BAD_REQUESTS // 10, self.cut_stream: BAD_REQUESTS // 4,
                 self.reset: BAD_REQUESTS // 2, lambda: self.stall(held): BAD_REQUESTS // 6}

        def repeat(what, times):
            try:
                for _ in range(times):
                    what()
            except OSError as error:
                self.problems.append(f"{what}: {error!r}")
        loops = [threading.Thread(target=repeat, args=(self.loop, 1)) for _ in range(LOOPS)]  # each until its time limit
        bad = [threading.Thread(target=repeat, args=kind) for kind in kinds.items()]
        good = [threading.Thread(target=repeat, args=(lambda name=name: self.good(name, is_over), 1)) for name in range(GOOD_CLIENTS)]
        for thread in loops + bad + good:
            thread.start()
        for thread in bad:
            thread.join()
        is_over.set()
        for thread in good:
            thread.join()
        for client in held:
            client.close()
        for thread in loops:
            thread.join()
        self.assertEqual(self.problems, [])

    def sockets(self):
        return sum(kind.startswith("socket:") for kind in self.server.descriptors())

    def settle(self, sockets):
        """Waits until the server has noticed that its clients are gone; answers what else it has open."""
        deadline = time.monotonic() + PATIENCE_S
        while self.sockets() != sockets:
            self.assertLess(time.monotonic(), deadline, self.server.descriptors())
            time.sleep(0.01)
        return len(self.server.descriptors()) - sockets

    def ends(self):
        """The paths of requests whose guests trapped, and of those that ran out of time, by the log."""
        paths, trapped, timed_out = {}, [], []
        for line in self.server.lines:
            if not (found := re.search(r"request\{id=(\d+)\}: (.*)", line)):
                continue
            number, what = found.groups()
            if handling := re.match(r"handling request \w+ http://[^/]+(/\S*)", what):
                paths[number] = handling[1]
            elif what.startswith("WebAssembly trapped"):
                trapped.append(paths[number])
            elif "--request-timeout" in what:
                timed_out.append(paths[number])
        return collections.Counter(trapped), collections.Counter(timed_out)

    def test_good_requests_beside_bad_ones(self):
        sockets = self.sockets()  # those that listen
        self.round()
        self.server.wait_for_metric("weir_guests", 0)  # those whose clients went away
        others, resident = self.settle(sockets), self.server.resident_bytes()
        self.round()
        metrics = self.server.wait_for_metric("weir_guests", 0)
        # What is kept for the next requests may have become more.
        self.assertLess(self.settle(sockets) - others, 100)
        self.assertLess(self.server.resident_bytes() - resident, 256 << 20)
        self.assertEqual(metrics["weir_requests_refused_total"], 0)
        self.assertEqual(self.server.stop(), 0)
        # On a busy machine the time limit, which is for the loops, may come before a trap, and before those that stall go away.
        trapped, timed_out = self.ends()
        expected = {"/trap": BAD_REQUESTS, "/exhaust": BAD_REQUESTS // 10, "/stream-trap": BAD_REQUESTS // 4, "/loop": LOOPS}
        self.assertEqual({path: trapped[path] + timed_out[path] for path in expected}, {path: 2 * count for path, count in expected.items()})
        self.assertLessEqual(set(trapped), {"/trap", "/exhaust", "/stream-trap"})
        self.assertGreater(trapped["/trap"], 0)
        self.assertEqual(metrics['weir_guests_total{end="trapped"}'], sum(trapped.values()))
        self.assertEqual(metrics['weir_guests_total{end="timed_out"}'], sum(timed_out.values()))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
