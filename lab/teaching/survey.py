"""What can come of a game: how few decisions it takes, in how many ways it fails, who is guilty.

Found by playing, never by hand: the fewest decisions by trying all short games in order of their
length, the failures and whether anything can still be saved by walking through all schedules that
a player can bring about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal

from lab.exploring.exhaustive import EverySchedule
from lab.exploring.judge import Check, Verdict
from lab.exploring.trial import Trial
from lab.simulation.order import Order
from lab.simulation.play import Played
from lab.simulation.runtime import SimulatedRuntime
from lab.teaching.guided import Guided, RunOn

__all__ = ["GOALS", "MAX_STEPS", "Goal", "failures_of", "fewest_decisions", "point_of_no_return"]

Goal = Literal["break", "save"]
GOALS: Final = ("break", "save")
MAX_STEPS: Final = 10_000  # turns of one run

Pool = Callable[[], Any]


def fewest_decisions(pool: Pool, check: Check | None, goal: Goal, *, most: int) -> int | None:
    """Return the fewest decisions after which the pool, if it is let run on, ends as is the goal.

    None if `most` games do not tell, or if no game ends so.
    """
    left: deque[tuple[str, ...]] = deque([()])
    with Trial(pool, check, False, MAX_STEPS) as trial:
        for _ in range(most):
            if not left:
                return None
            moves = left.popleft()
            guided = Guided(moves, RunOn())
            wrong = trial.verdict(trial.run(guided)) is not None
            if wrong is (goal == "break"):
                return len(moves)
            left.extend((*moves, task) for task in guided.choices)
    return None


def failures_of(pool: Pool, check: Check | None, *, most: int) -> tuple[str, ...] | None:
    """Return in what sentences games end that go wrong, each once; None if `most` do not tell."""
    with Trial(pool, check, False, MAX_STEPS) as trial:
        try:
            wrong = {verdict[1] for verdict in _endings(trial, (), _Games(most)) if verdict}
        except _NoMoreGames:
            return None
    return tuple(sorted(wrong))


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
    games = _Games(most)
    with Trial(pool, check, False, MAX_STEPS) as trial:
        try:
            for made in range(len(decisions) - 1, -1, -1):
                if None in _endings(trial, tuple(decisions[:made]), games):
                    return made
        except _NoMoreGames:
            return None
    return None


class _NoMoreGames(Exception):
    """As many as allowed were played."""


class _Games:
    """So many games may be played."""

    def __init__(self, most: int) -> None:
        self._left = most

    def next(self) -> None:
        """Count one. Raises _NoMoreGames if it is one too many."""
        if self._left == 0:
            raise _NoMoreGames
        self._left -= 1


def _endings(trial: Trial, moves: tuple[str, ...], games: _Games) -> Iterator[Verdict | None]:
    """Yield what comes of each distinct game that begins with these moves; some come twice."""

    def play(order: Order, kind: type[SimulatedRuntime]) -> Played:
        games.next()
        return trial.run(Guided(moves, order), kind=kind)

    for run in EverySchedule(play).runs():
        if run is not None:
            yield trial.verdict(run[0])
