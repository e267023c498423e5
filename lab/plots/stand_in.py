"""What `lab.plots` offers where there is no matplotlib: the player of a run, and words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.plots.no_picture import NoPicture
from lab.plots.player.player import play
from lab.tracing import describe
from lab.tracing.names import named

__all__ = ["stand_in"]


def stand_in(name: str) -> Callable[..., Any]:
    """Return what to call in place of the function of `lab.plots` with this name.

    It shows a run, a deadlock or a failure in the player, several runs in words, and of anything
    else says only that it cannot be drawn. Options that say how to draw mean nothing to it.
    """

    def shown(*what: Any, title: str | None = None, text: str = "", **options: Any) -> Any:
        first: Any = what[0] if what else None
        try:
            return play(first, title=title)
        except TypeError:
            return NoPicture(text or _in_words(first))

    shown.__name__ = shown.__qualname__ = name
    return shown


def _in_words(runs: Any) -> str:
    try:
        return " ".join(f"{label}: {describe(run)}" for label, run in named(runs).items())
    except TypeError:
        return ""
