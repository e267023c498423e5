"""Whatever the machine refuses a pool, and whenever: nobody waits for ever, the books balance.

Threads that do not start, memory that runs out, a clock that jumps, Ctrl-C at any moment. What
takes a worker down is in `test_heartbeat.py`, processes that die are in `test_plain_laws.py`.
"""

import itertools
import random
import sys
import threading
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from pools import RUNS
from support import python, run_on_threads

from lab import simulate
from lab.simulation.runtime import SimulatedRuntime
from patterns.concurrency import Context, TaskGroup, channel, report, sleep, threads
from patterns.concurrency.threads import ThreadRuntime
from patterns.reusable import WorkerPool

every_pool = pytest.mark.parametrize("pool", RUNS.values(), ids=RUNS)


def minus(job):
    return -job


def nap(job):
    sleep(0.001)
    return -job


# Threads that do not start.


@every_pool
@pytest.mark.parametrize("fails_at", range(1, 7))
def test_a_system_that_has_no_more_threads_is_an_error_and_not_a_hang(pool, monkeypatch, fails_at):
    def failing(thread):
        if next(started) == fails_at:
            raise RuntimeError("can't start new thread")
        start(thread)

    def refused(error):
        return str(error) == "can't start new thread"

    start, started = threading.Thread.start, itertools.count(1)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", failing)
        try:
            complete = len(pool(range(9), minus).values) == 9
        except (RuntimeError, ExceptionGroup) as raised:
            complete = refused(raised) or raised.subgroup(refused) is not None
    assert complete
    assert len(pool(range(9), minus).values) == 9


# Memory that runs out.


class Memory:
    """Gives out memory, except for the allocation with the number `fails_at`."""

    def __init__(self, fails_at):
        self._numbers, self._fails_at = itertools.count(1), fails_at
        self.ran_out = False

    def needed(self, function):
        """Return `function`, such that it asks for memory first."""

        def asking(*args, **options):
            if next(self._numbers) == self._fails_at:
                self.ran_out = True
                raise MemoryError
            return function(*args, **options)

        return asking

    def for_primitives(self):
        """While entered, they ask for what they allocate: objects, and room in their queues."""

        def lists(ledger):
            ledger.submitted, ledger.started, ledger.results = entries(), entries(), entries()

        entries = type("Entries", (list,), {"append": self.needed(list.append)})
        queue = type("Queue", (deque,), {"append": self.needed(deque.append)})
        stack = ExitStack()
        stack.enter_context(patch.object(channel, "deque", queue))
        stack.enter_context(patch.object(report.Ledger, "__init__", lists))
        for owner, name in [
            (SimulatedRuntime, "waiter"),
            (SimulatedRuntime, "task"),
            (SimulatedRuntime, "start"),
            (Context, "__init__"),
            (Context, "watch"),
        ]:
            stack.enter_context(patch.object(owner, name, self.needed(getattr(owner, name))))
        return stack


def without_each_allocation(body):
    """Run `body` again and again, and let another allocation fail each time."""
    for fails_at in itertools.count(1):
        memory, run = Memory(fails_at), None
        with memory.for_primitives():
            try:
                run = simulate(body, max_steps=20_000)  # a deadlock, or no end, comes out
            except MemoryError:
                pass
            except BaseExceptionGroup as raised:
                other = raised.split(MemoryError)[1]
                if other is not None:
                    raise other from None
        if run is not None:
            assert (run.leaks, run.crashes) == ((), ())
            assert run.value.counts.balanced
        if not memory.ran_out:
            assert len(run.value.values) == len(run.value.submitted)
            return


@every_pool
def test_memory_that_runs_out_once_leaves_nobody_waiting(pool):
    options = {"interval": 0.0004} if pool is RUNS["heartbeat"] else {}  # so that it is looked at
    without_each_allocation(lambda: pool(range(3), nap, workers=2, buffer=1, **options))


def test_memory_that_runs_out_leaves_nobody_waiting_for_the_jobs_of_jobs():
    def crawl():
        def visit(depth):
            if depth:
                pool.submit(depth - 1)
                pool.submit(depth - 1)
            return -depth

        pool = WorkerPool(visit, workers=2)
        with pool.start(), TaskGroup() as group:
            group.spawn(list, pool.results())
            pool.submit(1)
            pool.join()
            pool.close()
        return pool.report

    without_each_allocation(crawl)


# A clock that jumps.


class JumpingClock:
    """Real time, which stands still at one moment and is an hour later at the next."""

    def __init__(self, seed):
        self._random, self._lock = random.Random(seed), threading.Lock()
        self._offset, self._time = 0, time.monotonic_ns()

    def __call__(self):
        with self._lock:
            chance = self._random.random()
            if chance < 0.1:
                self._offset += 3600 * 10**9
            if chance < 0.6:
                self._time = time.monotonic_ns() + self._offset
            return self._time


@every_pool
@pytest.mark.parametrize("timeout", [None, 5000.0])
def test_a_clock_that_jumps_and_stands_still_makes_nobody_wait_for_ever(pool, monkeypatch, timeout):
    for seed in range(4):
        clock = JumpingClock(seed)
        with monkeypatch.context() as patched:
            patched.setattr(ThreadRuntime, "now", staticmethod(clock))
            patched.setattr(threads, "time", SimpleNamespace(monotonic_ns=clock))
            patched.setattr(threads, "_LONGEST_WAIT", 0.005)  # and then look at the clock again
            told = run_on_threads(lambda: pool(range(9), nap, buffer=1, timeout=timeout))
        assert told.counts.balanced
        assert told.reason is not None or sorted(told.values) == list(range(-8, 1))
        assert told.reason in (None, f"timeout of {timeout} s passed")
    assert len(pool(range(3), minus).values) == 3


# Ctrl-C at any moment, and once more soon after.

PRESSING = f"""
import random, signal, sys, threading, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pools import RUNS
from support import threads_left
from patterns.concurrency import sleep


def press(delays):
    for delay in delays:
        time.sleep(delay)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def take_no_notice():
    return signal.signal(signal.SIGINT, lambda number, frame: None)


def interrupted(pool, delays):
    '''Run the pool while somebody presses; return its report, and the handler that it left.'''
    presser, report = threading.Thread(target=press, args=(delays,)), None
    try:
        try:
            presser.start()
            report = pool(range(5), nap, workers=2, buffer=1)
        except KeyboardInterrupt as raised:
            report = raised.args[0] if raised.args else None
        left = take_no_notice()
    except KeyboardInterrupt:  # after the run
        left = take_no_notice()
    presser.join()
    time.sleep(0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return report, left


def nap(job):
    sleep(0.0001)
    return -job


signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the parent ignores
chance = random.Random(7)
for name, pool in RUNS.items():
    before, reports, handlers = set(threading.enumerate()), [], set()
    for number in range(200):
        soon_after = [chance.choice([0, 1e-5, 5e-5, 2e-4])] * (number % 2)
        report, handler = interrupted(pool, [chance.uniform(0, 0.001), *soon_after])
        handlers.add(handler)
        reports += [] if report is None else [report]
    wrong = [str(report) for report in reports if not report.counts.balanced]
    cut_short = sum(report.reason == "interrupted" for report in reports)
    restored = handlers == {{signal.default_int_handler}}
    left = threads_left(before)
    works = len(pool(range(3), nap).values) == 3
    print(name, wrong, cut_short > 0, restored, left, works)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signal to send to a thread")
def test_ctrl_c_at_any_moment_leaves_nothing_behind_and_the_books_balanced():
    assert python(PRESSING).splitlines() == [f"{name} [] True True [] True" for name in RUNS]
