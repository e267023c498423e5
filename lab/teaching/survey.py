"""What can come of a game: how few decisions it takes, in how many ways it fails, who is guilty.

Found by playing, never by hand: the fewest decisions by trying all short games in order of their
length, the failures and whether anything can still be saved by walking through all schedules that
a player can bring about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, Self

from lab.exploring.exhaustive import EverySchedule
from lab.exploring.judge import Check, Verdict
from lab.exploring.trial import Trial
from lab.simulation.order import Order, RunToBlock
from lab.simulation.play import Played
from lab.simulation.runtime import SimulatedRuntime
from lab.teaching.guided import Guided

__all__ = ["GOALS", "MAX_STEPS", "Goal", "failures_of", "fewest_decisions", "point_of_no_return"]

Goal = Literal["break", "save"]
GOALS: Final = ("break", "save")
MAX_STEPS: Final = 10_000  # turns of one run

_LONG: Final = 200  # turns of a game that counts as two

Pool = Callable[[], Any]


def fewest_decisions(pool: Pool, check: Check | None, goal: Goal, *, most: int) -> int | None:
    """Return the fewest decisions after which the pool, if it is let run on, ends as is the goal.

    None if `most` games do not tell, or if no game ends so.
    """
    left: deque[tuple[str, ...]] = deque([()])
    with _Games(pool, check, most) as games:
        while left:
            moves = left.popleft()
            guided = Guided(moves, RunToBlock())
            wrong = games.verdict(games.play(guided)) is not None
            if wrong is (goal == "break"):
                return len(moves)
            left.extend((*moves, task) for task in guided.choices)
    return None


def failures_of(pool: Pool, check: Check | None, *, most: int) -> tuple[str, ...] | None:
    """Return in what sentences games end that go wrong, each once; None if `most` do not tell."""
    with _Games(pool, check, most) as games:
        wrong = {verdict[1] for verdict in games.endings(()) if verdict is not None}
        return tuple(sorted(wrong))
    return None


def point_of_no_return(
    pool: Pool, check: Check | None, decisions: Sequence[str], *, most: int
) -> int | None:
    """Return the number, from 0, of the decision after which a run could not go well any more.

    None if every game goes wrong, or if `most` games do not tell.

    Args:
        pool: as for the others.
        check: as for the others.
        decisions: all of a run that went wrong, in order.
        most: games to play.
    """
    with _Games(pool, check, most) as games:
        for made in range(len(decisions) - 1, -1, -1):
            if None in games.endings(tuple(decisions[:made])):
                return made
    return None


class _Games:
    """Plays a pool as often as allowed; a context manager, which is left when it was too often.

    Args:
        pool: called without arguments.
        check: as for `explore`.
        most: how many games there may be; a long one counts as several.
    """

    def __init__(self, pool: Pool, check: Check | None, most: int) -> None:
        self._trial = Trial(pool, check, False, MAX_STEPS)
        self._left = most
        self.verdict = self._trial.verdict

    def __enter__(self) -> Self:
        self._trial.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> bool:
        self._trial.__exit__(kind, *exc_info)
        return kind is _NoMoreGames

    def play(self, order: Order, kind: type[SimulatedRuntime] = SimulatedRuntime) -> Played:
        """Play one game."""
        if self._left <= 0:
            raise _NoMoreGames
        played = self._trial.run(order, kind=kind)
        self._left -= 1 + played.runtime.steps // _LONG
        return played

    def endings(self, moves: tuple[str, ...]) -> Iterator[Verdict | None]:
        """Yield what comes of each distinct game that begins with these moves; some come twice."""
        search = EverySchedule(lambda order, kind: self.play(Guided(moves, order), kind))
        for run in search.runs():
            if run is not None:
                yield self.verdict(run[0])


class _NoMoreGames(Exception):
    """As many as allowed were played."""
