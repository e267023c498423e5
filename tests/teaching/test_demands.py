"""What a check demands besides results: jobs at once, but not too many; in time; in every way."""

from functools import partial

import pytest

from lab.exploring import explore
from lab.simulation import simulate
from lab.teaching.demands import (
    BATTERY,
    demand_at_once,
    demand_buffer,
    demand_done_by,
    demand_rate,
    demand_takers,
    most_at_once,
    rest,
    seconds_needed,
    starts,
    watched,
    watched_sleeping,
    watched_takers,
)
from lab.teaching.expect import expect_counts, expect_elapsed, expect_same
from lab.teaching.grading import NotYet
from patterns import basic
from patterns.concurrency import Channel, TaskGroup, sleep

pytestmark = pytest.mark.untraced


def work_of(pool, process=rest):
    return simulate(partial(watched, pool, process)).value


def at_once(jobs, process):
    with TaskGroup() as group:
        for job in jobs:
            group.spawn(process, job)


def test_what_a_process_does_is_seen():
    def process(job):
        sleep(job)
        if job == 2:
            raise KeyError(job)
        return -job

    def pool(process):
        values = [process(1)]
        with pytest.raises(KeyError):
            process(2)
        return values

    work = work_of(pool, process)
    assert (work.value, work.begun, work.returned) == ([-1], [(0, 1), (1, 2)], {0: -1})
    assert [(place, type(error)) for place, error in work.raised.items()] == [(1, KeyError)]
    assert (work.peak, work.busy) == (1, 0)


@pytest.mark.parametrize(
    ("jobs", "allowed", "possible", "says"),
    [
        ([1, 1, 1], 2, 2, "it works on 3 jobs at a time, and 2 are allowed"),
        ([1, 1], 1, 1, "it works on 2 jobs at a time, and 1 is allowed"),
        ([1, 1], 3, 3, "it works on 2 jobs at a time, though 3 could run at once"),
        ([1], 3, 3, "it does one job at a time, though 3 could run at once"),
        ([], 3, 3, "it works on no job, though 3 could run at once"),
    ],
)
def test_too_many_jobs_at_a_time_are_refused_and_too_few(jobs, allowed, possible, says):
    work = work_of(partial(at_once, jobs))
    with pytest.raises(NotYet) as caught:
        demand_at_once(work, allowed, possible)
    assert str(caught.value) == says


def test_a_process_that_is_called_after_the_sleep_is_seen_to_be_called_one_by_one():
    def pool(process):
        sleep(3)
        return [process(job) for job in (0, 0, 0)]

    with pytest.raises(NotYet, match="it does one job at a time"):
        demand_at_once(work_of(pool), 3, 3)


def test_sleeps_are_jobs_where_there_is_no_process_and_one_ends_before_the_next_begins():
    def pool(jobs):
        sleep(0.1)  # is none
        for _ in range(2):
            at_once(jobs, lambda job: sleep(1))

    work = simulate(partial(watched_sleeping, pool, range(3), 1.0)).value
    assert (work.peak, len(work.begun)) == (3, 6)


def test_tasks_that_do_jobs_are_counted_and_results_at_one_moment():
    def pool(jobs):
        at_once(jobs, lambda job: sleep(1))
        return [3 * jobs[0], jobs[1] * 3, jobs[2] + 1, 1 + jobs[0], jobs[1] << 1]

    work = simulate(partial(watched_sleeping, pool, [1, 2, 3], 1.0)).value
    assert work.value == [3, 6, 4, 2, 4]
    with pytest.raises(NotYet, match="3 tasks do the jobs in turn, and 2 workers should"):
        demand_done_by(work, 2)
    with pytest.raises(NotYet, match="it makes 5 results at one moment, with 4 workers"):
        demand_done_by(work, 4)
    demand_done_by(work, 5)


def test_jobs_that_wait_in_a_channel_are_counted_and_results_are_not():
    def pool(jobs):
        queue, results = Channel(4), Channel(9)
        for job in jobs:
            queue.send(job)
            results.send(job * 2)

    work = simulate(partial(watched_sleeping, pool, [3, 3, 3], 1.0)).value
    demand_buffer(work, 3)
    with pytest.raises(NotYet, match="it lets 3 jobs wait, and the buffer is for 2"):
        demand_buffer(work, 2)


def takers_of(workers):
    def pool(jobs):
        queue = Channel(len(jobs), "jobs")
        with TaskGroup() as group:
            for _ in range(workers):
                group.spawn(list, queue)
            for job in jobs:
                queue.send(job)
            queue.close()

    return simulate(partial(watched_takers, pool, [1, 2])).value


def test_who_takes_jobs_is_counted():
    demand_takers(takers_of(3), 3)
    with pytest.raises(NotYet, match="3 tasks take jobs, and 2 workers should"):
        demand_takers(takers_of(3), 2)
    with pytest.raises(NotYet, match="it starts 1 task, and 2 workers should do the jobs"):
        demand_takers(takers_of(1), 2)


def test_two_jobs_that_begin_too_soon_one_after_the_other_are_named():
    demand_rate([(0, "a"), (0.5, "b"), (1.0, "c")], 2)
    with pytest.raises(NotYet, match=r"it began job 'c' at 0.9 s, 0.4 s after job 'b'"):
        demand_rate([(0, "a"), (0.5, "b"), (0.9, "c")], 2)


def counts_plainly(tasks):
    left = tasks

    def leave():
        nonlocal left
        left -= 1

    with TaskGroup() as group:
        for _ in range(tasks):
            group.spawn(leave)
    return [left]


def counts_nothing(tasks):
    with TaskGroup() as group:
        for _ in range(tasks):
            group.spawn(sleep, 0)
    return [0]


def test_when_jobs_begin_and_are_done():
    assert starts([3, 1, 1, 1, 3], 2) == [0, 0, 1, 2, 3]
    assert seconds_needed([3, 1, 1, 1, 3], 2) == 6
    assert starts([1, 1, 1], 2, gap=0.5) == [0, 0.5, 1]
    assert seconds_needed([], 2) == most_at_once([], 2) == 0
    assert most_at_once([1, 1, 1], 3, gap=0.5) == 2
    with pytest.raises(ValueError, match="workers must be >= 1, got 0"):
        starts([1], 0)


@pytest.mark.parametrize("case", BATTERY, ids=lambda case: case.name)
def test_the_pattern_manages_all_that_is_demanded_of_an_answer(case):
    def pool(process):
        return basic.run(list(case.jobs), process, workers=case.workers).values

    run = simulate(partial(watched, pool, rest))
    expect_same(run.value.value, [f"result of {job}" for job in case.jobs])
    demand_at_once(run.value, case.workers, case.at_once)
    expect_elapsed(run, case.seconds)


def test_who_is_too_fast_is_not_told_that_more_time_is_enough():
    run = simulate(partial(sleep, 3))
    with pytest.raises(NotYet, match="it took 3 s, and what it has to do takes 4 s"):
        expect_elapsed(run, 4)


@pytest.mark.parametrize("answer", [(1, 2.5), (1, "2"), (True, 2), (1, float("nan")), 3, None])
def test_what_is_no_whole_number_is_refused(answer):
    with pytest.raises(NotYet, match="the answer must be two whole numbers, got"):
        expect_counts(answer, "two whole numbers")


@pytest.mark.parametrize("watch", [watched_takers, partial(watched_sleeping, seconds=1.0)])
def test_a_pool_is_watched_in_a_run_that_is_not_recorded_as_in_one_that_is(watch):
    def pool(jobs):
        queue = Channel(len(jobs), "jobs")
        with TaskGroup() as group:
            group.spawn(lambda: [sleep(1) for _ in queue])
            for job in jobs:
                queue.send(job)
            queue.close()

    seen = []
    explore(partial(watch, pool, [1, 2]), check=lambda run: seen.append(run.value), schedules=3)
    recorded = simulate(partial(watch, pool, [1, 2])).value
    assert {len(work.tasks) for work in seen} == {len(recorded.tasks)} == {1}
