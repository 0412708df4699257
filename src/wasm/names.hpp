#pragma once

#include "wasm/module.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::wasm {

/// Function names of the name section, for messages and backtraces. Parsed when made; damage ends the parsing, never an error.
/// Standard: Core 3.0, appendix "Name Section".
class FunctionNames {
public:
    explicit FunctionNames(const Module& module);

    /// The name in the name section, else the first name it is exported by, else empty.
    [[nodiscard]] std::string_view name_of(FuncIdx function) const;
    /// The module's own name, or empty.
    [[nodiscard]] std::string_view module_name() const { return m_module_name; }

private:
    std::unordered_map<uint32_t, std::string_view> m_names;
    std::string_view m_module_name;
};

}  // namespace weir::wasm
