#include "serve/reuse.hpp"

#include <algorithm>
#include <utility>

namespace weir::serve {

class WaitingGuests::Place final : public fastly::Promise {
public:
    Place(WaitingGuests& guests, http::EventLoop& loop, std::chrono::milliseconds timeout)
        : m_guests(guests), m_loop(loop), m_timer(loop, [this] { end({}); })
    {
        m_guests.m_places.push_back(this);
        m_timer.set_after(timeout);
    }
    ~Place() override
    {
        std::erase(m_guests.m_places, this);
        if (m_request) m_guests.m_serve(std::move(*m_request));
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    void end(std::optional<fastly::DownstreamRequest> request)
    {
        std::erase(m_guests.m_places, this);
        m_timer.clear();
        m_request = std::move(request);
        m_is_done = true;
        if (m_waker) std::exchange(m_waker, nullptr)();
    }

    [[nodiscard]] bool is_done() const override { return m_is_done; }
    [[nodiscard]] std::optional<fastly::DownstreamRequest> take() override { return std::exchange(m_request, std::nullopt); }
    void on_done(http::Task waker) override
    {
        if (m_is_done) m_loop.defer(std::move(waker));
        else m_waker = std::move(waker);
    }

private:
    WaitingGuests& m_guests;
    http::EventLoop& m_loop;
    http::Timer m_timer;
    bool m_is_done = false;
    std::optional<fastly::DownstreamRequest> m_request;
    http::Task m_waker;
};

std::unique_ptr<fastly::Promise> WaitingGuests::wait(const Loaded& version, http::EventLoop& loop,
                                                     std::chrono::milliseconds timeout)
{
    if (m_version.get() != &version || m_places.size() >= most_waiting) return nullptr;
    return std::make_unique<Place>(*this, loop, timeout);
}

bool WaitingGuests::take(fastly::DownstreamRequest& request)
{
    if (m_places.empty()) return false;
    m_places.back()->end(std::move(request));
    return true;
}

void WaitingGuests::keep_only(std::shared_ptr<const Loaded> version)
{
    if (m_version == version) return;
    m_version = std::move(version);
    while (!m_places.empty()) m_places.back()->end({});  // which takes it away
}

}  // namespace weir::serve
