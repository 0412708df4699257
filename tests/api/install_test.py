#!/usr/bin/env python3
"""Installs what embedders need into a folder, builds demos/embed against it, with CMake and with pkg-config, and runs it.

Usage: install_test.py BUILD SOURCE CXX CC
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"'{' '.join(map(str, command))}' ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def check_output(text):
    """Figures vary; what was run does not."""
    if not re.search(r"^1000 instances on 2 threads: each found the primes up to 29, host function called 10000 times$", text, re.M):
        sys.exit(f"the demo prints something else:\n{text}")


def main():
    build, source, cxx, cc = sys.argv[1:]
    source = pathlib.Path(source)
    guest = source / "build/demos/embed.wasm"
    environment = os.environ | {"CXX": cxx, "CC": cc}
    with tempfile.TemporaryDirectory() as folder:
        prefix, own = pathlib.Path(folder, "prefix"), pathlib.Path(folder, "build")
        run("cmake", "--install", build, "--prefix", prefix, "--component", "embed")
        for forbidden in ("llvm/", "asmjit", "unistd.h", "sys/"):
            for header in (prefix / "include").rglob("*.h*"):
                if re.search(rf'#include\s+[<"][^>"]*{re.escape(forbidden)}', header.read_text()):
                    sys.exit(f"{header} includes {forbidden}")
        run("cmake", "-S", source / "demos/embed", "-B", own, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
            "-DCMAKE_BUILD_TYPE=Release", env=environment)
        run("cmake", "--build", own)
        check_output(run(own / "embed", guest))

        # weir.pc names the prefix that the build was configured for; the variable stands in for it here.
        if shutil.which("pkg-config"):
            config = next(prefix.rglob("weir.pc"))
            flags = run("pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", config).split()
            run(cxx, "-std=c++20", "-O2", source / "demos/embed/embed.cpp", *flags, "-o", pathlib.Path(folder, "by-pkg-config"))
            check_output(run(pathlib.Path(folder, "by-pkg-config"), guest))


main()
