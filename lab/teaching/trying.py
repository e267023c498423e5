"""Try a reader's pool in many orders of events, and hold each run to several demands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from lab.model.run import Run
from lab.simulation.statements import instrument
from lab.teaching.every import every_schedule
from lab.teaching.grading import Endless, NotYet, run_once
from lab.teaching.marks import Fault, Mark, Marks

__all__ = ["SCHEDULES", "Demand", "Trial", "Trials", "ends", "tried"]

SCHEDULES: Final = 20  # random orders of events of each trial


@dataclass(frozen=True)
class Trial:
    """A way to call the reader's pool.

    Attributes:
        name: what a sentence about it begins with, such as "with 3 jobs and 2 workers".
        call: called with the reader's function, inside a simulation, once for each order; makes
            what it needs anew. What it returns is the value of the run that demands look at.
        facts: what the demands compare the run with.
        schedules: random orders of events, besides the exact order, >= 0; None: `SCHEDULES`.
        statements: run the function statement by statement, so that races on plain variables show.
        every: run it in all distinct schedules, instead of random ones; for a few jobs only.
        max_steps: steps of the simulation until a run counts as endless; None: as many as always.
    """

    name: str
    call: Callable[[Any], Any]
    facts: Any = None
    schedules: int | None = None
    statements: bool = False
    every: bool = False
    max_steps: int | None = None


@dataclass(frozen=True)
class Demand:
    """What every run of a right answer does.

    Attributes:
        what: as a reader is told it: "every job is done once".
        points: for it, >= 0.
        holds: called with a run and its trial's facts; raises NotYet if it does not hold there.
            None for what no run that ends can show: see `ends`.
        needed: without it there are no points at all: what the exercise is about.
    """

    what: str
    points: int
    holds: Callable[[Run[Any], Any], object] | None
    needed: bool = False


def ends(points: int, *, needed: bool = True) -> Demand:
    """Demand that the pool ends, without an exception, and that no task is left."""
    return Demand(
        "it ends in every order of events, and leaves no task behind", points, None, needed
    )


@dataclass(slots=True)
class _Seen:
    """The first run in which a demand was not met, and in how many it was not."""

    trial: int
    seed: int | None
    sentence: str
    ended: bool
    orders: int = 0


@dataclass(frozen=True, slots=True)
class Trials:
    """What came of all trials.

    Attributes:
        marks: for each demand.
        sentence: what was wrong first; "" if nothing was.
        fault: where that was.
    """

    marks: Marks
    sentence: str
    fault: Fault | None


def tried(
    answer: Any,
    trials: Iterable[Trial],
    demands: Sequence[Demand],
    *,
    schedules: int | None = None,
    first_seed: int = 0,
) -> Trials:
    """Run every trial, in the exact order and in random ones, and hold each run to every demand.

    A trial in whose exact order something is wrong is not run in others; and after a needed demand
    is not met in an exact order, or something does not end, nothing more is tried, as there are no
    points left.

    Args:
        answer: the reader's function.
        trials: at least one.
        demands: the first that is not met gives the sentence, so what explains most comes first.
            After a needed one that is not met, no later one looks at the run: so it may count on
            what is needed before it.
        schedules: random orders of each trial, in place of those that the trial says.
        first_seed: of these orders: others than a reader's, if they are to be new.
    """
    seen: list[_Seen | None] = [None] * len(demands)
    for number, trial in enumerate(trials):
        if trial.statements and not _can_be_instrumented(answer):
            continue
        if trial.every:
            if not _try_every(answer, number, trial, demands, seen):
                break
            continue
        many = trial.schedules if schedules is None else schedules
        seeds = range(first_seed, first_seed + (SCHEDULES if many is None else many))
        if not _try(answer, number, trial, demands, seeds, seen):
            break
    return _summary(demands, seen)


def _can_be_instrumented(answer: Any) -> bool:
    try:
        with instrument(answer):
            return True
    except ValueError:
        return False


def _try(
    answer: Any,
    number: int,
    trial: Trial,
    demands: Sequence[Demand],
    seeds: Sequence[int],
    seen: list[_Seen | None],
) -> bool:
    """Run one trial; tell whether to go on with the next."""
    here: dict[int, _Seen] = {}
    go_on = True
    run = partial(
        run_once,
        partial(trial.call, answer),
        max_steps=trial.max_steps,
        statements=[answer] if trial.statements else (),
    )
    for seed in [None, *seeds]:
        found, endless = _found(run, seed, trial, demands)
        for place, sentence in found.items():
            ended = demands[place].holds is not None
            mark = here.setdefault(place, _Seen(number, seed, sentence, ended or not endless))
            mark.orders += 1
        go_on = not endless
        if endless or (found and seed is None):
            go_on = go_on and not any(demands[place].needed for place in found)
            break
    for place, mark in here.items():
        if seen[place] is None:
            mark.sentence = _sentence(trial, mark, len(seeds))
            seen[place] = mark
    return go_on


def _try_every(
    answer: Any,
    number: int,
    trial: Trial,
    demands: Sequence[Demand],
    seen: list[_Seen | None],
) -> bool:
    """Run one trial in all its schedules; tell whether to go on with the next."""
    found: dict[int, str] = {}

    def check(run: Run[Any]) -> None:
        wrong = _unmet(run, trial, demands)
        for place, sentence in wrong.items():
            found.setdefault(place, sentence)
        if wrong:
            raise AssertionError(wrong[min(wrong)])

    last, ended = _place_of_ending(demands), True
    try:
        explored = every_schedule(partial(trial.call, answer), check)
    except NotYet as not_yet:
        found, ended = {last: str(not_yet)}, False
    else:
        failure = explored.failure
        many = f"{explored.failures:,} of {explored.schedules:,} distinct schedules"
        if failure is not None and set(explored.kinds) != {"check"}:
            found[last] = failure.message if failure.kind != "check" else found[min(found)]
        found = {
            place: f"it goes wrong in {many}, for example: {sentence}"
            for place, sentence in found.items()
        }
    for place, sentence in found.items():
        if seen[place] is None:
            seen[place] = _Seen(number, 0, f"{trial.name} {sentence}".strip(), ended)
    return ended and not any(demands[place].needed for place in found)


def _place_of_ending(demands: Sequence[Demand]) -> int:
    return next((n for n, demand in enumerate(demands) if demand.holds is None), 0)


def _found(
    run: Callable[..., Run[Any]], seed: int | None, trial: Trial, demands: Sequence[Demand]
) -> tuple[dict[int, str], bool]:
    """Return what is not met in one order, by the demand's place; and whether it does not end."""
    try:
        made = run(seed=seed)
    except NotYet as not_yet:
        return {_place_of_ending(demands): str(not_yet)}, isinstance(not_yet, Endless)
    return _unmet(made, trial, demands), False


def _unmet(run: Run[Any], trial: Trial, demands: Sequence[Demand]) -> dict[int, str]:
    """Return what is not met in a run, by the demand's place."""
    found: dict[int, str] = {}
    for place, demand in enumerate(demands):
        if demand.holds is not None:
            try:
                demand.holds(run, trial.facts)
            except NotYet as not_yet:
                found[place] = str(not_yet)
                if demand.needed:
                    break
    return found


def _sentence(trial: Trial, seen: _Seen, schedules: int) -> str:
    if seen.seed is None:
        where = ", run statement by statement," if trial.statements else ""
    else:
        of_what = "of its statements" if trial.statements else "of events"
        where = f" in {seen.orders} of {schedules} orders {of_what}" if seen.ended else ""
        where = where or f" in some orders {of_what}"
    return f"{trial.name}{where} {seen.sentence}".strip()


def _summary(demands: Sequence[Demand], seen: Sequence[_Seen | None]) -> Trials:
    missed = {place: fault for place, fault in enumerate(seen) if fault is not None}
    missing = next((demands[place].what for place in missed if demands[place].needed), "")
    marks = Marks(
        Mark(
            demand.what,
            0 if fault is not None or missing else demand.points,
            demand.points,
            _why(fault, missing),
        )
        for demand, fault in zip(demands, seen, strict=True)
    )
    if not missed:
        return Trials(marks, "", None)
    first = min(missed, key=lambda place: (missed[place].trial, place))
    fault = missed[first]
    where = Fault(fault.trial, fault.seed, first, fault.ended)
    return Trials(marks, fault.sentence, where)


def _why(fault: _Seen | None, missing: str) -> str:
    if fault is not None:
        return fault.sentence
    return f"counts only if this holds, too: {missing}" if missing else ""
