#include "check.hpp"

// http_body and async_io.

static void test_plain()
{
    const uint32_t h = new_body("middle");
    uint32_t size = 0;
    uint64_t length = 0;
    EXPECT(ok, http_body_write(h, TEXT("end"), 0, at(&size)));
    EXPECT(ok, http_body_write(h, TEXT("front"), 1, at(&size)));
    EXPECT(5, size);
    EXPECT(ok, http_body_known_length(h, at(&length)));
    EXPECT(14, length);
    Buffer b;
    EXPECT(ok, http_body_read(h, at(b.bytes), 0, at(&b.size)));
    EXPECT(0, b.size);
    EXPECT(again, http_body_trailer_names_get(h, CURSOR_INTO(b, 0)));
    EXPECT(again, http_body_trailer_value_get(h, TEXT("a"), INTO(b)));
    EXPECT(again, http_body_trailer_values_get(h, TEXT("a"), CURSOR_INTO(b, 0)));
    EXPECT(ok, http_body_trailer_append(h, TEXT("T"), TEXT("1")));
    EXPECT(ok, http_body_trailer_append(h, TEXT("t"), TEXT("2")));
    EXPECT(error, http_body_trailer_append(h, TEXT("t t"), TEXT("2")));
    EXPECT(error, http_body_trailer_append(h, TEXT("t"), TEXT("\n")));
    EXPECT_TEXT("frontmiddleend", read_all(h));
    EXPECT(ok, http_body_trailer_names_get(h, CURSOR_INTO(b, 0)));
    EXPECT_TEXT(std::string("t\0", 2), b.text());
    EXPECT(ok, http_body_trailer_value_get(h, TEXT("t"), INTO(b)));
    EXPECT_TEXT("1", b.text());
    EXPECT(inval, http_body_trailer_value_get(h, TEXT("absent"), INTO(b)));
    EXPECT(ok, http_body_trailer_values_get(h, TEXT("t"), CURSOR_INTO(b, 0)));
    EXPECT_TEXT(std::string("1\0"
                            "2\0",
                            4),
                b.text());
    EXPECT(inval, http_body_read(h, NOWHERE, 100, at(&b.size)));
    EXPECT(inval, http_body_write(h, NOWHERE, 100, 0, at(&size)));
    EXPECT(inval, http_body_write(h, TEXT("x"), 2, at(&size)));
    EXPECT(inval, http_body_write(h, TEXT("x"), 0, NOWHERE));
    EXPECT(ok, http_body_close(h));
    EXPECT(badf, http_body_close(h));
    EXPECT(badf, http_body_abandon(h));
    EXPECT(badf, http_body_read(h, at(b.bytes), 1, at(&b.size)));
    EXPECT(badf, http_body_write(h, TEXT("x"), 0, at(&size)));
    EXPECT(badf, http_body_known_length(h, at(&length)));
    EXPECT(badf, http_body_trailer_append(h, TEXT("T"), TEXT("1")));
    EXPECT(badf, http_body_trailer_names_get(h, CURSOR_INTO(b, 0)));
    EXPECT(badf, http_body_trailer_value_get(h, TEXT("a"), INTO(b)));
    EXPECT(badf, http_body_trailer_values_get(h, TEXT("a"), CURSOR_INTO(b, 0)));
    EXPECT(ok, http_body_abandon(new_body("dropped")));
}

static void test_append()
{
    const uint32_t to = new_body("one,"), from = new_body("two");
    EXPECT(ok, http_body_trailer_append(from, TEXT("T"), TEXT("1")));
    EXPECT(ok, http_body_append(to, from));
    EXPECT(badf, http_body_append(to, from));
    EXPECT(badf, http_body_append(to, to));
    EXPECT(badf, http_body_append(no_such, to));
    EXPECT_TEXT("one,two", read_all(to));
    Buffer b;
    EXPECT(ok, http_body_trailer_value_get(to, TEXT("t"), INTO(b)));
    EXPECT_TEXT("1", b.text());
    // Many small pieces are one body, from either end.
    const uint32_t many = new_body();
    uint32_t size = 0;
    for (int i = 0; i < 1000; ++i) {
        EXPECT(ok, http_body_write(many, TEXT("b"), 0, at(&size)));
        EXPECT(ok, http_body_write(many, TEXT("a"), 1, at(&size)));
    }
    EXPECT_TEXT(std::string(1000, 'a') + std::string(1000, 'b'), read_all(many));
}

static void test_waiting()
{
    const uint32_t body = new_body("there"), other = new_body();
    uint32_t is_ready = 0, index = 0;
    EXPECT(ok, async_io_is_ready(body, at(&is_ready)));
    EXPECT(1, is_ready);
    EXPECT(badf, async_io_is_ready(no_such, at(&is_ready)));
    const uint32_t list[2]{other, body}, wrong[2]{body, no_such};
    EXPECT(ok, async_io_select(at(list), 2, 0, at(&index)));
    EXPECT(0, index);  // at its end, which counts
    EXPECT(badf, async_io_select(at(wrong), 2, 0, at(&index)));
    EXPECT(inval, async_io_select(at(list), 0, 0, at(&index)));
    EXPECT(inval, async_io_select(NOWHERE, 100, 0, at(&index)));
    EXPECT(ok, async_io_select(at(list), 0, 1, at(&index)));  // sleeps
    EXPECT(0xffff'ffff, index);
}

/// More than the host keeps for one guest.
static void test_limit()
{
    const std::string mib(1 << 20, 'x');
    const uint32_t body = new_body();
    uint32_t size = 0, status = ok;
    int written = 0;
    while (status == ok && written < 1000) {
        status = http_body_write(body, TEXT(mib), 0, at(&size));
        written += status == ok ? 1 : 0;
    }
    EXPECT(limit_exceeded, status);
    EXPECT(true, written > 100 && written < 300);
    EXPECT(ok, http_body_close(body));
    EXPECT(ok, http_body_write(new_body(), TEXT(mib), 0, at(&size)));  // given back
}

void test_bodies()
{
    test_plain();
    test_append();
    test_waiting();
    test_limit();
}
