"""Show what went wrong with a reader's pool: the schedule in which it does, as a moving picture."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from lab.exploring import explore
from lab.model.deadlock import Deadlock
from lab.model.run import Run
from lab.plots.player import Player, play
from lab.simulation import simulate
from lab.teaching.grading import MAX_STEPS, NotYet
from lab.teaching.guard import quietly
from lab.teaching.trying import Demand, Trial
from lab.teaching.wording import one_line
from patterns.concurrency import Cancelled

__all__ = ["explained"]

_SCHEDULES: Final = 300
_TITLE: Final = 110  # characters


def explained(
    answer: Any, trial: Trial, demand: Demand, seed: int | None, sentence: str
) -> Player | None:
    """Return the player of a run that shows what is wrong; None if it cannot be shown.

    Args:
        answer: the reader's function, which is known to come to an end.
        trial: in which it went wrong.
        demand: what did not hold.
        seed: of the order of events; None if it goes wrong in the exact order.
        sentence: what was said; it stands above the picture.
    """
    pool = partial(trial.call, answer)
    pool.__name__ = getattr(answer, "__name__", "pool")  # type: ignore[attr-defined]
    title = one_line(sentence, _TITLE)
    statements = [answer] if trial.statements else ()
    max_steps = trial.max_steps or MAX_STEPS
    with quietly():
        # What statements do to each other shows turn by turn only.
        if seed is None and not trial.statements:
            try:
                return play(simulate(pool, max_steps=max_steps), title=title)
            except Deadlock as deadlock:
                return play(deadlock, title=title)
            except (Exception, Cancelled):
                pass  # exploring has a trace of what raised, too
        try:
            found = explore(
                pool,
                check=partial(_holds, demand, trial.facts),
                schedules=_SCHEDULES,
                how="every" if trial.every else "mix",
                statements=statements,
                stop_at_first=True,
                max_steps=max_steps,
            )
        except (Exception, Cancelled):  # such as one that comes out differently each time
            return None
    return None if found.failure is None else play(found.failure, title=title)


def _holds(demand: Demand, facts: Any, run: Run[Any]) -> None:
    if demand.holds is not None:
        try:
            demand.holds(run, facts)
        except NotYet as not_yet:
            raise AssertionError(str(not_yet)) from None
