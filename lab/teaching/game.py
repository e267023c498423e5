"""You are the scheduler: say who goes next, and try to break the pool.

These are the rules; `lab.teaching.board` is what one sees of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.exploring.judge import Check, judge
from lab.model.pool import bind
from lab.model.schedule import NotRepeatable, Schedule
from lab.model.trace import Turn
from lab.simulation.play import play
from lab.simulation.replay import RecordingOrder, describe, label
from lab.simulation.runtime import SimulatedRuntime
from lab.simulation.tasks import SimulatedTask
from lab.simulation.watcher import Watcher

__all__ = ["Game", "Position"]

MAX_STEPS = 10_000


@dataclass(frozen=True)
class Position:
    """Where a game stands.

    Attributes:
        turns: what was done so far, one operation after the other.
        choices: who can go next, and with what; none when the run is over.
        verdict: None while it goes on; then what came of it.
        broken: whether the pool went wrong.
        schedule: the turns as a schedule, complete when the run is over.
    """

    turns: tuple[Turn, ...]
    choices: dict[str, str]
    verdict: str | None
    broken: bool
    schedule: Schedule

    def __str__(self) -> str:
        if self.verdict is not None:
            return self.verdict
        return "who goes next?\n" + "\n".join(f"  {t}: {o}" for t, o in self.choices.items())


class Game:
    """A run of a pool in which you decide who goes next, wherever two or more tasks could.

    Tasks that only begin do so by themselves. Every move runs the pool anew from its start, so
    that any number of moves can be taken back.

    Args:
        pool: as for `explore`, and so are `args`, `check` and `options`.

    Attributes:
        moves: whom you let go next so far.
        position: where the game stands.
    """

    def __init__(
        self, pool: Callable[..., Any], /, *args: Any, check: Check | None = None, **options: Any
    ) -> None:
        self._pool = bind(pool, args, options)
        self._check = check
        self.moves: tuple[str, ...] = ()
        self.position = self._play(())

    def play(self, *tasks: str) -> Position:
        """Let tasks go next, one after the other; return where the game stands.

        Raises ValueError, and makes no move, for a task that cannot go next.
        """
        moves, position = self.moves, self.position
        for task in tasks:
            if task not in position.choices:
                could = ", ".join(position.choices) or "nobody: the run is over"
                raise ValueError(
                    f"the next task must be one that can go on ({could}), got {task!r}"
                )
            moves = (*moves, task)
            position = self._play(moves)
        return self._stand(moves, position)

    def undo(self) -> Position:
        """Take the last move back, if there is one."""
        return self._stand(self.moves[:-1])

    def restart(self) -> Position:
        """Take all moves back."""
        return self._stand(())

    def _stand(self, moves: tuple[str, ...], position: Position | None = None) -> Position:
        self.position = self._play(moves) if position is None else position
        self.moves = moves
        return self.position

    def _play(self, moves: tuple[str, ...]) -> Position:
        watcher = Watcher()
        guided = _Guided(moves, watcher)
        noting = RecordingOrder(guided)
        try:
            played = play(self._pool, noting, watcher=watcher, max_steps=MAX_STEPS)
        except _Paused as paused:
            return Position(paused.turns, paused.choices, None, False, noting.schedule)
        turns = played.turns
        wrong = judge(played, self._check, traced=False)
        if wrong is None:
            return Position(turns, {}, "it is over, and all went well", False, noting.schedule)
        return Position(turns, {}, f"you broke it: {wrong[1]}", True, noting.schedule)


class _Paused(BaseException):
    """The moves are used up: what was done until then, and who can go next."""

    def __init__(self, turns: tuple[Turn, ...], choices: dict[str, str]) -> None:
        super().__init__()
        self.turns, self.choices = turns, choices


class _Guided:
    """The order of a game: the player's moves, then a stop."""

    def __init__(self, moves: tuple[str, ...], watcher: Watcher) -> None:
        self._moves = deque(moves)
        self._watcher = watcher

    def begin(self, runtime: SimulatedRuntime) -> None:
        """Remember whom to stop."""
        self._runtime = runtime

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take who begins, else whom the player has chosen."""
        begins = next((task for task in ready if task.operation == "start"), None)
        task = ready[0] if len(ready) == 1 else begins
        if task is None and self._moves:
            wanted = self._moves.popleft()
            task = next((task for task in ready if label(task, ready) == wanted), None)
            if task is None:
                self._runtime.stop(
                    NotRepeatable(
                        f"after the same moves {wanted} could go next before, and now cannot: "
                        "the code depends on something besides them"
                    )
                )
                task = ready[0]
        elif task is None:
            in_order = sorted(ready, key=lambda task: task.number)
            choices = {label(task, ready): describe(task) for task in in_order}
            # Now, because whoever is taken below still does one operation that nobody chose.
            self._runtime.stop(_Paused(self._watcher.turns, choices))
            task = ready[0]
        ready.remove(task)
        return task
