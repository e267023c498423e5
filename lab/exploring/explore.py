"""Run a pool under many schedules, in search of one that goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from lab.exploring.failure import shortest_failure
from lab.exploring.judge import Check
from lab.exploring.processes import ENDLESS_ENOUGH, Finds, Wrong, can_copy, in_one, in_several
from lab.exploring.trial import Trial
from lab.model.exploration import Exploration, How, ScheduleOutcome
from lab.model.pool import bind
from lab.model.schedule import NotRepeatable, Schedule
from lab.simulation.order import Order, PriorityOrder, RandomOrder, RoundRobin, RunToBlock
from lab.simulation.statements import Target, instrument_pool
from patterns.concurrency.checks import check_count

__all__ = ["all_schedules", "explore"]

HOWS: Final = ("mix", "random", "pct", "every")
_SEED_STRIDE: Final = 1_000_000  # random orders that belong to one seed

Advance = Callable[[int], object]


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
    says so. The first that does is shrunk. After ten that never end no more are tried.

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
        processes: how many run the schedules, >= 1, each in a copy of this process (not on
            Windows, not with how="every"); the answer does not depend on it.
        options: passed on to `pool`.

    An operation is one step here. On threads it looks so too, but for two known cases: cancelling
    reaches the contexts below one after the other, so that one may be seen cancelled and one below
    not yet; and `len` of a channel may count a value whose send is under way, and may yet fail.

    Warns, and raises RealLock, as `simulate` does: what is real stays real.

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
    if processes > 1 and how == "every":
        raise ValueError(
            'processes must be 1 with how="every": each schedule follows from the last'
        )
    if processes > 1 and not can_copy():
        raise ValueError("processes must be 1 here: this system cannot copy a process (os.fork)")
    with instrument_pool(statements), Trial(main, check, traced, max_steps) as trial:
        base = trial.run(RunToBlock(), record=True)
        trial.schedule(RunToBlock)
        with _bar(schedules, progress) as advance:
            if how == "every":
                return _every(trial, schedules, stop_at_first, advance)
            numbered = partial(_order, how, seed, max(base.runtime.steps, 1))
            return _sample(trial, numbered, how, schedules, stop_at_first, processes, advance)


def all_schedules(
    pool: Callable[..., Any],
    /,
    *args: Any,
    check: Check | None = None,
    most: int = 1000,
    max_steps: int = 100_000,
    **options: Any,
) -> tuple[ScheduleOutcome, ...]:
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
    outcomes: list[ScheduleOutcome] = []
    with Trial(main, check, False, max_steps) as trial:
        for run in trial.every_schedule().runs():
            if run is None:
                outcomes.clear()
                continue
            if len(outcomes) == most:
                raise ValueError(
                    f"most must be >= the number of schedules, got {most}: a smaller pool"
                )
            played, schedule = run
            kind, message = trial.verdict(played) or (None, "")
            outcomes.append(ScheduleOutcome(schedule(), played.value, kind, message))
    return tuple(outcomes)


def _sample(
    trial: Trial,
    numbered: Callable[[int], Callable[[], Order]],
    how: How,
    schedules: int,
    stop_at_first: bool,
    processes: int,
    advance: Advance,
) -> Exploration:
    """Run the schedules of the orders 1, 2, 3, …"""

    def attempt(number: int) -> Wrong | None:
        played = trial.run(numbered(number)())
        verdict = trial.verdict(played)
        return None if verdict is None else Wrong(number, verdict[0], played.endless)

    if processes == 1:
        finds = in_one(attempt, schedules, stop_at_first, advance)
    else:
        begin = trial.begin_in_copy
        finds, idle = in_several(attempt, schedules, stop_at_first, advance, processes, begin)
        trial.end_of_copies(idle)
        for one in finds.wrong:
            if one.kind is None:
                attempt(one.number)  # raises here what it raised there
                raise NotRepeatable
    done = finds.wrong[-1].number if finds.enough else schedules
    schedule = trial.schedule(numbered(finds.wrong[0].number)) if finds.wrong else None
    cut_short = finds.endless == ENDLESS_ENOUGH
    return _exploration(trial, how, done, finds, schedule, False, cut_short)


def _every(trial: Trial, schedules: int, stop_at_first: bool, advance: Advance) -> Exploration:
    """Run all distinct schedules, or so many."""
    search = trial.every_schedule()
    done = endless = 0  # a loop that waits ends one turn earlier each time: nearly endless counts
    finds, schedule = Finds(stop_at_first), None
    for run in search.runs():
        if run is None:
            advance(-done)
            done, finds, schedule = 0, Finds(stop_at_first), None
            continue
        if done == schedules:
            break
        done += 1
        advance(1)
        played, its_schedule = run
        verdict = trial.verdict(played)
        if verdict is not None:
            finds.add(Wrong(done, verdict[0], played.endless))
            if schedule is None:
                schedule = its_schedule()
        endless += finds.endless > 0 and 2 * played.runtime.steps > trial.max_steps
        if finds.enough or endless == ENDLESS_ENOUGH:
            break
    cut_short = ENDLESS_ENOUGH in (endless, finds.endless)
    return _exploration(trial, "every", done, finds, schedule, search.exhausted, cut_short)


def _exploration(
    trial: Trial,
    how: How,
    done: int,
    finds: Finds,
    schedule: Schedule | None,
    complete: bool,
    cut_short: bool,
) -> Exploration:
    kinds = Counter(str(one.kind) for one in finds.wrong)
    failure = None
    if schedule is not None:
        failure = shortest_failure(trial, schedule, str(finds.wrong[0].kind))
    return Exploration(
        schedules=done,
        failures=kinds.total(),
        kinds=dict(kinds),
        how=how,
        complete=complete,
        first=finds.wrong[0].number if finds.wrong else None,
        failure=failure,
        cut_short=cut_short,
    )


def _order(how: How, seed: int, turns: int, number: int) -> Callable[[], Order]:
    """Return what makes the order of this number, from 1: two that are always tried, then random.

    Args:
        how: the strategy.
        seed: which random orders.
        turns: that a run takes, about.
        number: which of them.
    """
    if number <= 2:
        return RunToBlock if number == 1 else RoundRobin
    number -= 3
    depth = {"random": 0, "pct": 1 + number % 3, "mix": number % 4}[how]
    own_seed = seed * _SEED_STRIDE + number
    return (
        partial(PriorityOrder, own_seed, depth, turns) if depth else partial(RandomOrder, own_seed)
    )


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
