#pragma once

#include "host/guest.hpp"
#include "runtime/host_function.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// A call of a host function as people are to see it: what its arguments and results mean. Everything comes from the function's row in its
// module's table, so any host module can be traced.

namespace weir::trace {

/// A value, ready to be written in one form or another.
struct Shown {
    enum class Kind : uint8_t {
        number,
        signed_number,
        word,         // of an enumeration
        words,        // of a set: `items` are all names there are, their number 1 when in the set; `number` is what has no name
        text,         // a guest's path or the like
        data,         // a guest's, the first bytes of `number`
        address,      // that is not looked behind
        bad_address,  // `number` bytes at `address` are not all in memory
        record,       // `items`
        list,         // the first `items` of `number`
    } kind = Kind::number;
    std::string name = {};  // of the parameter or field; of an item of a set the item's
    uint64_t number = 0;
    uint64_t address = 0;
    std::string text = {};  // safe to print: escaped, and bounded
    uint32_t buffers = 1;   // that the data is in
    std::vector<Shown> items = {};
};

/// What is shown of a guest's data, and of a path, in bytes; of a list, in elements. The rest is counted.
inline constexpr size_t shown_data_bytes = 32, shown_text_bytes = 200, shown_elements = 8;

/// A call: arguments, then what it answered.
struct ShownCall {
    std::string_view module, function;
    std::vector<Shown> arguments;  // lengths and result pointers are left out: they are part of what they belong to
    std::string status;            // the status' name, "success" for 0; empty when there is none
    bool is_error = false;         // the status is not 0
    bool has_returned = true;      // false when the function ended or stopped the guest
    std::vector<Shown> results;    // of a call that succeeded
};

/// Decodes one function's calls. Immutable; the row must outlive it.
class Decoder {
public:
    Decoder(std::string_view module, const runtime::HostFunction& function);

    /// Before the call: what the function is given, read out of guest memory once. `values` are the arguments.
    [[nodiscard]] ShownCall before(const host::GuestMemory& memory, const runtime::Value* values) const;
    /// After it: what it stored. `arguments` are a copy of the values before the call, `values` what the function left.
    void after(ShownCall& call, const host::GuestMemory& memory, const runtime::Value* arguments, const runtime::Value* values,
               bool has_returned) const;
    [[nodiscard]] size_t parameter_count() const { return m_function.params.size(); }
    /// Whether the status that a function left is a failure.
    [[nodiscard]] bool is_error(const runtime::Value* values) const { return m_function.status != nullptr && values[0].i32 != 0; }

private:
    struct Name {
        std::string_view text;
        bool is_output = false;
        size_t count = none;  // index of the parameter that says how much there is
    };
    static constexpr size_t none = ~size_t{0};

    [[nodiscard]] Shown argument(const host::GuestMemory& memory, const runtime::Value* arguments, size_t i, uint64_t limit) const;
    /// What the parameter named in brackets says, once it is known.
    [[nodiscard]] uint64_t count_for(const host::GuestMemory& memory, const runtime::Value* arguments, size_t i) const;

    std::string_view m_module;
    const runtime::HostFunction& m_function;
    std::vector<Name> m_names;  // one for each parameter
};

}  // namespace weir::trace
