"""A pool as the lab is given it: a function to call, with the arguments to call it with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

__all__ = ["bind", "title"]

T = TypeVar("T")

_OF_A_PATTERN = ("run", "demo")  # say less than the name of their module


def bind(
    pool: Callable[..., T],
    args: Sequence[Any] = (),
    options: Mapping[str, Any] | None = None,
    *,
    may_be_async: bool = False,
) -> Callable[[], T]:
    """Return a function without parameters that calls `pool(*args, **options)`.

    Raises ValueError if `pool` is not a function, TypeError if it does not take these arguments:
    before anything runs, so that a misspelt option is not mistaken for a fault of the pool.
    """
    if not callable(pool):
        raise ValueError(f"pool must be a function, got {pool!r}")
    if not may_be_async and _is_async(pool):
        raise TypeError(f"pool must be a plain function, got the async function {title(pool)}")
    options = options or {}
    try:
        signature = inspect.signature(pool)
    except (TypeError, ValueError):  # some built-in functions have none
        return partial(pool, *args, **options)
    try:
        signature.bind(*args, **options)
    except TypeError as error:
        takes = ", ".join(signature.parameters) or "no arguments"
        raise TypeError(f"{title(pool)}: {error}; it takes {takes}") from None
    return partial(pool, *args, **options) if args or options else pool


def _is_async(pool: Callable[..., object]) -> bool:
    """Tell whether a call only makes a coroutine or an async generator, and runs nothing."""
    return any(
        inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)
        for call in (pool, type(pool).__call__)
    )


def title(pool: object) -> str:
    """Name a pool for a picture: a pattern by its module, any other by its function."""
    while isinstance(pool, partial):
        pool = pool.func
    name: str = getattr(pool, "__name__", type(pool).__name__)
    if name in _OF_A_PATTERN:
        module: str = getattr(pool, "__module__", None) or name
        name = module.rpartition(".")[2]
    return "run" if name in ("<lambda>", "__main__") else name.replace("_", " ").strip()
