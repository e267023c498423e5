"""The dynamic pool: workers come and go at any moment, and every job is accounted for."""

import itertools
import re
import threading
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import accounts, run_on_threads, threads_left

from lab import measure, simulate
from lab.simulation.statements import instrument
from lab.tracing import worker_count, workers_peak
from patterns import dynamic
from patterns.concurrency import Cancelled, Closed, Context, Report, TaskGroup, now, sleep
from patterns.dynamic import Autoscaler, DynamicPool

SCHEDULES = (None, *range(12))
JUMPY = Autoscaler(grow_above=1, calm_jobs=0)  # no hysteresis: both thresholds in one place


def nap(job):
    """Take a second."""
    sleep(1)
    return job


def lives(trace):
    """When each worker came and went: {name: (from, to)}, in seconds."""
    return {
        worker: (
            min(span.start for span in trace.spans if span.worker == worker),
            max(span.end for span in trace.spans if span.worker == worker),
        )
        for worker in trace.workers
    }


def steps(trace):
    """The number of workers at each moment at which it changed: [(time, number), …]."""
    counter = worker_count(trace)
    return list(dict(zip(counter.times, counter.values, strict=True)).items())


# The article's numbers.


@pytest.mark.parametrize("seed", SCHEDULES)
def test_fifty_of_fifty_results_come_in_0_8_s_where_the_original_returns_22_at_most(seed):
    run = simulate(dynamic.demo, seed=seed)
    assert run.elapsed == 0.8
    assert sorted(run.value.values) == [2 * job for job in range(50)]


def test_fifty_of_fifty_results_come_on_real_threads_too():
    report = measure(partial(dynamic.demo, seconds=0.002)).value
    assert sorted(report.values) == [2 * job for job in range(50)]


def test_two_workers_grow_to_seven_and_fifty_jobs_of_a_tenth_take_eight_rounds():
    run = simulate(dynamic.demo)
    assert (len(run.trace.workers), workers_peak(run.trace), run.elapsed) == (7, 7, 0.8)


# Adding.


def test_no_worker_is_added_above_the_maximum():
    def main():
        pool = DynamicPool(nap, min_workers=1, max_workers=3)
        with pool.start():
            return [pool.add_worker() for _ in range(4)], pool.worker_count

    assert simulate(main).value == ([True, True, False, False], 3)


@pytest.mark.parametrize("seed", SCHEDULES)
def test_of_eight_who_add_at_once_only_as_many_succeed_as_there_is_room_for(seed):
    def main():
        pool = DynamicPool(nap, min_workers=1, max_workers=3)
        added = []
        with pool.start(), TaskGroup() as callers:
            for _ in range(8):
                callers.spawn(lambda: added.append(pool.add_worker()))
        return sorted(added)

    run = simulate(main, seed=seed)
    assert run.value == [False] * 6 + [True] * 2
    assert len(run.trace.workers) == 3


def test_a_worker_added_while_the_queue_is_drained_takes_its_share():
    def main(helpers):
        pool = DynamicPool(nap, min_workers=1, max_workers=4)
        with pool.start():
            for job in range(8):
                pool.submit(job)
            pool.close()
            for _ in range(helpers):
                assert pool.add_worker()

    assert [simulate(partial(main, helpers)).elapsed for helpers in (0, 1, 3)] == [8.0, 4.0, 2.0]


def test_no_worker_is_added_before_the_start_nor_after_the_end():
    def main():
        pool = DynamicPool(nap, min_workers=2)
        before = pool.add_worker()
        with pool.start():
            pass
        return before, pool.add_worker(), pool.worker_count

    assert simulate(main).value == (False, False, 0)


@pytest.mark.parametrize("seed", SCHEDULES)
def test_a_worker_can_be_added_as_soon_as_the_pool_is_open(seed):
    def main():
        pool = DynamicPool(nap, min_workers=2, max_workers=3)
        with pool.start():
            return pool.worker_count, pool.add_worker(), pool.worker_count

    assert simulate(main, seed=seed).value == (2, True, 3)


def test_no_worker_is_added_to_a_pool_that_was_stopped():
    def main():
        pool = DynamicPool(nap, min_workers=1, max_workers=3)
        with pool.start():
            pool.submit(1)
            sleep(0.5)
            pool.stop()
            return pool.add_worker()

    run = simulate(main)
    assert (run.value, len(run.trace.workers)) == (False, 1)


@pytest.mark.parametrize("cancelled", [False, True])
@pytest.mark.parametrize("seed", SCHEDULES)
def test_adding_goes_on_undisturbed_while_the_pool_ends(seed, cancelled):
    def main():
        pool = DynamicPool(lambda job: job, min_workers=1, max_workers=3)
        context = Context()

        def add():
            for _ in range(6):
                pool.add_worker()

        with TaskGroup() as outsiders, suppress(Cancelled), pool.start(context):
            outsiders.spawn(add)
            outsiders.spawn(add)
            pool.submit(1)
            if cancelled:
                context.cancel()
        return pool.report, pool.worker_count

    run = simulate(main, seed=seed)
    report, left = run.value
    assert (left, run.leaks, len(accounts(report))) == (0, (), 1)
    assert cancelled or report.succeeded == [1]


def test_a_system_that_has_no_more_threads_is_asked_in_vain(monkeypatch):
    def main():
        pool = DynamicPool(lambda job: job, min_workers=1, max_workers=3)
        with pool.start():
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", no_thread)
                added = pool.add_worker()
            pool.submit(1)
        return added, pool.worker_count, pool.report.succeeded

    assert run_on_threads(main) == (False, 0, [1])


def no_thread(self):
    raise RuntimeError("can't start new thread")


def test_a_pool_that_cannot_start_its_first_workers_says_so_and_ends(monkeypatch):
    def main():
        pool = DynamicPool(lambda job: job, min_workers=2)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", no_thread)
            with pytest.raises(RuntimeError, match="can't start new thread"), pool.start():
                raise AssertionError("never comes here")
        return pool.add_worker(), pool.report.submitted

    assert run_on_threads(main) == (False, ())


# Removing.


def test_a_worker_told_to_leave_while_it_waits_leaves_at_once():
    def main():
        pool = DynamicPool(nap, min_workers=1, max_workers=2)
        with pool.start():
            pool.add_worker()
            sleep(2)
            assert pool.remove_worker()
            sleep(2)

    assert lives(simulate(main).trace) == {"worker-1": (0, 4), "worker-2": (0, 2)}


def test_a_worker_told_to_leave_while_it_works_finishes_its_job_first():
    def main():
        pool = DynamicPool(nap, min_workers=1, max_workers=2)
        with pool.start():
            pool.add_worker()
            for job in range(4):
                pool.submit(job)
            sleep(0.5)
            assert pool.remove_worker()
            assert pool.worker_count == 2
        return pool.report

    run = simulate(main)
    assert lives(run.trace) == {"worker-1": (0, 3), "worker-2": (0, 1)}
    assert accounts(run.value) == [(job, "succeeded") for job in range(4)]


def test_no_worker_is_removed_before_the_start_nor_after_the_end():
    def main():
        pool = DynamicPool(nap)
        before = pool.remove_worker()
        with pool.start():
            pool.add_worker()
        return before, pool.remove_worker()

    assert simulate(main).value == (False, False)


def test_no_worker_is_removed_below_the_minimum():
    def main():
        pool = DynamicPool(nap, min_workers=2, max_workers=4)
        with pool.start():
            pool.add_worker()
            told = [pool.remove_worker() for _ in range(3)]
            sleep(1)
            return told, pool.worker_count

    assert simulate(main).value == ([True, False, False], 2)


def test_the_last_worker_cannot_be_sent_away_and_does_all_the_jobs():
    def main():
        pool = DynamicPool(nap, min_workers=1, max_workers=2)
        with pool.start():
            for job in range(3):
                assert not pool.remove_worker()
                pool.submit(job)
        return pool.report.succeeded

    assert simulate(main).value == [0, 1, 2]


@pytest.mark.parametrize("seed", SCHEDULES)
def test_who_stays_is_who_was_added_less_who_was_told_to_leave(seed):
    def main():
        pool = DynamicPool(nap, min_workers=2, max_workers=5)
        added, removed = [], []

        def change(number):
            if number % 2:
                added.append(pool.add_worker())
            else:
                removed.append(pool.remove_worker())

        with pool.start():
            with TaskGroup() as callers:
                for number in range(12):
                    callers.spawn(change, number)
            sleep(1)
            return pool.worker_count - (2 + sum(added) - sum(removed))

    assert simulate(main, seed=seed).value == 0


def test_a_worker_may_add_and_remove_workers_itself():
    def process(job):
        pool = pools[-1]
        return (pool.add_worker, pool.remove_worker)[job % 2]()

    pools = []

    def main():
        pools.append(DynamicPool(process, min_workers=1, max_workers=2))
        with pools[-1].start() as pool:
            for job in range(6):
                pool.submit(job)
        return pool.report.succeeded

    assert sorted(simulate(main).value) == [0, 1, 2, 3, 4, 5]


# Draining and stopping.


def stopped(*calls):
    """Submit six jobs of a second to two workers and call these after 1.5 s."""
    pool = DynamicPool(nap, min_workers=2)
    with pool.start():
        for job in range(6):
            pool.submit(job)
        sleep(1.5)
        for call in calls:
            getattr(pool, call)()
    return pool.report


def test_closing_drains_the_queue():
    run = simulate(partial(stopped, "close"))
    assert (run.elapsed, run.value.succeeded) == (3.0, [0, 1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    "calls", [("stop",), ("stop", "stop"), ("stop", "close"), ("close", "stop")], ids=" ".join
)
def test_stopping_finishes_what_is_in_work_and_names_what_it_drops(calls):
    run = simulate(partial(stopped, *calls))
    assert (run.elapsed, run.value.succeeded) == (2.0, [0, 1, 2, 3])
    assert (run.value.cancelled, run.value.never_started) == ([], [4, 5])


def test_stopping_wakes_a_submitter_who_waits_for_room():
    def main():
        pool = DynamicPool(nap, min_workers=1, buffer=1)
        refused = []

        def submit():
            for job in range(4):
                try:
                    pool.submit(job)
                except Closed:
                    refused.append((job, now()))

        with pool.start(), TaskGroup() as group:
            group.spawn(submit)
            sleep(0.5)
            pool.stop()
        return refused, pool.report

    refused, report = simulate(main).value
    assert refused == [(2, 0.5), (3, 0.5)]
    assert (report.succeeded, report.never_started) == ([0], [1, 2, 3])


def test_a_pool_that_was_stopped_before_its_start_does_nothing():
    def main():
        pool = DynamicPool(nap, min_workers=2)
        pool.stop()
        with pool.start(), suppress(Closed):
            pool.submit(1)
        return pool.report

    run = simulate(main)
    assert (run.elapsed, accounts(run.value)) == (0.0, [(1, "never started")])


def test_a_job_may_stop_its_own_pool():
    pools = []

    def main():
        pools.append(DynamicPool(lambda job: pools[-1].stop(), min_workers=1))
        with pools[-1].start() as pool:
            for job in range(3):
                with suppress(Closed):
                    pool.submit(job)
        return pool.report

    report = simulate(main).value
    assert (report.succeeded, report.never_started) == ([0], [1, 2])


# Failing, cancelling, leaving.


def test_what_kills_a_worker_ends_the_pool_and_comes_out():
    class Killed(BaseException):
        pass

    def process(job):
        sleep(1)
        if job == 2:
            raise Killed
        return job

    def main():
        pool = DynamicPool(process, min_workers=2)
        with pytest.raises(BaseExceptionGroup) as caught, pool.start():  # noqa: PT012
            for job in range(6):
                pool.submit(job)
        return caught.value.exceptions, pool.report

    run = simulate(main)
    exceptions, report = run.value
    assert [type(error) for error in exceptions] == [Killed]
    assert report.succeeded[:2] == [0, 1]
    assert 2 in report.cancelled
    assert (len(accounts(report)), run.leaks) == (6, ())


def test_a_deadline_ends_the_pool_and_every_job_is_accounted_for():
    def main():
        with Context(timeout=0.25) as context:
            return dynamic.demo(context=context)

    run = simulate(main)
    assert (run.elapsed, run.leaks) == (0.25, ())
    assert len(run.value.succeeded) == 14
    assert len(run.value.cancelled) == 7
    assert len(run.value.never_started) == 29


@pytest.mark.parametrize("seed", range(60))
def test_the_report_can_be_read_at_any_moment(seed):
    def main():
        pool = DynamicPool(lambda job: job, min_workers=2, max_workers=3, buffer=2)

        def look():
            for _ in range(5):
                report = pool.report
                assert len(accounts(report)) == len(report.submitted)

        with pool.start(), TaskGroup() as group:
            group.spawn(look)
            group.spawn(lambda: list(pool.results()))
            for job in range(4):
                pool.submit(job)
            pool.close()

    with instrument(DynamicPool):
        simulate(main, seed=seed)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"jobs": -1}, "jobs must be a whole number >= 0, got -1"),
        ({"min_workers": 0}, "min_workers must be a whole number >= 1, got 0"),
        ({"max_workers": 0}, "max_workers must be a whole number >= 1, got 0"),
        ({"max_workers": 1}, "min_workers must be <= max_workers, got 2 and 1"),
        ({"add_every": 0}, "add_every must be a whole number >= 1, got 0"),
        (
            {"seconds": float("inf")},
            "seconds must be a number of seconds >= 0 and <= 1e12, got inf",
        ),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(wrong, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        dynamic.demo(**wrong)


# Laws: whatever happens, and whenever.


class Watched(DynamicPool):
    """Keeps its own count of the workers that were started and have not left."""

    there = peak = 0

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.counting = threading.Lock()

    def _spawn(self):
        with self.counting:
            self.there += 1
            self.peak = max(self.peak, self.there)
        super()._spawn()

    def _count_out(self):
        with self.counting:
            self.there -= 1
        super()._count_out()


class GoneError(Exception):
    """What the block raises when it leaves in anger."""


moments = st.sampled_from([0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.55, 0.7, 1.0])
calls = st.sampled_from(["add", "add", "add", "remove", "remove", "remove", "report"])
ends = st.sampled_from([None, None, None, "stop", "close", "cancel", "raise"])


@st.composite
def stories(draw):
    """All that can happen to a pool, and when."""
    low = draw(st.integers(1, 3))
    return {
        "low": low,
        "high": low + draw(st.integers(0, 3)),
        "buffer": draw(st.integers(0, 4)),
        "submitters": draw(st.lists(st.integers(0, 6), min_size=1, max_size=3)),
        "seconds": draw(st.lists(st.sampled_from([0.0, 0.1, 0.15, 0.3]), min_size=6, max_size=6)),
        "failing": draw(st.sets(st.integers(0, 17), max_size=4)),
        "calls": draw(st.lists(st.tuples(moments, calls), max_size=8)),
        "end": (draw(moments), draw(ends)),
        "wanted": draw(st.none() | st.integers(0, 5)),
        "inside": draw(st.booleans()),
        "autoscaler": draw(st.sampled_from([None, JUMPY, Autoscaler(0.1, 1.5, 2)])),
    }


def play(story, pace=1.0):
    """Let the story happen, a second of it in `pace` seconds; check what came of it."""
    context = Context()
    taken, refused = [], []

    def process(job):
        sleep(pace * story["seconds"][job % 6])
        if job in story["failing"]:
            raise ValueError(job)
        return -job

    def submit(first, number):
        for job in range(first, first + number):
            try:
                pool.submit(job)
            except (Closed, Cancelled):
                refused.append(job)

    def consume():
        with suppress(Cancelled):
            for result in itertools.islice(pool.results(), story["wanted"]):
                taken.append(result)

    def act(moment, call):
        sleep(pace * moment)
        {
            "add": pool.add_worker,
            "remove": pool.remove_worker,
            "report": lambda: str(pool.report),
            "stop": pool.stop,
            "close": pool.close,
            "cancel": lambda: context.cancel("enough"),
        }[call]()

    pool = Watched(
        process,
        min_workers=story["low"],
        max_workers=story["high"],
        autoscaler=story["autoscaler"],
        buffer=story["buffer"],
    )
    moment, end = story["end"]
    with (
        TaskGroup() as outside,
        suppress(Cancelled, GoneError),
        pool.start(context),
    ):
        for number, jobs in enumerate(story["submitters"]):
            outside.spawn(submit, 6 * number, jobs)
        for call in story["calls"]:
            outside.spawn(act, *call)
        if end not in (None, "raise"):
            outside.spawn(act, moment, end)
        if not story["inside"]:
            outside.spawn(consume)
        sleep(pace * moment)
        if end == "raise":
            raise GoneError
        if story["inside"]:
            sleep(pace * 2)
            pool.close()
            consume()
    check(story, pool, taken, refused)


def check(story, pool, taken, refused):
    """The books balance, the limits were kept, and what was lost was lost for a reason."""
    report = pool.report
    jobs = [6 * n + job for n, jobs in enumerate(story["submitters"]) for job in range(jobs)]
    assert [job for job, _ in accounts(report)] == sorted(jobs)
    assert set(report.failed) <= story["failing"]
    assert all(result.value == -result.job for result in report.results if result.error is None)
    assert len({result.job for result in taken}) == len(taken)
    assert {result.job for result in taken} <= {result.job for result in report.results}
    assert pool.peak <= story["high"]
    assert (pool.there, pool.worker_count) == (0, 0)
    cut_short = story["end"][1] in ("cancel", "raise")
    assert cut_short or report.cancelled == []
    if not cut_short and story["end"][1] != "stop":
        assert sorted(report.never_started) == sorted(refused)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(story=stories(), seed=st.none() | st.integers(0, 10**6))
def test_the_books_balance_and_the_limits_hold_whatever_happens(story, seed):
    run = simulate(partial(play, story), seed=seed, max_steps=200_000)
    assert (run.leaks, run.crashes) == ((), ())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(story=stories(), seed=st.integers(0, 10**6))
def test_the_same_holds_between_any_two_statements_of_the_pool(story, seed):
    with instrument(DynamicPool, Autoscaler, Report):
        run = simulate(partial(play, story), seed=seed, max_steps=500_000)
    assert (run.leaks, run.crashes) == ((), ())


@settings(max_examples=30, deadline=None, derandomize=True)
@given(story=stories())
def test_the_same_holds_on_real_threads(story):
    before = threading.enumerate()
    run_on_threads(partial(play, story, pace=0.01))
    assert threads_left(before) == []
