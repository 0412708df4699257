#pragma once

#include "base/result.hpp"
#include "runtime/extern.hpp"
#include "runtime/host_function.hpp"
#include "runtime/instance.hpp"
#include "runtime/store.hpp"
#include "wasm/module.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::runtime {

/// An import that nothing provides, or something of another type.
struct UnresolvedImport {
    std::string module, name;
    std::string wanted;   // its type
    std::string found;    // the type of what has this name; empty if nothing has
    std::string nearest;  // a provided name like it; empty if none is near
};
struct LinkError {
    std::vector<UnresolvedImport> imports;  // all of them
};

/// Finds what a module imports. Standard: Core 3.0, 4.5.3 "External Typing" and 3.3.13 (matching).
class Linker {
public:
    /// `data` arrives as HostFunctionContext::data. The table must outlive the linker.
    void add(const HostModule& module, void* data) { m_host_modules.push_back({&module, data}); }
    /// Host functions are linked as `adapter` says, from now on. It must outlive what is linked.
    void set_adapter(HostAdapter& adapter) { m_adapter = &adapter; }
    /// A later definition of a name hides an earlier one.
    void define(std::string module, std::string name, Extern value) { m_defined[{std::move(module), std::move(name)}] = value; }
    /// Defines all exports of an instance under a module name.
    void define_instance(const std::string& module, Instance& instance);

    /// The imports of a module in order, or everything that is missing.
    Result<std::vector<Extern>, LinkError> resolve(Store& store, const wasm::Module& module) const;

private:
    struct Provider {
        const HostModule* module;
        void* data;
    };
    [[nodiscard]] std::string nearest_name(const wasm::Import& import) const;
    [[nodiscard]] HostBinding bind(const Provider& provider, const HostFunction& function) const;
    std::vector<Provider> m_host_modules;
    HostAdapter* m_adapter = nullptr;
    std::map<std::pair<std::string, std::string>, Extern> m_defined;
};

}  // namespace weir::runtime
