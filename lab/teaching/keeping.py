"""Keep what a reader reaches in an exercise, in a small file beside the notebook."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from lab.teaching.store import Store

__all__ = ["EXERCISES", "Reached", "keep", "reached"]

EXERCISES: Final = "exercises"  # the section of the file


@dataclass(frozen=True, slots=True)
class Reached:
    """The best of all checks of one exercise.

    Attributes:
        points: given.
        most: that there are.
        hints: that were asked for until then.
    """

    points: int
    most: int
    hints: int


def keep(key: str, points: int, most: int, hints: int) -> None:
    """Keep what was reached, if it is more than before; in a notebook only, and if it is anything.

    Args:
        key: of the exercise, such as "basic/repair".
        points: that were given.
        most: that there are.
        hints: that were asked for.
    """
    if points <= 0 or not _in_a_notebook():
        return
    store = Store()
    entries = store.read(EXERCISES)
    before = reached(entries.get(key))
    if before is None or points > before.points or most != before.most:
        store.write(EXERCISES, {**entries, key: asdict(Reached(points, most, hints))})


def _in_a_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


def reached(entry: Any) -> Reached | None:
    """Return what an entry of the file says; None for what is not as it should be."""
    if not isinstance(entry, Mapping) or entry.keys() != {"points", "most", "hints"}:
        return None
    if not all(type(number) is int and number >= 0 for number in entry.values()):
        return None
    return Reached(**entry) if entry["points"] <= entry["most"] else None
