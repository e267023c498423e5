"""Show code from where it is, so that a notebook never holds a stale copy."""

from __future__ import annotations

import ast
import inspect
import textwrap
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


def show_code(*objects: Callable[..., Any] | type | ModuleType, docstrings: bool = False) -> Source:
    """Return the source of functions, classes or modules, one after the other.

    Args:
        objects: what to show.
        docstrings: whether to show them, too.

    Raises TypeError or OSError, as `inspect.getsource` does, for what has no Python source.
    """
    sources = [inspect.getsource(thing).rstrip() for thing in objects]
    return Source("\n\n\n".join(sources if docstrings else map(_without_docstrings, sources)))


def _without_docstrings(source: str) -> str:
    """Leave out docstrings, except where there is nothing else."""
    lines = source.split("\n")
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(textwrap.dedent(source))):
        documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
        if not isinstance(node, documented) or ast.get_docstring(node) is None:
            continue
        first, last = node.body[0].lineno, node.body[0].end_lineno or 0
        if len(node.body) > 1:
            blank = not lines[last].strip()
            left_out.update(range(first, last + 1 + blank))
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in left_out)
