#include "http/event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>

namespace weir::http {

namespace asio = boost::asio;

class EventLoop::Impl {
public:
    // One thread runs it; others post. A hint of 1 leaves out what is for several threads running it.
    Impl() : m_context(1), m_work(asio::make_work_guard(m_context)) {}
    ~Impl()
    {
        // What tasks hold may stand on this loop: it goes first.
        m_closing = true;
        m_deferred.clear();
    }

    void run()
    {
        m_context.run();
        m_context.restart();
    }
    void stop() { m_context.stop(); }
    void post(Task task) { asio::post(m_context, std::move(task)); }
    void defer(Task task)
    {
        // Tasks that are destroyed with the loop may defer others: these are dropped, as m_deferred is about to be.
        if (m_closing) return;
        m_deferred.push_back(std::move(task));
        if (m_deferred.size() == 1 && !m_running) schedule();
    }
    asio::io_context& context() { return m_context; }

private:
    void schedule()
    {
        asio::post(m_context, [this] { run_deferred(); });
    }
    void run_deferred()
    {
        m_running = true;
        m_batch.swap(m_deferred);
        for (Task& task : m_batch) {
            Task now = std::move(task);
            now();
        }
        m_batch.clear();
        m_running = false;
        // What these deferred waits for its turn behind other events.
        if (!m_deferred.empty()) schedule();
    }

    bool m_closing = false;
    bool m_running = false;
    std::vector<Task> m_deferred;
    std::vector<Task> m_batch;
    // Destroyed first, with the tasks that it holds.
    asio::io_context m_context;
    asio::executor_work_guard<asio::io_context::executor_type> m_work;
};

EventLoop::EventLoop() : m_impl(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;
void EventLoop::run() { m_impl->run(); }
void EventLoop::stop() noexcept { m_impl->stop(); }
void EventLoop::post(Task task) { m_impl->post(std::move(task)); }
void EventLoop::defer(Task task) { m_impl->defer(std::move(task)); }

class Timer::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(EventLoop& loop, std::function<void()> on_expiry) : m_timer(loop.impl().context()), m_on_expiry(std::move(on_expiry)) {}

    void set(Clock::time_point deadline)
    {
        m_deadline = deadline;
        // A wait that ends earlier sees then what the deadline has become.
        if (!m_waits_until || *m_waits_until > deadline) wait();
    }
    void clear() noexcept { m_deadline = Clock::time_point::max(); }
    bool is_set() const noexcept { return m_deadline != Clock::time_point::max(); }

private:
    void wait()
    {
        m_waits_until = m_deadline;
        m_timer.expires_at(m_deadline);  // cancels the wait before it
        m_timer.async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
            if (ec) return;
            if (const auto self = weak.lock()) self->expired();
        });
    }
    void expired()
    {
        m_waits_until.reset();
        if (!is_set()) return;
        if (Clock::now() < m_deadline) {
            wait();
            return;
        }
        clear();
        // The function may destroy the timer, and with it itself.
        const auto on_expiry = m_on_expiry;
        on_expiry();
    }

    asio::steady_timer m_timer;
    std::function<void()> m_on_expiry;
    Clock::time_point m_deadline = Clock::time_point::max();
    std::optional<Clock::time_point> m_waits_until;
};

Timer::Timer(EventLoop& loop, std::function<void()> on_expiry) : m_impl(std::make_shared<Impl>(loop, std::move(on_expiry))) {}
Timer::~Timer() = default;
void Timer::set(Clock::time_point deadline) { m_impl->set(deadline); }
void Timer::clear() noexcept { m_impl->clear(); }
bool Timer::is_set() const noexcept { return m_impl->is_set(); }

class FdWatch::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(EventLoop& loop, UniqueFd fd) : m_descriptor(loop.impl().context())
    {
        boost::system::error_code ec;
        const int raw = fd.release();
        m_descriptor.assign(raw, ec);
        if (ec) UniqueFd{raw}.reset();  // out of memory for the registration: as if it were closed
    }

    void wait(asio::posix::descriptor_base::wait_type type, Task on_ready)
    {
        if (!m_descriptor.is_open()) return;
        const bool is_read = type == asio::posix::descriptor_base::wait_read;
        Task& slot = is_read ? m_on_readable : m_on_writable;
        bool& is_waiting = is_read ? m_waits_readable : m_waits_writable;
        slot = std::move(on_ready);
        if (is_waiting) return;
        is_waiting = true;
        m_descriptor.async_wait(type, [this, is_read, weak = weak_from_this()](const boost::system::error_code& ec) {
            if (ec == asio::error::operation_aborted) return;
            const auto self = weak.lock();
            if (!self) return;
            (is_read ? m_waits_readable : m_waits_writable) = false;
            Task ready = std::exchange(is_read ? m_on_readable : m_on_writable, nullptr);
            if (ready) ready();
        });
    }
    int fd() { return m_descriptor.is_open() ? m_descriptor.native_handle() : -1; }
    void close()
    {
        boost::system::error_code ec;
        m_descriptor.close(ec);
        forget_waits();
    }
    UniqueFd release()
    {
        UniqueFd fd{m_descriptor.is_open() ? m_descriptor.release() : -1};
        forget_waits();
        return fd;
    }

private:
    void forget_waits()
    {
        m_waits_readable = m_waits_writable = false;
        m_on_readable = nullptr;
        m_on_writable = nullptr;
    }

    asio::posix::stream_descriptor m_descriptor;
    Task m_on_readable;
    Task m_on_writable;
    bool m_waits_readable = false;
    bool m_waits_writable = false;
};

FdWatch::FdWatch(EventLoop& loop, UniqueFd fd) : m_impl(std::make_shared<Impl>(loop, std::move(fd))) {}
FdWatch::~FdWatch() { close(); }
void FdWatch::wait_readable(Task on_ready) { m_impl->wait(asio::posix::descriptor_base::wait_read, std::move(on_ready)); }
void FdWatch::wait_writable(Task on_ready) { m_impl->wait(asio::posix::descriptor_base::wait_write, std::move(on_ready)); }
int FdWatch::fd() const noexcept { return m_impl->fd(); }
void FdWatch::close() noexcept { m_impl->close(); }
UniqueFd FdWatch::release() noexcept { return m_impl->release(); }

}  // namespace weir::http
