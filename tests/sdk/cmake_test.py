#!/usr/bin/env python3
"""Tests of the SDK's CMake files as they are installed: a project of its own builds guests with them, in both ways, and weir runs those.

Usage: cmake_test.py WEIR BUILD-FOLDER [unittest's arguments]      (CTest gives them)
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

WEIR, BUILD = map(os.path.abspath, sys.argv[1:3])

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(guests LANGUAGES CXX)
find_package(weir-sdk REQUIRED)
weir_add_guest(command command.cpp more.cpp OPTIONS -DGREETING="hello")
weir_add_guest(library library.cpp REACTOR)
"""
SOURCES = {
    "command.cpp": """
        #include "weir/http.hpp"
        #include <cstdio>
        const char* more();
        int main() { std::printf("%s %s %d\\n", GREETING, more(), weir::http::Url::parse("http://a:81")->port); }
        """,
    "more.cpp": 'const char* more() { return "there"; }',
    "library.cpp": '__attribute__((export_name("add"))) int add(int a, int b) { return a + b; }',
}


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


@unittest.skipUnless(shutil.which("clang++-22"), "scripts/setup demos installs the guests' compiler")
class Installed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.prefix = self.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", self.prefix, "--component", "sdk")
        (self.folder / "CMakeLists.txt").write_text(PROJECT)
        for name, text in SOURCES.items():
            (self.folder / name).write_text(text)

    def build(self, *options):
        out = self.folder / "out"
        configured = run("cmake", "-S", self.folder, "-B", out, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}", *options)
        self.assertNotIn("Warning", configured)
        run("cmake", "--build", out)
        self.assertEqual(run(WEIR, "run", out / "command.wasm"), "hello there 81\n")
        self.assertEqual(run(WEIR, "run", "--invoke", "add", out / "library.wasm", 40, 2), "42\n")
        return out

    def test_guests_in_a_native_project(self):
        out = self.build("-DCMAKE_CXX_COMPILER=clang++-22")
        # What has not changed is not built again, what has is.
        self.assertIn("no work to do", run("cmake", "--build", out))
        (self.folder / "more.cpp").write_text('const char* more() { return "again"; }')
        run("cmake", "--build", out)
        self.assertEqual(run(WEIR, "run", out / "command.wasm"), "hello again 81\n")

    def test_a_project_of_guests_alone(self):
        self.build(f"-DCMAKE_TOOLCHAIN_FILE={self.prefix}/share/cmake/weir-sdk/weir-guest-toolchain.cmake")

    def test_the_command_finds_the_headers_beside_itself(self):
        (self.prefix / "bin").mkdir()
        weir = shutil.copy(WEIR, self.prefix / "bin/weir")
        (self.folder / "url.cpp").write_text(
            '#include <weir/net.hpp>\n#include <cstdio>\n'
            'int main() { std::puts(weir::net::Address::loopback(81).to_string().c_str()); }\n')
        run(weir, "run", "--no-cache", self.folder / "url.cpp")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
