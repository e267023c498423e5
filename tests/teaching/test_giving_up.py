"""Giving up on an endless pool ends it, and leaves the garbage collector as it was."""

import gc
import queue
import sys
import threading
import time
import weakref

import pytest
from answering import answering

from lab.simulation import StepLimitExceeded, simulate
from lab.teaching import grading
from lab.teaching.grading import run_once
from patterns.concurrency import AtomicInt

pytestmark = pytest.mark.untraced


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    """Check in this process, as where none can be copied."""
    monkeypatch.setattr(grading, "APART", False)


ENDLESS = "Not yet: it does not end: it loops for ever, or waits in real time"


@answering
def check(pool, patience=0.02):
    """Stand for any check of a pool that does not end."""
    run_once(pool, patience=patience)
    return ""


def check_elsewhere(pool, patience=0.02):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(check(pool, patience)))
    thread.start()
    thread.join()
    return answers[0]


CHECKS = pytest.mark.parametrize("check", [check, check_elsewhere], ids=["signal", "no signal"])


@pytest.fixture(scope="module", autouse=True)
def _quick_collections():
    """Collect what these pools make, and not all that was imported and tested before."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def collector_is_alive():
    garbage = []
    garbage.append(garbage)
    del garbage
    return gc.collect(0) > 0


@pytest.fixture
def swallowed(monkeypatch):
    """What C code swallowed: it was raised where nothing can be."""
    errors = []
    monkeypatch.setattr(sys, "unraisablehook", lambda error: errors.append(error.exc_type.__name__))
    yield errors
    gc.collect()  # what a pool left behind operates here, not in the next test


class Page:
    pass


class Counted:
    freed = 0

    def __del__(self):
        for _ in range(5):
            Counted.freed += 1


def cycles_in_a_weak_set():
    pages = weakref.WeakSet()
    while True:
        page = Page()
        page.own = page
        pages.add(page)


def pages_in_a_weak_set():
    pages = weakref.WeakSet()
    while True:
        pages.add(Page())


def cycles_with_a_finalizer():
    while True:
        page = Counted()
        page.own = page


def pages_with_a_finalizer():
    while True:
        Counted()


def cycles_with_callbacks():
    pages = set()
    while True:
        page = Page()
        page.own = page
        pages.add(weakref.ref(page, lambda gone: pages.discard(gone)))


def cycles_collected_at_once():
    while True:
        page = Counted()
        page.own = page
        gc.collect(0)


@CHECKS
@pytest.mark.parametrize(
    ("pool", "times"),
    [
        (cycles_in_a_weak_set, 8),
        (pages_in_a_weak_set, 4),
        (cycles_with_a_finalizer, 4),
        (pages_with_a_finalizer, 4),
        (cycles_with_callbacks, 4),
        (cycles_collected_at_once, 4),
    ],
)
def test_the_collector_is_alive_and_a_signal_is_never_swallowed(pool, times, check, swallowed):
    for _ in range(times):
        assert repr(check(pool)) == ENDLESS
        assert collector_is_alive()
    # From another thread, one sees where it stands, but not where the exception comes up.
    assert set(swallowed) <= ({"GiveUp"} if check is check_elsewhere else set())


def test_the_collector_is_alive_where_something_else_is_called_at_each_collection(swallowed):
    def called(phase, info):
        for _ in range(100):
            pass

    gc.callbacks.append(called)
    try:
        for _ in range(5):
            assert repr(check(cycles_with_a_finalizer)) == ENDLESS
            assert collector_is_alive()
    finally:
        gc.callbacks.remove(called)
    assert swallowed == []


def cycles_whose_finalizer_operates():
    freed = AtomicInt(0, "freed")

    class Operating:
        def __del__(self):
            freed.add(1)

    while True:
        page = Operating()
        page.own = page


def test_the_collector_is_alive_after_finalizers_that_are_stopped_at_an_operation(swallowed):
    for _ in range(5):
        assert repr(check(cycles_whose_finalizer_operates)) == ENDLESS
        assert collector_is_alive()


def test_a_finalizer_does_not_halt_when_the_steps_are_used_up(swallowed):
    def pool():
        count, freed = AtomicInt(0, "count"), []

        class Operating:
            def __del__(self):
                count.add(1)
                freed.append(1)

        for _ in range(20):
            page = Operating()
            page.own = page
        del page
        gc.collect()
        gone.append(len(freed))
        count.add(1)

    gone = []
    with pytest.raises(StepLimitExceeded):
        simulate(pool, max_steps=10)
    assert gone == [20]
    assert collector_is_alive()
    assert swallowed == []


# What must end all the same.


def sleep_again_and_again():
    while True:
        time.sleep(0.001)


def wait_for_a_lock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def wait_in_a_library():
    queue.Queue().get()


def spin():
    while True:
        pass


def spin_in_a_callback_of_a_library():
    weakref.finalize(Page, spin)()


@pytest.mark.parametrize(
    "pool",
    [
        spin,
        sleep_again_and_again,
        wait_for_a_lock,
        wait_in_a_library,
        spin_in_a_callback_of_a_library,
    ],
)
def test_what_never_goes_on_is_left(pool, swallowed):
    began = time.monotonic()
    assert repr(check(pool)) == ENDLESS
    assert time.monotonic() - began < 5
    assert swallowed == []


@pytest.mark.parametrize("pool", [spin, sleep_again_and_again, spin_in_a_callback_of_a_library])
def test_what_never_goes_on_is_left_where_no_signal_comes(pool, swallowed):
    assert repr(check_elsewhere(pool)) == ENDLESS
    assert swallowed == []


@pytest.mark.parametrize("cyclic", [True, False], ids=["collected", "counted"])
def test_a_finalizer_that_never_ends_is_cut_off_and_the_collector_lives(cyclic, swallowed):
    class Endless:
        def __del__(self):
            spin()

    def pool():
        page = Endless()
        if cyclic:
            page.own = page
        del page
        gc.collect()
        spin()

    assert repr(check(pool)) == ENDLESS
    assert swallowed == ["Ended"]  # there is no other way out of it
    assert collector_is_alive()
