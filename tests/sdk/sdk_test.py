#!/usr/bin/env python3
"""Tests of the guests' SDK: an HTTP server and the demos, each as a guest of weir and as a native program of the same source.

Usage: sdk_test.py WEIR [unittest's arguments]      (CTest gives it)
"""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

WEIR = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/support"))
from ports import closed_port  # noqa: E402

CLANG, CURL = shutil.which("clang++-22"), shutil.which("curl")
OPTIONS = ["-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-exceptions", f"-I{ROOT}/sdk/include"]
LARGE = 64 << 20


def pattern(size):
    """The body that server.cpp sends and expects."""
    turn = 256 * 256  # after which it repeats
    once = bytes((i * 7 + (i >> 8) * 13) & 0xFF for i in range(turn))
    return (once * (size // turn + 1))[:size]


class Response:
    """One response, read from a socket's file as strictly as it should have been written."""

    def __init__(self, file, method="GET"):
        line = file.readline()
        self.is_there = bool(line)
        if not line:
            return
        version, status, *_ = line.decode().split(" ", 2)
        assert version == "HTTP/1.1" and line.endswith(b"\r\n"), line
        self.status, self.fields, self.body = int(status), {}, b""
        while (line := file.readline()) != b"\r\n":
            assert line.endswith(b"\r\n"), line
            name, value = line.decode().rstrip("\r\n").split(": ", 1)
            assert name.lower() not in self.fields, f"{name} twice"
            self.fields[name.lower()] = value
        if method == "HEAD" or self.status in (100, 204, 304):
            return
        if self.fields.get("transfer-encoding") == "chunked":
            assert "content-length" not in self.fields
            parts = []
            while size := int(file.readline(), 16):
                parts.append(file.read(size))
                assert file.read(2) == b"\r\n"
            assert file.readline() == b"\r\n"
            self.body = b"".join(parts)
        elif "content-length" in self.fields:
            self.body = file.read(int(self.fields["content-length"]))
        else:
            self.body = file.read()


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=600)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def ask(self, path, method="GET", fields="", body=b"", version="1.1"):
        self.send(f"{method} {path} HTTP/{version}\r\nHost: test\r\n{fields}\r\n".encode() + body)
        return Response(self.file, method)

    def is_at_end(self):
        """Waits for the server to end the connection."""
        return self.file.read() == b""

    def reset(self):
        """Ends the connection so that the other side gets ECONNRESET."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.file.close()
        self.socket.close()


class Server:
    """A server on a port of the kernel's choice, until the end of the `with`. What it wrote to standard error is `log` then."""

    def __init__(self, command):
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)$", line.strip())
        if not found:
            self.process.kill()
            raise AssertionError(f"{command} does not serve: {line}{self.process.communicate()[1]}")
        self.line, self.port, self.log = line, int(found[1]), ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        was_running = self.process.poll() is None
        self.process.kill()
        self.log = self.process.communicate()[1]
        if not was_running:
            raise AssertionError(f"the server ended with {self.process.returncode}: {self.log}")


@unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
class Case(unittest.TestCase):
    """What guests and native programs are tested alike for; see Guest and Native."""

    @classmethod
    def setUpClass(cls):
        if cls.target is None:
            raise unittest.SkipTest("what the others share")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        builds = []
        for name, source in (("server", "tests/sdk/server.cpp"), ("net", "tests/sdk/net_guest.cpp"), ("http", "demos/http/http.cpp"),
                             ("fetch", "demos/fetch/fetch.cpp")):
            builds.append(subprocess.Popen([CLANG, *cls.target, *OPTIONS, "-o", cls.folder / name, ROOT / source]))
        if any([build.wait() for build in builds]):
            raise AssertionError("a program does not compile")

    def program(self, name, *words, grants=("--net",)):
        prefix = [WEIR, "run", *grants] if self.is_guest else []
        return [*prefix, self.folder / name, *words]

    def serve(self, *options):
        return Server(self.program("server", "127.0.0.1:0", *options))

    def fetch(self, url, **options):
        return subprocess.run(self.program("fetch", url, **options), capture_output=True, timeout=600)


class HttpTests(Case):
    target = None

    def expect_ok(self, *words):
        done = subprocess.run(self.program("net", *words), capture_output=True, text=True, timeout=600)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "ok\n", ""))

    def test_sockets(self):
        for words in (["ipv4"], ["unix", self.folder / "a.sock"], ["datagrams"], ["names"], ["wait"]):
            with self.subTest(words[0]):
                self.expect_ok(*words)
        (self.folder / "a.sock").unlink()

    def test_sockets_of_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("this machine has no IPv6")
        for name in ("ipv6", "datagrams-ipv6"):
            with self.subTest(name):
                self.expect_ok(name)

    def test_connections_are_kept(self):
        with self.serve() as server, Client(server.port) as client:
            for _ in range(3):
                response = client.ask("/hello")
                self.assertEqual((response.status, response.body), (200, b"Hello, World!\n"))
                self.assertNotIn("connection", response.fields)
            self.assertRegex(response.fields["date"], r"^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$")

    def test_connections_end_when_either_side_says_so(self):
        with self.serve() as server:
            for path, fields, version in (("/hello", "Connection: close\r\n", "1.1"), ("/close", "", "1.1"), ("/hello", "", "1.0")):
                with self.subTest(path=path, version=version), Client(server.port) as client:
                    response = client.ask(path, fields=fields, version=version)
                    self.assertEqual((response.status, response.fields["connection"]), (200, "close"))
                    self.assertTrue(client.is_at_end())
            with Client(server.port) as client:
                for _ in range(2):
                    response = client.ask("/hello", fields="Connection: keep-alive\r\n", version="1.0")
                    self.assertEqual(response.fields["connection"], "keep-alive")

    def test_the_request_is_what_was_sent(self):
        with self.serve() as server, Client(server.port) as client:
            self.assertEqual(client.ask("/about?a=b%20c", fields="X: y z \r\nx:\r\n").body, b"GET /about a=b%20c test\nHost=test\nX=y z\nx=")
            self.assertEqual(client.ask("/nothing").status, 404)

    def test_pipelined_requests_are_answered_in_order(self):
        with self.serve() as server, Client(server.port) as client:
            count = 100
            client.send("".join(f"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {len(str(i))}\r\n\r\n{i}" for i in range(count)))
            self.assertEqual([Response(client.file).body for _ in range(count)], [str(i).encode() for i in range(count)])

    def test_requests_may_come_byte_by_byte(self):
        with self.serve() as server, Client(server.port) as client:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(2):
                for byte in b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: u\r\n\r\n":
                    client.send(bytes([byte]))
                self.assertEqual(Response(client.file).body, b"abcde")

    def test_head_has_no_body(self):
        with self.serve() as server, Client(server.port) as client:
            self.assertEqual(client.ask("/hello", "HEAD").fields["content-length"], "14")
            self.assertEqual(client.ask("/body?100000", "HEAD").fields["content-length"], "100000")
            self.assertEqual(client.ask("/chunks?100000", "HEAD").fields["transfer-encoding"], "chunked")
            self.assertEqual(client.ask("/hello").body, b"Hello, World!\n")

    def test_statuses_without_body(self):
        with self.serve() as server, Client(server.port) as client:
            for status in (204, 304):
                response = client.ask(f"/status?{status}")
                self.assertEqual((response.status, response.fields.keys() & {"content-length", "transfer-encoding"}), (status, set()))
            self.assertEqual(client.ask("/status?200").fields["content-length"], "0")
            self.assertEqual(client.ask("/status?99").status, 500)

    def test_bodies_to_http_1_0_end_with_the_connection(self):
        with self.serve() as server, Client(server.port) as client:
            response = client.ask("/chunks?100000", version="1.0", fields="Connection: keep-alive\r\n")
            self.assertNotIn("transfer-encoding", response.fields)
            self.assertEqual(response.body, pattern(100000))

    def test_responses_cannot_be_split(self):
        with self.serve() as server, Client(server.port) as client:
            response = client.ask("/split")
            self.assertEqual((response.body, response.fields["x"], response.fields["content-length"]), (b"------+", "fine", "7"))

    def test_a_body_shorter_than_said_ends_the_connection(self):
        with self.serve() as server, Client(server.port) as client:
            self.assertEqual(client.ask("/short").body, b"12345")
            self.assertTrue(client.is_at_end())

    def test_a_length_without_a_body_is_the_handlers_mistake(self):
        with self.serve() as server, Client(server.port) as client:
            self.assertEqual(client.ask("/promise", "HEAD").fields["content-length"], "10")
            response = client.ask("/promise")
            self.assertEqual((response.status, response.body), (500, b""))

    def test_what_is_no_request_is_refused(self):
        head = "POST /echo HTTP/1.1\r\nHost: a\r\n"
        cases = (
                ("GET / HTTP/1.1\n\n", 400), ("\x16\x03\x01\x02\n", 400), ("GET /\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
                ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
                ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
                ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
                ("GET /" + "a" * 9000, 414), ("GET / HTTP/1.1\r\n" + "X: y\r\n" * 101 + "\r\n", 431),
                ("GET / HTTP/1.1\r\nX: " + "y" * 40000, 431),
                (head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400), (head + "Content-Length: -1\r\n\r\n", 400),
                (head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                (head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501), (head + "Transfer-Encoding: chunked, x\r\n\r\n", 400),
                (head + "Content-Length: 1001\r\n\r\n", 413), (head + "Expect: x\r\nContent-Length: 1\r\n\r\n", 417),
                (head + "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400), (head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413),
                (head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n", 400))
        with self.serve("body=1000") as server:
            for text, status in cases:
                with self.subTest(text[:60]), Client(server.port) as client:
                    # A valid request behind it must not be taken for another one.
                    client.send(text + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                    response = Response(client.file)
                    self.assertEqual((response.status, response.fields["connection"]), (status, "close"))
                    self.assertTrue(client.is_at_end())

    def test_a_bad_chunk_behind_good_ones_breaks_the_response_off(self):
        with self.serve() as server, Client(server.port) as client:
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            while client.file.readline() != b"abc\r\n":
                pass
            client.send("x\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(client.file.read(), b"")  # neither the last chunk nor another response

    def test_expect_is_answered_when_the_body_is_wanted(self):
        fields = "Expect: 100-continue\r\nContent-Length: 5\r\n"
        with self.serve() as server:
            with Client(server.port) as client:
                self.assertEqual(client.ask("/echo", "POST", fields).status, 100)
                client.send("hello")
                self.assertEqual(Response(client.file).body, b"hello")
                self.assertEqual(client.ask("/echo", "POST", fields, b"hello").body, b"hello")  # it did not wait to be told
            with Client(server.port) as client:
                response = client.ask("/ignore", "POST", fields)
                self.assertEqual((response.status, response.body, response.fields["connection"]), (200, b"ignored\n", "close"))
                self.assertTrue(client.is_at_end())
            with Client(server.port) as client:
                self.assertEqual(client.ask("/small", "POST", "Expect: 100-continue\r\nContent-Length: 50\r\n").status, 413)

    def test_bodies_that_nobody_reads(self):
        with self.serve("drain=10000", "linger=60000") as server:
            with Client(server.port) as client:
                self.assertEqual(client.ask("/ignore", "POST", "Content-Length: 9000\r\n", bytes(9000)).body, b"ignored\n")
                self.assertEqual(client.ask("/hello").status, 200)
            with Client(server.port) as client:
                self.assertEqual(client.ask("/ignore", "POST", "Content-Length: 1000000\r\n", bytes(1000000)).fields["connection"], "close")

    def test_large_bodies_in_and_out(self):
        expected = pattern(LARGE)
        with self.serve() as server, Client(server.port) as client:
            for path in ("/body", "/chunks", "/whole"):
                self.assertEqual(hashlib.sha256(client.ask(f"{path}?{LARGE}").body).digest(), hashlib.sha256(expected).digest(), path)
            self.assertEqual(client.ask("/sum", "POST", f"Content-Length: {LARGE}\r\n", expected).body, b"%d right" % LARGE)
            client.send("POST /sum HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for at in range(0, LARGE, 1 << 20):
                client.send(b"100000\r\n" + expected[at:at + (1 << 20)] + b"\r\n")
            client.send("0\r\n\r\n")
            self.assertEqual(Response(client.file).body, b"%d right" % LARGE)

    def test_large_bodies_in_and_out_at_once(self):
        size = 8 << 20
        with self.serve() as server, Client(server.port) as client:
            sender = threading.Thread(target=client.send, args=(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size
                                                                 + pattern(size),))
            sender.start()
            self.assertEqual(Response(client.file).body, pattern(size))
            sender.join()

    def test_a_response_may_begin_before_the_request_has_ended(self):
        with self.serve() as server, Client(server.port) as client:
            client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
            head = b""
            while not head.endswith(b"early \r\n"):
                head += client.file.readline()
            client.send("abc")
            self.assertEqual(client.file.read(len(b"3\r\nabc\r\n0\r\n\r\n")), b"3\r\nabc\r\n0\r\n\r\n")

    def test_slow_clients_are_not_waited_for(self):
        with self.serve("idle=60000", "head=100", "stall=100") as server:
            with Client(server.port) as client:  # in the head
                client.send("GET / HTTP/1.1\r\nHo")
                self.assertEqual(Response(client.file).status, 408)
                self.assertTrue(client.is_at_end())
            with Client(server.port) as client:  # in the body
                self.assertEqual(client.ask("/sum", "POST", "Content-Length: 5\r\n", b"abc").status, 408)
                self.assertTrue(client.is_at_end())
            with Client(server.port) as client:  # the handler takes longer than that, which is nobody's business
                self.assertEqual(client.ask("/sleep?300").body, b"slept\n")
                self.assertEqual(client.ask("/hello").status, 200)

    def test_clients_that_take_nothing_are_not_waited_for(self):
        with self.serve("stall=100") as server:
            with Client(server.port) as client:
                client.send(f"GET /body?{1 << 30} HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertRegex(server.process.stderr.readline(), "^writing failed: .* timed out$")

    def test_idle_connections_are_ended(self):
        with self.serve("idle=1000") as server:
            with Client(server.port) as client:
                self.assertTrue(client.is_at_end())
            with Client(server.port) as client:
                self.assertEqual(client.ask("/hello").status, 200)
                self.assertTrue(client.is_at_end())

    def test_a_client_that_ends_its_side_is_answered(self):
        with self.serve() as server:
            with Client(server.port) as client:
                client.send("GET /sleep?50 HTTP/1.1\r\nHost: a\r\n\r\n")
                client.socket.shutdown(socket.SHUT_WR)
                self.assertEqual(Response(client.file).body, b"slept\n")
                self.assertTrue(client.is_at_end())
            with Client(server.port) as client:  # in the middle of a body
                client.send("POST /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
                client.socket.shutdown(socket.SHUT_WR)
                self.assertEqual(Response(client.file).status, 400)
            with Client(server.port) as client:  # in the middle of a head
                client.send("GET / HT")
                client.socket.shutdown(socket.SHUT_WR)
                self.assertTrue(client.is_at_end())

    def test_resets_in_the_middle_do_no_harm(self):
        with self.serve() as server:
            for _ in range(20):
                for text in ("GET / HT", "POST /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", "GET /sleep?5 HTTP/1.1\r\nHost: a\r\n\r\n",
                             "GET /body?10000000 HTTP/1.1\r\nHost: a\r\n\r\n"):
                    client = Client(server.port)
                    client.send(text)
                    client.reset()
            with Client(server.port) as client:
                self.assertEqual(client.ask("/hello").status, 200)

    def test_many_connections_at_once(self):
        with self.serve() as server:
            clients = [Client(server.port) for _ in range(300)]
            for _ in range(2):
                for client in clients:
                    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                for client in clients:
                    self.assertEqual(Response(client.file).status, 200)
            for client in clients:
                client.__exit__()

    def test_no_more_connections_than_allowed(self):
        with self.serve("connections=2") as server:
            first, second, third = (Client(server.port) for _ in range(3))
            for client in (first, second):
                self.assertEqual(client.ask("/hello").status, 200)
            third.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            first.__exit__()
            self.assertEqual(Response(third.file).status, 200)
            second.__exit__()
            third.__exit__()

    @unittest.skipUnless(CURL, "there is no curl")
    def test_curl(self):
        with self.serve() as server, tempfile.NamedTemporaryFile() as file:
            url = f"http://127.0.0.1:{server.port}"
            file.write(pattern(3_000_000))
            file.flush()

            def curl(*words):
                return subprocess.run([CURL, "-sS", "--fail", "--max-time", "600", *words], capture_output=True, check=True).stdout

            self.assertEqual(curl(f"{url}/hello", f"{url}/hello"), b"Hello, World!\n" * 2)
            self.assertEqual(curl("--http1.0", f"{url}/hello"), b"Hello, World!\n")
            self.assertEqual(curl("-I", f"{url}/hello").split(b"\r\n")[0], b"HTTP/1.1 200 OK")
            self.assertEqual(curl("-T", file.name, f"{url}/echo"), pattern(3_000_000))  # it sends Expect
            self.assertEqual(curl("-T", "-", f"{url}/sum", "--expect100-timeout", "60", "-H", "Expect: 100-continue"), b"0 right")
            self.assertEqual(curl("--data-binary", f"@{file.name}", "-H", "Transfer-Encoding: chunked", f"{url}/echo"), pattern(3_000_000))

    def test_fetch(self):
        with self.serve() as server:
            done = self.fetch(f"http://localhost:{server.port}/body?3000000")
            self.assertEqual((done.returncode, done.stdout == pattern(3_000_000), done.stderr), (0, True, b""))
            done = self.fetch(f"http://127.0.0.1:{server.port}/chunks?3000000")
            self.assertEqual((done.returncode, done.stdout == pattern(3_000_000), done.stderr), (0, True, b""))
            done = self.fetch(f"http://127.0.0.1:{server.port}/nothing")
            self.assertEqual((done.returncode, done.stdout), (1, b""))
            self.assertTrue(done.stderr.endswith(b": 404 Not Found\n"), done.stderr)

    def test_fetch_says_what_is_wrong(self):
        port = closed_port()
        for url, text in ((f"http://127.0.0.1:{port}/", "cannot connect: Connection refused"),
                          ("http://a..b/", "cannot connect: there is no host of this name"), ("https://a/", "only http:// is spoken"),
                          ("a", "an address is http://HOST[:PORT]/PATH")):
            with self.subTest(url):
                done = self.fetch(url)
                self.assertEqual((done.returncode, done.stdout, done.stderr.decode()), (1, b"", f"fetch: {url}: {text}\n"))

    def test_fetch_of_what_is_no_answer(self):
        for answer, text in ((b"", "the server ended the connection without a response"), (b"SSH-2.0\r\n\r\n", "the answer is not HTTP/1.1"),
                             (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "the body broke off: the connection ended before the message did"),
                             (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "the body broke off: a chunk begins with its size"),
                             (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40000, "the head of the response is too long")):
            with self.subTest(text), socket.create_server(("127.0.0.1", 0)) as server:
                fetching = subprocess.Popen(self.program("fetch", "http://127.0.0.1:%d/" % server.getsockname()[1]), stderr=subprocess.PIPE,
                                            stdout=subprocess.DEVNULL, text=True)
                with server.accept()[0] as connection:
                    connection.recv(10000)
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    errors = fetching.communicate(timeout=600)[1]
                self.assertEqual((fetching.returncode, errors.rpartition("/: ")[2]), (1, text + "\n"))

    def test_the_demo_serves_and_ends_by_ctrl_c(self):
        with_signal = Server(self.program("http", "127.0.0.1:0"))
        self.assertRegex(with_signal.line, r"^Serving HTTP server on 127\.0\.0\.1:\d+\n$")
        with Client(with_signal.port) as client:
            response = client.ask("/")
            self.assertEqual((response.status, response.body), (200, b"Hello, World!\n"))
            with_signal.process.send_signal(signal.SIGINT)
            self.assertEqual(with_signal.process.wait(600), 130 if self.is_guest else -signal.SIGINT)
        self.assertEqual(with_signal.process.communicate()[1], "")

    def test_the_demo_says_what_is_wrong(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            where = "127.0.0.1:%d" % taken.getsockname()[1]
            for words, text in ((where, f"http: cannot listen on {where}: {'Address in use' if self.is_guest else 'Address already in use'}\n"),
                                ("nowhere", "http: cannot listen on nowhere: an address is HOST:PORT\n")):
                done = subprocess.run(self.program("http", words), capture_output=True, text=True, timeout=600)
                self.assertEqual((done.returncode, done.stderr), (1, text))


class Guest(HttpTests):
    target, is_guest = ["--target=wasm32-wasi", "-Wno-deprecated"], True

    def test_fetch_needs_its_grants(self):
        with self.serve() as server:
            url = f"http://localhost:{server.port}/hello"
            done = self.fetch(url, grants=[f"--net=dns:localhost,tcp:connect=localhost:{server.port}"])
            self.assertEqual((done.returncode, done.stdout), (0, b"Hello, World!\n"))
            done = self.fetch(url, grants=["--net=dns:localhost"])
            self.assertEqual(done.returncode, 1)
            self.assertIn("cannot connect: Permission denied", done.stderr.decode())


class Native(HttpTests):
    target, is_guest = [], False


GO_SERVER = ROOT / "build/demos/go/http.wasm"


@unittest.skipUnless(GO_SERVER.exists(), "make http builds the demo in Go")
class Go(unittest.TestCase):
    def test_the_demo_serves_and_ends_by_ctrl_c(self):
        server = Server([WEIR, "run", "--net=tcp:listen=127.0.0.1", GO_SERVER, "127.0.0.1:0"])
        self.assertRegex(server.line, r" Serving HTTP server on 127\.0\.0\.1:\d+\n$")
        with Client(server.port) as client:
            for _ in range(3):
                response = client.ask("/")
                self.assertEqual((response.status, response.body), (200, b"Hello, World!\n"))
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.process.wait(600), 130)
        self.assertEqual(server.process.communicate()[1], "")

    def test_the_demo_says_what_is_wrong(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            where = "127.0.0.1:%d" % taken.getsockname()[1]
            done = subprocess.run([WEIR, "run", "--net", GO_SERVER, where], capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"listen tcp {where}: bind: Address already in use", done.stderr)


@unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
class Documentation(unittest.TestCase):
    def test_examples_compile(self):
        examples = re.findall(r"^```cpp\n(.*?)^```", (ROOT / "docs/sdk.md").read_text(), re.DOTALL | re.MULTILINE)
        self.assertEqual(len(examples), 3)
        # What the text around them takes for granted.
        prelude = '#include "weir/async.hpp"\n#include "weir/export.hpp"\n#include <array>\n#include <numeric>\nusing namespace std::chrono_literals;\n'
        for example in examples:
            done = subprocess.run([CLANG, "--target=wasm32-wasi", "-Wno-deprecated", *OPTIONS, "-fsyntax-only", "-xc++", "-"],
                                  input=prelude + example, text=True, stderr=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


del HttpTests, Case

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
