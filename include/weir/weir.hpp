#pragma once

// weir: a WebAssembly runtime to embed. docs/embedding.md shows how these fit together.
//
//   Engine ─► Module ─► Linker::prepare ─► Prepared::instantiate ─► Instance ─► Function, Task, Memory, Table, Global
//
// Store is for instances that are linked with each other.

#include <weir/engine.hpp>
#include <weir/error.hpp>
#include <weir/expected.hpp>
#include <weir/instance.hpp>
#include <weir/linker.hpp>
#include <weir/memory.hpp>
#include <weir/store.hpp>
#include <weir/task.hpp>
#include <weir/value.hpp>
