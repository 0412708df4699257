#include "serve/gunzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <optional>
#include <string>

namespace weir::serve {

namespace {

std::string gzip(std::string_view text)
{
    z_stream stream{};
    EXPECT_EQ(::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string packed(::deflateBound(&stream, text.size()), '\0');
    std::string copy{text};
    stream.next_in = reinterpret_cast<Bytef*>(copy.data());
    stream.avail_in = static_cast<uInt>(copy.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(packed.size() - stream.avail_out);
    ::deflateEnd(&stream);
    return packed;
}

struct Content {
    std::string bytes;
    std::optional<http::CutReason> cut;
};
/// All that comes, on a loop that ends with it.
Content read_all(http::EventLoop& loop, http::BodyReader reader)
{
    Content content;
    std::function<void()> go_on = [&] {
        while (!reader.readable().empty()) {
            content.bytes += reader.readable();
            reader.consume(reader.readable().size());
        }
        if (!reader.is_ready()) return reader.on_readable([&] { go_on(); });
        content.cut = reader.cut();
        loop.stop();
    };
    loop.post([&] { go_on(); });
    loop.run();
    return content;
}

}  // namespace

TEST(Gunzip, unpacks_what_comes_in_pieces)
{
    http::EventLoop loop;
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
    const std::string packed = gzip(text);
    auto pipe = http::make_body_pipe(loop, 1000);
    auto reader = gunzip(loop, std::move(pipe.reader));
    size_t at = 0;
    std::function<void()> feed = [&] {
        at += pipe.writer.write(std::string_view{packed}.substr(at, 333));
        if (at == packed.size()) pipe.writer.finish();
        else pipe.writer.on_writable([&] { feed(); });
    };
    loop.post([&] { feed(); });
    const Content content = read_all(loop, std::move(reader));
    EXPECT_TRUE(content.bytes == text);
    EXPECT_FALSE(content.cut);
}

TEST(Gunzip, several_members_are_one_content)
{
    http::EventLoop loop;
    const Content content = read_all(loop, gunzip(loop, http::BodyReader{gzip("one,") + gzip("two")}));
    EXPECT_EQ(content.bytes, "one,two");
    EXPECT_FALSE(content.cut);
}

TEST(Gunzip, damaged_and_short_content_is_cut)
{
    std::string damaged = gzip("some text that is long enough");
    damaged[12] = static_cast<char>(damaged[12] ^ 0x55);
    const std::string packed = gzip("some text");
    for (const std::string& wrong : {damaged, std::string{"not gzip at all"}, packed.substr(0, packed.size() - 1), packed + "x"}) {
        http::EventLoop loop;
        EXPECT_EQ(read_all(loop, gunzip(loop, http::BodyReader{wrong})).cut, http::CutReason::malformed);
    }
}

TEST(Gunzip, cut_passes_as_it_is)
{
    http::EventLoop loop;
    auto pipe = http::make_body_pipe(loop);
    pipe.writer.write(gzip("some text").substr(0, 12));
    pipe.writer.cut(http::CutReason::timed_out);
    EXPECT_EQ(read_all(loop, gunzip(loop, std::move(pipe.reader))).cut, http::CutReason::timed_out);
}

}  // namespace weir::serve
