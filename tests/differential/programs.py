"""Random modules, as text, that do what compilers' output does and random instructions hardly ever: loops over arrays that get vectorized, small
functions that get inlined, state machines, values that turn out to be constants late; on every kind of memory, with vectors, atomics, bulk
operations, indirect and tail calls. wasm-smith covers what is odd, this what is optimized.

All that can be seen is determined by the standard: NaNs lose sign and payload, though not whether they are quiet, where their bits are looked at.
Modules end: loops are counted, functions call earlier ones only, and the work of all is bounded when they are made.
"""

NUMBERS = ("i32", "i64", "f32", "f64")
PAGE = 65536
MAX_WORK = 30_000  # instructions of one call, roughly

INTEGER_BINARY = ("add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr")
DIVISIONS = ("div_s", "div_u", "rem_s", "rem_u")
COMPARISONS = ("eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u")
FLOAT_BINARY = ("add", "sub", "mul", "div", "min", "max")
FLOAT_UNARY = ("neg", "abs", "sqrt", "ceil", "floor", "trunc", "nearest")
FLOAT_COMPARISONS = ("eq", "ne", "lt", "gt", "le", "ge")
INTEGERS = (0, 1, -1, 2, 3, 7, 8, 31, 32, 63, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000)
FLOATS = ("0", "-0", "1", "-1", "0", "1", "0.5", "2", "-0.75", "100.25", "2147483648", "-1e30", "inf", "-inf", "nan", "nan:0x1234", "-nan:0x200001")
CONVERSIONS = {
    "i32": (("i32.wrap_i64", "i64"), ("i32.reinterpret_f32", "f32"), ("i32.extend8_s", "i32"), ("i32.extend16_s", "i32"), ("i64.eqz", "i64"),
            ("i32.eqz", "i32")),
    "i64": (("i64.extend_i32_s", "i32"), ("i64.extend_i32_u", "i32"), ("i64.reinterpret_f64", "f64"), ("i64.extend8_s", "i64"),
            ("i64.extend16_s", "i64"), ("i64.extend32_s", "i64")),
    "f32": (("f32.demote_f64", "f64"), ("f32.reinterpret_i32", "i32")),
    "f64": (("f64.promote_f32", "f32"), ("f64.reinterpret_i64", "i64")),
}
FLOATS_OF_INTEGERS = {to: tuple((f"{to}.convert_{kind}_{s}", kind) for kind in ("i32", "i64") for s in "su") for to in ("f32", "f64")}
TRUNCATIONS = {to: tuple((f"{to}.{op}_{kind}_{s}", kind) for op in ("trunc_sat", "trunc_sat", "trunc") for kind in ("f32", "f64") for s in "su")
               for to in ("i32", "i64")}
NARROW = (("i16x8", "i8x16"), ("i32x4", "i16x8"), ("i64x2", "i32x4"))
VECTOR_UNARY = (
    *(f"{shape}.{op}" for shape in ("i8x16", "i16x8", "i32x4", "i64x2") for op in ("abs", "neg")), "i8x16.popcnt", "v128.not",
    *(f"{to}.extend_{half}_{of}_{s}" for to, of in NARROW for half in ("low", "high") for s in "su"),
    *(f"{to}.extadd_pairwise_{of}_{s}" for to, of in NARROW[:2] for s in "su"),
    *(f"i32x4.trunc_sat_{of}" for of in ("f32x4_s", "f32x4_u", "f64x2_s_zero", "f64x2_u_zero")))
VECTOR_BINARY = (
    *(f"{shape}.{op}" for shape in ("i8x16", "i16x8", "i32x4", "i64x2") for op in ("add", "sub", "eq", "ne", "lt_s", "gt_s", "le_s", "ge_s")),
    *(f"{shape}.{op}" for shape in ("i8x16", "i16x8", "i32x4")
      for op in ("lt_u", "gt_u", "le_u", "ge_u", "min_s", "min_u", "max_s", "max_u")),
    *(f"{shape}.{op}" for shape in ("i8x16", "i16x8") for op in ("add_sat_s", "add_sat_u", "sub_sat_s", "sub_sat_u", "avgr_u")),
    *(f"{of}.narrow_{to}_{s}" for to, of in NARROW[:2] for s in "su"),
    *(f"{to}.extmul_{half}_{of}_{s}" for to, of in NARROW for half in ("low", "high") for s in "su"),
    "i16x8.mul", "i32x4.mul", "i64x2.mul", "i8x16.swizzle", "i16x8.q15mulr_sat_s", "i32x4.dot_i16x8_s", "v128.and", "v128.or", "v128.xor",
    "v128.andnot")
VECTOR_TESTS = ("v128.any_true", *(f"{shape}.{op}" for shape in ("i8x16", "i16x8", "i32x4", "i64x2") for op in ("all_true", "bitmask")))
VECTOR_CONVERSIONS = (("f32x4.demote_f64x2_zero", "f32x4"), ("f64x2.promote_low_f32x4", "f64x2"), ("f32x4.convert_i32x4_s", "f32x4"),
                      ("f32x4.convert_i32x4_u", "f32x4"), ("f64x2.convert_low_i32x4_s", "f64x2"), ("f64x2.convert_low_i32x4_u", "f64x2"))
VECTOR_FLOAT_BINARY = ("add", "sub", "mul", "div", "min", "max", "pmin", "pmax")
VECTOR_FLOAT_UNARY = ("neg", "abs", "sqrt", "ceil", "floor", "trunc", "nearest")
VECTOR_SHIFTS = tuple(f"{shape}.{op}" for shape in ("i8x16", "i16x8", "i32x4", "i64x2") for op in ("shl", "shr_s", "shr_u"))
LANES = {"i8x16": ("i32", 16), "i16x8": ("i32", 8), "i32x4": ("i32", 4), "i64x2": ("i64", 2), "f32x4": ("f32", 4), "f64x2": ("f64", 2)}
# What a load or store of a type is called, and its width in bytes.
LOADS = {
    "i32": (("i32.load", 4), *((f"i32.load{bits}_{s}", bits // 8) for bits in (8, 16) for s in "su")),
    "i64": (("i64.load", 8), *((f"i64.load{bits}_{s}", bits // 8) for bits in (8, 16, 32) for s in "su")),
    "f32": (("f32.load", 4),), "f64": (("f64.load", 8),),
    "v128": (("v128.load", 16), *((f"v128.load{lanes}_{s}", 8) for lanes in ("8x8", "16x4", "32x2") for s in "su"),
             *((f"v128.load{bits}_splat", bits // 8) for bits in (8, 16, 32, 64)), *((f"v128.load{bits}_zero", bits // 8) for bits in (32, 64))),
}
STORES = {
    "i32": (("i32.store", 4), ("i32.store8", 1), ("i32.store16", 2)),
    "i64": (("i64.store", 8), ("i64.store8", 1), ("i64.store16", 2), ("i64.store32", 4)),
    "f32": (("f32.store", 4),), "f64": (("f64.store", 8),), "v128": (("v128.store", 16),),
}
ATOMIC_UPDATES = ("add", "sub", "and", "or", "xor", "xchg")
ATOMIC_WIDTHS = {"i32": (("", 4), ("8", 1), ("16", 2)), "i64": (("", 8), ("8", 1), ("16", 2), ("32", 4))}

# NaNs as all may see them: quiet or not, nothing else. In the module as functions, which get inlined.
CANONICAL = """
  (func $plain_f32 (param f32) (result f32)
    (if (result f32) (f32.eq (local.get 0) (local.get 0)) (then (local.get 0))
      (else (f32.reinterpret_i32 (i32.or (i32.const 0x7f800001) (i32.and (i32.const 0x400000) (i32.reinterpret_f32 (local.get 0))))))))
  (func $plain_f64 (param f64) (result f64)
    (if (result f64) (f64.eq (local.get 0) (local.get 0)) (then (local.get 0))
      (else (f64.reinterpret_i64 (i64.or (i64.const 0x7ff0000000000001)
                                         (i64.and (i64.const 0x8000000000000) (i64.reinterpret_f64 (local.get 0))))))))"""
CANONICAL_VECTORS = """
  (func $plain_f32x4 (param v128) (result v128)
    (v128.bitselect (local.get 0)
      (v128.or (v128.const i32x4 0x7f800001 0x7f800001 0x7f800001 0x7f800001)
               (v128.and (v128.const i32x4 0x400000 0x400000 0x400000 0x400000) (local.get 0)))
      (f32x4.eq (local.get 0) (local.get 0))))
  (func $plain_f64x2 (param v128) (result v128)
    (v128.bitselect (local.get 0)
      (v128.or (v128.const i64x2 0x7ff0000000000001 0x7ff0000000000001)
               (v128.and (v128.const i64x2 0x8000000000000 0x8000000000000) (local.get 0)))
      (f64x2.eq (local.get 0) (local.get 0))))"""


class Memory:
    def __init__(self, index, address, is_shared, pages):
        self.index, self.address, self.is_shared, self.pages = index, address, is_shared, pages

    def declaration(self):
        address = "i64 " if self.address == "i64" else ""
        return f'(memory (export "memory{self.index}") {address}{self.pages} {self.pages + 2}{" shared" if self.is_shared else ""})'


class Function:
    def __init__(self, name, params, results, work):
        self.name, self.params, self.results, self.work = name, params, results, work


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.has_vectors = rng.random() < 0.4
        self.has_atomics = rng.random() < 0.3
        self.has_tail_calls = rng.random() < 0.3
        self.may_leave_memory = rng.random() < 0.25  # accesses that trap
        self.types = NUMBERS + (("v128",) if self.has_vectors else ())
        self.memories = [Memory(i, "i64" if rng.random() < 0.2 else "i32", self.has_atomics and rng.random() < 0.5, rng.choice((1, 1, 2)))
                         for i in range(rng.choice((1, 1, 1, 2, 3)))]
        self.functions = []

    def one_in(self, n):
        return self.rng.randrange(n) == 0

    # --- expressions ---

    def constant(self, kind):
        if kind == "v128":
            shape = self.rng.choice(("i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"))
            element, lanes = LANES[shape]
            one = self.scalar_constant(element)
            values = [one] * lanes if self.one_in(2) else [self.scalar_constant(element) for _ in range(lanes)]
            if element == "i32" and lanes > 4:
                values = [str(int(v) & 0x7f) for v in values]
            return f"(v128.const {shape} {' '.join(values)})"
        return f"({kind}.const {self.scalar_constant(kind)})"

    def scalar_constant(self, kind):
        if kind in ("i32", "i64"):
            if kind == "i64" and self.one_in(8):
                return str(self.rng.choice((0x3ff0000000000000, -0x8000000000000000, 0x7ff0000000000001, 1 << 40)))
            return str(self.rng.choice(INTEGERS) if self.one_in(2) else self.rng.randrange(-128, 128))
        return self.rng.choice(FLOATS) if self.rng.random() < 0.7 else str(self.rng.randrange(-800, 800) / 8)

    def local(self, kind):
        """A local that is read; which of them is often the one that was set last."""
        of_kind = [index for index, k in enumerate(self.locals) if k == kind and index not in self.hidden]
        return f"(local.get {self.rng.choice(of_kind)})" if of_kind else self.constant(kind)

    def expression(self, kind, depth=3):
        self.work += self.weight
        if depth <= 0 or self.one_in(6):
            return self.constant(kind) if self.one_in(3) else self.local(kind)
        sub = lambda k: self.expression(k, depth - 1)
        choice = self.rng.random()
        if choice < 0.12:
            return self.load(kind, depth)
        if choice < 0.16:
            return f"(select {'(result v128) ' if kind == 'v128' else ''}{sub(kind)} {sub(kind)} {self.condition(depth - 1)})"
        if choice < 0.19:
            return f"(global.get $g_{kind})"
        if choice < 0.20 and kind in ("i32", "i64"):
            return self.size(kind)
        if choice < 0.25 and (call := self.call((kind,), depth)):
            return call
        if choice < 0.28:
            return f"(if (result {kind}) {self.condition(depth - 1)} (then {sub(kind)}) (else {sub(kind)}))"
        if choice < 0.31:
            return f"(local.tee {local} {sub(kind)})" if (local := self.settable(kind)) is not None else self.local(kind)
        return {"i32": self.integer, "i64": self.integer, "f32": self.floating, "f64": self.floating, "v128": self.vector}[kind](kind, depth - 1)

    def condition(self, depth):
        kind = self.rng.choice(NUMBERS)
        ops = COMPARISONS if kind[0] == "i" else FLOAT_COMPARISONS
        return f"({kind}.{self.rng.choice(ops)} {self.expression(kind, depth - 1)} {self.expression(kind, depth - 1)})"

    def integer(self, kind, depth):
        sub = lambda k: self.expression(k, depth)
        choice = self.rng.random()
        if choice < 0.6:
            return f"({kind}.{self.rng.choice(INTEGER_BINARY)} {sub(kind)} {sub(kind)})"
        if choice < 0.65:  # a divisor that is mostly no 0
            divisor = sub(kind) if self.one_in(4) else f"({kind}.or {sub(kind)} ({kind}.const 1))"
            return f"({kind}.{self.rng.choice(DIVISIONS)} {sub(kind)} {divisor})"
        if choice < 0.72:
            return f"({kind}.{self.rng.choice(('clz', 'ctz', 'popcnt'))} {sub(kind)})"
        if kind == "i32" and choice < 0.80:
            return self.condition(depth)
        if self.has_vectors and choice < 0.84:
            shape = self.rng.choice([s for s, (element, _) in LANES.items() if element == kind])
            sign = self.rng.choice(("_s", "_u")) if shape in ("i8x16", "i16x8") else ""
            return f"({shape}.extract_lane{sign} {self.rng.randrange(LANES[shape][1])} {sub('v128')})"
        if self.has_vectors and kind == "i32" and choice < 0.87:
            return f"({self.rng.choice(VECTOR_TESTS)} {sub('v128')})"
        if self.has_atomics and choice < 0.93:
            return self.atomic(kind, depth)
        return self.conversion(kind, depth)

    def conversion(self, kind, depth):
        between = TRUNCATIONS | FLOATS_OF_INTEGERS
        name, source = self.rng.choice(between[kind] if self.one_in(2) else CONVERSIONS[kind])
        operand = self.expression(source, depth)
        if ".trunc_f" in name and not self.one_in(4):  # one that fits, and no NaN
            number = f"(select {operand} ({source}.const 7) ({source}.eq {operand} {operand}))"
            operand = f"({source}.min ({source}.max ({source}.const 0) {number}) ({source}.const 1000))"
        return f"({name} {self.plain(source, operand) if 'reinterpret_f' in name else operand})"

    def floating(self, kind, depth):
        sub = lambda k: self.expression(k, depth)
        choice = self.rng.random()
        if choice < 0.65:
            return f"({kind}.{self.rng.choice(FLOAT_BINARY)} {sub(kind)} {sub(kind)})"
        if choice < 0.8:
            return f"({kind}.{self.rng.choice(FLOAT_UNARY)} {sub(kind)})"
        if choice < 0.85:
            return f"({kind}.copysign {sub(kind)} {self.plain(kind, sub(kind))})"
        if self.has_vectors and choice < 0.9:
            shape = "f32x4" if kind == "f32" else "f64x2"
            return f"({shape}.extract_lane {self.rng.randrange(LANES[shape][1])} {sub('v128')})"
        return self.conversion(kind, depth)

    def vector(self, _, depth):
        sub = lambda k="v128": self.expression(k, depth)
        choice = self.rng.random()
        if choice < 0.4:
            return f"({self.rng.choice(VECTOR_BINARY)} {sub()} {sub()})"
        if choice < 0.5:
            return f"({self.rng.choice(VECTOR_UNARY)} {sub()})"
        if choice < 0.55:
            return f"({self.rng.choice(VECTOR_SHIFTS)} {sub()} {sub('i32')})"
        if choice < 0.6:
            return f"(i8x16.shuffle {' '.join(str(self.rng.randrange(32)) for _ in range(16))} {sub()} {sub()})"
        if choice < 0.64:
            return f"(v128.bitselect {sub()} {sub()} {sub()})"
        shape = self.rng.choice(tuple(LANES))
        element, lanes = LANES[shape]
        if choice < 0.72:
            return f"({shape}.splat {self.plain(element, sub(element))})"
        if choice < 0.78:
            return f"({shape}.replace_lane {self.rng.randrange(lanes)} {sub()} {self.plain(element, sub(element))})"
        shape = self.rng.choice(("f32x4", "f64x2"))
        if choice < 0.82:
            return f"({shape}.{self.rng.choice(FLOAT_COMPARISONS)} {sub()} {sub()})"
        if choice < 0.86:
            return f"(call $plain_{shape} ({shape}.{self.rng.choice(VECTOR_FLOAT_UNARY)} {sub()}))"
        if choice < 0.9:
            name, shape = self.rng.choice(VECTOR_CONVERSIONS)
            return f"(call $plain_{shape} ({name} {sub()}))"
        return f"(call $plain_{shape} ({shape}.{self.rng.choice(VECTOR_FLOAT_BINARY)} {sub()} {sub()}))"

    def plain(self, kind, text):
        """Where the bits of a value are looked at."""
        return f"(call $plain_{kind} {text})" if kind in ("f32", "f64") else text

    # --- memory ---

    def address(self, memory, width, depth, must_be_aligned=False):
        """An address and an offset: of an array that a loop goes along, or anywhere."""
        bound = memory.pages * PAGE
        last = bound if self.may_leave_memory and self.one_in(8) else bound // 2
        mask = (last - 1) & -(width if must_be_aligned else 1)
        offset = self.rng.choice((0, 0, 8, 16, 400)) if not self.may_leave_memory or self.one_in(2) else self.rng.choice((bound - 16, 1000))
        loops = [local for local in self.counters if self.locals[local] == memory.address]
        if loops and self.rng.random() < 0.7 and not must_be_aligned:
            stride = self.rng.choice((width, width, width, 1, 2 * width, 24))
            index = f"({memory.address}.mul (local.get {loops[-1]}) ({memory.address}.const {stride}))"
            if self.one_in(2):
                base = f"({memory.address}.and {self.local(memory.address)} ({memory.address}.const {bound // 4 - 1}))"
                index = f"({memory.address}.add {base} {index})"
            return index, offset
        if self.one_in(3):
            return f"({memory.address}.const {self.rng.randrange(0, 64) * 8})", 0  # as of a frame
        return f"({memory.address}.and {self.expression(memory.address, depth - 1)} ({memory.address}.const {mask}))", offset

    def access(self, name, width, memory, depth, operands=(), is_atomic=False, lane=""):
        address, offset = self.address(memory, width, depth, must_be_aligned=is_atomic and not self.one_in(20))
        align = width if is_atomic else self.rng.choice((1, width))
        index = f" {memory.index}" if memory.index else ""
        return f"({name}{index} offset={offset} align={align}{lane} {' '.join((address, *operands))})"

    def load(self, kind, depth):
        if kind == "v128" and self.one_in(8):
            return self.lanes("load", depth, self.expression("v128", depth - 1))
        name, width = self.rng.choice(LOADS[kind]) if self.one_in(2) else LOADS[kind][0]
        return self.access(name, width, self.rng.choice(self.memories), depth)

    def store(self, depth=3):
        kind = self.rng.choice(self.types)
        if kind == "v128" and self.one_in(6):
            return self.lanes("store", depth, self.expression("v128", depth))
        if self.has_atomics and self.one_in(6):
            return "(atomic.fence)" if self.one_in(8) else self.atomic_store()
        name, width = self.rng.choice(STORES[kind]) if self.one_in(2) else STORES[kind][0]
        return self.access(name, width, self.rng.choice(self.memories), depth, [self.plain(kind, self.expression(kind, depth))])

    def lanes(self, name, depth, operand):
        """A load or store of one lane of a vector."""
        bits = self.rng.choice((8, 16, 32, 64))
        return self.access(f"v128.{name}{bits}_lane", bits // 8, self.rng.choice(self.memories), depth, [operand],
                           lane=f" {self.rng.randrange(128 // bits)}")

    def size(self, kind):
        """How large a memory or the table is, or whether an element is null."""
        of_kind = [memory for memory in self.memories if memory.address == kind]
        if of_kind and self.one_in(2):
            return f"(memory.size {self.rng.choice(of_kind).index})"
        text = "(table.size $table)" if self.one_in(2) else f"(ref.is_null (table.get $table (i32.const {self.rng.randrange(8)})))"
        return text if kind == "i32" else f"(i64.extend_i32_u {text})"

    def atomic_store(self):
        kind = self.rng.choice(("i32", "i64"))
        suffix, width = self.rng.choice(ATOMIC_WIDTHS[kind])
        return self.access(f"{kind}.atomic.store{suffix}", width, self.rng.choice(self.memories), 3, [self.expression(kind)], is_atomic=True)

    def atomic(self, kind, depth):
        suffix, width = self.rng.choice(ATOMIC_WIDTHS[kind])
        memory = self.rng.choice(self.memories)
        end = "_u" if suffix else ""
        operands, choice = [self.expression(kind, depth - 1)], self.rng.random()
        if choice < 0.3:
            name, operands = f"{kind}.atomic.load{suffix}{end}", []
        elif choice < 0.7:
            name = f"{kind}.atomic.rmw{suffix}.{self.rng.choice(ATOMIC_UPDATES)}{end}"
        elif choice < 0.9 or kind == "i64":
            name = f"{kind}.atomic.rmw{suffix}.cmpxchg{end}"
            operands.append(self.expression(kind, depth - 1))
        elif choice < 0.95 or not memory.is_shared:
            name, width = "memory.atomic.notify", 4
        else:  # nobody notifies: it is over at once
            of, width = self.rng.choice((("i32", 4), ("i64", 8)))
            name, operands = f"memory.atomic.wait{8 * width}", [self.expression(of, depth - 1), "(i64.const 0)"]
        return self.access(name, width, memory, depth, operands, is_atomic=True)

    def bulk(self):
        memory, other = self.rng.choice(self.memories), self.rng.choice(self.memories)
        length = lambda kind: f"({kind}.and {self.expression(kind, 1)} ({kind}.const 63))"
        address = lambda m: self.address(m, 1, 2)[0]
        choice = self.rng.randrange(8)
        if choice < 3:
            return f"(memory.fill {memory.index} {address(memory)} {self.expression('i32', 1)} {length(memory.address)})"
        if choice < 6:
            both = "i64" if memory.address == other.address == "i64" else "i32"
            return f"(memory.copy {memory.index} {other.index} {address(memory)} {address(other)} {length(both)})"
        if choice == 6 and self.one_in(8):
            return self.rng.choice(("(data.drop $data)", "(elem.drop $elements)"))
        if choice == 6:
            return f"(memory.init {memory.index} $data {address(memory)} (i32.const {self.rng.randrange(6)}) (i32.const {self.rng.randrange(12)}))"
        return f"(drop (memory.grow {memory.index} ({memory.address}.const {self.rng.randrange(2)})))"

    def of_table(self):
        index = lambda: f"(i32.and {self.expression('i32', 1)} (i32.const 7))"
        return self.rng.choice((
            f"(table.set $table {index()} (table.get $table {index()}))", f"(table.copy {index()} {index()} (i32.const 2))",
            f"(table.fill $table {index()} {self.rng.choice(('(ref.null func)', '(ref.func $f0)'))} (i32.const 1))",
            f"(table.init $table $elements {index()} (i32.const 0) (i32.const 1))",
            f"(drop (table.grow $table (ref.null func) {index()}))"))

    # --- calls ---

    def call(self, results, depth):
        """Of an earlier function, if there is one that is not too much work."""
        able = [f for f in self.functions if f.results == results and f.work * self.weight < MAX_WORK - self.work]
        if not able:
            return None
        callee = self.rng.choice(able)
        self.work += callee.work * self.weight
        arguments = " ".join(self.constant(kind) if self.one_in(3) else self.expression(kind, depth - 2) for kind in callee.params)
        if self.one_in(4):  # the element may be another by then: the type is what it must have
            self.work += max(f.work for f in self.functions) * self.weight
            if self.work < MAX_WORK:
                types = "".join(f" (param {k})" for k in callee.params) + "".join(f" (result {k})" for k in callee.results)
                return f"(call_indirect $table{types} {arguments} (i32.const {self.functions.index(callee) % 8}))"
        return f"(call ${callee.name} {arguments})"

    # --- statements ---

    def settable(self, kind):
        able = [i for i, k in enumerate(self.locals) if k == kind and i not in self.hidden and i not in self.counters]
        return self.rng.choice(able) if able else None

    def set_local(self):
        kind = self.rng.choice(self.types)
        local = self.settable(kind)
        if local is None:
            return "(nop)"
        return f"(local.set {local} {self.constant(kind) if self.one_in(4) else self.expression(kind)})"

    def statements(self, count, nesting):
        return "\n".join(self.statement(nesting) for _ in range(count))

    def statement(self, nesting):
        choice = self.rng.random()
        if choice < 0.35:
            return self.set_local()
        if choice < 0.55:
            return self.store()
        if choice < 0.60:
            kind = self.rng.choice(self.types)
            return f"(global.set $g_{kind} {self.plain(kind, self.expression(kind))})"
        if choice < 0.64:
            return self.bulk() if self.one_in(2) or not self.functions else self.of_table()
        if choice < 0.67:
            callee = self.rng.choice([f.results for f in self.functions] or [()])
            call = self.call(callee, 3)
            return " ".join([call, *["(drop)"] * len(callee)]) if call else "(nop)"
        if choice < 0.68 and nesting:
            return f"(if {self.condition(2)} (then {'(unreachable)' if self.one_in(10) else self.give_back()}))"
        if nesting >= 3:
            return self.set_local()
        if choice < 0.80:
            other = f"(else {self.statements(2, nesting + 1)})" if self.one_in(2) else ""
            return f"(if {self.condition(2)} (then {self.statements(2, nesting + 1)}) {other})"
        if choice < 0.85:
            return f"(block (br_if 0 {self.condition(2)}) {self.statements(2, nesting + 1)} (br_if 0 {self.condition(2)}) {self.set_local()})"
        if choice < 0.89:
            return self.state_machine(nesting)
        return self.loop(nesting)

    def give_back(self):
        return f"(return {' '.join(self.plain(kind, self.expression(kind, 2)) for kind in self.results)})"

    def new_local(self, kind):
        self.locals.append(kind)
        self.hidden.add(len(self.locals) - 1)
        return len(self.locals) - 1

    def loop(self, nesting):
        """A counted one, as compilers make them: up or down, or until a pointer meets its end."""
        kind = self.rng.choice(("i32", "i32", "i32", "i64"))
        passes = self.rng.choice((1, 3, 8, 17, 64, 100, 255)) if self.weight == 1 else self.rng.choice((1, 2, 5))
        counter, step = self.new_local(kind), self.rng.choice((1, 1, 1, 2, 4))
        self.counters.append(counter)
        self.hidden.discard(counter)  # it is read
        weight, self.weight = self.weight, self.weight * passes
        body = self.statements(self.rng.choice((1, 1, 2, 3)), nesting + 1)
        self.weight = weight
        self.counters.pop()
        self.hidden.add(counter)
        start, end = 0, passes * step
        bound = f"({kind}.const {end})"
        if self.one_in(2):  # one that the compiler does not know
            varied = step * min(passes - 1, 7)
            bound = f"({kind}.add ({kind}.const {end - varied}) ({kind}.and {self.local(kind)} ({kind}.const {varied})))"
        next_ = lambda op: f"(local.tee {counter} ({kind}.{op} (local.get {counter}) ({kind}.const {step})))"
        limit = self.new_local(kind)
        again = f"(br_if 0 ({kind}.lt_{self.rng.choice('su')} {next_('add')} (local.get {limit})))"
        if self.one_in(3):
            start, again = end, f"(br_if 0 ({kind}.gt_s {next_('sub')} ({kind}.const 0)))"
        leave = f"(br_if 1 {self.condition(1)})" if self.one_in(5) else ""
        return (f"(local.set {counter} ({kind}.const {start})) (local.set {limit} {bound})\n"
                f"(block (loop {body} {leave} {again}))")

    def state_machine(self, nesting):
        """As Go's functions: a loop around a br_table, in which the next state is mostly a constant."""
        states, passes = self.rng.choice((2, 3, 4)), self.rng.choice((3, 9, 30)) if self.weight == 1 else 2
        state, left = self.new_local("i32"), self.new_local("i32")
        weight, self.weight = self.weight, self.weight * passes
        text = "(br_table {} (local.get {}))".format(" ".join(map(str, range(states + 1))), state)
        for each in range(states):
            following = str(self.rng.randrange(states + 1))
            following = f"(i32.const {following})" if self.one_in(2) else f"(i32.rem_u {self.expression('i32', 2)} (i32.const {states + 1}))"
            text = f"(block {text}) {self.statements(2, nesting + 2)} (local.set {state} {following}) (br {states - each})"
        self.weight = weight
        return (f"(local.set {left} (i32.const {passes})) (local.set {state} (i32.const 0))\n(block $done{state} (loop $next{state}\n"
                f"(br_if $done{state} (i32.eqz (local.tee {left} (i32.sub (local.get {left}) (i32.const 1)))))\n"
                f"(block {text})))")

    # --- module ---

    def function(self, index, is_small):
        kinds = self.types
        self.params = tuple(self.rng.choice(kinds) for _ in range(self.rng.randrange(5)))
        self.results = tuple(self.rng.choice(kinds) for _ in range(self.rng.choice((0, 1, 1, 1, 2))))
        self.locals = [*self.params, *kinds, *(self.rng.choice(kinds) for _ in range(3))]
        self.hidden, self.counters, self.work, self.weight = set(), [], 10, 1
        body = self.statements(self.rng.randrange(2) if is_small else self.rng.randrange(2, 9), 2 if is_small else 0)
        end = " ".join(self.plain(kind, self.expression(kind, 2 if is_small else 4)) for kind in self.results)
        if self.has_tail_calls and self.one_in(2) and (call := self.call(self.results, 2)):
            end = call.replace("(call", "(return_call", 1)
        name = f"f{index}"
        text = (f'  (func ${name} (export "{name}"){"".join(f" (param {k})" for k in self.params)}{"".join(f" (result {k})" for k in self.results)}\n'
                f"    {' '.join(f'(local {k})' for k in self.locals[len(self.params):])}\n{body}\n{end})\n")
        self.functions.append(Function(name, self.params, self.results, self.work))
        return text

    def module(self):
        functions = [self.function(i, is_small=i < 2) for i in range(self.rng.randrange(3, 7))]
        globals_ = "".join(f'  (global $g_{k} (export "g_{k}") (mut {k}) {self.constant(k)})\n' for k in self.types)
        memories = "".join(f"  {m.declaration()}\n" for m in self.memories)
        bytes_ = "".join(f"\\{self.rng.choice((0, 0, 0xff, 0x7f, 0x80, 0x3f, 0xf0, self.rng.randrange(256))):02x}" for _ in range(600))
        data = "".join(f'  (data (memory {m.index}) ({m.address}.const {at}) "{bytes_}")\n' for m in self.memories for at in (0, 8000))
        table = (f'  (table $table (export "table") 8 16 funcref)\n  (elem (i32.const 0) {" ".join(f"$f{i}" for i in range(len(functions)))})\n'
                 f'  (elem $elements func $f0 $f1)\n')
        return (f"(module\n{memories}{globals_}{table}{CANONICAL}{CANONICAL_VECTORS if self.has_vectors else ''}\n{''.join(functions)}"
                f'  (data $data "abcdefgh\\00\\ff\\80\\7f")\n{data})\n')


def make_program(rng):
    return Maker(rng).module()
