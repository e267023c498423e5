"""The pool with heartbeats: whoever is stuck or dead is found in time, replaced, accounted for."""

import itertools
import threading
from collections import deque
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import accounts, run_on_threads

from lab import explore, measure, simulate
from lab.tracing import counts
from patterns import heartbeat
from patterns.concurrency import Cancelled, Context, go, hang, now, sleep
from patterns.heartbeat import Health, HeartbeatPool, WorkerLost

TICK = 0.1  # seconds between two looks in these tests, unless they say otherwise


def in_any_order(pool, schedules=50):
    """Run a pool in turn and in random orders of events."""
    return [simulate(pool, seed=seed) for seed in (None, *range(schedules))]


def given_up(history):
    return [(look.time, look.worker, look.verdict) for look in history if look.verdict != "well"]


def without(**changes):
    """The demo without jobs that take their worker down, unless `changes` says otherwise."""
    return partial(heartbeat.demo, **{"stuck": (), "deadly": (), **changes})


def processing(process, jobs, **options):
    """A pool that processes the jobs from 1 to `jobs`."""
    return partial(heartbeat.run, range(1, jobs + 1), process, **options)


# Detection.


def test_a_stuck_and_a_dead_worker_of_twelve_jobs_cost_two_jobs_and_two_seconds_in_all():
    for run in in_any_order(heartbeat.demo):
        assert run.elapsed == 2.0
        assert run.value.failed == [4, 8]
        assert sorted(run.value.values) == [2, 4, 6, 10, 12, 14, 18, 20, 22, 24]


def test_the_error_of_a_lost_job_names_its_worker_and_what_became_of_it():
    errors = [result.error for result in simulate(heartbeat.demo).value.results if result.error]
    assert [type(error) for error in errors] == [WorkerLost, WorkerLost]
    assert [str(error) for error in errors] == [
        "worker-1 is stuck: 3 beats missed",
        "worker-2 is dead: 3 beats missed",
    ]


def test_the_cause_of_a_lost_job_is_what_its_worker_died_of():
    stuck, dead = (r.error.__cause__ for r in simulate(heartbeat.demo).value.results if r.error)
    assert stuck is None
    assert repr(dead) == """SystemExit("job 8 ends its worker's thread")"""


def test_the_history_tells_each_look_at_each_worker_with_a_job():
    history = []
    simulate(without(jobs=1, workers=2, stuck={1}, missed=2, history=history))
    assert history == [
        Health(0.1, "worker-1", 0, 1, "well"),
        Health(0.2, "worker-1", 1, 1, "well"),
        Health(0.3, "worker-1", 2, 1, "stuck"),
    ]


def test_a_history_may_forget_what_is_old():
    history = deque(maxlen=2)
    simulate(without(jobs=1, stuck={1}, missed=4, history=history))
    assert [look.missed for look in history] == [3, 4]


def test_a_worker_stuck_in_its_first_job_is_found_and_its_place_filled():
    for run in in_any_order(without(jobs=6, workers=1, stuck={1})):
        assert run.value.failed == [1]
        assert run.value.succeeded == [2, 3, 4, 5, 6]
        assert run.trace.workers == ("worker-1", "worker-2")


def test_all_workers_stuck_at_once_are_replaced_in_as_many_beats_as_one():
    for run in in_any_order(without(jobs=6, stuck={1, 2, 3})):
        assert sorted(run.value.failed) == [1, 2, 3]
        assert sorted(run.value.succeeded) == [4, 5, 6]
        assert run.elapsed == 0.4 + 0.5


def test_a_pool_whose_every_job_hangs_or_kills_still_ends_and_names_each():
    odd, even = range(1, 10, 2), range(2, 9, 2)
    for run in in_any_order(without(jobs=9, stuck=odd, deadly=even)):
        assert sorted(run.value.failed) == list(range(1, 10))
        assert len(run.trace.workers) == 3 + 9


@pytest.mark.parametrize(
    "death", [SystemExit, KeyboardInterrupt, GeneratorExit, BaseException], ids=lambda d: d.__name__
)
def test_a_worker_that_dies_of_anything_is_replaced(death):
    def process(job, beat):
        if job == 1:
            raise death
        return job

    run = simulate(
        processing(
            process,
            3,
            workers=1,
        )
    )
    assert accounts(run.value) == [(1, "failed"), (2, "succeeded"), (3, "succeeded")]
    assert isinstance(run.value.results[0].error.__cause__, death)
    assert run.crashes == run.leaks == ()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    before=st.integers(0, 199),  # milliseconds, as all here
    gaps=st.lists(st.integers(0, 199), max_size=5),
    missed=st.integers(2, 5),
    deadly=st.booleans(),
    workers=st.integers(1, 3),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_lost_are_found_within_missed_and_one_more_intervals_of_their_last_beat(
    before, gaps, missed, deadly, workers, seed
):
    last_beat, history = 0.0, []

    def process(job, beat):
        nonlocal last_beat
        if job != 2:
            return sleep(before / 1000)
        last_beat = now()
        for gap in gaps:
            sleep(gap / 1000)
            beat()
            last_beat = now()
        if deadly:
            raise SystemExit
        return hang()

    pool = processing(process, 6, workers=workers, missed=missed, history=history)
    report = simulate(pool, seed=seed).value
    assert report.failed == [2]
    ((time, _, verdict),) = given_up(history)
    assert verdict == ("dead" if deadly else "stuck")
    assert round(missed * TICK, 9) <= round(time - last_beat, 9) <= round((missed + 1) * TICK, 9)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    start=st.integers(0, 120),
    silence=st.integers(0, 800),  # milliseconds
    missed=st.integers(2, 5),
    seed=st.none() | st.integers(0, 10**6),
)
def test_a_job_is_never_given_up_for_less_silence_than_missed_and_always_for_one_more(
    start, silence, missed, seed
):
    def process(job, beat):
        sleep((start if job == 1 else silence) / 1000)
        return job

    pool = processing(
        process,
        2,
        workers=1,
        missed=missed,
    )
    succeeded = 2 in simulate(pool, seed=seed).value.succeeded
    if silence < missed * 100:
        assert succeeded
    if silence > (missed + 1) * 100:
        assert not succeeded


@pytest.mark.parametrize("seconds", [0.1, 0.5, 3.0])
def test_a_job_that_beats_once_an_interval_is_never_given_up_however_long(seconds):
    history = []
    pool = without(jobs=5, workers=2, seconds=seconds, missed=2, history=history)
    assert all(len(run.value.succeeded) == 5 for run in in_any_order(pool))
    assert max(look.missed for look in history) <= 1


def test_a_worker_without_a_job_is_well_however_small_the_interval():
    def late():
        pool = HeartbeatPool(lambda job, beat: job, workers=2, interval=0.0001, missed=2)
        with pool.start():
            sleep(0.5)
            pool.submit(1)
        return pool.report

    run = simulate(late)
    assert run.value.succeeded == [1]
    assert run.trace.workers == ("worker-1", "worker-2")


def test_a_slow_reader_makes_no_worker_look_stuck():
    def slow():
        pool = HeartbeatPool(lambda job, beat: sleep(0.1), workers=2, missed=2)
        with pool.start():
            for job in range(10):
                pool.submit(job)
            pool.close()
            for _ in pool.results():
                sleep(2.0)
        return pool.report

    run = simulate(slow)
    assert len(run.value.succeeded) == 10
    assert run.trace.workers == ("worker-1", "worker-2")


@pytest.mark.parametrize("interval", [0.3, 0.1, 0.07, 1.0, 5.0])
def test_a_job_takes_its_seconds_to_the_last_digit_whatever_the_interval(interval):
    run = simulate(without(jobs=1, seconds=1.0, interval=interval))
    assert run.elapsed == 1.0


# Coming back.


def test_a_worker_that_comes_back_too_late_is_not_heard_and_takes_no_more_jobs():
    def process(job, beat):
        sleep(1.0 if job == 1 else 0.25)
        return job

    for run in in_any_order(
        processing(
            process,
            8,
            workers=1,
        )
    ):
        assert run.value.failed == [1]
        assert run.value.succeeded == [2, 3, 4, 5, 6, 7, 8]
        workers = {job.id: job.worker for job in run.trace.jobs}
        assert workers == {"1": "worker-1"} | {str(job): "worker-2" for job in range(2, 9)}
        assert run.leaks == ()


def test_a_worker_that_comes_back_as_it_is_given_up_has_one_result_all_the_same():
    def process(job, beat):
        sleep(0.4 if job % 2 else 0.1)  # 0.4 s after its first beat it is to be given up
        return job

    won = set()
    for run in in_any_order(
        processing(
            process,
            12,
        ),
        100,
    ):
        assert [job for job, _ in accounts(run.value)] == list(range(1, 13))
        assert len(run.value.results) == 12
        won |= {outcome for job, outcome in accounts(run.value) if job % 2}
    assert won == {"succeeded", "failed"}  # either may be first


def test_a_worker_that_was_given_up_learns_it_at_its_next_beat():
    told = []

    def process(job, beat):
        sleep(0.5)
        try:
            beat()
        except Cancelled as cancelled:
            told.append(str(cancelled))
            raise
        return job

    def run():
        pool = HeartbeatPool(process, workers=1)
        with pool.start():
            pool.submit(1)
            sleep(1.0)
        return pool.report

    assert simulate(run).value.failed == [1]
    assert told == ["worker-1 was given up and replaced"]


# Ending.


def test_a_cancelled_pool_waits_for_a_stuck_worker_until_it_is_given_up_and_no_longer():
    def pool():
        with Context(timeout=1.0) as context:
            return without(jobs=5, workers=2, seconds=0.9, stuck={3})(context=context)

    for run in in_any_order(pool):
        assert run.elapsed == 1.3  # the last beat was at 0.9 s, when it took the job
        assert accounts(run.value) == [
            (1, "succeeded"),
            (2, "succeeded"),
            (3, "failed"),
            (4, "cancelled"),
            (5, "never started"),
        ]
        assert [leak.doing for leak in run.leaks] == ["hanging"]


def test_a_job_whose_worker_died_just_before_the_end_has_failed_too():
    def process(job, beat):
        sleep(0.1 * job)
        raise SystemExit

    def pool():
        with Context(timeout=0.25) as context:
            return processing(
                process,
                5,
            )(context=context)

    for run in in_any_order(pool):
        assert run.elapsed == 0.25
        assert sorted(run.value.failed) == [1, 2]
        assert run.value.cancelled == [3]
        assert counts(run).failed == 2


def test_a_beat_ends_a_job_that_never_waits_once_the_pool_is_cancelled():
    beats = itertools.count(1)

    def run():
        def process(job, beat):
            while True:
                beat()
                if next(beats) == 5:
                    context.cancel("enough")

        context = Context()
        return processing(
            process,
            2,
            workers=1,
        )(context=context)

    assert accounts(simulate(run).value) == [(1, "cancelled"), (2, "never started")]
    assert next(beats) == 6


def test_a_closed_pool_does_what_is_submitted_although_a_worker_is_stuck():
    def process(job, beat):
        return hang() if job == 0 else job

    def pool():
        pool = HeartbeatPool(process, workers=1)
        with pool.start():
            for job in range(4):
                pool.submit(job)
            pool.close()
            pool.close()
        return pool.report

    for run in in_any_order(pool):
        assert (run.value.failed, run.value.succeeded) == ([0], [1, 2, 3])


def test_a_block_that_raises_while_a_worker_is_stuck_is_left_when_that_is_given_up():
    class StopEarlyError(Exception):
        pass

    def pool():
        pool = HeartbeatPool(lambda job, beat: hang(), workers=1)
        try:
            with pool.start():
                pool.submit(1)
                pool.submit(2)
                sleep(0.05)
                raise StopEarlyError
        except StopEarlyError:
            return now(), accounts(pool.report)

    for run in in_any_order(pool):
        assert run.value == (0.4, [(1, "failed"), (2, "never started")])


# Whatever goes wrong with the supervisor.


class FullError(Exception):
    pass


class FullHistory(list):
    """Takes so many looks and no more."""

    def __init__(self, room, error):
        super().__init__()
        self.room, self.error = room, error

    def append(self, look):
        if len(self) >= self.room:
            raise self.error
        super().append(look)


@pytest.mark.parametrize("room", [0, 1, 5, 7])
@pytest.mark.parametrize("error", [FullError, SystemExit, Cancelled])
def test_a_history_that_raises_ends_the_pool_although_a_worker_is_stuck(room, error):
    def pool():
        history = FullHistory(room, error)
        try:
            without(jobs=6, workers=2, stuck={1}, history=history)()
        except BaseExceptionGroup as group:
            return group.subgroup(error) is not None

    for run in in_any_order(pool, 20):
        assert run.value
        assert run.elapsed <= 0.4
        assert [leak.doing for leak in run.leaks] == ["hanging"]


def test_a_supervisor_that_fails_before_there_is_a_worker_ends_the_pool(monkeypatch):
    def failing(context, seconds):
        if next(naps) == 1:
            raise MemoryError
        failed.set()
        rest(context, seconds)

    def start_and_let_it_fail(*args):
        go(*args)
        failed.wait()

    rest, naps, failed = Context.sleep, itertools.count(1), threading.Event()
    monkeypatch.setattr(Context, "sleep", failing)
    monkeypatch.setattr(heartbeat, "go", start_and_let_it_fail)
    with pytest.raises(ExceptionGroup) as caught:
        run_on_threads(lambda: heartbeat.run(range(3), lambda job, beat: job))
    assert caught.value.subgroup(MemoryError)


def test_a_history_that_raises_when_all_is_over_anyway_changes_nothing():
    def pool():
        history = FullHistory(2, FullError)
        with Context(timeout=0.15) as context:
            return processing(deaf, 2, workers=1, history=history)(context=context)

    def deaf(job, beat):
        with suppress(Cancelled):
            sleep(1)
        hang()

    report = simulate(pool).value
    assert (report.failed, report.reason) == ([1], "timeout of 0.15 s passed")


@pytest.mark.parametrize("fails_at", range(1, 12))
def test_a_thread_that_cannot_be_started_is_an_error_and_never_a_hang(monkeypatch, fails_at):
    def failing(thread):
        if thread.name != "test body" and next(started) == fails_at:
            raise RuntimeError("can't start new thread")
        start(thread)

    def process(job, beat):
        if job == 2:
            gate.wait()
        if job == 4:
            raise SystemExit
        return job

    def pool():
        return heartbeat.run(range(1, 6), process, workers=2, interval=0.01, missed=20)

    def refused(error):
        return str(error) == "can't start new thread"

    gate, start, started = threading.Event(), threading.Thread.start, itertools.count(1)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", failing)
        try:
            complete = run_on_threads(pool).failed == [2, 4]
        except (RuntimeError, ExceptionGroup) as raised:
            complete = refused(raised) or raised.subgroup(refused) is not None
    try:
        assert complete
        assert sorted(run_on_threads(pool).failed) == [2, 4]  # the next run is as if nothing was
    finally:
        gate.set()


# Every job has one outcome, whatever happens.

KINDS = ("quick", "beats", "late", "stuck", "deadly", "fails", "gives in")


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    kinds=st.lists(st.sampled_from(KINDS), max_size=9),
    workers=st.integers(1, 4),
    buffer=st.sampled_from([0, 1, 2, 100]),
    missed=st.integers(2, 4),
    timeout=st.none() | st.sampled_from([0.0, 0.1, 0.15, 0.3, 0.4, 0.41, 0.7, 1.0]),
    wanted=st.none() | st.integers(0, 5),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_books_balance_whatever_hangs_dies_or_is_cancelled(
    kinds, workers, buffer, missed, timeout, wanted, seed
):
    def process(job, beat):
        kind = kinds[job - 1]
        if kind == "beats":
            for _ in range(7):
                sleep(0.08)
                beat()
        elif kind == "late":
            sleep(0.6)  # comes back after it was given up
        elif kind == "stuck":
            hang()
        elif kind == "deadly":
            raise SystemExit
        elif kind == "fails":
            raise ValueError(job)
        elif kind == "gives in":
            raise Cancelled("of its own will")
        return -job

    def run():
        def enough(result):
            seen.append(result)
            if wanted is not None and len(seen) > wanted:
                context.cancel("the reader has seen enough")

        context, seen = Context(timeout=timeout), []
        options = {"workers": workers, "missed": missed, "buffer": buffer, "context": context}
        return processing(process, len(kinds), on_result=enough, **options)()

    run = simulate(run, seed=seed)
    report, told = run.value, counts(run)
    named = [job for job, _ in accounts(report)]
    assert [*named, *report.unsubmitted] == list(range(1, len(kinds) + 1))
    assert len({result.job for result in report.results}) == len(report.results)
    assert (told.succeeded, told.failed, told.cancelled) == (
        len(report.succeeded),
        len(report.failed),
        len(report.cancelled),
    )
    assert told.balanced
    assert run.crashes == ()
    hung = [job for job in report.started if kinds[job - 1] == "stuck"]
    assert [leak.doing for leak in run.leaks] == ["hanging"] * len(hung)
    assert set(hung) <= set(report.failed)
    if timeout is not None:
        assert run.elapsed <= round(timeout + (missed + 1) * TICK, 9)
    elif wanted is None:
        assert {k for k, f in accounts(report) if f == "never started"} == set()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    kinds=st.lists(st.sampled_from(["quick", "beats", "stuck", "deadly"]), max_size=6),
    workers=st.integers(1, 3),
    wanted=st.integers(0, 6),
    raises=st.booleans(),
    seed=st.none() | st.integers(0, 10**6),
)
def test_a_consumer_that_stops_early_loses_no_job(kinds, workers, wanted, raises, seed):
    class StopEarlyError(Exception):
        pass

    def process(job, beat):
        if kinds[job] == "beats":
            sleep(0.1)
            beat()
            sleep(0.1)
        elif kinds[job] == "stuck":
            hang()
        elif kinds[job] == "deadly":
            raise SystemExit
        return job

    def run():
        pool = HeartbeatPool(process, workers=workers, missed=2)
        with suppress(StopEarlyError), pool.start():
            for job in range(len(kinds)):
                pool.submit(job)
            pool.close()
            for _ in itertools.islice(pool.results(), wanted):
                pass
            if raises:
                raise StopEarlyError
        return pool.report

    run = simulate(run, seed=seed)
    assert [job for job, _ in accounts(run.value)] == list(range(len(kinds)))
    if not raises:
        assert len(run.value.results) == len(kinds)
    assert run.crashes == ()
    assert {leak.doing for leak in run.leaks} <= {"hanging"}


@pytest.mark.parametrize(
    ("jobs", "stuck", "deadly", "timeout"),
    [(4, {1}, {2}, None), (4, {1}, {2}, 0.3), (2, (), {1, 2}, 0.3)],
)
def test_no_order_of_single_statements_loses_or_doubles_a_job(jobs, stuck, deadly, timeout):
    def pool():
        with Context(timeout=timeout) as context:
            small = {"jobs": jobs, "workers": 2, "missed": 2, "seconds": 0.2}
            return heartbeat.demo(**small, stuck=stuck, deadly=deadly, context=context)

    def one_result_each(run):
        report = run.value
        assert [job for job, _ in accounts(report)] == list(range(1, jobs + 1))
        assert len({result.job for result in report.results}) == len(report.results)
        assert {1, 2} <= set(report.failed)

    watched = [heartbeat.HeartbeatPool, heartbeat.JobInHand]
    found = explore(pool, check=one_result_each, schedules=150, statements=watched)
    assert found.failures == 0, found.failure.story()


# Real threads. The interval is short, and many beats may be missed, for the sake of slow machines.

PATIENT = {"interval": 0.01, "missed": 40}


@pytest.fixture
def gate():
    """Return an event that a job may hang on, and let go of every job at the end."""
    event = threading.Event()
    yield event
    event.set()


def alive(name):
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_a_thread_that_hangs_is_left_behind_and_the_pool_ends_without_it(gate):
    def process(job, beat):
        if job == 2:
            gate.wait()
        return -job

    report = measure(processing(process, 6, workers=1, **PATIENT)).value
    assert report.failed == [2]
    assert report.values == [-1, -3, -4, -5, -6]
    (hung,) = alive("worker-1")
    assert hung.daemon  # the program can end
    gate.set()
    hung.join()


def test_a_thread_that_comes_back_is_not_heard(gate):
    def process(job, beat):
        if job == 1:
            gate.wait()
        return -job

    def run():
        pool = HeartbeatPool(process, workers=1, **PATIENT)
        with pool.start():
            for job in (1, 2):
                pool.submit(job)
            lost = next(pool.results())
            (hung,) = alive("worker-1")
            gate.set()
            hung.join()
        return lost, pool.report

    lost, report = measure(run).value
    assert isinstance(lost.error, WorkerLost)
    assert accounts(report) == [(1, "failed"), (2, "succeeded")]


def test_a_thread_that_dies_is_replaced():
    def process(job, beat):
        if job == 1:
            raise SystemExit("gone")
        return -job

    report = measure(processing(process, 3, workers=1, **PATIENT)).value
    assert accounts(report) == [(1, "failed"), (2, "succeeded"), (3, "succeeded")]
    assert str(report.results[0].error.__cause__) == "gone"


def test_a_cancelled_pool_ends_although_a_thread_hangs(gate):
    def run():
        def process(job, beat):
            if job == 3:
                context.cancel("enough")
                gate.wait()
            return -job

        context = Context()
        return processing(process, 9, workers=1, **PATIENT)(context=context)

    report = measure(run).value
    assert accounts(report)[:3] == [(1, "succeeded"), (2, "succeeded"), (3, "failed")]
    assert report.never_started == [4, 5, 6, 7, 8, 9]


def test_a_thread_that_takes_no_notice_of_cancellation_is_left_behind_too(gate):
    def run():
        def process(job, beat):
            context.cancel("enough")
            while not gate.wait(0.001):
                with suppress(Cancelled):
                    beat()

        context = Context()
        return processing(process, 1, **PATIENT)(context=context)

    assert measure(run).value.failed == [1]
    (deaf,) = alive("worker-1") or alive("worker-2") or alive("worker-3")
    gate.set()
    deaf.join()


def test_the_same_code_on_real_threads_gives_the_same_outcomes():
    pool = without(seconds=0.002, deadly={8}, **PATIENT)
    assert accounts(measure(pool).value) == accounts(simulate(without(deadly={8})).value)


# Bad numbers.


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"jobs": -1}, "jobs must be a whole number >= 0, got -1"),
        ({"missed": 1}, "missed must be a whole number >= 2, got 1"),
        ({"interval": 0}, r"interval must be a number of seconds > 0 and <= 1e12, got 0"),
        ({"interval": float("nan")}, "interval must be a number of seconds > 0 and .* got nan"),
        ({"seconds": -1}, "seconds must be a number of seconds >= 0 and .* got -1"),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(wrong, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        heartbeat.demo(**wrong)


def test_the_smallest_interval_and_the_longest_job_are_no_bad_numbers():
    assert simulate(without(jobs=0, interval=1e-300, seconds=1e12)).elapsed == 0.0
