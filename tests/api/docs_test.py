#!/usr/bin/env python3
"""Checks that each block of C++ and C in docs/embedding.md stands in a file that is built and run, and that no header of hosts has the
name of one of guests: both are found as <weir/...>.

Usage: docs_test.py SOURCE
"""

import pathlib
import re
import sys

FILES = ("tests/api/examples.cpp", "tests/api/c_api_test.c", "demos/embed/CMakeLists.txt", "demos/embed/embed.cpp", "demos/embed/guest.cpp")


def lines_of(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def main():
    root = pathlib.Path(sys.argv[1])
    sources = {file: lines_of((root / file).read_text()) for file in FILES}
    blocks = re.findall(r"^```(?:cpp|c|cmake)\n(.*?)^```", (root / "docs/embedding.md").read_text(), re.M | re.S)
    missing = []
    for block in blocks:
        wanted = lines_of(block)
        if not any(have[i : i + len(wanted)] == wanted for have in sources.values() for i in range(len(have))):
            missing.append(block)
    for block in missing:
        print(f"in none of {', '.join(FILES)}:\n{block}")
    hosts, guests = ({str(p.relative_to(root / tree)) for p in (root / tree).rglob("*.h*")} for tree in ("include", "sdk/include"))
    for name in sorted(hosts & guests):
        print(f"{name} is in include and in sdk/include")
    if not hosts or not guests or hosts & guests:
        sys.exit(1)
    if not blocks or missing:
        sys.exit(1)


main()
