"""The autoscaler: it finds the number of workers that a load needs, and keeps it."""

import math
import re

import pytest
from support import accounts

from lab import Deadlock, simulate
from lab.tracing import queue_depth, worker_count, workers_peak
from patterns import dynamic
from patterns.concurrency import Channel, sleep
from patterns.dynamic import Autoscaler, DynamicPool

JUMPY = Autoscaler(grow_above=1, calm_jobs=0)  # no hysteresis: both thresholds in one place


def nap(job):
    """Take a second."""
    sleep(1)
    return job


def steps(trace):
    """The number of workers at each moment at which it changed: [(time, number), …]."""
    counter = worker_count(trace)
    return list(dict(zip(counter.times, counter.values, strict=True)).items())


def turning(numbers):
    """The numbers after which it went the other way."""
    steps = zip(numbers, numbers[1:], numbers[2:], strict=False)
    return [b for a, b, c in steps if (b - a) * (c - b) < 0]


def spaced(jobs, pauses):
    """The numbers from 0, with a pause of so many seconds after some of them."""
    for job in range(jobs):
        yield job
        sleep(pauses.get(job, 0))


def elastic(jobs, seconds, *, pauses=None, **options):
    """Simulate jobs of `seconds` each on a pool with an autoscaler."""
    source = spaced(jobs, pauses or {})
    return simulate(lambda: dynamic.run(source, lambda job: sleep(seconds), **options))


def steady(autoscaler, *, seconds):
    """A job every tenth of a second, each of `seconds`."""
    pauses = dict.fromkeys(range(99), 0.1)
    return elastic(100, seconds, pauses=pauses, autoscaler=autoscaler).trace


@pytest.mark.parametrize(("seconds", "enough"), [(0.15, 2), (0.25, 3), (0.35, 4), (0.55, 6)])
def test_a_steady_load_gets_the_workers_it_needs_and_keeps_them(seconds, enough):
    trace = steady(Autoscaler(), seconds=seconds)
    while_it_lasts = [number for time, number in steps(trace) if time < 9.9]
    assert while_it_lasts == list(range(1, enough + 1))


@pytest.mark.parametrize("seconds", [0.15, 0.25, 0.35, 0.55])
def test_without_hysteresis_the_same_load_makes_the_number_go_up_and_down(seconds):
    assert len(steady(JUMPY, seconds=seconds).workers) > 50


@pytest.mark.parametrize("seconds", [0.01, 0.125, 1.0, 5.0, 60.0])
@pytest.mark.parametrize("needed", [1.5, 2.5, 7.3])
def test_under_a_steady_load_of_jobs_of_any_length_the_number_settles(seconds, needed):
    gap, enough = seconds / needed, math.ceil(needed)
    jobs = int((10 * seconds + 1.5) / gap)
    run = elastic(jobs, seconds, pauses=dict.fromkeys(range(jobs), gap), max_workers=50)
    numbers = [number for time, number in steps(run.trace) if time < gap * (jobs - 1)]
    assert len(turning(numbers)) <= 1  # up, perhaps down again, and there it stays
    assert numbers[-1] == enough
    assert len(run.trace.workers) <= 2 * enough


def test_five_seconds_of_work_every_two_seconds_keep_three_workers():
    pauses = dict.fromkeys(range(99), 2.0)
    trace = elastic(100, 5.0, pauses=pauses, autoscaler=Autoscaler()).trace
    assert [number for time, number in steps(trace) if time < 198] == [1, 2, 3]


def test_when_no_more_jobs_come_workers_leave_after_as_long_as_the_last_jobs_took():
    trace = elastic(31, 1.0, pauses={29: 60.0}, max_workers=3).trace
    down = [(time, number) for time, number in steps(trace) if 10 < time < 60]
    assert down == [(13.15, 2), (13.2, 1)]  # the last job of 30 has ended at 10.05 s


def test_while_a_worker_told_to_leave_still_works_no_other_is_sent_in_its_place():
    def main():
        pool = DynamicPool(sleep, max_workers=4, autoscaler=Autoscaler(calm_jobs=0))
        with pool.start():
            for seconds in (1.0, 9.0, 9.0, 9.0):
                pool.submit(seconds)
                pool.add_worker()
            sleep(5)
            return pool.staying, pool.worker_count

    assert simulate(main).value == (3, 4)


def test_waves_bring_workers_and_calm_sends_them_away_down_to_the_minimum():
    pauses = {19: 6.0, 39: 6.0, 59: 6.0}
    trace = elastic(61, 0.2, pauses=pauses, min_workers=2, max_workers=8).trace
    numbers = [number for _, number in steps(trace)]
    assert turning(numbers) == [8, 2, 8, 2, 8]


def test_an_autoscaler_never_exceeds_the_maximum_however_long_the_queue():
    run = elastic(100, 0.1, max_workers=4)
    assert (workers_peak(run.trace), len(run.value.succeeded)) == (4, 100)


def test_an_autoscaler_asks_for_no_worker_after_a_stop():
    def main():
        pool = DynamicPool(nap, max_workers=9, autoscaler=Autoscaler(interval=0.3))
        with pool.start():
            for job in range(9):
                pool.submit(job)
            sleep(0.5)
            pool.stop()
        return pool.report

    run = simulate(main)
    assert (len(run.trace.workers), run.elapsed) == (2, 1.3)
    assert len(run.value.never_started) == 7


@pytest.mark.parametrize("buffer", [1, 2, 5])
def test_an_autoscaler_sees_no_more_load_than_the_buffer_holds(buffer):
    trace = elastic(60, 1, buffer=buffer).trace
    assert max(queue_depth(trace)[1]) == buffer
    assert workers_peak(trace) == buffer


def test_an_autoscaler_does_not_hide_that_everybody_else_waits_for_ever():
    def main():
        answers = Channel(name="answers")
        autoscaler = Autoscaler()
        pool = DynamicPool(
            lambda job: answers.receive(), max_workers=2, autoscaler=autoscaler, buffer=2
        )
        with pool.start():
            for job in range(20):
                pool.submit(job)

    with pytest.raises(Deadlock) as caught:
        simulate(main, max_steps=10_000)
    assert caught.value.time == 0.05
    assert [(stuck.task, stuck.doing, stuck.channel) for stuck in caught.value.tasks] == [
        ("main", "sending", "jobs"),
        ("task-1", "receiving", "ended"),
        ("worker-1", "receiving", "answers"),
        ("task-3", "sleeping", None),
        ("worker-2", "receiving", "answers"),
    ]


def test_what_an_autoscaler_raises_comes_out():
    class Broken(Autoscaler):
        def watch(self, pool):
            raise ZeroDivisionError

    def main():
        pool = DynamicPool(nap, autoscaler=Broken())
        with pytest.raises(ExceptionGroup) as caught, pool.start():  # noqa: PT012
            pool.submit(1)
            sleep(5)
        return caught.value.subgroup(ZeroDivisionError) is not None, len(accounts(pool.report))

    assert simulate(main).value == (True, 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"interval": 0}, "interval must be a number of seconds > 0 and <= 1e12, got 0"),
        ({"calm_jobs": -1}, "calm_jobs must be a whole number >= 0, got -1"),
        ({"grow_above": 0.9}, "grow_above must be a number >= 1, got 0.9"),
        ({"grow_above": float("nan")}, "grow_above must be a number >= 1, got nan"),
        ({"grow_above": "2"}, "grow_above must be a number >= 1, got '2'"),
    ],
)
def test_a_bad_setting_of_the_autoscaler_is_refused(wrong, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Autoscaler(**wrong)


def test_what_is_no_autoscaler_is_refused():
    with pytest.raises(TypeError, match=r"^autoscaler must be an Autoscaler, got 5$"):
        DynamicPool(nap, autoscaler=5)
