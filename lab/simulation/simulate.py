"""Run a pool in virtual time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from lab.model.deadlock import Deadlock
from lab.model.pool import bind, title
from lab.model.run import Run
from lab.model.schedule import Schedule
from lab.simulation.order import Order, RandomOrder, RoundRobin
from lab.simulation.play import play
from lab.simulation.replay import Replay
from lab.simulation.runtime import SimulatedRuntime, begin
from lab.simulation.statements import Target, instrument_pool
from lab.simulation.switching import MANY_STEPS
from lab.simulation.tasks import SimulatedTask
from lab.simulation.watcher import Watcher

__all__ = ["simulate"]

T = TypeVar("T")


def simulate(
    pool: Callable[..., T],
    /,
    *args: Any,
    seed: int | None = None,
    order: Order | None = None,
    schedule: Schedule | None = None,
    statements: Sequence[Target] = (),
    max_steps: int = MANY_STEPS,
    **options: Any,
) -> Run[T]:
    """Call `pool(*args, **options)` in this thread, on a virtual clock for all tasks it starts.

    Make channels and contexts inside `pool`. The clock starts at 0 and moves only when every
    task waits; sleeping takes no real time. The run ends when `pool` returns; tasks still alive
    are reported as leaks and ended.

    Args:
        pool: called as the task "main".
        args: passed on to `pool`.
        seed: None gives every task its turn in order, one operation each; a number gives the
            random order that belongs to it.
        order: decides the turns instead.
        schedule: replays what `explore` found; the run then also tells its `turns`.
        statements: functions, classes or modules to run statement by statement, for a schedule
            that was found so.
        max_steps: turns after which the run is stopped, >= 1 (if not given 10,000,000, in a
            browser 150,000), as it is after a hundredth as many tasks (or 2,000, if that is more).
            If tasks wait for others that only look and sleep, 500,000 turns are a deadlock (half of
            all, if that is less; a twentieth, if that is more).
        options: passed on to `pool`.

    All tasks share this thread, so what is real stays real. A `threading.local` holds one value for
    all of them (`contextvars` one for each); an `RLock` keeps none of them out; `time.monotonic`
    and `time.time` go on with the real clock (`now` tells the virtual one); the `random` module
    draws other numbers at each run unless `pool` seeds it.

    Warns (RuntimeWarning) of tasks that wait in real time, as `time.sleep` and the network do.

    Raises what `pool` raises; Deadlock if every task waits for another; RealLock if one waits for a
    real lock, event or queue (in the main thread; not on Windows); StepLimitExceeded;
    ScheduleDiverged if the code is not what the schedule was noted for; ValueError for a bad
    argument; TypeError if `pool` does not take these arguments.
    """
    main = bind(pool, args, options)
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
    else:
        order = _Checked(order)
    with instrument_pool(statements):
        watcher = None if replay is None else Watcher(replay.instead_of, replay.others)
        played = play(main, order, record=True, watcher=watcher, max_steps=max_steps)
    if replay is not None:
        replay.check_end()
    if isinstance(played.error, Deadlock):
        played.error.trace = played.trace()
    return replace(played.run(), name=title(pool), options=options)


class _Checked:
    """Stops the run if an order that somebody else wrote does not do what an Order must."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def begin(self, runtime: SimulatedRuntime) -> None:
        self._runtime = runtime
        begin(self._order, runtime)

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        before = list(ready)
        task = self._order.take(ready, running)
        if task in before and {task, *ready} == set(before) and len(ready) == len(before) - 1:
            return task
        rule = "order must remove one task from ready, no other, and return it"
        self._runtime.stop(ValueError(f"{rule}, got {task!r} from {before}, which left {ready}"))
        return before[0]
