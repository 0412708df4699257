#!/usr/bin/env python3
"""Tests of the edge world: a service calls each function on its success path and on its errors, and tells what was wrong.

Usage: fastly_test.py WEIR_SERVE [unittest's arguments]      (CTest gives it)
"""

import json
import os
import subprocess
import sys
import unittest

from harness import CLANG, SERVE, TestFolder, test_guest

CONFIG = """
manifest_version = 3
name = "a test"
[local_server]
fake_valid_fastly_keys = ["valid-key"]
[local_server.backends.origin]
url = "https://origin.example/prefix"
override_host = "override.example"
health = "Unhealthy"
first_byte_timeout_ms = 1500
[local_server.backends.plain]
url = "http://127.0.0.1:8080"
[local_server.dictionaries.inline]
format = "inline-toml"
contents = { key = "value" }
[local_server.dictionaries.file]
format = "json"
file = "items.json"
[local_server.kv_stores]
kv = [{ key = "a", data = "A" }, { key = "b", file = "value.txt", metadata = "m" }]
[local_server.secret_stores]
secrets = [{ key = "word", data = "open sesame" }, { key = "from-env", env = "WEIR_TEST_SECRET" }]
[local_server.geolocation]
format = "inline-toml"
[local_server.geolocation.addresses."192.0.2.1"]
city = "Test"
as_number = 64496
latitude = 1.5
proxy = false
[local_server.device_detection]
format = "inline-toml"
[local_server.device_detection.user_agents."Tester/1.0"]
device = { is_mobile = true, brand = "ACME" }
[local_server.acls]
list = "acl.json"
[local_server.shielding_sites]
here = "local"
there = { encrypted = "https://shield.example", unencrypted = "http://shield.example" }
"""
RULES = r"""
user_agent_parsers:
  - regex: '(Tester)/(\d+)\.(\d+)'
"""
ACL = {"entries": [{"op": "create", "prefix": "10.0.0.0/8", "action": "block"}, {"prefix": "10.1.2.3/16", "action": "ALLOW"}]}
BOT = ["x-fastly-bot-analyzed: true", "x-fastly-bot-detected: no", "x-fastly-bot-name: crawly", "X-Fastly-Bot-Category: AI-Fetcher",
       "fastly-key: valid-key", "host: localhost"]


def write_items(folder):
    (folder / "items.json").write_text('{"from": "a file"}')


def write_files(folder):
    """The configuration, and what it names."""
    (folder / "fastly.toml").write_text(CONFIG)
    write_items(folder)
    (folder / "value.txt").write_text("from a file")
    (folder / "rules.yaml").write_text(RULES)
    (folder / "acl.json").write_text(json.dumps(ACL))


@unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
class Fastly(TestFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guest = test_guest(cls.folder)
        write_files(cls.folder)

    def once(self, *words, stdin=None):
        """One request; answers exit code, status and headers, body, and what was logged."""
        done = subprocess.run([*SERVE, *words, self.guest], capture_output=True, input=stdin, timeout=600, cwd=self.folder,
                              env={**os.environ, "WEIR_TEST_SECRET": "from the environment"})
        head, _, body = done.stdout.partition(b"\n\n")
        return done.returncode, head.decode(), body, done.stderr.decode()

    def test_each_function(self):
        for case in ("messages", "first-names", "bodies", "stores", "lookups", "backends", "later", "refusals", "user-agents", "no-user-agents"):
            with self.subTest(case):
                rules = "none" if case == "no-user-agents" else "rules.yaml"
                code, head, body, log = self.once("-C", "fastly.toml", "--user-agents", rules, "--request", f"GET /{case}")
                self.assertEqual((code, body.decode()), (0, "ok"), log)
                self.assertTrue(head.startswith("HTTP/1.1 200"))

    def test_facts_about_the_request(self):
        words = [word for header in BOT for word in ("-H", header)]
        code, _, body, log = self.once("-C", "fastly.toml", "--request", "POST /downstream", *words, "--data", "a body")
        self.assertEqual((code, body.decode()), (0, "ok"), log)

    def test_log_entries_are_lines(self):
        _, _, _, log = self.once("-C", "fastly.toml", "--request", "GET /stores")
        self.assertIn("entries :: two\\nlines\n", log)

    def test_request_from_standard_input(self):
        code, _, body, _ = self.once("--once", "-", stdin=b"POST /echo HTTP/1.1\r\nHost: example.com\r\n\r\none\r\ntwo\0")
        self.assertEqual((code, body), (0, b"one\r\ntwo\0"))

    def test_ends_without_a_response(self):
        code, head, body, _ = self.once("--request", "GET /nothing")
        self.assertEqual((code, head, body), (0, "HTTP/1.1 200", b""))

    def test_exit_code(self):
        code, head, body, log = self.once("--request", "GET /exit-3")
        self.assertEqual((code, body), (3, b"Exited with i32 exit status 3"))
        self.assertTrue(head.startswith("HTTP/1.1 500"))
        self.assertIn("Exited with i32 exit status 3", log)

    def test_trap_tells_where(self):
        code, head, body, log = self.once("--request", "GET /trap")
        self.assertEqual(code, 134)
        self.assertTrue(head.startswith("HTTP/1.1 500"))
        lines = body.decode().splitlines()
        self.assertEqual(lines[0], "error while executing at wasm backtrace:")
        self.assertRegex(lines[1], r"^ {4}0: +0x[0-9a-f]+ - <unknown>!")
        self.assertEqual(lines[-2:], ["Caused by:", "    wasm trap: wasm `unreachable` instruction executed"])
        self.assertIn("ERROR request{id=0}: WebAssembly trapped: error while executing", log)

    def test_stream(self):
        code, _, body, log = self.once("--request", "GET /stream")
        self.assertEqual((code, body), (0, b"first,second,third," + b"x" * 2**20 + b"ok"), log)

    def test_cut_streams_are_told(self):
        for case, expected in (("stream-cut", 1), ("stream-forget", 1), ("stream-trap", 134)):
            with self.subTest(case):
                code, _, body, log = self.once("--request", f"GET /{case}")
                self.assertEqual(code, expected)
                self.assertTrue(body.startswith(b"first,second,third,x"))
                self.assertIn("was cut", log)

    def test_timeout_stops_loops_and_waits(self):
        for case in ("loop", "hang"):
            with self.subTest(case):
                code, head, body, _ = self.once("--request-timeout", "50ms", "--request", f"GET /{case}")
                self.assertEqual(code, 124)
                self.assertTrue(head.startswith("HTTP/1.1 500"))
                self.assertIn(b"--request-timeout", body)

    def test_trace(self):
        _, _, _, log = self.once("--trace=http_resp,log", "-C", "fastly.toml", "--request", "GET /stores")
        self.assertIn('endpoint_get(name="entries") = 0', log)
        self.assertIn("write(endpoint=7777, message=\"x\") = badf", log)
        self.assertIn("send_downstream(response=0, body=", log)
        self.assertNotIn("kv_store", log)
        # Of a key that is missing the error alone is stored, and nothing is shown of the places that are left as they were.
        _, _, _, log = self.once("--trace=kv_store", "-C", "fastly.toml", "--request", "GET /stores")
        self.assertRegex(log, r"lookup_wait_v2\(pending=\d+, body=0x[0-9a-f]+, metadata=0x[0-9a-f]+, .*\) = not_found")
        self.assertRegex(log, r'lookup_wait_v2\(pending=\d+, body=0x[0-9a-f]+, metadata="meta", .*\) = ok')

    def test_wrong_requests(self):
        for request in ("GET", "G T /", "GET no-slash", "GET /\nno header", "GET /\nhost: a b"):
            with self.subTest(request):
                code, _, _, log = self.once("--request", request)
                self.assertEqual(code, 2)
                self.assertIn("the request is not understood", log)

    def test_wrong_words(self):
        for words in (["--nonsense"], ["--once", "x"], ["--request-timeout", "soon"], ["--max-memory", "much"], ["--tls-cert", "x"],
                      ["-H", "a: b"], ["--trace=nothing", "--request", "GET /"], ["--workers", "0"]):
            with self.subTest(words):
                self.assertEqual(self.once(*words)[0], 2)

    def test_rules_of_user_agents_are_tested_at_the_start(self):
        (self.folder / "broken.yaml").write_text("user_agent_parsers:\n  - regex: '('\n")
        for file, expected in (("broken.yaml", "line 2"), ("absent.yaml", "bad file")):
            code, _, _, log = self.once("--user-agents", file, "--request", "GET /")
            self.assertEqual(code, 1)
            self.assertIn(f"cannot use the rules of '{file}'", log)
            self.assertIn(expected, log)

    def test_mistakes_in_the_configuration_are_told_all_at_once(self):
        (self.folder / "wrong.toml").write_text(CONFIG.replace('"https://origin.example/prefix"', "1").replace('"value" }', "1 }"))
        code, _, _, log = self.once("-C", "wrong.toml", "--request", "GET /")
        self.assertEqual(code, 1)
        self.assertIn("wrong.toml:7:7: invalid configuration for 'origin': 'url' field was not a string", log)
        self.assertIn("wrong.toml:15:20: invalid configuration for 'inline': inline dictionary value was not a string", log)

    def test_not_a_service(self):
        def refused(module, *expected):
            (self.folder / "other.wasm").write_bytes(b"\0asm\1\0\0\0" + module)
            for words in ([], ["--request", "GET /"]):
                done = subprocess.run([*SERVE, *words, "other.wasm"], capture_output=True, text=True, cwd=self.folder, timeout=600)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                for text in expected:
                    self.assertIn(text, done.stderr)
        start = b"\1\4\1\x60\0\0" + b"\3\2\1\0" + b"\7\x0a\1\6_start\0\0" + b"\x0a\4\1\2\0\x0b"
        refused(b"", "is no edge service", "a library", "weir run --invoke NAME other.wasm")
        refused(start, "is no edge service", "a program with a main function", "weir run other.wasm  runs it")
        # A library that imports something of the interface.
        refused(b"\1\5\1\x60\0\1\x7f" + b"\2\x13\1\x0afastly_abi\4init\0\0", "cannot serve requests", "exports no function _start")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
