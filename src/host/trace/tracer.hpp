#pragma once

#include "host/trace/decode.hpp"
#include "host/trace/write.hpp"
#include "runtime/host_function.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Tracing wraps host functions when they are linked: a function that is not traced costs nothing.

namespace weir::trace {

struct Options {
    enum class Calls : uint8_t { none, lines, json };
    Calls calls = Calls::lines;          // whether each call is written, and how
    Colours colours = Colours::none;     // of lines
    bool has_summary = false;            // at the end; as JSON where calls are
    std::vector<std::string> only = {};  // groups of functions and single ones; empty: all
};

/// The first name in `only` that is neither a group nor a function of these modules; empty if there is none.
[[nodiscard]] std::string find_unknown(std::span<const std::string> only, std::span<const runtime::HostModule> modules);
/// The groups that there are, in order of appearance, for messages.
[[nodiscard]] std::vector<std::string_view> groups_of(std::span<const runtime::HostModule> modules);

/// Writes what one guest asks of the host. Used by one thread at a time, as the guest's store is; outlives what is linked with it.
/// A call is written when it is over, in one write, so that traces of several guests mix by lines.
class Tracer final : public runtime::HostAdapter {
public:
    /// Writes to `output`, which stays open while this lives. What cannot be written is lost; the guest goes on.
    Tracer(Options options, int output) : m_options(std::move(options)), m_output(output) {}

    runtime::HostBinding adapt(const runtime::HostModule& module, const runtime::HostFunction& function,
                               runtime::HostBinding plain) override;
    /// Writes the summary, if one is wanted. Once the guest has ended, however it did.
    void finish() const;

private:
    struct Traced {
        const Tracer* tracer;
        runtime::HostBinding plain;
        Decoder decoder;
        Count count;
    };
    static bool entry(runtime::HostFunctionContext& call, runtime::Value* values) noexcept;
    [[nodiscard]] bool wants(const runtime::HostModule& module, const runtime::HostFunction& function) const;
    void write(std::string_view text) const;

    Options m_options;
    int m_output;
    std::deque<Traced> m_traced;  // linked functions point to these
};

}  // namespace weir::trace
