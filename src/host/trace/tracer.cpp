#include "host/trace/tracer.hpp"

#include "runtime/instance.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

namespace weir::trace {

namespace {

uint64_t now_ns() noexcept
{
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(t.tv_nsec);
}

host::GuestMemory memory_of(const runtime::HostFunctionContext& call) noexcept
{
    return host::GuestMemory{call.instance == nullptr ? nullptr : call.instance->default_memory()};
}

}  // namespace

std::string find_unknown(std::span<const std::string> only, std::span<const runtime::HostModule> modules)
{
    const auto is_known = [&](const std::string& name) {
        return std::ranges::any_of(modules, [&](const runtime::HostModule& module) {
            return module.group == name ||
                   std::ranges::find(module.functions, name, &runtime::HostFunction::name) != module.functions.end();
        });
    };
    const auto unknown = std::ranges::find_if_not(only, is_known);
    return unknown == only.end() ? std::string{} : *unknown;
}

std::vector<std::string_view> groups_of(std::span<const runtime::HostModule> modules)
{
    std::vector<std::string_view> groups;
    for (const runtime::HostModule& module : modules)
        if (!module.group.empty() && std::ranges::find(groups, module.group) == groups.end()) groups.push_back(module.group);
    return groups;
}

bool Tracer::wants(const runtime::HostModule& module, const runtime::HostFunction& function) const
{
    const auto is = [&](const std::string& name) { return name == module.group || name == function.name; };
    return m_options.only.empty() || std::ranges::any_of(m_options.only, is);
}

runtime::HostBinding Tracer::adapt(const runtime::HostModule& module, const runtime::HostFunction& function,
                                   runtime::HostBinding plain)
{
    if (!wants(module, function)) return plain;
    // A module may import a function more than once, as Go's do.
    for (Traced& traced : m_traced)
        if (traced.plain.entry == plain.entry && traced.plain.data == plain.data && traced.count.module == module.name &&
            traced.count.function == function.name)
            return {&entry, &traced};
    m_traced.push_back({this, plain, Decoder{module.name, function}, {.module = module.name, .function = function.name}});
    return {&entry, &m_traced.back()};
}

bool Tracer::entry(runtime::HostFunctionContext& call, runtime::Value* values) noexcept
{
    auto& traced = *static_cast<Traced*>(call.data);
    const Tracer& tracer = *traced.tracer;
    // A copy: the function may call the guest, which may come here again.
    runtime::HostFunctionContext plain_call = call;
    plain_call.data = traced.plain.data;

    const bool is_shown = tracer.m_options.calls != Options::Calls::none;
    const host::GuestMemory memory = memory_of(call);
    ShownCall shown;
    std::vector<runtime::Value> arguments;  // results take the place of the values
    if (is_shown) {
        shown = traced.decoder.before(memory, values);
        arguments.assign(values, values + traced.decoder.parameter_count());
    }
    const uint64_t start_ns = now_ns();
    const bool has_returned = traced.plain.entry(plain_call, values);
    const uint64_t duration_ns = now_ns() - start_ns;

    ++traced.count.calls;
    traced.count.total_ns += duration_ns;
    if (has_returned && traced.decoder.is_error(values)) ++traced.count.errors;
    if (is_shown) {
        traced.decoder.after(shown, memory, arguments.data(), values, has_returned);
        const bool is_json = tracer.m_options.calls == Options::Calls::json;
        tracer.write((is_json ? to_json(shown, duration_ns) : to_line(shown, duration_ns, tracer.m_options.colours)) + "\n");
    }
    return has_returned;
}

void Tracer::finish() const
{
    if (!m_options.has_summary) return;
    std::vector<Count> counts;
    counts.reserve(m_traced.size());
    for (const Traced& traced : m_traced) counts.push_back(traced.count);
    write(m_options.calls == Options::Calls::json ? to_json_lines(counts) : to_table(std::move(counts)));
}

void Tracer::write(std::string_view rest) const
{
    while (!rest.empty()) {
        const ssize_t n = ::write(m_output, rest.data(), rest.size());
        if (n < 0 && errno != EINTR) return;
        if (n > 0) rest.remove_prefix(static_cast<size_t>(n));
    }
}

}  // namespace weir::trace
