"""Notice when code that is to be graded has changed the code that grades it.

What is remembered of every module, class and function is which objects it has, so a change shows
whatever it is made of: a name that is bound to something else, another code in the same function, a
name that hides a built-in one. Not seen is a change that is undone before one looks, and what is
kept in objects other than modules, classes, functions and constants.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import CellType, FunctionType, ModuleType
from typing import Any, Final

__all__ = ["Snapshot"]

_OURS: Final = ("lab", "patterns")
_OTHERS: Final = (
    "builtins", "collections", "contextlib", "contextvars", "copy", "dataclasses", "functools",
    "gc", "greenlet", "heapq", "inspect", "itertools", "json", "json.decoder", "json.encoder",
    "math", "mmap", "multiprocessing.process", "numbers", "operator", "os", "random", "re",
    "select", "signal", "struct", "threading", "time", "types", "unittest.mock",
)  # fmt: skip
_CHANGING: Final = frozenset(
    {"_", "input", "__warningregistry__", "__annotations__", "__doc__", "__abstractmethods__"}
)


class Snapshot:
    """What the modules of the lab and of the patterns, and some others, are like now.

    Args:
        packages: whose modules, as far as they are imported, are remembered.
        others: further modules, in which new names do no harm.
    """

    def __init__(self, packages: Iterable[str] = _OURS, others: Iterable[str] = _OTHERS) -> None:
        first = tuple(f"{name}." for name in packages)
        ours = [name for name in sys.modules if f"{name}.".startswith(first)]
        found = [*ours, *(name for name in others if name in sys.modules)]
        self._spaces: list[tuple[str, object, dict[str, Any], bool]] = []
        self._functions: list[tuple[str, FunctionType, tuple[object, ...]]] = []
        self._constants: list[tuple[str, Any, list[object]]] = []
        seen: set[int] = set()
        for name in sorted(found):
            module = sys.modules[name]
            self._remember(name, module, seen, closed=name in ours)

    def _remember(self, name: str, space: object, seen: set[int], *, closed: bool) -> None:
        names = dict(vars(space))
        self._spaces.append((name, space, names, closed))
        home = name if isinstance(space, ModuleType) else None
        for own, value in names.items():
            full = f"{name}.{own}"
            if isinstance(value, type):
                is_here = home is None or value.__module__ == home
                if is_here and id(value) not in seen:
                    seen.add(id(value))
                    self._remember(full, value, seen, closed=closed)
            elif isinstance(value, list | dict | set) and own.isupper():
                self._constants.append((full, value, _elements(value)))
            for function in _functions(value):
                if id(function) not in seen:
                    seen.add(id(function))
                    self._functions.append((full, function, _made_of(function)))

    def change(self) -> str:
        """Return the name of something that is not as it was, such as "lab.plots.draw"; or ""."""
        return next(self._changes(), "")

    def _changes(self) -> Iterator[str]:
        for name, space, before, closed in self._spaces:
            now = vars(space)
            for own, value in before.items():
                is_own = own.startswith("_") and not own.startswith("__")  # Python's business
                if (
                    own not in _CHANGING
                    and (closed or not is_own)
                    and now.get(own, _CHANGED) is not value
                ):
                    yield f"{name}.{own}"
            if closed and len(now) != len(before):
                for own, value in [*now.items()]:
                    if own not in before and own not in _CHANGING and not _harmless(space, value):
                        yield f"{name}.{own}"
        for name, function, made_of in self._functions:
            now_of = _made_of(function)
            if len(now_of) != len(made_of) or any(
                one is not other for one, other in zip(now_of, made_of, strict=True)
            ):
                yield name
        for name, constant, elements in self._constants:
            now_in = _elements(constant)
            if len(now_in) != len(elements) or any(
                one is not other for one, other in zip(now_in, elements, strict=True)
            ):
                yield name


_CHANGED: Final = object()


def _elements(constant: Any) -> list[object]:
    if isinstance(constant, Mapping):
        return [each for pair in constant.items() for each in pair]
    return [*constant]


def _functions(value: object) -> list[FunctionType]:
    """Return the functions that a name stands for, those included that they wrap."""
    found: list[FunctionType] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, FunctionType):
            if one not in found:
                found.append(one)
                waiting += [_content(cell) for cell in one.__closure__ or ()]
        elif isinstance(one, property):
            waiting += [one.fget, one.fset]
        elif isinstance(one, staticmethod | classmethod):
            waiting.append(one.__func__)
        elif isinstance(one, cached_property):
            waiting.append(one.func)
    return found


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _made_of(function: FunctionType) -> tuple[object, ...]:
    defaults = function.__defaults__ or ()
    keywords = function.__kwdefaults__ or {}
    return (function.__code__, *defaults, *keywords.values())


def _harmless(space: object, value: object) -> bool:
    """Tell whether a new name is what Python itself adds: a module that is imported later."""
    return isinstance(space, ModuleType) and isinstance(value, ModuleType)
