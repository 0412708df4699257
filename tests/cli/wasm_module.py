"""Small modules for tests, written instruction by instruction: no tool but Python is needed to run the tests."""

I32, I64, FUNC = 0x7F, 0x7E, 0x60


def leb(value):
    """Signed or unsigned LEB128 of a number: the signed form is also the unsigned one for what tests use, up to 2^31."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        if (value == 0 and not byte & 0x40) or (value == -1 and byte & 0x40):
            return bytes(out + bytes([byte]))
        out.append(byte | 0x80)


def uleb(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def name(text):
    data = text.encode() if isinstance(text, str) else text
    return uleb(len(data)) + data


def vector(items):
    items = list(items)
    return uleb(len(items)) + b"".join(items)


def section(number, content):
    return bytes([number]) + uleb(len(content)) + content


def i32(value):
    return b"\x41" + leb(value)


def call(index):
    return b"\x10" + uleb(index)


def store(address, value):
    """i32.store of what `value` pushes."""
    return i32(address) + value + b"\x36\x02\x00"


def load(address):
    return i32(address) + b"\x28\x02\x00"


DROP, END, UNREACHABLE = b"\x1a", b"\x0b", b"\x00"
LOOP, BR_0 = b"\x03\x40", b"\x0c\x00"


class Module:
    """Functions are numbered in the order of their adding, imports first. Memory 0 has a page and is exported."""

    def __init__(self, memory=True):
        self.types, self.imports, self.functions, self.bodies, self.exports, self.names = [], [], [], [], [], {}
        self.data, self.extra = [], b""
        self.memory = memory

    def type(self, params, results):
        key = bytes([FUNC]) + vector(bytes([p]) for p in params) + vector(bytes([r]) for r in results)
        if key not in self.types:
            self.types.append(key)
        return self.types.index(key)

    def import_function(self, module, field, params=(), results=()):
        self.imports.append(name(module) + name(field) + b"\x00" + uleb(self.type(params, results)))
        return len(self.imports) - 1

    def wasi(self, field, params, results=(I32,)):
        return self.import_function("wasi_snapshot_preview1", field, params, results)

    def function(self, body, export=None, label=None, params=(), results=()):
        index = len(self.imports) + len(self.functions)
        self.functions.append(uleb(self.type(params, results)))
        self.bodies.append(body)
        if export:
            self.exports.append(name(export) + b"\x00" + uleb(index))
        if label:
            self.names[index] = label
        return index

    def bytes(self):
        out = b"\0asm\x01\0\0\0"
        if self.types:
            out += section(1, vector(self.types))
        if self.imports:
            out += section(2, vector(self.imports))
        out += section(3, vector(self.functions))
        if self.memory:
            out += section(5, b"\x01\x00\x01")
            self.exports.append(name("memory") + b"\x02\x00")
        out += section(7, vector(self.exports))
        out += section(10, vector(uleb(len(b) + 2) + b"\x00" + b + END for b in self.bodies))
        if self.data:
            out += section(11, vector(b"\x00" + i32(at) + END + name(data) for at, data in self.data))
        if self.names:
            entries = vector(uleb(i) + name(n) for i, n in sorted(self.names.items()))
            out += section(0, name("name") + b"\x01" + uleb(len(entries)) + entries)
        return out + self.extra


def exit_with(code):
    """Ends with an exit code, given as a signed number of 32 bits."""
    m = Module()
    proc_exit = m.wasi("proc_exit", [I32], [])
    m.function(i32(code) + call(proc_exit), export="_start")
    return m.bytes()


def writer(text, forever=False):
    """Writes a text to standard output, once or until the world ends."""
    m = Module()
    fd_write = m.wasi("fd_write", [I32] * 4)
    write = store(8, i32(64)) + store(12, i32(len(text))) + i32(1) + i32(8) + i32(1) + i32(16) + call(fd_write) + DROP
    m.function(LOOP + write + BR_0 + END if forever else write, export="_start")
    m.data.append((64, text))
    return m.bytes()


def strings(sizes_get, get):
    """Writes the arguments, or the environment, to standard output: each with its NUL."""
    m = Module()
    sizes, strings_get = m.wasi(sizes_get, [I32, I32]), m.wasi(get, [I32, I32])
    fd_write = m.wasi("fd_write", [I32] * 4)
    body = i32(0) + i32(4) + call(sizes) + DROP + i32(1024) + i32(8192) + call(strings_get) + DROP
    body += store(8, i32(8192)) + store(12, load(4)) + i32(1) + i32(8) + i32(1) + i32(16) + call(fd_write) + DROP
    m.function(body, export="_start")
    return m.bytes()


def endless():
    """Writes a line to standard output, then does nothing for ever."""
    m = Module()
    fd_write = m.wasi("fd_write", [I32] * 4)
    write = store(8, i32(64)) + store(12, i32(1)) + i32(1) + i32(8) + i32(1) + i32(16) + call(fd_write) + DROP
    m.function(write + LOOP + BR_0 + END, export="_start")
    m.data.append((64, b"\n"))
    return m.bytes()


def reader():
    """Writes a line to standard output, then reads from standard input."""
    m = Module()
    fd_write, fd_read = m.wasi("fd_write", [I32] * 4), m.wasi("fd_read", [I32] * 4)
    transfer = store(8, i32(64)) + store(12, i32(1)) + i32(1) + i32(8) + i32(1) + i32(16) + call(fd_write) + DROP
    m.function(transfer + i32(0) + i32(8) + i32(1) + i32(16) + call(fd_read) + DROP, export="_start")
    m.data.append((64, b"\n"))
    return m.bytes()


def sleeper():
    """Writes a line to standard output, then sleeps for a day."""
    m = Module()
    fd_write, poll = m.wasi("fd_write", [I32] * 4), m.wasi("poll_oneoff", [I32] * 4)
    write = store(8, i32(64)) + store(12, i32(1)) + i32(1) + i32(8) + i32(1) + i32(16) + call(fd_write) + DROP
    m.function(write + i32(128) + i32(256) + i32(1) + i32(16) + call(poll) + DROP, export="_start")
    m.data.append((64, b"\n"))
    m.data.append((128 + 16, b"\1\0\0\0"))  # the monotonic clock
    m.data.append((128 + 24, (86_400 * 10**9).to_bytes(8, "little")))
    return m.bytes()


def grower():
    """Exits with 1 if its memory of a page grows by one, with 0 if it does not."""
    m = Module()
    proc_exit = m.wasi("proc_exit", [I32], [])
    m.function(i32(1) + b"\x40\x00" + i32(-1) + b"\x47" + call(proc_exit), export="_start")  # memory.grow, i32.ne
    return m.bytes()


def opener():
    """Exits with the errno of opening "." in the first granted folder."""
    m = Module()
    proc_exit = m.wasi("proc_exit", [I32], [])
    path_open = m.wasi("path_open", [I32, I32, I32, I32, I32, I64, I64, I32, I32])
    i64_0 = b"\x42\x00"
    m.function(i32(3) + i32(0) + i32(64) + i32(1) + i32(0) + i64_0 + i64_0 + i32(0) + i32(16) + call(path_open) + call(proc_exit),
               export="_start")
    m.data.append((64, b"."))
    return m.bytes()


def preopens():
    """Writes the guest's names of the first two granted folders, a line break behind each."""
    m = Module()
    get, dir_name = m.wasi("fd_prestat_get", [I32, I32]), m.wasi("fd_prestat_dir_name", [I32] * 3)
    fd_write = m.wasi("fd_write", [I32] * 4)
    body = b""
    for fd in (3, 4):
        body += i32(fd) + i32(0) + call(get) + b"\x04\x40" + b"\x0f" + END  # if errno: return
        body += i32(fd) + i32(8192) + load(4) + call(dir_name) + DROP
        body += i32(8192) + load(4) + b"\x6a" + i32(10) + b"\x3a\x00\x00"  # i32.store8 (8192 + length, '\n')
        body += store(8, i32(8192)) + store(12, load(4) + i32(1) + b"\x6a") + i32(1) + i32(8) + i32(1) + i32(16) + call(fd_write) + DROP
    m.function(body, export="_start")
    return m.bytes()


def trap_in(body):
    """`_start` calls outer, outer calls inner, inner is the body."""
    m = Module()
    inner = m.function(body, label="inner")
    outer = m.function(call(inner), label="outer")
    m.function(call(outer), export="_start", label="_start")
    return m.bytes()
