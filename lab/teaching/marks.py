"""What a check answers: right or not yet, one sentence, and points with the reason for each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Final, NamedTuple

from lab.teaching.markup import sentence
from lab.teaching.wording import one_line, plural

__all__ = ["Fault", "Feedback", "Mark", "Marks"]

_LONGEST: Final = 240


class Fault(NamedTuple):
    """Where an answer failed, so that it can be shown again.

    Attributes:
        trial: which of the problem's trials, from 0.
        seed: of the order of events; None for the exact order.
        demand: which of the problem's demands, from 0.
        ended: whether the run came to an end.
    """

    trial: int
    seed: int | None
    demand: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One demand on an answer, and the points for it.

    Attributes:
        what: is demanded, such as "every job is done once".
        points: given, 0 to `most`.
        most: that there are, >= 0.
        why: the demand is not met, in a sentence; "" if it is.
    """

    what: str
    points: int
    most: int
    why: str = ""


class Marks(tuple[Mark, ...]):
    """The marks of one check; in a notebook, a table."""

    __slots__ = ()

    @classmethod
    def none(cls, demands: Iterable[tuple[str, int]], why: str = "") -> Marks:
        """Return marks without a point, for what is demanded and the points that there are.

        Args:
            demands: each with its points.
            why: there are none; the same for each.
        """
        return cls(Mark(what, 0, most, why) for what, most in demands)

    @property
    def points(self) -> int:
        """How many are given."""
        return sum(mark.points for mark in self)

    @property
    def most(self) -> int:
        """How many there are."""
        return sum(mark.most for mark in self)

    def __repr__(self) -> str:
        wide = len(str(max((mark.most for mark in self), default=0)))
        return "\n".join(
            f"{mark.points:{wide}} of {mark.most:{wide}}  {_demand(mark)}" for mark in self
        )

    def _repr_html_(self) -> str:
        left = 'style="text-align: left"'
        rows = "".join(
            f"<tr><td>{mark.points} of {mark.most}</td>"
            f"<td {left}>{sentence(_demand(mark))}</td></tr>"
            for mark in self
        )
        head = f'<th scope="col">points</th><th scope="col" {left}>demand</th>'
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _demand(mark: Mark) -> str:
    return f"{mark.what}: {mark.why}" if mark.why else mark.what


@dataclass(frozen=True, repr=False)
class Feedback:
    """The answer to a reader's answer: right or not yet, and one sentence on one line.

    Attributes:
        passed: whether all that is demanded holds.
        sentence: what was found.
        marks: the points, by demand; none if nothing was checked, or points are not given.
        fault: where it failed, if it failed in a run.
    """

    passed: bool
    sentence: str
    marks: Marks = field(default_factory=Marks)
    fault: Fault | None = None

    def __repr__(self) -> str:
        said = f"{'Right' if self.passed else 'Not yet'}: {one_line(self.sentence, _LONGEST)}"
        if not self.marks:
            return said
        return f"{said} ({self.marks.points} of {plural(self.marks.most, 'point')})"

    __str__ = __repr__

    def as_text(self) -> str:
        """Return it as JSON, which `from_text` reads."""
        short = replace(self, sentence=one_line(self.sentence, 4 * _LONGEST), marks=Marks())
        return json.dumps(asdict(short) | {"marks": [asdict(mark) for mark in self.marks]})

    @classmethod
    def from_text(cls, text: str) -> Feedback:
        """Return what `as_text` was called on."""
        data = json.loads(text)
        fault = data["fault"]
        return cls(
            data["passed"],
            data["sentence"],
            Marks(Mark(**mark) for mark in data["marks"]),
            None if fault is None else Fault(*fault),
        )
