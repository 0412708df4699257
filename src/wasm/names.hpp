#pragma once

#include "wasm/module.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace weir::wasm {

/// Function names of the name section, for messages and backtraces. Parsed when made; damage ends the parsing, never an error.
/// Names are a guest's: valid UTF-8, but see printable() before they go to a terminal. They live as long as the module.
/// Standard: Core 3.0, appendix "Name Section".
class FunctionNames {
public:
    explicit FunctionNames(const Module& module);

    /// The name in the name section, else the first name it is exported by, else empty.
    [[nodiscard]] std::string_view name_of(FuncIdx function) const;
    /// The module's own name, or empty.
    [[nodiscard]] std::string_view module_name() const { return m_module_name; }

private:
    using Entries = std::vector<std::pair<uint32_t, std::string_view>>;  // by function, of one function's in the file's order
    Entries m_names;
    Entries m_exports;
    std::string_view m_module_name;
};

struct LocalName {
    LocalIdx local;
    std::string_view name;
};

/// The names of a function's parameters and locals, as far as the name section has them. Reads the section anew each time.
[[nodiscard]] std::vector<LocalName> local_names_of(const Module& module, FuncIdx function);

}  // namespace weir::wasm
