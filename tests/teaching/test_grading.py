"""Whatever a reader's pool does, the check ends and says in one sentence what it was."""

import asyncio
import builtins
import math
import multiprocessing
import signal
import sys
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from functools import partial
from multiprocessing.pool import Pool, ThreadPool

import pytest
from answering import answering

from lab.teaching import grading
from lab.teaching.expect import (
    expect_balanced,
    expect_function,
    expect_number,
    expect_same,
)
from lab.teaching.grading import EMPTY, Feedback, NotYet, run_once
from patterns.concurrency import (
    Channel,
    Context,
    DeadlineExceeded,
    Report,
    Succeeded,
    TaskGroup,
    go,
    hang,
    sleep,
)

pytestmark = pytest.mark.untraced


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    """Check in this process, as where none can be copied."""
    monkeypatch.setattr(grading, "APART", False)


@answering
def check(pool, **limits):
    """Stand for any check: the pool must return [1, 2]."""
    expect_function(pool, "")
    for seed in (None, 0, 1, 2, 3):
        expect_same(run_once(pool, seed=seed, **limits).value, [1, 2])
    return "all is well"


def refusal(pool, **limits):
    """Return the sentence for a pool that is not right, in one line."""
    feedback = check(pool, **limits)
    assert not feedback.passed
    assert "\n" not in repr(feedback)
    return repr(feedback).removeprefix("Not yet: ")


def test_a_right_pool_passes():
    feedback = check(lambda: [2, 1])
    assert (feedback.passed, repr(feedback)) == (True, "Right: all is well")


# What a pool may do that does not end.


def deadlocking():
    Channel(name="jobs").receive()


def test_a_deadlock_is_described_by_who_waits_for_what():
    assert refusal(deadlocking) == (
        "it deadlocks at 0 s: main is receiving from jobs (unbuffered), in deadlocking"
    )


def test_a_deadlock_after_a_crash_names_the_crash():
    def pool():
        results = Channel(name="results")

        def worker():
            raise KeyError("no such job")

        go(worker, name="worker-1")
        return [results.receive()]

    assert refusal(pool).startswith("it deadlocks at 0 s, after worker-1 raised KeyError: 'no such")


def test_an_endless_loop_of_operations_is_stopped():
    def pool():
        while True:
            sleep(1)

    assert refusal(pool, max_steps=1000) == "it does not end: its tasks go on and on"


def spin():
    while True:
        pass


def spin_in_a_worker():
    with TaskGroup() as group:
        group.spawn(spin, name="worker-1")
        group.spawn(sleep, 1, name="worker-2")


def spin_and_catch_everything():
    while True:
        with suppress(BaseException):  # what stops others does not stop it
            spin()


def spin_at_the_end():
    try:
        return [1, 2]
    finally:
        spin()


def spin_when_it_is_stopped():
    try:
        spin()
    finally:
        spin()


SPINNING = [spin, spin_in_a_worker, spin_and_catch_everything, spin_at_the_end]
SPINNING += [spin_when_it_is_stopped]
ENDLESS = "it does not end: it loops for ever, or waits in real time"


@pytest.mark.parametrize("pool", SPINNING)
def test_an_endless_loop_without_operations_is_stopped(pool):
    assert refusal(pool, patience=0.1) == ENDLESS


@pytest.mark.parametrize("pool", SPINNING)
def test_an_endless_loop_is_stopped_where_no_signal_comes(pool):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(refusal(pool, patience=0.1)))
    thread.start()
    thread.join(30)
    assert answers == [ENDLESS]


# What a pool may do that knows no virtual time.


def test_time_sleep_is_noticed_in_a_pool_that_is_right_otherwise():
    def pool():
        time.sleep(0.08)
        return [1, 2]

    assert refusal(pool) == (
        "it waits in real time: use sleep from patterns.concurrency, not time.sleep"
    )


def test_a_machine_that_was_busy_is_not_taken_for_a_real_wait():
    waits = [0.08, 0.08, 0]

    def pool():
        time.sleep(waits.pop(0) if waits else 0)
        return [1, 2]

    assert check(pool).passed
    assert waits == []


def test_a_long_time_sleep_is_not_waited_for():
    assert refusal(partial(time.sleep, 1000), patience=0.1) == ENDLESS


def test_a_real_thread_is_refused():
    def pool():
        thread = threading.Thread(target=list)
        thread.start()
        thread.join()
        return [1, 2]

    assert refusal(pool).startswith("it starts a real thread, which knows no virtual time")


@pytest.mark.parametrize(
    ("kind", "executor"),
    [
        ("thread", ThreadPoolExecutor),
        ("thread", ThreadPool),
        ("process", ProcessPoolExecutor),
        ("process", Pool),
    ],
)
def test_an_executor_is_refused(kind, executor):
    def pool():
        with executor(3) as workers:
            return list(workers.map(abs, [1, 2]))

    assert refusal(pool).startswith(f"it starts a real {kind}, which knows no virtual time")
    assert multiprocessing.active_children() == []


def test_a_real_thread_is_mentioned_even_if_its_refusal_is_swallowed():
    def pool():
        with suppress(RuntimeError):
            threading.Thread(target=list).start()
        return [1, 2]

    assert refusal(pool).startswith("it starts a real thread")


def test_input_is_not_waited_for():
    def pool():
        return [input(), 2]

    assert "it raised" in refusal(pool, patience=0.5)


# What a pool may leave, raise, print or return.


def test_a_task_left_behind_is_refusal():
    def pool():
        results = Channel(name="results")
        go(results.send, 1, name="worker-1")
        return [1, 2]

    assert refusal(pool).startswith(
        "it leaves a task behind: worker-1 is sending to results (unbuffered)"
    )


def test_a_task_that_hangs_is_not_held_against_the_pool():
    def pool():
        go(hang, name="worker-1")
        return [1, 2]

    assert check(pool).passed


def test_several_tasks_left_behind_are_counted():
    def pool():
        for _ in range(3):
            go(sleep, 100)
        return [1, 2]

    assert refusal(pool).startswith(
        "it leaves 3 tasks behind: task-1, task-2 and task-3 are sleeping"
    )


def test_a_worker_that_died_unnoticed_is_refusal():
    def pool():
        def worker():
            raise ValueError("job 3 is bad")

        go(worker, name="worker-1")
        sleep(1)
        return [1, 2]

    assert refusal(pool) == "its worker-1 raised ValueError: job 3 is bad, and nobody noticed"


class NoSubclassOfException(BaseException):
    pass


class SaysNothingError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def raising(error):
    def pool():
        raise error

    return pool


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError("5 is odd"), "it raised ValueError: 5 is odd"),
        (ValueError("a\n  b"), "it raised ValueError: a b"),
        (ValueError(), "it raised ValueError"),
        (ValueError("x" * 500), "it raised ValueError: " + "x" * 119 + "…"),
        (SaysNothingError(), "it raised SaysNothingError"),
        (NoSubclassOfException("!"), "it raised NoSubclassOfException: !"),
        (SystemExit(3), "it raised SystemExit: 3"),
        (GeneratorExit(), "it raised GeneratorExit"),
        (ExceptionGroup("two", [ValueError("inside")]), "it raised ValueError: inside"),
        (NotImplementedError(), EMPTY),
    ],
)
def test_what_it_raises_is_described_in_one_line(error, says):
    assert refusal(raising(error)) == says


def test_endless_recursion_is_refusal():
    def pool():
        return pool()

    assert refusal(pool) == "it calls itself without end (RecursionError)"


def test_a_line_of_the_readers_own_cell_is_named():
    cell = "def pool():\n    jobs = []\n    return jobs[3]\n"
    names = {"__name__": "__main__"}
    exec(compile(cell, "cell", "exec"), names)
    assert (
        refusal(names["pool"]) == "it raised IndexError: list index out of range (in pool, line 3)"
    )


def test_an_address_in_memory_is_not_part_of_a_sentence():
    assert refusal(raising(ValueError(object()))) == "it raised ValueError: <object object>"


def test_an_interrupt_of_the_readers_is_passed_on():
    with pytest.raises(KeyboardInterrupt):
        check(raising(KeyboardInterrupt()))


def test_a_pool_that_swallows_everything_deadlocks_and_ends_all_the_same():
    def pool():
        while True:
            with suppress(BaseException):
                Channel(name="jobs").receive()

    assert refusal(pool).startswith("it deadlocks at 0 s: main is receiving from jobs")


def test_a_pool_that_swallows_the_cancellation_does_not_get_away_with_it():
    def pool():
        def worker():
            while True:
                with suppress(BaseException):
                    sleep(1)

        with TaskGroup() as group:
            group.spawn(worker, name="worker-1")
            group.context.cancel()
        return [1, 2]

    assert refusal(pool) == "it does not end: its tasks go on and on"


def test_what_it_prints_is_not_shown(capsys):
    def pool():
        print("working …")
        print("oh", file=sys.stderr)
        warnings.warn("deprecated", stacklevel=1)
        return [1, 2]

    assert check(pool).passed
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "it returned None, not a list of results"),
        (5, "it returned an int, not a list of results"),
        ({1, 2}, "it returned a set, not a list of results"),
        ("12", "it returned a str, not a list of results"),
        (Ellipsis, "it returned an ellipsis, not a list of results"),
        ([1], "it lost results: 2"),
        ([1, 2, 2], "it doubled results: 2"),
        ([1, 3], "it lost results: 2; made up results: 3"),
        ([1, 2, *"abcdef"], "it made up results: 'a', 'b', 'c', 'd', 'e' and 1 more"),
    ],
)
def test_a_wrong_value_is_refusal(value, says):
    assert refusal(lambda: value) == says


def test_a_generator_is_said_to_have_run_nothing():
    def pool():
        yield 1

    assert refusal(pool) == "it returned a generator: its code has not run at all"


def test_a_coroutine_is_said_to_have_run_nothing():
    async def pool():
        await asyncio.sleep(0)

    assert refusal(pool) == "it returned a coroutine: its code has not run at all"


def test_a_value_that_cannot_be_compared_is_described_by_what_it_raises():
    class Sulking:
        def __eq__(self, other):
            raise RuntimeError("do not compare me")

        __hash__ = None

    assert refusal(lambda: [Sulking(), 2]) == "it raised RuntimeError: do not compare me"


# What a reader may hand in that is no pool.


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (5, "it must be a function of (), and is an int"),
        ([1, 2], "it must be a function of (), and is a list"),
        (lambda jobs: [1, 2], "it must be a function of (), and takes (jobs)"),
    ],
)
def test_what_is_no_function_of_the_right_parameters_is_refusal(answer, says):
    assert refusal(answer) == says


def test_a_function_is_accepted_whatever_its_parameters_are_called():
    assert expect_function(lambda a, b=2, *c: None, "jobs, workers, buffer") is None
    assert expect_function(builtins.print, "jobs") is None
    assert expect_function(max, "jobs") is None  # has no signature


def test_a_run_of_what_is_no_function_is_refused():
    with pytest.raises(NotYet, match="it is an int, not a function"):
        run_once(5)


@pytest.mark.parametrize("number", [3, 3.0, Decimal(3), Fraction(3)])
def test_a_number_may_be_of_any_kind(number):
    assert expect_number(number) == 3.0


@pytest.mark.parametrize("number", [True, "3", math.nan, Decimal("inf"), 3j, -1])
def test_what_is_no_number_or_too_small_is_refused(number):
    with pytest.raises(NotYet, match="the answer must be a number of seconds, got"):
        expect_number(number, least=0)


# Counting and naming.


def report(submitted=(1, 2), started=(1, 2), results=(1, 2)):
    return Report(submitted, started, tuple(Succeeded(job, job) for job in results))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([1, 2], "it returned a list, not a Report"),
        (report(submitted=(1,)), "it lost submitted jobs: 2"),
        (report(started=(1, 2, 3)), "it made up started jobs: 3"),
        (report(started=(1,)), "it made up jobs with a result: 2"),
        (report(results=(1, 1)), "it doubled jobs with a result: 1"),
        (
            Report((1, 2), (1, 2), (5,)),
            "it put an int among the results, not a Succeeded or a Failed",
        ),
    ],
)
def test_a_report_that_does_not_balance_is_refused(value, says):
    with pytest.raises(NotYet) as caught:
        expect_balanced(value, [1, 2])
    assert str(caught.value) == says


@pytest.mark.parametrize("value", [report(), report(started=(), results=()), report(results=(2,))])
def test_a_report_that_balances_is_accepted(value):
    expect_balanced(value, [1, 2])


def test_a_long_sentence_is_cut():
    assert len(repr(Feedback(False, "word " * 100))) == len("Not yet: ") + 240


# Nothing of it stays behind.


def test_the_time_limit_of_somebody_else_is_kept():
    handler = lambda *_: None  # noqa: E731
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 100)
        assert check(lambda: [1, 2]).passed
        assert signal.getsignal(signal.SIGALRM) is handler
        assert 90 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_check_leaves_streams_and_threads_as_they_were():
    before = sys.stdout, sys.stderr, threading.Thread.start
    refusal(spin, patience=0.05)
    assert (sys.stdout, sys.stderr, threading.Thread.start) == before


def test_a_pool_is_stopped_by_its_own_deadline_before_anybody_loses_patience():
    def pool():
        with Context(timeout=5) as context:
            try:
                context.sleep(100)
            except DeadlineExceeded:
                return [1, 2]

    assert check(pool).passed
