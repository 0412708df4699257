#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace weir {

/// An origin that says what it is told to, whatever it is asked: for each connection a list of answers, each sent when a request's head has come.
/// After the last, or when the client is gone, the connection is closed.
class RawOrigin {
public:
    /// In place of an answer: the connection is closed then.
    static constexpr const char* close_without_answer = "<close>";
    /// In place of an answer: nothing is said until the client goes.
    static constexpr const char* stall = "<stall>";

    explicit RawOrigin(std::vector<std::vector<std::string>> connections);
    ~RawOrigin();
    RawOrigin(const RawOrigin&) = delete;
    RawOrigin& operator=(const RawOrigin&) = delete;
    [[nodiscard]] uint16_t port() const noexcept { return m_port; }

private:
    void run();
    void serve(int fd, const std::vector<std::string>& answers) const;

    int m_listener = -1;
    uint16_t m_port = 0;
    std::vector<std::vector<std::string>> m_connections;
    std::vector<int> m_fds;  // of m_thread until it has been joined
    std::vector<std::thread> m_threads;
    std::thread m_thread;
};

}  // namespace weir
