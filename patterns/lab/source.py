"""Show code from where it is, so that a notebook never holds a stale copy."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["Source", "show_code"]


class Source:
    """Python source that a notebook renders in colour and a terminal prints as it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def show_code(*objects: Callable[..., Any] | type | ModuleType) -> Source:
    """Return the source of functions, classes or modules, one after the other.

    Raises TypeError or OSError, as `inspect.getsource` does, for what has no Python source.
    """
    return Source("\n\n\n".join(inspect.getsource(thing).rstrip() for thing in objects))
