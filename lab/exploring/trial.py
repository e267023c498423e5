"""A pool on trial: run it under an order, and judge what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from lab.exploring.exhaustive import EverySchedule
from lab.exploring.judge import Check, Verdict, judge
from lab.model.schedule import NotRepeatable, Schedule, ScheduleDiverged
from lab.simulation.order import Order
from lab.simulation.play import Played, play, prepared
from lab.simulation.real_lock import keep_noticing
from lab.simulation.real_wait import RealWaits
from lab.simulation.replay import RecordingOrder, Replay
from lab.simulation.runtime import SimulatedRuntime
from lab.simulation.strands import Strands
from lab.simulation.watcher import Watcher

__all__ = ["Trial"]


class Trial:
    """Runs a pool as often as is asked for; a context manager, within which it must be used.

    Leaving it warns of tasks that waited in real time.

    Args:
        pool: called without arguments.
        check: as for `explore`.
        traced: record each run.
        max_steps: turns of one run after which it counts as endless.
    """

    def __init__(
        self, pool: Callable[[], Any], check: Check | None, traced: bool, max_steps: int
    ) -> None:
        self._pool = pool
        self._check = check
        self._traced = traced
        self.max_steps = max_steps
        self._strands = Strands()
        self._shared = ExitStack()

    def __enter__(self) -> Trial:
        self._shared.enter_context(prepared())
        self._shared.enter_context(self._strands)
        self._waits = RealWaits()
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        self._shared.close()
        if kind is None:
            self._waits.warn()

    def run(
        self,
        order: Order,
        *,
        record: bool = False,
        watcher: Watcher | None = None,
        kind: type[SimulatedRuntime] = SimulatedRuntime,
    ) -> Played:
        """Run the pool once; the arguments are those of `play`."""
        played = play(
            self._pool,
            order,
            record=record or self._traced,
            watcher=watcher,
            strands=self._strands,
            max_steps=self.max_steps,
            kind=kind,
        )
        if played.runtime.real_waits:
            self._waits.note(played.runtime.real_waits)
        return played

    def begin_in_copy(self) -> Callable[[], float]:
        """Go on in a copy of the process; return what tells the seconds waited in real time."""
        keep_noticing()
        self._waits.begin()
        return self._waits.idle

    def end_of_copies(self, idle: float) -> None:
        """Take in how long they waited, together; that they were waited for does not count."""
        self._waits.elsewhere = idle
        self._waits.begin()

    def verdict(self, played: Played) -> Verdict | None:
        """Return what went wrong in a run, or None."""
        return judge(played, self._check, self._traced)

    def every_schedule(self) -> EverySchedule:
        """Return a search through all schedules."""
        return EverySchedule(lambda order, kind: self.run(order, kind=kind))

    def schedule(self, new_order: Callable[[], Order]) -> Schedule:
        """Run twice under such an order and return the schedule.

        Raises NotRepeatable unless both runs come out alike.
        """
        one, other = RecordingOrder(new_order()), RecordingOrder(new_order())
        verdicts = [self.verdict(self.run(order)) for order in (one, other)]
        if one.schedule != other.schedule or verdicts[0] != verdicts[1]:
            raise NotRepeatable
        return one.schedule

    def replay(self, schedule: Schedule) -> Played:
        """Replay a schedule, recorded and watched. Raises NotRepeatable if it does not fit."""
        replay = Replay(schedule)
        try:
            played = self.run(
                replay, record=True, watcher=Watcher(replay.instead_of, replay.others)
            )
            replay.check_end()
        except ScheduleDiverged as diverged:
            raise NotRepeatable from diverged
        return played
