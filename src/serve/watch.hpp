#pragma once

#include "base/result.hpp"
#include "base/sys_error.hpp"
#include "base/unique_fd.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace weir::serve {

/// Calls a function, on a thread of its own, when one of several files was changed, replaced or came back, once for changes that come close
/// together.
class Watch {
public:
    static Result<std::unique_ptr<Watch>, SysError> create(std::vector<std::string> files, std::function<void()> on_change);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

private:
    Watch() = default;
    void run();
    /// Takes what inotify has to tell; whether a file of ours is among it.
    bool take_events();

    struct File {
        std::string name;  // in its folder
        int folder;        // inotify's number of it
    };
    std::vector<File> m_files;
    std::function<void()> m_on_change;
    UniqueFd m_inotify, m_end;  // m_end becomes readable when the thread is to end
    std::thread m_thread;
};

}  // namespace weir::serve
