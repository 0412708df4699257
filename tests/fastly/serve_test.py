#!/usr/bin/env python3
"""Tests of `weir serve` over the network: many requests, guests that misbehave beside others, backends, reloading, stopping.

Usage: serve_test.py WEIR_SERVE [unittest's arguments]      (CTest gives it)
"""

import http.client
import pathlib
import signal
import socket
import subprocess
import sys
import time
import unittest

from harness import CLANG, HERE, SERVE, Server, TestFolder, compile_guest, test_guest
from origin import Origin
from ports import closed_port

CONFIG = """
[local_server.backends.live]
url = "http://127.0.0.1:{live}/prefix/"
[local_server.backends.refused]
url = "http://127.0.0.1:{closed}"
[local_server.backends.impatient]
url = "http://127.0.0.1:{live}"
first_byte_timeout_ms = 50
[local_server.backends.h2]
url = "http://127.0.0.1:{h2}"
grpc = true
[local_server.kv_stores]
counter = []
"""
SERVICE = """
#include "weir/fastly.hpp"
int main() {{ return weir::fastly::serve([](weir::fastly::Request&) {{ return weir::fastly::Response{{"{text}"}}; }}); }}
"""


@unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
class Serve(TestFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guest = test_guest(cls.folder)
        cls.origin = Origin()
        cls.addClassCleanup(cls.origin.end)
        # The same guest behind HTTP/2, as an origin.
        cls.behind = Server(cls.folder, cls.guest, "--workers", "1", "--metrics-addr", "127.0.0.1:0")
        cls.addClassCleanup(cls.behind.stop)
        (cls.folder / "fastly.toml").write_text(CONFIG.format(live=cls.origin.port, closed=closed_port(), h2=cls.behind.port))

    def start(self, *words, guest=None):
        server = Server(self.folder, guest or self.guest, *words)
        self.addCleanup(server.stop)
        return server

    def test_answers(self):
        server = self.start()
        response, body = server.get("/echo", "POST", b"x" * 3_000_000)
        self.assertEqual((response.status, len(body)), (200, 3_000_000))
        response, body = server.get("/nothing")
        self.assertEqual((response.status, response.getheader("content-length"), body), (200, "0", b""))
        self.assertEqual(server.get("/bodies")[1], b"ok")
        self.assertEqual(server.get("/exit-3")[0].status, 500)
        self.assertEqual(server.stop(), 0)

    def test_streams(self):
        server = self.start()
        response, body = server.get("/stream")
        self.assertEqual(body, b"first,second,third," + b"x" * 2**20 + b"ok")
        response, body = server.get("/echo", "POST", iter([b"one,", b"two"]))  # chunked
        self.assertEqual(body, b"one,two")

    def test_cut_streams_do_not_look_finished(self):
        server = self.start()
        for path in ("/stream-cut", "/stream-trap", "/stream-forget"):
            with self.subTest(path):
                server.expect_cut(self, path)
        self.assertEqual(server.get("/bodies")[1], b"ok")

    def test_answers_of_backends_that_were_cut_do_not_look_finished(self):
        server = self.start("-C", "fastly.toml")
        for how in ("pass", "append"):
            for backend, path in (("live", "short"), ("live", "short-chunked"), ("h2", "stream-cut"), ("h2", "stream-trap"), ("h2", "stream-forget")):
                with self.subTest(how=how, path=path):
                    server.expect_cut(self, f"/{how}/{backend}/{path}")
        # And one that was not, by the same ways.
        whole = b"first,second,third," + b"x" * 2**20 + b"ok"
        self.assertEqual(server.get("/pass/h2/stream")[1], whole)
        self.assertEqual(server.get("/append/h2/stream")[1], b"first," + whole)

    def test_requests_that_were_cut_do_not_look_finished(self):
        server = self.start("-C", "fastly.toml")
        bodies = {"length": b"content-length: 1000\r\n\r\nonly this", "chunked": b"transfer-encoding: chunked\r\n\r\n9\r\nonly this\r\n"}
        # As the guest sees it: it waits for the rest, and is told when the client goes away.
        for name, body in bodies.items():
            with self.subTest(name), server.connect() as client:
                client.sendall(b"POST /report HTTP/1.1\r\nhost: x\r\n" + body)
                client.shutdown(socket.SHUT_WR)
                answer = http.client.HTTPResponse(client)
                answer.begin()
                self.assertEqual(answer.read(), b"cut 9")
        # As the origin sees it that the guest passes it on to, by each protocol. Waiting for what it logs is waiting for what it saw.
        for name, body in bodies.items():
            for backend in ("live", "h2"):
                with self.subTest(name=name, backend=backend):
                    self.behind.wait_for_metric("weir_guests", 0)
                    seen = len(self.origin.cut_requests), self.cut_seen_behind()
                    with server.connect() as client:
                        client.sendall(b"POST /forward/%s HTTP/1.1\r\nhost: x\r\n" % backend.encode() + body)
                        if backend == "h2":  # a stream that is reset before it is handled leaves no trace in the log
                            self.behind.wait_for_metric("weir_guests", 1)
                    deadline = time.monotonic() + 600
                    while (len(self.origin.cut_requests), self.cut_seen_behind()) == seen:
                        self.assertLess(time.monotonic(), deadline)
                        time.sleep(0.01)
        self.assertEqual(self.origin.complete_requests, [])
        response, body = server.get("/forward/h2", "POST", b"x" * 200_000)
        self.assertEqual(body, b"complete 200000")

    def cut_seen_behind(self):
        return sum("a body that the guest reads was cut" in line for line in self.behind.lines)

    def test_protocols(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"], cwd=self.folder, check=True, capture_output=True)
        plain, tls = self.start(), self.start("--tls-cert", "cert.pem", "--tls-key", "key.pem")
        for server, options, expected in ((plain, ["--http1.1"], "1.1"), (plain, ["--http2-prior-knowledge"], "2"), (plain, ["--http1.0"], "1.1"),
                                          (tls, ["--http1.1"], "1.1"), (tls, ["--http2"], "2")):
            scheme = "https" if server is tls else "http"
            done = subprocess.run(["curl", "-sS", "--max-time", "600", "--cacert", "cert.pem", "--resolve", f"localhost:{server.port}:127.0.0.1", *options,
                                   "--write-out", " %{http_version} %{http_code}", "--data", "a body", f"{scheme}://localhost:{server.port}/echo"],
                                  cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(done.stdout, f"a body {expected} 200", done.stderr)

    def test_what_a_guest_sends_flows_while_it_computes(self):
        server = self.start("--workers", "1", "--request-timeout", "600s")
        for protocol in ("--http1.1", "--http2-prior-knowledge"):
            with self.subTest(protocol):
                url = f"http://127.0.0.1:{server.port}"
                # Whole, with its length: curl is done although the guest goes on.
                done = subprocess.run(["curl", "-sS", protocol, "--max-time", "600", f"{url}/respond-and-compute"], capture_output=True)
                self.assertEqual((done.returncode, done.stdout), (0, b"first"), done.stderr)
                curl = subprocess.Popen(["curl", "-sSN", protocol, "--max-time", "600", f"{url}/stream-and-compute"], stdout=subprocess.PIPE)
                self.addCleanup(curl.stdout.close)
                self.assertEqual(curl.stdout.read(5), b"first")
                curl.kill()
                curl.wait()
        server.process.kill()

    def test_guests_that_loop_or_trap_do_not_stop_others(self):
        server = self.start("--workers", "1", "--request-timeout", "600s")
        stuck = []
        for path in ("/loop", "/hang", "/loop"):
            connection = socket.create_connection(("127.0.0.1", server.port))
            self.addCleanup(connection.close)
            connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            stuck.append(connection)
        for _ in range(5):
            self.assertEqual(server.get("/nothing")[0].status, 200)
            self.assertEqual(server.get("/trap")[0].status, 500)
        server.process.kill()

    def test_timeout(self):
        server = self.start("--workers", "1", "--request-timeout", "100ms")
        for path in ("/loop", "/hang"):
            response, body = server.get(path)
            self.assertEqual(response.status, 500)
            self.assertIn(b"--request-timeout", body)

    def test_too_many_instances(self):
        server = self.start("--workers", "1", "--max-instances", "1", "--request-timeout", "600s")
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n12")
            self.assertEqual(connection.recv(12), b"HTTP/1.1 200")  # it runs, and waits for the rest
            # A response whose body is still to come keeps no instance: the guest has ended.
            self.assertEqual(server.get("/nothing")[0].status, 200)
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"GET /loop HTTP/1.1\r\nhost: x\r\n\r\n")
            while server.get("/nothing")[0].status != 503:
                pass  # until the other has arrived
        server.process.kill()

    def test_stop_finishes_what_runs(self):
        server = self.start()
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n12")
            received = connection.recv(65536)
            self.assertTrue(received.startswith(b"HTTP/1.1 200"))
            server.process.send_signal(signal.SIGINT)
            connection.sendall(b"34")
            while not received.endswith(b"1234"):
                more = connection.recv(65536)
                self.assertTrue(more, received)
                received += more
        self.assertEqual(server.process.wait(600), 0)

    def test_an_instance_may_serve_several_requests(self):
        server = self.start("--workers", "1")
        answers = set()
        # A request that comes before the instance has asked for it starts another one.
        while len(answers) < 6:
            answers.add(server.get("/several")[1].decode())
        self.assertEqual(answers, {f"request {n} of this instance" for n in range(1, 7)})

    def test_watch_reloads_and_keeps_the_old_version_when_the_new_is_broken(self):
        def build(text):
            source, built = self.folder / "service.cpp", self.folder / "new.wasm"
            source.write_text(SERVICE.format(text=text))
            compile_guest(built, source)
            return built.read_bytes()
        guest = self.folder / "watched.wasm"
        guest.write_bytes(build("one"))
        second = build("two")
        server = self.start("--watch", guest=guest)
        self.assertEqual(server.get("/")[1], b"one")
        guest.write_bytes(b"broken")
        server.wait_for("what changed cannot be served, the old version goes on")
        self.assertEqual(server.get("/")[1], b"one")
        (self.folder / "new.wasm").write_bytes(second)
        (self.folder / "new.wasm").replace(guest)
        server.wait_for("Reloaded")
        self.assertEqual(server.get("/")[1], b"two")

    def test_nothing_of_an_old_version_stays_behind_a_reload(self):
        guest = self.folder / "reloaded.wasm"
        guest.write_bytes(self.guest.read_bytes())
        server = self.start("--watch", "--workers", "1", "--metrics-addr", "127.0.0.1:0", guest=guest)
        self.assertEqual(server.get("/nothing")[0].status, 200)
        server.wait_for_metric("weir_instances_idle", 1)
        guest.write_bytes(self.guest.read_bytes())
        server.wait_for("Reloaded")
        # No request comes that would make room.
        server.wait_for_metric("weir_instances_idle", 0)

    def test_an_instance_of_an_old_version_gets_no_more_requests(self):
        guest = self.folder / "several.wasm"
        guest.write_bytes(self.guest.read_bytes())
        server = self.start("--watch", "--workers", "1", guest=guest)
        while server.get("/several")[1] != b"request 2 of this instance":
            pass  # until there is one that waits for requests
        guest.write_bytes(self.guest.read_bytes())
        server.wait_for("Reloaded")
        self.assertEqual(server.get("/several")[1], b"request 1 of this instance")

    def test_backends(self):
        server = self.start("-C", "fastly.toml", "--workers", "1")
        self.assertEqual(server.get("/sending")[1].decode(), "ok")

    def test_answer_of_a_backend_left_to_the_host(self):
        server = self.start("-C", "fastly.toml")
        response, _ = server.get("/pending-live")
        headers = {name.lower() for name, _ in response.getheaders()}
        self.assertEqual(response.status, 200)
        self.assertTrue({"x-any", "x-response", "x-host"} <= headers and not headers & {"x-line", "x-error"}, headers)
        response, body = server.get("/pending-refused")
        headers = {name.lower() for name, _ in response.getheaders()}
        self.assertEqual(response.status, 502)
        self.assertTrue({"x-any", "x-error"} <= headers and "x-response" not in headers, headers)
        self.assertIn(b"'refused'", body)

    def test_addresses(self):
        path = self.folder / "s.sock"
        server = Server(self.folder, self.guest, "--addr", f"unix:{path}")
        self.addCleanup(server.stop)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b"GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 200"))
        for wrong in ("nonsense", "127.0.0.1:99999"):
            done = subprocess.run([*SERVE, "--addr", wrong, self.guest], capture_output=True, text=True, timeout=600)
            self.assertEqual(done.returncode, 2, done.stderr)

    def test_in_place_of_viceroy(self):
        viceroy = self.folder / "viceroy"
        viceroy.symlink_to(pathlib.Path(SERVE[0]).parent / "weir")
        run = lambda *words: subprocess.run([viceroy, *words], capture_output=True, text=True, cwd=self.folder, timeout=600)
        self.assertRegex(run("--version").stdout, r"^viceroy \d+\.\d+\.\d+ \(weir [^)]*\)\n$")
        self.assertEqual(run("run", "-C", "fastly.toml", self.guest, "a", "--b").returncode, 0)
        self.assertEqual(run("adapt", self.guest).returncode, 2)
        process = subprocess.Popen([viceroy, "-v", "-C", self.folder / "fastly.toml", "--addr", "127.0.0.1:0", self.guest],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.assertTrue(process.stdout.readline().startswith("Listening on http://127.0.0.1:"))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(600), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
