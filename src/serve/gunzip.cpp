#include "serve/gunzip.hpp"

#include <zlib.h>

#include <array>
#include <memory>
#include <string_view>

namespace weir::serve {

namespace {

class Gunzip : public std::enable_shared_from_this<Gunzip> {
public:
    Gunzip(http::BodyReader from, http::BodyWriter to) : m_from(std::move(from)), m_to(std::move(to))
    {
        constexpr int window_bits = 15, gzip_only = 16;
        m_is_valid = ::inflateInit2(&m_stream, window_bits + gzip_only) == Z_OK;
    }
    ~Gunzip() { ::inflateEnd(&m_stream); }
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;

    void go_on()
    {
        for (;;) {
            if (m_to.is_reader_gone()) return;
            if (!m_is_valid) return m_to.cut(http::CutReason::malformed);
            if (m_to.room() == 0) return m_to.on_writable(again());
            if (!m_may_have_more && m_from.readable().empty()) {
                if (const auto cut = m_from.cut()) return m_to.cut(*cut);
                if (!m_from.is_complete()) return m_from.on_readable(again());
                if (!m_is_between_members) return m_to.cut(http::CutReason::malformed);
                return m_to.finish(m_from.trailers());
            }
            step();
        }
    }

private:
    [[nodiscard]] http::Task again()
    {
        return [self = shared_from_this()] { self->go_on(); };
    }

    /// Unpacks as much as there is room for, from what is there.
    void step()
    {
        if (m_is_between_members && !m_from.readable().empty()) {
            m_is_valid = ::inflateReset(&m_stream) == Z_OK;
            m_is_between_members = false;
        }
        const std::string_view packed = m_from.readable();
        const size_t room = std::min(m_to.room(), m_plain.size());
        // zlib does not write to its input.
        m_stream.next_in =
            reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        m_stream.avail_in = static_cast<uInt>(packed.size());
        m_stream.next_out = reinterpret_cast<Bytef*>(m_plain.data());
        m_stream.avail_out = static_cast<uInt>(room);
        const int status = ::inflate(&m_stream, Z_NO_FLUSH);
        m_from.consume(packed.size() - m_stream.avail_in);
        m_to.write({m_plain.data(), room - m_stream.avail_out});
        m_may_have_more = m_stream.avail_out == 0 && status == Z_OK;
        if (status == Z_STREAM_END) m_is_between_members = true;
        else if (status != Z_OK && status != Z_BUF_ERROR) m_is_valid = false;
    }

    http::BodyReader m_from;
    http::BodyWriter m_to;
    z_stream m_stream{};
    std::array<char, size_t{16} * 1024> m_plain{};
    bool m_is_valid = true, m_is_between_members = false, m_may_have_more = false;
};

}  // namespace

http::BodyReader gunzip(http::EventLoop& loop, http::BodyReader packed)
{
    auto pipe = http::make_body_pipe(loop);
    std::make_shared<Gunzip>(std::move(packed), std::move(pipe.writer))->go_on();
    return std::move(pipe.reader);
}

}  // namespace weir::serve
