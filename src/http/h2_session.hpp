#pragma once

#include "http/headers.hpp"

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What both ends of HTTP/2 need of nghttp2.

namespace weir::http {

template <auto free_function>
struct H2Delete {
    void operator()(auto* object) const noexcept { free_function(object); }
};
using H2Session = std::unique_ptr<nghttp2_session, H2Delete<nghttp2_session_del>>;
using H2Callbacks = std::unique_ptr<nghttp2_session_callbacks, H2Delete<nghttp2_session_callbacks_del>>;
using H2Option = std::unique_ptr<nghttp2_option, H2Delete<nghttp2_option_del>>;

inline H2Callbacks make_h2_callbacks()
{
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    return H2Callbacks{callbacks};
}
inline H2Option make_h2_option()
{
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    return H2Option{option};
}

inline std::string_view h2_text(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

/// A head as nghttp2 takes it: pseudo-header fields first, names in lower case. Nothing may be added after the first view() was taken.
class H2Fields {
public:
    void add(std::string_view name, std::string_view value) { m_fields.append(to_lower(name), value); }
    void add_all(const Headers& headers)
    {
        for (const auto& [name, value] : headers) add(name, value);
    }
    [[nodiscard]] const std::vector<nghttp2_nv>& view()
    {
        m_view.clear();
        for (const auto& [name, value] : m_fields)
            m_view.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
        return m_view;
    }

private:
    // nghttp2 copies and does not write.
    static uint8_t* bytes(std::string_view text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); }

    Headers m_fields;
    std::vector<nghttp2_nv> m_view;
};

}  // namespace weir::http
