#include "http/server.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace weir::http {
namespace {

TEST(ListenAddress, forms)
{
    struct Case {
        const char* text;
        ListenAddress::Kind kind;
        const char* where;
        int number;
    };
    for (const auto& [text, kind, where, number] :
         {Case{"127.0.0.1:7676", ListenAddress::Kind::tcp, "127.0.0.1", 7676}, Case{"[::1]:0", ListenAddress::Kind::tcp, "::1", 0},
          Case{"localhost:80", ListenAddress::Kind::tcp, "127.0.0.1", 80}, Case{":8080", ListenAddress::Kind::tcp, "::", 8080},
          Case{"unix:/tmp/x y", ListenAddress::Kind::unix_path, "/tmp/x y", 0},
          Case{"fd:3", ListenAddress::Kind::inherited, "", 3}}) {
        const auto listen = ListenAddress::parse(text);
        ASSERT_TRUE(listen) << text;
        EXPECT_EQ(listen->kind, kind);
        EXPECT_EQ(kind == ListenAddress::Kind::unix_path ? listen->path : listen->host, where);
        EXPECT_EQ(kind == ListenAddress::Kind::inherited ? listen->fd : listen->port, number);
    }
}

TEST(ListenAddress, says_what_was_expected)
{
    EXPECT_EQ(ListenAddress::parse("7676").error(), "'7676': expected ADDRESS:PORT, :PORT, unix:PATH or fd:NUMBER");
    EXPECT_EQ(ListenAddress::parse("127.0.0.1:99999").error(), "'127.0.0.1:99999': the port has to be a number from 0 to 65535");
    EXPECT_EQ(ListenAddress::parse("example.com:80").error(),
              "'example.com:80': 'example.com' is not an IP address; expected ADDRESS:PORT, :PORT, unix:PATH or fd:NUMBER");
    for (const char* bad : {"", ":", "unix:", "fd:", "fd:-1", "fd:x", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:8o"}) {
        EXPECT_FALSE(ListenAddress::parse(bad)) << bad;
    }
}

TEST(ListenAddress, inherited_ones_are_for_this_process_only)
{
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_PID", "1", 1);
    EXPECT_TRUE(inherited_listeners().empty());
    EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    const auto listeners = inherited_listeners();
    ASSERT_EQ(listeners.size(), 2U);
    EXPECT_EQ(listeners[1].fd, 4);
    EXPECT_TRUE(inherited_listeners().empty());
}

}  // namespace
}  // namespace weir::http
