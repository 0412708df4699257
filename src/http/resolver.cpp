#include "http/resolver.hpp"

#include "http/listen.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

namespace weir::http {

// Between the threads and a loop that may be gone before they are done.
struct Resolver::Link {
    explicit Link(EventLoop& l) : loop(&l) {}
    std::mutex mutex;
    EventLoop* loop;  // null: nobody waits any more
};

namespace {

/// A few threads, made when first needed, that live as long as the process: a name server may let one wait for long.
class LookUpThreads {
public:
    static LookUpThreads& shared()
    {
        static auto* threads = new LookUpThreads;  // never destroyed: the threads may be within getaddrinfo() at the end
        return *threads;
    }
    /// False when too many wait already.
    bool add(Task task)
    {
        const std::scoped_lock lock{m_mutex};
        if (m_tasks.size() >= max_waiting) return false;
        m_tasks.push_back(std::move(task));
        if (m_idle == 0 && m_threads < max_threads) {
            ++m_threads;
            std::thread{[this] { work(); }}.detach();
        }
        m_has_task.notify_one();
        return true;
    }

private:
    static constexpr size_t max_waiting = 1000;
    static constexpr unsigned max_threads = 8;

    void work()
    {
        std::unique_lock lock{m_mutex};
        for (;;) {
            ++m_idle;
            m_has_task.wait(lock, [this] { return !m_tasks.empty(); });
            --m_idle;
            Task task = std::move(m_tasks.front());
            m_tasks.pop_front();
            lock.unlock();
            task();
            task = nullptr;
            lock.lock();
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_has_task;
    std::deque<Task> m_tasks;
    unsigned m_threads = 0;
    unsigned m_idle = 0;
};

LookUp blocking_look_up(const std::string& host, uint16_t port)
{
    LookUp result;
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    result.code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (result.code != 0) return result;
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        sockaddr_storage storage{};
        std::memcpy(&storage, each->ai_addr, each->ai_addrlen);
        Address address = address_of(storage);
        address.port = port;
        if (address.family != Address::Family::none) result.addresses.push_back(std::move(address));
    }
    ::freeaddrinfo(list);
    if (result.addresses.empty()) result.code = EAI_NONAME;
    return result;
}

std::optional<Address> parse_address(const std::string& host, uint16_t port)
{
    Address address;
    address.port = port;
    if (::inet_pton(AF_INET, host.c_str(), address.ip.data()) == 1) address.family = Address::Family::ipv4;
    else if (::inet_pton(AF_INET6, host.c_str(), address.ip.data()) == 1) address.family = Address::Family::ipv6;
    else return {};
    return address;
}

}  // namespace

Resolver::Resolver(EventLoop& loop) : m_link(std::make_shared<Link>(loop)) {}

Resolver::~Resolver()
{
    const std::scoped_lock lock{m_link->mutex};
    m_link->loop = nullptr;
}

void Resolver::look_up(const std::string& host, uint16_t port, bool prefer_ipv4, OnDone on_done)
{
    EventLoop& loop = *m_link->loop;
    if (const auto address = parse_address(host, port)) {
        loop.defer([on_done = std::move(on_done), result = LookUp{0, {*address}}]() mutable { on_done(std::move(result)); });
        return;
    }
    const auto slot = std::make_shared<OnDone>(std::move(on_done));
    const bool is_added = LookUpThreads::shared().add([link = m_link, host, port, prefer_ipv4, slot]() mutable {
        LookUp result = blocking_look_up(host, port);
        if (prefer_ipv4) {
            std::vector<Address> others;
            std::erase_if(result.addresses, [&](const Address& address) {
                if (address.family == Address::Family::ipv4) return false;
                others.push_back(address);
                return true;
            });
            result.addresses.insert(result.addresses.end(), others.begin(), others.end());
        }
        const std::scoped_lock lock{link->mutex};
        if (link->loop == nullptr) return;
        link->loop->post([link, slot, result = std::move(result)]() mutable {
            if (link->loop != nullptr) (*slot)(std::move(result));
        });
    });
    if (!is_added) loop.defer([slot] { (*slot)(LookUp{EAI_AGAIN, {}}); });
}

}  // namespace weir::http
