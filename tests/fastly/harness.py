"""What the tests of this folder share: the test guest, servers that run, and what is asked of them. The first word of a test's command
line is what serves: weir-serve, or weir.

As a program of its own it compiles the test guest: harness.py WEIR_SERVE GUEST.wasm
"""

import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "support"))
SDK = HERE.parent.parent / "sdk" / "include"
CLANG = shutil.which("clang++-22")
PROGRAM = pathlib.Path(sys.argv[1]).absolute()
os.environ["XDG_CACHE_HOME"] = "/dev/null"  # tests leave no machine code behind
SERVE = [PROGRAM, "serve"] if PROGRAM.name == "weir" else [PROGRAM]


def compile_guest(output, *sources, options=()):
    subprocess.run([CLANG, "--target=wasm32-wasi", "-Wno-deprecated", "-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-exceptions",
                    f"-I{SDK}", *options, "-o", output, *sources], check=True)


def test_guest(folder):
    """The service that is all the sources of this folder. CTest has it compiled once for all tests, which takes long."""
    built = os.environ.get("WEIR_FASTLY_GUEST")
    if built:
        return pathlib.Path(built)
    compile_guest(folder / "guest.wasm", *sorted(HERE.glob("*.cpp")))
    return folder / "guest.wasm"


class TestFolder(unittest.TestCase):
    """Has a folder for its files."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)


class Server:
    """A server that runs; `lines` are what it has printed. It keeps machine code in `cache`."""

    def __init__(self, folder, guest, *words, cache="/dev/null"):
        self.process = subprocess.Popen([*SERVE, "--addr", "127.0.0.1:0", *words, guest], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, cwd=folder, env=os.environ | {"XDG_CACHE_HOME": str(cache)})
        self.lines = []
        self.arrived = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        try:
            self.port = int(self.wait_for("Listening on ").rpartition(":")[2])
        except AssertionError:
            self.process.kill()
            self.stop()
            raise

    def read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append(line.rstrip("\n"))
                self.arrived.notify_all()
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def wait_for(self, text):
        def find():
            return next((line for line in self.lines if text in line), None)
        with self.arrived:
            self.arrived.wait_for(lambda: find() or self.ended, timeout=600)
            found = find()
        if found is None:
            raise AssertionError(f"no line with {text!r} in {self.lines}")
        return found

    def connect(self, timeout=600):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def get(self, path, method="GET", body=None, headers={}, timeout=600):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def metrics(self):
        """What --metrics-addr serves."""
        url = self.wait_for("Metrics on ").split()[-1]
        with urllib.request.urlopen(url, timeout=600) as answer:
            return {name: float(value) for name, value in re.findall(r"^(weir_\S+) (\S+)$", answer.read().decode(), re.MULTILINE)}

    def wait_for_metric(self, name, value):
        """Until it has this value, which may take as long as the guests before take to end; answers all."""
        deadline = time.monotonic() + 600
        while (metrics := self.metrics())[name] != value:
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} is {metrics[name]} and does not become {value}")
            time.sleep(0.01)
        return metrics

    def expect_cut(self, test, path, **request):
        """The response ends before its body does, and its client can see that."""
        with test.assertRaises((http.client.IncompleteRead, ConnectionResetError)):
            self.get(path, **request)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(600)
        finally:
            self.reader.join(600)
            self.process.stdout.close()

    def descriptors(self):
        """What each open one is."""
        kinds = []
        for name in os.listdir(f"/proc/{self.process.pid}/fd"):
            try:
                kinds.append(os.readlink(f"/proc/{self.process.pid}/fd/{name}"))
            except FileNotFoundError:
                pass  # closed meanwhile
        return kinds

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) * 1024


if __name__ == "__main__" and CLANG:
    compile_guest(sys.argv[2], *sorted(HERE.glob("*.cpp")))
