// Calls each socket function in each form and says what was wrong. Usage: guest CASE [ARGUMENT]
#include "check.hpp"

namespace {

/// Sends back what the first client of a socket that was given says.
void echo_given(int32_t listener)
{
    int32_t fd = -1, size = -1;
    uint16_t flags = 0;
    CHECK(sock_accept_v2(listener, 0, &fd), success);
    char text[64];
    Vector all{text, sizeof text};
    CHECK(sock_recv(fd, &all, 1, 0, &size, &flags), success);
    all.size = static_cast<uint32_t>(size);
    CHECK(sock_send(fd, &all, 1, 0, &size), success);
    CHECK(sock_shutdown(fd, 3), success);
}

/// Says something to whom a socket that was given is connected to, and wants it back.
void talk_to_given(int32_t fd)
{
    int32_t size = -1;
    uint16_t flags = 0;
    char text[] = "hello";
    Vector all{text, 5};
    CHECK(sock_send(fd, &all, 1, 0, &size), success);
    std::memset(text, 0, sizeof text);
    CHECK(sock_recv(fd, &all, 1, 0, &size, &flags), success);
    CHECK(std::strcmp(text, "hello"), 0);
}

}  // namespace

int main(int count, char** words)
{
    const char* const name = count > 1 ? words[1] : "";
    const char* const argument = count > 2 ? words[2] : "";
    const auto is = [&](const char* text) { return std::strcmp(name, text) == 0; };
    const Tagged tagged4 = tagged(1, ipv4, 4), tagged6 = tagged(2, ipv6, 16), path = tagged(3, argument, std::strlen(argument) + 1);
    if (is("v1")) stream(1, {ipv4, 4}, 1);
    else if (is("v2")) stream(1, {&tagged4, 128}, 2);
    else if (is("v1-inet6")) stream(2, {ipv6, 16}, 1);
    else if (is("v2-inet6")) stream(2, {&tagged6, 128}, 2);
    else if (is("mixed")) stream(1, {&tagged4, 128}, 1);
    else if (is("unix")) stream(3, {&path, 128}, 2);
    else if (is("udp")) datagrams(1, {ipv4, 4});
    else if (is("udp-inet6")) datagrams(2, {&tagged6, 128});
    else if (is("udp-unix")) datagrams_of_unix_sockets(argument);
    else if (is("udp-wrong-places")) receive_into_wrong_places();
    else if (is("v2-names")) names_of_version_2();
    else if (is("address-sizes")) addresses_of_each_size();
    else if (is("connect-nonblocking")) connect_without_waiting();
    else if (is("accept-nonblocking")) accept_without_waiting();
    else if (is("many-buffers")) many_buffers();
    else if (is("too-many")) too_many_sockets();
    else if (is("wrong-descriptors")) wrong_descriptors();
    else if (is("edges")) wait_for_edges();
    else if (is("wait-for-many")) wait_for_many();
    else if (is("lookup-forms")) lookup_forms();
    else if (is("lookup-limits")) lookup_limits();
    else if (is("options")) options();
    else if (is("echo-given")) echo_given(std::atoi(argument));
    else if (is("talk-to-given")) talk_to_given(std::atoi(argument));
    else if (is("wrong-addresses")) wrong_addresses();
    else if (is("lookup")) lookup(argument, success);
    else if (is("lookup-refused")) lookup(argument, acces);
    else if (is("connect")) CHECK(try_connect(open_socket(1, 2), static_cast<uint32_t>(std::atoi(argument))), success);
    else if (is("connect-refused")) CHECK(try_connect(open_socket(1, 2), static_cast<uint32_t>(std::atoi(argument))), acces);
    else if (is("open-refused")) {
        int32_t fd = -1;
        CHECK(sock_open(1, 2, &fd), acces);
    } else if (is("block")) {
        const int32_t listener = open_socket(1, 2);
        Ref four{ipv4, 4};
        CHECK(sock_bind(listener, &four, 0), success);
        CHECK(sock_listen(listener, 1), success);
        int32_t accepted = -1;
        sock_accept_v1(listener, &accepted);
    } else return 3;
    std::puts("ok");
}
