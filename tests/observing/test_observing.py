"""Pools in plain Python are observed from outside: async ones exactly, others in real time."""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import python

from lab import Deadlock, observe, simulate
from lab.observing import virtual_loop
from lab.observing.measure import has_gil
from lab.tracing import (
    Counter,
    Job,
    Outcome,
    State,
    counts,
    queue_depth,
    trace_from_jobs,
    waiting_times,
)
from patterns.concurrency import Cancelled, Context, TaskGroup, sleep


async def a_second(job):
    await asyncio.sleep(1)
    return job


def a_moment(job):
    time.sleep(0.001)
    if job == 3:
        raise ValueError("job 3 is broken")
    return -job


async def two_tasks(jobs, process):
    """Two workers take jobs straight from the iterator."""

    async def worker():
        for job in jobs:
            await process(job)

    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(worker())


async def one_after_the_other(jobs, process):
    for job in jobs:
        await process(job)


async def task_for_every_job(jobs, process, limit=2):
    free = asyncio.Semaphore(limit)

    async def one(job):
        async with free:
            await process(job)

    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(one(job))


def executor_map(jobs, process):
    with ThreadPoolExecutor(2) as executor:
        return list(executor.map(process, jobs))


def process_map(jobs, process, **options):
    with ProcessPoolExecutor(2, **options) as executor:
        futures = [executor.submit(process, job) for job in jobs]
    return [future.exception() or future.result() for future in futures]


def outcomes(run):
    return {job.id: job.outcome for job in run.trace.jobs}


def test_an_async_pool_takes_no_real_time_and_exactly_its_virtual_time():
    run = observe(two_tasks, range(1, 6), a_second)
    assert (run.elapsed, run.clock, run.trace.clock) == (3.0, "virtual", "virtual")


def test_the_same_run_has_the_same_trace():
    assert (
        observe(two_tasks, range(9), a_second).trace == observe(two_tasks, range(9), a_second).trace
    )


def test_virtual_time_is_exact_to_the_nanosecond():
    async def process(job):
        await asyncio.sleep(0.1)
        await asyncio.sleep(0.2)

    assert observe(one_after_the_other, range(10), process).elapsed == 3.0


@settings(max_examples=50, deadline=None, derandomize=True)
@given(delays=st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.3]), max_size=8))
def test_of_two_timers_of_one_instant_the_one_set_first_fires_first(delays):
    fired = []

    async def pool(jobs, process):
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.1)
        for number, delay in enumerate(delays):
            loop.call_later(delay, fired.append, (delay, number))
        await asyncio.sleep(1)

    observe(pool, [], a_second)
    assert fired == sorted(fired)
    assert len(fired) == len(delays)


def test_anyio_runs_in_virtual_time_too():
    async def pool(jobs, process):
        with anyio.move_on_after(2.5):
            await one_after_the_other(jobs, process)

    run = observe(pool, range(1, 6), a_second)
    assert run.elapsed == 2.5
    assert str(counts(run)) == ("5 submitted: 2 succeeded, 0 failed, 1 cancelled, 2 never started")


def test_a_job_is_submitted_when_the_pool_takes_it():
    jobs = observe(one_after_the_other, "abc", a_second).trace.jobs
    assert [(job.id, job.submitted, job.started, job.finished) for job in jobs] == [
        ("a", 0.0, 0.0, 1.0),
        ("b", 1.0, 1.0, 2.0),
        ("c", 2.0, 2.0, 3.0),
    ]


def test_the_jobs_that_wait_are_counted():
    run = observe(task_for_every_job, range(4), a_second)
    times, depths = queue_depth(run)
    assert list(zip(times, depths, strict=True))[-4:] == [(0.0, 3), (0.0, 2), (1.0, 1), (1.0, 0)]
    assert waiting_times(run) == [0.0, 0.0, 1.0, 1.0]


def test_a_worker_is_waiting_between_its_jobs_and_its_lane_ends_with_the_last():
    async def pool(jobs, process):
        for job in jobs:
            await process(job)
            await asyncio.sleep(0.5)

    spans = observe(pool, range(1, 3), a_second).trace.spans
    assert [(span.state, span.start, span.end) for span in spans] == [
        (State.WORKING, 0.0, 1.0),
        (State.WAITING, 1.0, 1.5),
        (State.WORKING, 1.5, 2.5),
    ]


def test_workers_are_numbered_in_the_order_of_their_first_jobs():
    trace = observe(two_tasks, range(4), a_second).trace
    assert [job.worker for job in trace.jobs] == ["worker-1", "worker-2", "worker-1", "worker-2"]


def test_workers_that_have_numbers_keep_them():
    async def pool(jobs, process):
        async with asyncio.TaskGroup() as group:
            for number, job in zip((7, 5), jobs, strict=True):
                group.create_task(process(job), name=f"worker-{number}")

    trace = observe(pool, range(2), a_second).trace
    assert trace.workers == ("worker-5", "worker-7")
    assert [job.worker for job in trace.jobs] == ["worker-7", "worker-5"]


def test_a_task_for_every_job_is_drawn_in_slots():
    trace = observe(task_for_every_job, range(7), a_second).trace
    assert trace.workers == ("worker-1", "worker-2")
    assert {span.state for span in trace.spans} == {State.WORKING}


def test_a_job_that_raises_has_failed_and_its_error_is_told():
    async def pool(jobs, process):
        for job in jobs:
            with suppress(KeyError):
                await process(job)

    async def process(job):
        if job == 2:
            raise KeyError("gone")

    [_, job, _] = observe(pool, [1, 2, 3], process).trace.jobs
    assert (job.outcome, job.error) == (Outcome.FAILED, "KeyError('gone')")


def test_a_job_that_is_cut_short_is_cancelled():
    async def pool(jobs, process):
        with suppress(asyncio.CancelledError):
            await one_after_the_other(jobs, process)

    async def process(job):
        raise asyncio.CancelledError

    assert outcomes(observe(pool, [1], process)) == {"1": Outcome.CANCELLED}


def test_a_job_that_exceeds_a_time_limit_of_its_own_has_failed():
    def pool(jobs, process):
        with suppress(Cancelled):
            list(map(process, jobs))

    def process(job):
        with TaskGroup(Context(timeout=0.001)):
            sleep(60)

    assert outcomes(observe(pool, [1], process)) == {"1": Outcome.FAILED}


def test_options_that_the_pool_does_not_take_are_refused_before_it_runs():
    with pytest.raises(TypeError, match=r"two tasks: got an unexpected keyword argument 'worker'"):
        observe(two_tasks, range(3), a_second, worker=2)


def test_the_run_has_the_name_and_the_options_of_its_pool():
    async def named(jobs, process, *, workers):
        await one_after_the_other(jobs, process)

    run = observe(named, range(3), a_second, workers=2)
    assert (run.name, run.options) == ("named", {"workers": 2})


def test_observing_loads_nothing_of_the_simulation():
    script = "import sys, lab.observing.observe, lab.observing.measure; print(*sys.modules)"
    loaded = python(script).split()
    assert not [name for name in loaded if name.startswith(("greenlet", "lab.simulation"))]


def test_a_job_still_in_work_at_the_end_is_cancelled_and_its_task_is_a_leak():
    started = []

    async def pool(jobs, process):
        started.extend(asyncio.create_task(process(job), name="stray") for job in jobs)
        await asyncio.sleep(0.25)

    run = observe(pool, [1], a_second)
    [job] = run.trace.jobs
    assert (job.outcome, job.finished) == (Outcome.CANCELLED, 0.25)
    assert [str(leak) for leak in run.leaks] == [
        f"stray is waiting in sleep, in a_second, line {a_second.__code__.co_firstlineno + 1}"
    ]


def test_a_job_that_was_cut_short_has_an_end_and_one_still_in_work_has_none():
    async def pool(jobs, process):
        stray = [asyncio.create_task(process(job)) for job in jobs]
        await asyncio.sleep(0.25)
        stray[0].cancel()
        await asyncio.wait(stray[:1])

    trace = observe(pool, [1, 2], a_second).trace
    assert {span.job: span.outcome for span in trace.spans} == {"1": Outcome.CANCELLED, "2": None}


def test_a_task_that_has_only_to_notice_that_it_is_over_is_no_leak():
    async def pool(jobs, process):
        asyncio.create_task(asyncio.sleep(9)).cancel()

    assert observe(pool, [], a_second).leaks == ()


def test_jobs_that_the_pool_left_are_listed_if_it_is_known_how_many_there_are():
    async def pool(jobs, process):
        await process(next(iter(jobs)))

    run = observe(pool, [1, 2, 3], a_second)
    assert list(outcomes(run).values()) == [Outcome.OK, *[Outcome.NEVER_STARTED] * 2]
    assert len(observe(pool, iter([1, 2, 3]), a_second).trace.jobs) == 1


def test_the_pool_may_ask_for_the_number_of_jobs():
    async def pool(jobs, process):
        return len(jobs)

    assert observe(pool, [1, 2, 3], a_second).value == 3


def test_a_job_processed_twice_is_listed_twice():
    async def pool(jobs, process):
        for job in jobs:
            await process(job)
            await process(job)

    assert list(outcomes(observe(pool, [1], a_second))) == ["1", "1 (2)"]


def test_a_function_that_returns_an_awaitable_will_do_as_well():
    [job] = observe(one_after_the_other, [1], lambda job: asyncio.sleep(2)).trace.jobs
    assert (job.started, job.finished) == (0.0, 2.0)


def test_what_the_pool_returns_and_what_it_raises_come_out():
    async def pool(jobs, process, answer):
        return answer / len(jobs)

    assert observe(pool, [1, 2], a_second, answer=42).value == 21
    with pytest.raises(ZeroDivisionError):
        observe(pool, [], a_second, answer=42)


def test_the_trace_of_a_pool_that_raised_is_kept_with_its_error():
    async def pool(jobs, process):
        for job in jobs:
            await process(10 / job)

    with pytest.raises(ZeroDivisionError) as caught:
        observe(pool, [1, 0], a_second)
    assert caught.value.trace.elapsed == 1.0


def test_a_pool_can_be_observed_where_a_loop_is_running_as_in_a_notebook():
    async def cell():
        return observe(two_tasks, range(4), a_second).elapsed

    assert asyncio.run(cell()) == 2.0


def test_the_pool_sees_the_context_variables_of_its_caller():
    variable = ContextVar("variable", default=0)
    variable.set(7)

    async def pool(jobs, process):
        return variable.get()

    assert observe(pool, [], a_second).value == 7


def test_waiting_for_what_never_comes_is_a_deadlock_that_says_who_waits_where():
    async def pool(jobs, process):
        waiting = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(one_after_the_other(jobs, process))
            group.create_task(waiting.get(), name="worker-1")

    with pytest.raises(Deadlock) as caught:
        observe(pool, [1], a_second)
    line = pool.__code__.co_firstlineno + 2
    assert str(caught.value) == (
        "Deadlock at 1.0 s: every task waits, and nobody is left to wake one.\n"
        f"  main is waiting in TaskGroup.__aexit__, in pool, line {line}\n"
        "  worker-1 is waiting in Queue.get"
    )
    assert outcomes(caught.value) == {"1": Outcome.OK}


def test_code_that_wants_a_thread_in_virtual_time_is_refused():
    async def pool(jobs, process):
        await asyncio.to_thread(print)

    with pytest.raises(
        RuntimeError, match=r"^what runs in a thread knows no virtual time: pass real"
    ):
        observe(pool, [], a_second)


def test_what_comes_from_another_thread_comes_too_late_and_the_error_says_what_to_do():
    async def pool(jobs, process):
        await anyio.to_thread.run_sync(time.sleep, 0.01)

    with pytest.raises(Deadlock, match=r"main is waiting in run_sync, in pool") as caught:
        observe(pool, [], a_second)
    assert "pass real=True" in caught.value.__notes__[0]


def test_polling_that_lets_no_time_pass_is_noticed(monkeypatch):
    monkeypatch.setattr(virtual_loop, "_LONGEST_STANDSTILL", 100)

    async def pool(jobs, process):
        task = asyncio.create_task(process(1))
        while not task.done():
            await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match=r"stood still at 0.0 s for 100 turns: a task polls"):
        observe(pool, [], a_second)


def test_a_timer_that_goes_on_and_on_does_not_keep_a_pool_that_waits_for_ever_going(monkeypatch):
    monkeypatch.setattr(virtual_loop, "_MOST_STEPS", 100)

    async def pool(jobs, process):
        async def look_again_and_again():
            while True:
                await asyncio.sleep(1)

        async with asyncio.TaskGroup() as group:
            group.create_task(look_again_and_again(), name="looking")
            group.create_task(asyncio.Queue().get(), name="stuck")

    message = r"(?s)stopped at 100.0 s, after 100 steps of the clock.*stuck is waiting in Queue.get"
    with pytest.raises(RuntimeError, match=message):
        observe(pool, [], a_second)


@pytest.mark.skipif(sys.platform == "win32", reason="no signal can be sent to one thread")
@pytest.mark.parametrize("real", [None, True])
def test_an_interrupted_run_ends_and_leaves_nothing_behind(real):
    ended = []

    async def process(job):
        if job == 0:  # once: a second one could come when nobody expects it any more
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        try:
            while True:
                await asyncio.sleep(0.001)
        finally:
            ended.append(job)

    with pytest.raises(KeyboardInterrupt):
        observe(two_tasks, range(2), process, real=real)
    assert ended


@pytest.mark.skipif(sys.platform == "win32", reason="no signal can be sent to one thread")
@pytest.mark.untraced
def test_an_interrupted_run_ends_even_if_it_never_awaits(monkeypatch):
    monkeypatch.setattr("lab.observing.other_thread.GRACE", 0.1)

    async def process(job):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        while True:
            pass

    with pytest.raises(KeyboardInterrupt):
        observe(two_tasks, range(2), process)


def test_an_async_pool_runs_in_real_time_if_it_is_told_to():
    async def process(job):
        await asyncio.to_thread(a_moment, job)

    run = observe(two_tasks, [1, 2, 4], process, real=True)
    assert (run.clock, counts(run).succeeded) == ("real", 3)


def test_threads_are_observed_in_real_time():
    run = observe(executor_map, [1, 2, 4, 5], a_moment)
    assert (run.value, run.clock, run.leaks) == ([-1, -2, -4, -5], "real", ())
    assert set(run.trace.workers) <= {"worker-1", "worker-2"}
    for job in run.trace.jobs:
        assert 0 <= job.submitted <= job.started < job.finished <= run.elapsed


def test_a_thread_that_is_left_behind_is_a_leak():
    over = threading.Event()

    def pool(jobs, process):
        threading.Thread(target=over.wait, name="stray").start()

    run = observe(pool, [], a_moment)
    over.set()
    assert [str(leak) for leak in run.leaks] == ["stray is still running"]


def test_processes_are_observed_on_the_same_clock():
    run = observe(process_map, [1, 2, 3, 4], a_moment)
    assert [str(value) for value in run.value] == ["-1", "-2", "job 3 is broken", "-4"]
    assert outcomes(run)["3"] == Outcome.FAILED
    assert set(run.trace.workers) <= {"worker-1", "worker-2"}
    for job in run.trace.jobs:
        assert 0 <= job.submitted <= job.started < job.finished <= run.elapsed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot copy a process")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_that_were_forked_are_observed_too():
    def forked(jobs, process):
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=process, args=(job,)) for job in jobs]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    run = observe(forked, [1, 2], a_moment)
    assert outcomes(run) == {"1": Outcome.OK, "2": Outcome.OK}
    for job in run.trace.jobs:
        assert 0 <= job.submitted <= job.started < job.finished <= run.elapsed


def test_only_async_pools_have_a_virtual_time():
    with pytest.raises(ValueError, match=r"^real must not be False for a pool without async"):
        observe(executor_map, [], a_moment, real=False)


def test_nothing_is_observed_inside_a_simulation():
    with pytest.raises(RuntimeError, match="cannot be called in a simulation"):
        simulate(lambda: observe(two_tasks, [], a_second))


def test_a_trace_is_made_of_what_became_of_each_job():
    jobs = [
        Job("1", Outcome.OK, 0.0, 0.0, 2.0, "b"),
        Job("2", Outcome.FAILED, 0.0, 1.0, 2.0, "a"),
        Job("3", Outcome.OK, 0.0, 3.0, 4.0, "b"),
        Job("4", Outcome.NEVER_STARTED, 0.0),
    ]
    trace = trace_from_jobs(jobs, clock="real", elapsed=4.0, waiting=Counter("jobs", (0.0,), (0,)))
    assert trace.workers == ("b", "a")
    assert [(s.worker, s.state, s.start, s.end, s.job) for s in trace.spans] == [
        ("b", State.WORKING, 0.0, 2.0, "1"),
        ("a", State.WORKING, 1.0, 2.0, "2"),
        ("b", State.WAITING, 2.0, 3.0, None),
        ("b", State.WORKING, 3.0, 4.0, "3"),
    ]
    assert counts(trace).balanced
    assert queue_depth(trace) == ([0.0], [0])


@pytest.mark.parametrize("enabled", [True, False])
def test_a_python_says_whether_it_runs_with_its_lock(monkeypatch, enabled):
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: enabled, raising=False)
    assert has_gil() is enabled


def test_a_python_that_knows_of_no_other_way_has_its_lock(monkeypatch):
    monkeypatch.delattr(sys, "_is_gil_enabled", raising=False)
    assert has_gil()
