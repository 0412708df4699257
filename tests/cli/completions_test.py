#!/usr/bin/env python3
"""Tests of what is made from the command line's tables: completions, by the shells themselves, and manual pages.

Usage: completions_test.py WEIR DOCUMENTS [unittest's arguments]      (CTest gives both)
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

WEIR = pathlib.Path(sys.argv[1]).resolve()
DOCUMENTS = pathlib.Path(sys.argv[2]).resolve()
# Options in help texts that are not the command's: general ones, and those of examples.
OF_OTHERS = {"--help", "--verbose", "--version", "--no-cache"}
HAS_SERVE = (WEIR.parent / "weir-serve").exists()
LONG = {"-C": "--config", "-H": "--header"}
SCRIPTS = {"bash": "weir.bash", "zsh": "_weir", "fish": "weir.fish"}


def weir(*words, code=0):
    done = subprocess.run([WEIR, *words], capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def commands():
    """Those that the general help names."""
    return sorted(set(re.findall(r"^  weir (\w+) ", weir("--help"), re.M)) | {"run"})


class Completions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ("one.wasm", "two.txt"):
            (self.folder / name).touch()
        (self.folder / "data").mkdir()

    def bash(self, line):
        """What bash offers at the end of a line."""
        # readline takes '=' as a word of its own.
        words = re.findall(r"=|[^\s=]+", line)
        if not line or line.endswith(" "):
            words.append("")
        quoted = " ".join(f"'{word}'" for word in words)
        script = f"source <('{WEIR}' completions bash); COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _weir; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "--norc", "-uc", script], cwd=self.folder, capture_output=True, text=True, timeout=600)
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return [word for word in done.stdout.split("\n") if word]

    def test_bash_commands(self):
        offered = self.bash("weir ")
        for command in commands():
            self.assertIn(command, offered)
        for name in ("one.wasm", "two.txt", "data"):
            self.assertIn(name, offered)
        self.assertEqual(self.bash("weir comp"), ["compile", "completions"])
        self.assertIn("--version", self.bash("weir --"))

    def test_bash_options(self):
        self.assertEqual(self.bash("weir run --env"), ["--env", "--env-inherit"])
        self.assertEqual(self.bash("weir run --max-o"), ["--max-open-files"])
        self.assertEqual(self.bash("weir --max-o"), ["--max-open-files"])
        self.assertEqual(self.bash("weir inspect --as"), ["--asm"])
        self.assertEqual(self.bash("weir compile x.wasm -O"), ["-O0", "-O1", "-O2", "-O3"])
        self.assertIn("--request-timeout", self.bash("weir serve --re"))

    def test_bash_values(self):
        self.assertEqual(self.bash("weir run --tier "), ["auto", "baseline", "optimized"])
        self.assertEqual(self.bash("weir run --tier="), ["auto", "baseline", "optimized"])
        self.assertEqual(self.bash("weir run --tier b"), ["baseline"])
        self.assertEqual(self.bash("weir --bounds=c"), ["checked"])
        self.assertEqual(self.bash("weir run --dir "), ["data"])
        self.assertEqual(self.bash("weir run --stdin t"), ["two.txt"])
        self.assertEqual(self.bash("weir run --timeout "), [])
        self.assertEqual(self.bash("weir cache "), ["ls", "rm", "prune", "path"])
        self.assertEqual(self.bash("weir completions "), ["bash", "zsh", "fish"])

    def test_bash_all_behind_the_file_is_the_programs(self):
        self.assertEqual(self.bash("weir run one.wasm --ti"), [])
        self.assertEqual(self.bash("weir one.wasm t"), ["two.txt"])
        self.assertEqual(self.bash("weir run --tier baseline one.wasm --ti"), [])
        self.assertEqual(self.bash("weir run --tier baseline --ti"), ["--tier", "--tier-stress", "--timeout"])
        self.assertEqual(self.bash("weir run --tier=baseline --net --timeo"), ["--timeout"])

    def test_other_shells_read_their_scripts(self):
        for shell, options in (("zsh", ["-n"]), ("fish", ["--no-execute"])):
            with self.subTest(shell):
                if shutil.which(shell) is None:
                    self.skipTest(f"{shell} is not there")
                script = self.folder / SCRIPTS[shell]
                script.write_text(weir("completions", shell))
                done = subprocess.run([shell, *options, script], capture_output=True, text=True, timeout=600)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipUnless(shutil.which("fish"), "fish is not there")
    def test_fish_offers_what_it_should(self):
        script = self.folder / "weir.fish"
        script.write_text(weir("completions", "fish"))

        def offered(line):
            done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], cwd=self.folder, capture_output=True,
                                  text=True, timeout=600, env=os.environ | {"HOME": str(self.folder)})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return [row.split("\t")[0] for row in done.stdout.splitlines()]

        for command in commands():
            self.assertIn(command, offered("weir "))
        self.assertEqual(offered("weir run --tier "), ["auto", "baseline", "optimized"])
        self.assertEqual(offered("weir run --max-o"), ["--max-open-files"])
        self.assertEqual(offered("weir cache pr"), ["prune"])

    def test_every_option_is_in_every_script(self):
        help_texts = {command: weir(command, "--help") for command in commands() if command != "serve" or HAS_SERVE}
        for shell in SCRIPTS:
            script = weir("completions", shell)
            for command, text in help_texts.items():
                for option in set(re.findall(r"(?<![\w-])(--[a-z][\w-]+)", text)) - OF_OTHERS:
                    self.assertIn(option if shell != "fish" else f"-l {option[2:]}", script, f"{shell}: {command}")

    @unittest.skipUnless(HAS_SERVE, "built with WEIR_HTTP")
    def test_weir_serve_knows_what_is_offered_for_it(self):
        for option in self.bash("weir serve -"):
            if option in ("--help", "--once"):
                continue
            said = weir("serve", option, code=2)
            self.assertTrue("which file?" in said or f"option {option} needs a value" in said or f"option {LONG.get(option)} needs a value" in said,
                            f"{option}: {said}")

    def test_mistakes(self):
        self.assertIn("for which shell?", weir("completions", code=2))
        self.assertIn("'tcsh'", weir("completions", "tcsh", code=2))

    def test_the_installed_ones_are_the_same(self):
        for shell, name in SCRIPTS.items():
            self.assertEqual((DOCUMENTS / name).read_text(), weir("completions", shell))


class ManualPages(unittest.TestCase):
    def pages(self):
        pages = sorted(DOCUMENTS.glob("*.1"))
        self.assertEqual([page.name for page in pages], sorted(["weir.1", *(f"weir-{command}.1" for command in commands())]))
        return pages

    @unittest.skipUnless(shutil.which("groff"), "groff is not there")
    def test_groff_has_nothing_to_say(self):
        for page in self.pages():
            done = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-b", "-z", page], capture_output=True, text=True, timeout=600)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), page)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not there")
    def test_mandoc_finds_no_error(self):
        for page in self.pages():
            done = subprocess.run(["mandoc", "-Tlint", "-W", "error", page], capture_output=True, text=True, timeout=600)
            self.assertEqual((done.returncode, done.stdout), (0, ""), page)

    @unittest.skipUnless(shutil.which("groff"), "groff is not there")
    def test_pages_say_what_the_help_does(self):
        for command in commands():
            if command == "serve" and not HAS_SERVE:
                continue
            done = subprocess.run(["groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-rLL=200n", DOCUMENTS / f"weir-{command}.1"],
                                  capture_output=True, text=True, timeout=600, check=True)
            for option in set(re.findall(r"(?<![\w-])(--[a-z][\w-]+)", weir(command, "--help"))) - OF_OTHERS:
                self.assertIn(option, done.stdout, command)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
