#include "runtime/tier_up.hpp"

#include "base/signals_blocked.hpp"
#include "runtime/module_code.hpp"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <system_error>
#include <thread>
#include <vector>

namespace weir::runtime {

namespace {

// A call takes some ten nanoseconds, a pass around a small loop one; LLVM takes some milliseconds for a function.
constexpr int32_t first_calls = 10'000, first_loops = 100'000;
// Passes around a loop until what was requested is looked for again.
constexpr int32_t waiting_budget = 10'000;
// The same where a former run's code for loops is there; and how often, until it is as if there was none.
constexpr int32_t recalling_budget = 1'000;
constexpr int max_recalls = first_loops / recalling_budget;
constexpr int32_t never = std::numeric_limits<int32_t>::max();
// A function that was called no more often than that and is in a loop is most likely called no more: only the loop is worth compiling.
constexpr int32_t max_rare_calls = 2;

}  // namespace

void HotCode::remember(const CodeImage& image, const CodeSpace& space)
{
    const std::scoped_lock lock{mutex};
    for (const PieceRecord& piece : image.pieces) {
        if (piece.tier != CodeTier::hot) continue;
        variant(wasm::FuncIdx{piece.function}, piece.loop_offset) = {Status::ready, space.address_of(piece)};
        if (piece.loop_offset != 0) m_recalls_left[piece.function] = max_recalls;
    }
}

std::optional<HotCode::Variant> HotCode::recall(wasm::FuncIdx function, uint32_t loop_offset)
{
    const std::scoped_lock lock{mutex};
    const auto left = m_recalls_left.find(function.value);
    if (left == m_recalls_left.end()) return std::nullopt;
    const auto known = m_variants.find(key(function, loop_offset));
    if (known != m_variants.end()) return known->second;
    if (--left->second == 0) m_recalls_left.erase(left);
    return Variant{};
}

class TierUp::Worker {
public:
    explicit Worker(std::shared_ptr<const Compiler> optimizer) : m_optimizer(std::move(optimizer)) {}

    struct Job {
        std::weak_ptr<ModuleCode> code;  // code that nobody needs any more is not compiled
        const ModuleCode* identity;      // of `code`, also when that is gone
        wasm::FuncIdx function;
        uint32_t loop_offset;
        uint32_t heat = 1;  // how many times it has become hot
    };

    /// False when there is no thread to do it.
    static bool add(const std::shared_ptr<Worker>& self, Job job)
    {
        const std::scoped_lock lock{self->m_mutex};
        if (!self->m_thread.joinable()) {
            const SignalsBlocked blocked;
            try {
                self->m_thread = std::thread{[self] { self->work(); }};
            } catch (const std::system_error&) {
                return false;
            }
        }
        self->m_jobs.push_back(std::move(job));
        self->m_changed.notify_all();
        return true;
    }

    /// What waits to be compiled has become hot once more.
    void heat(const ModuleCode& code, wasm::FuncIdx function, uint32_t loop_offset)
    {
        const std::scoped_lock lock{m_mutex};
        const auto job = std::ranges::find_if(
            m_jobs, [&](const Job& j) { return j.identity == &code && j.function == function && j.loop_offset == loop_offset; });
        if (job != m_jobs.end()) ++job->heat;
    }

    void wait_until_idle()
    {
        std::unique_lock lock{m_mutex};
        m_changed.wait(lock, [&] { return m_jobs.empty() && !m_is_busy; });
    }

    void stop()
    {
        {
            const std::scoped_lock lock{m_mutex};
            m_is_stopping = true;
            m_changed.notify_all();
        }
        if (!m_thread.joinable()) return;
        // The last one who needs an engine may be this very thread, in whose hands a module's code was when its other users went.
        if (m_thread.get_id() == std::this_thread::get_id()) m_thread.detach();
        else m_thread.join();
    }

private:
    void work()
    {
        std::unique_lock lock{m_mutex};
        for (;;) {
            m_changed.wait(lock, [&] { return m_is_stopping || !m_jobs.empty(); });
            if (m_is_stopping) return;
            // The hottest; of those alike the one that waits longest.
            const auto next = std::ranges::max_element(m_jobs, {}, &Job::heat);
            const Job job = std::move(*next);
            m_jobs.erase(next);
            m_is_busy = true;
            lock.unlock();
            if (const auto code = job.code.lock()) compile(*code, job.function, job.loop_offset);
            lock.lock();
            m_is_busy = false;
            m_changed.notify_all();
        }
    }

    void compile(ModuleCode& code, wasm::FuncIdx function, uint32_t loop_offset)
    {
        const void* place = nullptr;
        try {
            const auto result =
                loop_offset == 0
                    ? m_optimizer->compile_function(*code.module(), code.layout(), code.options(), function, m_compiled)
                    : m_optimizer->compile_loop(*code.module(), code.layout(), code.options(), function, loop_offset, m_compiled);
            if (result) place = code.install(m_compiled, function, loop_offset);
        } catch (const std::bad_alloc&) {
            place = nullptr;  // it goes on as it is
        }
        const std::scoped_lock lock{code.hot_code().mutex};
        code.hot_code().variant(function, loop_offset) = {place != nullptr ? HotCode::Status::ready : HotCode::Status::refused,
                                                          place};
    }

    std::shared_ptr<const Compiler> m_optimizer;
    CompiledCode m_compiled;
    std::mutex m_mutex;  // guards what follows
    std::condition_variable m_changed;
    std::vector<Job> m_jobs;  // in the order in which they came
    bool m_is_busy = false;
    bool m_is_stopping = false;
    std::thread m_thread;
};

TierUp::TierUp(std::shared_ptr<const Compiler> optimizer, bool is_eager)
    : m_worker(std::make_shared<Worker>(std::move(optimizer))), m_is_eager(is_eager)
{
}

TierUp::~TierUp() { m_worker->stop(); }

void TierUp::start_counting(HeatCounters& counters, const void* code) const
{
    counters = {.calls = m_is_eager ? 0 : first_calls, .loops = m_is_eager ? 0 : first_loops, .first_code = code};
}

HotCode::Variant TierUp::request(ModuleCode& code, wasm::FuncIdx function, uint32_t loop_offset)
{
    HotCode& hot = code.hot_code();
    std::unique_lock lock{hot.mutex};
    HotCode::Variant& variant = hot.variant(function, loop_offset);
    if (variant.status == HotCode::Status::requested) m_worker->heat(code, function, loop_offset);
    if (variant.status != HotCode::Status::cold) return variant;
    variant.status = HotCode::Status::requested;
    if (!Worker::add(m_worker, {code.weak_from_this(), &code, function, loop_offset})) variant.status = HotCode::Status::refused;
    if (!m_is_eager) return variant;
    lock.unlock();
    m_worker->wait_until_idle();
    lock.lock();
    return hot.variant(function, loop_offset);
}

const void* TierUp::on_hot(ModuleCode& code, wasm::FuncIdx function, uint32_t loop_offset)
{
    HeatCounters& counters = code.counters_of(function);
    const bool is_rarely_called = !m_is_eager && first_calls - counters.calls <= max_rare_calls;
    using enum HotCode::Status;
    if (loop_offset == 0 || loop_offset == staying_loop) {
        // What waits goes on counting: the hottest is compiled first.
        const bool is_waiting = request(code, function, 0).status == requested;
        const bool is_entry = loop_offset == 0;
        (is_entry ? counters.calls : counters.loops) = m_is_eager ? 0 : !is_waiting ? never : is_entry ? first_calls : first_loops;
        return nullptr;
    }
    if (const auto recalled = code.hot_code().recall(function, loop_offset)) {
        counters.loops = recalling_budget;
        return recalled->entry;
    }
    // Who comes again although the function's own code is ready is in a loop that does not end soon.
    const auto entry = is_rarely_called ? ready : request(code, function, 0).status;
    const HotCode::Variant loop = entry == requested ? HotCode::Variant{} : request(code, function, loop_offset);
    const bool is_hopeless = entry == refused && loop.status == refused;
    counters.loops = m_is_eager ? 0 : is_hopeless ? never : waiting_budget;
    return loop.entry;
}

}  // namespace weir::runtime
