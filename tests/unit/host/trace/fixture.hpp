#pragma once

#include "host/trace/decode.hpp"
#include "host/trace/write.hpp"
#include "host/wasip1/world.hpp"
#include "support/execution.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir::test {

/// Shows calls of WASI's functions that are never made: the test says what they would have left.
class Tracing : public testing::Test {
protected:
    static constexpr uint32_t memory_bytes = 65536;

    // (module (memory (export "memory") 1 1))
    Tracing() : m_guest(engine_modes[0], wat("", "0061736d01000000050401010101070a01066d656d6f72790200")) {}

    host::GuestMemory memory() { return host::GuestMemory{m_guest.instance()->default_memory()}; }
    runtime::Instance* instance() { return m_guest.instance(); }
    template <class T>
    void store(uint32_t at, const T& value)
    {
        std::memcpy(m_guest.memory().data() + at, &value, sizeof value);
    }
    void store_text(uint32_t at, std::string_view text) { std::memcpy(m_guest.memory().data() + at, text.data(), text.size()); }

    static const runtime::HostFunction& function(std::string_view name, std::string_view module = "wasi_snapshot_preview1")
    {
        for (const runtime::HostModule& m : wasip1::World::host_modules())
            for (const runtime::HostFunction& f : m.functions)
                if (m.name == module && f.name == name) return f;
        throw std::runtime_error{"no function " + std::string{name}};
    }

    /// A call that answers `status`; `during` is what it does to guest memory.
    template <class During>
    trace::ShownCall call(std::string_view name, std::initializer_list<uint64_t> arguments, wasip1::Errno status, During during)
    {
        const trace::Decoder decoder{"wasi_snapshot_preview1", function(name)};
        runtime::Value values[16]{}, after[16]{};
        size_t i = 0;
        for (const uint64_t a : arguments) values[i++].i64 = a;
        EXPECT_EQ(i, function(name).params.size());
        trace::ShownCall shown = decoder.before(memory(), values);
        during();
        after[0].i32 = static_cast<uint32_t>(status);
        decoder.after(shown, memory(), values, after, true);
        return shown;
    }
    /// Its line, without the duration.
    template <class During>
    std::string line(std::string_view name, std::initializer_list<uint64_t> arguments, wasip1::Errno status, During during)
    {
        std::string text = to_line(call(name, arguments, status, during), 0);
        EXPECT_TRUE(text.ends_with(" (0 ns)")) << text;
        return text.substr(0, text.size() - 7);
    }
    std::string line(std::string_view name, std::initializer_list<uint64_t> arguments,
                     wasip1::Errno status = wasip1::Errno::success)
    {
        return line(name, arguments, status, [] {});
    }

private:
    Guest m_guest;
};

}  // namespace weir::test
