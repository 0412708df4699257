#include "cli/entry.hpp"

#include "cli/value_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::cli {

namespace {

std::optional<wasm::FuncIdx> find_function(const wasm::Module& module, std::string_view name)
{
    const wasm::Export* const found = module.find_export(name);
    if (found == nullptr || found->kind != wasm::ExternKind::func) return std::nullopt;
    return wasm::FuncIdx{found->index};
}

std::string signature(const wasm::Module& module, wasm::FuncIdx function) { return wasm::to_string(module.func_type(function)); }

/// The exported functions, a line each.
std::string list_functions(const wasm::Module& module)
{
    std::string list;
    for (const wasm::Export& e : module.exports)
        if (e.kind == wasm::ExternKind::func)
            list += fmt::format("\n  {} {}", printable(e.name), signature(module, wasm::FuncIdx{e.index}));
    return list;
}

Problem not_exported(const RunOptions& options, const wasm::Module& module)
{
    const std::string& name = *options.invoke;
    std::string_view best;
    for (const wasm::Export& e : module.exports)
        if (e.kind == wasm::ExternKind::func && is_near(name, e.name) &&
            (best.empty() || edit_distance(name, e.name) < edit_distance(name, best)))
            best = e.name;
    const std::string list = list_functions(module);
    return {.error = fmt::format("'{}' exports no function {}", printable(options.file), printable(name)),
            .because = list.empty() ? "it exports none at all" : "it exports" + list,
            .hint = best.empty() ? std::string{} : fmt::format("did you mean {}?", printable(best))};
}

Result<Entry, Problem> find_invoked(const RunOptions& options, const wasm::Module& module)
{
    const auto function = find_function(module, *options.invoke);
    if (!function) return Unexpected{not_exported(options, module)};
    Entry entry{.initialize = find_function(module, "_initialize"), .function = *function, .values = {}};
    if (entry.initialize == entry.function || (entry.initialize && module.func_type(*entry.initialize) != wasm::FuncType{}))
        entry.initialize.reset();
    const wasm::FuncType& type = module.func_type(*function);
    const std::string is_of_type = fmt::format("{} is {}", printable(*options.invoke), signature(module, *function));
    if (options.args.size() != type.params.size())
        return Unexpected{Problem{.error = fmt::format("{} takes {} argument{}, not {}", printable(*options.invoke),
                                                       type.params.size(), type.params.size() == 1 ? "" : "s", options.args.size()),
                                  .because = is_of_type,
                                  .hint = {},
                                  .exit_code = exit_usage}};
    for (size_t i = 0; i < type.params.size(); ++i) {
        const auto value = parse_value(type.params[i], options.args[i]);
        if (!value)
            return Unexpected{Problem{
                .error = fmt::format("argument {}, '{}', is not {}", i + 1, printable(options.args[i]), value_form(type.params[i])),
                .because = is_of_type,
                .hint = {},
                .exit_code = exit_usage}};
        entry.values.push_back(*value);
    }
    entry.values.resize(std::max({size_t{1}, type.params.size(), type.results.size()}));
    return entry;
}

Result<Entry, Problem> find_start(const RunOptions& options, const wasm::Module& module)
{
    const auto start = find_function(module, "_start");
    if (start && module.func_type(*start) == wasm::FuncType{})
        return Entry{.initialize = {}, .function = *start, .values = std::vector<runtime::Value>(1)};
    if (start)
        return Unexpected{
            Problem{.error = fmt::format("'{}' cannot be started", printable(options.file)),
                    .because = "its function _start is not one without parameters and results: " + signature(module, *start),
                    .hint = {}}};
    const std::string list = list_functions(module);
    return Unexpected{Problem{.error = fmt::format("'{}' is not a command, there is nothing to start", printable(options.file)),
                              .because = module.exports.empty() ? "it exports nothing"
                                       : list.empty()           ? "it exports no function"
                                                                : "it exports no function _start, but these" + list,
                              .hint = list.empty()
                                        ? fmt::format("weir inspect {}  shows what it exports", printable(options.file))
                                        : fmt::format("weir run --invoke NAME {} ARGS...  calls one", printable(options.file))}};
}

}  // namespace

Result<Entry, Problem> find_entry(const RunOptions& options, const wasm::Module& module)
{
    return options.invoke ? find_invoked(options, module) : find_start(options, module);
}

std::string format_results(const Entry& entry, const wasm::Module& module, ResultForm form)
{
    std::string text;
    const auto& results = module.func_type(entry.function).results;
    const char separator = form == ResultForm::wasmer ? ' ' : '\n';
    for (size_t i = 0; i < results.size(); ++i)
        text += format_value(results[i], entry.values[i], form) + (i + 1 == results.size() ? '\n' : separator);
    return text;
}

}  // namespace weir::cli
