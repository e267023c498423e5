"""Run a pool in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from lab.model.deadlock import Deadlock
from lab.model.run import Run
from lab.model.schedule import Schedule
from lab.simulation.order import Order, RandomOrder, RoundRobin
from lab.simulation.play import play
from lab.simulation.replay import Replay
from lab.simulation.statements import Target, instrument_pool
from lab.simulation.watched import WatchedRuntime

__all__ = ["simulate"]

T = TypeVar("T")


def simulate(
    main: Callable[[], T],
    *,
    seed: int | None = None,
    order: Order | None = None,
    schedule: Schedule | None = None,
    statements: Sequence[Target] = (),
    max_steps: int = 10_000_000,
) -> Run[T]:
    """Run `main` and all tasks it starts on a virtual clock, in this thread.

    Make channels and contexts inside `main`. The clock starts at 0 and moves only when every
    task waits; sleeping takes no real time. The run ends when `main` returns; tasks still alive
    are reported as leaks and ended.

    Args:
        main: called without arguments, as the task "main".
        seed: None gives every task its turn in order, one operation each; a number gives the
            random order that belongs to it.
        order: decides the turns instead.
        schedule: replays what `explore` found; the run then also tells its `turns`.
        statements: functions, classes or modules to run statement by statement, for a schedule
            that was found so.
        max_steps: turns after which the run is stopped, >= 1.

    Raises what `main` raises; Deadlock if every task waits for another; StepLimitExceeded;
    ScheduleDiverged if the code is not what the schedule was noted for; ValueError for a bad
    argument.
    """
    if max_steps < 1:
        raise ValueError(f"max_steps must be >= 1, got {max_steps}")
    given = {"seed": seed, "order": order, "schedule": schedule}
    chosen = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    if len(chosen) > 1:
        raise ValueError(f"give a seed, an order or a schedule, got {' and '.join(chosen)}")
    if not isinstance(schedule, Schedule | None):
        raise ValueError(f"schedule must be a Schedule, got {schedule!r}")
    if schedule is not None and schedule.steps is not None:
        max_steps = min(max_steps, schedule.steps)
    replay = None if schedule is None else Replay(schedule)
    if replay is not None:
        order = replay
    elif order is None:
        order = RoundRobin() if seed is None else RandomOrder(seed)
    with instrument_pool(statements):
        kind = {} if replay is None else {"kind": WatchedRuntime}
        played = play(main, order, record=True, max_steps=max_steps, **kind)
    if replay is not None:
        replay.check_end()
    if isinstance(played.error, Deadlock):
        played.error.trace = played.trace()
    turns = played.runtime.turns if isinstance(played.runtime, WatchedRuntime) else ()
    return played.run(turns)
