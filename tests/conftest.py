"""Fixtures for every test: the same body on both runtimes, and no thread left behind."""

import gc
import signal
import threading
from functools import partial

import pytest
from support import run_on_threads, run_simulated, threads_left

# A parent that runs in the background may have it ignored, and tests of Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

RUNTIMES = {
    "threads": run_on_threads,
    "simulation": run_simulated,
    "a random order": partial(run_simulated, seed=1),
}


def pytest_collection_finish():
    """Spare every later collection of garbage the hundred thousands of objects of the tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(params=RUNTIMES)
def run(request):
    """Call `run(body)` for the body's value: on threads, in turn, and in a random order."""
    return RUNTIMES[request.param]


@pytest.fixture(autouse=True)
def _no_thread_left_behind():
    before = set(threading.enumerate())
    yield
    assert threads_left(before) == []
