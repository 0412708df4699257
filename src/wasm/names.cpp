#include "wasm/names.hpp"

#include "wasm/byte_reader.hpp"

namespace weir::wasm {

FunctionNames::FunctionNames(const Module& module)
{
    ByteReader r{module.name_section, 0};
    while (!r.at_end() && !r.failed()) {
        const uint8_t id = r.u8();
        ByteReader sub{r.bytes(r.u32()), 0};
        if (r.failed()) break;
        if (id == 0) {
            m_module_name = sub.name();
        } else if (id == 1) {
            const uint32_t count = sub.count(2, "");
            m_names.reserve(count);
            for (uint32_t i = 0; i < count && !sub.failed(); ++i) {
                const uint32_t function = sub.u32();
                const std::string_view name = sub.name();
                if (!sub.failed() && !name.empty()) m_names.emplace(function, name);
            }
        }
    }
    for (const Export& e : module.exports)
        if (e.kind == ExternKind::func && !e.name.empty()) m_names.emplace(e.index, e.name);
}

std::string_view FunctionNames::name_of(FuncIdx function) const
{
    const auto found = m_names.find(function.value);
    return found == m_names.end() ? std::string_view{} : found->second;
}

}  // namespace weir::wasm
