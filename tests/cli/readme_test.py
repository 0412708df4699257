#!/usr/bin/env python3
"""The README's transcript is what the demos show.

Usage: readme_test.py WEIR DEMOS [--update | unittest's arguments]      (CTest gives the first two)
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from ports import free_port  # noqa: E402

WEIR = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEMOS = pathlib.Path(sys.argv[2]).resolve()
README = ROOT / "README.md"
NEEDED = [folder + name + ".wasm" for folder in ("", "go/") for name in ("hello", "http", "fastly", "export")] + ["fetch.wasm"]
TRANSCRIPT = re.compile(r"(<!-- transcript: [^\n]*-->\n```\n)(.*?)(```\n)", re.DOTALL)


def show():
    """What scripts/run-demos prints, with the ports and the time that the README has."""
    address = f"127.0.0.1:{free_port()}"
    done = subprocess.run([ROOT / "scripts/run-demos", WEIR, os.path.relpath(DEMOS, ROOT)], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600, env={**os.environ, "DEMO_ADDRESS": address})
    text = done.stdout
    if done.returncode != 0:
        raise AssertionError(f"exit code {done.returncode}:\n{text}")
    text = re.sub(rf"(http\.wasm) {re.escape(address)}\n", r"\1\n", text).replace(address, "127.0.0.1:3000")
    text = re.sub(r"(Listening on |curl )http://127\.0\.0\.1:\d+", r"\1http://127.0.0.1:41000", text)
    return re.sub(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "2026/11/26 12:00:00", text)


class Readme(unittest.TestCase):
    @unittest.skipUnless(all((DEMOS / name).exists() for name in NEEDED), "make hello http fastly export builds the demos")
    @unittest.skipUnless(os.access(os.path.join(os.path.dirname(WEIR), "weir-serve"), os.X_OK), "this weir has no edge server")
    def test_transcript(self):
        self.maxDiff = None
        self.assertEqual(TRANSCRIPT.search(README.read_text()).group(2), show(), "readme_test.py WEIR DEMOS --update  writes it anew")


if __name__ == "__main__":
    if sys.argv[3:4] == ["--update"]:
        shown = show()
        README.write_text(TRANSCRIPT.sub(lambda match: match.group(1) + shown + match.group(3), README.read_text()))
    else:
        unittest.main(argv=sys.argv[:1] + sys.argv[3:])
