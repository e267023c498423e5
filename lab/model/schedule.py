"""A schedule as a value: the moves away from the base run.

A decision is a turn for which two or more tasks are ready. In the base run (`RunToBlock`) each
task goes on until it has to wait. A schedule lists only the decisions that fell otherwise, so that
an empty list is the base run, and few moves are a short story.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

__all__ = ["Move", "NotRepeatable", "Schedule", "ScheduleDiverged"]

BASE: Final = "run to block"


class ScheduleDiverged(RuntimeError):
    """The code under a schedule is not the code that it was noted for.

    Attributes:
        expected: what the schedule says happens at this decision.
        found: what happened.
    """

    def __init__(self, decision: int, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(
            f"the schedule does not fit this code: at decision {decision} it expected {expected}, "
            f"and found {found}"
        )


class NotRepeatable(RuntimeError):
    """The same schedule came out differently: the code depends on something besides it."""

    def __init__(
        self,
        message: str = "the same schedule came out in two ways: the code depends on something "
        "besides it, such as a clock, a random number, the order of a set, or what an earlier "
        "run left",
    ) -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Move:
    """One decision that does not fall as in the base run.

    Attributes:
        decision: its number, from 1, among those for which two or more tasks are ready.
        task: who has the turn.
        operation: what it is about to do, such as "receive jobs".
        history: CRC-32 of all decisions before, as 8 hexadecimal digits.
    """

    decision: int
    task: str
    operation: str
    history: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """An order of events that `simulate(…, schedule=…)` replays exactly.

    Attributes:
        moves: the decisions that do not fall as in the base run, in order.
        decisions: how many there are in the whole run.
        history: CRC-32 of all of them, as 8 hexadecimal digits.
        steps: after which the run was stopped; None: it ended by itself.
    """

    moves: tuple[Move, ...] = ()
    decisions: int = 0
    history: str = "00000000"
    steps: int | None = None

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        moves = [[m.decision, m.task, m.operation, m.history] for m in self.moves]
        end = [self.decisions, self.history] + ([] if self.steps is None else [self.steps])
        return json.dumps({"base": BASE, "moves": moves, "end": end}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Schedule:
        """Return the schedule that `to_json` wrote. Raises ValueError for any other text."""
        try:
            data = json.loads(text)
            if data["base"] != BASE:
                raise ValueError(f"base must be {BASE!r}, got {data['base']!r}")
            decisions, history, *steps = data["end"]
            if steps and (len(steps) > 1 or not isinstance(steps[0], int)):
                raise ValueError(
                    f"end must be two values, and the steps if limited, got {data['end']!r}"
                )
            moves = tuple(Move(int(n), str(t), str(o), str(h)) for n, t, o, h in data["moves"])
            return cls(moves, int(decisions), str(history), *steps)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is not the JSON of a schedule: {error}") from error

    def __str__(self) -> str:
        if not self.moves:
            return "the base run: every task goes on until it has to wait"
        return "; ".join(f"at decision {m.decision} {m.task} goes first" for m in self.moves)
