"""Show code from where it is, so that a notebook never holds a stale copy."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from lab.teaching.lean import lean

__all__ = ["Source", "show_code"]


class Source:
    """Python source that a notebook renders in colour and a terminal prints as it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def show_code(
    *objects: Callable[..., Any] | type | ModuleType, docstrings: bool = False, types: bool = False
) -> Source:
    """Return the source of functions, classes or modules, one after the other.

    Args:
        objects: what to show.
        docstrings: whether to show them, too.
        types: whether to show what is there for type checkers only: hints, type variables,
            overloads, and what is imported for these.

    Raises TypeError or OSError, as `inspect.getsource` does, for what has no Python source.
    """
    sources = (inspect.getsource(thing).rstrip() for thing in objects)
    return Source("\n\n\n".join(lean(source, docstrings, types) for source in sources))
