;; What modules may import; host.cpp and oracle.mjs provide it.
(module
  (import "host" "integers" (func (param i32 i64) (result i32)))
  (import "host" "floats" (func (param f64 f32) (result f64)))
  (import "host" "many" (func (param i32 i32 i32 i32 i32 i32 i32) (result i64 f32)))
  (import "host" "nothing" (func))
  (import "host" "memory" (memory 1 4))
  (import "host" "table" (table 10 20 funcref))
  (import "host" "counter" (global (mut i32)))
  (import "host" "constant" (global f64)))
