#include "serve/code_keeper.hpp"

#include "base/signals_blocked.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace weir::serve {

CodeKeeper::CodeKeeper(std::unique_ptr<cache::Cache> cache, std::shared_ptr<const runtime::ModuleCode> code)
    : m_cache(std::move(cache)), m_code(std::move(code)), m_saved_bytes(m_code->space().used_bytes())
{
    const SignalsBlocked blocked;
    try {
        m_thread = std::thread{[this] { run(); }};
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch)
        // Then the code is kept at the end only.
    }
}

void CodeKeeper::stop() noexcept
{
    {
        const std::scoped_lock lock{m_mutex};
        m_is_stopping = true;
    }
    m_changed.notify_one();
    if (m_thread.joinable()) m_thread.join();
}

void CodeKeeper::finish() noexcept
{
    stop();
    save();
}

void CodeKeeper::run()
{
    // Most code is made by the first requests, the hot one in the first seconds of load. Each time the whole is written.
    constexpr std::chrono::seconds longest{64};
    std::unique_lock lock{m_mutex};
    for (std::chrono::seconds pause{1}; !m_changed.wait_for(lock, pause, [this] { return m_is_stopping; });
         pause = std::min(2 * pause, longest)) {
        lock.unlock();
        save();
        lock.lock();
    }
}

void CodeKeeper::save()
{
    const size_t bytes = m_code->space().used_bytes();
    if (bytes == std::exchange(m_saved_bytes, bytes)) return;
    m_cache->save(*m_code);
}

}  // namespace weir::serve
