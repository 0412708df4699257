#include "runtime/interrupt.hpp"

#include "support/execution.hpp"

#include <csignal>
#include <ctime>
#include <filesystem>
#include <functional>
#include <pthread.h>
#include <random>
#include <thread>
#include <unistd.h>

// Interruption, docs/design.md C9. ThreadSanitizer holds signals back until the next system call, which a loop of a guest never makes.
#if defined(__has_feature) && __has_feature(thread_sanitizer)
#define WEIR_NEEDS_SIGNALS() GTEST_SKIP() << "ThreadSanitizer delays signals"
#else
#define WEIR_NEEDS_SIGNALS() static_cast<void>(0)
#endif

namespace weir::test {
namespace {

using runtime::InterruptAnswer;
using runtime::InterruptReasons;
using runtime::Store;
using runtime::TrapKind;

bool run_body(runtime::HostFunctionContext& cx, runtime::Value*) noexcept
{
    auto& body = *static_cast<std::function<bool(runtime::HostFunctionContext&)>*>(cx.data);
    return body ? body(cx) : true;
}
constexpr runtime::HostFunction host_functions[] = {{"f", {}, {}, run_body, ""}};
constexpr runtime::HostModule host_module{"host", "tests", host_functions};

/// Functions that never end, each in its way, and some that do.
Wat endless()
{
    return wat(
        R"wat(
(module
  (import "host" "f" (func $f))
  (memory (export "memory") 1 1 shared)
  (table 1 funcref)
  (elem (i32.const 0) $leaf)
  (type $i32_to_i32 (func (param i32) (result i32)))
  (func $leaf (param i32) (result i32) local.get 0 i32.const 1 i32.add)
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "tight") (loop (br 0)))
  (func (export "calls") (local i32)
    (loop (local.set 0 (call $leaf (local.get 0))) (br 0)))
  (func (export "indirect_calls") (local i32)
    (loop (local.set 0 (call_indirect (type $i32_to_i32) (local.get 0) (i32.const 0))) (br 0)))
  (func (export "recursion") (loop (drop (call $fib (i32.const 12))) (br 0)))
  (func $tail (export "tail_calls") (param i32) (return_call $tail (i32.add (local.get 0) (i32.const 1))))
  (func (export "host_calls") (loop (call $f) (br 0)))
  (func (export "builtins")
    (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 64)) (memory.copy (i32.const 1) (i32.const 0) (i32.const 200))
      (memory.copy (i32.const 1) (i32.const 0) (i32.const 1000)) (drop (memory.grow (i32.const 1))) (br 0)))
  (func (export "waits") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (func (export "short_waits")
    (loop (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1000))) (br 0)))
  (func (export "nothing"))
  (func (export "host_call") (call $f))
)
)wat",
        "0061736d01000000010d0360017f017f60000060017f00020a0104686f737401660001030e0d00000101010102010101010101040401700001050401"
        "0301010788010c066d656d6f7279020005746967687400030563616c6c7300040e696e6469726563745f63616c6c73000509726563757273696f6e00"
        "060a7461696c5f63616c6c7300070a686f73745f63616c6c730008086275696c74696e730009057761697473000a0b73686f72745f7761697473000b"
        "076e6f7468696e67000c09686f73745f63616c6c000d0907010041000b01010ac9010d0700200041016a0b1c002000410249047f200005200041016b"
        "1002200041026b10026a0b0b070003400c000b0b0f01017f03402000100121000c000b0b1201017f03402000410011000021000c000b0b0c00034041"
        "0c10021a0c000b0b0900200041016a12070b0900034010000c000b0b2c0003404100410041c000fc0b004101410041c801fc0a00004101410041e807"
        "fc0a0000410140001a0c000b0b0d0041004100427ffe0102001a0b130003404100410042e807fe0102001a0c000b0b02000b040010000b");
}

constexpr const char* endless_functions[] = {"tight",      "calls",    "indirect_calls", "recursion",  "tail_calls",
                                             "host_calls", "builtins", "waits",          "short_waits"};

size_t open_descriptors()
{
    const auto entries = std::filesystem::directory_iterator{"/proc/self/fd"};
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

Store* requested = nullptr;
void request_from_handler(int) { requested->request_interrupt(1); }

/// SIGUSR1 requests an interruption of this store, for as long as this lives.
class RequestOnSignal {
public:
    explicit RequestOnSignal(Store& store)
    {
        requested = &store;
        struct sigaction action{};
        action.sa_handler = request_from_handler;
        action.sa_flags = SA_ONSTACK | SA_RESTART;
        EXPECT_EQ(sigaction(SIGUSR1, &action, &m_before), 0);
    }
    ~RequestOnSignal() { sigaction(SIGUSR1, &m_before, nullptr); }
    RequestOnSignal(const RequestOnSignal&) = delete;
    RequestOnSignal& operator=(const RequestOnSignal&) = delete;

private:
    struct sigaction m_before{};
};

/// Interrupts this thread's guest again and again, each time a few microseconds after the last one was answered. A timer does it and not
/// a thread, which would have to get its share of the machine for each.
class Storm {
public:
    explicit Storm(Store& store) : m_on_signal(store), m_store(store)
    {
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = SIGUSR1;
        event._sigev_un._tid = gettid();
        EXPECT_EQ(timer_create(CLOCK_MONOTONIC, &event, &m_timer), 0);
        arm();
    }
    ~Storm()
    {
        timer_delete(m_timer);
        m_store.withdraw_interrupts();
    }
    Storm(const Storm&) = delete;
    Storm& operator=(const Storm&) = delete;

    /// The guest was interrupted and goes on, or its call has ended.
    void answer()
    {
        ++m_answers;
        arm();
    }
    [[nodiscard]] int answers() const { return m_answers; }
    static InterruptAnswer go_on(InterruptReasons, void* data) noexcept;
    static InterruptAnswer yield(InterruptReasons, void*) noexcept { return InterruptAnswer::yield; }

private:
    void arm()
    {
        itimerspec once{};
        once.it_value.tv_nsec = static_cast<long>(1 + m_random() % 60'000);
        EXPECT_EQ(timer_settime(m_timer, 0, &once, nullptr), 0);
    }
    RequestOnSignal m_on_signal;
    Store& m_store;
    timer_t m_timer{};
    std::minstd_rand m_random{1};
    int m_answers = 0;
};

class Interrupt : public Execution {
protected:
    /// `body` is what the import does; nothing when empty.
    std::function<bool(runtime::HostFunctionContext&)> body;
    Guest load_endless() { return Guest{GetParam(), endless(), &host_module, &body}; }
    static CallResult call(Guest& guest, std::string_view name)
    {
        return name == "tail_calls" ? guest.call(name, {i32(0)}) : guest.call(name);
    }
};
INSTANTIATE_EXECUTION_TESTS(Interrupt);

TEST_P(Interrupt, stops_what_never_ends_wherever_it_is)
{
    WEIR_NEEDS_SIGNALS();
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    const size_t descriptors = open_descriptors();
    std::minstd_rand random{1};
    for (const char* const name : endless_functions) {
        SCOPED_TRACE(name);
        for (int i = 0; i < 40; ++i) {
            const auto delay = std::chrono::microseconds{random() % 300};
            std::jthread other{[&] {
                std::this_thread::sleep_for(delay);
                store.request_interrupt(4);
            }};
            ASSERT_EQ(call(guest, name), traps(TrapKind::interrupted)) << i;
            EXPECT_EQ(store.stopped_for(), 4U);
        }
    }
    EXPECT_EQ(guest.call("nothing"), returns());
    EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_P(Interrupt, says_where_the_guest_was)
{
    WEIR_NEEDS_SIGNALS();
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    std::jthread other{[&] {
        // Not before it runs: a call that is stopped at its first instruction is nowhere.
        while (guest.memory()[0] == std::byte{0}) std::this_thread::yield();
        store.request_interrupt(1);
    }};
    body = [&](runtime::HostFunctionContext&) {
        guest.memory()[0] = std::byte{1};
        return true;
    };
    EXPECT_EQ(guest.call("host_calls"), traps(TrapKind::interrupted));
    const auto& frames = guest.last_trap().frames;
    ASSERT_LE(frames.size(), 1U);  // none in the trampoline
    if (!frames.empty()) EXPECT_EQ(frames[0].function.value, guest.code().module()->find_export("host_calls")->index);
}

TEST_P(Interrupt, comes_to_the_next_call_when_none_runs_and_can_be_taken_back)
{
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    EXPECT_EQ(guest.call("nothing"), returns());
    store.request_interrupt(1);
    store.request_interrupt(2);
    EXPECT_EQ(guest.call("nothing"), traps(TrapKind::interrupted));
    EXPECT_EQ(store.stopped_for(), 3U);
    EXPECT_EQ(guest.call("nothing"), returns());
    store.request_interrupt(1);
    store.withdraw_interrupts();
    EXPECT_EQ(guest.call("nothing"), returns());
    store.request_interrupt(~runtime::all_interrupt_reasons);  // no reason
    EXPECT_EQ(guest.call("nothing"), returns());
}

TEST_P(Interrupt, stops_the_calls_around_the_one_it_met)
{
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    CallResult inner, later;
    body = [&](runtime::HostFunctionContext&) {
        store.request_interrupt(1);
        inner = guest.call("tight");
        later = guest.call("nothing");
        return true;  // as if nothing had happened
    };
    EXPECT_EQ(guest.call("host_call"), traps(TrapKind::interrupted));
    EXPECT_EQ(inner, traps(TrapKind::interrupted));
    EXPECT_EQ(later, traps(TrapKind::interrupted));
    EXPECT_EQ(guest.call("nothing"), returns());
}

TEST_P(Interrupt, meets_host_functions_when_they_return)
{
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    int calls = 0;
    body = [&](runtime::HostFunctionContext&) {
        if (++calls == 3) store.request_interrupt(1);
        return true;
    };
    EXPECT_EQ(guest.call("host_calls"), traps(TrapKind::interrupted));
    EXPECT_EQ(calls, 3);
    ASSERT_EQ(guest.last_trap().frames.size(), 1U);
    EXPECT_EQ(guest.last_trap().frames[0].function.value, guest.code().module()->find_export("host_calls")->index);
}

TEST_P(Interrupt, may_come_at_the_end_of_a_call)
{
    WEIR_NEEDS_SIGNALS();
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    {
        Storm storm{store};
        for (uint32_t i = 0; storm.answers() < 1000; ++i) {
            const CallResult result = guest.call(i % 2 == 0 ? "nothing" : "host_call");
            if (result == returns()) continue;
            ASSERT_EQ(result, traps(TrapKind::interrupted));
            storm.answer();
        }
    }
    EXPECT_EQ(guest.call("nothing"), returns());
}

/// Leaves nothing of the registers that a handler may change.
void clobber_registers()
{
    asm volatile("xorl %%eax, %%eax\n\tnotq %%rax\n\t"
                 "movq %%rax, %%xmm0\n\tmovq %%rax, %%xmm1\n\tmovq %%rax, %%xmm2\n\tmovq %%rax, %%xmm3\n\t"
                 "movq %%rax, %%xmm4\n\tmovq %%rax, %%xmm5\n\tmovq %%rax, %%xmm6\n\tmovq %%rax, %%xmm7\n\t"
                 "movq %%rax, %%xmm8\n\tmovq %%rax, %%xmm9\n\tmovq %%rax, %%xmm10\n\tmovq %%rax, %%xmm11\n\t"
                 "movq %%rax, %%xmm12\n\tmovq %%rax, %%xmm13\n\tmovq %%rax, %%xmm14\n\tmovq %%rax, %%xmm15\n\t"
                 "movq %%rax, %%rcx\n\tmovq %%rax, %%rdx\n\tmovq %%rax, %%rsi\n\tmovq %%rax, %%rdi\n\tmovq %%rax, %%r8\n\t"
                 "movq %%rax, %%r9\n\tmovq %%rax, %%r10\n\tmovq %%rax, %%r11\n\taddq $1, %%rax\n\t" ::
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                       "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
    if (__builtin_cpu_supports("avx512f") != 0)
        asm volatile("vpternlogd $255, %%zmm0, %%zmm0, %%zmm0\n\tvpternlogd $255, %%zmm15, %%zmm15, %%zmm15\n\t"
                     "vpternlogd $255, %%zmm31, %%zmm31, %%zmm31\n\tkxnorw %%k1, %%k1, %%k1\n\tvzeroupper" ::
                         : "xmm0", "xmm15", "memory");
}

InterruptAnswer Storm::go_on(InterruptReasons, void* data) noexcept
{
    static_cast<Storm*>(data)->answer();
    clobber_registers();
    return InterruptAnswer::go_on;
}

/// Much state in registers of all kinds, flags that live between instructions, calls and copies in between.
Wat computing()
{
    return wat(
        R"wat(
(module
  (import "host" "f" (func $f))
  (memory (export "memory") 2)
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $many (param i64 i64 i64 i64 i64 i64 i64 f64 f64) (result i64 f64 i64)
    (i64.add (local.get 0) (i64.xor (local.get 6) (local.get 5)))
    (f64.add (local.get 7) (local.get 8))
    (i64.sub (local.get 4) (local.get 3)))
  (func (export "integers") (param $n i32) (result i64)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64)
    (local.set $a (i64.const 0x9e3779b97f4a7c15)) (local.set $b (i64.const 3)) (local.set $c (i64.const 5)) (local.set $d (i64.const 7))
    (loop
      (local.set $a (i64.xor (local.get $a) (i64.shl (local.get $a) (i64.const 13))))
      (local.set $a (i64.xor (local.get $a) (i64.shr_u (local.get $a) (i64.const 7))))
      (local.set $a (i64.xor (local.get $a) (i64.shl (local.get $a) (i64.const 17))))
      (local.set $b (i64.add (i64.mul (local.get $b) (local.get $a)) (local.get $c)))
      (local.set $c (i64.rotl (local.get $c) (local.get $b)))
      (local.set $d (i64.add (local.get $d) (i64.extend_i32_u (i64.lt_s (local.get $a) (local.get $b)))))
      (local.set $e (select (i64.add (local.get $e) (local.get $d)) (i64.sub (local.get $e) (local.get $c)) (i64.gt_u (local.get $b) (local.get $c))))
      (local.set $e (i64.add (local.get $e) (i64.rem_u (local.get $b) (i64.or (local.get $a) (i64.const 1)))))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.xor (local.get $a) (i64.xor (local.get $b) (i64.xor (local.get $c) (i64.xor (local.get $d) (local.get $e))))))
  (func (export "vectors") (param $n i32) (result i64)
    (local $x f64) (local $y f64) (local $s f32) (local $v v128) (local $w v128) (local $u v128)
    (local.set $x (f64.const 0.3)) (local.set $s (f32.const 1.5))
    (local.set $v (v128.const i32x4 1 2 3 4)) (local.set $w (v128.const i32x4 0x12345678 0x9abcdef0 0x0fedcba9 0x87654321))
    (loop
      (local.set $x (f64.mul (f64.mul (f64.const 3.9) (local.get $x)) (f64.sub (f64.const 1) (local.get $x))))
      (local.set $y (f64.add (f64.sqrt (local.get $x)) (f64.mul (local.get $y) (f64.const 0.5))))
      (local.set $s (f32.add (f32.mul (local.get $s) (f32.const 0.75)) (f32.demote_f64 (local.get $y))))
      (local.set $v (i32x4.add (i32x4.mul (local.get $v) (local.get $w)) (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12 (local.get $w) (local.get $v))))
      (local.set $w (v128.xor (i32x4.shl (local.get $w) (i32.const 5)) (i32x4.shr_u (local.get $v) (i32.const 3))))
      (local.set $u (i64x2.add (local.get $u) (v128.and (local.get $v) (local.get $w))))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.add (i64.add (i64.reinterpret_f64 (local.get $x)) (i64.reinterpret_f64 (local.get $y)))
      (i64.add (i64.extend_i32_u (i32.reinterpret_f32 (local.get $s)))
        (i64.add (i64.add (i64x2.extract_lane 0 (local.get $u)) (i64x2.extract_lane 1 (local.get $u)))
          (i64.add (i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v)))))))
  (func (export "calls") (param $n i32) (result i64) (local $s i64) (local $x f64)
    (loop
      (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (call $fib (i32.add (i32.const 5) (i32.and (local.get $n) (i32.const 3)))))))
      (call $many (local.get $s) (i64.const 1) (i64.const 2) (i64.extend_i32_u (local.get $n)) (i64.const 4) (local.get $s) (i64.const 6) (local.get $x) (f64.const 0.25))
      (local.set $s (i64.add (local.get $s)))
      (local.set $x)
      (local.set $s (i64.rotl (i64.const 9)))
      (call $f)
      (i32.store (i32.const 100) (i32.wrap_i64 (local.get $s)))
      (memory.copy (i32.const 300) (i32.const 100) (i32.const 70))
      (local.set $s (i64.add (local.get $s) (i64.load (i32.const 300))))
      (drop (memory.grow (i32.const 0)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.add (local.get $s) (i64.reinterpret_f64 (local.get $x))))
)
)wat",
        "0061736d01000000011d0460000060017f017f60097e7e7e7e7e7e7e7c7c037e7c7e60017f017e020a0104686f737401660000030605010203030305"
        "03010002072704066d656d6f7279020008696e746567657273000307766563746f727300040563616c6c7300050aae04051c002000410249047f2000"
        "05200041016b1001200041026b10016a0b0b1400200020062005857c20072008a0200420037d0b900101057e4295f8a9fa97b7de9b9e7f2101420321"
        "024205210342072104034020012001420d868521012001200142078885210120012001421186852101200220017e20037c2102200320028921032004"
        "2001200253ad7c2104200520047c200520037d20022003561b2105200520022001420184827c2105200041016b22000d000b20012002200320042005"
        "858585850bee0103027c017d037b44333333333333d33f2101430000c03f2103fd0c010000000200000003000000040000002104fd0c78563412f0de"
        "bc9aa9cbed0f2143658721050340443333333333330f402001a244000000000000f03f2001a1a2210120019f200244000000000000e03fa2a0210220"
        "03430000403f942002b692210320042005fdb50120052004fd0d03020100070605040b0a09080f0e0d0cfdae01210420054105fdab0120044103fdad"
        "01fd512105200620042005fd4efdce012106200041016b22000d000b2001bd2002bd7c2003bcad2006fd1d002006fd1d017c2004fd1d002004fd1d01"
        "7c7c7c7c0b7802017e017c03402001410520004103716a1001ad7c21012001420142022000ad420420014206200244000000000000d03f100220017c"
        "210121024209892101100041e4002001a736020041ac0241e40041c600fc0a0000200141ac022903007c2101410040001a200041016b22000d000b20"
        "012002bd7c0b");
}

TEST_P(Interrupt, leaves_no_trace_when_the_answer_is_to_go_on)
{
    WEIR_NEEDS_SIGNALS();
    for (const char* const name : {"integers", "vectors", "calls"}) {
        SCOPED_TRACE(name);
        Guest guest{GetParam(), computing(), &host_module, &body};
        Store& store = guest.instance()->store();
        const Values n{i32(20'000)};
        const CallResult undisturbed = guest.call(name, n);
        ASSERT_EQ(undisturbed.kind, CallResult::Kind::returned);
        Storm storm{store};
        store.set_interrupt_handler(Storm::go_on, &storm);
        while (storm.answers() < 3000)
            ASSERT_EQ(guest.call(name, n), undisturbed) << "after " << storm.answers() << " interruptions";
    }
}

TEST_P(Interrupt, leaves_no_trace_when_the_guest_yields_and_is_resumed)
{
    WEIR_NEEDS_SIGNALS();
    for (const char* const name : {"integers", "vectors", "calls"}) {
        SCOPED_TRACE(name);
        Guest guest{GetParam(), computing(), &host_module, &body};
        Store& store = guest.instance()->store();
        const CallResult undisturbed = guest.call(name, {i32(20'000)});
        ASSERT_EQ(undisturbed.kind, CallResult::Kind::returned);
        const auto function = std::get<const runtime::Function*>(*guest.instance()->find_export(name));
        Storm storm{store};
        store.set_interrupt_handler(Storm::yield, nullptr);
        while (storm.answers() < 3000) {
            runtime::Value value{.i64 = 20'000};
            auto progress = store.start(*function, &value);
            for (; std::holds_alternative<runtime::Suspended>(progress); progress = store.resume()) {
                ASSERT_EQ(std::get<runtime::Suspended>(progress).by, runtime::Suspended::By::interrupt);
                clobber_registers();
                storm.answer();
            }
            ASSERT_TRUE(std::holds_alternative<runtime::Returned>(progress));
            ASSERT_EQ(returns(i64(value.i64)), undisturbed) << "after " << storm.answers() << " interruptions";
        }
    }
}

TEST_P(Interrupt, lets_endless_guests_take_turns_until_they_are_stopped)
{
    WEIR_NEEDS_SIGNALS();
    std::vector<std::unique_ptr<Guest>> guests;
    for (const char* const name : {"tight", "calls", "recursion", "host_calls", "builtins"}) {
        guests.push_back(std::make_unique<Guest>(GetParam(), endless(), &host_module, &body));
        Store& store = guests.back()->instance()->store();
        store.set_interrupt_handler(Storm::yield, nullptr);
        store.request_interrupt(1);  // and so it yields before its first instruction
        runtime::Value none[1];
        const auto function = std::get<const runtime::Function*>(*guests.back()->instance()->find_export(name));
        ASSERT_TRUE(std::holds_alternative<runtime::Suspended>(store.start(*function, none)));
    }
    for (int round = 0; round < 20; ++round)
        for (const auto& guest : guests) {
            Store& store = guest->instance()->store();
            Storm storm{store};
            ASSERT_TRUE(std::holds_alternative<runtime::Suspended>(store.resume()));
        }
    for (const auto& guest : guests) {
        Store& store = guest->instance()->store();
        const auto outcome = store.stop(8);
        ASSERT_TRUE(std::holds_alternative<runtime::Trap>(outcome));
        EXPECT_EQ(std::get<runtime::Trap>(outcome).kind, TrapKind::interrupted);
        EXPECT_EQ(store.stopped_for(), 8U);
        EXPECT_EQ(guest->call("nothing"), returns());
    }
}

TEST_P(Interrupt, to_yield_is_to_go_on_for_a_guest_that_was_called)
{
    WEIR_NEEDS_SIGNALS();
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    store.set_interrupt_handler(Storm::yield, nullptr);
    store.request_interrupt(1);
    EXPECT_EQ(guest.call("nothing"), returns());
    EXPECT_EQ(guest.call("host_call"), returns());
}

TEST_P(Interrupt, is_met_by_code_that_is_compiled_meanwhile)
{
    WEIR_NEEDS_SIGNALS();
    for (int i = 0; i < 30; ++i) {
        Guest guest{GetParam(), computing(), &host_module, &body};  // nothing is compiled yet
        Store& store = guest.instance()->store();
        Storm storm{store};
        store.set_interrupt_handler(Storm::go_on, &storm);
        EXPECT_EQ(guest.call("calls", {i32(10)}).kind, CallResult::Kind::returned);
    }
}

TEST_P(Interrupt, answers_are_asked_for_again)
{
    WEIR_NEEDS_SIGNALS();
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    struct Handler {
        Store& store;
        int asked = 0;
        static InterruptAnswer answer(InterruptReasons, void* data) noexcept
        {
            auto& self = *static_cast<Handler*>(data);
            if (++self.asked == 100) return InterruptAnswer::stop;
            self.store.request_interrupt(1);  // while the last one is being answered
            return InterruptAnswer::go_on;
        }
    } handler{store};
    store.set_interrupt_handler(Handler::answer, &handler);
    for (const char* const name : endless_functions) {
        SCOPED_TRACE(name);
        handler.asked = 0;
        store.request_interrupt(1);
        EXPECT_EQ(call(guest, name), traps(TrapKind::interrupted));
        EXPECT_EQ(handler.asked, 100);
    }
}

TEST_P(Interrupt, works_where_the_stack_is_nearly_used_up)
{
    WEIR_NEEDS_SIGNALS();
    const Wat module = wat(
        R"wat(
(module
  (func $down (export "down") (param i64) (result i64)
    (i64.add (local.get 0) (call $down (i64.add (local.get 0) (i64.const 1)))))
)
)wat",
        "0061736d0100000001060160017e017e0302010007080104646f776e00000a0e010c002000200042017c10007c0b");
    Guest guest = load(module);
    Store& store = guest.instance()->store();
    Storm storm{store};
    store.set_interrupt_handler(Storm::go_on, &storm);
    while (storm.answers() < 1000) ASSERT_EQ(guest.call("down", {i64(0)}), traps(TrapKind::call_stack_exhausted));
}

TEST_P(Interrupt, may_be_requested_by_a_signal_handler_of_the_guests_thread)
{
    WEIR_NEEDS_SIGNALS();
    Guest guest = load_endless();
    const RequestOnSignal on_signal{guest.instance()->store()};
    const pthread_t guests = pthread_self();
    std::minstd_rand random{1};
    for (const char* const name : endless_functions) {
        SCOPED_TRACE(name);
        for (int i = 0; i < 20; ++i) {
            const auto delay = std::chrono::microseconds{random() % 300};
            std::jthread other{[&] {
                std::this_thread::sleep_for(delay);
                pthread_kill(guests, SIGUSR1);
            }};
            ASSERT_EQ(call(guest, name), traps(TrapKind::interrupted)) << i;
        }
    }
}

TEST_P(Interrupt, reaches_a_thread_that_blocks_all_signals)
{
    WEIR_NEEDS_SIGNALS();
    Guest guest = load_endless();
    Store& store = guest.instance()->store();
    CallResult result;
    {
        std::jthread other{[&] {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            std::jthread third{[&] { store.request_interrupt(1); }};
            result = guest.call("tight");
        }};
    }
    EXPECT_EQ(result, traps(TrapKind::interrupted));
}

volatile std::sig_atomic_t heard = 0;

TEST(InterruptSignal, goes_on_to_the_handler_that_was_there_before)
{
    WEIR_NEEDS_SIGNALS();
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process in which no guest has run
    EXPECT_EXIT(
        {
            std::signal(SIGURG, [](int) { heard = 1; });
            std::function<bool(runtime::HostFunctionContext&)> body;
            Guest guest(engine_modes[0], endless(), &host_module, &body);
            guest.call("nothing");
            std::raise(SIGURG);
            _exit(heard == 1 ? 7 : 8);
        },
        testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace weir::test
