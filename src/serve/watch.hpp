#pragma once

#include "base/file_watch.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace weir::serve {

/// Calls a function, on a thread of its own, when one of several files was changed, once for changes that come close together. The function
/// answers which files to watch from then on, as FileWatch::follow has them; none: the same.
class Watch {
public:
    using OnChange = std::function<std::vector<std::string>()>;
    static Result<std::unique_ptr<Watch>, SysError> create(const std::vector<std::string>& files, OnChange on_change);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

private:
    explicit Watch(FileWatch watch) : m_watch(std::move(watch)) {}
    void run();

    FileWatch m_watch;
    OnChange m_on_change;
    UniqueFd m_end;  // becomes readable when the thread is to end
    std::thread m_thread;
};

}  // namespace weir::serve
