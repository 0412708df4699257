/* Lua 5.4 runs a script: calls, tables, strings, closures, sorting, floating point, garbage. */
#include "../kernels/kernel.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

static const char script[] = "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
                             "local function queens(n)\n"
                             "  local rows, up, down, found = {}, {}, {}, 0\n"
                             "  local function place(c)\n"
                             "    if c > n then found = found + 1 return end\n"
                             "    for r = 1, n do\n"
                             "      if not rows[r] and not up[c + r] and not down[c - r + n] then\n"
                             "        rows[r], up[c + r], down[c - r + n] = true, true, true\n"
                             "        place(c + 1)\n"
                             "        rows[r], up[c + r], down[c - r + n] = nil, nil, nil\n"
                             "      end\n"
                             "    end\n"
                             "  end\n"
                             "  place(1) return found\n"
                             "end\n"
                             "local function words(n)\n"
                             "  local seen, list, s = {}, {}, 12345\n"
                             "  for i = 1, n do\n"
                             "    s = (s * 1103515245 + 12345) % 2147483648\n"
                             "    local w = string.format('w%x-%d', s % 5000, i % 7)\n"
                             "    if seen[w] then seen[w] = seen[w] + 1 else seen[w] = 1; list[#list + 1] = w end\n"
                             "  end\n"
                             "  table.sort(list, function(a, b) return a < b end)\n"
                             "  local text = table.concat(list, ',')\n"
                             "  local total = #text\n"
                             "  for w in text:gmatch('w([0-9a-f]+)%-3') do total = total + tonumber(w, 16) % 10 end\n"
                             "  return total + #text:gsub('w1', 'W%0'):upper()\n"
                             "end\n"
                             "local Body = {}\n"
                             "Body.__index = Body\n"
                             "function Body.new(x, v, m) return setmetatable({x = x, v = v, m = m}, Body) end\n"
                             "function Body:move(f, dt) self.v = self.v + f / self.m * dt; self.x = self.x + self.v * dt end\n"
                             "local function springs(n)\n"
                             "  local bodies = {}\n"
                             "  for i = 1, 40 do bodies[i] = Body.new(i, (i % 3 - 1) * 0.1, 1 + i % 4) end\n"
                             "  for _ = 1, n do\n"
                             "    for i = 2, 39 do\n"
                             "      local b = bodies[i]\n"
                             "      b:move(bodies[i - 1].x - 2 * b.x + bodies[i + 1].x, 0.01)\n"
                             "    end\n"
                             "  end\n"
                             "  local e = 0\n"
                             "  for _, b in ipairs(bodies) do e = e + b.m * b.v * b.v end\n"
                             "  return math.floor(e * 1e9)\n"
                             "end\n"
                             "return fib(22) + queens(7) + words(6000) + springs(600)\n";

static uint64_t kernel(uint32_t iterations)
{
    static const luaL_Reg libraries[] = {{LUA_GNAME, luaopen_base},
                                         {LUA_TABLIBNAME, luaopen_table},
                                         {LUA_STRLIBNAME, luaopen_string},
                                         {LUA_MATHLIBNAME, luaopen_math}};
    uint64_t sum = 0;
    for (uint32_t i = 0; i < iterations; ++i) {
        lua_State* const lua = luaL_newstate();
        if (lua == NULL) abort();
        for (size_t k = 0; k < sizeof libraries / sizeof *libraries; ++k) {
            luaL_requiref(lua, libraries[k].name, libraries[k].func, 1);
            lua_pop(lua, 1);
        }
        if (luaL_loadbuffer(lua, script, sizeof script - 1, "script") != LUA_OK) abort();
        lua_call(lua, 0, 1);
        sum = mix(sum, (uint64_t)lua_tointeger(lua, -1));
        lua_close(lua);
    }
    return sum;
}
