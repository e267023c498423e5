"""The exercises: a module for each lesson that has some, and one for the capstones.

Each module has its problems, and `ABOUT`, from which its notebook is made. What a reader begins
with, and the model solutions, are code in files of the same name under `lab/teaching/starts` and
`lab/teaching/solutions`.
"""

from importlib import import_module

from lab.teaching.exercises.about import About
from lab.teaching.problem import Problem

__all__ = ["MODULES", "abouts", "problem", "problems"]

MODULES = (
    "basic",
    "reusable",
    "generic",
    "error_handling",
    "dynamic",
    "rate_limited",
    "heartbeat",
    "side_by_side",
    "plain",
    "schedules",
    "capstones",
)


def abouts() -> list[About]:
    """Return what the notebooks of exercises are about, in the order of the lessons."""
    return [import_module(f"{__name__}.{module}").ABOUT for module in MODULES]


def problems() -> list[Problem]:
    """Return all exercises, in the order of the lessons."""
    return [problem for about in abouts() for problem in about.problems]


def problem(key: str) -> Problem:
    """Return an exercise, such as "basic/repair".

    Raises ValueError if there is none.
    """
    found = {each.key: each for each in problems()}
    if key not in found:
        raise ValueError(f"key must be one of {', '.join(found)}, got {key!r}")
    return found[key]
