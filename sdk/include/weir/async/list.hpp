#pragma once

namespace weir::async::detail {

/// An element of a List, or of none. It leaves its list when it is destroyed.
class Link {
public:
    Link() noexcept = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { unlink(); }

    [[nodiscard]] bool is_linked() const noexcept { return m_next != this; }
    void unlink() noexcept
    {
        m_previous->m_next = m_next;
        m_next->m_previous = m_previous;
        m_previous = m_next = this;
    }

private:
    template <class T>
    friend class List;

    Link* m_previous = this;
    Link* m_next = this;
};

/// A queue of elements that others own, whose type derives from Link. Neither adding nor leaving allocates.
template <class T>
class List {
public:
    [[nodiscard]] bool is_empty() const noexcept { return !m_head.is_linked(); }
    /// Moves it to the end, from whichever list it is in.
    void push_back(T& element) noexcept
    {
        Link& link = element;
        link.unlink();
        link.m_previous = m_head.m_previous;
        link.m_next = &m_head;
        m_head.m_previous->m_next = &link;
        m_head.m_previous = &link;
    }
    /// Of a list that is not empty.
    T& pop_front() noexcept
    {
        Link& link = *m_head.m_next;
        link.unlink();
        return static_cast<T&>(link);
    }
    /// Takes all elements of another list, in order, behind its own.
    void append(List& other) noexcept
    {
        if (other.is_empty()) return;
        Link &first = *other.m_head.m_next, &last = *other.m_head.m_previous;
        other.m_head.m_next = other.m_head.m_previous = &other.m_head;
        first.m_previous = m_head.m_previous;
        m_head.m_previous->m_next = &first;
        last.m_next = &m_head;
        m_head.m_previous = &last;
    }

private:
    Link m_head;
};

}  // namespace weir::async::detail
