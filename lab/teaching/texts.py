"""What a reader begins an exercise with, and the model solutions: code, kept apart from the checks.

A file for each module of exercises, in `starts` and in `solutions`; a line `# %% repair` begins
the code of the exercise `repair`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Literal

__all__ = ["segment", "segments"]

Folder = Literal["starts", "solutions"]


@cache
def segments(folder: Folder, module: str) -> dict[str, str]:
    """Return the code of each exercise of a module, by its name.

    Raises FileNotFoundError if there is no such module.
    """
    text = (files("lab.teaching") / folder / f"{module}.py").read_text(encoding="utf-8")
    _, *parts = re.split(r"^# %% (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], (part.strip("\n") for part in parts[1::2]), strict=True))


def segment(folder: Folder, key: str) -> str:
    """Return the code of an exercise, such as "basic/repair".

    Raises KeyError if the module has none of this name.
    """
    module, _, name = key.partition("/")
    return segments(folder, module)[name]
