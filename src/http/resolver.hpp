#pragma once

#include "http/event_loop.hpp"
#include "http/message.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::http {

/// What a name stands for, or why that is not known.
struct LookUp {
    int code = 0;  // getaddrinfo's EAI_*; 0: the addresses are there
    std::vector<Address> addresses;
};

/// Looks up names on threads of its own, which a process shares: getaddrinfo() blocks, and only it knows what nsswitch.conf says.
class Resolver {
public:
    using OnDone = std::move_only_function<void(LookUp)>;

    explicit Resolver(EventLoop& loop);
    /// No call follows.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Calls `on_done` from the loop, never from within; addresses are their own names. Addresses come in the system's order, with those of IPv4
    /// in front if so wished.
    void look_up(const std::string& host, uint16_t port, bool prefer_ipv4, OnDone on_done);

    struct Link;

private:
    std::shared_ptr<Link> m_link;
};

}  // namespace weir::http
