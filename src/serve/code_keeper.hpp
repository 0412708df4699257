#pragma once

#include "cache/cache.hpp"
#include "runtime/module_code.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace weir::serve {

/// Keeps a service's machine code for the next start, on a thread of its own: soon after there is more of it, later less often, and when it is
/// told that the server ends. Thread-safe.
class CodeKeeper {
public:
    /// `cache` is the one that the code was looked for in.
    CodeKeeper(std::unique_ptr<cache::Cache> cache, std::shared_ptr<const runtime::ModuleCode> code);
    ~CodeKeeper() { stop(); }
    CodeKeeper(const CodeKeeper&) = delete;
    CodeKeeper& operator=(const CodeKeeper&) = delete;

    /// Keeps no more; waits for what is being kept.
    void stop() noexcept;
    /// Keeps what there is now, and no more.
    void finish() noexcept;

private:
    void run();
    void save();

    std::unique_ptr<cache::Cache> m_cache;
    std::shared_ptr<const runtime::ModuleCode> m_code;
    size_t m_saved_bytes;
    std::mutex m_mutex;  // guards what follows
    std::condition_variable m_changed;
    bool m_is_stopping = false;
    std::thread m_thread;
};

}  // namespace weir::serve
