"""What exploring found: how many schedules fail, and one that does, as short as possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lab.model.schedule import Schedule
from lab.model.trace import Trace, Turn, telling

__all__ = ["Exploration", "Failure", "How", "ScheduleOutcome"]

How = Literal["mix", "random", "pct", "every"]


@dataclass(frozen=True)
class Failure:
    """A schedule that goes wrong, as short as it could be made.

    Attributes:
        kind: "deadlock", "leak", "crash", "error", "endless", "books" or "check".
        message: what went wrong, in a sentence.
        schedule: replay it with `simulate(…, schedule=…)`.
        trace: what happened, until it went wrong or the run ended.
        turns: the same, one operation after the other.
        passing: the nearest schedule that goes well: it differs in as few moves as possible;
            None if none was found.
        passing_trace: what happens there.
        passing_turns: the same, one operation after the other.
    """

    kind: str
    message: str
    schedule: Schedule
    trace: Trace = field(repr=False)
    turns: tuple[Turn, ...] = field(repr=False)
    passing: Schedule | None = field(repr=False, default=None)
    passing_trace: Trace | None = field(repr=False, default=None)
    passing_turns: tuple[Turn, ...] = field(repr=False, default=())

    @property
    def guilty(self) -> int | None:
        """Which of the `turns` the last move is; None if the base run itself goes wrong."""
        moved = [n for n, turn in enumerate(self.turns) if turn.instead_of is not None]
        return moved[-1] if moved else None

    def story(self, around: int = 8) -> str:
        """Tell what each task did, in order, from `around` turns before the first move on."""
        turns = telling(self.turns)
        moved = [n for n, turn in enumerate(turns) if turn.instead_of is not None]
        first = max(moved[0] - around, 0) if moved else max(len(turns) - 2 * around, 0)
        last = moved[-1] + around + 1 if moved else len(turns)
        lines = [self.message, f"schedule: {self.schedule}"]
        if first:
            lines.append(f"  … {first} turns before")
        wide = max((len(turn.task) for turn in turns[first:last]), default=0)
        lines += [_line(n, turn, wide) for n, turn in enumerate(turns)][first:last]
        if last < len(turns):
            lines.append(f"  … {len(turns) - last} turns after")
        return "\n".join(lines)


def _line(number: int, turn: Turn, wide: int) -> str:
    moved = "" if turn.instead_of is None else f"   <- goes before {turn.instead_of}"
    return f"{number + 1:5}  {turn.time:g} s  {turn.task:{wide}}  {turn}{moved}"


@dataclass(frozen=True)
class Exploration:
    """What became of a pool under many schedules.

    Attributes:
        schedules: how many were run; with how="every" they are distinct, and each stands for all
            that differ from it only in the order of operations that cannot affect each other.
        failures: how many of them went wrong.
        kinds: how many of these in which way.
        how: the strategy: "mix", "random", "pct" or "every".
        complete: whether there is no other schedule (how="every" only).
        first: the number of the first one that went wrong, from 1; None if none did.
        failure: that one, shrunk; None if none went wrong.
        cut_short: whether so many never ended, or nearly so, that no more were run.
    """

    schedules: int
    failures: int
    kinds: Mapping[str, int]
    how: How
    complete: bool
    first: int | None
    failure: Failure | None = field(repr=False)
    cut_short: bool = False

    def __str__(self) -> str:
        number = f"{self.schedules:,}"
        if self.schedules == 1:
            return self._only_one()
        if self.how == "every":
            counted = f"all {number} distinct" if self.complete else f"the first {number} distinct"
        else:
            counted = number
        if not self.failures:
            return f"none of {counted} schedules fails"
        verb = "fails" if self.failures == 1 else "fail"
        text = f"{self.failures:,} of {counted} schedules {verb}"
        if len(self.kinds) > 1:
            text += f" ({', '.join(f'{count:,} {kind}' for kind, count in self.kinds.items())})"
        text += f"; the first is number {self.first:,}"
        return f"{text}; no more were tried, as so many run on and on" if self.cut_short else text

    def _only_one(self) -> str:
        which = "the only schedule there is" if self.complete else "the one schedule tried"
        text = f"{which} {'fails' if self.failures else 'does not fail'}"
        return f"{text}; no more were tried, as so many run on and on" if self.cut_short else text

    __repr__ = __str__


@dataclass(frozen=True)
class ScheduleOutcome:
    """What came of one schedule.

    Attributes:
        schedule: replay it with `simulate(…, schedule=…)`.
        value: what the pool returned.
        kind: how it went wrong, as for a `Failure`; None if it went well.
        message: what went wrong, in a sentence; "" if nothing did.
    """

    schedule: Schedule
    value: Any
    kind: str | None
    message: str
