#!/usr/bin/env python3
"""Each function of the edge world is called to each status that it can answer.

Usage: coverage_test.py WEIR_SERVE LIST_FUNCTIONS [unittest's arguments]      (CTest gives it)

LIST_FUNCTIONS prints the functions from the tables by which weir links them. statuses.txt says what each can answer. The test guest is asked for
all that it does, and a trace tells what it was answered: a function that is missing in the list, or called to no success, or whose list has a status
that nothing provoked, or lacks one that something did, is a failure.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import fastly_test  # noqa: E402
from harness import CLANG, SERVE, Server, TestFolder, test_guest  # noqa: E402
from origin import Origin  # noqa: E402
from ports import closed_port  # noqa: E402

LIST_FUNCTIONS = sys.argv[2]
MODULES_THAT_COME_LATER = {"fastly_cache", "fastly_http_cache", "fastly_erl", "fastly_image_optimizer"}
BACKENDS = """
[local_server.backends.live]
url = "http://127.0.0.1:{live}/prefix/"
[local_server.backends.refused]
url = "http://127.0.0.1:{closed}"
[local_server.backends.impatient]
url = "http://127.0.0.1:{live}"
first_byte_timeout_ms = 50
[local_server.kv_stores]
"""


def read_statuses():
    """By module and function: what it must be seen to answer, and what it may besides."""
    statuses, module = {}, None
    for line in (HERE / "statuses.txt").read_text().splitlines():
        line = line.partition("#")[0].rstrip()
        if not line:
            continue
        if not line.startswith(" "):
            module = line
            continue
        function, _, words = line.strip().partition(":")
        must = {word for word in words.split() if word[0] != "("}
        may = {word.strip("()") for word in words.split() if word[0] == "("}
        statuses[module, function] = must, may
    return statuses


class Coverage(TestFolder):
    @classmethod
    def setUpClass(cls):
        if not CLANG:
            raise unittest.SkipTest("scripts/setup demos installs the guests' compiler")
        super().setUpClass()
        cls.guest = test_guest(cls.folder)
        cls.origin = Origin()
        cls.addClassCleanup(cls.origin.end)
        fastly_test.write_files(cls.folder)
        config = fastly_test.CONFIG.replace("[local_server.kv_stores]\n", BACKENDS.format(live=cls.origin.port, closed=closed_port()))
        (cls.folder / "fastly.toml").write_text(config.replace("kv = [", "counter = []\nkv = [", 1))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"], cwd=cls.folder, check=True, capture_output=True)
        cls.traces = 0
        cls.answered = collections.defaultdict(set)

    def trace(self):
        """Words with which a trace is written, to be read by note()."""
        type(self).traces += 1
        return ["-C", "fastly.toml", "--trace-json", "--trace-output", f"trace-{self.traces}.json"]

    def note(self):
        with open(self.folder / f"trace-{self.traces}.json", encoding="utf-8") as trace:
            for line in trace:
                call = json.loads(line)
                self.answered[call["module"], call["function"]].add(call["status"].replace("success", "ok"))

    def once(self, case, *words, rules="rules.yaml"):
        environment = {**os.environ, "WEIR_TEST_SECRET": "from the environment"}
        done = subprocess.run([*SERVE, *self.trace(), "--user-agents", rules, "--request", case, *words, self.guest], capture_output=True,
                              cwd=self.folder, env=environment, timeout=600)
        self.assertTrue(done.stdout.endswith(b"\n\nok"), f"{case}: {done.stdout[:2000]} {done.stderr[-2000:]}")
        self.note()

    def ask_without_a_network(self):
        for case in ("messages", "first-names", "bodies", "stores", "lookups", "backends", "later", "user-agents", "refusals", "after-the-response", "limits"):
            self.once(f"GET /{case}")
        self.once("GET /no-user-agents", rules="none")
        self.once("POST /downstream", *(word for header in fastly_test.BOT for word in ("-H", header)), "--data", "a body")
        # What has been read at the start is not there any more.
        server = self.start()
        (self.folder / "items.json").write_text("no JSON")
        self.expect(server, "/stale-dictionary")
        self.stop(server)
        fastly_test.write_items(self.folder)

    def start(self, *words):
        server = Server(self.folder, self.guest, *self.trace(), "--workers", "1", *words)
        self.addCleanup(server.stop)
        return server

    def stop(self, server):
        self.assertEqual(server.stop(), 0)
        self.note()

    def expect(self, server, path):
        self.assertEqual(server.get(path, timeout=600)[1].decode(), "ok", path)

    def ask_over_the_network(self):
        server = self.start()
        for case in ("sending", "refused-sending", "first-names-of-sending"):
            self.expect(server, f"/{case}")
        self.assertEqual(server.get("/pending-live")[0].status, 200)
        server.get("/stream")
        server.expect_cut(self, "/append/live/short")
        with server.connect() as client:
            client.sendall(b"GET /write-until-gone HTTP/1.1\r\nhost: x\r\n\r\n")
            client.recv(10)
        # Further requests, until there is none in time.
        while b"request 2" not in server.get("/several")[1]:
            pass
        self.stop(server)

    def ask_over_tls(self):
        server = self.start("--tls-cert", "cert.pem", "--tls-key", "key.pem", "--tls-client-ca", "cert.pem")
        done = subprocess.run(["curl", "-sS", "--max-time", "600", "--cacert", "cert.pem", "--cert", "cert.pem", "--key", "key.pem", "--tlsv1.3", "-H", "x-fastly-bot-verified: true", "--resolve",
                               f"localhost:{server.port}:127.0.0.1", f"https://localhost:{server.port}/tls"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "ok"), done.stderr)
        self.stop(server)

    def test_each_function_to_each_status(self):
        tables = {tuple(line.split()) for line in subprocess.run([LIST_FUNCTIONS], capture_output=True, text=True, check=True).stdout.splitlines()}
        statuses = read_statuses()
        listed = {row for row in tables if row[0] not in MODULES_THAT_COME_LATER}
        self.assertEqual(set(statuses), listed, "statuses.txt lists other functions than there are")
        self.ask_without_a_network()
        self.ask_over_the_network()
        self.ask_over_tls()
        wrong = []
        for module, function in sorted(listed):
            must, may = statuses[module, function]
            found = self.answered[module, function]
            if must - found:
                wrong.append(f"{module}.{function} never answered {', '.join(sorted(must - found))}")
            # An address outside of memory is `inval` for any function; first names answer what those of today do.
            if module != "env" and found - must - may - {"inval"}:
                wrong.append(f"{module}.{function} answered {', '.join(sorted(found - must - may - {'inval'}))}, which statuses.txt does not list")
        for row in sorted(tables - listed):
            if self.answered[row] != {"unsupported"}:
                wrong.append(f"{'.'.join(row)} is to answer unsupported, and answered {self.answered[row]}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
