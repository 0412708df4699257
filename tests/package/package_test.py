#!/usr/bin/env python3
"""Makes the Debian packages of a build, installs them into a folder of their own by dpkg, runs what was installed, and removes it.

Usage: package_test.py BUILD SOURCE [unittest's arguments]      (CTest gives both)
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
TOOLS = ("cpack", "dpkg", "dpkg-deb", "dpkg-shlibdeps")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
sys.path.insert(0, str(SOURCE / "tests/cli"))
import wasm_module as wasm  # noqa: E402


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


@unittest.skipIf(MISSING, f"not there: {', '.join(MISSING)}")
class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        run("cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", cls.folder / "deb", "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip", cwd=BUILD)
        cls.packages = {}
        for file in (cls.folder / "deb").glob("*.deb"):
            cls.packages[run("dpkg-deb", "-f", file, "Package").strip()] = file

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def field(self, package, name):
        return run("dpkg-deb", "-f", self.packages[package], name).strip()

    def names(self, package):
        return {line.split(None, 5)[5].removeprefix("./") for line in run("dpkg-deb", "-c", self.packages[package]).splitlines()}

    def test_there_are_three_and_each_says_what_it_is(self):
        self.assertEqual(sorted(self.packages), ["libweir-dev", "weir", "weir-sdk"])
        for package in self.packages:
            self.assertRegex(self.field(package, "Version"), r"^\d+\.\d+\.\d+$")
            self.assertGreater(len(self.field(package, "Description").splitlines()), 1, package)
            self.assertIn(f"usr/share/doc/{package}/copyright", self.names(package))
        self.assertEqual(self.field("weir-sdk", "Architecture"), "all")
        self.assertNotEqual(self.field("weir", "Architecture"), "all")

    def test_what_it_depends_on_is_installed_here_where_it_was_built(self):
        depends = [re.split(r"[ (:]", part.strip())[0] for part in self.field("weir", "Depends").split(",")]
        self.assertIn("libc6", depends)
        for package in depends:
            self.assertIn("installed", run("dpkg-query", "-W", "-f", "${Status}", package), package)
        # Of the libraries that the programs name none is left out.
        for name in ("weir-serve", "weir-llvm"):
            if f"usr/libexec/weir/{name}" in self.names("weir"):
                self.assertTrue(any(part.startswith(("libssl", "libllvm")) for part in depends), depends)

    @unittest.skipUnless(shutil.which("clang++-22"), "clang++-22 is not there")
    def test_the_library_depends_on_what_its_users_link(self):
        depends = set(re.split(r"\s*[,|]\s*", self.field("libweir-dev", "Depends")))
        run("dpkg-deb", "-x", self.packages["libweir-dev"], self.folder / "embed")
        libs = next((self.folder / "embed").rglob("weir.pc")).read_text().partition("Libs:")[2].split()
        for name in [word[2:] for word in libs if word.startswith("-l") and word != "-lweir"]:
            files = [pathlib.Path(os.path.normpath(run("clang++-22", f"-print-file-name=lib{name}.{kind}").strip())) for kind in ("so", "a")]
            file = next(file for file in files if file.is_absolute())
            owner = run("dpkg", "-S", file.parent.resolve() / file.name).partition(":")[0]  # /lib is /usr/lib
            self.assertIn(owner, depends, name)

    def test_files_stand_where_they_are_looked_for(self):
        names = self.names("weir")
        for name in ("usr/bin/weir", "usr/bin/go_wasip1_wasm_exec", "usr/libexec/weir/weir-listing", "usr/share/man/man1/weir.1.gz", "usr/share/man/man1/weir-run.1.gz",
                     "usr/share/bash-completion/completions/weir", "usr/share/zsh/vendor-completions/_weir", "usr/share/fish/vendor_completions.d/weir.fish",
                     "usr/share/doc/weir/README.md", "usr/share/doc/weir/docs/drop-in.md"):
            self.assertIn(name, names)
        self.assertIn("usr/include/weir-sdk/weir/net.hpp", self.names("weir-sdk"))
        self.assertIn("usr/include/weir/weir.hpp", self.names("libweir-dev"))
        # No two packages have the same file.
        files = [name for package in self.packages for name in self.names(package) if not name.endswith("/")]
        self.assertEqual(len(files), len(set(files)))

    @unittest.skipUnless(os.geteuid() == 0 or shutil.which("fakeroot"), "dpkg wants root, or fakeroot")
    def test_install_run_remove(self):
        root = self.folder / "root"
        (root / "var/lib/dpkg").mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        # What it depends on is not in that root, so that is not asked for; nobody's triggers run there.
        dpkg = [*([] if os.geteuid() == 0 else ["fakeroot"]), "dpkg", f"--root={root}", "--force-depends", "--force-not-root", "--force-script-chrootless"]
        run(*dpkg, "-i", *self.packages.values())
        weir = root / "usr/bin/weir"
        guest = self.folder / "x.wasm"
        guest.write_bytes(wasm.exit_with(7))
        environment = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
        self.assertEqual(subprocess.run([weir, guest], env=environment, timeout=600).returncode, 7)
        m = wasm.Module()
        m.function(wasm.i32(41), export="answer", results=[wasm.I32])
        guest.write_bytes(m.bytes())
        self.assertEqual(run(weir, "run", "--tier", "optimized", "--invoke", "answer", guest, env=environment), "41\n")  # finds weir-llvm, if there is one
        self.assertIn("answer", run(weir, "inspect", "--asm", "answer", guest, env=environment))
        self.assertIn("weir serve", run(weir, "serve", "--help", env=environment))
        run(*dpkg, "-r", *self.packages)
        run(*dpkg, "-P", *self.packages)
        left = [path for path in root.rglob("*") if path.is_file() and "var/lib/dpkg" not in str(path)]
        self.assertEqual(left, [])

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not there")
    def test_lintian_finds_no_error(self):
        # What Debian's archive asks for beyond: an address of a maintainer, its form of changelog and of copyright file.
        tags = ",".join(("bogus-mail-host", "no-changelog", "copyright-without-copyright-notice", "copyright-file-contains-full-apache-2-license",
                         "copyright-not-using-common-license-for-apache2", "extended-description-is-probably-too-short"))
        for file in self.packages.values():
            done = subprocess.run(["lintian", "--no-cfg", "--fail-on", "error", "--suppress-tags", tags, "--allow-root", file], capture_output=True, text=True,
                                  timeout=600)
            errors = [line for line in done.stdout.splitlines() if line.startswith("E:")]
            self.assertEqual(errors, [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
