"""What holds for all seven pools, whatever the jobs do and whenever they are cancelled."""

import signal
import sys
import threading
from collections import Counter
from contextlib import suppress
from contextvars import ContextVar
from itertools import count, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pools import CLASSES, RUNS

from lab import explore, simulate
from lab.tracing import counts
from patterns import dynamic, heartbeat
from patterns.concurrency import (
    Cancelled,
    Channel,
    Closed,
    Context,
    DeadlineExceeded,
    TaskGroup,
    now,
    sleep,
)

SEEDS = (None, 1)
BUFFERS = (0, 1, 100)

every_pool = pytest.mark.parametrize("pool", RUNS.values(), ids=RUNS)
every_class = pytest.mark.parametrize("make", CLASSES.values(), ids=CLASSES)
every_buffer = pytest.mark.parametrize("buffer", BUFFERS)
every_seed = pytest.mark.parametrize("seed", SEEDS)


class LeftError(Exception):
    """What a reader raises who has seen enough."""


def minus(job):
    return -job


def nap(job):
    sleep(0.01)
    return -job


def rest(job):
    sleep(3600)


def outcomes(report):
    """What became of each job that was submitted, in the order of submission."""
    kinds = {
        "succeeded": report.succeeded,
        "failed": report.failed,
        "cancelled": report.cancelled,
        "never started": report.never_started,
    }
    found = Counter(job for jobs in kinds.values() for job in jobs)
    assert found == Counter(report.submitted), "a job is missing, or in two lists"
    assert report.counts.balanced
    return [next(kind for kind in kinds if job in kinds[kind]) for job in report.submitted]


# Whatever happens.


class Story:
    """Jobs, what each of them does, and what befalls the run; then what must hold of it."""

    def __init__(self, plan, workers, buffer, timeout, cancel_at, stop_after, stop_by, as_list):
        self.plan, self.workers, self.buffer, self.timeout = plan, workers, buffer, timeout
        self.cancel_at, self.stop_after, self.stop_by = cancel_at, stop_after, stop_by
        self.jobs = list(range(len(plan)))
        self.source = self.jobs if as_list else iter(self.jobs)
        self.began, self.seen = {}, []
        self.at_work = self.peak = 0

    def tell(self, pool):
        """Run the pool; return its report, or None if the reader left with an exception."""
        self.context = Context()
        with TaskGroup() as outside:
            if self.cancel_at is not None:
                outside.spawn(self.cancel)
            with suppress(LeftError):
                return pool(
                    self.source,
                    self.process,
                    workers=self.workers,
                    buffer=self.buffer,
                    timeout=self.timeout,
                    context=self.context,
                    on_result=self.read,
                )

    def process(self, job):
        seconds, kind = self.plan[job]
        self.began[job] = now()
        self.at_work += 1
        self.peak = max(self.peak, self.at_work)
        try:
            sleep(seconds)
        except Cancelled:
            if kind != "deaf":
                raise
        finally:
            self.at_work -= 1
        if kind == "fails":
            raise ValueError(job)
        if kind == "own limit":
            with TaskGroup(Context(timeout=0)):
                sleep(1)
        return -job

    def read(self, result):
        self.seen.append(result)
        if len(self.seen) == self.stop_after:
            if self.stop_by == "raising":
                raise LeftError
            self.context.cancel("seen enough")

    def cancel(self):
        sleep(self.cancel_at)
        self.context.cancel("at some moment")

    def check(self, report, pool):
        """Hold the report against what the jobs and the reader saw."""
        assert self.peak <= self.workers
        times = [self.began[job] for job in sorted(self.began)]
        assert sorted(self.began) == list(range(len(times))), "a job was passed over"
        assert times == sorted(times), "a job started before one that was submitted earlier"
        if report is None:
            assert (self.stop_by, len(self.seen)) == ("raising", self.stop_after)
            return
        kinds = dict(zip(report.submitted, outcomes(report), strict=True))
        rest = list(report.unsubmitted) if self.source is self.jobs else None
        assert list(report.submitted) == self.jobs[: len(report.submitted)]
        assert rest is None or list(report.submitted) + rest == self.jobs
        assert sorted(report.started) == self.jobs[: len(report.started)]
        assert Counter(map(id, self.seen)) <= Counter(map(id, report.results))
        assert report.values == [-job for job in report.succeeded]
        for job, kind in kinds.items():
            planned = {"well": "succeeded", "deaf": "succeeded"}.get(self.plan[job][1], "failed")
            assert kind in (planned, "cancelled", "never started")
            assert kind != "cancelled" or self.plan[job][1] != "deaf"
        for error in report.errors:
            assert type(error) in (ValueError, DeadlineExceeded)
        stops = pool is RUNS["generic"] and report.failed
        if report.reason is None:
            assert list(kinds) == self.jobs
            assert {"cancelled", "never started"}.isdisjoint(kinds.values())
            assert len(self.seen) == len(report.results)
        else:
            cancelled = len(self.seen) == self.stop_after or self.cancel_at is not None
            assert stops or cancelled or self.timeout is not None


moments = st.none() | st.sampled_from([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0])
stories = st.builds(
    Story,
    plan=st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.1, 0.2, 0.5]),
            st.sampled_from(["well", "well", "well", "deaf", "fails", "own limit"]),
        ),
        max_size=12,
    ),
    workers=st.integers(1, 5),
    buffer=st.sampled_from([0, 1, 2, 3, 100]),
    timeout=moments,
    cancel_at=moments,
    stop_after=st.none() | st.integers(1, 8),
    stop_by=st.sampled_from(["raising", "cancelling"]),
    as_list=st.booleans(),
)


@every_pool
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(story=stories, seed=st.none() | st.integers(0, 10**6))
def test_the_books_balance_and_nobody_is_left_whatever_happens(pool, story, seed):
    run = simulate(lambda: story.tell(pool), seed=seed, max_steps=200_000)
    assert (run.leaks, run.crashes) == ((), ())
    story.check(run.value, pool)
    traced = counts(run.trace)
    assert traced.balanced
    if run.value is not None and run.value.started:  # only then does the trace know of jobs
        told = run.value.counts
        assert (traced.succeeded, traced.failed) == (told.succeeded, told.failed)
        assert traced.cancelled == told.cancelled


@every_pool
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    milliseconds=st.integers(0, 450), buffer=st.integers(0, 3), seed=st.none() | st.integers(0, 99)
)
def test_a_run_ends_at_the_very_moment_at_which_it_is_cancelled(pool, milliseconds, buffer, seed):
    def main():
        def cancel():
            sleep(milliseconds / 1000)
            context.cancel("at that moment")

        context = Context()
        with TaskGroup() as group:
            group.spawn(cancel)
            return pool(count(), tenth, workers=3, buffer=buffer, context=context), now()

    def tenth(job):
        sleep(0.1)
        return -job

    report, ended = simulate(main, seed=seed).value
    assert ended == milliseconds / 1000
    assert report.reason == "at that moment"
    assert len(outcomes(report)) == len(report.submitted)


@every_pool
@pytest.mark.parametrize("timeout", [None, 0.1, 0.15])
def test_no_schedule_that_is_tried_goes_wrong(pool, timeout):
    def main():
        def process(job):
            sleep(0.1)
            if job == 2:
                raise ValueError(job)
            return -job

        seen = []
        report = pool(
            range(4), process, workers=2, buffer=1, timeout=timeout, on_result=seen.append
        )
        return report, seen

    def right(run):
        report, seen = run.value
        assert len(outcomes(report)) == len(report.submitted)
        assert Counter(map(id, seen)) <= Counter(map(id, report.results))
        assert report.reason is not None or len(seen) == len(report.results) == 4

    found = explore(main, check=right, schedules=300)
    assert found.failures == 0, found.failure.story()


# Taking jobs.


@every_pool
@every_seed
def test_an_endless_source_with_a_timeout_ends_at_exactly_that_time(pool, seed):
    run = simulate(lambda: pool(count(), nap, buffer=2, timeout=1.25), seed=seed)
    assert run.elapsed == 1.25
    assert run.value.reason == "timeout of 1.25 s passed"


@every_pool
def test_an_endless_source_ends_with_its_timeout(run, pool):
    report = run(lambda: pool(count(), nap, timeout=0.1))
    assert len(outcomes(report)) == len(report.submitted)


@every_pool
@every_seed
@pytest.mark.parametrize(("workers", "buffer"), [(1, 0), (1, 3), (3, 0), (3, 2)])
def test_no_more_jobs_are_taken_than_the_workers_have_and_the_buffer_holds_and_one(
    pool, seed, workers, buffer
):
    taken = []

    def source():
        for job in count():
            taken.append(job)
            yield job

    options = {"min_workers": workers} if pool is RUNS["dynamic"] else {}
    simulate(
        lambda: pool(source(), rest, workers=workers, buffer=buffer, timeout=9.0, **options),
        seed=seed,
    )
    assert len(taken) == workers + buffer + 1


@every_pool
def test_a_source_that_does_not_listen_is_asked_for_no_more_after_the_timeout(pool):
    asked = threading.Event()

    def source():
        yield 0
        asked.wait(0.6)  # knows nothing of any context
        yield 1
        raise AssertionError("asked once more")

    report = pool(source(), minus, timeout=0.3)
    assert outcomes(report) == ["succeeded", "never started"]


@every_pool
def test_a_source_that_raises_ends_the_run_and_its_exception_comes_out(run, pool):
    def source():
        yield from range(3)
        raise LeftError

    with pytest.raises(ExceptionGroup) as caught:
        run(lambda: pool(source(), minus))
    assert caught.value.subgroup(LeftError)


@every_pool
def test_the_rest_of_a_list_is_in_the_report_of_a_run_that_was_cut_short(run, pool):
    report = run(lambda: pool(list(range(9)), rest, workers=1, buffer=2, timeout=0.3))
    assert (list(report.submitted), list(report.unsubmitted)) == ([0, 1, 2, 3], [4, 5, 6, 7, 8])
    assert outcomes(report) == ["cancelled", "never started", "never started", "never started"]


@every_pool
def test_no_jobs_end_at_once_with_an_empty_report(run, pool):
    report = run(lambda: pool([], nap))
    assert (report.submitted, report.results, report.reason) == ((), (), None)


# Results.


@every_pool
@every_buffer
def test_every_result_is_read_once_in_the_order_of_the_report(run, pool, buffer):
    def main():
        seen = []
        report = pool(range(9), process, workers=1, buffer=buffer, on_result=seen.append)
        return seen, report

    def process(job):
        return -job

    seen, report = run(main)
    assert seen == list(report.results)
    assert report.values == [-job for job in range(9)]


@every_pool
@every_seed
def test_jobs_that_end_at_different_times_are_read_in_the_order_of_completion(pool, seed):
    durations = [0.9, 0.2, 0.35, 0.1, 0.45, 0.05]

    def process(job):
        sleep(durations[job])
        return now()

    def main():
        seen = []
        options = {"min_workers": 3} if pool is RUNS["dynamic"] else {}
        report = pool(range(6), process, on_result=seen.append, **options)
        return seen, report

    seen, report = simulate(main, seed=seed).value
    assert seen == list(report.results)
    assert report.values == sorted(report.values)
    assert len(report.values) == 6


@every_pool
def test_results_are_read_in_the_callers_task(run, pool):
    def main():
        readers = set()
        me = threading.get_ident()
        pool(range(5), nap, on_result=lambda result: readers.add(threading.get_ident()))
        return readers == {me}

    assert run(main)


@every_pool
@pytest.mark.parametrize("error", [LeftError("enough"), DeadlineExceeded("the reader's own")])
def test_what_a_reader_raises_comes_out_as_it_is(run, pool, error):
    def leave(result):
        raise error

    def main():
        try:
            pool(range(9), nap, on_result=leave)
        except type(error) as raised:
            return raised

    assert run(main) is error


@every_pool
def test_a_reader_may_cancel_and_gets_the_report(run, pool):
    def main():
        context = Context()
        return pool(
            count(), nap, context=context, on_result=lambda result: context.cancel("seen enough")
        )

    report = run(main)
    assert report.reason == "seen enough"
    assert "succeeded" in outcomes(report)


@every_pool
def test_ctrl_c_brings_the_report_along(pool):
    def interrupt(result):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught:
        pool(count(), nap, on_result=interrupt)
    [report] = caught.value.args
    assert len(outcomes(report)) == len(report.submitted)
    assert "succeeded" in outcomes(report)


# Cancellation, in the same words.


def stubborn(job):
    """Take no notice of a cancellation, and return a value all the same."""
    with suppress(Cancelled):
        sleep(3600)
    return -job


@every_pool
@every_buffer
def test_a_job_that_does_not_listen_is_waited_for_and_has_succeeded(run, pool, buffer):
    report = run(lambda: pool(range(6), stubborn, workers=1, buffer=buffer, timeout=0.3))
    assert outcomes(report)[:2] == ["succeeded", "never started"]
    assert str(report.counts) == (
        f"{min(6, buffer + 2)} submitted: 1 succeeded, 0 failed, 0 cancelled, "
        f"{min(5, buffer + 1)} never started"
    )
    assert report.reason == "timeout of 0.3 s passed"


@every_pool
@every_buffer
def test_a_job_that_listens_is_cut_short(run, pool, buffer):
    report = run(lambda: pool(range(6), rest, workers=1, buffer=buffer, timeout=0.3))
    assert outcomes(report)[:2] == ["cancelled", "never started"]
    assert report.results == ()


@every_pool
@every_buffer
def test_a_result_that_came_too_late_to_be_read_is_in_the_report(run, pool, buffer):
    def main():
        context = Context()

        def process(job):
            context.cancel("too late")
            return -job

        seen = []
        report = pool([7], process, buffer=buffer, context=context, on_result=seen.append)
        return report, seen

    report, seen = run(main)
    assert (report.values, report.reason) == ([-7], "too late")
    assert len(seen) <= 1


@every_pool
def test_except_exception_in_a_job_does_not_swallow_the_cancellation(run, pool):
    def process(job):
        while True:
            try:
                sleep(3600)
            except Exception:
                continue

    report = run(lambda: pool(range(3), process, workers=1, timeout=0.3))
    assert outcomes(report)[0] == "cancelled"


@every_pool
@pytest.mark.parametrize("limit", ["a context", "a group", "raised by hand"])
def test_a_time_limit_of_the_jobs_own_is_its_own_failure(run, pool, limit):
    def process(job):
        if job != 1:
            return -job
        if limit == "a context":
            Context(timeout=0.01).sleep(1)
        elif limit == "a group":
            with TaskGroup(Context(timeout=0.01)):
                sleep(1)
        raise DeadlineExceeded("my own")

    report = run(lambda: pool(range(4), process, workers=1))
    assert outcomes(report)[:2] == ["succeeded", "failed"]
    assert [type(error) for error in report.errors] == [DeadlineExceeded]
    if pool is RUNS["generic"]:
        assert report.reason == "a job failed: DeadlineExceeded"
    else:
        assert (report.reason, report.values) == (None, [0, -2, -3])


@every_pool
@pytest.mark.parametrize("how", ["timeout", "context"])
def test_nothing_is_started_if_it_is_too_late_already(run, pool, how):
    def main():
        context = Context()
        context.cancel("before the start")
        options = {"context": context} if how == "context" else {"timeout": 0}
        return pool(range(5), minus, buffer=0, **options)

    report = run(main)
    assert (report.started, report.results) == ((), ())
    assert list(report.submitted) + list(report.unsubmitted) == list(range(5))


@every_pool
def test_the_cancellation_of_the_callers_own_group_goes_on_up(run, pool):
    def main():
        reports = []
        with TaskGroup() as group:
            group.spawn(lambda: reports.append(pool(range(5), rest)))
            sleep(0.05)
            group.context.cancel("the whole program ends")
        return reports

    assert run(main) == []


@every_pool
def test_what_is_no_exception_ends_the_run_and_comes_out(run, pool):
    def process(job):
        raise SystemExit(job)

    if pool is RUNS["heartbeat"]:
        pytest.skip("replaces the worker")
    with pytest.raises(BaseExceptionGroup) as caught:
        run(lambda: pool(range(3), process))
    assert caught.value.subgroup(SystemExit)


# Whatever a job is, and whatever it raises.


class Hostile:
    """Raises whenever anybody formats it, compares it, or looks into it."""

    __hash__ = None

    def _refuse(self, *args):
        raise AssertionError("a pool looked at what is none of its business")

    __repr__ = __str__ = __eq__ = __bool__ = __iter__ = __getattr__ = _refuse

    def __len__(self):
        return 0


class HostileError(Exception):
    __hash__ = None
    __repr__ = __str__ = __eq__ = __bool__ = Hostile._refuse

    def __len__(self):
        return 0


class ArrayLike:
    """Answers a comparison with another array, whose truth is ambiguous."""

    __hash__ = None

    def __eq__(self, other):
        return self

    def __bool__(self):
        raise ValueError("the truth value is ambiguous")


@every_pool
@pytest.mark.parametrize("buffer", [0, 100])
def test_a_job_and_its_value_may_be_anything(run, pool, buffer):
    jobs = [Hostile(), Hostile(), ArrayLike(), ArrayLike(), {}, {}, None, None, 1, True, 1.0]
    report = run(lambda: pool(jobs, lambda job: job, workers=2, buffer=buffer))
    assert sorted(map(id, report.succeeded)) == sorted(map(id, jobs))
    assert sorted(map(id, report.values)) == sorted(map(id, jobs))
    assert report.counts.balanced


@every_pool
@pytest.mark.parametrize("buffer", [0, 100])
def test_a_job_may_raise_anything(run, pool, buffer):
    def process(job):
        raise error

    error = HostileError()
    report = run(lambda: pool([Hostile()], process, buffer=buffer))
    assert [raised is error for raised in report.errors] == [True]
    assert len(report.failed) == 1


@every_pool
def test_jobs_that_are_cut_short_may_be_anything(run, pool):
    jobs = [Hostile() for _ in range(5)]
    report = run(lambda: pool(jobs, rest, workers=1, buffer=1, timeout=0.3))
    assert list(map(id, report.cancelled)) == [id(jobs[0])]
    assert list(map(id, report.never_started)) == [id(job) for job in jobs[1:3]]
    assert list(map(id, report.unsubmitted)) == [id(job) for job in jobs[3:]]


@every_pool
def test_what_a_coroutine_function_would_not_do_is_a_failure(run, pool):
    async def later(job):
        return job

    report = run(lambda: pool([1], lambda job: later(job)))
    [error] = report.errors
    assert isinstance(error, TypeError)
    assert str(error).startswith("process returned a coroutine: ")


colour = ContextVar("colour", default="none")


@every_pool
def test_a_job_sees_the_callers_context_variables_and_nothing_of_another_jobs(run, pool):
    def process(job):
        seen = colour.get()
        colour.set(job)
        sleep(0.001)
        return seen if colour.get() == job else "another job's"

    def main():
        colour.set("red")
        return pool(range(6), process, workers=2).values

    assert run(main) == ["red"] * 6


@every_class
def test_a_job_sees_the_context_variables_of_whoever_submitted_it(run, make):
    def process(job):
        seen = colour.get()
        colour.set(f"set by {job}")
        if job < 3:
            pool.submit(job + 3)
        return job, seen

    def submit(name):
        colour.set(name)
        pool.submit(2)

    pool = None

    def main():
        nonlocal pool
        pool = make(process, workers=2)
        with pool.start():
            with TaskGroup() as group:
                for job, name in enumerate(["red", "green"]):
                    colour.set(name)
                    pool.submit(job)
                group.spawn(submit, "blue")
                colour.set("nobody's")
            pool.join()
        return sorted(pool.report.values)

    submitters = ["red", "green", "blue", "set by 0", "set by 1", "set by 2"]
    assert run(main) == list(enumerate(submitters))


# Arguments.


@every_pool
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"workers": 0}, "workers must be a whole number >= 1, got 0"),
        ({"workers": 2.5}, "workers must be a whole number >= 1, got 2.5"),
        ({"buffer": -1}, "buffer must be a whole number >= 0, got -1"),
        ({"buffer": float("inf")}, "buffer must be a whole number >= 0, got inf"),
        ({"timeout": float("nan")}, "timeout must be a number of seconds <= 1e12, got nan"),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(pool, wrong, message):
    def never():
        raise AssertionError("a job was taken")
        yield

    with pytest.raises(ValueError, match="must be") as caught:
        pool(never(), minus, **wrong)
    assert str(caught.value).removeprefix("max_") == message


async def later(job):
    return job


PROCESSES = [
    (later, "process must be a plain function, got the async function later: "),
    (None, "process must be a function, got None"),
]


@pytest.mark.parametrize(("process", "message"), PROCESSES)
@pytest.mark.parametrize("name", RUNS)
def test_what_cannot_process_a_job_is_refused(name, process, message):
    direct = {"dynamic": dynamic.run, "heartbeat": heartbeat.run}
    with pytest.raises(TypeError) as caught:
        direct.get(name, RUNS[name])([1], process)
    assert str(caught.value).startswith(message)


@every_pool
def test_what_is_no_context_is_refused(pool):
    with pytest.raises(TypeError, match=r"^context must be a Context, got 5$"):
        pool([1], minus, context=5)


@every_pool
def test_what_cannot_be_iterated_over_is_refused(pool):
    with pytest.raises(TypeError, match=r"^jobs must be something to iterate over, got 5$"):
        pool(5, minus)


# The classes, before the start, inside the block, and after the end.


@every_class
def test_before_the_start_a_pool_says_how_to_start_it(make):
    pool = make(minus)
    for use in (lambda: pool.submit(1), pool.results, lambda: pool.context):
        with pytest.raises(RuntimeError) as caught:
            use()
        assert str(caught.value) == "a pool works only inside its block: with pool.start():"
    assert pool.report.submitted == ()


@every_class
def test_a_pool_is_started_once(run, make):
    def main():
        pool = make(minus)
        with pool.start():
            with pytest.raises(RuntimeError, match="a pool is started once"), pool.start():
                pass
            pool.submit(1)
        with pytest.raises(RuntimeError, match="a pool is started once"), pool.start():
            pass
        return pool.report.values

    assert run(main) == [-1]


@every_class
def test_closing_twice_is_harmless_and_a_job_that_comes_later_was_never_started(run, make):
    def main():
        pool = make(minus)
        with pool.start():
            pool.submit(1)
            pool.close()
            pool.close()
            with pytest.raises(Closed):
                pool.submit(2)
        return pool.report

    assert outcomes(run(main)) == ["succeeded", "never started"]


@every_class
def test_a_pool_that_is_closed_before_its_start_takes_no_job(run, make):
    def main():
        pool = make(minus)
        pool.close()
        with pool.start(), pytest.raises(Closed):
            pool.submit(1)
        return pool.report

    assert outcomes(run(main)) == ["never started"]


@every_class
def test_after_the_end_submitting_and_collecting_raise_cancelled(run, make):
    def main():
        pool = make(minus)
        with pool.start():
            pool.submit(1)
        messages = []
        for use in (lambda: pool.submit(2), lambda: next(pool.results())):
            with pytest.raises(Cancelled) as caught:
                use()
            messages.append(str(caught.value))
        pool.close()
        return outcomes(pool.report), messages

    ended = "its task group has ended"
    assert run(main) == (["succeeded", "never started"], [ended, ended])


@every_class
@every_buffer
def test_submitting_everything_and_leaving_does_it_all(run, make, buffer):
    def main():
        pool = make(minus, buffer=buffer)
        with pool.start():
            for job in range(50):
                pool.submit(job)
        return pool.report

    assert outcomes(run(main)) == ["succeeded"] * 50


@every_class
@every_buffer
def test_leaving_the_results_early_beside_a_submitter_does_all_the_jobs(run, make, buffer):
    def main():
        pool = make(minus, buffer=buffer)
        with pool.start(), TaskGroup() as group:
            group.spawn(submit_all, pool, range(50))
            for _ in islice(pool.results(), 3):
                pass
        return pool.report

    assert outcomes(run(main)) == ["succeeded"] * 50


def submit_all(pool, jobs):
    for job in jobs:
        pool.submit(job)
    pool.close()


@every_class
def test_the_report_may_be_read_at_any_moment(run, make):
    def main():
        reports = []

        def process(job):
            reports.append(pool.report)
            return -job

        pool = make(process, workers=2)
        with pool.start(), TaskGroup() as group:
            group.spawn(submit_all, pool, range(20))
            for _ in pool.results():
                reports.append(pool.report)
        return reports

    for report in run(main):
        assert len(outcomes(report)) == len(report.submitted)


@every_class
def test_several_readers_get_each_result_once(run, make):
    def main():
        pool, seen = make(nap), []
        with pool.start(), TaskGroup() as group:
            for _ in range(3):
                group.spawn(lambda: seen.extend(result.job for result in pool.results()))
            submit_all(pool, range(12))
        return seen

    assert sorted(run(main)) == list(range(12))


@every_class
def test_a_block_that_raises_cuts_the_jobs_short_and_its_exception_comes_out(run, make):
    def main():
        pool = make(rest, workers=1, buffer=3)
        with pytest.raises(LeftError), pool.start():  # noqa: PT012
            for job in range(3):
                pool.submit(job)
            while not pool.report.started:
                sleep(0.001)
            raise LeftError
        return pool.report

    assert outcomes(run(main)) == ["cancelled", "never started", "never started"]


@every_class
@pytest.mark.parametrize("who", ["submitter", "reader"])
def test_whoever_waits_outside_is_woken_when_the_pool_is_cancelled(run, make, who):
    def main():
        def wait():
            try:
                submit_all(pool, range(9)) if who == "submitter" else list(pool.results())
            except Cancelled as cancelled:
                told.append(str(cancelled))

        pool, context, told = make(rest, workers=1, buffer=0), Context(), []
        with TaskGroup() as outside, suppress(Cancelled), pool.start(context):
            outside.spawn(wait)
            sleep(0.02)
            context.cancel("that is all")
        return told

    assert run(main) == ["that is all"]


# Jobs that submit others.

LINKS = {"a": "bcd", "b": "ef", "c": "g", "e": "hij", "j": "k"}


def crawl(make, **options):
    """Follow the links from page a, reading on the side; return what was seen, and the report."""

    def visit(page):
        for link in LINKS.get(page, ""):
            pool.submit(link)
        sleep(0.001)
        return page.upper()

    pool, seen = make(visit, buffer=sys.maxsize, **options), []
    with pool.start(), TaskGroup() as group:
        group.spawn(lambda: seen.extend(result.job for result in pool.results()))
        pool.submit("a")
        pool.join()
        seen_at_the_end = len(pool.report.results)
        pool.close()
    return seen, seen_at_the_end, pool.report


def everything_was_crawled(value):
    seen, seen_at_the_end, report = value
    return sorted(seen) == sorted(report.succeeded) == list("abcdefghijk") and seen_at_the_end == 11


@every_class
def test_joining_waits_for_the_jobs_that_jobs_submit(run, make):
    assert everything_was_crawled(run(lambda: crawl(make, workers=2)))


@every_class
def test_in_no_schedule_that_is_tried_does_joining_end_too_early_or_never(make):
    found = explore(
        lambda: crawl(make, workers=2),
        check=lambda run: everything_was_crawled(run.value),
        schedules=40,
    )
    assert found.failures == 0, found.failure.story()


@every_class
def test_several_may_join_and_where_nothing_is_pending_it_returns_at_once(run, make):
    def main():
        def join():
            pool.join()
            done.append(len(pool.report.results))

        pool, done = make(nap), []
        with pool.start(), TaskGroup() as group:
            pool.join()
            for job in range(5):
                pool.submit(job)
            group.spawn(join)
            group.spawn(join)
            pool.join()
            pool.join()
        pool.join()
        return done

    assert run(main) == [5, 5]


@every_class
def test_whoever_joins_is_woken_when_the_pool_is_cancelled(run, make):
    def main():
        pool, context = make(rest), Context()
        with pytest.raises(Cancelled) as caught, pool.start(context), TaskGroup() as group:  # noqa: PT012
            pool.submit(1)
            group.spawn(lambda: (sleep(0.01), context.cancel("that is all")))
            pool.join()
        return str(caught.value)

    assert run(main) == "that is all"


@every_class
def test_a_job_that_was_not_taken_is_not_waited_for(run, make):
    def main():
        gate = Channel()
        pool = make(lambda job: list(gate), workers=1, buffer=0)
        with pool.start():
            pool.submit(0)
            with suppress(Cancelled), TaskGroup(Context(timeout=0)):
                pool.submit(1)
            gate.close()
            pool.join()
        return outcomes(pool.report)

    assert run(main) == ["succeeded", "never started"]
