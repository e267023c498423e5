"""The reusable pool: submit from anywhere, collect elsewhere, and get back what was not done."""

import gc
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    accounts,
    parked,
    run_on_threads,
    threads_left,
    threads_taking_turns,
    until,
)

from lab import explore, measure, simulate
from lab.simulation.statements import instrument
from lab.tracing import ideal_makespan, makespan
from patterns import reusable
from patterns.concurrency import Cancelled, Channel, Closed, Context, TaskGroup, now, sleep
from patterns.reusable import WorkerPool


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
    except (Exception, Cancelled) as error:
        told.append(type(error))


# In virtual time, with the article's numbers.


@pytest.mark.parametrize("seed", [None, *range(20)])
def test_ten_jobs_of_a_tenth_on_three_workers_take_four_tenths(seed):
    run = simulate(reusable.demo, seed=seed)
    assert run.elapsed == 0.4
    assert sorted(run.value.values) == [f"Processed: data-{number}" for number in range(10)]


@pytest.mark.parametrize("seed", [None, *range(20)])
def test_a_deadline_cuts_two_hundred_jobs_short_and_every_one_is_named(seed):
    run = simulate(partial(reusable.demo, jobs=200, timeout=0.15), seed=seed)
    assert (run.elapsed, run.leaks) == (0.15, ())
    counts = run.value.counts
    assert (counts.succeeded, counts.cancelled) == (3, 3)
    assert [job.id for job in (*run.value.submitted, *run.value.unsubmitted)] == list(range(200))


def test_no_schedule_of_ten_equal_jobs_on_three_workers_is_shorter():
    trace = simulate(reusable.demo).trace
    assert makespan(trace) == ideal_makespan(trace) == 0.4


@pytest.mark.parametrize("buffer", [0, 1, 2, 3, 10, 1000])
def test_every_buffer_size_gives_the_same_makespan(buffer):
    assert simulate(partial(reusable.demo, buffer=buffer)).elapsed == 0.4


def test_a_full_buffer_makes_the_submitter_wait_for_the_workers():
    def main():
        pool = WorkerPool(lambda job: sleep(1.0), workers=2, buffer=3)
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
        pool = WorkerPool(lambda job: sleep(0.5), workers=2, buffer=4)
        with pool.start(), TaskGroup() as group:
            group.spawn(collect, pool)
            for burst in range(3):
                for number in range(4):
                    pool.submit(f"{burst}-{number}")
                sleep(2.0)
            pool.close()

    jobs = simulate(main).trace.jobs
    assert [job.finished for job in jobs] == [0.5, 0.5, 1, 1, 2.5, 2.5, 3, 3, 4.5, 4.5, 5, 5]


# The pool, on threads and in the simulation alike.


def test_a_submitter_that_waits_for_room_is_told_that_the_pool_was_closed(run):
    def main():
        pool = WorkerPool(lambda job: gate.receive(), workers=1, buffer=0)
        gate, told = Channel(0), []
        with pool.start(), TaskGroup() as group:
            pool.submit(1)
            group.spawn(tell, told, pool.submit, 2)
            until(lambda: parked(pool.queue)[0] == 1)
            pool.close()
            until(lambda: told)
            gate.close()
        return told, accounts(pool.report)

    told, report = run(main)
    assert told == [Closed]
    assert report == [(1, "failed"), (2, "never started")]


@pytest.mark.parametrize("how", ["cancelled", "raised", "left"])
def test_a_submitter_elsewhere_that_waits_for_room_is_woken_when_the_pool_ends(run, how):
    def main():
        pool = WorkerPool(lambda job: gate.receive(), workers=1, buffer=0)
        gate, context, told = Channel(0), Context(), []
        ends = suppress(Cancelled, StopEarlyError)
        with TaskGroup() as elsewhere, ends, pool.start(context):
            pool.submit(1)
            elsewhere.spawn(tell, told, pool.submit, 2)
            until(lambda: parked(pool.queue)[0] == 1)
            if how == "cancelled":
                context.cancel()
            elif how == "raised":
                raise StopEarlyError
            gate.close()
        return told, accounts(pool.report)

    told, report = run(main)
    assert told[0] in ((Closed, Cancelled) if how == "left" else (Cancelled,))
    assert [job for job, _ in report] == [1, 2]
    assert report[1] == (2, "never started")


@pytest.mark.parametrize("how", ["cancelled", "raised", "died"])
def test_a_consumer_elsewhere_learns_that_the_pool_was_cut_short(run, how):
    def process(job):
        if how == "died":
            raise SystemExit
        sleep(3600)

    def main():
        pool, context, told = WorkerPool(process, workers=2, buffer=1), Context(), []
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


def test_a_consumer_elsewhere_comes_to_the_end_when_every_job_is_done(run):
    def main():
        pool, told = WorkerPool(double, workers=2, buffer=1), []
        with TaskGroup() as elsewhere, pool.start():
            elsewhere.spawn(tell, told, collect, pool)
            submit_all(pool, range(9))
            until(lambda: told)
        return told

    assert sorted(run(main)[0]) == list(range(9))


def test_what_is_done_and_not_collected_when_the_block_raises_is_in_the_report(run):
    def main():
        pool = WorkerPool(double, workers=1, buffer=10)
        with suppress(StopEarlyError), pool.start():
            for job in range(4):
                pool.submit(job)
            until(lambda: len(pool.report.results) == 4)
            raise StopEarlyError
        return pool.report

    assert run(main).values == [0, 2, 4, 6]


def test_several_submitters_and_several_consumers_share_the_pool(run):
    def main():
        pool, collected = WorkerPool(take_a_moment, workers=3, buffer=2), []

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


def test_consumers_may_share_one_iterator(run):
    def main():
        pool, collected = WorkerPool(take_a_moment, workers=2, buffer=2), []
        with pool.start(), TaskGroup() as group:
            results = pool.results()
            for _ in range(3):
                group.spawn(lambda: collected.extend(result.job for result in results))
            submit_all(pool, range(20))
        return collected

    assert sorted(run(main)) == list(range(20))


def test_a_consumer_that_leaves_half_way_leaves_the_rest_to_the_report(run):
    def main():
        pool = WorkerPool(double, workers=2, buffer=10)
        with pool.start():
            submit_all(pool, range(10))
            for result in pool.results():
                if result.job >= 3:
                    break
        return pool.report

    assert accounts(run(main)) == [(job, "succeeded") for job in range(10)]


def test_a_job_may_submit_others(run):
    def process(job):
        if job > 1:
            pool.submit(job // 2)
            pool.submit(job - job // 2)
        return job

    def main():
        nonlocal pool
        pool = WorkerPool(process, workers=2, buffer=20)
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


def test_the_report_balances_whenever_it_is_read():
    def main():
        pool, reports = WorkerPool(double, workers=3, buffer=2), []

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

    gc.callbacks.append(collected)
    try:
        with threads_taking_turns(1e-6):
            reports = [report for _ in range(10) for report in run_on_threads(main)]
    finally:
        gc.callbacks.remove(collected)
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
        self.pool = WorkerPool(self.process, workers=self.workers, buffer=self.buffer)
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


@settings(max_examples=150, deadline=None, derandomize=True)
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


def test_a_consumer_elsewhere_that_comes_to_the_end_has_not_missed_a_cancellation():
    def main():
        pool, context, told = WorkerPool(double, workers=1, buffer=1), Context(), []
        with TaskGroup() as elsewhere, suppress(Cancelled), pool.start(context):
            elsewhere.spawn(tell, told, collect, pool)
            elsewhere.spawn(context.cancel)
            submit_all(pool, range(2))
        return pool.report, told

    def complete_or_cancelled(run):
        report, [told] = run.value
        assert told is Cancelled or len(report.succeeded) == 2

    # A cancellation wakes one after the other: who is woken first may go on before the last is.
    with instrument(Context.end):
        found = explore(main, check=complete_or_cancelled, schedules=500)
    assert found.failures == 0, found


# On real threads.


def test_the_same_code_on_real_threads_gives_the_same_books():
    report = measure(partial(reusable.demo, seconds=0.002)).value
    assert accounts(report) == accounts(simulate(reusable.demo).value)


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
    pool, told = WorkerPool(double, workers=2, buffer=0), []
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
