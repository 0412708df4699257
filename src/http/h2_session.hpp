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

/// What nghttp2 tells both ends, as calls of private members of the session's user data, an End: its friend.
template <class End>
struct H2Events {
    static End& self(void* user) { return *static_cast<End*>(user); }
    static H2Callbacks callbacks()
    {
        H2Callbacks made = make_h2_callbacks();
        nghttp2_session_callbacks* c = made.get();
        nghttp2_session_callbacks_set_on_header_callback(
            c, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size, const uint8_t* value,
                  size_t value_size, uint8_t,
                  void* user) { return self(user).add_field(*frame, h2_text(name, name_size), h2_text(value, value_size)); });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            c, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return self(user).frame_received(*frame); });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            c, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* user) {
                return self(user).data_received(stream, h2_text(data, size));
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            c, [](nghttp2_session*, int32_t stream, uint32_t code, void* user) { return self(user).stream_closed(stream, code); });
        nghttp2_session_callbacks_set_on_frame_send_callback(
            c, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return self(user).frame_sent(*frame); });
        return made;
    }
};

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
