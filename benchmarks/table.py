"""Tables of medians with their spread, as text for the terminal and as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows of text under a header, the first column on the left, the others on the right."""

    title: str
    header: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return it for the terminal."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[n]) for line in lines) for n in range(len(self.header))]
        told = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
        return "\n".join([self.title, *told, *self.notes]) + "\n"

    def markdown(self) -> str:
        """Return it for a page."""
        marks = ["---", *["---:"] * (len(self.header) - 1)]
        lines = ["| " + " | ".join(line) + " |" for line in (self.header, marks, *self.rows)]
        notes = [line for note in self.notes for line in ("", note)]
        return "\n".join([f"**{self.title}**", "", *lines, *notes]) + "\n"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = zip(line, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]


def spread(values: Sequence[float] | None, digits: int = 2) -> str:
    """Return the median and, behind it, the best and the worst; "-" if nothing was measured."""
    if not values:
        return "-"
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def capacity_name(capacity: float) -> str:
    """Return a capacity as a word."""
    return "unbounded" if capacity == float("inf") else f"{capacity:,.0f}"
