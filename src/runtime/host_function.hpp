#pragma once

#include "runtime/contract.hpp"
#include "wasm/types.hpp"

#include <cstdint>
#include <span>
#include <string_view>

// What the table of a host module says about each function: enough to link it, and enough to show a call of it to people.

namespace weir::runtime {

struct HostType;

/// A member of a record in guest memory. Its name is its word in HostType::words.
struct HostField {
    uint16_t offset_bytes;
    const HostType* type;
    int16_t when = -1;  // there only when the record's tag has this value; -1: always
};

/// A type of a host interface, as people want to see its values. Names are in one text, separated by spaces, so that the tables, which
/// most runs never read, hold few pointers.
struct HostType {
    enum class Form : uint8_t {
        number,
        signed_number,
        character,    // of a text, such as a path
        byte,         // of data
        enumeration,  // `words` by value
        flags,        // `words` by bit
        buffer,       // a guest's address and length of data, 32 bits each
        record,       // `words` by field
    };
    std::string_view name;  // in the world's own words: "fd", "clockid", "iovec"
    uint16_t size_bytes;
    Form form = Form::number;
    std::string_view words = {};
    std::span<const HostField> fields = {};
    uint16_t tag_offset_bytes = 0;  // of a record whose fields depend on a byte in it
};

/// What a wasm parameter of a host function stands for.
struct HostParameter {
    enum class Kind : uint8_t {
        value,
        pointer,  // to `type` that the function reads or writes
        span,     // to `length` of `type`
        length,   // of the span before it
        result,   // to where a `type` is stored on success
    } kind;
    const HostType* type;
};

/// A host function as its module's table has it.
struct HostFunction {
    std::string_view name;
    std::span<const wasm::ValType> params;
    std::span<const wasm::ValType> results;
    bool (*entry)(HostFunctionContext&, Value*) noexcept;
    /// The parameters' names, separated by spaces: "fd >iovs[nread] iovs_len nread". What the function fills begins with '>'. In brackets the
    /// parameter that says how much of it there is: elements of what a pointer leads to, elements or bytes in buffers that were filled.
    std::string_view parameter_names;
    std::span<const HostParameter> parameters = {};  // one for each of `params`, or empty where nothing is known
    const HostType* status = nullptr;                // of the result, 0 for success; null where the result is something else
};

/// A part of an import module: one table of functions. A module may have several.
struct HostModule {
    std::string_view name;   // of the import module
    std::string_view world;  // that it belongs to, for messages
    std::span<const HostFunction> functions;
    std::string_view group = {};  // what these functions are about, for filters of traces: "fs", "clock"
};

/// What a call of a host function runs, with what it gets as HostFunctionContext::data.
struct HostBinding {
    bool (*entry)(HostFunctionContext&, Value*) noexcept;
    void* data;
};

/// Asked for each host function that is linked: may answer another binding, which does more than the one it is given.
class HostAdapter {
public:
    virtual HostBinding adapt(const HostModule& module, const HostFunction& function, HostBinding binding) = 0;

protected:
    ~HostAdapter() = default;
};

}  // namespace weir::runtime
