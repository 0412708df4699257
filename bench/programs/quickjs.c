/* QuickJS runs a script: objects, closures, arrays, Map, strings, regular expressions, JSON, typed arrays, garbage. */
#include "../kernels/kernel.h"

#include <quickjs.h>
#include <string.h>

static const char script[] =
    "class Shape { constructor(w, h) { this.w = w; this.h = h; } area() { return this.w * this.h; } }\n"
    "class Square extends Shape { constructor(w) { super(w, w); } area() { return super.area() + 1; } }\n"
    "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\n"
    "function shapes(n) {\n"
    "  const all = [];\n"
    "  for (let i = 0; i < n; i++) all.push(i % 3 ? new Square(i % 100) : new Shape(i % 50, i % 7));\n"
    "  return all.filter(s => s.w > 10).map(s => s.area()).reduce((a, b) => a + b, 0);\n"
    "}\n"
    "function words(n) {\n"
    "  let s = 12345; const seen = new Map();\n"
    "  for (let i = 0; i < n; i++) {\n"
    "    s = (Math.imul(s, 1103515245) + 12345) >>> 1;\n"
    "    const w = `w${(s % 3000).toString(16)}-${i % 7}`;\n"
    "    seen.set(w, (seen.get(w) ?? 0) + 1);\n"
    "  }\n"
    "  const text = [...seen.keys()].sort().join(',');\n"
    "  let total = text.length;\n"
    "  for (const m of text.matchAll(/w([0-9a-f]+)-3/g)) total += parseInt(m[1], 16) % 10;\n"
    "  return total + text.replace(/(\\d)w/g, '$1_w').split('_').length;\n"
    "}\n"
    "function sieve(n) {\n"
    "  const composite = new Uint8Array(n + 1); let count = 0;\n"
    "  for (let i = 2; i <= n; i++) { if (composite[i]) continue; count++; for (let k = i * i; k <= n; k += i) composite[k] = 1; "
    "}\n"
    "  return count;\n"
    "}\n"
    "function json(n) {\n"
    "  const list = [];\n"
    "  for (let i = 0; i < n; i++) list.push({ id: i, name: 'item ' + i, tags: ['a', 'b', i % 5], at: { x: i / 3, y: -i } });\n"
    "  const text = JSON.stringify(list), again = JSON.parse(text);\n"
    "  return text.length + again.reduce((sum, e) => sum + e.at.y + e.tags[2], 0);\n"
    "}\n"
    "fib(19) + shapes(3000) + words(2000) + sieve(30000) + json(500)\n";

static uint64_t kernel(uint32_t iterations)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < iterations; ++i) {
        JSRuntime* const runtime = JS_NewRuntime();
        JSContext* const context = JS_NewContext(runtime);
        const JSValue answer = JS_Eval(context, script, sizeof script - 1, "script", JS_EVAL_TYPE_GLOBAL);
        int64_t number = 0;
        if (JS_IsException(answer) || JS_ToInt64(context, &number, answer) != 0) abort();
        sum = mix(sum, (uint64_t)number);
        JS_FreeValue(context, answer);
        JS_FreeContext(context);
        JS_FreeRuntime(runtime);
    }
    return sum;
}
