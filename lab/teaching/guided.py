"""The order of a game: the player's moves, then whatever is to come after them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from lab.model.schedule import NotRepeatable
from lab.model.trace import Turn
from lab.simulation.order import Order
from lab.simulation.replay import describe, labelled
from lab.simulation.runtime import SimulatedRuntime, begin
from lab.simulation.tasks import SimulatedTask
from lab.simulation.watcher import Watcher

__all__ = ["Decision", "Guided", "Paused"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Somebody had a turn that others could have had.

    Attributes:
        task: who.
        turn: the number of that turn, from 0; 0 if the turns were not watched.
    """

    task: str
    turn: int


class Paused(BaseException):
    """The moves are used up, and the run is stopped where somebody has to choose.

    Attributes:
        turns: what was done until then, if that was watched.
    """

    def __init__(self, turns: tuple[Turn, ...]) -> None:
        super().__init__()
        self.turns = turns


class Guided:
    """Makes the player's moves; tasks that begin, and those without a rival, go by themselves.

    Args:
        moves: who goes next, at each decision.
        then: says who goes next when the moves are used up; None: the run is stopped there, with
            Paused.
        watcher: knows how many turns were taken.

    Attributes:
        choices: who could go next, and with what, when the moves were used up; none if the run
            was over before.
        decisions: all that were made, those of `then` too.
    """

    def __init__(
        self, moves: tuple[str, ...], then: Order | None = None, watcher: Watcher | None = None
    ) -> None:
        self._moves = deque(moves)
        self._then = then
        self._watcher = watcher
        self._last: SimulatedTask | None = None
        self.choices: dict[str, str] = {}
        self.decisions: list[Decision] = []

    def begin(self, runtime: SimulatedRuntime) -> None:
        """Remember whom to stop."""
        self._runtime = runtime
        if self._then is not None:
            begin(self._then, runtime)

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take who begins, else whom the player has chosen, else whom the other order takes."""
        begins = next((task for task in ready if task.operation == "start"), None)
        if begins is not None:
            ready.remove(begins)
            return begins
        if len(ready) == 1:
            self._last = (
                self._by_order(ready) if not self._moves and self._then else ready.popleft()
            )
            return self._last
        in_order = sorted(ready, key=lambda task: task.number)
        names = labelled(in_order)
        turn = 0 if self._watcher is None else len(self._watcher)
        if self._moves:
            task = self._moved(names)
            ready.remove(task)
        else:
            self.choices = self.choices or {n: describe(task) for n, task in names.items()}
            task = self._by_order(ready)
            if self._then is None:
                return task
        self.decisions.append(Decision(next(n for n in names if names[n] is task), turn))
        self._last = task
        return task

    def _moved(self, names: dict[str, SimulatedTask]) -> SimulatedTask:
        wanted = self._moves.popleft()
        if wanted not in names:
            self._runtime.stop(
                NotRepeatable(
                    f"after the same moves {wanted} could go next before, and now cannot: "
                    "the code depends on something besides them"
                )
            )
        return names.get(wanted) or next(iter(names.values()))

    def _by_order(self, ready: deque[SimulatedTask]) -> SimulatedTask:
        if self._then is None:
            # Whoever is taken now still does one operation, which nobody chose.
            self._runtime.stop(Paused(() if self._watcher is None else self._watcher.turns))
            return ready.popleft()
        running = self._last if self._last in ready else None
        return self._then.take(ready, running)
