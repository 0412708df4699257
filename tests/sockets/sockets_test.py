#!/usr/bin/env python3
"""Tests of the sockets world: a guest calls each function in each form over loopback and says what was wrong.

Usage: sockets_test.py WEIR [unittest's arguments]      (CTest gives it)
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from ports import free_port  # noqa: E402

WEIR = os.path.abspath(sys.argv[1])
SOURCES = sorted(pathlib.Path(__file__).resolve().parent.glob("*.cpp"))
CLANG = shutil.which("clang++-22")


@unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
class Sockets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.guest = cls.folder / "guest.wasm"
        subprocess.run([CLANG, "--target=wasm32-wasi", "-Wno-deprecated", "-std=c++20", "-O1", "-fno-exceptions", "-o", cls.guest,
                        *SOURCES], check=True)

    def run_guest(self, options, *words):
        return subprocess.run([WEIR, "run", *options, self.guest, *map(str, words)], capture_output=True, text=True, timeout=600)

    def expect_ok(self, options, *words):
        done = self.run_guest(options, *words)
        self.assertEqual((done.returncode, done.stdout), (0, "ok\n"), f"{words}: {done.stdout}{done.stderr}")
        return done.stderr

    def test_each_form_of_each_function(self):
        for case in ("v1", "v2", "v2-names", "mixed", "udp", "udp-wrong-places", "options", "address-sizes", "wrong-addresses",
                     "connect-nonblocking", "accept-nonblocking", "many-buffers", "wrong-descriptors", "edges", "wait-for-many",
                     "lookup-forms", "lookup-limits"):
            with self.subTest(case):
                self.assertEqual(self.expect_ok(["--net"], case), "")

    def test_inet6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("this machine has no IPv6")
        for case in ("v1-inet6", "v2-inet6", "udp-inet6"):
            with self.subTest(case):
                self.expect_ok(["--net"], case)

    def test_unix(self):
        path = self.folder / "granted.sock"
        self.expect_ok([f"--net=unix:listen={path},unix:connect={path}"], "unix", path)

    def test_datagrams_of_unix_sockets(self):
        self.expect_ok(["--net=unix"], "udp-unix", self.folder / "datagrams.sock")

    def test_descriptors_are_bounded(self):
        self.assertIn("may open no more", self.expect_ok(["--net", "--max-open-files", "20"], "too-many"))

    def test_unix_elsewhere_is_refused(self):
        done = self.run_guest([f"--net=unix:listen={self.folder}/a.sock"], "unix", self.folder / "b.sock")
        self.assertIn("is 2, not 0", done.stdout)
        self.assertFalse((self.folder / "b.sock").exists())

    def test_lookup(self):
        self.expect_ok(["--net", "dns:localhost"], "lookup", "localhost")
        self.assertIn("--net dns:localhost", self.expect_ok(["--net", "dns:example.com"], "lookup-refused", "localhost"))

    def test_nothing_is_granted_by_default(self):
        text = self.expect_ok([], "open-refused")
        self.assertIn("uses sockets, and none are granted; --net", text)
        self.assertIn("--net tcp  would allow it", text)

    def test_only_what_a_rule_names_is_connected_to(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            for host in ("127.0.0.1", "127.0.0.0/8", "localhost", "*", "[::ffff:127.0.0.1]"):
                with self.subTest(host):
                    self.expect_ok([f"--net=tcp:connect={host}:{port}"], "connect", port)
            for rule in (f"tcp:connect=127.0.0.2:{port}", f"tcp:connect=127.0.0.1:{port - 1}", f"tcp:listen=127.0.0.1:{port}",
                         f"tcp:connect=*.localhost:{port}"):
                with self.subTest(rule):
                    self.assertIn(f"--net tcp:connect=127.0.0.1:{port}  would allow it",
                                  self.expect_ok([f"--net={rule}"], "connect-refused", port))

    def test_a_rule_that_is_none(self):
        for rule in ("tcp:", "tcp:bind=a", "tcp:connect=a b", "tcp:connect=1.2.3.4/33", "tcp:listen=a:9-1", "unix:listen=a",
                     "dns:1.2.3.4", ""):
            with self.subTest(rule):
                done = self.run_guest([f"--net={rule},"], "v1")
                self.assertEqual(done.returncode, 2, done.stderr)

    def expect_echo(self, command, address, **popen):
        """Starts a guest that echoes and talks to it as soon as it listens."""
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen) as guest:
            deadline = time.monotonic() + 600
            while True:
                try:
                    client = socket.create_connection(address)
                    break
                except ConnectionRefusedError:
                    self.assertLess(time.monotonic(), deadline, "nobody listens")
                    time.sleep(0.01)
            with client:
                client.sendall(b"hello")
                self.assertEqual(client.recv(64), b"hello")
            self.assertEqual(guest.communicate(timeout=600), ("ok\n", ""))

    def test_a_listening_socket_is_given(self):
        address = ("127.0.0.1", free_port())
        self.expect_echo([WEIR, "run", "--listen", "%s:%d" % address, self.guest, "echo-given", "3"], address)

    def test_a_connection_is_given(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            with subprocess.Popen([WEIR, "run", "--dial", "%s:%d" % server.getsockname(), self.guest, "talk-to-given", "3"],
                                  stdout=subprocess.PIPE, text=True) as guest:
                client, _ = server.accept()
                with client:
                    client.sendall(client.recv(64))
                self.assertEqual(guest.communicate(timeout=600)[0], "ok\n")

    def test_systemds_sockets_are_given(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def place():
                os.dup2(server.fileno(), 3)
                os.set_inheritable(3, True)
            script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" run "$1" echo-given 3'
            self.expect_echo(["sh", "-c", script, WEIR, self.guest], server.getsockname(), preexec_fn=place, close_fds=False)

    def test_what_cannot_be_given_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            done = self.run_guest(["--listen", "%s:%d" % server.getsockname()], "echo-given", "3")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--listen", done.stderr)

    def test_a_waiting_guest_can_be_stopped(self):
        self.assertEqual(self.run_guest(["--net", "--timeout", "300ms"], "block").returncode, 124)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
