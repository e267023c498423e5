"""An exercise as an object: it checks an answer, gives hints, shows a solution, explains a fault.

A `Question` asks for a value: a number of seconds, the letter of a timeline. A `Task` asks for a
pool, which is run in many orders of events; what is demanded of the runs, and the points for it,
are its demands. Both say what is wrong in one sentence. A sentence about a pool begins with "it".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, Final, Literal

from lab.model.table import Table
from lab.teaching.expect import expect_function
from lab.teaching.explaining import explained
from lab.teaching.grading import EMPTY, NotYet, checked, is_missing
from lab.teaching.keeping import keep
from lab.teaching.marks import Feedback, Mark, Marks
from lab.teaching.markup import framed, html_of, sentence
from lab.teaching.source import Source
from lab.teaching.texts import segment
from lab.teaching.trying import Demand, Trial, tried
from lab.teaching.wording import plural

__all__ = ["Asked", "Kind", "Problem", "Question", "Said", "Task"]

Kind = Literal["predict", "read", "repair", "build", "extend"]

GUEST: Final = "guest"
GRADING_PATIENCE: Final = 30.0  # seconds of real time for all orders of one answer


@dataclass(frozen=True, repr=False)
class Said:
    """A sentence or two, which a notebook shows as such."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return framed(f"<p>{sentence(self.text)}</p>")


class Problem(ABC):
    """An exercise.

    Args:
        key: where it is, such as "basic/repair": the exercises' module and its name there.
        kind: what is to be done.
        title: of the exercise.
        minutes: that it takes, > 0.
        goal: what one can do after it, in a sentence.
        text: what is to be done, in Markdown.
        answer: the name of what is to be written, such as "my_pool".
        hints: from a nudge to nearly everything; two or more.
    """

    def __init__(
        self,
        key: str,
        *,
        kind: Kind,
        title: str,
        minutes: int,
        goal: str,
        text: str,
        answer: str,
        hints: Sequence[str],
    ) -> None:
        self.key = key
        self.kind: Kind = kind
        self.title = title
        self.minutes = minutes
        self.goal = goal
        self.text = text
        self.answer = answer
        self.hints = tuple(hints)
        self.hints_given = 0
        self._last: tuple[Any, Feedback] | None = None
        self._asked_for_solution = False

    def __repr__(self) -> str:
        return f"{self.title} ({self.kind}, about {self.minutes} minutes, {self._most()})"

    @property
    @abstractmethod
    def demands(self) -> Sequence[tuple[str, int]]:
        """What is demanded, and the points for each."""

    @abstractmethod
    def judged(self, answer: Any, *, schedules: int | None = None, first_seed: int = 0) -> Feedback:
        """Return what is to be said of an answer; may raise NotYet with the sentence.

        Args:
            answer: the reader's.
            schedules: random orders of events of each trial; None: as many as the trial says.
            first_seed: of these.
        """

    def check(self, answer: Any) -> Feedback:
        """Say whether an answer is right, in one sentence, and give points; keep what is reached.

        Within 10 seconds, whatever the answer does.
        """
        feedback = self._checked(answer)
        self._last = (answer, feedback)
        keep(self.key, feedback.marks.points, feedback.marks.most, self.hints_given)
        return feedback

    def grade(self, answer: Any) -> float:
        """Return the points for an answer, as `graded` finds them."""
        return float(self.graded(answer).marks.points)

    def graded(
        self,
        answer: Any,
        *,
        schedules: int = 40,
        first_seed: int = 1_000,
        afterwards: Callable[[], None] | None = None,
    ) -> Feedback:
        """Return the marks for an answer, tried in orders of events that `check` does not try.

        Within half a minute, as the machine may be busy with a whole class.

        Args:
            answer: the student's.
            schedules: random orders of each trial, >= 0.
            first_seed: of these orders.
            afterwards: called when the answer has been tried; may raise NotYet.
        """
        return self._checked(
            answer, GRADING_PATIENCE, afterwards, schedules=schedules, first_seed=first_seed
        )

    def _checked(
        self,
        answer: Any,
        seconds: float | None = None,
        afterwards: Callable[[], None] | None = None,
        **orders: int,
    ) -> Feedback:
        def judged() -> Feedback:
            feedback = self.judged(answer, **orders)
            if afterwards is not None:
                afterwards()
            return feedback

        none = Marks.none(self.demands)
        if is_missing(answer):
            return Feedback(False, EMPTY, none)
        feedback = checked(judged, seconds)
        if feedback.marks:
            return feedback
        return Feedback(feedback.passed, feedback.sentence, none)

    @property
    def points(self) -> Marks:
        """The points of the last check, and why there are not more; none before the first."""
        if self._last is None:
            return Marks.none(self.demands, "not checked yet")
        return self._last[1].marks

    def _most(self) -> str:
        return plural(sum(most for _, most in self.demands), "point")

    def hint(self) -> Said:
        """Give the next hint."""
        of = len(self.hints)
        if self.hints_given == of:
            return Said(
                f"That was the last hint: {self.hints[-1]} "
                f"What is left is `{self.name}.solution()`."
            )
        self.hints_given += 1
        return Said(f"Hint {self.hints_given} of {of}: {self.hints[self.hints_given - 1]}")

    def solution(self, sure: bool = False) -> Source | Said:
        """Show one good answer; not at once, but when asked again or with `sure=True`."""
        if not sure and not self._asked_for_solution:
            self._asked_for_solution = True
            left = len(self.hints) - self.hints_given
            first = f"There {'is' if left == 1 else 'are'} {plural(left, 'hint')} left. " * bool(
                left
            )
            return Said(
                f"{first}Do you want to see a solution now? Then ask again: "
                f"`{self.name}.solution()`."
            )
        return Source(segment("solutions", self.key))

    @property
    def start(self) -> str:
        """What the reader begins with: the code of the answer's cell."""
        return segment("starts", self.key)

    @property
    def name(self) -> str:
        """What it is called in a notebook, such as "repair"."""
        return self.key.partition("/")[2]

    def explain(self) -> object:
        """Show what went wrong in the last check: the run as a moving picture, or a sentence.

        If it goes wrong in some orders of events only, a shortest schedule is searched for in which
        it does, and played turn by turn beside the nearest one that goes well.
        """
        if self._last is None:
            return Said(f"There is nothing to explain yet: `{self.name}.check(…)` comes first.")
        answer, feedback = self._last
        return self.explained(answer, feedback)

    def explained(self, answer: Any, feedback: Feedback) -> object:
        """Return the explanation of one feedback."""
        return Said(repr(feedback))


@dataclass(frozen=True)
class Asked:
    """A question with its numbers.

    Attributes:
        text: what is asked, in Markdown, the numbers in it.
        judge: called with the answer: returns the sentence for a right one, raises NotYet with the
            sentence for a wrong one.
        numbers: those of the question, for the reader's own code.
        shown: called without arguments, returns what shows why the answer is right, such as a
            picture; None if nothing does.
        pictures: each called without arguments, return what belongs to the question, such as the
            timelines to choose from.
    """

    text: str
    judge: Callable[[Any], str]
    numbers: Any = None
    shown: Callable[[], object] | None = None
    pictures: Sequence[Callable[[], object]] = ()


class Question(Problem):
    """An exercise that asks for a value, with numbers that differ from student to student.

    Args:
        key, …: as for `Problem`.
        make: called with a random generator, returns the question with its numbers; the same
            generator, the same question.
        points: for the right answer.
        student: whose numbers they are.
    """

    def __init__(
        self,
        key: str,
        *,
        make: Callable[[Random], Asked],
        points: int = 4,
        student: str = GUEST,
        **described: Any,
    ) -> None:
        super().__init__(key, **described)
        self._described = described
        self._make = make
        self._points = points
        self.student = student

    @cached_property
    def asked(self) -> Asked:
        """The question with its numbers."""
        return self._make(Random(f"{self.key} {self.student.strip().casefold()}"))

    @property
    def numbers(self) -> Any:
        """The numbers of the question."""
        return self.asked.numbers

    def of(self, student: str) -> Question:
        """Return the question with the numbers of a student.

        Args:
            student: a name or number; upper and lower case are the same.

        Raises ValueError if it is empty.
        """
        if not isinstance(student, str) or not student.strip():
            raise ValueError(f"student must be a name or number in quotes, got {student!r}")
        return Question(
            self.key, make=self._make, points=self._points, student=student, **self._described
        )

    @property
    def demands(self) -> Sequence[tuple[str, int]]:
        """The right answer is all that is demanded."""
        return [("a right answer", self._points)]

    def judged(self, answer: Any, *, schedules: int | None = None, first_seed: int = 0) -> Feedback:
        """Judge the value."""
        [(what, most)] = self.demands
        try:
            said = self.asked.judge(answer)
        except NotYet as not_yet:
            return Feedback(False, str(not_yet), Marks([Mark(what, 0, most, str(not_yet))]))
        return Feedback(True, said, Marks([Mark(what, most, most)]))

    def explained(self, answer: Any, feedback: Feedback) -> object:
        """Show why the right answer is right, once it is given; before that, say what is wrong."""
        if feedback.passed and self.asked.shown is not None:
            return self.asked.shown()
        return super().explained(answer, feedback)

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{sentence(text)}</p>" for text in self.asked.text.split("\n\n"))
        asked = framed(f"<p>For {sentence(self.student)}:</p>{paragraphs}")
        return asked + "".join(html_of(picture()) for picture in self.asked.pictures)

    def __repr__(self) -> str:
        pictures = "".join(f"\n{picture()}" for picture in self.asked.pictures)
        return f"For {self.student}: {self.asked.text}{pictures}"


class Task(Problem):
    """An exercise that asks for a pool.

    Args:
        key, …: as for `Problem`.
        parameters: of the function that is asked for, such as "jobs, workers, buffer".
        trials: called without arguments, returns how to call it.
        demands: on every run; the first that is not met gives the sentence.
        praise: what is said of a right answer, such as "every result came out".
    """

    def __init__(
        self,
        key: str,
        *,
        parameters: str,
        trials: Callable[[], Sequence[Trial]],
        demands: Sequence[Demand],
        praise: str,
        **described: Any,
    ) -> None:
        super().__init__(key, **described)
        self.parameters = parameters
        self._trials = trials
        self._demands = tuple(demands)
        self._praise = praise

    @property
    def demands(self) -> Sequence[tuple[str, int]]:
        """What is demanded of every run, and the points for each."""
        return [(demand.what, demand.points) for demand in self._demands]

    def judged(self, answer: Any, *, schedules: int | None = None, first_seed: int = 0) -> Feedback:
        """Try the pool in many orders of events."""
        expect_function(answer, self.parameters)
        found = tried(
            answer, self._trials(), self._demands, schedules=schedules, first_seed=first_seed
        )
        passed = found.fault is None
        return Feedback(
            passed, self._praise if passed else found.sentence, found.marks, found.fault
        )

    def explained(self, answer: Any, feedback: Feedback) -> object:
        """Play what went wrong."""
        fault = feedback.fault
        if feedback.passed or fault is None:
            return super().explained(answer, feedback)
        if not fault.ended:
            return Said(f"{feedback!r}. What has no end cannot be shown.")
        trial, demand = self._trials()[fault.trial], self._demands[fault.demand]
        shown = explained(answer, trial, demand, fault.seed, feedback.sentence)
        return super().explained(answer, feedback) if shown is None else shown

    def table(self) -> Table:
        """Return what is demanded, and the points for it."""
        return Table(["demand", "points"], [[what, str(most)] for what, most in self.demands])
