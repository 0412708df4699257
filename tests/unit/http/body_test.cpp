#include "http/body.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

/// Runs what is deferred, and what that defers, until nothing is left.
class BodyPipeTest : public testing::Test {
protected:
    void settle()
    {
        for (int i = 0; i < 4; ++i) {
            loop.defer([this] { loop.stop(); });
            loop.run();
        }
    }
    EventLoop loop;
};

TEST_F(BodyPipeTest, held_bytes_are_a_complete_body)
{
    BodyReader body{"hello", {{"t", "1"}}};
    EXPECT_EQ(body.known_length(), 5U);
    EXPECT_TRUE(body.is_ready());
    EXPECT_FALSE(body.is_complete());
    EXPECT_TRUE(body.trailers().is_empty());
    body.consume(2);
    EXPECT_EQ(body.readable(), "llo");
    BodyReader moved = std::move(body);
    EXPECT_TRUE(body.is_complete());  // NOLINT(bugprone-use-after-move): an empty body is what it says
    moved.consume(3);
    EXPECT_TRUE(moved.is_complete());
    EXPECT_EQ(moved.trailers().find("t"), "1");
    EXPECT_EQ(moved.cut(), std::nullopt);
    EXPECT_TRUE(BodyReader{}.is_complete());
}

TEST_F(BodyPipeTest, takes_no_more_than_its_capacity)
{
    BodyPipe pipe = make_body_pipe(loop, 8);
    EXPECT_EQ(pipe.writer.write("0123456789"), 8U);
    EXPECT_EQ(pipe.writer.room(), 0U);
    EXPECT_FALSE(pipe.writer.is_ready());
    EXPECT_EQ(pipe.writer.write("x"), 0U);
    EXPECT_EQ(pipe.reader.known_length(), std::nullopt);
    pipe.reader.consume(3);
    EXPECT_EQ(pipe.writer.write("abcdef"), 3U);
    EXPECT_EQ(pipe.reader.readable(), "34567abc");
    EXPECT_EQ(pipe.writer.consumed_bytes(), 3U);
}

TEST_F(BodyPipeTest, completes_with_trailers_behind_the_last_byte)
{
    BodyPipe pipe = make_body_pipe(loop);
    pipe.writer.write("ab");
    pipe.writer.finish({{"sum", "x"}});
    EXPECT_FALSE(pipe.writer.is_open());
    EXPECT_EQ(pipe.writer.write("c"), 0U);
    EXPECT_EQ(pipe.reader.known_length(), 2U);
    EXPECT_FALSE(pipe.reader.is_complete());
    EXPECT_TRUE(pipe.reader.trailers().is_empty());
    pipe.reader.consume(2);
    EXPECT_TRUE(pipe.reader.is_complete());
    EXPECT_EQ(pipe.reader.trailers().find("sum"), "x");
}

TEST_F(BodyPipeTest, a_cut_shows_behind_the_last_byte_and_is_not_an_end)
{
    BodyPipe pipe = make_body_pipe(loop);
    pipe.writer.write("ab");
    pipe.writer.cut(CutReason::timed_out);
    pipe.writer.finish();  // the first of both counts
    EXPECT_EQ(pipe.reader.cut(), std::nullopt);
    pipe.reader.consume(2);
    EXPECT_EQ(pipe.reader.cut(), CutReason::timed_out);
    EXPECT_FALSE(pipe.reader.is_complete());
    EXPECT_EQ(pipe.reader.known_length(), std::nullopt);
}

TEST_F(BodyPipeTest, a_dropped_writer_cuts)
{
    BodyPipe pipe = make_body_pipe(loop);
    pipe.writer = {};
    EXPECT_EQ(pipe.reader.cut(), CutReason::abandoned);
}

TEST_F(BodyPipeTest, a_declared_length_is_kept_to)
{
    BodyPipe exact = make_body_pipe(loop, 100, 4);
    EXPECT_EQ(exact.reader.known_length(), 4U);
    exact.writer.write("abcd");
    exact.writer.finish();
    exact.reader.consume(4);
    EXPECT_TRUE(exact.reader.is_complete());

    BodyPipe shorter = make_body_pipe(loop, 100, 4);
    shorter.writer.write("abc");
    shorter.writer.finish();
    shorter.reader.consume(3);
    EXPECT_EQ(shorter.reader.cut(), CutReason::malformed);

    BodyPipe longer = make_body_pipe(loop, 100, 4);
    EXPECT_EQ(longer.writer.write("abcde"), 4U);
    EXPECT_FALSE(longer.writer.is_open());
    longer.reader.consume(4);
    EXPECT_EQ(longer.reader.cut(), CutReason::malformed);
}

TEST_F(BodyPipeTest, wakes_the_reader_once_from_the_loop)
{
    BodyPipe pipe = make_body_pipe(loop);
    int woken = 0;
    pipe.reader.on_readable([&] { ++woken; });
    settle();
    EXPECT_EQ(woken, 0);
    pipe.writer.write("a");
    EXPECT_EQ(woken, 0);  // never from within a call
    pipe.writer.write("b");
    settle();
    EXPECT_EQ(woken, 1);
    pipe.reader.on_readable([&] { ++woken; });  // there is something already
    settle();
    EXPECT_EQ(woken, 2);
    pipe.reader.consume(2);
    pipe.reader.on_readable([&] { ++woken; });
    pipe.reader.on_readable(nullptr);
    pipe.writer.finish();
    settle();
    EXPECT_EQ(woken, 2);
}

TEST_F(BodyPipeTest, wakes_the_writer_when_there_is_room_or_nobody_reads)
{
    BodyPipe pipe = make_body_pipe(loop, 2);
    int woken = 0;
    pipe.writer.write("ab");
    pipe.writer.on_writable([&] { ++woken; });
    settle();
    EXPECT_EQ(woken, 0);
    pipe.reader.consume(1);
    settle();
    EXPECT_EQ(woken, 1);
    pipe.writer.write("c");
    pipe.writer.on_writable([&] { ++woken; });
    pipe.reader = {};
    settle();
    EXPECT_EQ(woken, 2);
    EXPECT_TRUE(pipe.writer.is_reader_gone());
    EXPECT_TRUE(pipe.writer.is_ready());
    EXPECT_EQ(pipe.writer.room(), 0U);
}

TEST_F(BodyPipeTest, tells_the_writer_that_somebody_waits)
{
    BodyPipe pipe = make_body_pipe(loop);
    int wanted = 0;
    pipe.writer.on_wanted([&] { ++wanted; });
    settle();
    EXPECT_EQ(wanted, 0);
    pipe.reader.on_readable([] {});
    settle();
    EXPECT_EQ(wanted, 1);
}

TEST_F(BodyPipeTest, counts_what_was_taken_each_time)
{
    BodyPipe pipe = make_body_pipe(loop);
    std::vector<uint64_t> seen;
    pipe.writer.on_consumed([&] { seen.push_back(pipe.writer.consumed_bytes()); });
    pipe.writer.write("abcdef");
    settle();
    pipe.reader.consume(1);
    pipe.reader.consume(2);
    settle();
    pipe.reader.consume(3);
    settle();
    EXPECT_EQ(seen, (std::vector<uint64_t>{3, 6}));
}

TEST_F(BodyPipeTest, a_waker_may_end_both_ends)
{
    auto pipe = std::make_unique<BodyPipe>(make_body_pipe(loop));
    pipe->reader.on_readable([&] { pipe.reset(); });
    pipe->writer.on_writable([] { FAIL(); });
    pipe->writer.write("x");
    settle();
    EXPECT_EQ(pipe, nullptr);
}

}  // namespace
}  // namespace weir::http
