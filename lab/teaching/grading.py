"""Check a reader's own pool in the simulator and answer in one sentence, whatever it does.

A check raises `NotYet` with the sentence for a wrong answer; about a pool it begins with "it".
What a pool is given must be made anew for each run, inside the function that is run.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from lab.exploring.processes import can_copy
from lab.model.deadlock import Deadlock
from lab.model.run import Run
from lab.simulation import StepLimitExceeded, simulate
from lab.simulation.real_lock import RealLock
from lab.simulation.runtime import SimulatedRuntime
from lab.simulation.statements import Target
from lab.teaching.apart import TOO_MUCH_MEMORY, CopyEnded, apart
from lab.teaching.guard import REAL_WAIT, OutOfPatience, guarded, quietly
from lab.teaching.marks import Feedback
from lab.teaching.wording import describe, kind, waits
from patterns.concurrency.runtime import current_runtime

__all__ = [
    "EMPTY",
    "Endless",
    "Feedback",
    "NotYet",
    "checked",
    "is_missing",
    "run_once",
]

PATIENCE = 5.0  # seconds of real time for one run
LONG_PATIENCE = 9.0  # for a whole check
APART = can_copy()  # whether a check runs in a copy of this process
MAX_STEPS = 20_000
EMPTY = "there is nothing to check yet: write your answer in the cell above, run it, then this one"


class NotYet(Exception):
    """The answer is not right yet, and this sentence says why."""


class Endless(NotYet):
    """It does not end, so trying it in more orders of events would take too long."""


class _RealWait(NotYet):
    """It was seen to wait in real time."""


def is_missing(answer: object) -> bool:
    """Tell whether a reader has written nothing yet."""
    return answer is None or answer is ...


def checked(check: Callable[[], Feedback], seconds: float | None = None) -> Feedback:
    """Return what `check()` says, or why it could not say it, whatever the reader's code does.

    Within 10 seconds it does, and leaves this process as it was, where a process can be copied;
    `lab.teaching.apart` tells what holds elsewhere.

    Args:
        check: called without arguments.
        seconds: of real time that it may take; None: LONG_PATIENCE.
    """
    seconds = LONG_PATIENCE if seconds is None else seconds
    if not APART:
        return _feedback(check)
    try:
        return Feedback.from_text(apart(partial(_feedback_as_text, check), seconds))
    except CopyEnded as ended:
        return Feedback(False, str(ended))
    except OSError:  # there is no room for another process
        return _feedback(check)


def _feedback(check: Callable[[], Feedback]) -> Feedback:
    try:
        return check()
    except KeyboardInterrupt:
        raise
    except NotYet as not_yet:
        return Feedback(False, str(not_yet))
    except BaseException as error:
        return Feedback(False, str(_explain(error)))


def _feedback_as_text(check: Callable[[], Feedback]) -> str:
    try:
        feedback = _feedback(check)
    except KeyboardInterrupt as error:  # in a copy it is nobody's but the answer's own
        feedback = Feedback(False, f"it raised {describe(error)}")
    return feedback.as_text()


def run_once(
    pool: Callable[[], Any],
    *,
    seed: int | None = None,
    max_steps: int | None = None,
    patience: float | None = None,
    statements: Sequence[Target] = (),
) -> Run[Any]:
    """Run `pool()` once in the simulator; raise NotYet if it does not end as a pool should.

    Args:
        pool: called without arguments; what it prints is not shown.
        seed: None for the exact run, a number for a random order of events.
        max_steps: steps of the simulation until it counts as endless; None: MAX_STEPS.
        patience: seconds of real time until it counts as endless; None: PATIENCE.
        statements: functions to run statement by statement.
    """
    if not callable(pool):
        raise NotYet(f"it is {kind(pool)}, not a function")
    steps = MAX_STEPS if max_steps is None else max_steps
    seconds = PATIENCE if patience is None else patience
    for _ in range(2):
        try:
            return _run_once(pool, seed, steps, seconds, statements)
        except _RealWait:  # a busy machine may look like it, but hardly three times
            continue
    return _run_once(pool, seed, steps, seconds, statements)


def _run_once(
    pool: Callable[[], Any],
    seed: int | None,
    max_steps: int,
    patience: float,
    statements: Sequence[Target],
) -> Run[Any]:
    simulations: list[SimulatedRuntime] = []

    def body() -> Any:
        runtime = current_runtime()
        assert isinstance(runtime, SimulatedRuntime)
        simulations.append(runtime)
        return pool()

    def simulation() -> Run[Any]:
        return simulate(body, seed=seed, max_steps=max_steps, statements=statements)

    failure: NotYet | None = None
    with quietly() as faults:
        try:
            run = guarded(simulation, simulations, patience)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not isinstance(error, OutOfPatience):
                raise
            failure = _explain(error, simulations[0].crashes)
    if faults and not isinstance(failure, Endless):
        raise (_RealWait if faults[0] == REAL_WAIT else NotYet)(faults[0])
    if failure is not None:
        raise failure
    if run.crashes:
        task, crash = run.crashes[0]
        raise NotYet(f"its {task} raised {describe(crash)}, and nobody noticed")
    leaks = [leak for leak in run.leaks if leak.doing != "hanging"]  # which nothing can end
    if leaks:
        count = "a task" if len(leaks) == 1 else f"{len(leaks)} tasks"
        raise NotYet(f"it leaves {count} behind: {waits(leaks)}")
    if inspect.isgenerator(run.value) or inspect.iscoroutine(run.value):
        run.value.close()
        raise NotYet(f"it returned {kind(run.value)}: its code has not run at all")
    return run


# How a run ends that does not end as it should, in words.


def _explain(error: BaseException, crashes: Iterable[tuple[str, BaseException]] = ()) -> NotYet:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, NotYet):
        return error
    if isinstance(error, NotImplementedError):
        return NotYet(EMPTY)
    if isinstance(error, OutOfPatience):
        return Endless("it does not end: it loops for ever, or waits in real time")
    if isinstance(error, StepLimitExceeded):
        return Endless("it does not end: its tasks go on and on")
    if isinstance(error, RealLock):
        return Endless(f"it does not end: {error}")
    if isinstance(error, Deadlock):
        after = "".join(
            f", after {task} raised {describe(crash)}" for task, crash in [*crashes][:1]
        )
        return NotYet(f"it deadlocks at {error.time:g} s{after}: {waits(error.tasks)}")
    if isinstance(error, MemoryError):
        return Endless(TOO_MUCH_MEMORY)
    if isinstance(error, RecursionError):
        return NotYet("it calls itself without end (RecursionError)")
    return NotYet(f"it raised {describe(error)}")
