"""Run a pool under many schedules, in search of one that goes wrong."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

from lab.exploring.exhaustive import EverySchedule
from lab.exploring.judge import Check, judge
from lab.exploring.shrink import Tried, shrink
from lab.model.exploration import Exploration, Failure, How, Outcome
from lab.model.pool import bind
from lab.model.schedule import NotRepeatable, Schedule, ScheduleDiverged
from lab.model.trace import Turn
from lab.simulation.order import (
    Order,
    PriorityOrder,
    RandomOrder,
    RoundRobin,
    RunToBlock,
)
from lab.simulation.play import Played, play
from lab.simulation.replay import Lenient, Noting, Replay
from lab.simulation.runtime import SimulatedRuntime
from lab.simulation.statements import Target, instrument_pool
from lab.simulation.watched import WatchedRuntime
from patterns.concurrency.checks import check_count

__all__ = ["all_schedules", "explore"]

HOWS: Final = ("mix", "random", "pct", "every")
_LOTS: Final = 1_000_000  # so many random numbers belong to a seed
_STEPS_FOR_NEIGHBOURS: Final = 100_000
_NEIGHBOURS: Final = 300  # schedules of one move more that are tried for one that goes well


def explore(
    pool: Callable[..., Any],
    /,
    *args: Any,
    check: Check | None = None,
    schedules: int = 1000,
    how: How = "mix",
    seed: int = 0,
    statements: Sequence[Target] = (),
    stop_at_first: bool = False,
    traced: bool = False,
    max_steps: int = 100_000,
    progress: bool = False,
    processes: int = 1,
    **options: Any,
) -> Exploration:
    """Call `pool(*args, **options)` under many schedules and report those that go wrong.

    A schedule goes wrong if the pool deadlocks, loops for ever, raises, leaves a task behind, loses
    a task to an exception that nobody sees, returns a Report that does not balance, or if `check`
    says so. The first that does is shrunk.

    Args:
        pool: called once for each schedule; makes what it needs anew.
        args: passed on to `pool`.
        check: called with the Run of each; wrong if it returns False, or anything else that is
            false but None, or an assertion in it fails.
        schedules: how many to run, >= 1; with how="every", at most.
        how: "random": any ready task has the next turn. "pct": the task of highest priority has
            it, with 0, 1 and 2 changes of priority in turn (see `PriorityOrder` for the chance to
            find a bug). "mix": one random, then one each of these. All three begin with the base
            run and the run in which everybody has a turn. "every": all distinct schedules,
            depth first; what tasks do to each other through plain variables makes a difference
            only where `statements` says so.
        seed: another seed, other schedules; >= 0.
        statements: functions, classes or modules to run statement by statement, so that races on
            plain variables show; without, only operations on channels, contexts, atomics and
            limiters are points at which tasks change places.
        stop_at_first: end with the first schedule that goes wrong.
        traced: record each run, so that `check` can look at its trace; three times slower.
        max_steps: turns of one run after which it counts as endless, >= 1.
        progress: show a progress bar.
        processes: how many run the schedules, >= 1; the answer does not depend on it.
        options: passed on to `pool`.

    Raises ValueError for a bad argument; TypeError if `pool` does not take these arguments;
    NotRepeatable if the same schedule comes out differently.
    """
    main = bind(pool, args, options)
    check_count("processes", processes, 1)
    check_count("schedules", schedules, 1)
    check_count("max_steps", max_steps, 1)
    check_count("seed", seed, 0)
    if how not in HOWS:
        raise ValueError(f"how must be one of {', '.join(HOWS)}, got {how!r}")
    with instrument_pool(statements):
        explorer = _Explorer(main, check, traced, max_steps)
        return explorer.explore(schedules, how, seed, stop_at_first, progress)


def all_schedules(
    pool: Callable[..., Any],
    /,
    *args: Any,
    check: Check | None = None,
    most: int = 1000,
    max_steps: int = 100_000,
    **options: Any,
) -> tuple[Outcome, ...]:
    """Return what comes of each distinct schedule of a small pool, in the order of the search.

    Args:
        pool: as for `explore`.
        args: passed on to `pool`.
        check: as for `explore`.
        most: how many schedules there may be, >= 1.
        max_steps: turns of one run after which it counts as endless, >= 1.
        options: passed on to `pool`.

    Raises ValueError if there are more schedules than `most`.
    """
    main = bind(pool, args, options)
    check_count("most", most, 1)
    explorer = _Explorer(main, check, False, max_steps)
    outcomes: list[Outcome] = []
    for run in EverySchedule(lambda order, kind: explorer._play(order, kind=kind)).runs():
        if run is None:
            outcomes.clear()
            continue
        if len(outcomes) == most:
            raise ValueError(f"most must be >= the number of schedules, got {most}: a smaller pool")
        played, schedule = run
        kind, message = judge(played, check, traced=False) or (None, "")
        outcomes.append(Outcome(schedule(), played.value, kind, message))
    return tuple(outcomes)


class _Explorer:
    def __init__(
        self, pool: Callable[[], Any], check: Check | None, traced: bool, max_steps: int
    ) -> None:
        self._pool = pool
        self._check = check
        self._traced = traced
        self._max_steps = max_steps

    def explore(
        self, schedules: int, how: How, seed: int, stop_at_first: bool, progress: bool
    ) -> Exploration:
        turns = self._play(RunToBlock(), record=True).runtime.steps  # warns of real waits, too
        self._repeatable(RunToBlock)
        search = EverySchedule(lambda order, kind: self._play(order, kind=kind))
        runs = search.runs() if how == "every" else self._runs(_orders(how, seed, max(turns, 1)))
        done, kinds = 0, Counter[str]()
        first: tuple[int, Schedule, str] | None = None
        with _bar(schedules, progress) as advance:
            for run in runs:
                if run is None:
                    advance(-done)
                    done, first = 0, None
                    kinds.clear()
                    continue
                if done == schedules:
                    break
                done += 1
                advance(1)
                played, schedule = run
                verdict = judge(played, self._check, self._traced)
                if verdict is not None:
                    kinds[verdict[0]] += 1
                    first = first or (done, schedule(), verdict[0])
                    if stop_at_first:
                        break
        failure = None if first is None else self._failure(*first[1:])
        return Exploration(
            schedules=done,
            failures=sum(kinds.values()),
            kinds=dict(kinds),
            how=how,
            complete=search.exhausted,
            first=None if first is None else first[0],
            failure=failure,
        )

    def _runs(
        self, orders: Iterable[Callable[[], Order]]
    ) -> Iterator[tuple[Played, Callable[[], Schedule]]]:
        for new_order in orders:
            yield self._play(new_order()), partial(self._noted, new_order)

    def _noted(self, new_order: Callable[[], Order]) -> Schedule:
        return self._repeatable(new_order)[1]

    def _repeatable(self, new_order: Callable[[], Order]) -> tuple[Played, Schedule]:
        """Run twice and compare."""
        one, other = Noting(new_order()), Noting(new_order())
        played, again = self._play(one), self._play(other)
        verdicts = [judge(p, self._check, self._traced) for p in (played, again)]
        if one.schedule != other.schedule or verdicts[0] != verdicts[1]:
            raise NotRepeatable
        return played, one.schedule

    def _play(
        self,
        order: Order,
        *,
        record: bool = False,
        kind: type[SimulatedRuntime] = SimulatedRuntime,
    ) -> Played:
        return play(
            self._pool,
            order,
            record=record or self._traced,
            max_steps=self._max_steps,
            kind=kind,
        )

    # The first failure.

    def _failure(self, schedule: Schedule, kind: str) -> Failure:
        def attempt(order: Order) -> Tried:
            played = self._play(order)
            found = judge(played, self._check, self._traced)
            return Tried(found is not None and found[0] == kind, max(played.runtime.steps, 1))

        shortest = shrink(schedule, attempt)
        if kind == "endless":
            shortest = replace(shortest, steps=self._max_steps)
        played, turns = self._replayed(shortest)
        found = judge(played, self._check, self._traced)
        if found is None or found[0] != kind:
            raise NotRepeatable
        passing = self._nearest_passing(shortest)
        failure = Failure(
            kind=kind,
            message=found[1],
            schedule=shortest,
            trace=played.trace(),
            turns=turns,
        )
        if passing is None:
            return failure
        well, well_turns = self._replayed(passing)
        return replace(
            failure, passing=passing, passing_trace=well.trace(), passing_turns=well_turns
        )

    def _replayed(self, schedule: Schedule) -> tuple[Played, tuple[Turn, ...]]:
        replay = Replay(schedule)
        try:
            played = self._play(replay, record=True, kind=WatchedRuntime)
            replay.check_end()
        except ScheduleDiverged as diverged:
            raise NotRepeatable from diverged
        assert isinstance(played.runtime, WatchedRuntime)
        return played, played.runtime.turns

    def _nearest_passing(self, schedule: Schedule) -> Schedule | None:
        """Leave out one move, the last one first; if there is none, make one."""
        choices = [(move.decision, move.task) for move in schedule.moves]
        for leave_out in reversed(range(len(choices))):
            found = self._passes(dict(choices[:leave_out] + choices[leave_out + 1 :]))
            if found is not None:
                return found
        listing = Lenient(dict(choices), list_from=1)
        steps = max(self._play(listing).runtime.steps, 1)
        for decision, task in listing.others[: min(_NEIGHBOURS, _STEPS_FOR_NEIGHBOURS // steps)]:
            found = self._passes({**dict(choices), decision: task})
            if found is not None:
                return found
        return None

    def _passes(self, choices: dict[int, str]) -> Schedule | None:
        noting = Noting(Lenient(choices))
        verdict = judge(self._play(noting), self._check, self._traced)
        return noting.schedule if verdict is None else None


def _orders(how: How, seed: int, turns: int) -> Iterator[Callable[[], Order]]:
    yield RunToBlock
    yield RoundRobin
    for number in itertools.count():
        lot = seed * _LOTS + number
        depth = {"random": 0, "pct": 1 + number % 3, "mix": number % 4}[how]
        if depth == 0:
            yield partial(RandomOrder, lot)
        else:
            yield partial(PriorityOrder, lot, depth, turns)


@contextmanager
def _bar(schedules: int, progress: bool) -> Iterator[Callable[[int], object]]:
    if not progress:
        yield lambda number: None
        return
    from tqdm.auto import tqdm

    class Bar(tqdm):  # type: ignore[misc,type-arg,unused-ignore]
        monitor_interval = 0  # otherwise it starts a thread, and leaves it behind

    with Bar(total=schedules, unit="schedule", leave=False) as bar:
        yield bar.update
