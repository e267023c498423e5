"""What holds for every pool in plain Python, whatever it is made of and whatever a job does."""

import asyncio
import contextlib
import inspect
import threading
import time
from contextvars import ContextVar
from functools import partial
from itertools import count

import pytest
from plain_jobs import (
    ExitsWhenRebuilt,
    ExitsWhenSent,
    HangsWhenRebuilt,
    cancels_itself_at_3,
    double,
    ends_its_process_at_3,
    exits_at_3,
    length,
    makes_what_exits,
    raises_what_cannot_be_rebuilt_at_3,
    returns_what_cannot_be_rebuilt_at_3,
    returns_what_cannot_be_sent_at_3,
    slow,
)
from support import threads_left

from patterns.concurrency import Counts, Failed
from patterns.plain import (
    basic,
    dynamic,
    error_handling,
    generic,
    heartbeat,
    rate_limited,
    reusable,
)

ASYNC = {
    "basic.tasks": basic.tasks,
    "basic.anyio_tasks": basic.anyio_tasks,
    "reusable.tasks": reusable.tasks,
    "generic.tasks": generic.tasks,
    "error_handling.tasks": error_handling.tasks,
    "dynamic.tasks": dynamic.tasks,
    "rate_limited.tasks": partial(rate_limited.tasks, rate=1e6),
    "rate_limited.semaphore_tasks": partial(rate_limited.semaphore_tasks, at_once=9),
    "rate_limited.capacity_tasks": partial(rate_limited.capacity_tasks, at_once=9),
    "heartbeat.tasks": partial(heartbeat.tasks, silence=30.0),
}
THREADS = {
    "basic.threads": basic.threads,
    "basic.queue_threads": basic.queue_threads,
    "reusable.executor": reusable.executor,
    "generic.executor": generic.executor,
    "dynamic.threads": dynamic.threads,
}
PROCESSES = {  # with one worker, since starting a process takes its time
    "basic.processes": partial(basic.processes, workers=1),
    "heartbeat.processes": partial(heartbeat.processes, silence=30.0, workers=1),
}
ALL = ASYNC | THREADS | PROCESSES
GO_ON = [name for name in ALL if not name.startswith("generic")]  # after a job that failed
FORMS = [getattr(pool, "func", pool) for pool in [*ALL.values(), error_handling.wait_only]]


def run(name, jobs, process, **options):
    """Run a pool of any kind; give up on one that hangs."""
    if name not in ASYNC:
        return ALL[name](jobs, process, **options)

    async def main():
        return await asyncio.wait_for(ALL[name](jobs, awaited(process), **options), 60)

    return asyncio.run(main())


def awaited(process):
    """Make an async function of a plain one."""

    async def call(job):
        value = process(job)
        await asyncio.sleep(0.001)
        return value

    return call


@pytest.mark.parametrize("name", ALL)
def test_the_values_are_those_of_process_for_any_type_of_job(name):
    report = run(name, ["a", "bc", "def"], length)
    assert sorted(report.values) == [b"a", b"bc", b"def"]
    assert (report.reason, report.unsubmitted) == (None, ())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.__module__}.{form.__name__}")
def test_every_form_has_the_one_shape(form):
    parameters = inspect.signature(form).parameters
    assert list(parameters)[:2] == ["jobs", "process"]
    options = list(parameters.values())[2:]
    assert all(option.kind is option.KEYWORD_ONLY for option in options)
    assert all(option.default is not option.empty for option in options)
    assert list(parameters)[-2:] == ["timeout", "on_result"]
    assert parameters.get("workers", parameters.get("max_workers")).default in (3, 10)
    if "buffer" in parameters:
        assert parameters["buffer"].default == 100


@pytest.mark.parametrize("name", ALL)
def test_each_result_is_handed_on_once_in_the_thread_of_the_caller(name):
    seen = []
    here = threading.get_ident()

    def note(result):
        seen.append(result)
        assert threading.get_ident() == here

    assert list(run(name, range(8), double, on_result=note).results) == seen
    assert len(seen) == 8


ENDINGS = [
    ValueError("enough"),
    TimeoutError("not the pool's"),
    asyncio.CancelledError("not the pool's"),
    ExceptionGroup("not the pool's", [ValueError("enough")]),
    SystemExit(3),
]
every_ending = pytest.mark.parametrize(
    ("name", "error"),
    [(name, error) for name in ALL for error in (ENDINGS[:1] if name in PROCESSES else ENDINGS)],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)


@every_ending
def test_what_on_result_raises_ends_the_pool_and_comes_out_as_it_is(name, error):
    def stop(result):
        raise error

    with pytest.raises(type(error)) as caught:
        run(name, range(8), double, on_result=stop)
    assert caught.value is error


@every_ending
def test_what_the_jobs_raise_ends_the_pool_and_comes_out_as_it_is(name, error):
    def jobs():
        yield 1
        raise error

    with pytest.raises(type(error)) as caught:
        run(name, jobs(), double)
    assert caught.value is error


@pytest.mark.parametrize("name", ALL)
def test_endless_jobs_end_at_the_deadline(name):
    report = run(name, count(), double, timeout=0.3)
    assert report.reason == "timeout of 0.3 s passed"
    assert report.counts.balanced
    assert report.counts.submitted > 0 or name in PROCESSES


@pytest.mark.parametrize("name", ALL)
def test_the_deadline_counts_from_the_call(name):
    def slow_source():
        for job in range(1000):
            time.sleep(0.05)
            yield job

    report = run(name, slow_source(), double, timeout=0.2)
    assert report.reason == "timeout of 0.2 s passed"
    assert report.counts.balanced
    assert report.counts.submitted < 1000


@pytest.mark.parametrize("name", [name for name in ALL if "executor" not in name])
def test_the_report_has_the_rest_of_a_list_that_was_not_submitted(name):
    jobs = list(range(100_000))
    report = run(name, jobs, slow, timeout=0.2)
    assert [*report.submitted, *report.unsubmitted] == jobs


@pytest.mark.parametrize("timeout", [0, -1])
@pytest.mark.parametrize("name", ALL)
def test_a_time_that_has_passed_ends_the_pool_at_once(name, timeout):
    report = run(name, count(), double, timeout=timeout)
    assert report.reason == f"timeout of {timeout} s passed"
    assert report.counts.balanced


@pytest.mark.parametrize("name", ALL)
def test_a_bad_timeout_is_refused(name):
    with pytest.raises(ValueError, match=r"^timeout must be a number of seconds <= 1e12, got nan$"):
        run(name, [], double, timeout=float("nan"))


@pytest.mark.parametrize("name", [*ASYNC, *THREADS])
def test_the_longest_timeout_is_no_limit(name):
    assert run(name, [2], double, timeout=1e12).reason is None


@pytest.mark.parametrize("name", ALL)
def test_a_process_that_is_no_function_is_refused(name):
    async def main():
        return await ASYNC[name]([1], 5)

    with pytest.raises(TypeError, match=r"^process must be a function, got 5$"):
        asyncio.run(main()) if name in ASYNC else ALL[name]([1], 5)


@pytest.mark.parametrize("allowed", range(4))
@pytest.mark.parametrize("name", THREADS)
def test_where_the_system_gives_no_more_threads_the_pool_ends_and_says_so(
    name, allowed, monkeypatch
):
    start, started = threading.Thread.start, []

    def start_few(thread):
        if len(started) == allowed:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    everybody_there = threading.Barrier(5)

    def wait_for_all(job):
        with contextlib.suppress(threading.BrokenBarrierError):
            everybody_there.wait(0.05)

    monkeypatch.setattr(threading.Thread, "start", start_few)
    option = "max_workers" if name.startswith("dynamic") else "workers"
    with pytest.raises(RuntimeError, match="can't start new thread"):
        run(name, range(8), wait_for_all, **{option: 5})
    assert threads_left(set(threading.enumerate()) - set(started)) == []


@pytest.mark.parametrize("process", [exits_at_3, cancels_itself_at_3])
@pytest.mark.parametrize("name", GO_ON)
def test_a_job_that_raises_what_is_no_exception_fails_alone(name, process):
    report = run(name, range(8), process)
    assert report.failed == [3]
    assert sorted(report.succeeded) == [0, 1, 2, 4, 5, 6, 7]
    assert type(report.errors[0]) in (SystemExit, asyncio.CancelledError)


@pytest.mark.parametrize("process", [exits_at_3, cancels_itself_at_3])
@pytest.mark.parametrize("name", ["generic.tasks", "generic.executor"])
def test_where_the_first_failure_ends_the_run_that_one_does_too(name, process):
    report = run(name, range(8), process)
    assert report.failed == [3]
    assert report.reason in ("a job failed: SystemExit", "a job failed: CancelledError")
    assert report.counts.balanced


@pytest.mark.parametrize("name", ASYNC)
def test_a_job_that_swallows_its_cancellation_has_its_result_and_no_other_begins(name):
    async def deaf(job):
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            return job

    async def main():
        return await asyncio.wait_for(ASYNC[name](range(20), deaf, timeout=0.1), 60)

    report = asyncio.run(main())
    assert report.counts.balanced
    assert report.counts.succeeded == len(report.started) <= 10
    assert report.reason == "timeout of 0.1 s passed"


colour = ContextVar("colour", default="none")


@pytest.mark.parametrize("name", [*ASYNC, *THREADS, "error_handling.wait_only"])
def test_a_job_sees_the_callers_context_variables_and_nothing_of_another_jobs(name):
    def look(job):
        seen = colour.get()
        colour.set(job)
        return seen

    async def look_twice(job):
        seen = look(job)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await asyncio.sleep(60)
        return seen if colour.get() == job else "another job's"

    async def main():
        colour.set("red")
        if name in ASYNC:
            return await ASYNC[name](range(6), look_twice, **{option: 2})
        pool = THREADS.get(name, error_handling.wait_only)
        return pool(range(6), look, **{option: 2})

    option = "max_workers" if name.startswith("dynamic") else "workers"
    assert asyncio.run(main()).values == ["red"] * 6


@pytest.mark.parametrize("name", [*THREADS, *PROCESSES])
def test_an_async_process_is_refused_where_nobody_would_await_it(name):
    with pytest.raises(TypeError, match="process must be a plain function"):
        run(name, [1], awaited(double))


@pytest.mark.parametrize("name", THREADS)
def test_a_coroutine_is_no_value(name):
    call = awaited(double)
    report = run(name, [1], lambda job: call(job))
    assert isinstance(report.errors[0], TypeError)


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize(
    ("process", "error"),
    [
        (raises_what_cannot_be_rebuilt_at_3, "TwoArgumentsError: 404: gone"),
        (returns_what_cannot_be_sent_at_3, "local object"),
        (returns_what_cannot_be_rebuilt_at_3, "missing 1 required positional argument"),
    ],
)
def test_what_cannot_travel_between_processes_fails_alone(name, process, error):
    report = run(name, range(6), process)
    assert report.counts == Counts(6, 5, 1, 0, 0)
    assert report.failed == [3]
    assert error in str(report.errors[0])


@pytest.mark.parametrize("name", PROCESSES)
def test_a_job_or_a_value_that_exits_on_its_way_between_processes_fails_alone(name):
    bad = [lambda: None, ExitsWhenSent(), ExitsWhenRebuilt(), "sent", "rebuilt"]
    report = run(name, [0, *bad, 0], makes_what_exits)
    assert (report.failed, report.values, report.reason) == (bad, [0, 0], None)


@pytest.mark.parametrize("name", PROCESSES)
def test_an_error_brings_its_traceback_from_the_other_process(name):
    [error] = run(name, [3], exits_at_3).errors
    assert "in exits_at_3" in error.__notes__[0]


def test_a_process_that_dies_fails_one_job_where_each_worker_has_its_own():
    report = run("heartbeat.processes", range(6), ends_its_process_at_3, workers=2)
    assert (report.failed, report.counts.succeeded) == ([3], 5)
    assert str(report.errors[0]) == "its process died with exit code 7"


def test_a_process_that_dies_breaks_an_executor_and_the_report_says_so():
    report = run("basic.processes", range(200), ends_its_process_at_3, workers=2)
    assert report.counts.balanced
    assert 3 in report.failed
    assert "terminated abruptly" in report.reason


def test_a_job_that_hangs_while_it_is_rebuilt_is_given_up():
    jobs = [1, HangsWhenRebuilt(), 2]
    report = heartbeat.processes(jobs, double, silence=0.3, workers=1)
    assert (report.succeeded, report.failed) == ([1, 2], [jobs[1]])
    assert isinstance(report.results[1], Failed)
    assert isinstance(report.results[1].error, TimeoutError)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("number", [0, -1, 1.5, True])
def test_a_bad_number_of_workers_is_refused(name, number):
    option = "max_workers" if name.startswith("dynamic") else "workers"
    with pytest.raises(ValueError, match=f"^{option} must be a whole number >= 1, got {number}$"):
        run(name, [1], double, **{option: number})


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.__module__}.{form.__name__}")
def test_a_buffer_that_would_be_none_is_refused(form):
    if "buffer" not in inspect.signature(form).parameters:
        return
    least = 0 if form in (basic.anyio_tasks, reusable.executor) else 1
    process = awaited(double) if inspect.iscoroutinefunction(form) else double

    async def main():
        report = form([1], process, buffer=least - 1)
        return await report if inspect.isawaitable(report) else report

    with pytest.raises(ValueError, match=f"^buffer must be a whole number >= {least}, got "):
        asyncio.run(main())
