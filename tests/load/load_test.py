#!/usr/bin/env python3
"""Servers under load: guests of the SDK and of Go's net/http, and clients that are many, slow, rude or wrong. What comes back is right to the
byte, nothing stays open, and the server goes on.

Usage: load_test.py WEIR [--large] [unittest's arguments]      (CTest gives it; --large, which is make test-load, also runs curl and wrk)
"""

import array
import contextlib
import hashlib
import http.client
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

WEIR = os.path.abspath(sys.argv[1])
IS_LARGE = "--large" in sys.argv
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CLANG, GO = shutil.which("clang++-22"), shutil.which("go")

CONNECTIONS = 1000 if IS_LARGE else 150
BODY_BYTES = (64 if IS_LARGE else 2) * 1024 * 1024 + 5  # no multiple of anything
RUDE_CLIENTS = 1000 if IS_LARGE else 60
GREETING = b"Hello, World!\n"
PATIENCE_S = 600  # until something is a failure that should have happened long ago


def numbers(size):
    """What the servers answer to /bytes."""
    return array.array("Q", range(size // 8 + 1)).tobytes()[:size]


def build(folder, name):
    """Compiles a guest."""
    wasm = folder / f"{name}.wasm"
    if name == "go":
        environment = os.environ | {"GOOS": "wasip1", "GOARCH": "wasm", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
        subprocess.run([GO, "build", "-trimpath", "-o", wasm, "."], cwd=HERE / "go", env=environment, check=True)
    else:
        subprocess.run([CLANG, "--target=wasm32-wasi", "-Wno-deprecated", "-std=c++20", "-O2", "-fno-exceptions",
                        f"-I{ROOT}/sdk/include", "-o", wasm, HERE / "server.cpp"], check=True)
    return wasm


class Server:
    """A guest that serves."""

    def __init__(self, guest, *options, **popen):
        self.process = subprocess.Popen([WEIR, "run", "--net=tcp:listen=127.0.0.1", *options, guest], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **popen)
        self.said = ""
        line = ""
        while not (found := re.search(r"Serving HTTP server on (.+):(\d+)$", line.strip())):
            self.said += line
            line = self.process.stderr.readline()
            if not line:
                raise AssertionError(f"the server does not serve: {self.said}")
        self.address = (found[1], int(found[2]))
        self.url = "http://%s:%d/" % self.address
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.said += line

    def end(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()

    def connect(self):
        return socket.create_connection(self.address, timeout=PATIENCE_S)

    def descriptors(self):
        """What each of them is."""
        folder = f"/proc/{self.process.pid}/fd"
        kinds = []
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                kinds.append(os.readlink(f"{folder}/{name}"))
        return kinds

    def sockets(self):
        return sum(kind.startswith("socket:") for kind in self.descriptors())

    def resident_bytes(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) * 1024


def request(path="/", fields="", method="GET"):
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode()


def response(client):
    """Status and body. Nothing behind the response may have come yet."""
    r = http.client.HTTPResponse(client)
    r.begin()
    return r.status, r.read()


def reset(client):
    """Closes a connection so that the other side is told of a failure, not of an end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


class Load:
    """The tests, of each server."""

    @classmethod
    def setUpClass(cls):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.guest = build(cls.folder, cls.name)

    def start(self, *options, **popen):
        """A server that ends with the test."""
        server = Server(self.guest, *options, **popen)
        self.addCleanup(server.end)
        return server

    def expect_greeting(self, client):
        self.assertEqual(response(client), (200, GREETING))

    def expect_sockets(self, server, count):
        """Waits until the server has noticed that its clients are there, or gone."""
        deadline = time.monotonic() + PATIENCE_S
        while server.sockets() != count:
            self.assertLess(time.monotonic(), deadline, f"{server.sockets()} sockets are open, not {count}: {server.descriptors()}")
            time.sleep(0.01)

    def start_counted(self, *options, **popen):
        """A server whose sockets can be counted: no compiler, which weir talks to over one, is started meanwhile."""
        server = self.start("--tier", "baseline", *options, **popen)
        self.assertEqual(server.sockets(), 1)
        return server

    def test_requests_one_after_the_other(self):
        server = self.start_counted()
        with server.connect() as client:
            for _ in range(200):
                client.sendall(request())
                self.expect_greeting(client)
        for _ in range(200):
            with server.connect() as client:
                client.sendall(request(fields="Connection: close\r\n"))
                self.expect_greeting(client)
                self.assertEqual(client.recv(1), b"")
        self.expect_sockets(server, 1)

    def test_many_connections_at_once(self):
        server = self.start_counted("--max-open-files", "20000")
        clients = [server.connect() for _ in range(CONNECTIONS)]
        for _ in range(3):
            for client in clients:
                client.sendall(request())
            for client in clients:
                self.expect_greeting(client)
            clients.reverse()
        self.expect_sockets(server, 1 + CONNECTIONS)
        for client in clients:
            client.close()
        self.expect_sockets(server, 1)

    def test_large_bodies_in_and_out(self):
        server = self.start()
        body = numbers(BODY_BYTES)
        with server.connect() as client:
            for _ in range(2):
                client.sendall(request("/sum", f"Content-Length: {len(body)}\r\n", "POST"))
                client.sendall(body)
                self.assertEqual(response(client), (200, b"%d %08x\n" % (len(body), zlib.crc32(body))))
                client.sendall(request(f"/bytes?{len(body)}"))
                status, got = response(client)
                self.assertEqual(status, 200)
                self.assertTrue(got == body, "other bytes than were sent")
            client.sendall(request("/sum", "Transfer-Encoding: chunked\r\n", "POST"))
            for at in range(0, len(body), 100_000):
                part = body[at:at + 100_000]
                client.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            client.sendall(b"0\r\n\r\n")
            self.assertEqual(response(client), (200, b"%d %08x\n" % (len(body), zlib.crc32(body))))

    def test_slow_clients_hold_nobody_up(self):
        server = self.start_counted()
        body = numbers(40)
        text = request("/sum", f"Content-Length: {len(body)}\r\n", "POST") + body
        clients = [server.connect() for _ in range(40)]
        with server.connect() as other:
            for i in range(len(text)):
                for client in clients:
                    client.sendall(text[i:i + 1])
                if i % 10 == 0:
                    other.sendall(request())
                    self.expect_greeting(other)
        for client in clients:
            self.assertEqual(response(client), (200, b"%d %08x\n" % (len(body), zlib.crc32(body))))
            client.close()
        self.expect_sockets(server, 1)

    def test_a_client_that_takes_little_at_a_time(self):
        server = self.start()
        size = 1_000_003
        with socket.socket() as client, server.connect() as other:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(PATIENCE_S)
            client.connect(server.address)
            client.sendall(request(f"/bytes?{size}", "Connection: close\r\n"))
            got = b""
            while part := client.recv(3000):
                got += part
                if len(got) % 7 == 0:
                    other.sendall(request())
                    self.expect_greeting(other)
        self.assertTrue(got.partition(b"\r\n\r\n")[2] == numbers(size), "other bytes than were sent")

    def test_clients_that_reset_in_the_middle(self):
        server = self.start_counted("--max-open-files", "20000")
        beginnings = [b"", b"GET / HT", request(), request("/sum", "Content-Length: 1000\r\n", "POST") + b"some",
                      request("/sum", "Transfer-Encoding: chunked\r\n", "POST") + b"5\r\nab", request("/bytes?100000000")]
        for i in range(RUDE_CLIENTS):
            client = server.connect()
            client.sendall(beginnings[i % len(beginnings)])
            if i % 4 == 0:
                with server.connect() as other:  # by then the server has begun with what was sent
                    other.sendall(request())
                    self.expect_greeting(other)
            reset(client)
        self.expect_sockets(server, 1)
        with server.connect() as client:
            client.sendall(request())
            self.expect_greeting(client)
        self.assertIsNone(server.process.poll())

    def storm(self, server):
        """More clients than the server can have at a time: the later ones wait."""
        clients = [server.connect() for _ in range(80)]
        for client in clients:
            client.sendall(request(fields="Connection: close\r\n"))
        for client in clients:
            self.expect_greeting(client)
            client.close()

    def test_more_connections_than_the_guest_may_have(self):
        server = self.start_counted("--max-open-files", "24")
        for _ in range(2):  # 24 are input, output, errors, the listener and 20 connections
            idle = [server.connect() for _ in range(30)]
            self.expect_sockets(server, 1 + 20)
            for client in idle:
                client.close()
            self.storm(server)
        self.expect_sockets(server, 1)
        self.assertIn("has 24 files open and may open no more", server.said)

    def test_more_connections_than_the_process_may_have(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

        server = self.start_counted("--max-open-files", "1000", preexec_fn=limit)
        self.assertIn("more than this process may have: 40", server.said)
        idle = [server.connect() for _ in range(50)]
        deadline = time.monotonic() + PATIENCE_S
        while len(server.descriptors()) != 40:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        for client in idle:
            client.close()
        self.storm(server)
        self.expect_sockets(server, 1)

    def test_is_ended_by_signals(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            server = self.start()
            clients = [server.connect() for _ in range(8)]
            for client in clients:
                client.sendall(request())
                self.expect_greeting(client)
            server.process.send_signal(number)
            self.assertEqual(server.process.wait(PATIENCE_S), code)
            for client in clients:
                client.close()

    @unittest.skipUnless(IS_LARGE and shutil.which("curl"), "make test-load")
    def test_curl(self):
        server = self.start()
        body = numbers(BODY_BYTES)
        (self.folder / "body").write_bytes(body)
        curl = ["curl", "--silent", "--show-error", "--fail"]
        got = subprocess.run([*curl, f"{server.url}bytes?{len(body)}"], capture_output=True, check=True).stdout
        self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(body).digest())
        for fields in ([], ["--header", "Transfer-Encoding: chunked"]):
            done = subprocess.run([*curl, *fields, "--data-binary", f"@{self.folder}/body", f"{server.url}sum"], capture_output=True, check=True)
            self.assertEqual(done.stdout, b"%d %08x\n" % (len(body), zlib.crc32(body)))
        done = subprocess.run([*curl, "--http1.0", server.url, server.url], capture_output=True, check=True)
        self.assertEqual(done.stdout, 2 * GREETING)

    @unittest.skipUnless(IS_LARGE and shutil.which("wrk"), "make test-load")
    def test_wrk(self):
        server = self.start("--max-open-files", "20000")
        for fields in ([], ["-H", "Connection: close"]):
            done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", "-d10", "--timeout", "60", *fields, server.url],
                                  capture_output=True, text=True, check=True)
            self.assertNotRegex(done.stdout, "Socket errors|Non-2xx")
            print(self.name, *fields, re.search(r"Requests/sec.*", done.stdout)[0], f"{server.resident_bytes() >> 20} MiB")


@unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
class Cpp(Load, unittest.TestCase):
    name = "cpp"


@unittest.skipUnless(GO, "scripts/setup demos installs Go")
class Go(Load, unittest.TestCase):
    name = "go"


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main(argv=sys.argv[:1] + [word for word in sys.argv[2:] if word != "--large"])
