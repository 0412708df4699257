#include "runtime/linker.hpp"

#include "wasm/type_registry.hpp"

#include <algorithm>
#include <optional>

namespace weir::runtime {

namespace {

bool limits_match(const wasm::Limits& have, const wasm::Limits& want)
{
    return have.min >= want.min && (!want.max || (have.max && *have.max <= *want.max));
}

std::string describe(const wasm::Limits& l)
{
    return std::to_string(l.min) + (l.max ? ".." + std::to_string(*l.max) : std::string{});
}

/// Import matching, Core 3.0, 3.3.13.
class Matcher {
public:
    explicit Matcher(const wasm::TypeRegistry& types) : m_types(types) {}

    bool matches(const Extern& have, const wasm::ExternType& want) const
    {
        if (have.index() != want.index()) return false;
        switch (static_cast<wasm::ExternKind>(have.index())) {
        case wasm::ExternKind::func: {
            const auto& w = std::get<wasm::FuncExtern>(want);
            const wasm::TypeId type = std::get<const Function*>(have)->type;
            return w.exactness == wasm::Exactness::exact ? type == w.type : m_types.is_subtype(type, w.type);
        }
        case wasm::ExternKind::table: {
            const auto w = std::get<wasm::TableType>(want), h = std::get<Table*>(have)->type();
            return h.element == w.element && h.address == w.address && limits_match(h.limits, w.limits);
        }
        case wasm::ExternKind::memory: {
            const auto w = std::get<wasm::MemoryType>(want), h = std::get<Memory*>(have)->type();
            return h.address == w.address && h.is_shared == w.is_shared && h.page_size_log2 == w.page_size_log2 &&
                   limits_match(h.limits, w.limits);
        }
        case wasm::ExternKind::global: {
            const auto w = std::get<wasm::GlobalType>(want), h = std::get<Global*>(have)->type;
            if (h.mutability != w.mutability) return false;
            return w.mutability == wasm::Mutability::var ? h.type == w.type : m_types.is_subtype(h.type, w.type);
        }
        case wasm::ExternKind::tag: return std::get<Tag*>(have)->type == std::get<wasm::TagExtern>(want).type;
        }
        return false;
    }

    std::string describe_wanted(const wasm::ExternType& t) const
    {
        if (const auto* const f = std::get_if<wasm::FuncExtern>(&t)) return "function " + to_string(m_types.at(f->type).func);
        if (const auto* const x = std::get_if<wasm::TableType>(&t))
            return "table " + describe(x->limits) + " " + to_string(x->element);
        if (const auto* const x = std::get_if<wasm::MemoryType>(&t))
            return "memory " + describe(x->limits) + (x->is_shared ? " shared" : "");
        if (const auto* const x = std::get_if<wasm::GlobalType>(&t))
            return std::string{"global "} + (x->mutability == wasm::Mutability::var ? "mut " : "") + to_string(x->type);
        return "tag " + to_string(m_types.at(std::get<wasm::TagExtern>(t).type).func);
    }

    std::string describe_found(const Extern& e) const
    {
        if (const auto* const f = std::get_if<const Function*>(&e)) return describe_wanted(wasm::FuncExtern{(*f)->type});
        if (const auto* const t = std::get_if<Table*>(&e)) return describe_wanted((*t)->type());
        if (const auto* const m = std::get_if<Memory*>(&e)) return describe_wanted((*m)->type());
        if (const auto* const g = std::get_if<Global*>(&e)) return describe_wanted((*g)->type);
        return describe_wanted(wasm::TagExtern{std::get<Tag*>(e)->type});
    }

private:
    const wasm::TypeRegistry& m_types;
};

bool has_type(const HostFunction& f, const wasm::FuncType& type)
{
    return std::ranges::equal(f.params, type.params) && std::ranges::equal(f.results, type.results);
}

size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1] ? 1U : 0U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

void Linker::define_instance(const std::string& module, Instance& instance)
{
    for (const wasm::Export& e : instance.module().exports) define(module, std::string{e.name}, instance.export_at(e));
}

std::string Linker::nearest_name(const wasm::Import& import) const
{
    constexpr size_t max_name_bytes = 64;  // longer ones are no misspelling of anything here
    if (import.name.size() > max_name_bytes) return {};
    std::string best;
    size_t best_distance = std::max<size_t>(2, import.name.size() / 3) + 1;
    const auto consider = [&](std::string_view module, std::string_view name) {
        if (module == import.module && name == import.name) return;
        const size_t distance = edit_distance(import.name, name) + (module == import.module ? 0 : 1);
        if (distance >= best_distance) return;
        best_distance = distance;
        best = module == import.module ? std::string{name} : std::string{module} + "." + std::string{name};
    };
    for (const Provider& p : m_host_modules)
        for (const HostFunction& f : p.module->functions) consider(p.module->name, f.name);
    for (const auto& [key, value] : m_defined) consider(key.first, key.second);
    return best;
}

HostBinding Linker::bind(const Provider& provider, const HostFunction& function) const
{
    const HostBinding plain{function.entry, provider.data};
    return m_adapter == nullptr ? plain : m_adapter->adapt(*provider.module, function, plain);
}

Result<std::vector<Extern>, LinkError> Linker::resolve(Store& store, const wasm::Module& module) const
{
    const Matcher matcher{*module.registry};
    std::vector<Extern> resolved;
    resolved.reserve(module.imports.size());
    LinkError error;
    for (const wasm::Import& import : module.imports) {
        std::string found_type;
        std::optional<Extern> found;
        if (const auto it = m_defined.find({std::string{import.module}, std::string{import.name}}); it != m_defined.end()) {
            if (matcher.matches(it->second, import.type)) found = it->second;
            else found_type = matcher.describe_found(it->second);
        }
        const auto* const function = std::get_if<wasm::FuncExtern>(&import.type);
        for (size_t i = 0; i < m_host_modules.size() && !found; ++i) {
            const Provider& p = m_host_modules[i];
            if (p.module->name != import.module) continue;
            for (const HostFunction& f : p.module->functions) {
                if (f.name != import.name) continue;
                const wasm::SubType* const wanted = function == nullptr ? nullptr : &module.sub_type(function->type);
                if (wanted != nullptr && has_type(f, wanted->func)) {
                    const HostBinding binding = bind(p, f);
                    if (const Function* const made = store.create_host_function(function->type, binding.entry, binding.data))
                        found = made;
                    break;
                }
                const wasm::FuncType type{{f.params.begin(), f.params.end()}, {f.results.begin(), f.results.end()}};
                found_type += (found_type.empty() ? "function " : " or ") + to_string(type);
            }
        }
        if (found) resolved.push_back(*found);
        else
            error.imports.push_back({std::string{import.module}, std::string{import.name}, matcher.describe_wanted(import.type),
                                     found_type, nearest_name(import)});
    }
    if (!error.imports.empty()) return Unexpected{std::move(error)};
    return resolved;
}

}  // namespace weir::runtime
