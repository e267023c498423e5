"""What the tests of the foundation share: running a body on either runtime, seeing who waits."""

import gc
import os
import subprocess
import sys
import threading
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

from lab import simulate
from patterns.concurrency import sleep

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds after which a test counts as hung, on however busy a machine


def run_on_threads(body):
    """Run `body` on real threads; a hang fails with the stacks of all threads."""
    outcome, errors = [], []

    def target():
        try:
            outcome.append(body())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=target, name="test body", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), f"hung for {PATIENCE} s\n{stacks()}"
    if errors:
        raise errors[0]
    return outcome[0]


def run_simulated(body, seed=None):
    """Run `body` in a simulation that must leave no task behind."""
    run = simulate(body, seed=seed, max_steps=1_000_000)
    assert (run.leaks, run.crashes) == ((), ())
    return run.value


@contextmanager
def threads_taking_turns(seconds):
    """Let threads take turns as often as this inside the block, for their races to show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def stacks():
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"{names.get(ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()
    )


def threads_left(before, patience=10):
    """Return the threads that were not there `before` and do not end within `patience` s."""
    until = time.monotonic() + patience
    while left := [t for t in threading.enumerate() if t not in before and t.is_alive()]:
        if time.monotonic() > until:
            break
        time.sleep(0.001)
    return left


def until(condition):
    """Let the current task rest until `condition()` holds, on either clock."""
    for _ in range(30_000):
        if condition():
            return
        sleep(0.001)
    raise AssertionError("the condition never held")


def parked(channel):
    """Return how many senders and receivers wait on `channel`."""
    now = channel.statistics()
    return now.senders_waiting, now.receivers_waiting


def waits_under(context):
    """Return how many waits would end if `context` were cancelled."""
    return len(context._waiters)


def alive(cls):
    """Count the objects of a class that anything still holds."""
    gc.collect()
    return sum(isinstance(thing, cls) for thing in gc.get_objects())


def python(script, *, hash_seed="0"):
    """Run `script` in an interpreter of its own and return what it printed."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def accounts(report):
    """Every job of the report with its outcome, sorted; a job that has an `id` is named by it."""
    outcomes = {
        "succeeded": report.succeeded,
        "failed": report.failed,
        "cancelled": report.cancelled,
        "never started": report.never_started,
    }
    return sorted(
        (getattr(job, "id", job), outcome) for outcome, jobs in outcomes.items() for job in jobs
    )
