"""Tell of a schedule that goes wrong: as short as possible, beside one that goes well."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lab.exploring.processes import ENDLESS_ENOUGH
from lab.exploring.shrink import Tried, shrink
from lab.exploring.trial import Trial
from lab.model.exploration import Failure
from lab.model.schedule import NotRepeatable, Schedule
from lab.simulation.order import Order
from lab.simulation.replay import BestEffortReplay, RecordingOrder

__all__ = ["shortest_failure"]

_STEPS_FOR_NEIGHBOURS: Final = 100_000
_NEIGHBOURS: Final = 300  # schedules of one move more that are tried for one that goes well


def shortest_failure(trial: Trial, schedule: Schedule, kind: str) -> Failure:
    """Shrink a schedule that goes wrong in the way `kind`, and replay it.

    Raises NotRepeatable if it does not go wrong again.
    """

    def attempt(order: Order) -> Tried:
        played = trial.run(order)
        found = trial.verdict(played)
        return Tried(found is not None and found[0] == kind, max(played.runtime.steps, 1))

    shortest = shrink(schedule, attempt)
    if kind == "endless":
        shortest = replace(shortest, steps=trial.max_steps)
    played = trial.replay(shortest)
    found = trial.verdict(played)
    if found is None or found[0] != kind:
        raise NotRepeatable
    if played.endless:
        shortest = replace(shortest, steps=trial.max_steps)
    passing = _nearest_passing(trial, shortest)
    failure = Failure(
        kind=kind,
        message=found[1],
        schedule=shortest,
        trace=played.trace(),
        turns=played.turns,
    )
    if passing is None:
        return failure
    well = trial.replay(passing)
    return replace(failure, passing=passing, passing_trace=well.trace(), passing_turns=well.turns)


def _nearest_passing(trial: Trial, schedule: Schedule) -> Schedule | None:
    """Leave out one move, the last one first; if there is none, make one."""
    choices = [(move.decision, move.task) for move in schedule.moves]
    for leave_out in reversed(range(len(choices))):
        found, _ = _tried(trial, dict(choices[:leave_out] + choices[leave_out + 1 :]))
        if found is not None:
            return found
    all_endless = 0
    listing = BestEffortReplay(dict(choices), list_from=1, most=_NEIGHBOURS)
    steps = max(trial.run(listing).runtime.steps, 1)
    for decision, task in listing.others[: min(_NEIGHBOURS, _STEPS_FOR_NEIGHBOURS // steps)]:
        found, endless = _tried(trial, {**dict(choices), decision: task})
        if found is not None:
            return found
        all_endless += endless
        if all_endless == ENDLESS_ENOUGH:
            break
    return None


def _tried(trial: Trial, choices: dict[int, str]) -> tuple[Schedule | None, bool]:
    """Return what schedule comes of these choices, None if it goes wrong; whether it is endless."""
    order = RecordingOrder(BestEffortReplay(choices))
    played = trial.run(order)
    return (order.schedule if trial.verdict(played) is None else None), played.endless
