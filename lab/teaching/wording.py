"""The words of a check's sentences: values, exceptions, waiting tasks and counts, on one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lab.model.deadlock import Stuck, sentences

__all__ = ["describe", "kind", "listed", "one_line", "plural", "waits"]


def one_line(text: str, longest: int) -> str:
    """Put `text` on one line of at most `longest` characters, without addresses in memory."""
    text = " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def kind(value: object) -> str:
    """Name the type of a value, with its article: "a list", "None"."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def plural(number: int, what: str) -> str:
    """Say how many there are: "1 worker", "3 workers"."""
    return f"{number:,} {what}" + "s" * (number != 1)


def listed(things: Sequence[object]) -> str:
    """Show the first five of them, and say how many more there are."""
    more = f" and {len(things) - 5} more" if len(things) > 5 else ""
    return one_line(", ".join(repr(thing) for thing in things[:5]), 80) + more


def describe(error: BaseException) -> str:
    """Name an exception, its message, and the line of the reader's own cell."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    try:
        message = one_line(str(error), 120)
    except Exception:
        message = ""
    described = type(error).__name__ + (f": {message}" if message else "")
    traceback, where = error.__traceback__, ""
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__") == "__main__":
            where = f" (in {traceback.tb_frame.f_code.co_name}, line {traceback.tb_lineno})"
        traceback = traceback.tb_next
    return described + where


def waits(tasks: Iterable[Stuck]) -> str:
    """Say who waits for what."""
    return re.sub(r", line \d+", "", "; ".join(line.strip() for line in sentences(tasks)))
