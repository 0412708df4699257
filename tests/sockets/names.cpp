#include "check.hpp"

// sock_getaddrinfo, which fills what the guest has linked.

namespace {

struct SockAddr {
    uint32_t family, size;
    uint8_t* bytes;
};
struct AddrInfo {
    uint16_t flags;
    uint8_t family, type;
    uint32_t protocol, addrlen;
    SockAddr* address;
    char* name;
    uint32_t name_size;
    AddrInfo* next;
};

}  // namespace

void lookup(const char* node, int32_t wanted)
{
    uint8_t bytes[26] = {};
    SockAddr address{0, 26, bytes};
    AddrInfo result{}, hints{};
    result.address = &address;
    hints.family = 1;
    hints.type = 2;
    AddrInfo* first = &result;
    int32_t count = -1;
    CHECK(sock_getaddrinfo(node, static_cast<int32_t>(std::strlen(node) + 1), "80", 3, &hints, &first, 1, &count), wanted);
    if (wanted != success) return;
    CHECK(count, 1);
    CHECK(address.family, 1);
    CHECK(bytes[0] << 8 | bytes[1], 80);
    CHECK(std::memcmp(bytes + 2, ipv4, 4), 0);
    CHECK(result.next == nullptr, 1);
    CHECK(sock_getaddrinfo("", 0, "", 0, &hints, &first, 1, &count), ainoname);
    CHECK(sock_getaddrinfo(node, 4, "80", 3, &hints, &first, 0, &count), aimemory);
}

namespace {

/// Room for some answers, linked.
struct Results {
    uint8_t bytes[4][26];
    SockAddr addresses[4];
    char names[4][30];
    AddrInfo infos[4];
    AddrInfo* first = infos;
    AddrInfo hints{};
    int32_t count = -1;

    explicit Results(uint32_t room = 26)
    {
        std::memset(bytes, 0xee, sizeof bytes);
        for (int i = 0; i < 4; ++i) {
            addresses[i] = {0xeeee'eeee, room, bytes[i]};
            infos[i] = {};
            infos[i].protocol = 0xeeee'ee00;
            infos[i].address = addresses + i;
            infos[i].name = names[i];
            infos[i].name_size = sizeof names[i];
            infos[i].next = i < 3 ? infos + i + 1 : nullptr;
        }
    }
    int32_t ask(const char* node, const char* service, int32_t most)
    {
        // Lengths as the libraries pass them: with the NUL, and 0 for nothing.
        const auto size = [](const char* text) { return static_cast<int32_t>(*text == 0 ? 0 : std::strlen(text) + 1); };
        return sock_getaddrinfo(node, size(node), service, size(service), &hints, &first, most, &count);
    }
};

}  // namespace

void lookup_forms()
{
    Results any;
    any.hints.flags = 4;  // no name, an address
    CHECK(any.ask("127.0.0.1", "80", 4), success);
    CHECK(any.count, 2);  // a stream and datagrams, no raw socket
    for (int i = 0; i < 2; ++i) {
        CHECK(any.infos[i].family, 1);
        CHECK(any.infos[i].type, i == 0 ? 2 : 1);
        CHECK(any.infos[i].protocol & 0xffU, i == 0 ? 1 : 2);
        CHECK(any.infos[i].addrlen, 16);
        CHECK(any.infos[i].name_size, 0);
        CHECK(any.infos[i].address == any.addresses + i, 1);
        CHECK(any.addresses[i].family, 1);
        CHECK(any.addresses[i].size, 6);
        CHECK(any.bytes[i][0], 0);
        CHECK(any.bytes[i][1], 80);
        CHECK(std::memcmp(any.bytes[i] + 2, ipv4, 4), 0);
        CHECK(any.bytes[i][6], 0xee);
    }
    CHECK(any.addresses[2].family, 0xeeee'eeee);

    Results six;
    six.hints.type = 2;
    CHECK(six.ask("::1", "443", 4), success);
    CHECK(six.count, 1);
    CHECK(six.infos[0].family, 2);
    CHECK(six.addresses[0].size, 18);
    CHECK(six.bytes[0][0], 1);
    CHECK(six.bytes[0][1], 443 - 256);
    CHECK(std::memcmp(six.bytes[0] + 2, ipv6, 16), 0);

    Results passive;
    passive.hints.flags = 1;
    passive.hints.family = 1;
    passive.hints.type = 2;
    CHECK(passive.ask("", "8080", 4), success);
    CHECK(passive.count, 1);
    const uint8_t everywhere[4] = {};
    CHECK(std::memcmp(passive.bytes[0] + 2, everywhere, 4), 0);

    Results named;
    named.hints.flags = 2 | 4;
    named.hints.type = 2;
    CHECK(named.ask("127.0.0.1", "", 1), success);
    CHECK(named.infos[0].name_size, 9);
    CHECK(std::strcmp(named.names[0], "127.0.0.1"), 0);
    CHECK(sock_getaddrinfo("127.0.0.1", 9, "80", 2, &named.hints, &named.first, 1, &named.count), success);  // without NULs
}

void lookup_limits()
{
    Results r;
    r.hints.flags = 4;
    CHECK(r.ask("127.0.0.1", "80", 1), success);  // fewer than there are
    CHECK(r.count, 1);
    CHECK(r.addresses[1].family, 0xeeee'eeee);
    r.infos[0].next = nullptr;
    r.addresses[0].size = 26;
    CHECK(r.ask("127.0.0.1", "80", 4), success);  // fewer are linked than said
    CHECK(r.count, 1);
    CHECK(r.ask("127.0.0.1", "80", 0), aimemory);
    CHECK(r.ask("", "", 1), ainoname);

    Results rust{14};  // says 14, and has 26
    rust.hints.type = 2;
    CHECK(rust.ask("::1", "80", 1), success);
    CHECK(std::memcmp(rust.bytes[0] + 2, ipv6, 16), 0);
    Results narrow{17};
    narrow.hints.type = 2;
    CHECK(narrow.ask("::1", "80", 1), aimemory);

    Results bad;
    bad.hints.flags = 4;
    CHECK(bad.ask("no address", "80", 1), ainoname);
    bad.hints.type = 2;
    CHECK(bad.ask("127.0.0.1", "no service", 1), aiservice);
    bad.hints.family = 9;
    CHECK(bad.ask("127.0.0.1", "80", 1), aifamily);
    bad.hints.family = 0;
    bad.hints.type = 9;
    CHECK(bad.ask("127.0.0.1", "80", 1), aisocktype);
    bad.hints.type = 2;
    CHECK(sock_getaddrinfo("a\0b", 4, "80", 3, &bad.hints, &bad.first, 1, &bad.count), ainoname);
    static char endless[2000];
    std::memset(endless, 'x', sizeof endless);
    CHECK(sock_getaddrinfo(endless, sizeof endless, "80", 3, &bad.hints, &bad.first, 1, &bad.count), ainoname);
    auto* const nowhere = reinterpret_cast<AddrInfo*>(0xffff'fff0U);
    CHECK(sock_getaddrinfo("127.0.0.1", 10, "80", 3, nowhere, &bad.first, 1, &bad.count), fault);
    CHECK(sock_getaddrinfo(reinterpret_cast<char*>(nowhere), 100, "80", 3, &bad.hints, &bad.first, 1, &bad.count), fault);
    bad.first = nowhere;
    CHECK(bad.ask("127.0.0.1", "80", 1), fault);
    bad.first = bad.infos;
    bad.infos[0].address = reinterpret_cast<SockAddr*>(nowhere);
    CHECK(bad.ask("127.0.0.1", "80", 1), fault);
    bad.first = nullptr;
    CHECK(bad.ask("127.0.0.1", "80", 1), success);
    CHECK(bad.count, 0);
}
