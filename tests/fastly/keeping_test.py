#!/usr/bin/env python3
"""Tests of what `weir serve` keeps from one request, and from one start, to the next, and of what it tells about itself: instances, machine
code, metrics, the access log.

Usage: keeping_test.py WEIR_SERVE [unittest's arguments]      (CTest gives it)
"""

import os
import pathlib
import subprocess
import sys
import threading
import unittest
import urllib.request

from harness import CLANG, PROGRAM, SERVE, Server, TestFolder, compile_guest

# Spoils all that a request could leave to the next: data, zero data, the heap, grown memory, the stack.
SERVICE = """
#include "weir/fastly.hpp"
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>
namespace edge = weir::fastly;
static volatile int number = 40, zero;
static char large[1 << 20];
static const char much[200000] = "much data: it is mapped, not copied";
static char* volatile kept;
static unsigned drawn() { unsigned number; return getentropy(&number, sizeof number) ? 0 : number; }
static const unsigned at_start = drawn();
static const int is_set = fcntl(1, F_SETFL, O_NONBLOCK);
int main() {
    return edge::serve([](edge::Request& request) {
        std::string text = std::to_string(number) + " " + std::to_string(zero) + " " + std::to_string(kept != nullptr);
        for (size_t i = 0; i < sizeof large; i += 1000) if (large[i]) text += " dirty";
        number = number + 1;
        zero = zero + 1;
        kept = static_cast<char*>(std::malloc(3 << 20));
        for (size_t i = 0; i < (3 << 20); i += 512) if (kept[i] == 'x') { text += " found"; break; }
        for (size_t i = 0; i < (3 << 20); i += 512) kept[i] = 'x';
        for (size_t i = 0; i < sizeof large; ++i) large[i] = 'y';
        text += much + 150000;  // nothing
        if (request.path() == "/print") {
            text = "";
            const std::string line(999, 'p');
            for (int i = 0; i < 100; ++i) text += std::puts(line.c_str()) < 0 || std::fflush(stdout) != 0 ? 'n' : 'y';
        }
        if (request.path() == "/log") {
            uint32_t endpoint = 0;
            size_t written = 0;
            edge::detail::weir_fastly_log_open("audit", 5, &endpoint);
            const std::string line(1000, 'l');
            text = "";
            for (int i = 0; i < 100; ++i) {
                const auto status = edge::detail::weir_fastly_log_write(endpoint, line.data(), line.size(), &written);
                text += int(status) == 0 ? 'y' : int(status) == 13 ? 'n' : '?';  // limit_exceeded
            }
        }
        if (request.path() == "/flags") text = std::to_string(is_set) + ((fcntl(1, F_GETFL) & O_NONBLOCK) ? " nonblocking" : " blocking");
        if (request.path() == "/random") text = std::to_string(at_start) + " " + std::to_string(drawn());
        if (request.path() == "/trap") __builtin_trap();
        if (request.path() == "/exit") std::exit(3);
        if (request.path() == "/loop") for (;;) zero = zero;
        return edge::Response{text + "\\n"};
    });
}
"""


@unittest.skipUnless(CLANG, "scripts/setup demos installs the guests' compiler")
class Keeping(TestFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        source, cls.guest = cls.folder / "service.cpp", cls.folder / "service.wasm"
        source.write_text(SERVICE)
        compile_guest(cls.guest, source)
        # The cache trusts the times of files that are not just written.
        os.utime(cls.guest, (1_700_000_000, 1_700_000_000))

    def start(self, *words, cache="/dev/null"):
        self.server = Server(self.folder, self.guest, "--metrics-addr", "127.0.0.1:0", *words, cache=cache)
        self.addCleanup(self.server.stop)
        return self.server

    def get(self, path, headers={}):
        response, body = self.server.get(path, headers=headers)
        return response.status, body.decode()

    def expect_as_new(self, *words):
        self.start("--workers", "1", "--request-timeout", "2s", *words)
        fresh = (200, "40 0 0\n")
        for path in ("/", "/trap", "/", "/exit", "/loop", "/", "/", *["/"] * 50):
            answer = self.get(path)
            self.assertEqual(answer if path == "/" else answer[0], fresh if path == "/" else 500, path)
            metrics = self.server.wait_for_metric("weir_instances_idle", 1)  # a guest may go on after its answer
        self.assertEqual(metrics['weir_instances_total{from="made"}'], 1)
        self.assertEqual(metrics['weir_instances_total{from="pool"}'], 56)
        random = [self.get("/random")[1].split() for _ in range(3)]
        self.assertEqual(len({now for _, now in random}), 3)
        self.assertEqual(self.get("/flags")[1], "0 nonblocking\n")
        return len({at_start for at_start, _ in random})

    def test_an_instance_is_as_new_for_each_request(self):
        self.assertEqual(self.expect_as_new(), 3)

    def test_with_a_snapshot_it_is_as_it_was_before_its_first_request(self):
        self.assertEqual(self.expect_as_new("--snapshot"), 1)

    def test_snapshots_of_several_guests_at_a_time(self):
        self.start("--workers", "2", "--snapshot")
        answers = []
        threads = [threading.Thread(target=lambda: answers.extend(self.get("/") for _ in range(40))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [(200, "40 0 0\n")] * 320)

    def test_what_a_request_prints_and_logs_is_limited(self):
        self.start("--max-log", "10000")
        for _ in range(3):
            self.assertEqual(self.get("/print")[1], "y" * 10 + "n" * 90 + "\n")
            self.assertEqual(self.get("/log")[1], "y" * 10 + "n" * 90 + "\n")

    def test_metrics(self):
        self.start("--request-timeout", "2s")
        for path in ("/", "/", "/trap", "/exit", "/loop"):
            self.get(path)
        metrics = self.server.wait_for_metric("weir_guests", 0)
        ends = {end: metrics[f'weir_guests_total{{end="{end}"}}'] for end in ("returned", "exited", "trapped", "timed_out", "not_started")}
        self.assertEqual(ends, {"returned": 2, "exited": 1, "trapped": 1, "timed_out": 1, "not_started": 0})
        self.assertEqual(metrics["weir_guest_cpu_seconds_count"], 5)
        self.assertEqual(metrics['weir_http_requests_total{protocol="http1"}'], 5)
        url = self.server.wait_for("Metrics on ").split()[-1].replace("/metrics", "/healthz")
        with urllib.request.urlopen(url, timeout=600) as answer:
            self.assertEqual(answer.read(), b"ok\n")

    def test_access_log(self):
        log = self.folder / "access.log"
        log.write_text("before\n")
        self.start("--access-log", log)
        self.get("/a?b=c", {"User-Agent": 'q"\\\x80', "Referer": "http://there/"})
        self.get("/trap")
        self.assertEqual(self.server.stop(), 0)
        before, first, second = log.read_text().splitlines()
        self.assertEqual(before, "before")
        self.assertRegex(first, r'^127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /a\?b=c HTTP/1\.1" 200 7 '
                                r'"http://there/" "q\\x22\\x5C\\x80" \d+\.\d{6} \d+ complete$')
        self.assertRegex(second, r'"GET /trap HTTP/1\.1" 500 ')

    def test_a_log_that_cannot_be_written_is_told_at_once(self):
        done = subprocess.run([*SERVE, "--access-log", "/nowhere/log", self.guest], capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/log", done.stderr)

    def entries(self, cache):
        return sorted(path.name for path in (cache / "weir").glob("*.code"))

    def test_code_is_kept_for_the_next_start(self):
        cache = self.folder / "cache"
        for _ in range(2):  # of a small module the second run leaves the code
            self.start(cache=cache)
            self.assertEqual(self.get("/"), (200, "40 0 0\n"))
            self.assertEqual(self.server.stop(), 0)
        kept = self.entries(cache)
        self.assertEqual(len(kept), 1)
        self.start(cache=cache)
        maps = pathlib.Path(f"/proc/{self.server.process.pid}/maps").read_text()
        self.assertIn(kept[0], maps)
        self.assertEqual(self.get("/"), (200, "40 0 0\n"))
        self.assertEqual(self.server.stop(), 0)

    def test_no_cache(self):
        cache = self.folder / "none"
        for _ in range(2):
            self.start("--no-cache", cache=cache)
            self.get("/")
            self.server.stop()
        self.assertEqual(self.entries(cache), [])

    def test_a_compiled_program_is_served(self):
        compiled = self.folder / "service"
        subprocess.run([PROGRAM.with_name("weir"), "compile", "-O0", self.guest, "-o", compiled], check=True, timeout=600)
        done = subprocess.run([*SERVE, "--request", "GET /", compiled], capture_output=True, text=True, timeout=600)
        self.assertEqual((done.returncode, done.stdout.rpartition("\n\n")[2]), (0, "40 0 0\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
