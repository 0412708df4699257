#include "api/impl.hpp"

#include <algorithm>

namespace weir::detail {

namespace {

runtime::Store& store_of(const TaskState& task) { return *static_cast<runtime::Store*>(task.store); }

void finish(TaskState& task, std::unique_ptr<Error> error)
{
    owner_of(store_of(task)).task = nullptr;
    task.store = nullptr;
    task.error = std::move(error);
    task.status = TaskStatus::done;
}

TaskStatus note_progress(TaskState& task, const runtime::Progress& progress)
{
    if (const auto* const suspended = std::get_if<runtime::Suspended>(&progress)) {
        return task.status = suspended->by == runtime::Suspended::By::interrupt ? TaskStatus::preempted : TaskStatus::waiting;
    }
    std::unique_ptr<Error> error;
    if (const auto* const trap = std::get_if<runtime::Trap>(&progress)) error = std::make_unique<Error>(to_error(*trap));
    if (const auto* const exit = std::get_if<runtime::Exit>(&progress)) error = std::make_unique<Error>(to_error(*exit));
    finish(task, std::move(error));
    // Last: who awaited may destroy the task.
    if (const auto continuation = std::exchange(task.continuation, {})) continuation.resume();
    return TaskStatus::done;
}

}  // namespace

std::unique_ptr<TaskState> refused_task(Error error)
{
    auto task = std::make_unique<TaskState>();
    task->error = std::make_unique<Error>(std::move(error));
    return task;
}

std::unique_ptr<TaskState> start(const Callee& callee, const Slot* arguments, size_t argument_count, size_t slot_count)
{
    auto& store = *static_cast<runtime::Store*>(callee.store);
    if (store.is_running() || store.is_suspended())
        return refused_task({ErrorKind::usage, "a guest of the instance is running or suspended already"});
    auto task = std::make_unique<TaskState>();
    task->slots = std::make_unique<Slot[]>(slot_count);
    std::copy_n(arguments, argument_count, task->slots.get());
    task->store = callee.store;
    owner_of(store).task = task.get();
    note_progress(*task, store.start(*static_cast<const runtime::Function*>(callee.function), to_values(task->slots.get())));
    return task;
}

TaskState::~TaskState() { stop(); }

TaskStatus TaskState::resume()
{
    if (status == TaskStatus::done || !store_of(*this).is_suspended()) return status;
    return note_progress(*this, store_of(*this).resume());
}

void TaskState::stop() noexcept
{
    if (status == TaskStatus::done) return;
    continuation = {};
    finish(*this, to_error(store_of(*this).stop(stop_requested)));
}

void CompletionState::finish()
{
    is_complete = true;
    if (TaskState* const waiting = std::exchange(task, nullptr)) waiting->resume();
}

bool wait(const Caller& caller, void* context, CompletionState& state) noexcept
{
    TaskState* const task = owner_of(*static_cast<runtime::HostFunctionContext*>(context)->exec->store).task;
    while (!state.is_complete) {
        if (!caller.can_suspend())
            return Access::fail(
                caller, Error::failure("a host function waits, which it can only for a guest that was started, not called"));
        state.task = task;
        const Resumption how = caller.suspend();
        state.task = nullptr;
        if (how != Resumption::resumed) {
            state.is_complete = true;  // an answer that still comes is for nobody
            return false;
        }
    }
    return true;
}

}  // namespace weir::detail
