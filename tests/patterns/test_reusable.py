"""The reusable pool: submit from anywhere, collect elsewhere, and get back what was not done."""

import asyncio
import gc
import re
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import accounts

from lab import Deadlock, explore, measure, observe, simulate
from lab.simulation.statements import instrument
from lab.tracing import books, ideal_makespan, makespan, queue_depth
from patterns import reusable
from patterns.concurrency import Cancelled, Channel, Closed, Context, TaskGroup, now, sleep
from patterns.plain import reusable as plain
from patterns.reusable import WorkerPool
from tests.support import parked, run_on_threads, run_simulated, threads_left, until

on_both_clocks = pytest.mark.parametrize("run", [run_simulated, run_on_threads])


class StopEarlyError(Exception):
    pass


def double(job):
    return job * 2


def take_a_moment(job):
    sleep(0.01)
    return job


def rest(job):
    sleep(3600)


def submit_all(pool, jobs):
    for job in jobs:
        pool.submit(job)
    pool.close()


def collect(pool):
    return [result.job for result in pool.results()]


def tell(told, function, *args):
    """Put into `told` what `function(*args)` returns, or the kind of exception it raises."""
    try:
        told.append(function(*args))
    except Exception as error:
        told.append(type(error))


# In virtual time, with the article's numbers.


def test_ten_jobs_of_a_tenth_on_three_workers_take_four_tenths():
    assert simulate(reusable.run).elapsed == 0.4


def test_no_schedule_of_ten_equal_jobs_on_three_workers_is_shorter():
    trace = simulate(reusable.run).trace
    assert makespan(trace) == ideal_makespan(trace) == 0.4


def test_every_job_is_processed():
    values = simulate(reusable.run).value.values
    assert values == [f"Processed: data-{number}" for number in range(10)]


@pytest.mark.parametrize("buffer", [0, 1, 2, 3, 10, 1000])
def test_every_buffer_size_gives_the_same_makespan(buffer):
    assert simulate(partial(reusable.run, buffer=buffer)).elapsed == 0.4


def test_two_hundred_jobs_with_a_deadline_end_at_the_deadline_and_name_what_was_not_done():
    run = simulate(partial(reusable.run, num_jobs=200, timeout=0.15))
    jobs = list(run.value.submitted)
    assert run.elapsed == 0.15
    assert run.leaks == ()
    assert len(jobs) == 200
    assert run.value.succeeded == jobs[:3]
    assert run.value.cancelled == jobs[3:6]
    assert run.value.never_started == jobs[6:]


@pytest.mark.parametrize("seed", range(50))
def test_they_do_so_in_any_order_of_events(seed):
    run = simulate(partial(reusable.run, num_jobs=200, timeout=0.15), seed=seed)
    assert (run.elapsed, run.leaks) == (0.15, ())
    assert [job for job, fate in accounts(run.value)] == list(range(200))
    assert [len(run.value.succeeded), len(run.value.cancelled)] == [3, 3]


@pytest.mark.parametrize("seed", [None, *range(20)])
def test_jobs_are_started_in_the_order_of_submission(seed):
    jobs = simulate(partial(reusable.run, num_jobs=20, buffer=2), seed=seed).trace.jobs
    assert [job.id for job in jobs] == [str(number) for number in range(20)]
    starts = [job.started for job in jobs]
    assert starts == sorted(starts)


def test_no_more_jobs_are_in_work_than_there_are_workers():
    in_work, peak = 0, 0

    def process(job):
        nonlocal in_work, peak
        in_work += 1
        peak = max(peak, in_work)
        sleep(0.1)
        in_work -= 1

    simulate(partial(reusable.run, num_workers=4, num_jobs=50, process=process), seed=1)
    assert peak == 4


def test_a_full_buffer_makes_the_submitter_wait_for_the_workers():
    def main():
        pool = WorkerPool(2, 3, lambda job: sleep(1.0))
        with pool.start(), TaskGroup() as group:
            group.spawn(collect, pool)
            for job in range(9):
                pool.submit(job)
                accepted.append(now())
            pool.close()

    accepted = []
    simulate(main)
    # Two are in work and three wait; every other second two are done.
    assert accepted == [0, 0, 0, 0, 0, 1, 1, 2, 2]


def test_an_idle_pool_waits_for_jobs_and_does_the_next_burst_as_fast():
    def main():
        pool = WorkerPool(2, 4, lambda job: sleep(0.5))
        with pool.start(), TaskGroup() as group:
            group.spawn(collect, pool)
            for burst in range(3):
                for number in range(4):
                    pool.submit(f"{burst}-{number}")
                sleep(2.0)
            pool.close()

    jobs = simulate(main).trace.jobs
    assert [job.finished for job in jobs] == [0.5, 0.5, 1, 1, 2.5, 2.5, 3, 3, 4.5, 4.5, 5, 5]


def test_submitting_more_than_fits_without_collecting_deadlocks_and_says_where():
    def main():
        pool = WorkerPool(2, 3, double)
        with pool.start():
            submit_all(pool, range(9))

    with pytest.raises(Deadlock, match=r"main is sending to jobs \(3/3 full\), in submit"):
        simulate(main)


def test_the_log_tells_of_every_result_and_of_the_cancellation():
    def process(job):
        sleep(0.1)
        if job.id == 1:
            raise ValueError("job 1 is broken")
        return "fine"

    lines = []
    pool = partial(reusable.run, num_jobs=9, num_workers=2, timeout=0.15, log=lines.append)
    simulate(partial(pool, process=process))
    assert lines == [
        "job 0: fine",
        "job 1: job 1 is broken",
        "cancelled: timeout of 0.15 s passed",
    ]


# The pool, on threads and in the simulation alike.


@on_both_clocks
def test_leaving_the_block_does_all_that_was_submitted_and_keeps_what_nobody_collected(run):
    def main():
        pool = WorkerPool(3, 20, take_a_moment)
        with pool.start():
            for job in range(20):
                pool.submit(job)
        return pool.report

    assert accounts(run(main)) == [(job, "succeeded") for job in range(20)]


@on_both_clocks
def test_no_jobs_end_at_once_with_an_empty_report(run):
    def main():
        pool = WorkerPool(3, 0, double)
        with pool.start():
            pass
        return pool.report

    report = run(main)
    assert (report.submitted, report.started, report.results) == ((), (), ())


@on_both_clocks
def test_an_exception_becomes_the_result_of_its_job_and_the_worker_goes_on(run):
    def process(job):
        if job == 2:
            raise KeyError("no such thing")
        return job

    def main():
        pool = WorkerPool(1, 5, process)
        with pool.start():
            submit_all(pool, range(5))
            return pool, list(pool.results())

    pool, results = run(main)
    assert [result.job for result in results] == [0, 1, 2, 3, 4]
    assert isinstance(results[2].error, KeyError)
    assert pool.report.failed == [2]
    assert pool.report.succeeded == [0, 1, 3, 4]


@on_both_clocks
def test_submitting_and_collecting_before_the_start_are_refused(run):
    def main():
        pool = WorkerPool(3, 1, double)
        told = "a pool works only inside its block: with pool.start\\(\\):"
        with pytest.raises(RuntimeError, match=told):
            pool.submit(1)
        with pytest.raises(RuntimeError, match=told):
            pool.results()
        return pool.report.submitted

    assert run(main) == ()


@on_both_clocks
def test_a_pool_is_started_once(run):
    def main():
        pool = WorkerPool(3, 1, double)
        for _ in range(2):
            with pool.start():
                pass

    with pytest.raises(RuntimeError, match="a pool is started once: make a new one"):
        run(main)


@on_both_clocks
def test_a_pool_that_runs_cannot_be_started_inside_its_block(run):
    def main():
        pool = WorkerPool(3, 1, double)
        with pool.start():
            with pytest.raises(RuntimeError, match="started once"), pool.start():
                pass
            pool.submit(1)
        return pool.report.succeeded

    assert run(main) == [1]


@on_both_clocks
def test_a_job_submitted_after_the_close_is_refused_and_never_started(run):
    def main():
        pool = WorkerPool(3, 5, double)
        with pool.start():
            pool.submit(1)
            pool.close()
            pool.close()  # twice is harmless
            with pytest.raises(Closed):
                pool.submit(2)
        return pool.report

    assert accounts(run(main)) == [(1, "succeeded"), (2, "never started")]


@on_both_clocks
def test_a_job_submitted_after_the_block_is_refused_and_never_started(run):
    def main():
        pool = WorkerPool(3, 5, double)
        with pool.start():
            pool.submit(1)
        with pytest.raises(Cancelled):
            pool.submit(2)
        return pool.report

    assert accounts(run(main)) == [(1, "succeeded"), (2, "never started")]


@on_both_clocks
def test_a_cancelled_context_refuses_the_first_job(run):
    def main():
        context = Context()
        context.cancel("too late")
        pool = WorkerPool(3, 5, double)
        with pytest.raises(Cancelled, match="too late"), pool.start(context):
            pool.submit(1)
        return pool.report

    assert accounts(run(main)) == [(1, "never started")]


@on_both_clocks
def test_a_submitter_that_waits_for_room_is_told_that_the_pool_was_closed(run):
    def main():
        pool = WorkerPool(1, 0, lambda job: gate.receive())
        gate, told = Channel(0), []
        with pool.start(), TaskGroup() as group:
            pool.submit(1)
            group.spawn(tell, told, pool.submit, 2)
            until(lambda: parked(pool._jobs)[0] == 1)
            pool.close()
            until(lambda: told)
            gate.close()
        return told, accounts(pool.report)

    told, report = run(main)
    assert told == [Closed]
    assert report == [(1, "failed"), (2, "never started")]


@on_both_clocks
@pytest.mark.parametrize("how", ["cancelled", "raised", "left"])
def test_a_submitter_elsewhere_that_waits_for_room_is_woken_when_the_pool_ends(run, how):
    def main():
        pool = WorkerPool(1, 0, lambda job: gate.receive())
        gate, context, told = Channel(0), Context(), []
        ends = suppress(Cancelled, StopEarlyError)
        with TaskGroup() as elsewhere, ends, pool.start(context):
            pool.submit(1)
            elsewhere.spawn(tell, told, pool.submit, 2)
            until(lambda: parked(pool._jobs)[0] == 1)
            if how == "cancelled":
                context.cancel()
            elif how == "raised":
                raise StopEarlyError
            gate.close()
        return told, accounts(pool.report)

    told, report = run(main)
    assert told == [Closed if how == "left" else Cancelled]
    assert [job for job, _ in report] == [1, 2]
    assert report[1] == (2, "never started")


@on_both_clocks
@pytest.mark.parametrize("how", ["cancelled", "raised", "died"])
def test_a_consumer_elsewhere_learns_that_the_pool_was_cut_short(run, how):
    def process(job):
        if how == "died":
            raise SystemExit
        sleep(3600)

    def main():
        pool, context, told = WorkerPool(2, 1, process), Context(), []
        ends = suppress(Cancelled, StopEarlyError, BaseExceptionGroup)
        with TaskGroup() as elsewhere, ends, pool.start(context):
            elsewhere.spawn(tell, told, collect, pool)
            until(lambda: parked(pool._results)[1] == 1)
            pool.submit(1)
            if how == "cancelled":
                context.cancel()
            elif how == "raised":
                raise StopEarlyError
            sleep(3600)
        return told, pool.report

    told, report = run(main)
    assert told == [Cancelled]
    assert report.values == []


@on_both_clocks
def test_a_consumer_elsewhere_comes_to_the_end_when_every_job_is_done(run):
    def main():
        pool, told = WorkerPool(2, 1, double), []
        with TaskGroup() as elsewhere, pool.start():
            elsewhere.spawn(tell, told, collect, pool)
            submit_all(pool, range(9))
            until(lambda: told)
        return told

    assert sorted(run(main)[0]) == list(range(9))


@on_both_clocks
def test_what_ends_a_worker_for_good_ends_the_pool_and_comes_out(run):
    def process(job):
        if job == 3:
            raise SystemExit("no more")
        return job

    def main():
        pool = WorkerPool(2, 0, process)
        try:
            with pool.start(), TaskGroup() as group:
                group.spawn(submit_all, pool, range(100))
                collect(pool)
        except* SystemExit:
            pass
        return pool.report

    report = run(main)
    assert 3 in report.cancelled
    assert [job for job, _ in accounts(report)] == list(report.submitted)


@on_both_clocks
def test_what_the_block_raises_comes_out_and_every_job_is_accounted_for(run):
    def main():
        pool = WorkerPool(2, 10, rest)
        with suppress(StopEarlyError), pool.start():
            for job in range(6):
                pool.submit(job)
            until(lambda: len(pool.report.started) == 2)
            raise StopEarlyError
        return pool.report

    report = run(main)
    assert (report.cancelled, report.never_started) == ([0, 1], [2, 3, 4, 5])


@on_both_clocks
def test_what_is_done_and_not_collected_when_the_block_raises_is_in_the_report(run):
    def main():
        pool = WorkerPool(1, 10, double)
        with suppress(StopEarlyError), pool.start():
            for job in range(4):
                pool.submit(job)
            until(lambda: len(pool.report.results) == 4)
            raise StopEarlyError
        return pool.report

    assert run(main).values == [0, 2, 4, 6]


@on_both_clocks
def test_several_submitters_and_several_consumers_share_the_pool(run):
    def main():
        pool, collected = WorkerPool(3, 2, take_a_moment), []

        def submitters():
            with TaskGroup() as group:
                for part in range(4):
                    group.spawn(offer, range(part, 40, 4))
            pool.close()

        def offer(jobs):
            for job in jobs:
                pool.submit(job)

        with pool.start(), TaskGroup() as group:
            group.spawn(submitters)
            for _ in range(2):
                group.spawn(lambda: collected.extend(collect(pool)))
        return collected, pool.report

    collected, report = run(main)
    assert sorted(collected) == list(range(40))
    assert accounts(report) == [(job, "succeeded") for job in range(40)]


@on_both_clocks
def test_consumers_may_share_one_iterator(run):
    def main():
        pool, collected = WorkerPool(2, 2, take_a_moment), []
        with pool.start(), TaskGroup() as group:
            results = pool.results()
            for _ in range(3):
                group.spawn(lambda: collected.extend(result.job for result in results))
            submit_all(pool, range(20))
        return collected

    assert sorted(run(main)) == list(range(20))


@on_both_clocks
def test_a_consumer_that_leaves_half_way_leaves_the_rest_to_the_report(run):
    def main():
        pool = WorkerPool(2, 10, double)
        with pool.start():
            submit_all(pool, range(10))
            for result in pool.results():
                if result.job >= 3:
                    break
        return pool.report

    assert accounts(run(main)) == [(job, "succeeded") for job in range(10)]


@on_both_clocks
def test_a_job_may_submit_others(run):
    def process(job):
        if job > 1:
            pool.submit(job // 2)
            pool.submit(job - job // 2)
        return job

    def main():
        nonlocal pool
        pool = WorkerPool(2, 20, process)
        leaves = 0
        with pool.start():
            pool.submit(8)
            for result in pool.results():
                leaves += result.value == 1
                if leaves == 8:
                    pool.close()
        return pool.report

    pool = None
    assert sorted(run(main).values) == [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 8]


class Vague:
    """Like an array: whether two are equal is more than a yes or no."""

    __hash__ = None

    def __eq__(self, other):
        return self

    def __bool__(self):
        raise ValueError("the truth of it is ambiguous")


@on_both_clocks
@pytest.mark.parametrize(
    "jobs", [[Vague(), Vague(), Vague()], [True, 1, 1.0], [{}, {}, {}], [None, None, None]]
)
def test_jobs_need_not_be_hashable_nor_different_for_the_books(run, jobs):
    def process(number):
        if number == 0:
            sleep(3600)

    def main():
        numbers = iter(range(3))
        pool, context = WorkerPool(2, 3, lambda job: process(next(numbers))), Context()
        with suppress(Cancelled), pool.start(context):
            for job in jobs:
                pool.submit(job)
            until(lambda: len(pool.report.results) == 2)
            context.cancel()
        return pool.report

    report = run(main)
    assert [id(job) for job in report.succeeded] == [id(job) for job in jobs[1:]]
    assert [id(job) for job in report.cancelled] == [id(jobs[0])]


def test_the_report_balances_whenever_it_is_read():
    def main():
        pool, reports = WorkerPool(3, 2, double), []

        def look():
            while not reports or len(reports[-1].results) < 500:
                reports.append(pool.report)

        with pool.start(), TaskGroup() as group:
            group.spawn(look)
            group.spawn(submit_all, pool, range(500))
            collect(pool)
        return reports

    def collected(phase, info):
        """Let another thread go on in the middle of a garbage collection, as a finalizer may."""
        return [str(number) for number in range(30)]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    gc.callbacks.append(collected)
    try:
        reports = [report for _ in range(10) for report in run_on_threads(main)]
    finally:
        gc.callbacks.remove(collected)
        sys.setswitchinterval(interval)
    for report in reports:
        assert len(report.results) <= len(report.started) <= len(report.submitted)


# Laws: whatever happens, whenever it happens.


@dataclass
class Scenario:
    """A pool with submitters and consumers, and what befalls it."""

    workers: int = 2
    buffer: int = 1
    parts: tuple = (4,)  # jobs of each submitter
    pause: float = 0.0  # seconds before every submission
    durations: tuple = (0.1,)
    failing: frozenset = frozenset()
    consumers: int = 1
    elsewhere: bool = False  # the submitters are not in the pool's block
    stop_after: int | None = None  # results that the first consumer takes
    stop_by: str = "cancel"
    timeout: float | None = None
    cancel_at: float = 0.0  # seconds, and then
    cancel_after: int | None = None  # turns; None: never

    @property
    def jobs(self):
        return sum(self.parts)

    def run(self):
        self.offered, self.collected = [], []
        self.context = Context(timeout=self.timeout)
        self.pool = WorkerPool(self.workers, self.buffer, self.process)
        ends = suppress(Cancelled, StopEarlyError)
        with TaskGroup() as outside, ends, self.pool.start(self.context), TaskGroup() as inside:
            (outside if self.elsewhere else inside).spawn(self.submit)
            if self.cancel_after is not None:
                outside.spawn(self.cancel)
            for _ in range(self.consumers - 1):
                inside.spawn(self.collect)
            self.collect(self.stop_after)
        return self.pool.report

    def process(self, job):
        if seconds := self.durations[job % len(self.durations)]:
            sleep(seconds)
        if job in self.failing:
            raise ValueError(job)
        return -job

    def submit(self):
        with TaskGroup() as submitters:
            first = 0
            for count in self.parts:
                submitters.spawn(self.offer, range(first, first + count))
                first += count
        self.pool.close()

    def offer(self, jobs):
        with suppress(*[Closed, Cancelled] if self.elsewhere else []):
            for job in jobs:
                if self.pause:
                    sleep(self.pause)
                self.offered.append(job)
                self.pool.submit(job)

    def collect(self, stop_after=None):
        for result in self.pool.results():
            self.collected.append(result)
            if len(self.collected) == stop_after:
                if self.stop_by == "leave":
                    return
                if self.stop_by == "raise":
                    raise StopEarlyError
                self.context.cancel("seen enough")

    def cancel(self):
        if self.cancel_at:
            sleep(self.cancel_at)
        for _ in range(self.cancel_after):
            self.context.cancelled  # noqa: B018  (gives the others a turn)
        self.context.cancel("at some moment")

    def check(self, report):
        assert [job for job, _ in accounts(report)] == sorted(self.offered)
        assert sorted(report.submitted) == sorted(self.offered)
        handed_out = [id(result) for result in self.collected]
        assert len(set(handed_out)) == len(handed_out)
        assert set(handed_out) <= {id(result) for result in report.results}
        assert all(result.value == -result.job for result in report.results if not result.error)
        assert set(report.failed) <= self.failing
        if self.timeout is self.cancel_after is self.stop_after is None:
            assert len(self.collected) == len(report.results) == self.jobs
            assert report.failed == [r.job for r in report.results if r.job in self.failing]


@st.composite
def scenarios(draw):
    jobs = draw(st.lists(st.integers(0, 6), min_size=1, max_size=3))
    elsewhere = draw(st.booleans())
    consumers = draw(st.integers(1, 3))
    somebody_goes_on = elsewhere or consumers > 1  # else the submitters would wait for ever
    ways = ["cancel", "raise", "leave"] if somebody_goes_on else ["cancel", "raise"]
    return Scenario(
        workers=draw(st.integers(1, 4)),
        buffer=draw(st.integers(0, 3)),
        parts=tuple(jobs),
        pause=draw(st.sampled_from([0.0, 0.0, 0.1, 0.25])),
        durations=tuple(draw(st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5]), min_size=1))),
        failing=draw(st.frozensets(st.integers(0, 17), max_size=4)),
        consumers=consumers,
        elsewhere=elsewhere,
        stop_after=draw(st.none() | st.integers(1, 8)),
        stop_by=draw(st.sampled_from(ways)),
        timeout=draw(st.none() | st.sampled_from([0.0, 0.1, 0.15, 0.3, 0.7, 1.0])),
        cancel_at=draw(st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.5])),
        cancel_after=draw(st.none() | st.integers(0, 80)),
    )


@settings(max_examples=500, deadline=None, derandomize=True)
@given(scenario=scenarios(), seed=st.none() | st.integers(0, 10**6))
def test_the_books_balance_and_nothing_leaks_whatever_happens_whenever_it_happens(scenario, seed):
    run = simulate(scenario.run, seed=seed, max_steps=100_000)
    scenario.check(run.value)
    assert (run.leaks, run.crashes) == ((), ())


@pytest.mark.parametrize("buffer", [0, 1, 9])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_cancellation_between_any_two_operations_loses_nothing(buffer, elsewhere):
    reports = set()
    for moment in range(120):
        scenario = Scenario(
            buffer=buffer, elsewhere=elsewhere, durations=(0.0,), cancel_after=moment
        )
        run = simulate(scenario.run)
        scenario.check(run.value)
        assert (run.leaks, run.crashes) == ((), ())
        reports.add(str(run.value))
    assert len(reports) > 3


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    buffer=st.integers(0, 3),
    timeout=st.sampled_from([0.0, 0.05, 0.1, 0.15, 0.2, 0.35, 0.4, 0.9]),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_trace_tells_the_same_story_as_the_report(buffer, timeout, seed):
    outcome = simulate(partial(reusable.run, buffer=buffer, timeout=timeout), seed=seed)
    told, report = books(outcome.trace), outcome.value
    assert told.balanced
    assert told.failed == len(report.failed)
    assert told.succeeded == len(report.succeeded)
    assert told.cancelled == len(report.cancelled)


def test_a_consumer_elsewhere_that_comes_to_the_end_has_not_missed_a_cancellation():
    def main():
        pool, context, told = WorkerPool(1, 1, double), Context(), []
        with TaskGroup() as elsewhere, suppress(Cancelled), pool.start(context):
            elsewhere.spawn(tell, told, collect, pool)
            elsewhere.spawn(context.cancel)
            submit_all(pool, range(2))
        return pool.report, told

    def complete_or_cancelled(run):
        report, [told] = run.value
        assert told is Cancelled or len(report.succeeded) == 2

    # A cancellation wakes one after the other: who is woken first may go on before the last is.
    with instrument(Context._cancel):
        found = explore(main, check=complete_or_cancelled, schedules=500)
    assert found.failures == 0, found


# On real threads.


def test_the_same_code_on_real_threads_gives_the_same_books():
    report = measure(partial(reusable.run, job_seconds=0.002)).value
    assert accounts(report) == accounts(simulate(reusable.run).value)


@pytest.mark.parametrize("stop_by", ["cancel", "raise", "leave"])
def test_on_real_threads_a_consumer_may_stop_at_any_time_and_no_thread_stays(stop_by):
    before = set(threading.enumerate())
    for stop_after in range(1, 20):
        scenario = Scenario(
            workers=3,
            buffer=stop_after % 3,
            parts=(12, 12),
            durations=(0.0, 0.0, 0.0001),
            failing=frozenset({3, 4}),
            elsewhere=True,
            stop_after=stop_after,
            stop_by=stop_by,
        )
        scenario.check(run_on_threads(scenario.run))
    assert threads_left(before) == []


def test_a_plain_thread_may_submit_and_another_one_collect():
    pool, told = WorkerPool(2, 0, double), []
    consumer = threading.Thread(target=lambda: tell(told, collect, pool))
    with pool.start():
        threads = [threading.Thread(target=pool.submit, args=(job,)) for job in range(10)]
        for thread in [consumer, *threads]:
            thread.start()
        for thread in threads:
            thread.join()
        pool.close()
        consumer.join()
    assert sorted(told[0]) == list(range(10))
    assert accounts(pool.report) == [(job, "succeeded") for job in range(10)]


# In plain Python.


async def a_second(job):
    await asyncio.sleep(1)
    if job == 3:
        raise ValueError("job 3 is broken")
    return -job


def a_moment(job):
    time.sleep(0.001)
    if job == 3:
        raise ValueError("job 3 is broken")
    return -job


@pytest.mark.parametrize("submitters", [1, 2, 5])
@pytest.mark.parametrize("buffer", [1, 2, 50])
def test_plain_tasks_do_every_job_whoever_submits_it(submitters, buffer):
    run = observe(plain.tasks, range(10), a_second, workers=3, buffer=buffer, submitters=submitters)
    assert (run.elapsed, run.leaks) == (4.0, ())
    assert run.value.failed == [3]
    assert sorted(run.value.values) == [-9, -8, -7, -6, -5, -4, -2, -1, 0]


@pytest.mark.parametrize("timeout", [0.0, 0.5, 1.5, 2.5, 3.5])
@pytest.mark.parametrize("buffer", [1, 3])
def test_plain_tasks_name_what_the_deadline_cut_short(buffer, timeout):
    run = observe(
        plain.tasks, range(10), a_second, workers=3, buffer=buffer, submitters=2, timeout=timeout
    )
    assert (run.elapsed, run.leaks) == (timeout, ())
    report = run.value
    assert [job for job, _ in accounts(report)] == sorted(report.submitted)
    assert len(report.results) == 3 * int(timeout)


@pytest.mark.parametrize("buffer", [0, 1, 50])
def test_the_plain_executor_does_every_job(buffer):
    before = set(threading.enumerate())
    run = observe(plain.executor, range(30), a_moment, workers=3, buffer=buffer)
    assert accounts(run.value) == [(n, "failed" if n == 3 else "succeeded") for n in range(30)]
    assert max(queue_depth(run.trace)[1]) <= buffer + 1 + 3
    assert threads_left(before) == []


@pytest.mark.parametrize("buffer", [0, 3, 50])
def test_the_plain_executor_starts_nothing_after_the_deadline_and_names_it(buffer):
    told = observe(plain.executor, count(), a_moment, workers=2, buffer=buffer, timeout=0.02).value
    assert [job for job, _ in accounts(told)] == list(told.submitted)
    assert told.cancelled == []
    assert told.never_started != []


def test_the_plain_executor_passes_on_what_the_jobs_themselves_raise_and_leaves_no_thread():
    def jobs():
        yield from range(5)
        raise StopEarlyError

    before = set(threading.enumerate())
    with pytest.raises(StopEarlyError):
        plain.executor(jobs(), a_moment, workers=2)
    assert threads_left(before) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"workers": 0}, "workers must be a whole number >= 1, got 0"),
        ({"workers": 1, "buffer": -1}, "buffer must be a whole number >= "),
    ],
)
@pytest.mark.parametrize("pool", [plain.tasks, plain.executor])
def test_plain_pools_refuse_a_bad_number(pool, wrong, message):
    with pytest.raises(ValueError, match=message):
        observe(pool, [], a_second if pool is plain.tasks else a_moment, **wrong)


# Bad numbers.


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_workers": 0}, "workers must be a whole number >= 1, got 0"),
        ({"num_workers": 2.5}, "workers must be a whole number >= 1, got 2.5"),
        ({"num_jobs": -1}, "num_jobs must be a whole number >= 0, got -1"),
        ({"buffer": -1}, "buffer must be a whole number >= 0, got -1"),
        (
            {"job_seconds": float("nan")},
            "job_seconds must be a number of seconds >= 0 and <= 1e12, got nan",
        ),
        ({"timeout": -1.0}, "timeout must be a number of seconds >= 0 and <= 1e12, got -1.0"),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(wrong, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        reusable.run(**wrong)
