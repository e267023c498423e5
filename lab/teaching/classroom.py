"""What the hidden cells of the exercises call when nbgrader runs them in a kernel.

With `teaching/nbgrader_config.py` they are not run: there `lab.teaching.handed_in` grades, apart
and guarded. In a kernel where this runs the student's code can change whatever it likes.
"""

from __future__ import annotations

from typing import Any

from lab.teaching.exercises import problem
from lab.teaching.problem import Question

__all__ = ["grade"]


def grade(key: str, answer: Any, student: str = "guest") -> float:
    """Return the points for an answer, in orders of events that the student's check did not try.

    Args:
        key: of the exercise, such as "basic/repair".
        answer: the student's.
        student: whose numbers the question has.

    Raises ValueError if there is no such exercise.
    """
    found = problem(key)
    if isinstance(found, Question):
        found = found.of(student)
    return found.grade(answer)
