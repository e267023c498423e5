"""A simulated task that waits for a real lock ends the run, and is told what to use."""

import contextlib
import queue
import signal
import threading
import time

import pytest

from lab import explore, simulate
from lab.simulation import real_lock
from lab.simulation.real_lock import RealLock
from lab.teaching.grading import NotYet, run_once
from patterns.concurrency import TaskGroup, sleep

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs signals")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(real_lock, "_TICK", 0.03)


def two_that_take(lock):
    def take():
        with lock:
            sleep(1)

    with TaskGroup() as group:
        group.spawn(take, name="worker-1")
        group.spawn(take, name="worker-2")


def acquire_twice():
    lock = threading.Lock()
    lock.acquire()
    sleep(1)
    lock.acquire()


def wait_for_a_condition():
    condition = threading.Condition()
    with condition:
        condition.wait()


def fill():
    jobs = queue.Queue(1)
    jobs.put(1)
    jobs.put(2)


def ask_again_and_again():
    event = threading.Event()
    while not event.wait(0.01):
        pass


def lock_again_at_the_end():
    lock = threading.Lock()
    with lock:
        try:
            lock.acquire()
        finally:
            lock.acquire()


def swallow():
    lock = threading.Lock()

    def take():
        while True:
            try:
                with lock:
                    sleep(1)
            except BaseException:
                pass

    with TaskGroup() as group:
        group.spawn(take)
        group.spawn(take)


ENDLESS = {
    "a lock": (lambda: two_that_take(threading.Lock()), "threading.Lock"),
    "a lock by acquire": (acquire_twice, "threading.Lock"),
    "a semaphore": (lambda: two_that_take(threading.Semaphore()), "threading.Semaphore"),
    "an event": (lambda: threading.Event().wait(), "threading.Event"),
    "an event, in a loop": (ask_again_and_again, "threading.Event"),
    "a condition": (wait_for_a_condition, "threading.Condition"),
    "a barrier": (lambda: threading.Barrier(2).wait(), "threading.Barrier"),
    "a full queue": (fill, "queue.Queue"),
    "an empty queue": (lambda: queue.SimpleQueue().get(), ""),
    "a lock in finally": (lock_again_at_the_end, "threading.Lock"),
    "a lock, and swallows its end": (swallow, "threading.Lock"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_task_that_waits_for_a_real_lock_or_the_like_ends_the_simulation(what):
    pool, primitive = ENDLESS[what]
    with pytest.raises(RealLock, match=f"waits for a real {primitive}"):
        simulate(pool)


def test_the_error_names_task_lock_holder_and_line_and_says_what_to_use():
    line = two_that_take.__code__.co_firstlineno + 2
    with pytest.raises(RealLock) as caught:
        simulate(two_that_take, threading.Lock())
    assert str(caught.value) == (
        f"worker-2 waits for a real threading.Lock that worker-1 holds, in take, line {line}, and "
        "would do so for ever: all tasks of a simulation are one thread; use a Channel(1) (send "
        "to lock, receive to unlock), or hold it across nothing that waits, sends or receives"
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_exploring_ends_at_a_real_lock_whatever_order_comes_to_it(processes):
    def pool():
        lock, turns = threading.Lock(), []

        def first():
            with lock:
                turns.append("first")
                sleep(0)

        def second():
            if turns:  # never in the base run
                lock.acquire()

        with TaskGroup() as group:
            group.spawn(second)
            group.spawn(first)

    with pytest.raises(RealLock):
        explore(pool, schedules=40, processes=processes)


def test_a_grader_repeats_what_the_error_says():
    with pytest.raises(NotYet, match=r"does not end: worker-2 waits for a real threading\.Lock"):
        run_once(lambda: two_that_take(threading.Lock()))


def test_a_lock_that_is_free_is_taken_as_ever():
    lock = threading.Lock()

    def take():
        with lock:
            return 1

    assert simulate(take).value == 1


def test_who_computes_with_a_lock_is_left_alone():
    def compute():
        until = time.thread_time() + 0.2
        while time.thread_time() < until:
            with lock:
                pass
        return "done"

    lock = threading.Lock()
    assert simulate(compute).value == "done"


def test_a_lock_that_a_real_thread_lets_go_is_waited_for():
    def wait():
        event = threading.Event()
        thread = threading.Timer(0.2, event.set)
        thread.start()
        event.wait()
        thread.join()
        return "done"

    assert simulate(wait).value == "done"


def test_a_timer_that_was_set_before_goes_off_when_it_is_due():
    came = []
    before = signal.signal(signal.SIGALRM, lambda *_: came.append(True))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        simulate(lambda: time.sleep(0.3))
        assert came == [True]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("pool", [lambda: None, acquire_twice])
def test_after_a_simulation_the_alarm_is_as_it_was(pool):
    def handler(*_):
        raise AssertionError

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 100, 7)
        with contextlib.suppress(RealLock):
            simulate(pool)
        left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert signal.getsignal(signal.SIGALRM) is handler
        assert 50 < left <= 100
        assert interval == 7
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
