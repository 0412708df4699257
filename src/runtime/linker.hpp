#pragma once

#include "base/result.hpp"
#include "runtime/extern.hpp"
#include "runtime/instance.hpp"
#include "runtime/store.hpp"
#include "wasm/module.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::runtime {

/// What a wasm parameter of a host function stands for; for traces and documentation.
struct HostParameter {
    enum class Kind : uint8_t {
        value,
        pointer,  // to one `type` that the function reads or writes
        span,     // to `length` of `type`
        length,   // of the span before it
        result,   // to where a `type` is stored on success
    } kind;
    std::string_view type;  // in the world's own words: "fd", "clockid", "iovec"
};

/// A host function as its module's table has it.
struct HostFunction {
    std::string_view name;
    std::span<const wasm::ValType> params;
    std::span<const wasm::ValType> results;
    bool (*entry)(HostFunctionContext&, Value*) noexcept;
    std::string_view parameter_names;                // "fd iovs iovs_len nread", for traces and documentation
    std::span<const HostParameter> parameters = {};  // one for each of `params`, or empty where nothing is known
};

struct HostModule {
    std::string_view name;   // of the import module
    std::string_view world;  // that it belongs to, for messages
    std::span<const HostFunction> functions;
};

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
    std::vector<Provider> m_host_modules;
    std::map<std::pair<std::string, std::string>, Extern> m_defined;
};

}  // namespace weir::runtime
