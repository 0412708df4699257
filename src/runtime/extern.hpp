#pragma once

#include "runtime/contract.hpp"
#include "runtime/memory.hpp"
#include "runtime/table.hpp"
#include "wasm/types.hpp"

#include <variant>

namespace weir::runtime {

/// A global of the host's, or a view of one in an instance's context.
struct Global {
    wasm::GlobalType type;
    Value* cell = nullptr;
    Value own{};
};

struct Tag {
    wasm::TypeId type;
};

/// What is imported and exported; in the order of wasm::ExternType.
using Extern = std::variant<const Function*, Table*, Memory*, Global*, Tag*>;

}  // namespace weir::runtime
