#!/usr/bin/env python3
"""Installs what embedders need into a folder, builds demos/embed against it, with CMake and with pkg-config, and runs it.

With a shared library, which a build with BUILD_SHARED_LIBS has, looks at what that shows, too.

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


def check_symbols(library):
    """What the shared library shows: what the headers declare, and nothing of the runtime under it."""
    names = [line.split(" ", 2)[2] for line in run("nm", "-D", "-C", "--defined-only", library).splitlines()]
    inner = [name for name in names if re.search(r"\bweir::(runtime|wasm|baseline|wasip1|cache|compile_process)::", name.split("(")[0])]
    foreign = [name for name in names if not re.search(r"\bweir(::|_)|\bstd::|^(typeinfo|vtable)|operator", name)]
    if inner or foreign or not any(name.startswith("weir_engine_new") for name in names):
        sys.exit(f"{library} shows other names than it should:\n" + "\n".join((inner + foreign)[:20]))


def check_output(text):
    """Figures vary; what was run does not."""
    if not re.search(r"^1000 instances on 2 threads: each found the primes up to 29, host function called 10000 times$", text, re.M):
        sys.exit(f"the demo prints something else:\n{text}")


def main():
    build, source, cxx, cc = sys.argv[1:]
    is_shared = any(pathlib.Path(build).glob("lib/libweir.so"))
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

        installed = [path.name for path in (prefix / "lib").glob("libweir.*")] or [p.name for p in prefix.rglob("libweir.*")]
        if any(".so" in name for name in installed) != is_shared:
            sys.exit(f"installed are {installed}")
        if is_shared:
            library = next(prefix.rglob("libweir.so"))
            check_symbols(library)
            environment["LD_LIBRARY_PATH"] = str(library.parent)

        # weir.pc names the prefix that the build was configured for; the variable stands in for it here.
        if shutil.which("pkg-config"):
            config = next(prefix.rglob("weir.pc"))
            flags = run("pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", config).split()
            run(cxx, "-std=c++20", "-O2", source / "demos/embed/embed.cpp", *flags, "-o", pathlib.Path(folder, "by-pkg-config"))
            check_output(run(pathlib.Path(folder, "by-pkg-config"), guest, env=environment))
            by_c = pathlib.Path(folder, "by-c")
            run(cc, "-std=c11", "-O2", source / "tests/api/c_api_test.c", *flags, "-o", by_c)
            run(by_c, env=environment)


main()
