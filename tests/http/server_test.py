#!/usr/bin/env python3
"""Tests of the HTTP server of src/http over real sockets: with curl, with h2spec, and with bytes that no client library would send.

Usage: server_test.py HTTP_EXAMPLE [unittest's arguments]      (CTest gives it)
"""

import os
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest

EXAMPLE = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parents[2]
CURL = shutil.which("curl")
H2LOAD = shutil.which("h2load")
H2SPEC = shutil.which("h2spec") or shutil.which("h2spec", path=str(ROOT / ".venv" / "bin"))
# Nothing here waits for time to pass but what tests a time limit; this is for a machine that hangs.
PATIENCE = 600

FOLDER = tempfile.TemporaryDirectory()
CERTIFICATE = os.path.join(FOLDER.name, "cert.pem")
KEY = os.path.join(FOLDER.name, "key.pem")


def setUpModule():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", KEY, "-out", CERTIFICATE, "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)


def tearDownModule():
    FOLDER.cleanup()


class Server:
    """The example server, on a port that the kernel chose."""

    def __init__(self, *options, listen="127.0.0.1:0", **popen):
        self.log = tempfile.TemporaryFile("w+")
        where = ["--listen", listen] if listen else []
        self.process = subprocess.Popen([EXAMPLE, *where, "--log", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, **popen)
        self.address = self.process.stdout.readline().strip()
        self.port = int(self.address.rpartition(":")[2]) if not self.address.startswith("unix:") else 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def exchange(self, data):
        """Sends bytes, ends our side, and answers all that comes back."""
        with self.connect() as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server was done with it before; what it said is there to read
            return read_all(connection)

    def lines(self):
        self.log.seek(0)
        return self.log.read().splitlines()


def read_all(connection):
    data = b""
    while True:
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            return data + b"<reset>"
        if not more:
            return data
        data += more


def read_until(connection, end):
    data = b""
    while not data.endswith(end):
        more = connection.recv(65536)
        if not more:
            raise AssertionError(f"the connection ended after {data!r}")
        data += more
    return data


def statuses(data):
    """The status codes of a stream of answers without bodies that look like one."""
    return [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]]


def curl(*arguments, **run):
    done = subprocess.run([CURL, "-sS", "--max-time", str(PATIENCE), *arguments], capture_output=True, **run)
    return done.returncode, done.stdout, done.stderr.decode()


@unittest.skipUnless(CURL, "needs curl")
class Curl(unittest.TestCase):
    """The same over HTTP/1.1, h2c and TLS with either."""

    WAYS = {
        "http1": ((), "http", ()),
        "h2c": ((), "http", ("--http2-prior-knowledge",)),
        "tls-http1": (("--tls", "CERT", "KEY"), "https", ("--http1.1",)),
        "tls-h2": (("--tls", "CERT", "KEY"), "https", ("--http2",)),
    }

    def in_each_way(self, check):
        for name, (server_options, scheme, curl_options) in self.WAYS.items():
            options = [{"CERT": CERTIFICATE, "KEY": KEY}.get(word, word) for word in server_options]
            with self.subTest(name), Server(*options, "--workers", "2") as server:
                check(server, lambda path, *more: curl(*curl_options, "--cacert", CERTIFICATE, *more, f"{scheme}://localhost:{server.port}{path}"))

    def test_bodies_both_ways(self):
        data = os.urandom(3_000_000)
        path = os.path.join(FOLDER.name, "data")
        pathlib.Path(path).write_bytes(data)

        def check(_, get):
            self.assertEqual(get("/hello"), (0, b"Hello World!\n", ""))
            self.assertEqual(get("/bytes/5000000")[1].count(b"x"), 5_000_000)
            self.assertEqual(get("/echo", "-T", path)[1], data)
            self.assertEqual(get("/collect", "-T", path)[1], b"complete 3000000\n")
            self.assertEqual(get("/echo", "-d", "small")[1], b"small")
            self.assertEqual(get("/ignore", "-d", "small")[1], b"not interested\n")

        self.in_each_way(check)

    def test_head_has_no_body(self):
        def check(_, get):
            code, out, _ = get("/hello", "-I")
            self.assertEqual(code, 0)
            self.assertIn(b"content-length: 13", out.lower())

        self.in_each_way(check)

    def test_early_hints_come_first(self):
        def check(_, get):
            code, out, _ = get("/early", "-i")
            self.assertEqual(code, 0)
            first, _, rest = out.partition(b"\r\n\r\n")
            self.assertIn(b" 103", first.splitlines()[0])
            self.assertTrue(rest.endswith(b"after a hint\n"))

        self.in_each_way(check)

    def test_an_answer_does_not_wait_for_its_handler_to_return(self):
        def check(server, get):
            self.assertEqual(get("/stay"), (0, b"here to stay\n", ""))
            server.process.stdin.write("\n")
            server.process.stdin.flush()
            self.assertEqual(get("/hello"), (0, b"Hello World!\n", ""))

        self.in_each_way(check)

    def test_cut_bodies_do_not_look_finished(self):
        def check(_, get):
            for path in ("/cut/1000", "/cut/1000000", "/cut-chunked/1000", "/cut-chunked/1000000"):
                self.assertNotEqual(get(path)[0], 0, path)

        self.in_each_way(check)

    def test_no_answer_is_no_answer(self):
        def check(server, get):
            self.assertNotEqual(get("/silence")[0], 0)
            self.assertEqual(get("/hello")[0], 0)
            self.assertIn("aborted", server.lines()[0])

        self.in_each_way(check)

    def test_facts(self):
        def check(server, get):
            facts = get("/facts", "-H", "X-Order: 1", "-H", "x-order: 2")[1].decode().splitlines()
            self.assertIn(f"authority localhost:{server.port}", facts)
            order = [line.partition(": ")[2] for line in facts if line.lower().startswith("x-order")]
            self.assertEqual(order, ["1", "2"])

        self.in_each_way(check)

    def test_expect_continue(self):
        def check(_, get):
            code, out, _ = get("/collect", "-i", "-H", "Expect: 100-continue", "-d", "hello", "--expect100-timeout", str(PATIENCE))
            self.assertEqual(code, 0)
            self.assertIn(b"complete 5", out)
            self.assertIn(b" 100", out.splitlines()[0])

        self.in_each_way(check)


class Http1(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__)

    def exchange(self, data):
        return self.server.exchange(data)

    def test_pipelined_requests_are_answered_in_order(self):
        answer = self.exchange(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
                               b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
                               b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual(statuses(answer), [200, 200, 200])
        self.assertLess(answer.index(b"one"), answer.index(b"two"))
        self.assertLess(answer.index(b"two"), answer.index(b"Hello"))

    def test_many_pipelined_requests(self):
        answer = self.exchange(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n" * 5000)
        self.assertEqual(answer.count(b"Hello World!\n"), 5000)

    def test_trailers_pass(self):
        answer = self.exchange(b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nHost: evil\r\n\r\n")
        self.assertTrue(answer.endswith(b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"), answer)

    def test_connection_is_kept_or_closed_as_asked(self):
        cases = {
            b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n": (2, None),
            b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n": (1, b"Connection: close"),
            b"GET /hello HTTP/1.0\r\n\r\n": (1, b"Connection: close"),
            b"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n": (2, b"Connection: keep-alive"),
        }
        for request, (answers, field) in cases.items():
            with self.subTest(request):
                answer = self.exchange(request * 2)
                self.assertEqual(len(statuses(answer)), answers)
                self.assertEqual(b"Connection:" in answer, field is not None)
                self.assertIn(field or b"", answer)

    def test_old_clients_see_a_cut_as_a_reset(self):
        answer = self.exchange(b"GET /cut-chunked/10 HTTP/1.0\r\n\r\n")
        self.assertTrue(answer.endswith(b"<reset>"), answer)
        self.assertNotIn(b"Transfer-Encoding", answer)

    def test_a_client_that_ends_its_side_still_gets_its_answer(self):
        self.assertIn(b"Hello World!", self.exchange(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"))

    def test_a_cut_request_body_is_not_complete(self):
        answer = self.exchange(b"POST /collect HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
        self.assertIn(b"cut after 5: the connection ended early", answer)
        answer = self.exchange(b"POST /collect HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n")
        self.assertIn(b"cut after 5: the connection ended early", answer)
        answer = self.exchange(b"POST /collect HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\nx\r\n")
        self.assertIn(b"cut after 5: malformed", answer)

    def test_nothing_is_read_behind_a_refused_message(self):
        """What is refused in a request may not become another request."""
        hidden = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
        size = str(len(hidden)).encode()
        refused = {
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + size + b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: " + size + b"\r\n\r\n": 400,
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n": 400,
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n": 400,
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n": 501,
            b"POST / HTTP/1.1\r\nHost: h\r\nX: y\r\n Content-Length: 0\r\n\r\n": 400,
            b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rB: c\r\n\r\n": 400,
            b"GET / HTTP/1.1\nHost: h\n\n": 400,
            b"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n": 400,
            b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n": 414,
            b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 70_000 + b"\r\n\r\n": 431,
            b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 300 + b"\r\n": 431,
            b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n": 501,
            b"GET / HTTP/3.0\r\nHost: h\r\n\r\n": 505,
        }
        for request, status in refused.items():
            with self.subTest(request[:80]):
                answer = self.exchange(request + hidden)
                self.assertEqual(statuses(answer), [status])
                self.assertIn(b"Connection: close", answer)
        self.assertIn("rejected", self.server.lines()[-1])

    def test_what_is_not_http_gets_no_answer(self):
        for data in (b"\x16\x03\x01\x02\x00\r\n\r\n", b"hello\r\n\r\n", b"GET /\r\n\r\n"):
            self.assertEqual(self.exchange(data), b"")

    def test_a_body_behind_an_early_answer_does_not_become_a_request(self):
        with self.server.connect() as connection:
            connection.sendall(b"POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
            answer = read_all(connection)
        self.assertEqual(statuses(answer), [200])
        self.assertIn(b"Connection: close", answer)

    def test_an_unread_body_is_dropped_within_bounds(self):
        small = b"POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
        self.assertEqual(statuses(self.exchange(small * 2)), [200, 200])
        with self.server.connect() as connection:
            connection.sendall(b"POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
            try:
                while True:
                    connection.sendall(b"x" * 100_000)
            except (ConnectionResetError, BrokenPipeError):
                pass  # and not after all hundred million

    def test_upgrade_is_refused_by_not_switching(self):
        answer = self.exchange(b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
        self.assertEqual(statuses(answer), [200])

    def test_an_answer_waits_for_its_reader(self):
        """Back-pressure: what a client does not read is not made."""
        with self.server.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /bytes/1000000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            read_until_some(connection)
            self.assertIn(b"Hello", self.exchange(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"))
            with open(f"/proc/{self.server.process.pid}/status") as status:
                resident_kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
            self.assertLess(resident_kib, 200_000)

    def test_a_reset_in_the_middle_ends_that_exchange_only(self):
        for request in (b"GET /bytes/1000000000 HTTP/1.1\r\nHost: h\r\n\r\n", b"POST /collect HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nx",
                        b"GET /wait HTTP/1.1\r\nHost: h\r\n\r\n", b"GET / HT"):
            with self.subTest(request), self.server.connect() as connection:
                connection.sendall(request)
                if b"bytes" in request:
                    read_until_some(connection)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.assertIn(b"Hello", self.exchange(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"))
        self.assertIn(b"done", self.exchange(b"GET /release HTTP/1.1\r\nHost: h\r\n\r\n"))


def read_until_some(connection):
    if not connection.recv(1000):
        raise AssertionError("no answer")


class Limits(unittest.TestCase):
    """Time limits. That they end what stalls is tested, and not how soon."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--quick-limits")
        cls.addClassCleanup(cls.server.__exit__)

    def stalled(self, data):
        with self.server.connect() as connection:
            connection.sendall(data)
            return read_all(connection)

    def test_no_request(self):
        self.assertEqual(self.stalled(b""), b"")

    def test_half_a_head(self):
        self.assertEqual(statuses(self.stalled(b"GET / HTTP/1.1\r\nHost:")), [408])

    def test_idle_after_an_answer(self):
        self.assertEqual(statuses(self.stalled(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")), [200])

    def test_half_a_body(self):
        answer = self.stalled(b"POST /collect HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
        self.assertIn(b"cut after 5: too slow", answer)

    def test_half_a_body_of_an_answered_request(self):
        self.assertEqual(statuses(self.stalled(b"POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")), [200])

    def test_too_large(self):
        self.assertEqual(statuses(self.stalled(b"POST /collect HTTP/1.1\r\nHost: h\r\nContent-Length: 1000001\r\n\r\n")), [413])
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        answer = self.server.exchange(b"POST /collect HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 16)
        self.assertIn(b"too large", answer)

    def test_an_answer_that_is_not_read(self):
        with self.server.connect() as connection:
            connection.sendall(b"GET /bytes/1000000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            read_until_some(connection)
            wait_for(lambda: any("/bytes/" in line and "timed out" in line for line in self.server.lines()))

    def test_half_a_preface(self):
        self.assertEqual(self.stalled(b"PRI * HTTP/2.0\r\n"), b"")

    def test_http2_without_a_request(self):
        answer = self.stalled(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b""))
        self.assertEqual(goaway_code(answer), 0)

    def test_http2_half_a_head(self):
        answer = self.stalled(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 1, 1, b"\x82"))
        self.assertNotIn(b"Hello", answer)

    def test_http2_half_a_body(self):
        # POST, http, /collect, :authority h
        head = b"\x83\x86\x44\x08/collect\x41\x01h"
        answer = self.stalled(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, head) + frame(0, 0, 1, b"x"))
        self.assertIn((3, 1), [(kind, stream) for kind, _, stream, _ in frames(answer)])  # RST_STREAM

    def test_no_tls_handshake(self):
        with Server("--quick-limits", "--tls", CERTIFICATE, KEY) as server, server.connect() as connection:
            connection.sendall(b"\x16\x03\x01")
            self.assertEqual(read_all(connection), b"")


def wait_for(holds):
    """Something that has happened in another process; only a machine that hangs sees the limit."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it did not happen")
        time.sleep(0.02)


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def frames(data):
    while len(data) >= 9:
        size = int.from_bytes(data[:3], "big")
        yield data[3], data[4], int.from_bytes(data[5:9], "big"), data[9:9 + size]
        data = data[9 + size:]


def goaway_code(data):
    codes = [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in frames(data) if kind == 7]
    return codes[-1] if codes else None


class Http2(unittest.TestCase):
    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    HELLO = b"\x82\x86\x44\x06/hello\x41\x01h"
    ENHANCE_YOUR_CALM = 11

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__)

    def flood(self, *pieces):
        """Sends until the server ends the connection; the answer is its last GOAWAY."""
        with self.server.connect() as connection:
            connection.settimeout(PATIENCE)
            data = b""
            try:
                connection.sendall(self.PREFACE)
                for piece in pieces:
                    connection.sendall(piece)
            except (ConnectionResetError, BrokenPipeError):
                pass
            return goaway_code(read_all(connection).removesuffix(b"<reset>"))

    def test_floods_end_the_connection(self):
        reset = b"".join(frame(1, 5, 2 * i + 1, self.HELLO.replace(b"/hello", b"/wait\x00"[:6])) + frame(3, 0, 2 * i + 1, b"\0\0\0\x08") for i in range(1500))
        floods = {
            "ping": frame(6, 0, 0, b"12345678") * 5000,
            "settings": frame(4, 0, 0, b"") * 5000,
            "priority": b"".join(frame(2, 0, 2 * i + 1, b"\0\0\0\0\x10") for i in range(5000)),
            "empty data": frame(1, 4, 1, b"\x83\x86\x44\x08/collect\x41\x01h") + frame(0, 0, 1, b"") * 5000,
            "continuation": frame(1, 1, 1, self.HELLO) + frame(9, 0, 1, b"\x40\x01a\x01b" * 10) * 1000,
            "resets": reset,
        }
        for name, data in floods.items():
            with self.subTest(name):
                self.assertNotIn(self.flood(data), (None, 0))
        self.assertIn(b"Hello", self.server.exchange(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"))

    def test_a_large_field_said_again_and_again(self):
        """A field of 4000 bytes is put in the table once, and then named by one byte a time."""
        block = self.HELLO + b"\x40\x01a\x7f" + bytes([0x80 | ((3900 - 127) & 0x7F), (3900 - 127) >> 7]) + b"b" * 3900 + b"\xbe" * 10_000
        self.assertEqual(self.flood(frame(1, 5, 1, block)), self.ENHANCE_YOUR_CALM)

    def test_what_was_taken_back_at_once_is_not_handled(self):
        with self.server.connect() as connection:
            connection.settimeout(PATIENCE)
            head = self.HELLO.replace(b"\x06/hello", b"\x08/release")
            waiting = self.HELLO.replace(b"\x06/hello", b"\x05/wait")
            connection.sendall(self.PREFACE + frame(1, 5, 1, waiting) + frame(1, 5, 3, head) + frame(3, 0, 3, b"\0\0\0\x08") + frame(1, 5, 5, self.HELLO))
            data = b""
            while not any(kind == 0 and flags & 1 for kind, flags, _, _ in frames(data)):
                data += connection.recv(65536)
            self.assertEqual({stream for kind, _, stream, _ in frames(data) if kind == 1}, {5})

    def answer_to(self, *pieces):
        with self.server.connect() as connection:
            connection.sendall(self.PREFACE + b"".join(pieces))
            data = b""
            while True:
                data += connection.recv(65536)
                if any(kind in (3, 7) or (kind in (0, 1) and flags & 1 and stream) for kind, flags, stream, _ in frames(data)):
                    return list(frames(data))

    def test_malformed_requests_are_refused(self):
        cases = {
            "path": b"\x82\x86\x44\x05hello\x41\x01h",
            "path with a blank": b"\x82\x86\x44\x06/a b/c\x41\x01h",
            "authority": b"\x82\x86\x44\x06/hello\x41\x03h/h",
            "no authority": b"\x82\x86\x44\x06/hello",
            "another host": b"\x82\x86\x44\x06/hello\x41\x01h\x66\x01i",
            "connection": b"\x82\x86\x44\x06/hello\x41\x01h\x40\x0aconnection\x05close",
            "upper case": b"\x82\x86\x44\x06/hello\x41\x01h\x40\x01A\x01b",
            "line break": b"\x82\x86\x44\x06/hello\x41\x01h\x40\x01a\x03b\r\n",
        }
        for name, head in cases.items():
            with self.subTest(name):
                answer = self.answer_to(frame(1, 5, 1, head))
                bodies = b"".join(payload for kind, _, _, payload in answer if kind == 0)
                self.assertNotIn(b"Hello", bodies)
                self.assertTrue(b"400" in bodies or any(kind == 3 for kind, _, _, _ in answer), answer)

    def test_too_many_fields(self):
        head = self.HELLO + b"\x40\x01a\x01b" + b"\xbe" * 300
        answer = self.answer_to(frame(1, 5, 1, head))
        self.assertIn(b"431", b"".join(payload for kind, _, _, payload in answer if kind == 0))

    @unittest.skipUnless(H2SPEC, "scripts/setup test installs h2spec")
    def test_h2spec(self):
        for options in ((), ("--tls", CERTIFICATE, KEY)):
            with self.subTest(options), Server(*options) as server:
                more = ["-t", "-k"] if options else []
                done = subprocess.run([H2SPEC, *more, "-h", "127.0.0.1", "-p", str(server.port), "-P", "/collect", "-o", "10"], capture_output=True,
                                      text=True, timeout=600)
                self.assertEqual(done.returncode, 0, done.stdout[done.stdout.find("Failures:"):])
                self.assertIn(" 0 failed", done.stdout)

    @unittest.skipUnless(H2LOAD, "scripts/setup test installs h2load")
    def test_many_streams(self):
        with Server("--workers", "2") as server:
            done = subprocess.run([H2LOAD, "-n", "20000", "-c", "8", "-m", "50", f"http://127.0.0.1:{server.port}/hello"], capture_output=True, text=True,
                                  timeout=PATIENCE)
            self.assertIn("20000 succeeded, 0 failed, 0 errored, 0 timeout", done.stdout)


class Tls(unittest.TestCase):
    def connect(self, server, **context_options):
        context = ssl.create_default_context(cafile=CERTIFICATE)
        for name, value in context_options.items():
            setattr(context, name, value)
        return context.wrap_socket(server.connect(), server_hostname="localhost")

    def test_old_versions_are_refused(self):
        with Server("--tls", CERTIFICATE, KEY) as server:
            with self.assertRaises((ssl.SSLError, ConnectionResetError)):
                self.connect(server, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1).close()
            with self.connect(server) as connection:
                connection.sendall(b"GET /facts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = read_all(connection).decode()
        self.assertIn("scheme https", answer)
        self.assertIn("tls TLSv1.3", answer)
        self.assertIn("sni=localhost", answer)

    def test_cleartext_on_a_tls_port(self):
        with Server("--tls", CERTIFICATE, KEY) as server:
            answer = server.exchange(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertNotIn(b"HTTP/", answer)

    def test_client_certificates_are_told(self):
        with Server("--tls", CERTIFICATE, KEY, "--client-ca", CERTIFICATE) as server:
            for certificate, size in (((), 0), (("--cert", CERTIFICATE, "--key", KEY), 1)):
                out = curl("--cacert", CERTIFICATE, *certificate, f"https://localhost:{server.port}/facts")[1].decode()
                line = next(line for line in out.splitlines() if line.startswith("tls "))
                self.assertEqual("certificate=0" in line, size == 0, line)
                self.assertIn("verified=0", line)

    def test_wrong_files_are_named(self):
        done = subprocess.run([EXAMPLE, "--listen", "127.0.0.1:0", "--tls", "/nowhere/cert.pem", KEY], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("'/nowhere/cert.pem'", done.stderr)
        done = subprocess.run([EXAMPLE, "--listen", "127.0.0.1:0", "--tls", CERTIFICATE, CERTIFICATE], capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("as key", done.stderr)


class Listening(unittest.TestCase):
    def test_unix_socket(self):
        path = os.path.join(FOLDER.name, "server.sock")
        for _ in range(2):  # the second finds the first's socket, which nobody serves
            with Server(listen=f"unix:{path}"):
                code, out, _ = curl("--unix-socket", path, "http://localhost/hello")
                self.assertEqual((code, out), (0, b"Hello World!\n"))
        with Server(listen=f"unix:{path}") as first:
            done = subprocess.run([EXAMPLE, "--listen", f"unix:{path}"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 1)
            self.assertIn("Address already in use", done.stderr)
            self.assertEqual(first.stop(), 0)
        self.assertFalse(os.path.exists(path))

    def test_a_port_in_use(self):
        with Server("--workers", "2") as server:
            for workers in ("1", "2"):
                done = subprocess.run([EXAMPLE, "--listen", f"127.0.0.1:{server.port}", "--workers", workers], capture_output=True, text=True,
                                      timeout=PATIENCE)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr, f"http-example: cannot listen: bind '127.0.0.1:{server.port}': Address already in use\n")

    def test_inherited_socket(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def hand_over():
                os.dup2(listener.fileno(), 3, inheritable=True)
                os.environ["LISTEN_PID"] = str(os.getpid())
            code = ("import os, sys; os.environ['LISTEN_PID'] = str(os.getpid()); os.environ['LISTEN_FDS'] = '1'; os.execv(sys.argv[1], sys.argv[1:])")
            process = subprocess.Popen([sys.executable, "-c", code, EXAMPLE, "--inherited", "--workers", "2"], stdout=subprocess.PIPE, text=True,
                                       preexec_fn=hand_over, pass_fds=(3,))
            with process:
                port = int(process.stdout.readline().rpartition(":")[2])
                self.assertEqual(port, listener.getsockname()[1])
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
                    connection.sendall(b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                    self.assertIn(b"Hello World!", read_all(connection))
                process.terminate()
                self.assertEqual(process.wait(PATIENCE), 0)


class Stopping(unittest.TestCase):
    def test_what_runs_is_finished_and_nothing_new_is_taken(self):
        with Server("--grace-ms", "60000") as server:
            with server.connect() as idle, server.connect() as running:
                idle.sendall(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
                read_until(idle, b"Hello World!\n")
                running.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
                read_until(running, b"01234")
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(read_all(idle), b"")
                with self.assertRaises(OSError):
                    while True:
                        server.connect().close()
                running.sendall(b"56789")
                self.assertEqual(read_all(running), b"56789")
            self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_http2_is_told_to_go(self):
        with Server("--grace-ms", "60000") as server, server.connect() as connection:
            connection.sendall(Http2.PREFACE + frame(1, 4, 1, b"\x83\x86\x44\x05/echo\x41\x01h") + frame(0, 0, 1, b"abc"))
            read_until(connection, b"abc")
            server.process.send_signal(signal.SIGTERM)
            data = b""
            while goaway_code(data) is None:
                data += connection.recv(65536)
            connection.sendall(frame(0, 1, 1, b"def"))
            data += read_all(connection)
            self.assertIn(b"def", data)
            self.assertEqual(goaway_code(data), 0)
            connection.close()
            self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_what_does_not_end_is_cut(self):
        with Server("--grace-ms", "100") as server, server.connect() as connection:
            connection.sendall(b"GET /wait HTTP/1.1\r\nHost: h\r\n\r\nGET /release HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: b"weir_http_requests_active 2" in server.exchange(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n"))
            self.assertEqual(server.stop(), 0)
            self.assertIn("aborted", server.lines()[-1])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
