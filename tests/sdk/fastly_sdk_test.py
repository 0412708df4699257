#!/usr/bin/env python3
"""Tests of the SDK's header for edge services: a service uses all of it, with what it talks to.

Usage: fastly_sdk_test.py WEIR_SERVE [unittest's arguments]      (CTest gives it)
"""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/fastly"))
from origin import Origin  # noqa: E402

SERVE = os.path.abspath(sys.argv[1])
CLANG = shutil.which("clang++-22")
CONFIG = """
[local_server]
fake_valid_fastly_keys = ["valid-key"]
[local_server.backends.live]
url = "http://127.0.0.1:{live}"
[local_server.backends.refused]
url = "http://127.0.0.1:{closed}"
[local_server.config_stores.settings]
format = "inline-toml"
contents = {{ key = "value" }}
[local_server.secret_stores]
secrets = [{{ key = "word", data = "open sesame" }}]
[local_server.kv_stores]
kv = []
[local_server.geolocation]
format = "inline-toml"
[local_server.geolocation.addresses."192.0.2.1"]
city = "Test"
[local_server.device_detection]
format = "inline-toml"
[local_server.device_detection.user_agents."Tester/1.0"]
device = {{ brand = "ACME" }}
[local_server.acls]
list = "acl.json"
[local_server.shielding_sites]
here = "local"
there = {{ encrypted = "https://shield.example", unencrypted = "http://shield.example" }}
"""


@unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
class FastlySdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        origin = Origin()
        cls.addClassCleanup(origin.server_close)
        cls.addClassCleanup(origin.shutdown)
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))  # and does not listen
        cls.addClassCleanup(closed.close)
        (path / "acl.json").write_text(json.dumps({"entries": [{"op": "create", "prefix": "10.0.0.0/8", "action": "BLOCK"}]}))
        (path / "fastly.toml").write_text(CONFIG.format(live=origin.port, closed=closed.getsockname()[1]))
        subprocess.run([CLANG, "--target=wasm32-wasi", "-Wno-deprecated", "-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror",
                        "-fno-exceptions", f"-I{ROOT}/sdk/include", "-o", path / "service.wasm",
                        ROOT / "tests/sdk/guests/fastly.cpp"], check=True)
        cls.server = subprocess.Popen([SERVE, "-C", "fastly.toml", "--addr", "127.0.0.1:0", "service.wasm"], cwd=path,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        cls.lines = []
        cls.addClassCleanup(cls.end)
        cls.port = next(int(line.rpartition(":")[2]) for line in cls.server.stdout if line.startswith("Listening on"))
        cls.reader = threading.Thread(target=lambda: cls.lines.extend(cls.server.stdout), daemon=True)
        cls.reader.start()

    @classmethod
    def end(cls):
        cls.server.kill()
        cls.server.wait()
        cls.server.stdout.close()

    def request(self, path, method="GET", headers=(), body=None, header=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        self.addCleanup(connection.close)
        connection.putrequest(method, path)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, text if header is None else response.getheader(header)

    def expect_ok(self, path, *args, **options):
        self.assertEqual(self.request(path, *args, **options), (200, "ok"))

    def test_messages(self):
        self.expect_ok("/messages", "POST", [("X-One", "1"), ("X-Two", "a"), ("X-Two", "b")], b"content")

    def test_client(self):
        self.expect_ok("/client", headers=[("x-odd", "1"), ("x-fastly-bot-analyzed", "true"), ("x-fastly-bot-detected", "true"),
                                           ("x-fastly-bot-name", "crawly"), ("x-fastly-bot-category", "ai-fetcher"),
                                           ("fastly-key", "valid-key")])

    def test_the_rest(self):
        for path in ("/backends", "/sending", "/stores", "/lookups", "/platform"):
            with self.subTest(path):
                self.expect_ok(path)

    def test_answers_in_parts(self):
        self.assertEqual(self.request("/stream"), (200, "one two three"))

    def test_an_answer_that_is_handed_on(self):
        self.assertEqual(self.request("/pending", header="x-line"), (200, "GET /handed-on"))

    def test_one_instance_serves_several(self):
        # Sooner or later a request comes to an instance that waits; each serves three at most.
        counts = {self.request("/count")[1] for _ in range(40)}
        self.assertLessEqual(counts, {"1", "2", "3"})
        self.assertIn("2", counts)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
