"""Questions that ask which timeline belongs to what, and the pictures of runs that they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from lab.model.run import Run
from lab.teaching.expect import expect_letters
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked

__all__ = ["drawn", "which_is_which"]


def which_is_which(
    text: str,
    runs: Mapping[str, Run[Any]],
    *,
    wrong: Callable[[int, str], str],
    praise: str,
    picture: Callable[[Run[Any], str], object] | None = None,
) -> Asked:
    """Return a question that shows runs under letters and asks for these, in an order.

    Args:
        text: what is asked; it says the order.
        runs: by letter, in the order in which the letters are to be written.
        wrong: called with a place, from 0, and the wrong letter there, returns a sentence.
        praise: what is said of the right letters.
        picture: called with a run and its letter, returns what is shown; None: its timeline.
    """
    right = "".join(runs)
    by_letter = dict(sorted(runs.items()))

    def judge(answer: Any) -> str:
        given = expect_letters(answer, "".join(by_letter))
        for place, letter in enumerate(given):
            if letter != right[place]:
                raise NotYet(wrong(place, letter))
        return f"{right}: {praise}"

    picture = picture or _timeline
    return Asked(
        text,
        judge,
        numbers=by_letter,
        pictures=[partial(picture, run, letter) for letter, run in by_letter.items()],
    )


def _timeline(run: Run[Any], letter: str) -> object:
    return drawn(run, title=f"Timeline {letter}")


def drawn(run: Run[Any], *, title: str | None = None) -> object:
    """Return the timeline of a run; what draws is loaded only then."""
    from lab.plots import draw

    return draw(run, title=title)
