"""You are the scheduler: say who goes next, and try to break the pool.

These are the rules; `lab.teaching.board` is what one sees of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from lab.exploring.judge import Check, judge
from lab.model.pool import bind
from lab.model.schedule import Schedule
from lab.model.trace import Turn, telling
from lab.simulation.order import RunToBlock
from lab.simulation.play import play
from lab.simulation.replay import RecordingOrder
from lab.simulation.watcher import Watcher
from lab.teaching.guided import Decision, Guided, Paused
from lab.teaching.survey import MAX_STEPS, point_of_no_return

__all__ = ["Game", "Position"]

_MOST_GAMES: Final = 150  # to find the guilty turn, which must not hold up a move


@dataclass(frozen=True)
class Position:
    """Where a game stands.

    Attributes:
        turns: what was done so far, one operation after the other.
        choices: who can go next, and with what; none when the run is over.
        verdict: None while it goes on; then what came of it.
        failure: what went wrong, in a sentence; "" if nothing did.
        schedule: the turns as a schedule, complete when the run is over.
        decisions: the turns that somebody else could have had: the moves, then those that were
            left to the pool.
    """

    turns: tuple[Turn, ...]
    choices: dict[str, str]
    verdict: str | None
    failure: str
    schedule: Schedule
    decisions: tuple[Decision, ...]

    @property
    def broken(self) -> bool:
        """Whether the pool went wrong."""
        return bool(self.failure)

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
        let_run: whether you left the rest to the pool.
        position: where the game stands.
    """

    def __init__(
        self, pool: Callable[..., Any], /, *args: Any, check: Check | None = None, **options: Any
    ) -> None:
        self._pool = bind(pool, args, options)
        self._check = check
        self._stand((), False, self._play((), False))

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
            position = self._play(moves, False)
        return self._stand(moves, self.let_run, position)

    def run_on(self) -> Position:
        """Leave the rest to the pool: whoever has the turn keeps it until it has to wait."""
        if not self.position.choices:
            return self.position
        return self._stand(self.moves, True, self._play(self.moves, True))

    def undo(self) -> Position:
        """Take back the last move, or that the rest was left to the pool, if there is either."""
        moves = self.moves if self.let_run else self.moves[:-1]
        return self._stand(moves, False, self._play(moves, False))

    def restart(self) -> Position:
        """Take all moves back."""
        return self._stand((), False, self._play((), False))

    @property
    def alone(self) -> tuple[Turn, ...]:
        """What was done by itself since your last move, as nobody else could go or you let it."""
        turns, made = self.position.turns, len(self.moves)
        first = self.position.decisions[made - 1].turn + 1 if made else 0
        return tuple(telling(turns[first:]))

    @property
    def guilty(self) -> int | None:
        """The number, from 0, of the turn after which the run could not go well any more.

        None if it has not gone wrong, if it goes wrong in every order, or if that would take too
        many games to find out.
        """
        if not self.position.broken:
            return None
        decisions = self.position.decisions
        tasks = [decision.task for decision in decisions]
        number = point_of_no_return(self._pool, self._check, tasks, most=_MOST_GAMES)
        return None if number is None else decisions[number].turn

    def _stand(self, moves: tuple[str, ...], let_run: bool, position: Position) -> Position:
        self.moves, self.let_run, self.position = moves, let_run, position
        return position

    def _play(self, moves: tuple[str, ...], let_run: bool) -> Position:
        watcher = Watcher()
        guided = Guided(moves, RunToBlock() if let_run else None, watcher)
        noting = RecordingOrder(guided)
        verdict, failure = None, ""
        try:
            played = play(self._pool, noting, watcher=watcher, max_steps=MAX_STEPS)
            turns = played.turns
        except Paused as paused:
            turns = paused.turns
        else:
            wrong = judge(played, self._check, traced=False)
            failure = "" if wrong is None else wrong[1]
            verdict = f"you broke it: {failure}" if failure else "it is over, and all went well"
        choices = guided.choices if verdict is None else {}
        return Position(turns, choices, verdict, failure, noting.schedule, tuple(guided.decisions))
