#include "wasm/names.hpp"

#include "wasm/byte_reader.hpp"

#include <algorithm>

namespace weir::wasm {

namespace {

/// Calls `see(id, reader)` for each subsection of the name section that is there in full.
template <class See>
void for_each_subsection(const Module& module, See&& see)
{
    ByteReader r{module.name_section, 0};
    while (!r.at_end() && !r.failed()) {
        const uint8_t id = r.u8();
        ByteReader content{r.bytes(r.u32()), 0};
        if (!r.failed()) see(id, content);
    }
}

/// Calls `see(index, name)` for each entry of a name map, up to where it is damaged.
template <class See>
void for_each_name(ByteReader& r, See&& see)
{
    const uint32_t count = r.count(2, "");
    for (uint32_t i = 0; i < count && !r.failed(); ++i) {
        const uint32_t index = r.u32();
        const std::string_view name = r.name();
        if (!r.failed()) see(index, name);
    }
}

}  // namespace

FunctionNames::FunctionNames(const Module& module)
{
    for_each_subsection(module, [&](uint8_t id, ByteReader& r) {
        if (id == 0) {
            m_module_name = r.name();
        } else if (id == 1) {
            for_each_name(r, [&](uint32_t function, std::string_view name) {
                if (!name.empty()) m_names.emplace_back(function, name);
            });
        }
    });
    for (const Export& e : module.exports)
        if (e.kind == ExternKind::func && !e.name.empty()) m_exports.emplace_back(e.index, e.name);
    const auto by_function_and_place = [](const auto& a, const auto& b) {
        return std::pair{a.first, a.second.data()} < std::pair{b.first, b.second.data()};
    };
    std::sort(m_names.begin(), m_names.end(), by_function_and_place);
    std::sort(m_exports.begin(), m_exports.end(), by_function_and_place);
}

std::string_view FunctionNames::name_of(FuncIdx function) const
{
    for (const Entries* const entries : {&m_names, &m_exports}) {
        const auto found = std::lower_bound(entries->begin(), entries->end(), function.value,
                                            [](const auto& entry, uint32_t f) { return entry.first < f; });
        if (found != entries->end() && found->first == function.value) return found->second;
    }
    return {};
}

std::vector<LocalName> local_names_of(const Module& module, FuncIdx function)
{
    std::vector<LocalName> names;
    for_each_subsection(module, [&](uint8_t id, ByteReader& r) {
        if (id != 2) return;
        const uint32_t count = r.count(2, "");
        for (uint32_t i = 0; i < count && !r.failed(); ++i) {
            const bool is_wanted = r.u32() == function.value;
            for_each_name(r, [&](uint32_t local, std::string_view name) {
                if (is_wanted) names.push_back({LocalIdx{local}, name});
            });
        }
    });
    return names;
}

}  // namespace weir::wasm
