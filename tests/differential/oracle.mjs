// The independent engine of the differential tests: does in V8 what a transcript of weir-differential (transcript.hpp) says was done, and
// writes what came of it, in the same form. Standard input: a transcript. What JavaScript cannot see is a question mark: vectors; and of a
// function whose type has one, all that follows. Payloads of NaNs are lost on the way through a number: "f32:nan".
import fs from 'node:fs';

const views = new DataView(new ArrayBuffer(8));

class Hash {
  value = 2166136261;
  add(word) { this.value = Math.imul(this.value ^ word, 16777619); }
  addWords(words) {
    let value = this.value;
    for (let i = 0; i < words.length; ++i) value = Math.imul(value ^ words[i], 16777619);
    this.value = value;
  }
  text() { return '0x' + (this.value >>> 0).toString(16); }
}

// host.cpp, in JavaScript.
class Host {
  calls = 0;
  hash = new Hash();
  noteCall(id) { ++this.calls; this.hash.add(id); }
  note64(bits) {
    this.hash.add(Number(BigInt.asIntN(32, bits)));
    this.hash.add(Number(BigInt.asIntN(32, bits >> 32n)));
  }
  noteNumber(value) {
    views.setFloat64(0, value);
    this.note64(Number.isNaN(value) ? 0x7ff8000000000000n : views.getBigUint64(0));
  }
  imports() {
    return {
      host: {
        integers: (a, b) => {
          this.noteCall(1);
          this.note64(BigInt(a >>> 0));
          this.note64(b);
          return this.hash.value;
        },
        floats: (a, b) => {
          this.noteCall(2);
          this.noteNumber(a);
          this.noteNumber(b);
          return Number.isNaN(a) ? this.calls : a * 0.5;
        },
        many: (...values) => {
          this.noteCall(3);
          for (const value of values) this.note64(BigInt(value >>> 0));
          return [BigInt.asIntN(64, BigInt(this.hash.value >>> 0) << 32n | BigInt(this.calls)), this.calls];
        },
        nothing: () => this.noteCall(4),
        memory: new WebAssembly.Memory({initial: 1, maximum: 4}),
        table: new WebAssembly.Table({element: 'anyfunc', initial: 10, maximum: 20}),
        counter: new WebAssembly.Global({value: 'i32', mutable: true}, 41),
        constant: new WebAssembly.Global({value: 'f64'}, 6.25),
      },
    };
  }
}

function argument(text) {
  const [type, value] = text.split(':');
  switch (type) {
    case 'i32': return Number(value) | 0;
    case 'i64': return BigInt.asIntN(64, BigInt(value));
    case 'f32': views.setUint32(0, Number(value)); return views.getFloat32(0);
    case 'f64': views.setBigUint64(0, BigInt(value)); return views.getFloat64(0);
    default: return null;
  }
}

function text(type, value) {
  switch (type) {
    case 'i32': return 'i32:0x' + (value >>> 0).toString(16);
    case 'i64': return 'i64:0x' + BigInt.asUintN(64, value).toString(16);
    case 'f32':
      if (Number.isNaN(value)) return 'f32:nan';
      views.setFloat32(0, value);
      return 'f32:0x' + views.getUint32(0).toString(16);
    case 'f64':
      if (Number.isNaN(value)) return 'f64:nan';
      views.setFloat64(0, value);
      return 'f64:0x' + views.getBigUint64(0).toString(16);
    default: return value === null ? 'ref:null' : 'ref:some';
  }
}

const typesIn = parenthesized => parenthesized.slice(1, -1).split(' ').filter(word => word !== '');

const out = [];
let module, exported, instance, results, host, isSeen;

function startModule(path) {
  module = undefined;
  try {
    module = new WebAssembly.Module(fs.readFileSync(path));
    exported = WebAssembly.Module.exports(module);
  } catch (error) {
    out.push('refused ' + error.message);
  }
}

function startFunction(params, resultTypes) {
  results = typesIn(resultTypes);
  isSeen = !typesIn(params).includes('v128') && !results.includes('v128');
  instance = undefined;
  if (!isSeen) return out.push('?');
  host = new Host();
  try {
    instance = new WebAssembly.Instance(module, host.imports());
  } catch (error) {
    out.push('cannot start: ' + error.message);
  }
}

let currentFunction;
function call(words) {
  const given = words.slice(1, words.indexOf('->'));
  const start = ['call', ...given, '->'].join(' ');
  try {
    let values = instance.exports[exported[currentFunction].name](...given.map(argument));
    values = results.length === 0 ? [] : results.length === 1 ? [values] : values;
    out.push([start, 'returned', ...results.map((type, i) => text(type, values[i]))].join(' '));
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError)) throw error;
    out.push(`${start} trapped: ${error.message}`);
  }
}

function show(kind, index, weirs) {
  const value = instance.exports[exported[index].name];
  const start = `${kind} ${index}`;
  const hash = new Hash();
  if (kind === 'memory') {
    hash.addWords(new Int32Array(value.buffer));
    out.push(`${start} ${value.buffer.byteLength / 65536} ${hash.text()}`);
  } else if (kind === 'table') {
    const size = Number(value.length);
    const at = typeof value.length === 'bigint' ? BigInt : Number;
    for (let i = 0; i < size; ++i) hash.add(value.get(at(i)) === null ? 0 : 1);
    out.push(`${start} ${size} ${hash.text()}`);
  } else {
    const type = weirs.split(':')[0];
    out.push(`${start} ${type === 'v128' ? '?' : text(type, value.value)}`);
  }
}

for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
  const words = line.split(' ');
  if (words[0] === 'module') {
    out.push(line);
    startModule(line.slice('module '.length));
  } else if (words[0] === 'end') {
    out.push(line);
  } else if (module === undefined || line === '') {
    continue;
  } else if (words[0] === 'function') {
    out.push(line);
    currentFunction = Number(words[1]);
    startFunction(...line.match(/\([^)]*\)/g));
  } else if (!isSeen || instance === undefined) {
    continue;
  } else if (words[0] === 'call') {
    call(words);
  } else if (words[0] === 'host') {
    out.push(`host ${host.calls} ${host.hash.text()}`);
  } else if (words[0] !== 'cannot' && words[0] !== 'refused') {
    show(words[0], Number(words[1]), words[2]);
  }
}
process.stdout.write(out.join('\n') + '\n');
